"""The barrier's state table: what an arm does, and what it never does.

    step(state, input, now_ms) → (state, effects)          pure; `state.deadline` says when to feed Tick

The arm has eight phases. What may happen in each is in `TABLE`: for every phase and every kind of input a row with the
handler and the phases that it may lead to. The table is complete, and docs/barrier.md is drawn from it. After each row,
`Turn.after` sets the timers that follow from the state, so a timer cannot be forgotten in a corner.

Safety, as it is proven by tests/test_barrier_*.py:

  1. No close pulse while the loop under the arm is covered, the beam is broken, either of them is lost, or anybody holds
     the arm up. `Turn.close` is the only place that makes one, and it asserts it.
  2. While the arm falls (or was told to and has not said that it is down) whatever enters raises it again at once.
  3. The arm comes down by itself only when the vehicle it went up for has crossed or turned back, nobody else is admitted,
     and the way has been free for auto_close_ms. A guard's «lower» counts at that moment or not at all: it is never saved.
  4. Journal, then act: a pulse follows only from an input that is on record (Authorised, Lower, Stop, Hold, Recorded), or
     from one of two standing instructions: reopening, which the close's record carries, and fire.
  5. After a start the phase is unknown until a sensor says otherwise, and nothing moves (but for fire).

Two cars: each admission is one vehicle. A second one that is admitted queues; the arm stays up for it. A vehicle that nobody
admitted and that follows through is told as tailgating. Where the vehicle is, is told by `crossing.py`.

Without limit switches their place is taken by time, and the phase is what is assumed (cause «assumed»).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from edge.domain import crossing
from edge.domain.barrier_state import (
    Action,
    Admission,
    Ask,
    AuthorisationLapsed,
    Authorised,
    BarrierState,
    Config,
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
    Out,
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
from edge.domain.barrier_turn import Turn, may_close_itself, raised, unsafe

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
    turn.after()
    return turn.s, Out(tuple(turn.effects))


def objection(state: BarrierState, given: Input) -> Objection | None:
    """Why a guard's command is not possible now: the same truth as the table's, asked before the command is recorded."""
    s = state
    if isinstance(given, Lower):
        if s.phase in (_P.DOWN, _P.FALLING):
            return Objection.ALREADY
        return unsafe(s) or (Objection.EXPECTED if s.queue and s.approach else None)
    if isinstance(given, Stop):
        if not s.config.stop_relay:
            return Objection.NO_STOP
        return None if s.phase in (_P.RISING, _P.FALLING, _P.UNKNOWN, _P.FAULT) else Objection.ALREADY
    if isinstance(given, Hold):
        return Objection.ALREADY if given.holder in s.holders else None
    if isinstance(given, Release):
        return None if _released(s, given.holder) else Objection.FIRE if s.fire else Objection.NOT_HELD
    return None


# ---- commands ----------------------------------------------------------------------------------------------------


def _authorised(t: Turn, given: Authorised) -> None:
    _admit(t, given)
    t.open("card")


def _admitted(t: Turn, given: Authorised) -> None:
    """The arm is up or on its way: one more vehicle may use it."""
    _admit(t, given)


def _admit(t: Turn, given: Authorised) -> None:
    """Each pass is one vehicle, however often its card is held to the reader."""
    until = t.now + t.s.config.authorisation_ms
    if given.pass_seq == t.s.using:
        return
    others = tuple(a for a in t.s.queue if a.pass_seq != given.pass_seq)
    if len(others) < len(t.s.queue):
        t.set(queue=tuple(replace(a, until=until) if a.pass_seq == given.pass_seq else a for a in t.s.queue))
    else:
        t.set(queue=(*others, Admission(given.pass_seq, until)), over=False)


def _lower(t: Turn, given: Lower) -> None:
    why = objection(t.s, given)
    if why is not None:
        t.say(Withheld(Action.CLOSE, why.value))
        return
    t.say(*(AuthorisationLapsed(a.pass_seq) for a in t.s.queue))
    t.set(queue=())
    t.close("guard")


def _stop(t: Turn, given: Stop) -> None:
    why = objection(t.s, given)
    if why is not None:
        t.say(Withheld(Action.STOP, why.value))
        return
    t.say(Pulse(Action.STOP, "guard"))
    if t.s.phase in (_P.RISING, _P.FALLING):
        t.go(_P.STOPPED, "guard")


def _hold(t: Turn, given: Hold) -> None:
    _keep_up(t, given.holder, "hold")


def _keep_up(t: Turn, holder: Holder, cause: str) -> None:
    t.set(holders=t.s.holders | {holder})
    if not raised(t.s.phase):
        t.open(cause)
    elif t.s.phase is _P.UP:
        t.go(_P.HELD, cause)


def _release(t: Turn, given: Release) -> None:
    """Whoever held it up lets go: the arm may come down by itself when the way is free."""
    released = _released(t.s, given.holder)
    if not released:
        return
    t.set(holders=t.s.holders - released)
    if not t.s.holders:
        t.set(over=True)
        if t.s.phase is _P.HELD:
            t.go(_P.UP, "release")


def _released(s: BarrierState, holder: Holder) -> frozenset[Holder]:
    """Who lets go. A guard's word also ends a fire hold, once the contact is clear; fire itself never lets go."""
    released = {holder} & s.holders - {Holder.FIRE}
    if holder is Holder.GUARD and not s.fire:
        released |= {Holder.FIRE} & s.holders
    return frozenset(released)


