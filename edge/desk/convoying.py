"""The convoys' service (V8): announced by head office or a shift leader, reminded of, held open by one tap, ticked off car by car."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from edge.desk import words_escort as words
from edge.desk.announcing import ConvoyInput, may_announce
from edge.desk.holding import Holding
from edge.desk.office import not_ours
from edge.domain import barrier as b
from edge.domain import convoys
from edge.domain import events as base
from edge.domain import events_escort as ev
from edge.domain.convoys import Convoy, Times
from edge.domain.courtesy import daypart
from edge.domain.events_desk import NoticeSent
from edge.domain.green import State
from edge.domain.plates import normal
from edge.domain.policy import Answer, Decision, Presented, decide_convoy
from edge.gate import Gate
from edge.lane import Lane, Prompt
from edge.orders import Order, Person, late_ms
from edge.service import Acted, Doing
from edge.store import queries
from edge.store import queries_escort as q
from edge.store.journal import Record

READER = Person("device:plates", "")
GATE = Person("gate", "")


class Convoys(Holding):
    """Over a Gate; lives in its loop."""

    def __init__(self, gate: Gate, times: Times | None = None) -> None:
        super().__init__(gate)
        self.times = times or Times()
        self.by_waiting = True
        """A plate that is known when its car comes opens; otherwise whoever reads plates says when (edge/reading.py)."""

    @property
    def _now(self) -> int | None:
        """UTC ms, where the wall clock can be relied on."""
        return self.gate.clock.now_ms() if self.gate.clock.usable else None

    # ---- looking

    def rows(self) -> list[q.Row]:
        """Convoys that come or were here within the last day, the next one first, with names, cars and what passed when."""
        with self.gate.store.reader() as con:
            return q.convoy_rows(con, self.gate.clock.now_ms() - q.KEPT_MS)

    # ---- announcing

    async def announce(self, person: Person, given: ConvoyInput, key: str = "") -> Acted:
        """Expect a convoy. Head office and shift leaders only. Raises NotAllowed, BadInput."""
        return await self.do(person, key, lambda d: self.put(d, given, 0))

    async def change(self, person: Person, convoy: int, given: ConvoyInput, key: str = "") -> Acted:
        """All of it as it is from now on; cars that are through stay ticked off. Raises as `announce`, NotFound."""
        return await self.do(person, key, lambda d: self.put(d, given, convoy))

    def put(self, d: Doing, given: ConvoyInput, number: int) -> Acted:
        """Within a transaction: a new one (`number` 0), or another's data from now on. Raises as `announce` and `change`."""
        may_announce(d.person)
        not_ours(d, "convoys", number)
        was = _convoy(d, number) if number else None
        if was is not None and was.cancelled:
            raise words.stop("convoy-over")
        texts, arrives, plates = given.texts(), given.arrival_ms(self.gate.zone), convoys.clean(given.plates)
        now = None if was is not None and was.arrives_ms == arrives else self._now
        words.require(convoys.against_announcing(arrives, now, plates, given.lanes, self.gate.lanes))
        window = arrives - self.times.before_ms, arrives + self.times.after_ms
        if number:
            seq = d.append(ev.ConvoyChanged(number, arrives, *window, plates, given.lanes, *texts), "V8")
            return Acted(seq, number)
        seq = d.append(ev.ConvoyAnnounced(arrives, *window, plates, given.lanes, *texts), "V8")
        return Acted(seq, seq)

    async def cancel(self, person: Person, convoy: int, reason: str, key: str = "") -> Acted:
        """It will not come. Raises NotAllowed, NotFound, NotExecuted while its lanes are held open."""
        return await self.do(person, key, lambda d: self.call_off(d, convoy, reason))

    def call_off(self, d: Doing, convoy: int, reason: str) -> Acted:
        """The same within a transaction."""
        may_announce(d.person)
        not_ours(d, "convoys", convoy)
        was = _convoy(d, convoy)
        if was.cancelled:
            return Acted(convoy, convoy, again=True)
        if not reason:
            raise words.bad("reason-needed")
        words.require("convoy-other-way" if was.way else "")
        return Acted(d.append(ev.ConvoyCancelled(convoy, reason), "V8"), convoy)

    # ---- passing

    async def open(self, person: Person, convoy: int, way: str, press: Order, plate: str = "") -> Acted:
        """It is here: hold the lanes of this way open. Held already: that one, with `again`. Raises NotFound, NotExecuted."""
        with self.gate.store.reader() as con:
            known = q.convoy(con, convoy)
        if known is None:
            raise words.no_convoy(convoy)
        lanes, now = self._lanes_of(known, way), self._now

        def action(d: Doing) -> Acted:
            was, leg = _convoy(d, convoy), q.leg_now(d.con, convoy)
            words.require(convoys.against_opening(was, way, now))
            if leg is not None and leg.state is State.OPEN:
                return Acted(leg.id, convoy, again=True)
            if leg is not None:
                d.append(ev.ConvoyEnded(convoy, leg.way, leg.lanes, leg.crossings, "restart"), "V8")
            by = "plate" if plate else "tap"
            seq = d.append(ev.ConvoyOpened(convoy, way, tuple(lane.id for lane in lanes), by, plate), "V8")
            return Acted(seq, convoy)

        return await self.hold(person, press, lanes, b.Holder.CONVOY, action, partial(_over, convoy, "late"))

    def _lanes_of(self, convoy: Convoy, way: str) -> list[Lane]:
        """The convoy's lanes that lead this way; all of its lanes when none of them does (one wide lane for both)."""
        names = convoy.lanes or tuple(self.gate.lanes)
        leading = [name for name in names if name in self.gate.lanes and self.gate.lanes[name].table.direction == way]
        return self.lanes(leading or names)

    async def end(self, person: Person, convoy: int, press: Order) -> Acted:
        """It is through: let the lanes go. After a restart: as it is."""
        return await self.let_go(person, press, press.key, b.Holder.CONVOY, partial(_over, convoy, "asked"))

    async def tick(self, person: Person, convoy: int, plate: str, way: str, key: str = "", crossing: int = 0) -> Acted:
        """A listed car is through; with the last one the lanes are let go. Ticked off before: `again`. Raises NotFound, NotExecuted."""
        text = normal(plate)

        def ending(d: Doing) -> tuple[Acted, tuple[str, ...]]:
            was = _convoy(d, convoy)
            words.require(convoys.against_ticking(was, text))
            if text not in was.left(way):
                return Acted(convoy, convoy, again=True), ()
            seq = d.append(ev.ConvoyCar(convoy, text, way, "read" if crossing else "tap", crossing), "V8")
            last = was.way == way and convoys.all_through(was, way, text)
            return Acted(seq, convoy), _over(convoy, "all", d)[1] if last else ()

        return await self.let_go(person, None, key, b.Holder.CONVOY, ending)

    async def plate(self, person: Person, lane_id: str, plate: str, press: Order) -> Acted:
        """A plate at a lane, typed by a guard or read: a listed car in its window passes, alone too. Raises NotExecuted, NotFound."""
        await self.in_time(person, press)
        lane, text = self.gate.lane(lane_id), normal(plate)
        (lane,) = self.lanes((lane.id,))
        opens = lane.would_pulse(b.Authorised(0))
        said: list[Decision] = []
        of: list[int] = []

        def action(d: Doing) -> Acted:
            convoy = convoys.listed(q.listed_now(d.con, self._now), text, self._now)
            decision = decide_convoy(Presented(lane.id, lane.table.direction, d.local), convoy is not None)
            if decision is None or convoy is None:
                raise words.stop("not-listed")
            if decision.answer is not Answer.GRANTED:
                raise words.stop("ask-clock")
            said.append(decision)
            seq = d.append(_decided(lane, text, decision, person), decision.rule)
            of[:] = [seq]
            if opens:
                of.append(d.append(base.BarrierCommanded(lane.id, "open", "plate", pass_seq=seq)))
            return Acted(seq, convoy.id)

        done = await self.do(person, press.key, action, urgent=True)
        if done.again or not said:
            return done
        late = late_ms(press, self.gate.clock.mono_ms())
        if late:
            await self.refuse(person, press, late, tuple(of), done.seq)
        known = {"reason": said[0].reason.value, "plate": text, "daypart": self._daypart()}
        lane.show(Prompt("greet", known, salute=True, seq=done.seq))
        lane.feed(b.Authorised(done.seq), covered=opens, of=tuple(of))
        self.gate.snap(lane.id, "card", done.seq)
        return done

    def _daypart(self) -> str:
        return daypart(self.gate.local(self.gate.clock.stamp()))

    # ---- what the gate does by itself

    async def remind(self) -> None:
        """The chore: guards are told 30 and 10 minutes before (the page shows it in every room), and the shift leader by a notice."""
        now = self._now
        if now is None:
            return
        with self.gate.store.reader() as con:
            due = [(c.id, m) for c in q.current(con, now) if (m := convoys.reminder(c, now, self.times))]
        for convoy, minutes in due:
            await self.do(GATE, "", partial(self._remind, convoy, minutes))

    def _remind(self, convoy: int, minutes: int, d: Doing) -> Acted:
        was, now = _convoy(d, convoy), self._now
        if now is None or convoys.reminder(was, now, self.times) != minutes:
            return Acted(convoy, convoy, again=True)
        seq = d.append(ev.ConvoyReminded(convoy, minutes), "V8")
        d.append(NoticeSent("leader", 0, "convoy-coming"), "V8")
        return Acted(seq, convoy)

    def committed(self, records: Iterable[Record]) -> None:
        """What was seen at the lanes (in the loop): a listed plate that waits opens for all of them, one that is through is ticked off."""
        for record in records:
            match record.event:
                case base.VehicleWaiting(lane=lane) if self.by_waiting:
                    plate = normal(self.gate.plate_at(lane))
                    if plate:
                        self.gate.bridge.spawn(self.waiting(lane, plate))
                case base.VehicleCrossed() as crossed if crossed.plate or crossed.pass_seq:
                    self._through(record.seq, crossed)

    def on_list(self, plate: str) -> bool:
        """Whether a plate is a listed car in its window, by a clock that can be relied on."""
        now = self._now
        if now is None:
            return False
        with self.gate.store.reader() as con:
            return convoys.listed(q.listed_now(con, now), normal(plate), now) is not None

    async def waiting(self, lane_id: str, plate: str) -> None:
        """A plate was read before an arm: the first of a convoy opens for all of it, a later one for itself."""
        lane, now = self.gate.lane(lane_id), self._now
        with self.gate.store.reader() as con:
            convoy = convoys.listed(q.listed_now(con, now), plate, now)
        if convoy is None or now is None or b.Holder.CONVOY in lane.state.holders:
            return
        way = lane.table.direction
        press = Order(lane_id, "convoy", plate=plate, tick=self.gate.clock.mono_ms())
        if way in convoy.opened or convoy.way:
            await self.plate(READER, lane_id, plate, press)
        else:
            await self.open(READER, convoy.id, way, press, plate)

    def _through(self, seq: int, crossed: base.VehicleCrossed) -> None:
        now = self._now
        with self.gate.store.reader() as con:
            known = q.listed_now(con, now)
            plate = crossed.plate or (queries.pass_plate(con, crossed.pass_seq) or "") if known else ""
        convoy = convoys.listed(known, normal(plate), now) if plate else None
        if convoy is not None:
            self.gate.bridge.spawn(self.tick(READER, convoy.id, plate, crossed.direction, crossing=seq))


