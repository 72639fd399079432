"""Head office's list as it comes down: pieces in any order, twice or not at all, until the list is whole; then in force at once.

    pieces ──▶ in their order ──▶ snapshot:   gathered beside the database ──▶ digest? ──▶ rows of the next generation, in short bulk
                                              transactions (registry_stage.py) ──▶ in force
                                  change set: kept until all are here ──▶ digest? ──▶ one transaction: the ops and registry.imported

The digest is a sum over lines (sync/registry_lines.py). A change set's is made of what is in force: minus the lines that go, as the tables
really have them, plus those that come. When it is not the announced one nothing is changed and a snapshot is asked for. What had come of a
transfer when the gate stopped is cleared away by the next one, which begins anew; the list in force was never touched.

Nothing here trusts a sender: the pieces were signed (edge/registry_down.py); shape, digest and fit are checked all the same. A list
with a line that does not fit (registry_rows.py) is refused whole, on record and for good: it is not asked for again until there is another.

`settle`: what follows from the list's entries (edge/listing.py), begun in the transaction that puts the list in force, until it says False.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from edge.clock import Clock
from edge.domain.events_headoffice import RegistryRefused
from edge.errors import StoreError
from edge.store import registry, registry_rows, tables_headoffice
from edge.store.db import Store
from edge.store.registry import Coming
from edge.store.registry_rows import Misfit, fields_of
from edge.store.registry_stage import Stage, beside
from edge.store.tx import Tx
from sync.fields import ProtocolError
from sync.registry_lines import added, hash_of, hexed, key_of, line_of
from sync.registry_protocol import CHANGES, WINDOW, Piece, Transfer, Want

log = logging.getLogger(__name__)
SOURCE = "headoffice"
MOST_OPS = 5_000
"""A change set is one transaction; a larger one is asked for as a snapshot."""
Settle = Callable[[Tx], bool]


@dataclass(slots=True)
class _Coming:
    """A transfer under way. `next`: the first piece that has not been taken; `early`: those that came before their turn."""

    transfer: Transfer
    stage: Stage | None = None
    next: int = 0
    last: int = -1
    early: dict[int, str] = field(default_factory=dict)
    ops: list[str] = field(default_factory=list)


class Intake:
    """Of one gate. One call at a time, on any thread but the loop's and the writer's: it waits for the store. Raises StoreError."""

    def __init__(self, store: Store, clock: Clock, settle: Settle | None = None) -> None:
        self._store, self._clock, self._settle = store, clock, settle
        self._coming: _Coming | None = None
        self._path = beside(store, "coming")
        self._failed = ""
        self.taken = 0
        """How often a list came into force."""

    def take(self, piece: Piece) -> Want | None:
        """One piece; what is to be asked for now."""
        t = piece.transfer
        if self._coming is None or self._coming.transfer != t:
            number, digest = self._have()
            if (number, digest) == (t.number, t.digest):
                self.drop()
                return Want(number, digest)
            if t.number < number or t.name == self._failed or self._was_refused(t):
                return None
            if self._coming is not None and self._coming.transfer.number > t.number:
                return None  # of one that is over
            if t.kind == CHANGES and (t.base, t.base_digest) != (number, digest):
                return Want(number, digest, snapshot=True)
            self._begin(t)
        coming = self._coming
        assert coming is not None
        if not coming.next <= piece.n < coming.next + 2 * WINDOW or piece.n in coming.early:
            return None
        before = coming.next // (WINDOW // 2)
        try:
            coming.early[piece.n] = _text(piece)
            if piece.last:
                coming.last = piece.n
            while coming.next in coming.early:
                text = coming.early.pop(coming.next)
                if coming.stage is not None:
                    coming.stage.put(text)
                elif text:
                    coming.ops += text.split("\n")
                coming.next += 1
            if coming.next - 1 == coming.last:
                return self._finish(coming)
        except Misfit as e:
            self._refuse(t, e)
            return None
        except (StoreError, sqlite3.Error):
            self.drop()  # half of a piece is none: offered again, from its beginning
            raise
        return self.again() if coming.next // (WINDOW // 2) != before else None

    def again(self) -> Want | None:
        """What is lacking of the transfer under way; None when none is."""
        if self._coming is None:
            return None
        return Want(*self._have(), self._coming.transfer.name, self._coming.next)

    def drop(self) -> None:
        """Nobody goes on with the transfer under way: another one may begin."""
        coming, self._coming = self._coming, None
        if coming is not None and coming.stage is not None:
            coming.stage.close()

    def refused(self) -> dict[str, Any]:
        """The list that was refused since the last one that came into force: number, digest, why, key; empty: none."""
        with self._store.reader() as con:
            return refused(con)

    def settle(self) -> None:
        """Carry out what the lists in force say and was not carried out yet, in short transactions."""
        while self._settle is not None and self._store.transact_sync(self._settle):
            pass

    # ---- the steps

    def _have(self) -> tuple[int, str]:
        with self._store.reader() as con:
            return state(con)

    def _was_refused(self, t: Transfer) -> bool:
        said = self.refused()
        return (said.get("number"), said.get("digest")) == (t.number, t.digest)

    def _refuse(self, t: Transfer, e: Misfit) -> None:
        """On record; rows that it has already are cleared away by the next one."""
        self.drop()
        log.error("registry %s refused: %s", t.name, e)
        said = {"number": t.number, "digest": t.digest, "why": e.why, "key": e.key}

        def work(tx: Tx) -> None:
            event = RegistryRefused(t.number, t.digest, e.why, e.key, e.line[:400])
            tx.append(event, actor=SOURCE, stamp=self._clock.stamp())
            tx.con.execute("UPDATE registry SET refused = ?", (json.dumps(said, ensure_ascii=False),))

        self._store.transact_sync(work)

    def _begin(self, t: Transfer) -> None:
        self.drop()
        self._coming = _Coming(t)
        if t.kind != CHANGES:
            self._coming.stage = Stage(self._path)

    def _finish(self, coming: _Coming) -> Want | None:
        t = coming.transfer
        try:
            if coming.stage is not None:
                self._finish_snapshot(t, coming.stage)
                done = True
            else:
                done = self._finish_changes(coming)
        finally:
            self.drop()
        if done:
            self.taken += 1
            self.settle()
            return Want(*self._have())
        log.warning("registry %s: the digest is not the announced one", t.name)
        self._failed = t.name
        return Want(*self._have(), snapshot=True)

    def _finish_snapshot(self, t: Transfer, stage: Stage) -> None:
        if hexed(stage.total) != t.digest or stage.cards != t.rows:
            raise Misfit("digest")
        with registry.one_import:
            gen = registry.fresh_generation(self._store)
            stage.fill(self._store, gen)
            come = Coming(SOURCE, str(t.number), t.digest, t.rows, gen, t.number)
            self._store.transact_sync(lambda tx: self._in_force(tx, come))

    def _in_force(self, tx: Tx, come: Coming) -> None:
        come.into_force(tx, SOURCE, self._clock.stamp())
        if self._settle is not None:
            self._settle(tx)

    def clear(self) -> None:
        """Rows of lists that are not in force go, in short transactions: of the one before, or of one that broke off."""
        with registry.one_import:
            registry.fresh_generation(self._store)

    def _finish_changes(self, coming: _Coming) -> bool:
        t = coming.transfer
        if len(coming.ops) > MOST_OPS:
            return False
        fields = [fields_of(op) for op in coming.ops if not op.startswith("-")]
        gone = [registry_rows.key_in(op[1:]) for op in coming.ops if op.startswith("-")]
        keys = [json.loads(key_of(f)) for f in fields] + gone
        with registry.one_import:
            with self._store.reader() as con:
                if state(con) != (t.base, t.base_digest):
                    return False
                (gen,) = con.execute("SELECT gen FROM registry").fetchone()
                old = [line for key in keys if (line := registry_rows.in_force(con, key)) is not None]
                still = registry_rows.still_known(con, gen, old)
            total = added(
                int(t.base_digest, 16), (hash_of(line_of(f)) for f in fields), (hash_of(line_of(o)) for o in old)
            )
            if hexed(total) != t.digest:
                return False
            come = Coming(SOURCE, str(t.number), t.digest, t.rows, gen, t.number)
            change = registry_rows.Change(old, fields, still)

            def work(tx: Tx) -> None:
                change.carry_out(tx.con, gen)
                self._in_force(tx, come)

            self._store.transact_sync(work)
        return True


def _text(piece: Piece) -> str:
    try:
        return piece.text()
    except ProtocolError as e:
        raise Misfit("shape", line=str(e)) from e


def state(con: Any) -> tuple[int, str]:
    """Head office's number and the digest of the list in force; 0 and "" before the first."""
    number, digest = con.execute("SELECT number, digest FROM registry").fetchone()
    return int(number), str(digest)


def refused(con: Any) -> dict[str, Any]:
    """The list that was refused since the last one that came into force: number, digest, why, key; empty: none."""
    (said,) = con.execute("SELECT refused FROM registry").fetchone()
    return dict(json.loads(said)) if said else {}


def shown(con: Any) -> dict[str, Any]:
    """For the page: head office's `number` (0: it never sent one), whether its list is the one in force, what was refused, and what of its other
    lists could not be taken here."""
    return {
        "number": state(con)[0],
        "office": con.execute("SELECT source FROM registry").fetchone()[0] == SOURCE,
        "refused": refused(con) or None,
        "not_taken": tables_headoffice.not_taken(con),
    }