def _recorded(t: Turn, given: Recorded) -> None:
    """The close is on record: now, if it is still right."""
    if given.token == t.s.pending and may_close_itself(t.s):
        t.close("auto")
    else:
        why = unsafe(t.s)
        t.say(Withheld(Action.CLOSE, why.value if why else Objection.EXPECTED.value))


def _start(t: Turn, given: Start) -> None:
    """All that was known is gone; what the sensors say is all there is."""
    config, faults = t.s.config, t.s.faults
    active = given.active & config.lines
    vehicle = t.s.vehicle_line
    t.s = BarrierState(config=config, phase=t.s.phase, active=active, tokens=t.s.tokens, faults=faults)
    t.set(spot=crossing.at_start(Line.APPROACH in active, vehicle in active))
    if t.s.under or t.s.beam:
        t.set(under_due=t.now + config.stopped_under_ms)
    if {Line.UP_LIMIT, Line.DOWN_LIMIT} <= active:
        t.fault(FaultCode.CONTRADICTION, "up and down at once")
    elif Line.UP_LIMIT in active:
        t.go(_P.UP, "start")
    elif Line.DOWN_LIMIT in active:
        t.go(_P.DOWN, "start")
    else:
        t.go(_P.UNKNOWN, "start")
    if Line.FIRE in active:
        _keep_up(t, Holder.FIRE, "fire")


# ---- vehicles and what guards the arm ------------------------------------------------------------------------------


def _felt(t: Turn, given: Sensor) -> None:
    t.feel(given.line, given.active)


def _felt_falling(t: Turn, given: Sensor) -> None:
    """Something enters while the arm comes down: up again, at once."""
    t.feel(given.line, given.active)
    t.open("reopen")


def _felt_in_fault(t: Turn, given: Sensor) -> None:
    """An arm between its ends may be coming down, whoever moves it."""
    t.feel(given.line, given.active)
    between = not {Line.UP_LIMIT, Line.DOWN_LIMIT} & t.s.active
    if between and (t.has_fault(FaultCode.DID_NOT_FALL) or t.has_fault(FaultCode.MOVED_BY_HAND)):
        t.open("reopen")


def _fire(t: Turn, _given: Sensor) -> None:
    _keep_up(t, Holder.FIRE, "fire")


def _nothing(_t: Turn, _given: Input) -> None:
    """Known, and without consequence here."""


def _lost(t: Turn, given: SensorLost) -> None:
    if given.line not in t.s.config.lines:
        return
    t.set(lost=t.s.lost | {given.line})
    t.begin(FaultCode.INPUT_LOST, given.line.value)
    if t.s.phase is _P.FALLING and given.line in (Line.UNDER, Line.BEAM):
        t.open("reopen")


