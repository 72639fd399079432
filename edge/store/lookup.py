"""Names as people type them → the event that has the name in its personal part. Neither journal nor derived: an index of `personal`.

It is filled in the event's own transaction (`note`, called by tx.py), so that it never lacks what is on record. It loses a name in the
transaction that erases it, by triggers on `personal` (schema/005.sql): whoever erases a person, by whatever way, also erases them here,
and no code has to remember it. `refill` makes it again from what is there, and is no part of the journal's proof.

For visits each name has a row. For card holders, of whom there are millions of presentations, there is one row for each holder and
credential, and it names the newest event: what is older goes first, so the name is findable as long as any event has it.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from typing import Any

from edge.domain import events as ev
from edge.domain import events_desk as desk
from edge.domain.event import Event, UnknownKind, decode
from edge.domain.finding import name_parts
from edge.domain.plates import normal
from edge.store import journal, tables_find
from sync import personal

Con = sqlite3.Connection
PASS = "#"
"""Before the number of a construction pass."""


def word_of(text: str) -> str:
    """A name in the one way in which it is looked up."""
    return normal(text)


def note(con: Con, seq: int, event: Event) -> None:
    """Make the names in an event's personal part findable."""
    match event:
        case desk.VisitOpened():
            _visit(con, seq, seq, event)
        case desk.VisitNoted():
            _visit(con, seq, event.visit, event)
        case desk.VisitStep() if event.number:
            _add(con, PASS + word_of(event.number), event.visit, seq, "pass")
        case ev.PassNoted() if event.driver:
            _name(con, event.driver, event.pass_seq, seq, "driver")
        case ev.AccessDecided() if event.holder and event.credential:
            _holder(con, word_of(event.holder), event.credential, seq)


def _visit(con: Con, seq: int, visit: int, event: desk.VisitOpened | desk.VisitNoted) -> None:
    _name(con, event.name, visit, seq, "visitor")
    _name(con, event.host, visit, seq, "host")


def _name(con: Con, text: str, about: int, seq: int, who: str) -> None:
    word = word_of(text)
    if word:
        _parts(con, word)
        _add(con, word, about, seq, who)


def _add(con: Con, word: str, about: int, seq: int, who: str) -> None:
    con.execute("INSERT OR IGNORE INTO lookup (word, about, seq, who) VALUES (?, ?, ?, ?)", (word, about, seq, who))


def _holder(con: Con, word: str, credential: str, seq: int) -> None:
    if not word:
        return
    _parts(con, word)
    con.execute(
        """INSERT INTO lookup_holders (word, credential, seq) VALUES (?, ?, ?)
           ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)""",
        (word, credential, seq),
    )


def _parts(con: Con, word: str) -> None:
    if con.execute("SELECT 1 FROM lookup_parts WHERE part = ? AND word = ?", (word, word)).fetchone() is None:
        rows = [(part, word, int(start)) for part, start in name_parts(word).items()]
        con.executemany("INSERT OR IGNORE INTO lookup_parts (part, word, start) VALUES (?, ?, ?)", rows)


def refill(con: Con) -> int:
    """Make it again from the journal and the personal parts that are still there; how many events had one. Within a transaction."""
    for table in ("lookup_parts", "lookup", "lookup_holders"):
        con.execute(f"DELETE FROM {table}")
    kinds = (desk.VisitOpened, desk.VisitNoted, desk.VisitStep, ev.PassNoted, ev.AccessDecided)
    marks = ", ".join("?" for _ in kinds)
    sql = f"""SELECT j.seq, j.kind, j.data, p.bytes FROM personal p JOIN journal j ON j.seq = p.seq
              WHERE p.bytes IS NOT NULL AND p.seq > ? AND j.kind IN ({marks}) ORDER BY p.seq LIMIT 1000"""
    found, after = 0, 0
    while rows := con.execute(sql, (after, *(kind.KIND for kind in kinds))).fetchall():
        for seq, kind, data, part in rows:
            note(con, seq, decode(kind, _body(data), personal.read(part)))
        found, after = found + len(rows), rows[-1][0]
    return found


def catch_up(con: Con) -> None:
    """A database that was made before there was a search gets its words now: once, when it is opened."""
    known = con.execute("SELECT 1 FROM info WHERE key = 'searchable'").fetchone()
    there = con.execute("SELECT 1 FROM sqlite_schema WHERE name = 'lookup'").fetchone()
    if known or not there:
        return
    con.execute("BEGIN IMMEDIATE")
    for table in tables_find.DERIVED:
        con.execute(f"DELETE FROM {table}")
    for row in journal.rows(con):
        with contextlib.suppress(UnknownKind):  # a newer program's: it says nothing that this one could look up
            record = journal.record_of(row)
            meta = journal.Meta(record.seq, record.at_ms, "", 0, record.actor, personal=False)
            tables_find.apply(con, meta, record.event)
    refill(con)
    con.execute("INSERT INTO info VALUES ('searchable', '1')")
    con.execute("COMMIT")


def _body(data: bytes) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(data)["body"]
    return body
