"""Lines of head office's list as rows of the tables, and back; and why a line that was signed does not fit.

Nothing is passed over: a key that stands twice, one name for two cards, one number for two people, a schedule that nobody has said, a value
that cannot be. SQLite's own constraints find them while rows come in, at no cost; then the slice is gone through row by row for the one that is
named (`Misfit`), and the whole list is refused.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from edge.store import registry
from edge.store.tx import Tx
from sync.fields import ProtocolError
from sync.registry_lines import key_of, line_of, parsed

Con = sqlite3.Connection
Fields = list[Any]
Rows = dict[str, list[tuple[Any, ...]]]
"""Table → rows."""
_WHO = ("name", "surname", "title", "supervisor", "unit", "photo")
_DIFFERS = " OR ".join(f"{column} <> excluded.{column}" for column in _WHO)
_AGREES = f" ON CONFLICT (gen, person) DO UPDATE SET name = NULL WHERE {_DIFFERS}"
"""Somebody with several cards comes with each of them; where two lines differ, NOT NULL says so."""
TOGETHER = 50
"""Rows of one statement. SQLite lets go of Python's lock for each statement that it runs and has to get it back after; with a row each, the writer
would wait for whoever computes, row by row, and reading and writing would not overlap."""


def _insert(table: str, gen: int, rows: int) -> str:
    columns = registry.TABLES[table]
    marks = f"({', '.join('?' for _ in columns.split(','))}, {gen})"
    agrees = _AGREES if table == "registry_people" else ""
    return f"INSERT INTO {table} ({columns}, gen) VALUES {', '.join([marks] * rows)}{agrees}"


_WHY = (
    ("NOT NULL constraint failed: registry_people.name", "person-differs"),
    ("registry_credentials.credential", "name-taken"),
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


def rows_of(lines: Sequence[Fields]) -> Rows:
    """Lines as rows of the tables."""
    people: list[tuple[Any, ...]] = []
    credentials: list[tuple[Any, ...]] = []
    rows: Rows = {table: [] for table in registry.TABLES}
    rows["registry_people"], rows["registry_credentials"] = people, credentials
    vehicles = rows["registry_vehicles"]
    for line in lines:
        if line[0] == "c":
            uid = line[1]
            people.append(tuple(line[10:]))
            credentials.append((*line[1:5], line[10], *line[5:9]))
            if line[9]:
                vehicles += [(uid, plate) for plate in line[9]]
        elif line[0] == "l":
            data = json.dumps(line[3], ensure_ascii=False, separators=(",", ":"), sort_keys=True)
            rows["registry_lists"].append((line[1], line[2], data, data_hash(data)))
        else:
            rows["registry_holidays" if line[0] == "h" else "registry_schedules"].append(tuple(line[1:]))
    return rows


def put(con: Con, gen: int, lines: Sequence[Fields], rows: Rows | None = None) -> None:
    """Lines into a generation; `rows`: what `rows_of` makes of them. Raises Misfit; then nothing of them is there."""
    con.execute("SAVEPOINT slice")
    try:
        _put(con, gen, rows or rows_of(lines))
    except sqlite3.IntegrityError as e:
        con.execute("ROLLBACK TO slice")
        raise _found(con, gen, lines) or Misfit("value") from e
    con.execute("RELEASE slice")


def _put(con: Con, gen: int, rows: Rows) -> None:
    for table, some in rows.items():
        whole = len(some) - len(some) % TOGETHER
        if whole:
            statement = _insert(table, gen, TOGETHER)
            for at in range(0, whole, TOGETHER):
                con.execute(statement, list(chain.from_iterable(some[at : at + TOGETHER])))
        if whole < len(some):
            con.executemany(_insert(table, gen, 1), some[whole:])


def _found(con: Con, gen: int, lines: Sequence[Fields]) -> Misfit | None:
    for line in lines:
        try:
            _put(con, gen, rows_of([line]))
        except sqlite3.IntegrityError as e:
            why = next((why for says, why in _WHY if says in str(e)), "value")
            return Misfit(why, key_of(line), line_of(line))
    return None


def filling(generation: int, lines: Sequence[Fields]) -> Callable[[Tx], None]:
    """A work that puts lines into a generation; what can be done before, on the caller's thread, is."""
    rows = rows_of(lines)
    return lambda tx: put(tx.con, generation, lines, rows)


def check(con: Con, gen: int) -> None:
    """What only the whole list can tell: whether each schedule that a credential names is there. Raises Misfit."""
    row = con.execute(
        """SELECT uid, schedule FROM registry_credentials WHERE gen = ?1 AND schedule <> ''
           AND schedule NOT IN (SELECT schedule FROM registry_schedules WHERE gen = ?1) LIMIT 1""",
        (gen,),
    ).fetchone()
    if row is not None:
        raise Misfit("schedule-unknown", line_of(["c", row[0]]), row[1])


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


def replace(con: Con, gen: int, keys: Sequence[Fields], lines: Sequence[Fields], people: set[str]) -> None:
    """In force: all of these keys out, then the new lines in; whoever has no card any more is no longer known. Raises Misfit."""
    cards = [(gen, key[1]) for key in keys if key[0] == "c"]
    con.executemany("DELETE FROM registry_vehicles WHERE gen = ? AND uid = ?", cards)
    con.executemany("DELETE FROM registry_credentials WHERE gen = ? AND uid = ?", cards)
    for kind, table, columns in (
        ("h", "registry_holidays", "(day) = (?)"),
        ("l", "registry_lists", "(list, key) = (?, ?)"),
        ("s", "registry_schedules", "(schedule, days, begin_min) = (?, ?, ?)"),
    ):
        gone = [(gen, *k[1:]) for k in keys if k[0] == kind]
        con.executemany(f"DELETE FROM {table} WHERE gen = ? AND {columns}", gone)
    # a person who is to be known otherwise than before: all of their cards come again with them
    con.executemany(
        """DELETE FROM registry_people WHERE gen = ?1 AND person = ?2
           AND NOT EXISTS (SELECT 1 FROM registry_credentials WHERE gen = ?1 AND person = ?2)""",
        [(gen, person) for person in people],
    )
    put(con, gen, lines)
    if any(k[0] == "s" for k in keys) or any(f[0] == "c" and f[7] for f in lines):
        check(con, gen)
