"""Is the journal what it was when it was written? Reads all of it, once, in order, and names the first thing that is wrong.

For each event: its number follows the last one's; its bytes name that number, this gate and epoch, and the previous hash; its hash
is that of the previous hash and the bytes; its columns say what its bytes say; its personal part has the digest that the bytes
name, or was erased. Then: what head office has acknowledged is still there; no personal part lies about without an event; and
the derived tables are what the journal gives when they are derived again, in a temporary database of SQLite's that lies on the
disk: a million events need no more memory than a thousand.

A chain alone does not show that its end was cut off. Head office's acknowledgement does (`cursor`), up to where it had come.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from edge.domain.events import JournalRestored
from edge.store import journal, sqlite, tables
from edge.store.db import Store
from edge.store.tables import Rebuilt
from sync import personal

_STEP = 10_000
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Problem:
    """The first thing that is wrong: at which event (0: at none), when and of what kind as the database has it, and what."""

    seq: int
    at: str
    kind: str
    what: str

    def __str__(self) -> str:
        return f"第{self.seq}号 event {self.seq} ({self.at}, {self.kind}): {self.what}" if self.seq else self.what


@dataclass(slots=True)
class Report:
    """What verify found. `head` is the last event that is good; `digests` are those of the derived tables."""

    events: int = 0
    head: int = 0
    head_hash: bytes = journal.ZERO
    personal: int = 0
    erased: int = 0
    unknown_kinds: int = 0
    digests: dict[str, str] = field(default_factory=dict)
    problem: Problem | None = None
    epoch: str = ""
    """That of the last good event; another one begins with `journal.restored` and nowhere else."""

    @property
    def ok(self) -> bool:
        """Nothing is wrong."""
        return self.problem is None

    def text(self) -> str:
        """For a person: one line when all is well, else what is wrong first."""
        if self.problem is not None:
            return f"✗ {self.problem}"
        return (
            f"✓ 日志完整 {self.events} events, chain and tables are right; personal parts: {self.personal}, "
            f"erased: {self.erased}; head {self.head} {self.head_hash.hex()[:16]}"
        )


def verify(con: sqlite3.Connection, progress: Progress | None = None) -> Report:
    """Check the whole journal, on a read-only connection in a read transaction. `progress` is told every 10,000 events.

    Raises sqlite3.DatabaseError when the file itself cannot be read.
    """
    report = Report()
    info = dict(con.execute("SELECT key, value FROM info").fetchall())
    lives = json.loads(info.get("lives", "[]"))
    report.epoch = lives[0][0] if lives else info.get("epoch", "")
    fresh = _scratch()
    try:
        fresh.execute("BEGIN")
        for row in _rows(con):
            wrong = _check(row, report, info) or _check_personal(con, row, report)
            if wrong:
                report.problem = Problem(row[0], journal.iso(row[1]), row[2], wrong)
                return report
            _advance(report, row)
            if not tables.replay(fresh, json.loads(row[3]), row[1]):
                report.unknown_kinds += 1
            if progress and report.events % _STEP == 0:
                progress(report.events)
        report.problem = _check_around(con, report) or _check_tables(con, fresh, report)
    finally:
        fresh.close()
    return report


def _rows(con: sqlite3.Connection) -> sqlite3.Cursor:
    return con.execute("SELECT seq, at_ms, kind, data, hash FROM journal ORDER BY seq")


def _advance(report: Report, row: Any) -> None:
    report.events += 1
    report.head, report.head_hash = row[0], row[4]


def _check(row: Any, report: Report, info: dict[str, str]) -> str | None:
    seq, at_ms, kind, data, hash_ = row
    if seq != report.head + 1:
        return f"缺少第{report.head + 1}号 event {report.head + 1} is missing before this one"
    try:
        said = json.loads(data)
    except ValueError:
        return "内容不是有效的记录 its bytes are not JSON: they were altered"
    if not isinstance(said, dict) or said.keys() != _FIELDS:
        return "内容字段不对 its bytes do not have the fields of an event: they were altered"
    if journal.chain(report.head_hash, data) != hash_:
        if said["prev"] != report.head_hash.hex():
            return "与前一条不衔接 it does not follow the event before it: one of the two was altered or moved"
        return "内容与校验值不符 its bytes do not fit its hash: one of the two was altered"
    expected = {
        "seq": seq,
        "prev": report.head_hash.hex(),
        "at": journal.iso(at_ms),
        "kind": kind,
        "gate": info.get("gate"),
        "epoch": report.epoch,
    }
    if kind == JournalRestored.KIND:
        body = said["body"]
        if (body["was"], body["seq"], body["hash"]) != (report.epoch, seq - 1, report.head_hash.hex()):
            return "恢复点不符 it says that it follows another event than the one before it"
        expected["epoch"] = said["epoch"]
    for name, value in expected.items():
        if said[name] != value:
            return f"“{name}”不一致 the database says {name} = {value!r}, the event's bytes say {said[name]!r}"
    report.epoch = said["epoch"]
    return None


def verify_file(path: Path, progress: Progress | None = None) -> Report:
    """`verify` of a database file, beside a running gate or without one. Raises StoreError when it cannot be opened."""
    con = sqlite.open_reader(path)
    try:
        with sqlite.explained(path):
            con.execute("BEGIN")
            return verify(con, progress)
    finally:
        con.close()


_FIELDS = frozenset(
    ("at", "actor", "body", "boot", "clock", "epoch", "gate", "kind", "mono_ms", "personal", "prev", "rule", "seq")
)


def _check_personal(con: sqlite3.Connection, row: Any, report: Report) -> str | None:
    wanted = json.loads(row[3])["personal"]
    part = con.execute("SELECT digest, bytes FROM personal WHERE seq = ?", (row[0],)).fetchone()
    if wanted is None:
        return "多出个人信息 a personal part was added to an event that had none" if part else None
    if part is None:
        return "个人信息记录被删除 its personal part was removed, not erased in order"
    report.personal += 1
    if part[0].hex() != wanted:
        return "个人信息摘要不符 the digest of its personal part was altered"
    if part[1] is None:
        report.erased += 1
    elif personal.digest(part[1]).hex() != wanted:
        return "个人信息被改动 its personal part was altered"
    return None


def _check_around(con: sqlite3.Connection, report: Report) -> Problem | None:
    """What is not in the chain itself: its end as head office knows it, and personal parts of no event."""
    epoch = con.execute("SELECT value FROM info WHERE key = 'epoch'").fetchone()
    if report.epoch and epoch != (report.epoch,):
        return Problem(0, "", "", f"纪元不符 the journal ends in epoch {report.epoch}, the database says {epoch}")
    acked, hash_ = con.execute("SELECT acked_seq, acked_hash FROM cursor").fetchone()
    if acked > report.head:
        return Problem(
            report.head + 1,
            "?",
            "?",
            f"管理中心已有到第{acked}号 events {report.head + 1} to {acked} are missing at the end: head office has them",
        )
    if acked:
        mine = con.execute("SELECT at_ms, kind, hash FROM journal WHERE seq = ?", (acked,)).fetchone()
        if mine[2] != hash_:
            what = "与管理中心的校验值不符 head office acknowledged another event under this number: the journal was rewritten"
            return Problem(acked, journal.iso(mine[0]), mine[1], what)
    stray = con.execute("SELECT min(seq) FROM personal WHERE seq < 1 OR seq > ?", (report.head,)).fetchone()[0]
    if stray is not None:
        return Problem(stray, "?", "?", "没有对应记录的个人信息 a personal part without an event")
    return None


def _check_tables(con: sqlite3.Connection, fresh: sqlite3.Connection, report: Report) -> Problem | None:
    """Each derived table against the one derived just now. An event of an unknown kind may be to blame, and then is named."""
    for table in tables.DERIVED:
        report.digests[table] = tables.digest(con, table)
        if report.digests[table] == tables.digest(fresh, table):
            continue
        for stored, derived in zip_longest(tables.dump(con, table), tables.dump(fresh, table)):
            if stored != derived:
                break
        unknown = f"; {report.unknown_kinds} events are of unknown kinds" if report.unknown_kinds else ""
        what = (
            f"派生表 {table} 与日志不符（可用 rebuild 重建） table {table} is not what the journal gives "
            f"(`rebuild` makes it again): it has {_short(stored)}, the journal gives {_short(derived)}{unknown}"
        )
        return Problem(0, "", "", what)
    return None


def _short(row: Any) -> str:
    return "no such row" if row is None else "(" + ", ".join(str(v) for v in row if v not in ("", None))[:200] + ")"


def _scratch() -> sqlite3.Connection:
    """An empty temporary database on the disk with the derived tables of the newest schema."""
    con = sqlite3.connect("", isolation_level=None)
    for script in sqlite.scripts().values():
        made = r"^(?:ALTER TABLE|CREATE (?:TABLE|(?:UNIQUE )?INDEX)) .*?;$"
        for table in re.findall(made, script.read_text("utf-8"), re.S | re.M):
            con.execute(table)
    return con


def rebuild(store: Store) -> Rebuilt:
    """Derive all tables again from the journal, in one transaction. A tool's work: a running gate would wait for it."""
    return store.transact_sync(lambda tx: tables.rebuild(tx.con))
