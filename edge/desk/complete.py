"""Completion: hosts of the registry and visitors seen before, by name, unit, plate, company, or pinyin initials."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from edge.desk.views import Suggestion
from edge.domain.initials import initials
from edge.domain.plates import normal

MOST = 10
_SEPARATORS = str.maketrans("", "", " -·•._,，。")


def suggest(text: str, hosts: Iterable[dict[str, Any]], seen: Iterable[dict[str, Any]]) -> tuple[Suggestion, ...]:
    """At most ten: those that begin with the text before those that contain it, hosts before visitors."""
    wanted = normal(text)
    if not wanted:
        return ()
    found: list[tuple[int, Suggestion]] = []
    for host in hosts:
        if rank := _rank(wanted, host["name"], host["unit"]):
            found.append((rank, Suggestion("host", host["name"], host["title"], host["unit"])))
    visitors: dict[tuple[str, str], Suggestion] = {}
    for row in seen:
        key = (row["name"], row["plate"])
        if key in visitors:
            visitors[key] = _more(visitors[key])
        elif any(key) and _rank(wanted, row["name"], row["plate"], row["company"]):
            visitors[key] = Suggestion(
                *("visitor", row["name"], row["title"], row["unit"], row["plate"], row["company"], row["kind"]),
                *(row["opened_ms"], 1),
            )
    found.sort(key=lambda pair: (pair[0], pair[1].unit, pair[1].name))
    return tuple([s for _, s in found] + list(visitors.values()))[:MOST]


def _rank(wanted: str, *texts: str) -> int:
    """1: begins with it, 2: contains it, 0: neither."""
    forms = [_form(t) for t in texts] + [initials(texts[0]).upper()]
    if any(form.startswith(wanted) for form in forms):
        return 1
    return 2 if any(wanted in form for form in forms) else 0


def _form(text: str) -> str:
    """`normal` for texts that were normal when they were stored, a hundred times as fast: thousands are looked at with each key."""
    return text.translate(_SEPARATORS).upper()


def _more(s: Suggestion) -> Suggestion:
    return Suggestion(s.what, s.name, s.title, s.unit, s.plate, s.company, s.kind, s.last_ms, s.visits + 1)
