"""A list of credentials as people keep it, read into rows that can be trusted: no database here, only text and what is wrong with it.

A list comes out of Excel: a CSV in GBK or UTF-8, Chinese or English headings, dates in five spellings, card numbers as the reader
sees them (hex UID) or as they are printed on the card (ten decimal digits). Or the workbook itself (.xlsx, its first sheet). Or it is
JSON, which can also bring schedules and holidays:

    {"version": "2026-11", "credentials": [{"card": "0a003f8a21", "category": "owner", …}, …],
     "schedules": {"day": [{"days": "mon-fri", "begin": "06:00", "end": "22:00"}]}, "holidays": [{"day": "2026-10-01", "name": "国庆节"}]}

Everything that is wrong is collected, each with row, field, why and what to do, so that a clerk corrects the list once. A heading
that nobody knows is wrong too, with the nearest known one: a misspelt «valid until» that is passed over would open the gate for
ever.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from sync import sheets
from sync.roster_fields import EMPTY, FIELDS, HEADINGS, READINGS, BadField, iso_date
from sync.surnames import surname_of

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday")
_DAY_WORDS = {
    **{word: str(n) for n, word in enumerate(_DAYS)},
    **{word: str(n) for n, word in enumerate(("周一", "周二", "周三", "周四", "周五", "周六", "周日", "节假日"))},
    "daily": "0123456",
    "每天": "0123456",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One credential and its holder, ready for the database. Dates are ISO or empty; `row` is where it stands in the list."""

    row: int
    uid: str
    credential: str
    category: str
    status: str
    person: str
    name: str
    surname: str
    title: str
    supervisor: int
    unit: str
    photo: str
    plates: tuple[str, ...]
    valid_from: str
    valid_until: str
    schedule: str
    vehicle: str = ""
    """What kind of vehicle it is for, in the words of config/visits.toml; "" unknown."""
    gates: str = ""
    """Where it serves: "" at all gates of the site, «a b» only at these, «-a -b» at all but these (`serves`)."""


@dataclass(slots=True)
class Roster:
    """What a list says. `schedules` and `holidays` are None when the list has nothing to say about them (CSV)."""

    version: str = ""
    entries: list[Entry] = field(default_factory=list)
    schedules: list[tuple[str, str, int, int]] | None = None
    holidays: list[tuple[str, str]] | None = None
    problems: list[str] = field(default_factory=list)

    def serve_by_default(self, gates: str) -> None:
        """Rows that name no gates serve at these (comma between; "" at all)."""
        named = " ".join(sorted({gate.strip() for gate in gates.split(",")} - {""}))
        if named:
            self.entries = [replace(entry, gates=entry.gates or named) for entry in self.entries]

    def find_strange_schedules(self) -> None:
        """Once the schedules are known: each that a row names must exist."""
        known = {schedule[0] for schedule in self.schedules or ()}
        for entry in self.entries:
            if entry.schedule and entry.schedule not in known:
                why = f"没有这个时段 there is no such schedule — 已有 known: {', '.join(sorted(known)) or '–'}"
                hint = "时段用 JSON 名单导入 schedules come with a JSON list"
                self.problems.append(sheets.problem(entry.row, "schedule", entry.schedule, f"{why}; {hint}", ""))


def serves(gates: str, gate: str) -> bool:
    """Whether what an entry says of gates means this one."""
    words = gates.split()
    return not words or (gate in words if not words[0].startswith("-") else f"-{gate}" not in words)


def read(data: bytes, name: str) -> Roster:
    """Read a list. Never raises on what it holds: see `Roster.problems`."""
    roster = Roster()
    if name.lower().endswith(".json") and not sheets.is_workbook(data, name):
        text = sheets.text_of(data, roster.problems)
        if text is not None:
            _read_json(text, roster)
    else:
        rows = sheets.rows(data, name, roster.problems)
        if not roster.problems:
            _read_table(rows, roster)
    _find_doubles(roster)
    return roster


