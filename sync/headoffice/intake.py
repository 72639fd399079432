"""What to do with a batch: a decision without I/O, in two steps.

`verify` asks what the batch proves by itself. It needs nothing that is stored, so it may run ahead, on another thread
(verifier.py). The chain is recomputed over the exact bytes; each event also says inside its bytes which seq, prev, gate and
epoch it belongs to, and that must agree, so that the row's key is the event's own word; the checkpoint must be signed by the
key that the batch names. Whether that key is the gate's is `decide`'s question, as is what the batch means here:

    first > applied + 1 ─────────────────────────► Gap       (ask; write nothing)
    key, chain, checkpoint wrong ────────────────► Refused   (alarm; a word goes back to the gate)
    a known seq has another hash ────────────────► Fork      (quarantine; alarm; a new epoch is asked for)
    last ≤ applied ──────────────────────────────► Duplicate (acknowledge again)
    otherwise ───────────────────────────────────► Accept    (the rows above applied)

A batch is verified before it is believed about anything, a fork included: otherwise whoever can write to the topic could
have a gate's epoch condemned.
"""

from __future__ import annotations

import enum
import json
import re
from binascii import hexlify
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sync.batch import Batch
from sync.personal import digest
from sync.protocol import ZERO, chain


class Refusal(enum.StrEnum):
    """Why a batch is not taken; goes back to the gate in `Ack.refused`."""

    NOT_ENROLLED = "not-enrolled"  # the gate's key is unknown here, and first contact is not trusted
    KEY = "key"  # it signs with another key than the one enrolled
    SIGNATURE = "signature"
    CHAIN = "chain"  # the bytes are not what their hashes say
    IDENTITY = "identity"  # an event says inside that it is another gate's, epoch's or number's
    PERSONAL = "personal"  # a personal part is not the one that the event vouches for
    FORK = "fork"


class ChainId(NamedTuple):
    """One epoch of one gate: what a chain is called, and the first three columns of every key."""

    site: str
    gate: str
    epoch: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Everything up to `seq` is here; the chain's hash there."""

    seq: int = 0
    hash: bytes = ZERO


class Row(NamedTuple):
    """One event as it is stored. A tuple, because there are many: it is made in a third of a frozen dataclass's time."""

    seq: int
    data: bytes
    hash: bytes
    personal: bytes | None


def saying(rows: Sequence[Row], text: bytes) -> list[Row]:
    """The rows whose bytes contain this: looked for in all of them at once, because nearly always there is none."""
    return [row for row in rows if text in row.data] if text in b"\n".join([row.data for row in rows]) else []


@dataclass(frozen=True, slots=True)
class Accept:
    """Write these rows after `after`, and the signature over the last one."""

    after: Mark
    rows: tuple[Row, ...]
    signature: bytes

    @property
    def mark(self) -> Mark:
        """The watermark afterwards."""
        return Mark(self.rows[-1].seq, self.rows[-1].hash)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """All of it is here already, or was: `rows`, verified, prove what is stored."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """`want` is the number that is missing."""

    want: int


@dataclass(frozen=True, slots=True)
class Fork:
    """A verified batch of another history; `rows` go to quarantine. `seq`: the last number that both histories have."""

    seq: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Not believed. `seq`: the first event that is wrong (0: the batch as a whole)."""

    why: Refusal
    seq: int
    detail: str


Verdict = Accept | Duplicate | Gap | Fork | Refused


@dataclass(frozen=True, slots=True)
class Verified:
    """A batch of the chain `where` and what it proves by itself: its rows, or (then without rows) what is `wrong` with it."""

    where: ChainId
    batch: Batch
    rows: tuple[Row, ...]
    wrong: Refused | None = None


def verify(where: ChainId, batch: Batch) -> Verified:
    """Whether the events are this chain's, follow one another, and are signed by the key that the batch names."""
    rows = _chained(where, batch)
    if isinstance(rows, Refused):
        return Verified(where, batch, (), rows)
    if not batch.checkpoint(where.site, where.gate).verified_by(batch.key):
        detail = "the checkpoint is not signed by the gate's key"
        return Verified(where, batch, (), Refused(Refusal.SIGNATURE, batch.last, detail))
    return Verified(where, batch, rows)


