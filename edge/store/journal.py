"""The journal: what happened at this gate, in order, each event once, provably unchanged.

An event becomes bytes exactly once, here. These bytes are what is stored, hashed, signed and sent; nothing is serialised a
second time, so that no difference between two JSON libraries can ever look like a forgery.

    data  = canonical JSON (UTF-8, sorted keys, no spaces) of
            {at, actor, body, boot, clock, epoch, gate, kind, mono_ms, personal, prev, rule, seq}
    hash  = SHA-256(previous hash + data)          the first event's previous hash is 32 zero bytes

`prev` stands inside the bytes too: an event taken out of its place is wrong by itself. `seq` counts 1, 2, 3 … without a hole,
because it is given in the event's own transaction and the database has one writer.

What names a person (procedures.md, «personal data … is gone when its time is over») is not in `data`. It lies in a table
apart, a salted line a field (sync/personal.py), and `data` carries the digest of those lines: enough to prove what was there
while it is there, field by field, and with the salt erased, nothing that a list of names could be tried against.

Triggers in the database refuse to change or remove an event, whoever asks (schema/001.sql). They do not stop somebody who
removes the triggers: `verify.py` finds that.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from edge.clock import Stamp
from edge.domain.event import Event, decode, encode
from sync import personal as parts

ZERO = bytes(32)
"""The hash before the first event."""
_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose journal this is. `epoch` is new whenever a database is created, so that (gate, epoch, seq) is unique for ever."""

    site: str
    gate: str
    epoch: str


@dataclass(frozen=True, slots=True)
class Record:
    """One event as it lies in the journal. `personal` is None when it has no such part, or when that was erased."""

    seq: int
    at_ms: int
    kind: str
    actor: str
    rule: str
    data: bytes
    hash: bytes
    personal: bytes | None
    event: Event


@dataclass(frozen=True, slots=True)
class Meta:
    """What the derived tables may know of an event besides its body. `personal`: whether it had a personal part."""

    seq: int
    at_ms: int
    boot: str
    mono_ms: int
    actor: str
    personal: bool


def canonical(value: Any) -> bytes:
    """The one way in which JSON is written here. Raises ValueError on what JSON has no word for (NaN, lone surrogates)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def chain(previous: bytes, data: bytes) -> bytes:
    """The hash of an event whose predecessor has the hash `previous`."""
    return hashlib.sha256(previous + data).digest()


def iso(at_ms: int) -> str:
    """UTC milliseconds → 2026-10-26T08:15:00.123Z."""
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(at_ms // 1000))}.{at_ms % 1000:03d}Z"


def head(con: sqlite3.Connection) -> tuple[int, bytes]:
    """Number and hash of the newest event; (0, ZERO) when there is none."""
    row = con.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else (0, ZERO)


def make(
    who: Identity, seq: int, previous: bytes, event: Event, *, actor: str, stamp: Stamp, rule: str
) -> tuple[Record, Meta]:
    """The event with its number, as bytes. Raises ValueError or TypeError when it holds what JSON cannot say."""
    body, personal = encode(event)
    part = parts.make(personal) if personal else None
    rule = rule or " ".join(event.RULES)
    data = canonical(
        {
            "at": iso(stamp.at_ms),
            "actor": actor,
            "body": body,
            "boot": stamp.boot,
            "clock": stamp.clock,
            "epoch": who.epoch,
            "gate": who.gate,
            "kind": event.KIND,
            "mono_ms": stamp.mono_ms,
            "personal": None if part is None else parts.digest(part).hex(),
            "prev": previous.hex(),
            "rule": rule,
            "seq": seq,
        }
    )
    record = Record(seq, stamp.at_ms, event.KIND, actor, rule, data, chain(previous, data), part, event)
    return record, Meta(seq, stamp.at_ms, stamp.boot, stamp.mono_ms, actor, part is not None)


def write(con: sqlite3.Connection, record: Record) -> None:
    """Put a made record into the database, within the caller's transaction."""
    con.execute(
        "INSERT INTO journal (seq, at_ms, kind, data, hash) VALUES (?, ?, ?, ?, ?)",
        (record.seq, record.at_ms, record.kind, record.data, record.hash),
    )
    if record.personal is not None:
        con.execute(
            "INSERT INTO personal (seq, digest, bytes) VALUES (?, ?, ?)",
            (record.seq, parts.digest(record.personal), record.personal),
        )


_SELECT = """SELECT j.seq, j.at_ms, j.kind, j.data, j.hash, p.bytes FROM journal j LEFT JOIN personal p ON p.seq = j.seq
             WHERE j.seq > ? ORDER BY j.seq LIMIT ?"""


def record_of(row: tuple[Any, ...]) -> Record:
    """A row (seq, at_ms, kind, data, hash, personal bytes) as a record. Raises UnknownKind for a newer program's event."""
    seq, at_ms, kind, data, hash_, part = row
    said = json.loads(data)
    personal = parts.read(part) if part is not None else None
    event = decode(kind, said["body"], personal)
    return Record(seq, at_ms, kind, said["actor"], said["rule"], data, hash_, part, event)


def after(con: sqlite3.Connection, seq: int, limit: int) -> list[Record]:
    """The events that follow `seq`, at most `limit` of them."""
    return [record_of(row) for row in con.execute(_SELECT, (seq, limit))]


def rows(con: sqlite3.Connection, seq: int = 0) -> Iterator[tuple[Any, ...]]:
    """All rows after `seq` in the order of `record_of`, a page at a time: bounded memory, and no long-lived statement."""
    while page := con.execute(_SELECT, (seq, _PAGE)).fetchall():
        yield from page
        seq = page[-1][0]


def erase(con: sqlite3.Connection, seqs: Iterable[int], fields: Collection[str] | None = None) -> list[int]:
    """Erase these fields (None: all) of the personal parts of events, for good; the numbers of those that had any of them.

    The chain is not touched: it holds digests only.
    """
    done = []
    for seq in seqs:
        row = con.execute("SELECT bytes FROM personal WHERE seq = ? AND bytes IS NOT NULL", (seq,)).fetchone()
        left = parts.without(row[0], fields) if row and fields is not None else None
        if row and left != row[0]:
            con.execute("UPDATE personal SET bytes = ? WHERE seq = ?", (left, seq))
            done.append(seq)
    return done
