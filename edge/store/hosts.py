"""The hosts of the registry, for completion: found by any piece of name, unit or pinyin initials, in a few milliseconds.

A registry may have 100,000 people, a guard types a letter every 150 ms, and the list changes a few times a year. So one long text is kept in
memory, a line for each person in the order of units, and searched as text is searched quickest: by the library's own `str.find`. It is made
again when another registry has come into force; a person who is in it no more is then gone from it too.
"""

from __future__ import annotations

import sqlite3
import threading
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from edge.domain.initials import initials
from edge.domain.plates import normal

Con = sqlite3.Connection
_FIELD = "\x1f"
_ONE_UNIT = 20


@dataclass(frozen=True, slots=True)
class _Index:
    seq: int
    text: str
    starts: array[int]
    people: list[str]


class Hosts:
    """Of one gate. `find` may be called on any thread."""

    def __init__(self) -> None:
        self._index: _Index | None = None
        self._lock = threading.Lock()

    def fresh(self, con: Con) -> None:
        """Make the text again when the registry is another one: a chore, so that no guard waits for it."""
        self._of(con)

    def find(self, con: Con, typed: str, limit: int) -> list[dict[str, Any]]:
        """At most `limit` people: those that begin with it first, by unit and name. Rows: name, title, unit."""
        wanted = normal(typed)
        if not wanted or not wanted.isprintable():
            return []
        index = self._of(con)
        lines: dict[int, None] = {}
        for text in (_FIELD + wanted, wanted):
            for line in _lines(index, text):
                lines[line] = None
                if len(lines) >= limit:
                    break
            if len(lines) >= limit:
                break
        sql = "SELECT name, title, unit FROM people WHERE person = ?"
        rows = (con.execute(sql, (index.people[line],)).fetchone() for line in lines)
        return [dict(zip(("name", "title", "unit"), row, strict=True)) for row in rows if row]

    def title(self, con: Con, unit: str, name: str) -> str:
        """mr, ms; "": nobody of that name is known there, or not how they are addressed."""
        return next((h["title"] for h in self.find(con, unit, _ONE_UNIT) if (h["unit"], h["name"]) == (unit, name)), "")

    def _of(self, con: Con) -> _Index:
        seq = int(con.execute("SELECT seq FROM registry").fetchone()[0])  # of its registry.imported
        with self._lock:
            if self._index is None or self._index.seq != seq:
                self._index = _make(con, seq)
            return self._index


def _make(con: Con, seq: int) -> _Index:
    pieces: list[str] = []
    starts, people, at = array("l"), list[str](), 0
    for person, name, unit in con.execute("SELECT person, name, unit FROM people WHERE name <> '' ORDER BY unit, name"):
        line = f"{_FIELD}{normal(name)}{_FIELD}{initials(name).upper()}{_FIELD}{normal(unit)}\n"
        pieces.append(line)
        starts.append(at)
        people.append(person)
        at += len(line)
    return _Index(seq, "".join(pieces), starts, people)


def _lines(index: _Index, wanted: str) -> Iterator[int]:
    at = index.text.find(wanted)
    while at >= 0:
        line = bisect_right(index.starts, at) - 1
        yield line
        end = index.starts[line + 1] if line + 1 < len(index.starts) else len(index.text)
        at = index.text.find(wanted, end)