def _read_table(rows: Iterable[tuple[int, list[str]]], roster: Roster) -> None:
    """Headings, then a credential a row; each row with its number."""
    waiting = iter(rows)
    _, headings = next(waiting, (1, []))
    columns = _columns(headings, roster)
    if roster.problems:
        return
    for number, cells in waiting:
        if not any(cell.strip() for cell in cells):
            continue
        if any(cell.strip() for cell in cells[len(headings) :]):
            roster.problems.append(
                sheets.problem(number, "", "", "比标题多出几格 more cells than headings", "检查逗号 check the commas")
            )
            continue
        _take({key: cells[n].strip() for n, key in columns.items() if n < len(cells)}, number, roster)


def _columns(headings: list[str], roster: Roster) -> dict[int, str]:
    """Column number → field."""
    found: dict[int, str] = {}
    for n, heading in enumerate(headings):
        name = _field(heading, 1, roster)
        if name in found.values():
            roster.problems.append(
                sheets.problem(1, heading, "", "这一列重复 the column stands twice", "删除其一 remove one")
            )
        elif name:
            found[n] = name
    if not {"card", "number"} & set(found.values()):
        hint = "列名 heading: card / 卡号, number / 卡面号"
        roster.problems.append(sheets.problem(1, "card", "", "没有卡号列 there is no card column", hint))
    return found


def _field(heading: str, row: int, roster: Roster) -> str:
    return sheets.field(heading, HEADINGS, row, roster.problems, FIELDS)


# ---- JSON --------------------------------------------------------------------------------------------------------


def _read_json(text: str, roster: Roster) -> None:
    try:
        said = json.loads(text)
    except ValueError as error:
        roster.problems.append(f"不是有效的 JSON not JSON: {error}")
        return
    if isinstance(said, list):
        said = {"credentials": said}
    if not isinstance(said, dict) or not isinstance(said.get("credentials"), list):
        roster.problems.append("缺少 credentials 列表 there is no list «credentials»")
        return
    for key in said.keys() - {"version", "credentials", "schedules", "holidays"}:
        roster.problems.append(f"不认识的字段 unknown field «{key}»; known: version, credentials, schedules, holidays")
    roster.version = str(said.get("version", ""))
    if "schedules" in said:
        roster.schedules = list(_schedules(said["schedules"], roster))
    if "holidays" in said:
        roster.holidays = list(_holidays(said["holidays"], roster))
    for n, item in enumerate(said["credentials"], 1):
        if not isinstance(item, dict):
            roster.problems.append(sheets.problem(n, "", item, "不是对象 not an object", ""))
            continue
        taken: dict[str, str] = {}
        for heading, value in item.items():
            if name := _field(heading, n, roster):
                taken[name] = " ".join(map(str, value)) if isinstance(value, list) else sheets.plain(value)
        _take(taken, n, roster)


def _schedules(said: Any, roster: Roster) -> Iterator[tuple[str, str, int, int]]:
    for name, spans in said.items() if isinstance(said, dict) else ():
        for span in spans if isinstance(spans, list) else ():
            try:
                days = _days(str(span["days"]))
                yield str(name), days, _minutes(span["begin"]), _minutes(span["end"])
            except (KeyError, TypeError, ValueError) as error:
                roster.problems.append(
                    f"时段 schedule «{name}» {span!r}: {error}; 例 e.g. "
                    '{"days": "mon-fri,holiday", "begin": "06:00", "end": "22:00"}'
                )


def _days(text: str) -> str:
    found = ""
    for word in re.split(r"[,，、\s]+", text.strip().lower()):
        first, _, last = word.replace("至", "-").partition("-")
        if last:
            begin, end = int(_DAY_WORDS[first]), int(_DAY_WORDS[last])
            if not begin <= end <= 7:
                raise ValueError(f"no range of days: {word}")
            found += "".join(map(str, range(begin, end + 1)))
        else:
            found += _DAY_WORDS[first]
    return "".join(sorted(set(found)))


def _minutes(text: Any) -> int:
    match = re.fullmatch(r"(\d{1,2}):(\d{2})", str(text))
    if not match or int(match[2]) > 59 or int(match[1]) * 60 + int(match[2]) > 1440:
        raise ValueError(f"no time of day: {text!r}")
    return int(match[1]) * 60 + int(match[2])


