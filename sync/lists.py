"""Head office's other lists, as people keep them: what may stand in each, and what is wrong with a row.

    (lists_kinds.py has them all)

    passes        施工出入证   construction passes of long-term workers (P8): read by their number at the desk
    permits       出闸纸       goods exit permits (G1): several rows with one number are one permit with several items; each is for one gate
    appointments  访客预约     expected visitors (P3, P4, V3)
    convoys       婚礼车队     wedding convoys (V8)
    watch         留意名单     whom to look out for (P6); a document's number is kept as its digest alone
    notices       通知         water and power cuts, pest control, festivals (D5)
    phrases       服务用语     sentences worded otherwise than in config/phrases.*.toml (D7)

An entry is (list, key, data): data is what the gate's own action takes (edge/listing.py), times are local to the gate. A list is CSV or .xlsx
with headings in either language; what is wrong is collected whole, each with row, column, why and what to do, as in roster.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sync import lists_fields as f
from sync import sheets
from sync.lists_fields import Column
from sync.lists_words import Words
from sync.roster_fields import BadField

Good = dict[str, Any]
Make = Callable[[Good, Words], tuple[str, Good]]
MAX_DATA = 8 * 1024
"""Bytes of an entry: a piece of the registry holds many."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A list. `make`: a row's good values → key and data; raises BadField, its first word the column."""

    name: str
    zh: str
    en: str
    columns: Mapping[str, Column]
    make: Make

    def headings(self) -> list[str]:
        """The first heading of each column, for a table to begin with."""
        return [column.headings[0] for column in self.columns.values()]


@dataclass(frozen=True, slots=True)
class Entry:
    """One, ready to be published. `gates`: where it serves (roster.serves)."""

    row: int
    key: str
    data: Mapping[str, Any]
    gates: str


@dataclass(slots=True)
class Listed:
    """What a table says."""

    kind: Kind
    entries: list[Entry] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read(kind: Kind, data: bytes, name: str, words: Words) -> Listed:
    """Read a table. Never raises on what it holds: see `Listed.problems`."""
    found = Listed(kind)
    rows = sheets.rows(data, name, found.problems)
    columns = _columns(kind, rows[0][1] if rows else [], found.problems)
    if found.problems:
        return found
    seen: dict[str, Entry] = {}
    for number, cells in rows[1:]:
        if any(cell.strip() for cell in cells):
            said = {column: cells[n] for n, column in columns.items() if n < len(cells)}
            _take(found, number, said, words, seen)
    for entry in seen.values():
        if len(json.dumps(entry.data, ensure_ascii=False).encode()) > MAX_DATA:
            found.problems.append(
                sheets.problem(entry.row, "", "", "内容太长 too long", "请分成几条 make several of it")
            )
    found.entries = list(seen.values())
    return found


def _columns(kind: Kind, headings: list[str], problems: list[str]) -> dict[int, str]:
    known = {heading.lower(): name for name, column in kind.columns.items() for heading in column.headings}
    found: dict[int, str] = {}
    for n, heading in enumerate(headings):
        name = sheets.field(heading, known, 1, problems, kind.columns)
        if name in found.values():
            problems.append(sheets.problem(1, heading, "", "这一列重复 the column stands twice", "删除其一 remove one"))
        elif name:
            found[n] = name
    lacking = [c.headings[0] for name, c in kind.columns.items() if c.needed and name not in found.values()]
    if lacking and not problems:
        problems.append(
            sheets.problem(1, "", "", f"缺少列 columns are missing: {'、'.join(lacking)}", "请补上 add them")
        )
    return found


def _take(found: Listed, row: int, said: Mapping[str, str], words: Words, seen: dict[str, Entry]) -> None:
    good: Good = {}
    before = len(found.problems)
    for name, column in found.kind.columns.items():
        text = said.get(name, "").strip()
        try:
            good[name] = column.reading(text, words)
            if column.needed and not good[name]:
                raise BadField("请填写 it is empty — 这一列必填 this column must be filled in")
        except BadField as e:
            _wrong(found, row, name, text, e)
    if len(found.problems) > before:
        return
    try:
        gates = f.gates(good.pop("gates", ()), good.pop("not_gates", ()), one=found.kind.name == "permits")
        key, data = found.kind.make(good, words)
    except BadField as e:
        name, _, why = str(e).partition(": ")
        _wrong(found, row, name, said.get(name, ""), BadField(why))
        return
    there = seen.get(key)
    if there is None:
        seen[key] = Entry(row, key, data, gates)
    elif found.kind.name == "permits":
        _one_more_item(found, row, there, data, gates, seen)
    else:
        why = f"与第{there.row}行重复 already in row {there.row}"
        found.problems.append(sheets.problem(row, "", key, why, "删除其中一行 remove one of them"))


def _one_more_item(found: Listed, row: int, there: Entry, data: Good, gates: str, seen: dict[str, Entry]) -> None:
    """A further row of a permit: the same in everything but its item."""
    if {**data, "items": ()} != {**there.data, "items": ()} or gates != there.gates:
        why = f"与第{there.row}行是同一张出闸纸，其他各列须相同 the same permit as row {there.row}: all but the item must agree"
        found.problems.append(sheets.problem(row, "number", there.key, why, "请改为一致，或另用编号 make them agree"))
        return
    items = [*there.data["items"], *data["items"]]
    if len(items) > f.ITEMS:
        why = f"一张出闸纸最多 {f.ITEMS} 项 at most {f.ITEMS} items"
        found.problems.append(sheets.problem(row, "number", there.key, why, "请另开一张 write another permit"))
        return
    seen[there.key] = Entry(there.row, there.key, {**there.data, "items": items}, gates)


def _wrong(found: Listed, row: int, name: str, text: str, e: BadField) -> None:
    why, _, hint = str(e).partition(" — ")
    column = found.kind.columns.get(name)
    shown = "" if name in ("number", "phone") and found.kind.name == "watch" else text
    found.problems.append(sheets.problem(row, column.headings[0] if column else name, shown, why, hint))


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
        named = (
            {"item": item.get("name", "")} | {name: item.get(name, "") for name in ("quantity", "measure", "category")}
            if item
            else {}
        )
        row = {"id": key, **said, **named, **where}
        if words is not None:
            row |= {name: words.zh(of, row[name]) for name, of in _OF.items() if row.get(name)}
            row |= {name: _ZH.get(row[name], row[name]) for name in ("mode", "title", "language") if row.get(name)}
        made.append([f.shown(row.get(name, "")) for name in kind.columns])
    return made
