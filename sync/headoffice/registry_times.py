"""Schedules and holidays as lists of their own, as people keep them, over the lines that gates have of them.

    ["s", "日间", "01234", 360, 1320]   ┐
    ["s", "日间", "5", 480, 720]        ┘ ⇄ ["l", "schedules", "日间", {"items": [{"days": "01234", "begin": "06:00", "end": "22:00"}, …], …}]
    ["h", "2026-10-01", "国庆节"]          ⇄ ["l", "holidays", "2026-10-01", {"name": "国庆节", …}]

An entry is a schedule with all its hours: whoever writes other hours for it means these instead of those, not these too. The right-hand form is
compared and shown, never kept nor sent: `carried_out` makes the lines of it before anything is counted, signed or published.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from sync.headoffice.registry_plan import Lines, Plan
from sync.registry_lines import key_of, line_of
from sync.times import clock, minutes

SCHEDULES, HOLIDAYS = "schedules", "holidays"
KIND_OF = {SCHEDULES: "s", HOLIDAYS: "h"}
"""List → the kind of its lines."""


def list_of(key: str) -> str:
    """Which of the two lists an entry's key is of; "": neither."""
    return next((name for name in KIND_OF if key.startswith(f'["l","{name}",')), "")


def as_entries(lines: Iterable[Sequence[Any]]) -> Lines:
    """Lines' fields as entries, key → (entry, "")."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for kind, name, *more in lines:
        if kind == "h":
            found[HOLIDAYS, name] = {"day": name, "name": more[0]}
        else:
            days, begin, end = more
            data = found.setdefault((SCHEDULES, name), {"schedule": name, "items": []})
            data["items"].append({"days": days, "begin": clock(begin), "end": clock(end)})
    for data in found.values():
        if "items" in data:
            data["items"].sort(key=lambda item: (item["days"], item["begin"]))
    return {key_of(entry): (line_of(entry), "") for entry in (["l", *of, data] for of, data in found.items())}


def entry(line: str) -> str:
    """A line of a holiday or of one span of a schedule as an entry of its list."""
    return next(line for line, _ in as_entries([json.loads(line)]).values())


def ordered(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schedule with its hours in the one order in which they are compared; anything else as it is."""
    if "schedule" not in data:
        return data
    return {**data, "items": sorted(data["items"], key=lambda i: (i["days"], i["begin"]))}


def _lines(entries: Iterable[str]) -> Lines:
    made = []
    for _, list_, key, data in map(json.loads, entries):
        if list_ == HOLIDAYS:
            made.append(["h", key, data["name"]])
        else:
            made += [["s", key, i["days"], minutes(i["begin"]), minutes(i["end"])] for i in data["items"]]
    return {key_of(fields): (line_of(fields), "") for fields in made}


def carried_out(plan: Plan) -> Plan:
    """A plan whose lines are those that gates have."""
    if not list_of(next(chain(plan.added, plan.changed, plan.removed), "")):
        return plan
    old = _lines(line for line, _ in (*plan.removed.values(), *(was for was, _ in plan.changed.values())))
    new = _lines(line for line, _ in (*plan.added.values(), *(now for _, now in plan.changed.values())))
    return replace(
        plan,
        added={key: value for key, value in new.items() if key not in old},
        changed={key: (old[key], value) for key, value in new.items() if key in old and old[key] != value},
        removed={key: value for key, value in old.items() if key not in new},
    )
