"""The counter on writable cards at the gate: read with the presentation, recorded with the decision, written behind the relay.

    card ─▶ kind wants a counter? this reader can? ─▶ read two blocks ─▶ decision, «card.counting n→n+1» ─▶ relay ─▶ write ─▶ «card.counted»
                                                      (the card lies there)   one transaction             at once   two blocks

The relay waits for the reading (which number a card carries is part of what is presented) and for nothing else: not for the writing, which
begins when the relay has been told. A card that is gone by then carries the old number, and both are right the next time.

A card that was taken away before it was read is a question, not a refusal: the guard asks for it again, and the reader is told to take
the same card as a new presentation at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from edge.clock import Stamp
from edge.domain import card_counter as cc
from edge.domain import events_cards as ev
from edge.domain import events_desk as desk
from edge.domain.credentials import CardFacts
from edge.domain.event import Event
from edge.domain.policy import Answer, Decision
from edge.store import tables_cards as table
from edge.store.db import Store, Tx

log = logging.getLogger(__name__)
READ_S = 2.0
"""A reader that does not answer for so long holds up nobody: the guard is asked."""
TRIES = 3
DESK = "desk"
ALARM = "card-copied"
"""The notice to the shift leader (config/visits.toml, notices)."""


class Blocks(Protocol):
    """A reader that reads and writes cards (drivers.serial_port.SerialReader). The futures end in an exception that has a `failure`."""

    def read(self, uid: bytes, block: int, key: bytes) -> Future[bytes]:
        """A block of this card."""

    def write(self, uid: bytes, block: int, data: bytes, key: bytes) -> Future[bytes]:
        """Write a block of this card."""

    def again(self) -> None:
        """The same card is a new presentation, at once."""

    @property
    def beeps(self) -> bool:
        """Whether it has a buzzer."""

    def beep(self, right: bool) -> Future[bytes]:
        """One beep for right, three for wrong."""


@dataclass(frozen=True, slots=True)
class Options:
    """`kinds`: of the registry (owner, company, staff, temporary) or the stock (visitor, vehicle, construction). `block`: the first of two.
    `card_key`: key A of the sector; `site_key`: with it the numbers are made, so that nobody else can."""

    kinds: frozenset[str] = frozenset()
    block: int = 4
    card_key: bytes = b"\xff" * 6
    site_key: bytes = b""

    @property
    def blocks(self) -> tuple[int, int]:
        """The two slots."""
        return self.block, self.block + 1


@dataclass(frozen=True, slots=True)
class Presented:
    """A card as it was read at a reader: with it goes what is to be written."""

    device: str
    card: str
    uid: bytes
    read: cc.Read


@dataclass(frozen=True, slots=True)
class Begun:
    """What is to be written now."""

    of: Presented
    lane: str
    stored: cc.Stored


class CardGone(Exception):
    """The card is not there any more, or another one lies there: `failure` says which."""

    def __init__(self, failure: str) -> None:
        super().__init__(failure)
        self.failure = failure


class Counters:
    """All readers of the gate. Lives in its loop; `facts` and `record` run within the decision's transaction."""

    def __init__(self, store: Store, options: Options, note: Callable[[tuple[Event, ...]], None]) -> None:
        self._store, self.options, self._note = store, options, note
        self.readers: dict[str, Blocks] = {}
        self._unread: set[str] = set()

    def wants(self, card: str, device: str) -> bool:
        """Whether this card carries a counter that this reader can read."""
        if not self.options.kinds or device not in self.readers:
            return False
        with self._store.reader() as con:
            return table.kind(con, card) in self.options.kinds

    async def present(self, device: str, card: str, uid: bytes) -> Presented | None:
        """Read the card's two blocks. None: no counter is wanted. Never raises."""
        if not self.wants(card, device):
            return None
        try:
            slots = await self.slots(device, uid)
        except CardGone as e:
            log.info("%s: a card was taken away before it was read (%s)", device, e.failure)
            if card not in self._unread:  # once for each presentation: a card that is never readable would ask for ever
                self._unread.add(card)
                self.readers[device].again()
            return Presented(device, card, uid, cc.Read())
        self._unread.discard(card)
        return Presented(device, card, uid, cc.Read(slots))

    async def slots(self, device: str, uid: bytes) -> tuple[bytes, ...]:
        """The two blocks; one that the card does not give (another key, a lock) is empty. Raises CardGone."""
        reader, found = self.readers[device], []
        for block in self.options.blocks:
            try:
                found.append(await _done(partial(reader.read, uid, block, self.options.card_key)))
            except _Refused:
                found.append(b"")
        return tuple(found)

    # ---- within the decision's transaction -------------------------------------------------------------------------

    def facts(self, tx: Tx, facts: CardFacts, card: str, presented: Presented | None) -> CardFacts:
        """The facts with what the counter says."""
        known = table.known(tx.con, card)
        said = cc.said(known, presented.read if presented else None, self._found(presented))
        return replace(facts, counter=said)

    def record(
        self, tx: Tx, lane: str, presented: Presented | None, facts: CardFacts, decision: Decision, stamp: Stamp
    ) -> Begun | None:
        """The events that go with a decision: the number that is about to be written, or the copy and the alarm."""
        if presented is None:
            return None
        actor, card, found = f"device:{presented.device}", presented.card, self._found(presented)
        known = table.known(tx.con, card)
        if facts.counter is cc.Said.COPY and known.stored and facts.credential:
            numbers = (-1 if found is None else found, known.stored.confirmed, known.stored.begun)
            tx.append(
                ev.CardCopied(card, facts.credential.id, lane, *numbers), actor=actor, stamp=stamp, rule=decision.rule
            )
            plate = facts.credential.plates[0] if facts.credential.plates else ""
            tx.append(desk.NoticeSent("leader", 0, ALARM, plate), actor=actor, stamp=stamp, rule=decision.rule)
        if decision.answer is not Answer.GRANTED or facts.counter is not cc.Said.OK or not any(presented.read.slots):
            return None  # (a card that gives no block, of another kind or with another key, cannot carry a number)
        stored = cc.next_of(known, found)
        tx.append(
            ev.CardCounting(card, lane, stored.confirmed, stored.begun), actor=actor, stamp=stamp, rule=decision.rule
        )
        return Begun(presented, lane, stored)

    def _found(self, presented: Presented | None) -> int | None:
        return cc.read(presented.read.slots, presented.uid, self.options.site_key) if presented else None

    # ---- after it --------------------------------------------------------------------------------------------------

    async def write(self, begun: Begun) -> bool:
        """Write the next number, and put on record that it was. Whether it was: a card that is gone is no fault. Never raises."""
        presented, number = begun.of, begun.stored.begun
        said: list[int] = []

        def whole(slot: int) -> None:
            if not said:  # one whole slot is enough: the card says the new number from now on
                self._note((ev.CardCounted(presented.card, begun.lane, number),))
            said.append(slot)

        try:
            await self.put(presented.device, presented.uid, presented.read.slots, number, whole)
        except CardGone as e:
            log.info("%s: number %d is not on both slots of a card: %s", presented.device, number, e)
        return bool(said)

    async def put(
        self,
        device: str,
        uid: bytes,
        slots: tuple[bytes, ...],
        number: int,
        whole: Callable[[int], None] = lambda slot: None,
    ) -> None:
        """Write this number into both slots, the older one first; `whole` is told of each that the reader has confirmed. Raises CardGone."""
        reader, options = self.readers[device], self.options
        for slot, data in cc.writes(slots, uid, number, options.site_key):
            block = options.blocks[slot]
            try:
                await _done(partial(reader.write, uid, block, data, options.card_key))
            except _Refused as e:
                raise CardGone("unwritten") from e
            whole(slot)


class _Refused(Exception):
    """The card is there, and the reader may not."""


async def _done(order: Callable[[], Future[bytes]]) -> bytes:
    """Carry it out; what is silent is asked again. Raises CardGone, _Refused."""
    failure = "silent"
    for _ in range(TRIES):
        try:
            async with asyncio.timeout(READ_S):
                return await asyncio.wrap_future(order())
        except TimeoutError:
            break
        except Exception as e:
            failure = str(getattr(e, "failure", ""))
            if not failure:
                raise
            if failure in ("refused", "unsupported"):
                raise _Refused(failure) from e
            if failure != "silent":
                break
    raise CardGone(failure)


def check(kinds: Iterable[str], readers: Iterable[str], capable: frozenset[str]) -> list[str]:
    """What is wrong with a configuration: counters are wanted and no lane's reader can write."""
    if not list(kinds) or set(readers) & capable:
        return []
    return [f"counter.kinds: no lane has a reader that writes cards ({', '.join(sorted(capable))})"]
