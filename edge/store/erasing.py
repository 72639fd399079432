"""Carrying out retention: which personal fields and pictures have had their time, and erasing them. Runs in the writer's thread.

The journal is gone through once for each group, in order, up to the last event that is old enough; what still goes on is put
aside (`erasing_later`) and looked at again in each round. Old enough: before the first event that is not. An event from a time when
the clock was wrong is taken for as old as its neighbours, so a clock that was in 1970 for an hour erases nothing too early.

Whoever else keeps text that names people (an index for searching) registers in `FORGETTERS`, and is told within the same
transaction which fields of which events are gone.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from edge.domain.privacy import GROUPS, SUBJECTS, matters, picture_group
from edge.store import journal
from sync import personal

Con = sqlite3.Connection
Row = dict[str, Any]
PORTION = 500
"""Events in one transaction, and in one `personal.erased`."""
IN_USE: list[str] = [
    "SELECT visit FROM visits WHERE state IN ('open', 'admitted')",
    "SELECT visit FROM documents WHERE how = 'held' AND returned_ms IS NULL",
    "SELECT visit FROM cards WHERE state = 'issued' AND visit <> 0",
    "SELECT pass_seq FROM passes WHERE live = 1",
    "SELECT pass_seq FROM inside",
    "SELECT convoy FROM convoys WHERE cancelled = '' AND until_ms > (SELECT at_ms FROM journal ORDER BY seq DESC LIMIT 1)",
    "SELECT request FROM requests WHERE ended_ms IS NULL",
    "SELECT entry FROM watch WHERE active = 1",
    "SELECT about FROM kept",
    "SELECT specimen FROM specimens WHERE active = 1",
]
"""Queries for the numbers of matters that still go on or are kept."""
FORGETTERS: list[Callable[[Con, int, Collection[str] | None], None]] = []


@dataclass(frozen=True, slots=True)
class Portion:
    """What one step found: events whose fields go, the fields, and whether there may be more."""

    events: tuple[int, ...]
    fields: tuple[str, ...]
    more: bool


def in_use(con: Con) -> frozenset[int]:
    """The numbers of all matters that are not over."""
    return frozenset(number for sql in IN_USE for (number,) in con.execute(sql))


def boundary(con: Con, after: int, limit_ms: int, now_ms: int) -> int:
    """The number of the last event that is older than `limit_ms`; at least `after`. Events of the future are of a wrong clock."""
    found = con.execute(
        "SELECT seq FROM journal WHERE seq > ? AND at_ms BETWEEN ? AND ? ORDER BY seq LIMIT 1",
        (after, limit_ms, now_ms),
    ).fetchone()
    if found:
        return int(found[0]) - 1
    last = con.execute("SELECT max(seq) FROM journal WHERE seq > ? AND at_ms < ?", (after, limit_ms)).fetchone()[0]
    return int(last or after)


def next_portion(con: Con, group: str, limit_ms: int, now_ms: int) -> Portion:
    """Go on with a group of fields: move its cursor, put aside what is in use, and return what is to be erased now."""
    upto = _upto(con, group)
    last = boundary(con, upto, limit_ms, now_ms)
    rows = con.execute(_ROWS, (upto, last, PORTION)).fetchall()
    more = len(rows) == PORTION
    busy = in_use(con)
    free: list[int] = []
    later: list[int] = []
    fields: set[str] = set()
    for seq, data, part in rows:
        names = GROUPS[group] & personal.read(part).keys()
        if names and matters(seq, json.loads(data)["body"]) & busy:
            later.append(seq)
        elif names:
            free.append(seq)
            fields |= names
    con.executemany("INSERT OR IGNORE INTO erasing_later VALUES (?, ?)", ((group, seq) for seq in later))
    _move(con, group, rows[-1][0] if more else last, now_ms)
    return Portion(tuple(free), tuple(sorted(fields)), more)


def waited(con: Con, group: str) -> Portion:
    """What had to wait, and need not any more."""
    busy = in_use(con)
    rows = con.execute(
        """SELECT l.seq, j.data FROM erasing_later l JOIN journal j USING (seq) WHERE grp = ? ORDER BY l.seq""",
        (group,),
    )
    free = [seq for seq, data in rows if not matters(seq, json.loads(data)["body"]) & busy]
    some = tuple(free[:PORTION])
    con.executemany("DELETE FROM erasing_later WHERE grp = ? AND seq = ?", ((group, seq) for seq in some))
    return Portion(some, tuple(sorted(GROUPS[group])), len(free) > PORTION)


def erase(con: Con, events: Iterable[int], fields: Collection[str] | None) -> list[int]:
    """Erase these fields (None: all) for good, everywhere in this database; which events had any of them."""
    done = journal.erase(con, events, fields)
    for seq in done:
        for forget in FORGETTERS:
            forget(con, seq, fields)
    return done


def count(con: Con, group: str, erased: int) -> None:
    """Remember how many of a group have gone."""
    con.execute("UPDATE erasing SET erased = erased + ? WHERE grp = ?", (erased, group))


def old_pictures(con: Con, keep: str, limit_ms: int, now_ms: int) -> tuple[tuple[str, ...], bool]:
    """Pictures of a class that have had their time, and whether there may be more. One that a newer record also names stays."""
    group = picture_group(keep)
    upto = _upto(con, group)
    last = boundary(con, upto, limit_ms, now_ms)
    busy = in_use(con)
    rows = con.execute(
        "SELECT seq, digest, pass_seq FROM pictures WHERE keep = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
        (keep, upto, last, PORTION),
    ).fetchall()
    more = len(rows) == PORTION
    later = [seq for seq, _, pass_seq in rows if {seq, pass_seq} & busy]
    con.executemany("INSERT OR IGNORE INTO erasing_later VALUES (?, ?)", ((group, seq) for seq in later))
    freed = [
        (seq, digest)
        for seq, digest, pass_seq in con.execute(
            "SELECT p.seq, digest, pass_seq FROM erasing_later l JOIN pictures p USING (seq) WHERE grp = ?", (group,)
        ).fetchall()
        if not {seq, pass_seq} & busy
    ]
    con.executemany("DELETE FROM erasing_later WHERE grp = ? AND seq = ?", ((group, seq) for seq, _ in freed))
    gone = {digest for seq, digest, _ in rows if seq not in later} | {digest for _, digest in freed}
    newer = {digest for digest in gone if _named_after(con, digest, last)}
    _move(con, group, rows[-1][0] if more else last, now_ms)
    return tuple(sorted(gone - newer)), more


def pictures_of(con: Con, numbers: Collection[int]) -> tuple[str, ...]:
    """The digests of all pictures of these matters."""
    marks = ",".join("?" * len(numbers))
    sql = f"SELECT DISTINCT digest FROM pictures WHERE pass_seq IN ({marks}) OR seq IN ({marks})"
    return tuple(digest for (digest,) in con.execute(sql, (*numbers, *numbers)))


def parts_of(con: Con, number: int) -> list[int]:
    """The events of a matter that have a personal part which is still there, at least in part. Goes through the journal from
    that number on: seconds, on a reading thread."""
    marks = [f'"{key}":{number}{end}'.encode() for key in SUBJECTS for end in ",}"]
    where = " OR ".join("instr(j.data, ?) > 0" for _ in marks)
    sql = f"""SELECT p.seq, j.data FROM personal p JOIN journal j USING (seq)
              WHERE p.seq >= ? AND p.bytes IS NOT NULL AND (p.seq = ? OR {where}) ORDER BY p.seq"""
    rows = con.execute(sql, (number, number, *marks))
    return [seq for seq, data in rows if number in matters(seq, json.loads(data)["body"])]


def find(con: Con, text: str, limit: int = 200) -> list[Row]:
    """Where a person is named: events whose personal part contains `text`, newest first, with their matter and fields."""
    inner = json.dumps(text, ensure_ascii=False)[1:-1].encode()
    sql = """SELECT j.seq, j.at_ms, j.kind, j.data, p.bytes FROM personal p JOIN journal j USING (seq)
             WHERE p.bytes IS NOT NULL AND instr(p.bytes, ?) > 0 ORDER BY p.seq DESC"""
    found: list[Row] = []
    busy = in_use(con)
    for seq, at_ms, kind, data, part in con.execute(sql, (inner,)):
        named = {field: value for field, value in personal.read(part).items() if text in str(value)}
        if named and len(found) < limit:
            about = matters(seq, json.loads(data)["body"])
            matter = min(about)
            found.append(
                {
                    "seq": seq,
                    "at_ms": at_ms,
                    "kind": kind,
                    "about": matter,
                    "fields": named,
                    "in_use": bool(about & busy),
                }
            )
    return found


def to_remove(con: Con, digests: Iterable[str]) -> None:
    """Remember files that are to be removed."""
    con.executemany("INSERT OR IGNORE INTO erasing_files VALUES (?)", ((digest,) for digest in digests))


def files(con: Con) -> tuple[str, ...]:
    """The files that are to be removed."""
    return tuple(digest for (digest,) in con.execute("SELECT digest FROM erasing_files"))


def removed(con: Con, digests: Iterable[str]) -> None:
    """They are gone."""
    con.executemany("DELETE FROM erasing_files WHERE digest = ?", ((digest,) for digest in digests))


def progress(con: Con) -> dict[str, Row]:
    """Group → when it was last carried out, how many have gone, how many wait."""
    rows = con.execute(
        "SELECT grp, ran_ms, erased, (SELECT count(*) FROM erasing_later l WHERE l.grp = e.grp) FROM erasing e"
    )
    return {grp: {"ran_ms": ran_ms, "erased": erased, "waiting": waiting} for grp, ran_ms, erased, waiting in rows}


def kept(con: Con) -> list[Row]:
    """What is kept longer, the oldest first."""
    rows = con.execute("SELECT about, reason, by, since_ms FROM kept ORDER BY since_ms")
    return [dict(zip(("about", "reason", "by", "since_ms"), row, strict=True)) for row in rows]


_ROWS = """SELECT p.seq, j.data, p.bytes FROM personal p JOIN journal j USING (seq)
           WHERE p.seq > ? AND p.seq <= ? AND p.bytes IS NOT NULL ORDER BY p.seq LIMIT ?"""


def _upto(con: Con, group: str) -> int:
    row = con.execute("SELECT upto FROM erasing WHERE grp = ?", (group,)).fetchone()
    return int(row[0]) if row else 0


def _move(con: Con, group: str, upto: int, now_ms: int) -> None:
    con.execute(
        "INSERT INTO erasing VALUES (?, ?, ?, 0) ON CONFLICT DO UPDATE SET upto = excluded.upto, ran_ms = excluded.ran_ms",
        (group, upto, now_ms),
    )


def _named_after(con: Con, digest: str, last: int) -> bool:
    return (
        con.execute("SELECT 1 FROM pictures WHERE digest = ? AND seq > ? LIMIT 1", (digest, last)).fetchone()
        is not None
    )
