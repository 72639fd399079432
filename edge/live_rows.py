"""What all sides of the live gate share: who asks, as the services know them, and rows as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from edge.api.who import Who
from edge.orders import Person

Row = dict[str, Any]


def person_of(who: Who) -> Person:
    """The person behind a request."""
    return Person(who.user, who.role)


def rows_of(found: Iterable[Any]) -> list[Row]:
    """Dataclasses as JSON-ready rows."""
    return [asdict(row) for row in found]
