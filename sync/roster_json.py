"""A list of credentials as JSON (roster.py): what other programs write, and the only file that brings cards, schedules and holidays at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sync import sheets, times
from sync.problems import BadField, Problem
from sync.roster_fields import FIELDS, HEADINGS, READINGS, iso_date

if TYPE_CHECKING:
    from sync.roster import Roster, Rows


def read(text: str, to: Rows) -> None:
    """Put what it says into the list, or what is wrong with it."""
    roster = to.roster
    try:
        said = json.loads(text)
    except ValueError as error:
        roster.problems.append(Problem("not-json", of={"why": str(error)}))
        return
    if isinstance(said, list):
        said = {"credentials": said}
    if not isinstance(said, dict) or not isinstance(said.get("credentials"), list):
        roster.problems.append(Problem("json-list"))
        return
    for key in said.keys() - {"version", "credentials", "schedules", "holidays"}:
        roster.problems.append(Problem("json-field", of={"field": key}))
    roster.version = str(said.get("version", ""))
    if "schedules" in said:
        roster.schedules = list(_schedules(said["schedules"], roster))
    if "holidays" in said:
        roster.holidays = list(_holidays(said["holidays"], roster))
    items = [(n, item) for n, item in enumerate(said["credentials"], 1)]
    to.has({HEADINGS[h.lower()]: h for _, item in items if isinstance(item, dict) for h in item if h.lower() in HEADINGS})  # fmt: skip
    for n, item in items:
        if not isinstance(item, dict):
            roster.problems.append(Problem("json-object", n, value=str(item)))
            continue
        taken: dict[str, str] = {}
        for heading, value in item.items():
            if name := sheets.field(heading, HEADINGS, n, roster.problems, FIELDS):
                taken[name] = " ".join(map(str, value)) if isinstance(value, list) else sheets.plain(value)
        to.take(taken, n)


def _schedules(said: Any, roster: Roster) -> Iterator[tuple[str, str, int, int]]:
    for name, spans in said.items() if isinstance(said, dict) else ():
        for span in spans if isinstance(spans, list) else ():
            try:
                days = times.days(str(span["days"]))
                if not days or not name:
                    raise BadField("days", word="")
                yield READINGS["schedule"](str(name)), days, times.minutes(str(span["begin"])), times.minutes(str(span["end"]))  # fmt: skip
            except BadField as e:
                roster.problems.append(Problem("json-hours", of={"name": str(name), "span": str(span), "why": e.code, **e.of}))  # fmt: skip
            except (KeyError, TypeError):
                roster.problems.append(Problem("json-hours", of={"name": str(name), "span": str(span)}))


def _holidays(said: Any, roster: Roster) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for item in said if isinstance(said, list) else ():
        try:
            day, name = (item["day"], item.get("name", "")) if isinstance(item, dict) else (item, "")
            day, name = iso_date(str(day)), READINGS["name"](str(name))
        except (KeyError, BadField):
            roster.problems.append(Problem("json-holiday", value=str(item)))
            continue
        if day and day not in seen:
            seen.add(day)
            yield day, name
