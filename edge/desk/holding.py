"""Presses that hold arms up for others than the guard: as old as two seconds at most, on record before any relay moves.

    press ─▶ in time? ─▶ one transaction: the reason, barrier.held, barrier.commanded ─▶ still in time? ─▶ the lanes' tables

A press that came too late is refused with the refusal on record under its key, so that the same press repeated by bad Wi-Fi never
moves an arm later. When the disk was so slow that the press is too old after the commit, what was recorded is taken back on record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NoReturn

from edge.domain import barrier as b
from edge.domain import events as ev
from edge.errors import NotExecuted
from edge.gate import Gate
from edge.lane import Lane
from edge.orders import Order, Person, late_ms
from edge.sentences import sentence
from edge.service import Acted, Doing, Service
from edge.store import queries
from edge.store.db import Tx

Action = Callable[[Doing], Acted]
Ending = Callable[[Doing], tuple[Acted, tuple[str, ...]]]
"""Records the end of a hold and says which lanes are let go."""


class Holding(Service):
    """A service whose actions hold arms up and let them go."""

    def __init__(self, gate: Gate) -> None:
        super().__init__(gate)
        self.gate = gate

    def lanes(self, names: Iterable[str] = ()) -> list[Lane]:
        """The lanes of these names (none: all) whose relays can be reached. Raises NotExecuted when there is none."""
        wanted = tuple(names) or tuple(self.gate.lanes)
        found = [lane for name in wanted if (lane := self.gate.lanes.get(name)) and lane.relays is not None]
        if not found:
            raise NotExecuted(*sentence("no-relays"), code="no-relays")
        return found

    async def hold(
        self, person: Person, press: Order, lanes: list[Lane], holder: b.Holder, action: Action, ending: Ending
    ) -> Acted:
        """Record by `action` why, then hold these lanes open; with `again` in its answer nothing moves. `ending` takes the record
        back when the disk was too slow for the press. Raises NotExecuted."""
        await self.in_time(person, press)
        pulses = {lane.id: lane.would_pulse(b.Hold(holder)) for lane in lanes}

        of: list[int] = []

        def work(d: Doing) -> Acted:
            done = action(d)
            of[:] = [done.seq]
            for lane in () if done.again else lanes:
                of.append(d.append(ev.BarrierHeld(lane.id, holder.value)))
                if pulses[lane.id]:
                    of.append(d.append(ev.BarrierCommanded(lane.id, "open", "hold", holder.value)))
            return done

        done = await self.do(person, press.key, work, urgent=True)
        if done.again:
            return done
        late = late_ms(press, self.gate.clock.mono_ms())
        if late:
            await self.do(person, "", lambda d: _undone(d, holder, ending))
            await self.refuse(person, press, late, tuple(of))
        for lane in lanes:
            lane.feed(b.Hold(holder), covered=pulses[lane.id])
        self.gate.changed()
        return done

    async def let_go(self, person: Person, press: Order | None, key: str, holder: b.Holder, ending: Ending) -> Acted:
        """Record by `ending` that it is over, then let go the lanes that it names: the arms come down by themselves when nothing
        is under them. `press` None: no person's press, so it cannot be late."""
        if press is not None:
            await self.in_time(person, press)
        lanes: tuple[str, ...] = ()

        def work(d: Doing) -> Acted:
            nonlocal lanes
            done, lanes = ending(d)
            for lane in lanes:
                d.append(ev.BarrierReleased(lane, holder.value))
            return done

        done = await self.do(person, key, work, urgent=True)
        for name in lanes:
            lane = self.gate.lanes.get(name)
            if lane is not None:
                lane.feed(b.Release(holder))
        self.gate.changed()
        return done

    async def in_time(self, person: Person, press: Order) -> None:
        """Raise NotExecuted, on record, for a press that is too old; the old refusal for one that was refused before."""
        with self.gate.store.reader() as con:
            old = queries.answered(con, press.key, person.user)
        if old is not None:
            _, _, why = old.partition(" ")
            if why and not why.isdigit():
                raise NotExecuted(*sentence(why), code=why)
            return
        late = late_ms(press, self.gate.clock.mono_ms())
        if late:
            await self.refuse(person, press, late)

    async def refuse(
        self, person: Person, press: Order, late: int, of: tuple[int, ...] = (), pass_seq: int = 0
    ) -> NoReturn:
        """On record, and for good. `of`: its own events that are in the journal already, and from which nothing follows."""
        stamp = self.gate.clock.stamp()

        def work(tx: Tx) -> None:
            refused = ev.CommandRefused(press.lane, press.action, "late", late, of, pass_seq)
            seq = tx.append(refused, actor=person.actor, stamp=stamp)
            if of or queries.answered(tx.con, press.key, person.user) is None:
                queries.answer(tx.con, press.key, person.user, f"{seq} late", stamp.at_ms)

        await self.gate.store.transact(work)
        raise NotExecuted(*sentence("late"), code="late")


def _undone(d: Doing, holder: b.Holder, ending: Ending) -> Acted:
    """What was recorded is not carried out."""
    done, lanes = ending(d)
    for lane in lanes:
        d.append(ev.BarrierReleased(lane, holder.value, "late"))
    return done
