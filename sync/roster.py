"""A list of credentials as people keep it, read into rows that can be trusted: no database here, only text and what is wrong with it.

A list comes out of Excel: a CSV in GBK or UTF-8, Chinese or English headings, dates in five spellings, card numbers as the reader
sees them (hex UID) or as they are printed on the card (ten decimal digits). Or the workbook itself (.xlsx, its first sheet). Or it is
JSON, which can also bring schedules and holidays (at head office they are lists of their own too, lists.py):

    {"version": "2026-11", "credentials": [{"card": "0a003f8a21", "category": "owner", …}, …],
     "schedules": {"day": [{"days": "mon-fri", "begin": "06:00", "end": "22:00"}]}, "holidays": [{"day": "2026-10-01", "name": "国庆节"}]}

Everything that is wrong is collected, each with row, column, why and what to do, so that a clerk corrects the list once. A heading
that nobody knows is wrong too, with the nearest known one: a misspelt «valid until» that is passed over would open the gate for
ever. Of changes to what is in force (`there`), what a row has no column for stays as it is (lists.py says why).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sync import roster_json, sheets
from sync.lists import There, lacking
from sync.problems import BadField, Problem
from sync.roster_fields import COLUMNS, EMPTY, FIELDS, HEADINGS, READINGS
from sync.surnames import surname_of


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
    problems: list[Problem] = field(default_factory=list)
    lacks: tuple[str, ...] = ()
    """Headings that the table does not have."""
    brings_times: bool = True
    """Whether schedules and holidays are its own; not those in force, by which its rows are looked through."""
    kept: set[str] = field(default_factory=set)
    """Cards that serve where they did: they are in force, and the table has no column for gates."""

    def serve_by_default(self, gates: str) -> None:
        """Rows that name no gates serve at these (comma between; "" at all)."""
        named = " ".join(sorted({gate.strip() for gate in gates.split(",")} - {""}))
        if named:
            self.entries = [e if e.uid in self.kept else replace(e, gates=e.gates or named) for e in self.entries]

    def find_strange_schedules(self) -> None:
        """Once the schedules are known: each that a row names must exist."""
        known = {schedule[0] for schedule in self.schedules or ()}
        for entry in self.entries:
            if entry.schedule and entry.schedule not in known:
                of = {"known": "、".join(sorted(known)) or "–"}
                self.problems.append(Problem("schedule", entry.row, "时段", entry.schedule, "schedule", of))


def serves(gates: str, gate: str) -> bool:
    """Whether what an entry says of gates means this one."""
    words = gates.split()
    return not words or (gate in words if not words[0].startswith("-") else f"-{gate}" not in words)


def read(data: bytes, name: str, there: There | None = None) -> Roster:
    """Read a list; `there`: by its card, the cells of an entry in force, where only changes are handed in. Never raises on what it holds: see
    `Roster.problems`."""
    roster = Roster()
    if name.lower().endswith(".json") and not sheets.is_workbook(data, name):
        text = sheets.text_of(data, roster.problems)
        if text is not None:
            roster_json.read(text, Rows(roster, there))
    else:
        rows = sheets.rows(data, name, roster.problems)
        if not roster.problems:
            _read_table(rows, Rows(roster, there))
    _find_doubles(roster)
    return roster


def _read_table(rows: Iterable[tuple[int, list[str]]], to: Rows) -> None:
    """Headings, then a credential a row; each row with its number."""
    waiting = iter(rows)
    _, headings = next(waiting, (1, []))
    columns = _columns(headings, to.roster)
    if to.roster.problems:
        return
    to.has({key: headings[n] for n, key in columns.items()})
    for number, cells in waiting:
        if not any(cell.strip() for cell in cells):
            continue
        if any(cell.strip() for cell in cells[len(headings) :]):
            to.roster.problems.append(Problem("cells-more", number))
            continue
        to.take({key: cells[n].strip() if n < len(cells) else "" for n, key in columns.items()}, number)


def _columns(headings: list[str], roster: Roster) -> dict[int, str]:
    """Column number → field."""
    found: dict[int, str] = {}
    for n, heading in enumerate(headings):
        name = sheets.field(heading, HEADINGS, 1, roster.problems, FIELDS)
        if name in found.values():
            roster.problems.append(Problem("column-twice", 1, heading))
        elif name:
            found[n] = name
    if not {"card", "number"} & set(found.values()):
        roster.problems.append(Problem("card-column", 1))
    return found


# ---- one row -----------------------------------------------------------------------------------------------------


class Rows:
    """Rows on their way to a list."""

    def __init__(self, roster: Roster, there: There | None) -> None:
        self.roster, self._there = roster, there
        self._headings: Mapping[str, str] = {}

    def has(self, headings: Mapping[str, str]) -> None:
        """The columns that there are, as the table calls them."""
        self._headings = headings
        self.roster.lacks = tuple(COLUMNS[name] for name in _missed(headings))

    def take(self, said: Mapping[str, str], row: int) -> None:
        """One row's credential, or what is wrong with it: all of it, not the first."""
        said = self._whole(said)
        good: dict[str, Any] = {}
        bad = False
        for name, reading in READINGS.items():
            value = said.get(name, "")
            if not value and name in EMPTY:
                good[name] = EMPTY[name]
                continue
            value = unicodedata.normalize("NFKC", value).strip()
            try:
                if not value and name not in self._headings:
                    raise BadField("empty-new")
                good[name] = reading(value)
            except BadField as error:
                self._wrong(row, name, value, error)
                bad = True
        if bad:
            return
        wrong = _wrong_together(good)
        if wrong is not None:
            self._wrong(row, wrong.column, said.get(wrong.column, ""), wrong)
            return
        uid = good["card"] or good["number"]
        self.roster.entries.append(
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

    def _whole(self, said: Mapping[str, str]) -> Mapping[str, str]:
        """With what is in force where the row has no column."""
        lacks = _missed(said)
        if self._there is None or not lacks:
            return said
        try:
            number = {name: READINGS[name](said.get(name, "")) for name in ("card", "number")}
        except BadField:
            return said  # it is said when the row is read
        uid = number["card"] or number["number"]
        rows = self._there(uid) if uid else ()
        if not rows:
            return said
        if "gates" in lacks:
            self.roster.kept.add(uid)
        kept = {name: rows[0][name] for name in lacks}
        if said.get("name", kept.get("name")) != rows[0]["name"]:
            kept.pop("surname", None)  # it went with the other name
        return kept | dict(said)

    def _wrong(self, row: int, name: str, value: str, e: BadField) -> None:
        self.roster.problems.append(e.at(row, self._headings.get(name) or COLUMNS.get(name, name), value, name))


def _missed(has: Iterable[str]) -> list[str]:
    return [name for name in lacking(COLUMNS, [*has]) if name not in ("card", "number")]


def _wrong_together(good: Mapping[str, Any]) -> BadField | None:
    uid, number, begin = good["card"], good["number"], good["valid_from"]
    if not uid and not number:
        return BadField("card-none", "card")
    if good["gates"] and good["not_gates"]:
        return BadField("gates-both", "not_gates")
    if uid and number and uid[-8:] != number:
        return BadField("card-other", "number", card=uid)
    if begin and good["valid_until"] and good["valid_until"] < begin:
        return BadField("order", "valid_until", begin=begin)
    return None


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
                roster.problems.append(Problem("twice", entry.row, COLUMNS[name], value, name, {"row": row}))
        same = people.setdefault(entry.person, entry)
        if same.name != entry.name:
            of = {"row": same.row}
            roster.problems.append(Problem("person-name", entry.row, COLUMNS["person"], entry.person, "person", of))
