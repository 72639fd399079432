"""Lines of head office's list as rows of the tables, and back; a change set as the rows that go and come; and why a line that was signed does not fit.

Nothing is passed over: a key that stands twice, one name for two cards, one number for two people, a schedule that nobody has said, a value
that cannot be. SQLite's own constraints find them; then the lines are gone through one by one for the one that is named (`Misfit`), and the
whole list is refused.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from sync.fields import ProtocolError
from sync.registry_lines import key_of, line_of, parsed

Con = sqlite3.Connection
Fields = list[Any]
Row = tuple[Any, ...]
Rows = dict[str, set[Row]]
"""Table → rows."""
TABLES = {
    "registry_people": "person, name, surname, title, supervisor, unit, photo",
    "registry_credentials": "uid, credential, category, status, person, valid_from, valid_until, schedule, vehicle",
    "registry_vehicles": "uid, plate",
    "registry_names": "credential, uid",
    "registry_words": "kind, word, uid",
    "registry_schedules": "schedule, days, begin_min, end_min",
    "registry_holidays": "day, name",
    "registry_lists": "list, key, data, hash",
}
KEYS = {
    "registry_people": 1,
    "registry_credentials": 1,
    "registry_vehicles": 2,
    "registry_names": 1,
    "registry_words": 3,
    "registry_schedules": 3,
    "registry_holidays": 1,
    "registry_lists": 2,
}
"""How many of a table's columns are its key, beside the generation."""
_WHO = ("name", "surname", "title", "supervisor", "unit", "photo")
_DIFFERS = " OR ".join(f"{column} <> excluded.{column}" for column in _WHO)
AGREES = f" ON CONFLICT (gen, person) DO UPDATE SET name = NULL WHERE {_DIFFERS}"
"""Somebody with several cards comes with each of them; where two lines differ, NOT NULL says so."""
_WHY = (
    ("NOT NULL constraint failed: registry_people.name", "person-differs"),
    ("registry_names.credential", "name-taken"),
    ("UNIQUE constraint failed", "twice"),
)


class Misfit(ValueError):
    """A line that was signed and cannot be. `why`: twice, name-taken, person-differs, schedule-unknown, value, shape, digest."""

    def __init__(self, why: str, key: str = "", line: str = "") -> None:
        super().__init__(f"{why}: {key}")
        self.why, self.key, self.line = why, key, line


def fields_of(line: str) -> Fields:
    """A line. Raises Misfit."""
    try:
        fields = parsed(line)
    except ProtocolError as e:
        raise Misfit("shape", line=line) from e
    if fields[0] == "c" and not (fields[1] and fields[2] and fields[10]):
        raise Misfit("value", key_of(fields), line)
    return fields


def data_hash(data: str) -> str:
    """By what an entry is seen to have changed."""
    return hashlib.sha256(data.encode()).hexdigest()[:32]