def _convoy(d: Doing, number: int) -> Convoy:
    found = q.convoy(d.con, number)
    if found is None:
        raise words.no_convoy(number)
    return found


def _over(number: int, why: str, d: Doing) -> tuple[Acted, tuple[str, ...]]:
    """End the leg that is open; lanes that another convoy needs stay up."""
    leg = q.leg_now(d.con, number)
    if leg is None:
        return Acted(number, number, again=True), ()
    said = "restart" if leg.state is State.INTERRUPTED else why
    seq = d.append(ev.ConvoyEnded(number, leg.way, leg.lanes, leg.crossings, said), "V8")
    others = q.held_by_convoys(d.con, number)
    free = tuple(lane for lane in leg.lanes if lane not in others)
    return Acted(seq, number), free if leg.state is State.OPEN else ()


def _decided(lane: Lane, plate: str, decision: Decision, person: Person) -> base.AccessDecided:
    """The decision on a convoy's car as the register's event."""
    return base.AccessDecided(
        lane=lane.id,
        direction=lane.table.direction,
        reader="plate" if person is READER else "typed",
        card="",
        credential="",
        category="convoy",
        decision=decision.answer.value,
        reason=decision.reason.value,
        plate_bound=plate,
        plate_read=plate,
        plate_match=decision.plate_match,
        salute=decision.salute,
    )
