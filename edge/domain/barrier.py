"""The barrier's state table: what an arm does, and what it never does.

    step(state, input, now_ms) → (state, effects)          pure; `state.deadline` says when to feed Tick

The arm has eight phases. What may happen in each is in `TABLE`: for every phase and every kind of input a row with the
handler and the phases that it may lead to. The table is complete, and docs/barrier.md is drawn from it. After each row,
`Turn.after` sets the timers that follow from the state, so a timer cannot be forgotten in a corner.

    barrier_words      phases, lines, inputs, effects         barrier_commands   rows for people and the gate
    barrier_state      what is known, and questions to it     barrier_machine    rows for switches, sensors and time
    barrier_turn       the moves: the only pulses there are   barrier_vehicles   who came, who is under it, who is through

Safety, as it is proven by tests/test_barrier_*.py:

  1. No close pulse while the loop under the arm is covered, the beam is broken, either of them is lost, or anybody holds
     the arm up. `Turn.close` is the only place that makes one, and it asserts it.
  2. Whatever enters while the arm falls, or was told to and has not said that it is down, raises it again in the same turn;
     so does the loss of what guards it. An arm that leaves its upper limit unbidden over a vehicle is raised too.
  3. The arm comes down by itself only when an admitted vehicle has crossed or turned back since it went up, or a holder has
     let go, nobody else is admitted, nobody works the switch at the machine, and the way has been free for auto_close_ms. A guard's «lower» counts at that moment
     or not at all: it is never saved.
  4. Journal, then act: a pulse follows only from an input that is on record (Authorised, Lower, Stop, Hold, Recorded), or
     from one of two standing instructions: reopening, which the close's record carries, and fire.
  5. After a start the phase is unknown until a sensor says otherwise, and nothing moves (but for fire).

Two cars: each admission is one vehicle. A second one that is admitted queues; the arm stays up for it. A vehicle that nobody
admitted and that follows through is told as tailgating. Where the vehicle is, is told by `crossing.py`.

Without limit switches their place is taken by time, and the phase is what is assumed (cause «assumed»). Where nothing but
time says that the arm is up or down, a command is given to it again when a person asks again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edge.domain import barrier_commands as people
from edge.domain import barrier_machine as machine
from edge.domain.barrier_commands import objection
from edge.domain.barrier_state import Admission, BarrierState, Config, Out
from edge.domain.barrier_turn import Turn
from edge.domain.barrier_words import (
    Action,
    Ask,
    AuthorisationLapsed,
    Authorised,
    Crossed,
    Effect,
    FaultBegan,
    FaultCode,
    FaultEnded,
    Hold,
    Holder,
    Input,
    LeftOpen,
    Line,
    Lower,
    Moved,
    Objection,
    Phase,
    Pulse,
    Recorded,
    Release,
    Sensor,
    SensorBack,
    SensorLost,
    Snap,
    Start,
    Stop,
    StoppedUnder,
    Tailgated,
    Tick,
    TurnedBack,
    Waiting,
    Withheld,
    WrongWay,
)

__all__ = [
    "TABLE", "Action", "Admission", "Ask", "AuthorisationLapsed", "Authorised", "BarrierState", "Config", "Crossed", "Effect",
    "FaultBegan", "FaultCode", "FaultEnded", "Hold", "Holder", "Input", "LeftOpen", "Line", "Lower", "Moved", "Objection", "Out",
    "Phase", "Pulse", "Recorded", "Release", "Sensor", "SensorBack", "SensorLost", "Snap", "Start", "Stop", "StoppedUnder",
    "Tailgated", "Tick", "TurnedBack", "Waiting", "Withheld", "WrongWay", "initial", "kind", "objection", "step",
]  # fmt: skip

Handler = Callable[[Turn, Any], None]
_P = Phase


@dataclass(frozen=True, slots=True)
class Row:
    """What is done, and the phases that it may lead to (besides staying)."""

    do: Handler
    to: frozenset[Phase] = frozenset()


def kind(given: Input) -> str:
    """The column of the table: `under+`, `up_limit-`, `authorised`, `tick` …"""
    if isinstance(given, Sensor):
        return f"{given.line.value}{'+' if given.active else '-'}"
    return type(given).__name__.lower()


def initial(config: Config) -> BarrierState:
    """Before the first Start."""
    return BarrierState(config=config)


def step(state: BarrierState, given: Input, now_ms: int) -> tuple[BarrierState, Out]:
    """The next state and what is to be done. Total: it has an answer for every input in every phase."""
    turn = Turn(state, now_ms)
    if isinstance(given, Sensor):
        if (given.line in state.active) == given.active or given.line not in state.config.lines:
            return state, Out()
        turn.set(active=state.active ^ {given.line})
    TABLE[state.phase, kind(given)].do(turn, given)
    return turn.after(), Out(tuple(turn.effects))


def _back(t: Turn, given: SensorBack) -> None:
    """A line can be read again. What it says is taken as its report: a limit switch's in any case, as the phase may differ."""
    line, was_lost = given.line, given.line in t.s.lost
    if line not in t.s.config.lines:
        return
    t.set(lost=t.s.lost - {line})
    if was_lost and not t.s.lost:
        t.end(FaultCode.INPUT_LOST)
    changed = (line in t.s.active) != given.active
    if changed:
        t.set(active=t.s.active ^ {line})
    if changed or (was_lost and line in (Line.UP_LIMIT, Line.DOWN_LIMIT)):
        sensor = Sensor(line, given.active)
        TABLE[t.s.phase, kind(sensor)].do(t, sensor)