def list_row(line: Fields) -> Row:
    """A line of another list as its row."""
    data = json.dumps(line[3], ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return line[1], line[2], data, data_hash(data)


def rows_of(lines: Iterable[Fields]) -> Rows:
    """Lines as rows of the tables."""
    rows: Rows = {table: set() for table in TABLES}
    for line in lines:
        if line[0] == "c":
            uid, unit = line[1], line[15]
            rows["registry_people"].add(tuple(line[10:]))
            rows["registry_credentials"].add((*line[1:5], line[10], *line[5:9]))
            rows["registry_vehicles"] |= {(uid, plate) for plate in line[9]}
            rows["registry_names"].add((line[2], uid))
            rows["registry_words"] |= {("plate", plate, uid) for plate in line[9]}
            if unit:
                rows["registry_words"].add(("unit", unit, uid))
        elif line[0] == "l":
            rows["registry_lists"].add(list_row(line))
        else:
            rows["registry_holidays" if line[0] == "h" else "registry_schedules"].add(tuple(line[1:]))
    return rows


# ---- change sets -------------------------------------------------------------------------------------------------------

_CARD = """SELECT uid, credential, category, status, valid_from, valid_until, schedule, vehicle,
           person, name, surname, title, supervisor, unit, photo FROM credentials JOIN people USING (person) WHERE uid = ?"""
_SHAPES = {("c", 2), ("h", 2), ("l", 3), ("s", 4)}


def key_in(text: str) -> Fields:
    """The key after a «-». Raises Misfit."""
    try:
        key = json.loads(text)
        if type(key) is list and (key[0], len(key)) in _SHAPES:
            return list(key)
    except (ValueError, RecursionError, LookupError, TypeError) as e:
        raise Misfit("shape", line=text) from e
    raise Misfit("shape", line=text)


def in_force(con: Con, key: Fields) -> Fields | None:
    """The line of a key as the tables have it."""
    if key[0] == "h":
        row = con.execute("SELECT day, name FROM holidays WHERE day = ?", key[1:]).fetchone()
    elif key[0] == "s":
        row = con.execute("SELECT * FROM schedules WHERE (schedule, days, begin_min) = (?, ?, ?)", key[1:]).fetchone()
    elif key[0] == "l":
        row = con.execute("SELECT list, key, data FROM office_lists WHERE (list, key) = (?, ?)", key[1:]).fetchone()
        if row is not None:
            row = (*row[:2], json.loads(row[2]))
    else:
        row = con.execute(_CARD, key[1:]).fetchone()
        if row is not None:
            plates = [p for (p,) in con.execute("SELECT plate FROM vehicles WHERE uid = ? ORDER BY plate", key[1:])]
            row = (*row[:8], plates, *row[8:])
    return None if row is None else [key[0], *row]


def still_known(con: Con, gen: int, old: Sequence[Fields]) -> set[str]:
    """Whoever of those that hold these cards holds others as well. Looks through all cards: not for the writer's thread."""
    cards = [(line[1], line[10]) for line in old if line[0] == "c"]
    sql = """SELECT DISTINCT person FROM registry_credentials WHERE gen = ? AND person IN (SELECT value FROM json_each(?))
             AND uid NOT IN (SELECT value FROM json_each(?))"""
    uids, people = json.dumps([uid for uid, _ in cards]), json.dumps(sorted({person for _, person in cards}))
    return {person for (person,) in con.execute(sql, (gen, people, uids))}


class Change:
    """What leads from lines in force to others of the same keys, worked out before the writer's thread is asked. `still`: see `still_known`."""

    def __init__(self, old: Sequence[Fields], new: Sequence[Fields], still: Set[str]) -> None:
        self._new = new
        before, after = rows_of(old), rows_of(new)
        self._out = {table: sorted(before[table] - after[table], key=str) for table in TABLES}
        self._out["registry_people"] = [row for row in self._out["registry_people"] if row[0] not in still]
        self._in = {table: after[table] - before[table] for table in TABLES}
        self._sorted = {table: sorted(rows, key=str) for table, rows in self._in.items()}

    def carry_out(self, con: Con, gen: int) -> None:
        """In a transaction of the writer. Raises Misfit."""
        for table, rows in self._out.items():
            names = TABLES[table].split(", ")[: KEYS[table]]
            where = " AND ".join(f"{name} = ?" for name in names)
            con.executemany(f"DELETE FROM {table} WHERE gen = {gen} AND {where}", [row[: len(names)] for row in rows])
        con.execute("SAVEPOINT lines")
        try:
            _put(con, gen, self._sorted)
        except sqlite3.IntegrityError as e:
            con.execute("ROLLBACK TO lines")
            raise self._found(con, gen) or Misfit("value") from e
        con.execute("RELEASE lines")
        self._check(con, gen)

    def _found(self, con: Con, gen: int) -> Misfit | None:
        for line in self._new:
            try:
                _put(con, gen, {table: rows & self._in[table] for table, rows in rows_of([line]).items()})
            except sqlite3.IntegrityError as e:
                why = next((why for says, why in _WHY if says in str(e)), "value")
                return Misfit(why, key_of(line), line_of(line))
        return None

    def _check(self, con: Con, gen: int) -> None:
        """Each schedule that a credential names must be there. Raises Misfit."""
        named = {row[7]: row[0] for row in self._in["registry_credentials"] if row[7]}
        gone = {row[0] for row in self._out["registry_schedules"]}
        if not (named or gone):
            return
        known = {
            name for (name,) in con.execute("SELECT DISTINCT schedule FROM registry_schedules WHERE gen = ?", (gen,))
        }
        if lost := gone - known:
            sql = "SELECT schedule, uid FROM registry_credentials WHERE gen = ? AND schedule IN (SELECT value FROM json_each(?)) LIMIT 1"
            named |= dict(con.execute(sql, (gen, json.dumps(sorted(lost)))).fetchall())
        for schedule in sorted(named.keys() - known):
            raise Misfit("schedule-unknown", line_of(["c", named[schedule]]), schedule)


def _put(con: Con, gen: int, rows: Mapping[str, Iterable[Row]]) -> None:
    for table, some in rows.items():
        columns = TABLES[table]
        marks = ", ".join("?" for _ in columns.split(","))
        agrees = AGREES if table == "registry_people" else ""
        con.executemany(f"INSERT INTO {table} ({columns}, gen) VALUES ({marks}, {gen}){agrees}", some)
