"""What the receiver needs of a database. Two stores satisfy it (SQLite, PostgreSQL); one conformance suite runs over both.

Tables, the same in both:

    events      (site, gate, epoch, seq) → data, hash            the exact bytes, append-only
    personal    (site, gate, epoch, seq) → data                  apart, so that it can be erased
    chains      (site, gate, epoch)      → seq, hash, signature  the watermark, written in the transaction of its events
    gates       (site, gate)             → key, how              enrolled keys
    quarantine  (site, gate, epoch, seq, hash) → data, personal  histories that cannot both be true
    alarms      (site, gate, epoch, code) → detail, count, first and last time
    heard       (site, gate)             → what the gate last said of itself (its retained state)
    receivers   (site, name)             → who of several receivers lives (shards.py)
    registry_*                            → the list of who may pass (registry.py)
    instructions (site, gate, number)     → act, data, by whom, until when, what became of it, about which request
    desk_*                                → the requests of the gates' desks, derived (desk.py)

`apply` is one transaction: all of its chunks, or none. A store does not retry: it raises StoreUnavailable and is opened
again by its next call. A store belongs to the thread that first used it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from sync.headoffice.intake import ChainId, Mark, Row, saying
from sync.headoffice.told import Told
from sync.personal import DamagedPart, without
from sync.protocol import predecessor


class StoreUnavailable(Exception):
    """The database cannot be reached or written. `hint` says what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class Conflict(Exception):
    """The watermark or an event is not what the receiver believed: somebody else wrote. Read the marks again."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one transaction adds to one chain: `rows` right after `after`."""

    where: ChainId
    after: Mark
    rows: tuple[Row, ...]
    signature: bytes
    new: bool = False
    """The chain begins with these rows; `after` is then the start, or an event of the epoch before (protocol.py, «restored»)."""

    @property
    def first(self) -> bool:
        """Whether there is no watermark yet."""
        return self.new or self.after.seq == 0


def holder(where: ChainId, seq: int, first_of: Callable[[ChainId], tuple[int, bytes] | None]) -> ChainId:
    """Which epoch of the gate has event `seq`, for somebody who speaks in the epoch `where`. `first_of`: the number and the bytes of an
    epoch's first event. A restored journal goes on counting, so a number before its first event is one of the epoch before."""
    seen = {where}
    while (first := first_of(where)) is not None and seq < first[0] and (was := predecessor(first[1])) is not None:
        where = where._replace(epoch=was)
        if where in seen:
            break
        seen.add(where)
    return where


@dataclass(frozen=True, slots=True)
class Chain:
    """One epoch of one gate. `at_ms`: when the watermark last moved; `began_ms`: when the epoch was first heard of."""

    where: ChainId
    mark: Mark
    signature: bytes
    began_ms: int
    at_ms: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that a person must look at."""

    where: ChainId
    code: str
    detail: str
    count: int
    first_ms: int
    last_ms: int


def compared(rows: Sequence[Row], held: Mapping[int, bytes]) -> tuple[list[Row], list[int]]:
    """Which of these events are not held, and the numbers of those that are held with other bytes."""
    missing = [r for r in rows if r.seq not in held]
    return missing, [r.seq for r in rows if r.seq in held and bytes(held[r.seq]) != r.data]


ERASED = b'"kind":"personal.erased"'


@dataclass(frozen=True, slots=True)
class Erasure:
    """What a gate has erased, and so goes here too: these fields of the personal parts of these events of the chain."""

    fields: tuple[str, ...]
    events: tuple[int, ...]


def erasures(rows: Sequence[Row]) -> list[Erasure]:
    """The erasures among verified events. One that says nothing that can be carried out is kept as an event like any other."""
    found = [json.loads(row.data) for row in saying(rows, ERASED)]
    return [
        Erasure(tuple(said["body"]["fields"]), tuple(said["body"]["events"])) for said in found if _is_erasure(said)
    ]


def _is_erasure(said: Any) -> bool:
    body = said.get("body") if said.get("kind") == "personal.erased" else None
    if not isinstance(body, dict):
        return False
    fields, events = body.get("fields"), body.get("events")
    return (
        isinstance(fields, list)
        and isinstance(events, list)
        and all(isinstance(field, str) for field in fields)
        and all(isinstance(seq, int) for seq in events)
    )


def left_of(part: bytes, fields: Sequence[str]) -> bytes | None:
    """A personal part without these fields; None when nothing is left, or when it is no part of which anything could be told."""
    try:
        return without(part, fields)
    except DamagedPart:
        return None


@dataclass(frozen=True, slots=True)
class Heard:
    """A gate's own last word about itself. `details`: what its state said (registry, clock, faults, version …); `at_ms`: when it was heard."""

    gate: str
    online: bool
    epoch: str
    high: int
    details: Mapping[str, Any]
    at_ms: int

    def row(self) -> tuple[object, ...]:
        """As it is stored, but for the site."""
        details = json.dumps(dict(self.details), ensure_ascii=False)
        return self.gate, self.online, self.epoch, self.high, details, self.at_ms

    @classmethod
    def of(cls, row: Sequence[Any]) -> Heard:
        """From such a row."""
        gate, online, epoch, high, details, at_ms = row
        return cls(gate, bool(online), epoch, high, json.loads(details), at_ms)


