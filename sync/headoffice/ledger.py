"""The marks, and the one way in which they move: decide, write in one transaction, then answer.

A group of batches is decided on one after the other, each against the mark as it would be after the one before; nothing
is remembered of that until the transaction is through. If it fails, nothing has happened.

What is not written is answered all the same: a duplicate with the mark (its acknowledgement may have been lost), a gap
with `want` (once a second for the same hole: each batch behind a lost one finds it again), what is refused with the word.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from sync.batch import Batch
from sync.headoffice.intake import (
    Accept,
    ChainId,
    Duplicate,
    Fork,
    Gap,
    Mark,
    Refusal,
    Refused,
    Row,
    Verdict,
    Verified,
    decide,
)
from sync.headoffice.status import Board
from sync.headoffice.store import Chunk, Conflict, Store, compared
from sync.protocol import WANT_EPOCH, Ack, predecessor

log = logging.getLogger(__name__)

_ALARM_EVERY_S = 1.0
_MANY = 1000


@dataclass(slots=True)
class _Pending:
    """What a group will do to one chain."""

    before: Mark
    mark: Mark
    rows: list[Row] = field(default_factory=list)
    signature: bytes = b""
    key: bytes = b""
    beyond: int = 0  # the highest number that came after a hole
    refused: str = ""
    want_epoch: bool = False
    new: bool = False
    """Nothing of it is in the store: it begins with these rows, be it after another epoch's."""


