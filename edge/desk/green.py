"""The green way's service (V6, V7): one touch on any tablet or on the button at the post holds the lanes open, another lets them go."""

from __future__ import annotations

from functools import partial

from edge.desk import words_escort as words
from edge.desk.holding import Holding
from edge.domain import barrier as b
from edge.domain import events_escort as ev
from edge.domain import green
from edge.domain.green import State
from edge.gate import Gate
from edge.orders import Order, Person
from edge.service import Acted, Doing
from edge.store import queries_escort as q

BUTTON = Person("device:green-way.button", "")
AGAIN_MS = 3_000
"""A second press of the button within this is the same one: nobody releases an ambulance by pressing twice in haste."""


class GreenWay(Holding):
    """Over a Gate; `names` are the lanes that it holds open (none: all)."""

    def __init__(self, gate: Gate, names: tuple[str, ...] = ()) -> None:
        super().__init__(gate)
        self._names = names
        self._pressed_ms: int | None = None

    # ---- looking

    def rows(self) -> list[q.Row]:
        """The last green ways with what went through, newest first."""
        with self.gate.store.reader() as con:
            rows = q.escort_rows(con, "convoy = 0")
            return [row | {"passed": q.passed(con, row["escort"])} for row in rows]

    # ---- doing

    async def open(self, person: Person, press: Order, source: str = "page") -> Acted:
        """Hold the lanes open at once. Open already (another tablet was quicker): that one, with `again`. Raises NotExecuted."""
        lanes = self.lanes(self._names)

        def action(d: Doing) -> Acted:
            was = q.green_now(d.con)
            if was is not None and was.state is State.OPEN:
                return Acted(was.id, was.id, again=True)
            if was is not None:
                d.append(ev.GreenReleased(was.id, was.lanes, was.crossings, "restart"), green.rule_of(was.kind))
            seq = d.append(ev.GreenOpened(green.FIRST, tuple(lane.id for lane in lanes), source), "V6")
            return Acted(seq, seq)

        return await self.hold(person, press, lanes, b.Holder.EMERGENCY, action, partial(_over, 0, "late"))

    async def name(self, person: Person, number: int, kind: str, key: str = "") -> Acted:
        """Say what it is for. Raises BadInput, NotExecuted."""

        def action(d: Doing) -> Acted:
            was = q.escort(d.con, number)
            words.require(green.against_naming(was, kind))
            assert was is not None
            if was.kind == kind:
                return Acted(number, number, again=True)
            return Acted(d.append(ev.GreenNamed(number, kind, was.kind), green.rule_of(kind)), number)

        return await self.do(person, key, action)

    async def release(self, person: Person, number: int, press: Order) -> Acted:
        """Let the lanes go; what is still under an arm is respected by its table. After a restart: it is no longer needed."""
        return await self.let_go(person, press, press.key, b.Holder.EMERGENCY, partial(_over, number, "asked"))

    async def button(self, press: Order) -> None:
        """The button at the post: opens, and when it is open lets go. Raises NotExecuted."""
        now = self.gate.clock.mono_ms()
        if self._pressed_ms is not None and now - self._pressed_ms < AGAIN_MS:
            return
        self._pressed_ms = now
        with self.gate.store.reader() as con:
            was = q.green_now(con)
        if was is not None and was.state is State.OPEN:
            await self.release(BUTTON, was.id, press)
        else:
            await self.open(BUTTON, press, "button")


def _over(number: int, why: str, d: Doing) -> tuple[Acted, tuple[str, ...]]:
    """Release a green way (0: the one that is open)."""
    was = q.escort(d.con, number) if number else q.green_now(d.con)
    if was is None or was.convoy or was.state is State.RELEASED:
        return Acted(number, number, again=True), ()
    said = "restart" if was.state is State.INTERRUPTED else why
    seq = d.append(ev.GreenReleased(was.id, was.lanes, was.crossings, said), green.rule_of(was.kind))
    return Acted(seq, was.id), was.lanes if was.state is State.OPEN else ()