_RISING, _UP, _HELD, _DOWN = _P.RISING, _P.UP, _P.HELD, _P.DOWN
_FALLING, _STOPPED, _FAULT, _UNKNOWN = _P.FALLING, _P.STOPPED, _P.FAULT, _P.UNKNOWN


def _row(do: Handler, *to: Phase) -> Row:
    return Row(do, frozenset(to))


_EVERYWHERE: dict[str, Row] = {
    "approach+": _row(machine.felt),
    "approach-": _row(machine.felt),
    "under+": _row(machine.felt),
    "under-": _row(machine.felt),
    "beam+": _row(machine.felt),
    "beam-": _row(machine.felt),
    "up_limit+": _row(machine.is_up),
    "up_limit-": _row(machine.off),
    "down_limit+": _row(machine.is_down, _DOWN, _FAULT),
    "down_limit-": _row(machine.off),
    "fire+": _row(people.fire, _RISING),
    "fire-": _row(machine.nothing),
    "hand+": _row(machine.hand),
    "hand-": _row(machine.hand),
    "sensorlost": _row(machine.lost),
    "sensorback": _row(_back),  # leads where the reports lead: filled in below
    "authorised": _row(people.authorised, _RISING),
    "lower": _row(people.lower, _FALLING),
    "stop": _row(people.stop, _STOPPED),
    "hold": _row(people.hold, _RISING),
    "release": _row(people.release),
    "recorded": _row(people.recorded),
    "tick": _row(machine.tick),
    "start": _row(people.start, _UNKNOWN, _DOWN, _RISING, _UP, _HELD, _FAULT),
}
"""What holds in every phase, unless the phase says otherwise."""

_IN: dict[Phase, dict[str, Row]] = {
    _P.UNKNOWN: {
        "up_limit+": _row(machine.is_up, _UP, _HELD),
        "down_limit+": _row(machine.is_down, _DOWN),
        "stop": _row(people.stop),
    },
    _P.DOWN: {
        "up_limit+": _row(machine.raised_by_hand, _FAULT),
        "down_limit+": _row(machine.is_down),
        "down_limit-": _row(machine.forced, _FAULT),
    },
    _P.RISING: {
        "up_limit+": _row(machine.risen, _UP, _HELD, _FAULT),
        "down_limit+": _row(machine.fell_back, _FAULT),
        "down_limit-": _row(machine.off_rising, _UP, _HELD),
        "authorised": _row(people.admitted),
        "hold": _row(people.hold),
        "fire+": _row(people.fire),
        "tick": _row(machine.tick_rising, _UP, _HELD, _FAULT),
    },
    _P.UP: {
        "up_limit-": _row(machine.left_up, _FAULT, _RISING),
        "authorised": _row(people.admitted),
        "hold": _row(people.hold, _HELD),
        "fire+": _row(people.fire, _HELD),
        "recorded": _row(people.recorded, _FALLING),
    },
    _P.FALLING: {
        "under+": _row(machine.felt_falling, _RISING),
        "beam+": _row(machine.felt_falling, _RISING),
        "sensorlost": _row(machine.lost, _RISING),
        "up_limit+": _row(machine.is_up, _UP, _FAULT),
        "lower": _row(people.lower),
        "tick": _row(machine.tick_falling, _DOWN, _FAULT),
    },
    _P.STOPPED: {
        "up_limit+": _row(machine.is_up, _UP, _HELD, _FAULT),
        "authorised": _row(people.authorised, _RISING, _UP, _HELD),
        "hold": _row(people.hold, _RISING, _HELD),
        "fire+": _row(people.fire, _RISING, _HELD),
        "lower": _row(people.lower, _FALLING, _DOWN),
    },
    _P.HELD: {
        "up_limit-": _row(machine.left_up, _FAULT, _RISING),
        "down_limit+": _row(machine.is_down, _DOWN, _RISING, _FAULT),
        "authorised": _row(people.admitted),
        "hold": _row(people.hold),
        "fire+": _row(people.fire),
        "lower": _row(people.lower),
        "release": _row(people.release, _UP),
    },
    _P.FAULT: {
        "under+": _row(machine.felt_falling, _RISING),
        "beam+": _row(machine.felt_falling, _RISING),
        "sensorlost": _row(machine.lost, _RISING),
        "up_limit+": _row(machine.fault_up, _UP, _HELD),
        "up_limit-": _row(machine.fault_off, _DOWN, _UNKNOWN, _RISING, _FALLING),
        "down_limit+": _row(machine.is_down, _DOWN, _RISING),
        "down_limit-": _row(machine.fault_off, _UP, _HELD, _UNKNOWN, _RISING, _FALLING),
        "authorised": _row(people.authorised, _RISING, _UP, _HELD),
        "hold": _row(people.hold, _RISING, _HELD),
        "fire+": _row(people.fire, _RISING, _HELD),
        "lower": _row(people.lower, _FALLING, _DOWN),
        "stop": _row(people.stop),
        "tick": _row(machine.tick, _RISING, _HELD),
    },
}


def _complete() -> dict[tuple[Phase, str], Row]:
    """Every phase with every column; a line that is back leads wherever its reports may lead."""
    table = {(phase, column): _IN[phase].get(column, row) for phase in Phase for column, row in _EVERYWHERE.items()}
    for phase in Phase:
        reports = (table[phase, f"{line.value}{sign}"].to for line in Line for sign in "+-")
        table[phase, "sensorback"] = Row(_back, frozenset().union(*reports) - {phase})
    return table


TABLE: dict[tuple[Phase, str], Row] = _complete()
"""(phase, kind of input) → row. Complete: a test visits every one."""