def decide(found: Verified, mark: Mark, key: bytes | None, hash_at: Callable[[int], bytes | None]) -> Verdict:
    """What to do with a batch when `mark` is what is applied of its chain.

    `key`: the gate's public key, None when it has none here. `hash_at(seq)`: the stored hash at or below the mark.
    """
    batch, rows = found.batch, found.rows
    if batch.first > mark.seq + 1:
        return Gap(mark.seq + 1)
    if key is None:
        return Refused(Refusal.NOT_ENROLLED, 0, f"key {batch.key.hex()}")
    if batch.key != key:
        return Refused(Refusal.KEY, 0, f"key {batch.key.hex()} where {key.hex()} is enrolled")
    if found.wrong is not None:
        return found.wrong
    # The newest number that both have: there the hashes vouch for everything before.
    both = min(batch.last, mark.seq)
    theirs = batch.prev if both < batch.first else rows[both - batch.first].hash
    ours = mark.hash if both == mark.seq else hash_at(both)
    if (
        ours is None
    ):  # a hole of our own: what follows on something that is here fills it, the next batch shows whether it ends where it should
        before = ZERO if batch.first == 1 else hash_at(batch.first - 1)
        if before is None:
            return Duplicate(())
        theirs, ours = batch.prev, before
    if theirs != ours:
        return Fork(both, rows)
    if batch.last <= mark.seq:
        return Duplicate(rows)
    return Accept(mark, rows[mark.seq + 1 - batch.first :], batch.signature)


def _chained(where: ChainId, batch: Batch) -> tuple[Row, ...] | Refused:
    rows: list[Row] = []
    prev, seq = batch.prev, batch.first
    canonical = _canonical(where)
    for data, personal in zip(batch.events, batch.personal, strict=True):
        part, before, number = canonical(data)
        agrees = before == hexlify(prev) and number == b"%d" % seq
        if not agrees or (personal is not None and part != hexlify(digest(personal))):
            wrong = disagreement(data, personal, where, seq, prev)
            if wrong is not None:
                return wrong
        prev = chain(prev, data)
        rows.append(Row(seq, data, prev, personal))
        seq += 1
    if prev != batch.hash:
        return Refused(Refusal.CHAIN, batch.last, "the events do not give the checkpoint's hash")
    return tuple(rows)


_NOT_CANONICAL: tuple[bytes | None, bytes, bytes] = (None, b"", b"")


def _canonical(where: ChainId) -> Callable[[bytes], tuple[bytes | None, bytes, bytes]]:
    """Finds what an event in canonical form says of itself (personal, prev, seq), six times faster than parsing it.

    Its keys are sorted, so these are its last ones, up to the last byte; inside a text every quotation mark is escaped, so
    that they cannot be part of one. What does not look so is parsed (`disagreement`), as the audit parses everything.
    """
    own = ",".join(
        f'"{k}":{json.dumps(v, ensure_ascii=False)}' for k, v in (("epoch", where.epoch), ("gate", where.gate))
    )
    start = f",{own},".encode()
    rest = re.compile(
        rb'"kind":"[^"\\]*","mono_ms":-?\d+,"personal":(?:null|"([0-9a-f]{64})")'
        rb',"prev":"([0-9a-f]{64})","rule":"[^"\\]*","seq":(\d+)\}'
    ).fullmatch
    skip = len(start)

    def said(data: bytes) -> tuple[bytes | None, bytes, bytes]:
        at = data.rfind(start)
        found = rest(data, at + skip) if at >= 0 else None
        if found is None:
            return _NOT_CANONICAL
        personal, prev, seq = found.groups()
        return personal, prev, seq

    return said


def disagreement(data: bytes, personal: bytes | None, where: ChainId, seq: int, prev: bytes) -> Refused | None:
    """What an event says of itself that is not so; None when all agrees."""
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        event = None
    if not isinstance(event, dict):
        return Refused(Refusal.IDENTITY, seq, f"event {seq} is not an event")
    said = event.get("gate"), event.get("epoch"), event.get("seq")
    if said != (where.gate, where.epoch, seq):
        return Refused(Refusal.IDENTITY, seq, f"event {seq} calls itself {ascii(said)[:200]}")
    if event.get("prev") != prev.hex():
        return Refused(Refusal.CHAIN, seq, f"event {seq} does not follow the hash of the one before")
    if personal is not None and event.get("personal") != digest(personal).hex():
        return Refused(Refusal.PERSONAL, seq, f"event {seq} vouches for another personal part")
    return None
