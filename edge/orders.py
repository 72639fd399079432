"""Orders: what a person wants of a lane, when it is too late for that, and how it stands in the journal.

An order lives two seconds by the gate's steady clock. Its moment is that of the press: the page's last heartbeat plus the time since
then. So a press that was buffered by bad Wi-Fi is recognised as old whenever it arrives, and is not carried out (tablet.md, rule 1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from edge.clock import Stamp
from edge.domain import barrier as b
from edge.domain import events as ev
from edge.domain.event import Event
from edge.domain.events_technician import RelayTested
from edge.domain.plates import normal
from edge.errors import BadInput, NotExecuted
from edge.lane import Lane
from edge.sentences import sentence
from edge.store import queries
from edge.store.db import Tx

COMMAND_MS = 2_000
"""A late «open» is dangerous."""
HEARTBEAT_MS = 5_000
"""A page that had no heartbeat for so long must not command."""

HEAD_OFFICE = "headoffice"
"""The role (and the beginning of the actor) of what head office sent down."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts."""

    user: str
    role: str

    @property
    def actor(self) -> str:
        """How they stand in the journal: user:li, headoffice:zhang; who has no role is a device or the gate, and stands there by its own name."""
        if self.role == HEAD_OFFICE:
            return f"{HEAD_OFFICE}:{self.user}"
        return f"user:{self.user}" if self.role else self.user


@dataclass(frozen=True, slots=True)
class Order:
    """What a person wants of a lane. `tick`: the last heartbeat's time on the gate's steady clock, `age_ms`: how old it was when pressed."""

    lane: str
    action: str
    reason: str = ""
    plate: str = ""
    tick: int = 0
    age_ms: int = 0
    key: str = ""
    agreed: str = ""
    """The shift leader who agrees to a technician's trial."""


@dataclass(frozen=True, slots=True)
class Done:
    """What became of an order: the number of its event, whether a relay was pulsed, and whether this is an old answer again."""

    seq: int
    pulsed: bool
    phase: str
    ms: int
    again: bool = False


def late_ms(order: Order, now_ms: int) -> int:
    """How late an order is (0: in time)."""
    late = now_ms - (order.tick + max(0, order.age_ms))
    return max(late, 1) if late > COMMAND_MS or late < -COMMAND_MS or order.age_ms > HEARTBEAT_MS else 0


def old_answer(answer: str, lane: Lane) -> Done:
    """The old answer to an order that comes again. Raises NotExecuted when that was a refusal."""
    seq, _, why = answer.partition(" ")
    if why:
        raise NotExecuted(*sentence(why), code=why)
    return Done(int(seq), pulsed=False, phase=lane.state.phase.value, ms=0, again=True)


def table_input(order: Order) -> Callable[[int], b.Input]:
    """The table's input for an order, once the number of its record is known."""
    inputs: dict[str, Callable[[int], b.Input]] = {
        "open": b.Authorised,
        "close": lambda _seq: b.Lower(),
        "stop": lambda _seq: b.Stop(),
        "hold": lambda _seq: b.Hold(b.Holder.GUARD),
        "release": lambda _seq: b.Release(b.Holder.GUARD),
    }
    if order.action not in inputs:
        raise BadInput(f"没有这个操作：{order.action}", f"可用的操作 · known: {', '.join(inputs)}")
    return inputs[order.action]


@dataclass(frozen=True, slots=True)
class Recorded:
    """An order that is in the journal and not yet carried out."""

    numbers: tuple[int, ...]
    """Of its events; that of the one that carries it first."""
    pass_seq: int = 0
    """The pass that it begins or admits; 0: none, or it was admitted before."""
    held_for: str | None = None
    """Why the guard held the arm that it lets go of; None: no guard held it."""


def record(tx: Tx, lane: Lane, order: Order, asked: int, pulses: bool, actor: str, stamp: Stamp) -> Recorded:
    """The events of an order. `asked`: the pass that the guard says yes to."""
    made = _record(tx, lane, order, asked, pulses, actor, stamp)
    if not order.agreed:
        return made
    tested = tx.append(RelayTested(lane.id, order.action, order.agreed), actor=actor, stamp=stamp)
    return replace(made, numbers=(*made.numbers, tested))


def _record(tx: Tx, lane: Lane, order: Order, asked: int, pulses: bool, actor: str, stamp: Stamp) -> Recorded:
    carries: Event
    first, held_for = asked == 0 or not queries.admitted(tx.con, asked), None
    if order.action == "open" and asked:
        carries = ev.PassAdmitted(lane.id, asked, order.reason)
    elif order.action == "open":
        carries = ev.PassOpened(lane.id, lane.table.direction, order.reason, normal(order.plate))
    elif order.action == "hold":
        carries = ev.BarrierHeld(lane.id, "guard", order.reason)
    elif order.action == "release":
        held_for = next(
            (h["reason"] for h in queries.holds(tx.con) if (h["lane"], h["by"]) == (lane.id, "guard")), None
        )
        carries = ev.BarrierReleased(lane.id, "guard", order.reason)
    else:
        commanded = ev.BarrierCommanded(lane.id, order.action, "guard", order.reason, reopen=order.action == "close")
        return Recorded((tx.append(commanded, actor=actor, stamp=stamp),))
    seq = tx.append(carries, actor=actor, stamp=stamp)
    numbers = [seq]
    if pulses:
        pass_seq = (asked or seq) if order.action == "open" else 0
        action = "open" if order.action in ("open", "hold") else "close"
        cause = "guard" if order.action == "open" else order.action
        commanded = ev.BarrierCommanded(lane.id, action, cause, order.reason, pass_seq, action == "close")
        numbers.append(tx.append(commanded, actor=actor, stamp=stamp))
    begun = (asked or seq) if first and order.action == "open" else 0
    return Recorded(tuple(numbers), begun, held_for)
