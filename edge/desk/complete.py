"""Completion: hosts of the registry and visitors seen before, by name, unit, plate, company, or pinyin initials."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from edge.desk.views import Suggestion

MOST = 10


def suggestions(hosts: Iterable[dict[str, Any]], seen: Iterable[dict[str, Any]]) -> tuple[Suggestion, ...]:
    """Hosts before visitors; a visitor with last time's data, so that one tap fills everything in."""
    found = [Suggestion("host", host["name"], host["title"], host["unit"]) for host in hosts]
    found += [
        Suggestion(
            *("visitor", row["name"], row["title"], row["unit"], row["plate"], row["company"], row["kind"]),
            *(row["opened_ms"], row["visits"], row["host"], row["purpose"], row["vehicle"], row["phone"]),
        )
        for row in seen
    ]
    return tuple(found)