class Ledger:
    """One site's chains. Belongs to the receiver's thread. All methods raise StoreUnavailable."""

    def __init__(
        self, store: Store, board: Board, site: str, *, trust_first_contact: bool, want_interval_s: float
    ) -> None:
        self._store, self._board, self._site = store, board, site
        self._trust = trust_first_contact
        self._want_interval = want_interval_s
        self._marks: dict[ChainId, Mark] = {}
        self._newest: dict[str, ChainId] = {}
        self._keys: dict[str, bytes] = {}
        self._wanted: dict[ChainId, tuple[int, float]] = {}
        self._alarmed: dict[tuple[ChainId, str], float] = {}
        self.shared = False
        """Whether other receivers write to this database too: then it is no alarm when one was first."""

    def open(self) -> None:
        """Read everything anew from the store."""
        chains = self._store.chains(self._site)  # oldest first: the last one of a gate is its newest
        alarms = self._store.alarms(self._site)
        self._marks = {c.where: c.mark for c in chains}
        self._newest = {c.where.gate: c.where for c in chains}
        self._keys.clear()
        self._wanted.clear()
        self._board.stored(chains, alarms)

    def acks(self) -> list[tuple[str, Ack]]:
        """Where every gate's newest chain stands: to be repeated on a timer."""
        marks = [(gate, w, self._mark(w)) for gate, w in self._newest.items()]
        return [(gate, Ack(w.epoch, mark.seq, mark.hash)) for gate, w, mark in marks]

    def lost(self, gate: str, epoch: str, acked: int, now: float) -> Ack | None:
        """A gate says that it was told of `acked` events here. When there are fewer, this database was restored from a backup (or did not
        keep what it had committed): the wish for the first one that it lacks, which the gate's journal still has."""
        where = ChainId(self._site, gate, epoch)
        if acked <= self._mark(where).seq:
            return None
        self._marks.pop(where, None)  # another receiver may have written meanwhile
        mark = self._mark(where)
        if acked <= mark.seq:
            return None
        detail = f"the gate was told that event {acked} is here, and here is {mark.seq}: it sends the rest again"
        self.alarm(where._replace(epoch=""), "restored", detail, now)
        return Ack(epoch, mark.seq, mark.hash, mark.seq + 1)

    def take(self, batches: Iterable[Verified], now: float) -> list[tuple[str, Ack]]:
        """Batches as they came: written when this returns. The answers to send, each with its gate."""
        group: dict[ChainId, _Pending] = {}
        forks: list[tuple[ChainId, tuple[Row, ...]]] = []
        again: list[tuple[ChainId, tuple[Row, ...]]] = []
        for found in batches:
            where, batch = found.where, found.batch
            chain = group.get(where)
            if chain is None:
                mark = self._mark(where)
                new = mark.seq == 0
                if new:
                    mark = self._continued(where, batch)
                chain = group[where] = _Pending(mark, mark, new=new)
            verdict = self._decide(found, chain)
            if isinstance(verdict, Accept):
                chain.rows += verdict.rows
                chain.mark, chain.signature, chain.key = verdict.mark, verdict.signature, batch.key
                chain.refused = ""
            elif isinstance(verdict, Duplicate):
                again += [(where, verdict.rows)] if verdict.rows else []
            elif isinstance(verdict, Gap):
                chain.beyond = max(chain.beyond, batch.last)
            elif isinstance(verdict, Fork):
                forks.append((where, verdict.rows))
                chain.want_epoch, chain.refused = True, Refusal.FORK
            elif isinstance(verdict, Refused):
                chain.refused = verdict.why
                self.alarm(where, verdict.why, verdict.detail, now)
        if not self._write(group, now):
            return []  # what was decided stood on rows that are not there: nothing of it is believed, and all of it comes again
        for where, rows in forks:
            self._quarantine(where, rows, now)
        for where, rows in self._differing(again):
            self._prove(where, rows, now)
        return [(w.gate, self._answer(w, c, now)) for w, c in group.items()]

    def alarm(self, where: ChainId, code: str, detail: str, now: float) -> None:
        """Something that a person must look at: logged when new, counted at most once a second."""
        if now - self._alarmed.get((where, code), -_ALARM_EVERY_S) < _ALARM_EVERY_S:
            return
        if len(self._alarmed) >= _MANY:
            self._alarmed.clear()
        self._alarmed[where, code] = now
        at_ms = _wall_ms()
        self._store.alarm(where, code, detail, at_ms)
        if self._board.alarm(where, code, detail, at_ms):
            log.error("%s/%s %s: %s: %s", *where, code, detail)

    # ---- the steps

    def _decide(self, found: Verified, chain: _Pending) -> Verdict:
        where = found.where

        def hash_at(seq: int) -> bytes | None:
            if seq > chain.before.seq:
                return chain.rows[seq - chain.before.seq - 1].hash
            return self._store.hash_at(where, seq)

        key = self._key(where.gate) or chain.key or (found.batch.key if self._trust else None)
        verdict = decide(found, chain.mark, key, hash_at)
        if isinstance(verdict, Refused) and verdict.why == Refusal.KEY:
            self._keys.pop(where.gate, None)  # it may have been enrolled anew meanwhile
        return verdict

    def _write(self, group: dict[ChainId, _Pending], now: float) -> bool:
        at_ms = _wall_ms()
        new = {w: c for w, c in group.items() if c.rows}
        if not new:
            return True
        for where, chain in new.items():
            if self._key(where.gate) is None:
                log.warning("gate %s is heard for the first time; its key %s is pinned", where.gate, chain.key.hex())
                self._keys[where.gate] = self._store.enrol(where.site, where.gate, chain.key, "first-contact", at_ms)
        try:
            self._store.apply([Chunk(w, c.before, tuple(c.rows), c.signature, c.new) for w, c in new.items()], at_ms)
        except Conflict as e:
            for where in new:
                self._marks.pop(where, None)
                if not self.shared:
                    self.alarm(where, "conflict", f"somebody else writes to this database: {e}", now)
            return False
        for where, chain in new.items():
            self._marks[where] = chain.mark
            self._newest[where.gate] = where
            self._board.chain(where, chain.mark, at_ms)
        return True

    def _quarantine(self, where: ChainId, rows: tuple[Row, ...], now: float) -> None:
        other = [r for r in rows if self._store.hash_at(where, r.seq) != r.hash]
        self._board.quarantined(where.gate, self._store.quarantine(where, other, _wall_ms()))
        first = other[0].seq if other else rows[0].seq
        self.alarm(where, Refusal.FORK, f"event {first} has two histories; a new epoch is asked for", now)

    def _differing(self, again: list[tuple[ChainId, tuple[Row, ...]]]) -> list[tuple[ChainId, tuple[Row, ...]]]:
        """Which of these are not here byte for byte, in one question: when everything is slow, much comes twice, and must not make it slower."""
        if not again:
            return []
        one = "SELECT CAST(? AS bigint), seq, data FROM events WHERE (site, gate, epoch) = (?, ?, ?) AND seq BETWEEN ? AND ?"
        values = [(n, *where, rows[0].seq, rows[-1].seq) for n, (where, rows) in enumerate(again)]
        held: list[dict[int, bytes]] = [{} for _ in again]
        for n, seq, data in self._store.run(
            " UNION ALL ".join([one] * len(again)), tuple(v for vs in values for v in vs)
        ):
            held[n][seq] = data
        return [(where, rows) for (where, rows), here in zip(again, held, strict=True) if any(compared(rows, here))]

    def _prove(self, where: ChainId, rows: tuple[Row, ...], now: float) -> None:
        """What comes again proves what is stored: what is missing is put in, what is not the same is named. Either is an alarm."""
        missing, altered = self._store.mend(where, rows, _wall_ms())
        if missing:
            self.alarm(
                where, "mended", f"event {missing[0]} was missing here and came again ({len(missing)} in all)", now
            )
        if altered:
            self.alarm(where, "altered", f"event {altered[0]} is stored with other bytes than the gate's", now)

    def _answer(self, where: ChainId, chain: _Pending, now: float) -> Ack:
        want = 0
        if chain.want_epoch:
            want = WANT_EPOCH
        elif chain.beyond > chain.mark.seq:
            seq, at = self._wanted.get(where, (0, 0.0))
            if seq != chain.mark.seq + 1 or now - at >= self._want_interval:
                want = chain.mark.seq + 1
                if len(self._wanted) >= _MANY:
                    self._wanted.clear()
                self._wanted[where] = (want, now)
        return Ack(where.epoch, chain.mark.seq, chain.mark.hash, want, chain.refused)

    def _mark(self, where: ChainId) -> Mark:
        """Only what is in the store is remembered: anybody can invent epochs."""
        mark = self._marks.get(where)
        if mark is None:
            mark = self._store.mark(where)
            if mark.seq:
                self._marks[where] = mark
        return mark

    def _continued(self, where: ChainId, batch: Batch) -> Mark:
        """Where an unknown epoch begins: at the start, or after that event of an older one of the gate that its first event names.

        Whether the batch fits that point is `decide`'s question. Without that event here it begins at the start: a gap, and the
        gate sends from its first event on.
        """
        was = predecessor(batch.events[0]) if batch.first > 1 else None
        hash_ = self._store.hash_at(where._replace(epoch=was), batch.first - 1) if was else None
        return Mark() if hash_ is None else Mark(batch.first - 1, hash_)

    def _key(self, gate: str) -> bytes | None:
        key = self._keys.get(gate)
        if key is None:
            key = self._store.key_of(self._site, gate)
            if key is not None:
                self._keys[gate] = key
        return key


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000