def _holidays(said: Any, roster: Roster) -> Iterator[tuple[str, str]]:
    seen: set[str] = set()
    for item in said if isinstance(said, list) else ():
        try:
            day, name = (item["day"], item.get("name", "")) if isinstance(item, dict) else (item, "")
            day = iso_date(str(day))
        except (KeyError, BadField) as error:
            roster.problems.append(f"节假日 holiday {item!r}: {error}")
            continue
        if day and day not in seen:
            seen.add(day)
            yield day, str(name)


# ---- one row -----------------------------------------------------------------------------------------------------


def _take(said: dict[str, str], row: int, roster: Roster) -> None:
    """Add one row's credential, or what is wrong with it: all of it, not the first."""
    good: dict[str, Any] = {}
    bad = False
    for name, reading in READINGS.items():
        value = said.get(name, "")
        if not value and name in EMPTY:
            good[name] = EMPTY[name]
            continue
        value = unicodedata.normalize("NFKC", value).strip()
        try:
            good[name] = reading(value)
        except BadField as error:
            why, _, hint = str(error).partition(" — ")
            roster.problems.append(sheets.problem(row, name, value, why, hint))
            bad = True
    if bad:
        return
    uid, number = good["card"], good["number"]
    problem = None
    if not uid and not number:
        problem = ("card", "没有卡号 no card number", "填写卡号或卡面号 give card or number")
    elif good["gates"] and good["not_gates"]:
        problem = ("not_gates", "与 gates 同时填写 gates are named too", "两者只填其一 give one of the two")
    elif uid and number and uid[-8:] != number:
        problem = ("number", f"与卡号不符 is not the number of card {uid}", "两者只填其一 give one of the two")
    elif good["valid_from"] and good["valid_until"] and good["valid_until"] < good["valid_from"]:
        problem = (
            "valid_until",
            f"早于生效日期 before valid_from {good['valid_from']}",
            "检查两个日期 check both dates",
        )
    if problem:
        roster.problems.append(sheets.problem(row, problem[0], said.get(problem[0], ""), problem[1], problem[2]))
        return
    uid = uid or number
    roster.entries.append(
        Entry(
            row=row,
            uid=uid,
            credential=good["credential"] or uid,
            category=good["category"],
            status=good["status"],
            person=good["person"] or f"card:{uid}",
            name=good["name"],
            surname=good["surname"] or surname_of(good["name"]),
            title=good["title"],
            supervisor=int(good["supervisor"] == "1"),
            unit=good["unit"],
            photo=good["photo"],
            plates=good["plates"],
            valid_from=good["valid_from"],
            valid_until=good["valid_until"],
            schedule=good["schedule"],
            vehicle=good["vehicle"],
            gates=" ".join(good["gates"] or (f"-{gate}" for gate in good["not_gates"])),
        )
    )


def _find_doubles(roster: Roster) -> None:
    """A card or a credential's name that stands twice; a printed number that is the end of another card's UID."""
    cards: dict[str, int] = {}
    names: dict[str, int] = {}
    people: dict[str, Entry] = {}
    short = {entry.uid: entry.row for entry in roster.entries if len(entry.uid) == 8}
    for entry in roster.entries:
        doubles = (
            ("card", entry.uid, cards.setdefault(entry.uid, entry.row)),
            ("credential", entry.credential, names.setdefault(entry.credential, entry.row)),
            ("number", entry.uid, short.get(entry.uid[-8:], entry.row) if len(entry.uid) > 8 else entry.row),
        )
        for name, value, row in doubles:
            if row != entry.row:
                why = f"与第{row}行重复 already in row {row}"
                roster.problems.append(sheets.problem(entry.row, name, value, why, "删除其中一行 remove one of them"))
        same = people.setdefault(entry.person, entry)
        if same.name != entry.name:
            why = f"与第{same.row}行同号不同名 row {same.row} has another name for this person"
            roster.problems.append(
                sheets.problem(entry.row, "person", entry.person, why, "更正编号 correct the number")
            )