def _back(t: Turn, given: SensorBack) -> None:
    if given.line not in t.s.lost:
        return
    t.set(lost=t.s.lost - {given.line})
    if not t.s.lost:
        t.end(FaultCode.INPUT_LOST)
    if (given.line in t.s.active) != given.active:
        t.set(active=t.s.active ^ {given.line})
        sensor = Sensor(given.line, given.active)
        TABLE[t.s.phase, kind(sensor)].do(t, sensor)


# ---- the arm's own switches ----------------------------------------------------------------------------------------


def _both(t: Turn) -> bool:
    """Up and down at once: one of the switches lies."""
    if {Line.UP_LIMIT, Line.DOWN_LIMIT} <= t.s.active:
        t.fault(FaultCode.CONTRADICTION, "up and down at once")
        return True
    return False


def _is_up(t: Turn, _given: Sensor) -> None:
    if not _both(t):
        t.arrived_up(t.s.cause if t.s.phase is _P.RISING else "machine")


def _fell_back(t: Turn, _given: Sensor) -> None:
    """Down again on its way up: its time will run out."""
    _both(t)


def _is_down(t: Turn, _given: Sensor) -> None:
    if not _both(t):
        t.go(_P.DOWN, t.s.cause if t.s.phase is _P.FALLING else "by-hand")


def _raised_by_hand(t: Turn, _given: Sensor) -> None:
    if not _both(t):
        t.fault(FaultCode.MOVED_BY_HAND, "raised")


def _forced(t: Turn, _given: Sensor) -> None:
    t.fault(FaultCode.FORCED, "left its lower limit")


def _left_up(t: Turn, _given: Sensor) -> None:
    """It leaves its upper limit and nobody told it to. Over a vehicle, or in a fire, it goes up again."""
    held_by_fire, over_somebody = Holder.FIRE in t.s.holders, t.s.under or t.s.beam
    t.fault(FaultCode.MOVED_BY_HAND, "left its upper limit")
    if held_by_fire or over_somebody:
        t.open("fire" if held_by_fire else "reopen")


def _fault_up(t: Turn, _given: Sensor) -> None:
    """In a fault the arm says that it is up: known again, unless somebody has brought it there by hand from below."""
    if _both(t):
        return
    if t.has_fault(FaultCode.FORCED):
        t.end(FaultCode.FORCED)
        t.begin(FaultCode.MOVED_BY_HAND, "raised")
    else:
        t.arrived_up("machine")


def _fault_off(t: Turn, _given: Sensor) -> None:
    """A limit switch lets go: if both had spoken, one of them is believed again."""
    if t.has_fault(FaultCode.CONTRADICTION):
        t.end(FaultCode.CONTRADICTION)
        if Line.UP_LIMIT in t.s.active:
            t.arrived_up("machine")
        elif Line.DOWN_LIMIT in t.s.active:
            t.go(_P.DOWN, "machine")
        else:
            t.go(_P.UNKNOWN, "machine")


# ---- time ----------------------------------------------------------------------------------------------------------


def _tick(t: Turn, _given: Tick) -> None:
    t.tick()


def _tick_rising(t: Turn, _given: Tick) -> None:
    t.tick()
    if t.s.move_due is not None and t.s.move_due <= t.now:
        if t.s.has(Line.UP_LIMIT) and Line.UP_LIMIT not in t.s.active:
            t.fault(FaultCode.DID_NOT_RISE, f"after {t.s.config.rise_ms // 1000} s")
        else:
            t.arrived_up(t.s.cause if Line.UP_LIMIT in t.s.active else "assumed")


def _tick_falling(t: Turn, _given: Tick) -> None:
    t.tick()
    if t.s.move_due is not None and t.s.move_due <= t.now:
        if t.s.has(Line.DOWN_LIMIT) or Line.UP_LIMIT in t.s.active:
            t.fault(FaultCode.DID_NOT_FALL, f"after {t.s.config.fall_ms // 1000} s")
        else:
            t.go(_P.DOWN, "assumed")


# ---- the table -----------------------------------------------------------------------------------------------------