class Store(Protocol):
    """All methods raise StoreUnavailable."""

    name: str
    """For people: which database, without its password."""
    postgres: bool
    """Whether it is PostgreSQL, where that has a quicker way of asking."""

    def mark(self, where: ChainId) -> Mark:
        """The watermark; Mark() for an unknown chain."""

    def hash_at(self, where: ChainId, seq: int) -> bytes | None:
        """The stored hash of an event."""

    def apply(self, chunks: Sequence[Chunk], at_ms: int) -> None:
        """One transaction: events, personal parts (and their erasures), answers to instructions, watermarks. Raises Conflict, and then nothing was written."""

    def mend(self, where: ChainId, rows: Sequence[Row], at_ms: int) -> tuple[list[int], list[int]]:
        """Verified events at or below the mark: those that are missing are put in. Returns their numbers, and those that are stored with other
        bytes (and stay so: nothing is ever overwritten)."""

    def quarantine(self, where: ChainId, rows: Sequence[Row], at_ms: int) -> int:
        """Keep rows of a fork, each history once. Returns how many were new."""

    def alarm(self, where: ChainId, code: str, detail: str, at_ms: int) -> None:
        """Raise an alarm, or count it again."""

    def key_of(self, site: str, gate: str) -> bytes | None:
        """The enrolled public key."""

    def enrol(self, site: str, gate: str, key: bytes, how: str, at_ms: int, *, replace: bool = False) -> bytes:
        """Enrol a key unless there is one (or in its place). Returns the key that is enrolled now."""

    def chains(self, site: str = "") -> list[Chain]:
        """All chains (of a site), oldest first."""

    def alarms(self, site: str = "") -> list[Alarm]:
        """All alarms (of a site), oldest first."""

    def instruct(self, site: str, gate: str, act: str, data: str, by: str, at_ms: int, until_ms: int = 0) -> int:
        """Tell a gate something (`data`: a JSON object): stored, and sent by whoever receives that site. Returns its number."""

    def told(self, site: str, gate: str = "", *, only_open: bool = False) -> list[Told]:
        """What the gates of a site were told, in order; `only_open`: what has no answer yet."""

    def hear(self, site: str, heard: Sequence[Heard]) -> None:
        """Keep what gates have said of themselves, the newest of each."""

    def heard(self, site: str) -> list[Heard]:
        """What each gate of a site last said, by name."""

    def beat(self, site: str, receiver: str, alive_s: float) -> list[str]:
        """A receiver lives. The names of all of the site that said so within `alive_s`, by the database's clock."""

    def leave(self, site: str, receiver: str) -> None:
        """A receiver has ended."""

    def rows(self, where: ChainId, page: int = 1000) -> Iterator[Row]:
        """All events of a chain, in order, with what is left of their personal parts."""

    def run(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        """One statement that both databases understand, with ? for each value, in a transaction of its own; its rows (photo_index.py)."""

    def at_once(self, statements: Sequence[tuple[str, Sequence[tuple[object, ...]]]]) -> None:
        """Statements as of `run`, each for each of its rows of values, all in one transaction (registry.py). Raises Conflict."""

    def together(self) -> AbstractContextManager[Callable[[str, tuple[object, ...]], list[Any]]]:
        """Several such statements in one transaction (index.py)."""

    def changed(self, timeout_s: float) -> bool:
        """Wait, at most so long, until another connection has told a gate something, heard an answer or moved a request (bell.py); whether
        one has. SQLite says so of any change. A store that waits does nothing else."""

    def close(self) -> None:
        """Give the connection back."""
