"""Issuing a card that lies on the desk's reader: looked at again, written where its kind wants it, and only then given out.

    may it be issued? ─▶ is it still this card? ─▶ the number that is about to be written, on record ─▶ write, read back (three tries)
        ─▶ «card.counted» ─▶ «card.issued» ─▶ one beep. Whatever fails: three beeps, a sentence, and the card stays in the rack.

The write comes before the issue: a card that could not be written has not changed hands, and the guard takes another one. What was begun is on record
before a byte is written, so a power cut between the two costs nothing. Between tries the reader waits for the card to be put back, and another
card that is put there instead ends the matter at once. A reader that only pushes numbers cannot look again: there the last card that was held to
it counts, without beeps. How far it is goes to the pages as it happens (`Change("issuing")`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from edge import counting
from edge.bridge import Change
from edge.desk import words
from edge.desk.act import Acted
from edge.desk.service import Desk
from edge.domain import card_counter as cc
from edge.domain import events_cards as ev
from edge.errors import GateError
from edge.gate import Gate
from edge.orders import Person
from edge.store import queries, tables_cards
from edge.store import queries_desk as q
from edge.store.db import Tx

TRIES = 3
BACK_MS = 6_000
"""So long a card that was lifted may take to come back for the next try."""
DEVICE = "desk.reader"
STOPS = {"swapped": "card-swapped", "no-card": "card-gone", "silent": "reader-silent"}


@dataclass(frozen=True, slots=True)
class OnReader:
    """The card that was held to the desk's reader last: its bytes, and the name by which the stock knows it."""

    uid: bytes
    card: str


class Issuing:
    """Over a Gate and its desk; lives in its loop. One card at a time: there is one reader."""

    def __init__(self, gate: Gate, desk: Desk) -> None:
        self._gate, self._desk = gate, desk
        self._one = asyncio.Lock()
        self._last = OnReader(b"", "")
        self._held = asyncio.Event()

    def held(self, uid: bytes, card: str) -> None:
        """A card was held to the reader."""
        self._last = OnReader(uid, card)
        self._held.set()

    async def issue(self, person: Person, visit: int, card: str, until: str = "", key: str = "") -> Acted:
        """Bind the card on the reader to a visit. Raises what stands against it, in words; then nothing was given out."""
        with self._gate.store.reader() as con:
            repeated = queries.answered(con, key, person.user) is not None
        if repeated:
            return await self._desk.issue_card(person, visit, card, until, key)
        async with self._one:
            step = _Step(self._gate, visit, card)
            try:
                await self._desk.check_card(person, visit, card, until)
                await self._prepare(person, card, step)
                done = await self._desk.issue_card(person, visit, card, until, key)
            except GateError as e:
                step.say("failed", why=e.code, beep=self._beep(False))
                raise
            step.say("done", beep=self._beep(True))
            return done

    def _beep(self, right: bool) -> bool:
        """Whether the reader beeps; the page does where it cannot."""
        reader = self._gate.counters.readers.get(DEVICE)
        if reader is None or not reader.beeps:
            return False
        reader.beep(right)
        return True

    async def _prepare(self, person: Person, named: str, step: _Step) -> None:
        with self._gate.store.reader() as con:
            card = q.card(con, named.strip())
        if card is None or card.card != self._last.card:
            raise words.stop("card-swapped")
        uid, counters = self._last.uid, self._gate.counters
        if DEVICE not in counters.readers:
            return  # it only pushes numbers: the last one that it pushed is this card
        slots = await self._tried(step, "look", lambda: counters.slots(DEVICE, uid), TRIES)
        name = self._gate.named(uid)
        if card.kind not in counters.options.kinds:
            return
        begun = await self._gate.store.transact(lambda tx: self._begin(tx, person, name, uid, slots))
        await self._tried(step, "write", lambda: self._written(uid, slots, begun.begun), TRIES)
        await self._gate.record((ev.CardCounted(name, counting.DESK, begun.begun),), actor=person.actor)

    def _begin(self, tx: Tx, person: Person, name: str, uid: bytes, slots: tuple[bytes, ...]) -> cc.Stored:
        """At the desk the number goes on whatever the card says: the guard has it in hand. One that was betrayed needs a leader first."""
        known = tables_cards.known(tx.con, name)
        if known.suspect:
            raise words.stop("card-suspect")
        found = cc.read(slots, uid, self._gate.counters.options.site_key) or 0
        number = max(found, known.stored.begun if known.stored else 0) + 1
        tx.append(
            ev.CardCounting(name, counting.DESK, number - 1, number),
            actor=person.actor,
            stamp=self._gate.clock.stamp(),
        )
        return cc.Stored(number - 1, number)

    async def _written(self, uid: bytes, slots: tuple[bytes, ...], number: int) -> None:
        """Both slots, and what then stands on the card. Raises CardGone; `unwritten` when it says something else than was written."""
        counters = self._gate.counters
        await counters.put(DEVICE, uid, slots, number)
        if cc.read(await counters.slots(DEVICE, uid), uid, counters.options.site_key) != number:
            raise counting.CardGone("unwritten")

    async def _tried(self, step: _Step, stage: str, act: Callable[[], Awaitable[Any]], tries: int) -> Any:
        """Up to so many tries, with the card back on the reader between them."""
        failure = ""
        for number in range(1, tries + 1):
            if failure == "no-card":
                step.say("wait", number)
                if not await self._is_back():
                    break
            step.say(stage, number)
            self._held.clear()
            try:
                return await act()
            except counting.CardGone as e:
                failure = e.failure
                if failure == "swapped":
                    break
        raise words.stop(STOPS.get(failure, "card-not-written"))

    async def _is_back(self) -> bool:
        was = self._last.card
        self._gate.counters.readers[DEVICE].again()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._gate.clock.seconds(BACK_MS)):
                await self._held.wait()
        if self._last.card != was:
            raise words.stop("card-swapped")
        return self._held.is_set()


class _Step:
    """How far one issue is, for the pages."""

    def __init__(self, gate: Gate, visit: int, card: str) -> None:
        self._gate, self._about = gate, {"visit": visit, "card": card, "of": TRIES}

    def say(self, stage: str, number: int = 1, why: str = "", *, beep: bool = False) -> None:
        """`stage`: look, write, wait, done, failed. `beep`: the reader beeps, so the page need not."""
        said = {**self._about, "stage": stage, "try": number, "why": why, "reader_beeps": beep}
        self._gate.hub.publish(Change("issuing", 0, said))
