"""What all services over the gate share: an action is one transaction, done once for each key of its person.

    facts (read in the transaction) → a pure decision of edge.domain → events → the number of the first

A service is a class over `Service`; its actions are functions of a `Doing`. What is not possible raises one of edge.errors with
code, sentence and next step, and then nothing of it is recorded. The same `key` of the same person gets the old answer again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from edge.clock import Stamp
from edge.domain.event import Event
from edge.gate import Gate
from edge.orders import Person
from edge.store import queries
from edge.store.db import Tx


@dataclass(frozen=True, slots=True)
class Acted:
    """What was done: number of the (first) event, what it is about (number of a visit, permit, request …; 0: nothing), and
    whether it was done already."""

    seq: int
    about: int = 0
    again: bool = False


@dataclass(frozen=True, slots=True)
class Doing:
    """The surroundings of one action. `local` None: the wall clock is not to be relied on."""

    tx: Tx
    person: Person
    stamp: Stamp
    local: datetime | None

    @property
    def con(self) -> sqlite3.Connection:
        """To read facts within the transaction."""
        return self.tx.con

    @property
    def today(self) -> date | None:
        """The local date, where the clock can be relied on."""
        return self.local.date() if self.local else None

    def append(self, event: Event, rule: str = "") -> int:
        """Journal an event as this person's."""
        return self.tx.append(event, actor=self.person.actor, stamp=self.stamp, rule=rule)


def _old(con: sqlite3.Connection, key: str, person: Person) -> Acted | None:
    old = queries.answered(con, key, person.user)
    if old is None:
        return None
    seq, _, about = old.partition(" ")
    return Acted(int(seq), int(about or 0), again=True)


class Service:
    """Over a Gate; lives in its loop."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def done_before(self, person: Person, key: str) -> Acted | None:
        """The old answer to this key of this person, for an action that looks at more than the database before it acts: what was possible
        the first time may not be so now, and the answer is the same all the same."""
        with self._gate.store.reader() as con:
            return _old(con, key, person)

    async def do(self, person: Person, key: str, action: Callable[[Doing], Acted], *, urgent: bool = False) -> Acted:
        """One transaction, once for each key of this person. `urgent`: it goes before what else waits to be written."""
        stamp = self._gate.clock.stamp()
        local = self._gate.local(stamp)

        def work(tx: Tx) -> Acted:
            old = _old(tx.con, key, person)
            if old is not None:
                return old
            done = action(Doing(tx, person, stamp, local))
            queries.answer(tx.con, key, person.user, f"{done.seq} {done.about}", stamp.at_ms)
            return done

        return await self._gate.store.transact(work, urgent=urgent)