_UPWARD = frozenset({_P.RISING, _P.UP, _P.HELD})
_STARTED = frozenset({_P.UNKNOWN, _P.DOWN, _P.UP, _P.HELD, _P.RISING, _P.FAULT})
_UP_OR_FAULT = frozenset({_P.UP, _P.HELD, _P.FAULT})
_DOWN_OR_FAULT = frozenset({_P.DOWN, _P.FAULT})


def _row(do: Handler, *to: Phase | frozenset[Phase]) -> Row:
    return Row(do, frozenset().union(*(p if isinstance(p, frozenset) else {p} for p in to)))


_EVERYWHERE: dict[str, Row] = {
    "approach+": _row(_felt),
    "approach-": _row(_felt),
    "under+": _row(_felt),
    "under-": _row(_felt),
    "beam+": _row(_felt),
    "beam-": _row(_felt),
    "up_limit+": _row(_is_up, _UP_OR_FAULT),
    "up_limit-": _row(_nothing),
    "down_limit+": _row(_is_down, _DOWN_OR_FAULT),
    "down_limit-": _row(_nothing),
    "fire+": _row(_fire, _UPWARD),
    "fire-": _row(_nothing),
    "sensorlost": _row(_lost),
    "sensorback": _row(_back, frozenset(Phase)),
    "authorised": _row(_authorised, _UPWARD),
    "lower": _row(_lower, _P.FALLING),
    "stop": _row(_stop),
    "hold": _row(_hold, _UPWARD),
    "release": _row(_release),
    "recorded": _row(_recorded),
    "tick": _row(_tick),
    "start": _row(_start, _STARTED),
}
"""What holds in every phase, unless the phase says otherwise."""

_IN: dict[Phase, dict[str, Row]] = {
    _P.UNKNOWN: {},
    _P.DOWN: {
        "up_limit+": _row(_raised_by_hand, _P.FAULT),
        "down_limit-": _row(_forced, _P.FAULT),
        "lower": _row(_lower),
    },
    _P.RISING: {
        "down_limit+": _row(_fell_back, _P.FAULT),
        "authorised": _row(_admitted),
        "hold": _row(_hold),
        "fire+": _row(_fire),
        "stop": _row(_stop, _P.STOPPED),
        "tick": _row(_tick_rising, _UP_OR_FAULT),
    },
    _P.UP: {
        "up_limit-": _row(_left_up, _P.FAULT, _UPWARD),
        "authorised": _row(_admitted),
        "hold": _row(_hold, _P.HELD),
        "fire+": _row(_fire, _P.HELD),
        "recorded": _row(_recorded, _P.FALLING),
    },
    _P.FALLING: {
        "under+": _row(_felt_falling, _UPWARD),
        "beam+": _row(_felt_falling, _UPWARD),
        "sensorlost": _row(_lost, _UPWARD),
        "lower": _row(_lower),
        "stop": _row(_stop, _P.STOPPED),
        "tick": _row(_tick_falling, _DOWN_OR_FAULT),
    },
    _P.STOPPED: {},
    _P.HELD: {
        "up_limit-": _row(_left_up, _P.FAULT, _UPWARD),
        "authorised": _row(_admitted),
        "hold": _row(_hold),
        "fire+": _row(_fire),
        "lower": _row(_lower),
        "release": _row(_release, _P.UP),
    },
    _P.FAULT: {
        "under+": _row(_felt_in_fault, _UPWARD),
        "beam+": _row(_felt_in_fault, _UPWARD),
        "up_limit+": _row(_fault_up, _UP_OR_FAULT),
        "up_limit-": _row(_fault_off, _P.UP, _P.HELD, _P.DOWN, _P.UNKNOWN),
        "down_limit-": _row(_fault_off, _P.UP, _P.HELD, _P.DOWN, _P.UNKNOWN),
    },
}

TABLE: dict[tuple[Phase, str], Row] = {
    (phase, column): _IN[phase].get(column, row) for phase in Phase for column, row in _EVERYWHERE.items()
}
"""(phase, kind of input) → row. Complete: a test visits every one."""
