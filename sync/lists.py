"""Head office's other lists, as people keep them: what may stand in each, and what is wrong with a row.

    (lists_kinds.py has them all)

    schedules     通行时段     when cards serve that name one: on which days, from when until when
    holidays      节假日       days that go by a schedule's own hours for them
    passes        施工出入证   construction passes of long-term workers (P8): read by their number at the desk
    permits       出闸纸       goods exit permits (G1): several rows with one number are one permit with several items; each is for one gate
    appointments  访客预约     expected visitors (P3, P4, V3)
    convoys       婚礼车队     wedding convoys (V8)
    watch         留意名单     whom to look out for (P6); a document's number is kept as its digest alone
    notices       通知         water and power cuts, pest control, festivals (D5)
    phrases       服务用语     sentences worded otherwise than in config/phrases.*.toml (D7)

An entry is (list, key, data): data is what the gate's own action takes (edge/listing.py), times are local to the gate. A list is CSV or .xlsx
with headings in either language; what is wrong is collected whole, each with row, column, why and what to do, as in roster.py.

A table of changes need not have every column: what it has no column for stays as it is for an entry in force (`There`), and is the default for a
new one. A column that is there and empty clears. Which rows can be read is decided after that, so an entry is always judged whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sync import lists_fields as f
from sync import sheets, times
from sync.lists_fields import Column
from sync.lists_words import Words
from sync.problems import BadField, Problem

Good = dict[str, Any]
Make = Callable[[Good, Words], Good]
Cells = Mapping[str, str]
"""Column → what stands in it."""
There = Callable[[str], Sequence[Cells]]
"""Key → the rows of an entry in force; none: there is no such entry."""
MAX_DATA = 8 * 1024
"""Bytes of an entry: a piece of the registry holds many."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A list. `make`: a row's good values → data; raises BadField that names the column. `key`: the good values of the columns `keyed` → which
    entry it is. `same_item`: the column that tells one item of an entry from another."""

    name: str
    zh: str
    en: str
    columns: Mapping[str, Column]
    make: Make
    key: Callable[[Good], str]
    keyed: tuple[str, ...]
    same_item: str = ""

    def headings(self) -> list[str]:
        """The first heading of each column, for a table to begin with."""
        return [column.headings[0] for column in self.columns.values()]

    def items(self) -> dict[str, str]:
        """Columns that each item of an entry has of its own → its name there; empty: entries have no items."""
        return {name: column.item for name, column in self.columns.items() if column.item}


@dataclass(frozen=True, slots=True)
class Entry:
    """One, ready to be published. `gates`: where it serves (roster.serves)."""

    row: int
    key: str
    data: Mapping[str, Any]
    gates: str


@dataclass(slots=True)
class Listed:
    """What a table says. `lacks`: headings that it does not have."""

    kind: Kind
    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    lacks: tuple[str, ...] = ()


def read(kind: Kind, data: bytes, name: str, words: Words, there: There | None = None) -> Listed:
    """Read a table; `there`: of changes to what is in force, otherwise it is a whole list. Never raises on what it holds: see `Listed.problems`."""
    found = Listed(kind)
    rows = sheets.rows(data, name, found.problems)
    headings = rows[0][1] if rows else []
    columns = _columns(kind, headings, found.problems, whole=there is None)
    if found.problems:
        return found
    reading = _Reading(found, words, {name: headings[n] for n, name in columns.items()}, there)
    for number, cells in rows[1:]:
        if any(cell.strip() for cell in cells):
            reading.row(number, {column: cells[n] if n < len(cells) else "" for n, column in columns.items()})
    for entry in reading.seen.values():
        if len(json.dumps(entry.data, ensure_ascii=False).encode()) > MAX_DATA:
            found.problems.append(Problem("entry-long", entry.row))
    found.entries = list(reading.seen.values())
    return found


def _columns(kind: Kind, headings: list[str], problems: list[Problem], *, whole: bool) -> dict[int, str]:
    known = {heading.lower(): name for name, column in kind.columns.items() for heading in column.headings}
    found: dict[int, str] = {}
    for n, heading in enumerate(headings):
        name = sheets.field(heading, known, 1, problems, kind.columns)
        if name in found.values():
            problems.append(Problem("column-twice", 1, heading))
        elif name:
            found[n] = name
    names = () if "id" in found.values() else kind.keyed  # by which a table of changes says which entries it means
    needed = [name for name, column in kind.columns.items() if column.needed and (whole or name in names)]
    lacking = [kind.columns[name].headings[0] for name in needed if name not in found.values()]
    if lacking and not problems:
        problems.append(Problem("columns-missing", 1, of={"columns": "、".join(lacking)}))
    return found


def lacking(columns: Mapping[str, str], has: Sequence[str]) -> list[str]:
    """Which columns (name → heading) a table has not; what says the same in another way, and what only tells entries apart, is not missed."""
    at = {"gates", "not_gates"}
    passed = {"id", *(at if at & set(has) else ())}
    return [name for name in columns if name not in has and name not in passed]


class _Reading:
    """A table on its way to entries. `headings`: the columns that it has, as it calls them."""

    def __init__(self, found: Listed, words: Words, headings: Mapping[str, str], there: There | None) -> None:
        self._found, self._kind, self._words, self._headings, self._there = found, found.kind, words, headings, there
        first = {name: column.headings[0] for name, column in self._kind.columns.items()}
        self._lacks = lacking(first, [*headings])
        found.lacks = tuple(first[name] for name in self._lacks)
        self.seen: dict[str, Entry] = {}

    def row(self, row: int, said: Cells) -> None:
        """One row of the table."""
        for cells in self._whole(row, said):
            self._take(row, cells)

    def _whole(self, row: int, said: Cells) -> Sequence[Cells]:
        """With what is in force where the table has no column. Of an entry with items, the item that is named; all of them, if the table has none."""
        rows = self._in_force(said)
        if not rows:
            return [said]
        kept = {name: cell for name, cell in rows[0].items() if name in self._lacks}
        items = self._kind.items()
        if not items or not items.keys() & said.keys():
            if items and self._kind.key(self._keyed(said)) in self.seen:
                self._problem("twice", row, of={"row": self.seen[self._kind.key(self._keyed(said))].row})
                return []
            return [{**kept, **{name: one[name] for name in items}, **said} for one in rows]
        by = self._kind.same_item
        same = next((one for one in rows if by and one[by] == said.get(by, "").strip()), dict.fromkeys(items, ""))
        return [{**kept, **{name: same[name] for name in items}, **said}]

    def _in_force(self, said: Cells) -> Sequence[Cells]:
        if self._there is None or not self._lacks:
            return ()
        try:
            return self._there(self._kind.key(self._keyed(said)))
        except BadField:
            return ()  # said of the row when it is read

    def _keyed(self, said: Cells) -> Good:
        columns = self._kind.columns
        return {name: columns[name].reading(said.get(name, "").strip(), self._words) for name in self._kind.keyed}

    def _take(self, row: int, said: Cells) -> None:
        good: Good = {}
        before = len(self._found.problems)
        for name, column in self._kind.columns.items():
            text = said.get(name, "").strip()
            try:
                good[name] = column.reading(text, self._words)
                if column.needed and not good[name]:
                    raise BadField("empty" if name in self._headings else "empty-new")
            except BadField as e:
                self._wrong(row, name, text, e)
        if len(self._found.problems) > before:
            return
        key = self._kind.key(good)
        try:
            gates = f.gates(good.pop("gates", ()), good.pop("not_gates", ()), one=self._kind.name == "permits")
            data = self._kind.make(good, self._words)
        except BadField as e:
            self._wrong(row, e.column, said.get(e.column, ""), e)
            return
        data.pop("id", None)
        items = self._kind.items()
        if items:
            item = {at: data.pop(name) for name, at in items.items()}
            data["items"] = [item]
        there = self.seen.get(key)
        if there is None:
            self.seen[key] = Entry(row, key, data, gates)
        elif items:
            self._one_more_item(row, there, data, gates)
        else:
            self._problem("twice", row, of={"row": there.row}, value=key)

    def _one_more_item(self, row: int, there: Entry, data: Good, gates: str) -> None:
        """A further row of a permit, of a schedule: the same in everything but its item."""
        first = next(iter(self._kind.columns))
        items = [*there.data["items"], *data["items"]]
        if {**data, "items": ()} != {**there.data, "items": ()} or gates != there.gates:
            self._problem("permit-differs", row, first, value=there.key, of={"row": there.row})
        elif len(items) > f.ITEMS:
            self._problem("items-most", row, first, value=there.key, of={"n": f.ITEMS})
        elif self._kind.name == "schedules" and any(
            (one["days"], one["begin"]) == (data["items"][0]["days"], data["items"][0]["begin"])
            for one in there.data["items"]
        ):
            self._problem("hours-twice", row, "begin", value=data["items"][0]["begin"])
        else:
            self.seen[there.key] = Entry(there.row, there.key, {**there.data, "items": items}, gates)

    def _wrong(self, row: int, name: str, text: str, e: BadField) -> None:
        shown = "" if name in ("number", "phone") and self._kind.name == "watch" else text
        self._found.problems.append(e.at(row, self._called(name), shown, name))

    def _problem(
        self,
        code: str,
        row: int,
        name: str = "",
        *,
        value: str = "",
        of: Mapping[str, str | int] = MappingProxyType({}),
    ) -> None:
        self._found.problems.append(Problem(code, row, self._called(name), value, name, of))

    def _called(self, name: str) -> str:
        """A column as the table calls it."""
        column = self._kind.columns.get(name)
        return self._headings.get(name) or (column.headings[0] if column else name)


# ---- written again --------------------------------------------------------------------------------------------------


_OF = {"role": "roles", "category": "categories", "kind": "visits", "notice": "notices"}
_ZH = {"foot": "步行", "vehicle": "开车", "mr": "男", "ms": "女", "zh": "中文", "en": "英文"}


def cells(kind: Kind, data: Mapping[str, Any], key: str, gates: str, words: Words | None = None) -> list[list[str]]:
    """An entry as rows of a table that `read` reads again; with `words`, in Chinese."""
    said = dict(data)
    items = said.pop("items", None)
    where = {
        "gates": "" if gates.startswith("-") else gates,
        "not_gates": gates.replace("-", "") if gates.startswith("-") else "",
    }
    made = []
    for item in items or [{}]:
        row = {"id": key, **said, **{name: item.get(at, "") for name, at in kind.items().items()}, **where}
        if words is not None:
            row |= {name: words.zh(of, row[name]) for name, of in _OF.items() if row.get(name)}
            row |= {name: _ZH.get(row[name], row[name]) for name in ("mode", "title", "language") if row.get(name)}
        if "days" in kind.columns:
            row["days"] = times.days_shown(row["days"])
        made.append([f.shown(row.get(name, "")) for name in kind.columns])
    return made
