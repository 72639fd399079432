"""The one path: an input → facts → decide → journal → effects.

    card ──┐                        ┌ relay (through the lane's table)
    tap  ──┼→ transact(decide) ─────┼ sentence for the guard
    edge ──┘   one transaction      └ picture, page, head office

`transact` runs on the database's own thread: it reads the facts, calls the pure decision and appends the events within one
transaction, so no other input can come between question and answer. What is to happen happens after the commit, and only
then. Sensor edges go straight into the lane's table (safety waits for nobody) and are journalled as they were observed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from edge import counting, orders, settling
from edge.bridge import Bridge, Change, Hub
from edge.clock import Clock, Stamp
from edge.decided import decided
from edge.domain import barrier as b
from edge.domain import events as ev
from edge.domain import events_desk as desk
from edge.domain.courtesy import daypart
from edge.domain.credentials import Bound, CardFacts
from edge.domain.event import Event
from edge.domain.pictures import PASS, REFUSAL, Snap, no_snap
from edge.domain.policy import Answer, Decision, Presented, Rules, decide
from edge.errors import NotExecuted, NotFound, StoreError
from edge.faults import Faults
from edge.lane import Lane, Prompt
from edge.noting import Notes
from edge.orders import Done, Order, Person, Recorded
from edge.sentences import sentence
from edge.store import queries, short_numbers
from edge.store.db import Store, Tx


class Gate:
    """The gate's state and its one path. Lives in one asyncio loop; nothing here is called from another thread."""

    def __init__(self, store: Store, clock: Clock, bridge: Bridge, rules: Rules, timezone: str) -> None:
        self.store, self.clock, self.bridge = store, clock, bridge
        self.hub = Hub()
        self.lanes: dict[str, Lane] = {}
        self.faults = Faults(clock, self.note)
        self.notes = Notes(store, clock, bridge)
        self.rules, self.zone = rules, ZoneInfo(timezone)
        self.plate_at: Callable[[str], str] = lambda lane: ""
        """The plate that was read at a lane just now; nothing until a recogniser is fitted."""
        self.counters = counting.Counters(store, counting.Options(), self.note)
        self.snap: Snap = no_snap

    # ---- cards ---------------------------------------------------------------------------------------------------

    async def card(self, lane_id: str, device: str, uid: bytes) -> None:
        """A card was presented (P1, P2, V1, V2)."""
        lane, card, stamp = self.lane(lane_id), self.named(uid), self.clock.stamp()
        if card in lane.deciding:
            return
        if card in lane.granted:
            await self._again(lane, card, device, stamp)
            return
        lane.deciding.add(card)
        try:
            await self._decide(lane, card, device, stamp, await self.counters.present(device, card, uid))
        finally:
            lane.deciding.discard(card)

    def named(self, uid: bytes) -> str:
        """The card's UID in hex; a reader of 24 bits leaves some of it out."""
        if len(uid) >= short_numbers.WHOLE_BYTES:
            return uid.hex()
        with self.store.reader() as con:
            return short_numbers.whole(con, uid.hex())

    async def _decide(
        self, lane: Lane, card: str, device: str, stamp: Stamp, counted: counting.Presented | None
    ) -> None:
        presented = Presented(lane.id, lane.table.direction, self.local(stamp))
        plate, opens = self.plate_at(lane.id), lane.relays is not None and lane.would_pulse(b.Authorised(0))

        def work(tx: Tx) -> tuple[int, Decision, CardFacts, counting.Begun | None]:
            facts = self.counters.facts(tx, queries.card_facts(tx.con, card, stamp, plate), card, counted)
            if presented.direction == "out" and facts.credential is not None:
                facts = replace(facts, load=settling.load_of(tx.con, lane, facts, stamp, self.rules))
            decision = decide(presented, facts, self.rules)
            said = decided(lane, device, decision, facts.credential, card=card, plate=facts.plate_read)
            seq = tx.append(said, actor=f"device:{device}", stamp=stamp, rule=decision.rule)
            if decision.answer is Answer.GRANTED and opens:
                tx.append(
                    ev.BarrierCommanded(lane.id, "open", "card", pass_seq=seq), actor=f"device:{device}", stamp=stamp
                )
            if decision.answer is Answer.GRANTED and facts.bound is not None and presented.direction == "out":
                _taken_in(tx, lane, card, facts.bound, f"device:{device}", stamp)
            return seq, decision, facts, self.counters.record(tx, lane.id, counted, facts, decision, stamp)

        try:
            seq, decision, facts, begun = await self.store.transact(work, urgent=True)
        except StoreError as e:
            lane.show(Prompt("not-recorded", {"code": e.code}), lane.asked)
            return
        granted = decision.answer is Answer.GRANTED
        lane.show(self._prompt(seq, decision, facts, stamp), asked=0 if granted else seq)
        if granted and lane.relays is None:
            lane.show(Prompt("no-relays", seq=seq), asked=seq)
        elif granted:
            lane.granted[card] = seq
            lane.feed(b.Authorised(seq), covered=opens)
        if begun is None:
            lane.tell(decision.answer.value)
        else:
            self.bridge.spawn(self._count(lane, begun))
        self.snap(lane.id, "card", seq, PASS if granted else REFUSAL)

    async def _count(self, lane: Lane, begun: counting.Begun) -> None:
        """Write the card; the beep says that it may be taken away."""
        await self.counters.write(begun)
        lane.tell(Answer.GRANTED.value)

    async def _again(self, lane: Lane, card: str, device: str, stamp: Stamp) -> None:
        """The card of a vehicle that is being let through already: one vehicle, but the arm may have come to rest."""
        pass_seq = lane.granted[card]
        if not lane.would_pulse(b.Authorised(pass_seq)):
            return
        again = ev.BarrierCommanded(lane.id, "open", "card", "again", pass_seq)
        try:
            await self.record((again,), actor=f"device:{device}", stamp=stamp, urgent=True)
        except StoreError as e:
            lane.show(Prompt("not-recorded", {"code": e.code}), lane.asked)
            return
        lane.feed(b.Authorised(pass_seq), covered=True)

    def _prompt(self, seq: int, decision: Decision, facts: CardFacts, stamp: Stamp) -> Prompt:
        """The sentence for the guard: a greeting by name and time of day (P2), or the reason and what to ask."""
        holder = facts.credential
        params = {
            "surname": holder.surname if holder else "",
            "title": holder.title if holder else "",
            "supervisor": bool(holder and holder.supervisor),
            "daypart": daypart(self.local(stamp)),
            "reason": decision.reason.value,
            "plate": facts.plate_read,
            "bound": ", ".join(holder.plates) if holder else "",
            "credential": holder.id if holder else "",
            "visit": facts.bound.visit if facts.bound else 0,
            "outstanding": settling.outstanding(facts),
        }
        code = "greet" if decision.answer is Answer.GRANTED else f"{decision.answer.value}.{decision.reason.value}"
        return Prompt(code, params, decision.salute, seq)

    # ---- people --------------------------------------------------------------------------------------------------

    async def order(self, person: Person, order: Order) -> Done:
        """A guard's command. Raises NotExecuted, with the reason on record, when it was late or is not safe."""
        lane, given = self.lane(order.lane), orders.table_input(order)
        stamp, actor = self.clock.stamp(), person.actor
        with self.store.reader() as con:
            old = queries.answered(con, order.key, person.user)
        if old is not None:
            return orders.old_answer(old, lane)
        asked = lane.asked  # what the guard saw: a card that comes during the commit is another question
        late = orders.late_ms(order, self.clock.mono_ms())
        why = "late" if late else lane.objection(given(0)) or self._unsettled(lane, order, asked, stamp)
        if why:
            await self._refused(lane, order, person, why, late)
        pulses = lane.would_pulse(given(0))

        def work(tx: Tx) -> Recorded | str:
            repeated = queries.answered(tx.con, order.key, person.user)
            if repeated is not None:
                return repeated
            new = orders.record(tx, lane, order, asked, pulses, actor, stamp)
            queries.answer(tx.con, order.key, person.user, str(new.numbers[0]), stamp.at_ms)
            return new

        recorded = await self.store.transact(work, urgent=True)
        if isinstance(recorded, str):
            return orders.old_answer(recorded, lane)
        seq = recorded.numbers[0]
        late = orders.late_ms(order, self.clock.mono_ms())
        if late:  # the disk was slow: what was recorded is not carried out, and that is on record too
            await self._refused(lane, order, person, "late", late, recorded)
        effects = lane.feed(given(asked or seq), covered=pulses, of=recorded.numbers)
        if order.action == "open":
            lane.show(Prompt("by-hand", {"reason": order.reason}, salute=True, seq=seq), lane.asked)
            lane.tell(Answer.GRANTED.value)
            self.snap(lane.id, "manual", asked or seq)
        self.changed()
        withheld = next((e.why for e in effects if isinstance(e, b.Withheld)), "")
        if (
            withheld
        ):  # the state changed during the commit: the table's own record says so, and so does the answer from now on
            await self.store.transact(partial(_withheld, order.key, person.user, seq, withheld, stamp.at_ms))
            raise NotExecuted(*sentence(withheld), code=withheld)
        pulsed = any(isinstance(e, b.Pulse) for e in effects)
        return Done(seq, pulsed, lane.state.phase.value, self.clock.mono_ms() - stamp.mono_ms)

    def _unsettled(self, lane: Lane, order: Order, asked: int, stamp: Stamp) -> str:
        """V3, G2: what has to be settled before the exit opens for whoever stands there."""
        if order.action not in ("open", "hold") or lane.table.direction != "out":
            return ""
        with self.store.reader() as con:
            return settling.unsettled(con, lane, order, asked, stamp, self.rules)

    async def _refused(
        self,
        lane: Lane,
        order: Order,
        person: Person,
        why: str,
        late_ms: int,
        recorded: Recorded | None = None,
    ) -> None:
        """On record, and for good: the same press repeated by bad Wi-Fi gets the same answer, and never moves the arm later.
        `recorded`: its own events that are in the journal already, and from which nothing follows."""
        stamp = self.clock.stamp()

        def work(tx: Tx) -> None:
            of, pass_seq = (recorded.numbers, recorded.pass_seq) if recorded else ((), 0)
            refused = ev.CommandRefused(lane.id, order.action, why, late_ms, of, pass_seq)
            seq = tx.append(refused, actor=person.actor, stamp=stamp)
            if recorded and recorded.held_for is not None:  # it was not let go: what was held is held
                tx.append(ev.BarrierHeld(lane.id, "guard", recorded.held_for), actor="gate", stamp=stamp)
            if recorded or queries.answered(tx.con, order.key, person.user) is None:
                queries.answer(tx.con, order.key, person.user, f"{seq} {why}", stamp.at_ms)

        await self.store.transact(work)
        raise NotExecuted(*sentence(why), code=why)

    # ---- the journal ---------------------------------------------------------------------------------------------

    async def record(
        self, events: tuple[Event, ...], *, actor: str = "gate", stamp: Stamp | None = None, urgent: bool = False
    ) -> list[int]:
        """Journal events in one transaction; their numbers. Raises StoreError, and then nothing of it is there."""
        when = stamp or self.clock.stamp()
        return await self.store.transact(
            lambda tx: [tx.append(e, actor=actor, stamp=when) for e in events], urgent=urgent
        )

    def note(self, events: tuple[Event, ...]) -> None:
        """Journal what was observed, in the order in which it happened; nothing waits for it (noting.py)."""
        self.notes.add(events)

    def lane(self, lane_id: str) -> Lane:
        """Raises NotFound."""
        lane = self.lanes.get(lane_id)
        if lane is None:
            raise NotFound(f"没有车道 {lane_id}", f"现有车道 · lanes: {', '.join(self.lanes)}")
        return lane

    def changed(self) -> None:
        """Something of the live state is different: the pages are told."""
        self.hub.publish(Change("state"))

    def local(self, stamp: Stamp) -> datetime | None:
        """Local time, or None while the wall clock cannot be relied on."""
        return datetime.fromtimestamp(stamp.at_ms / 1000, self.zone) if self.clock.usable else None


def _taken_in(tx: Tx, lane: Lane, card: str, bound: Bound, actor: str, stamp: Stamp) -> None:
    """The exit's reader keeps the card (config/visits.toml, exit_tap): it is back, and nothing else was outstanding."""
    returned = desk.CardReturned(queries.stocked_as(tx.con, card), bound.visit, lane.id)
    tx.append(returned, actor=actor, stamp=stamp, rule="V3")
    tx.append(desk.VisitClosed(bound.visit, "settled"), actor=actor, stamp=stamp, rule="V3")


def _withheld(key: str, user: str, seq: int, why: str, at_ms: int, tx: Tx) -> None:
    queries.answer(tx.con, key, user, f"{seq} {why}", at_ms)
