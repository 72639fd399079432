"""The rows of the barrier's table for what the machine and the sensors say, and for time.

The limit switches are believed as far as they go: an arm that reaches or leaves an end without a command was moved by
somebody; both ends at once is a contradiction, and nothing is known until one of them lets go.
"""

from __future__ import annotations

from edge.domain import barrier_words as w
from edge.domain.barrier_state import ZONE, by_hand, in_its_way, may_be_falling
from edge.domain.barrier_turn import Turn
from edge.domain.barrier_words import FaultCode, Holder, Line, Phase

# ---- vehicles and what guards the arm ------------------------------------------------------------------------------


def felt(t: Turn, given: w.Sensor) -> None:
    """Something comes or goes, and the arm has nothing to do with it."""
    t.feel(given.line, given.active)


def felt_falling(t: Turn, given: w.Sensor) -> None:
    """Something enters: where the arm may be coming down, up again, at once."""
    t.feel(given.line, given.active)
    _reopen(t)


def _reopen(t: Turn) -> None:
    if may_be_falling(t.s, t.now) and in_its_way(t.s):
        t.open("reopen")


def lost(t: Turn, given: w.SensorLost) -> None:
    """A line cannot be read any more. What guards the arm counts as covered; a limit switch or the approach loop as absent."""
    line = given.line
    if not t.s.has(line):
        return
    t.set(lost=t.s.lost | {line})
    t.begin(FaultCode.INPUT_LOST, line.value)
    if line is Line.APPROACH:
        t.lose_approach()
    elif line in (Line.UP_LIMIT, Line.DOWN_LIMIT, Line.HAND):
        t.set(active=t.s.active - {line})
    elif line in ZONE:
        _reopen(t)


def hand(t: Turn, _given: w.Sensor) -> None:
    """Somebody at the machine: what the arm does from now on needs no other explanation, and it does not come down by itself meanwhile."""
    t.set(hand_until=t.now + t.s.config.hand_ms)


def nothing(_t: Turn, _given: w.Input) -> None:
    """Known, and without consequence here."""


# ---- the arm's own switches ----------------------------------------------------------------------------------------


def _both(t: Turn) -> bool:
    """Up and down at once: one of the switches lies."""
    if t.s.says_up and t.s.says_down:
        t.fault(FaultCode.CONTRADICTION, "up and down at once")
        return True
    return False


def is_up(t: Turn, _given: w.Sensor) -> None:
    """At its upper limit, and nobody had told it to: what somebody has raised by hand stays up."""
    if not _both(t) and t.s.phase not in (Phase.UP, Phase.HELD):
        t.found_up()


def risen(t: Turn, _given: w.Sensor) -> None:
    """At its upper limit, as it was told to."""
    if not _both(t):
        t.arrived_up(t.s.cause)


def fell_back(t: Turn, _given: w.Sensor) -> None:
    """Down again on its way up: its time will run out."""
    _both(t)


def is_down(t: Turn, _given: w.Sensor) -> None:
    """At its lower limit: as it was told to, even if late, or somebody has brought it there."""
    if not _both(t):
        t.arrived_down(t.s.cause if t.s.closing is not None else "by-hand")


def raised_by_hand(t: Turn, _given: w.Sensor) -> None:
    """An arm that was down says that it is up."""
    if not _both(t):
        t.fault(FaultCode.MOVED_BY_HAND, "raised")


def forced(t: Turn, _given: w.Sensor) -> None:
    """An arm that was down leaves its lower limit, and nobody had told it to: forced, or raised by the switch at the machine."""
    if by_hand(t.s, t.now):
        t.fault(FaultCode.MOVED_BY_HAND, "left its lower limit")
    else:
        t.fault(FaultCode.FORCED, "left its lower limit")


def left_up(t: Turn, _given: w.Sensor) -> None:
    """It leaves its upper limit and nobody told it to. Over a vehicle, or in a fire, it goes up again."""
    t.fault(FaultCode.MOVED_BY_HAND, "left its upper limit")
    if Holder.FIRE in t.s.holders:
        t.open("fire")
    else:
        _reopen(t)


def off(t: Turn, _given: w.Sensor) -> None:
    """A limit switch lets go: if both had spoken, they no longer contradict each other."""
    t.end(FaultCode.CONTRADICTION)


def off_rising(t: Turn, _given: w.Sensor) -> None:
    """The lower limit lets go at last: an arm that says that it is up can be believed now."""
    t.end(FaultCode.CONTRADICTION)
    if t.s.says_up:
        t.arrived_up(t.s.cause)


def fault_up(t: Turn, _given: w.Sensor) -> None:
    """In a fault the arm says that it is up: known again, unless somebody has brought it there by hand from below."""
    if _both(t):
        return
    if t.s.has_fault(FaultCode.FORCED):
        t.end(FaultCode.FORCED)
        t.begin(FaultCode.MOVED_BY_HAND, "raised")
    else:
        t.found_up()


def fault_off(t: Turn, _given: w.Sensor) -> None:
    """In a fault a limit switch lets go. After a contradiction the other one is believed again; an arm that may be coming
    down goes up again over whoever is there."""
    if t.s.has_fault(FaultCode.CONTRADICTION):
        t.end(FaultCode.CONTRADICTION)
        _believe(t)
    if Holder.FIRE not in t.s.holders:
        _reopen(t)
    elif not t.s.raised:
        t.open("fire")


def _believe(t: Turn) -> None:
    """Where the arm is, now that the switches agree."""
    still_falling = t.s.closing is not None and t.now < t.s.closing
    if t.s.says_down:
        t.arrived_down("machine")
    elif still_falling:
        t.set(move_due=t.s.closing)
        t.go(Phase.FALLING, "machine")
    elif t.s.says_up:
        t.found_up()
    else:
        t.go(Phase.UNKNOWN, "machine")


# ---- time ----------------------------------------------------------------------------------------------------------


def tick(t: Turn, _given: w.Tick) -> None:
    """Time, for an arm that is at rest: admissions lapse, the guard is told, a close is asked for; in a fire it is told again
    to rise."""
    t.tick()


def tick_rising(t: Turn, _given: w.Tick) -> None:
    """Time, for an arm that should be up by now."""
    t.tick()
    if not t.due(t.s.move_due) or _both(t):
        return
    if t.s.says_up:
        t.arrived_up(t.s.cause)
    elif t.s.says_down or t.s.has(Line.UP_LIMIT):
        t.fault(FaultCode.DID_NOT_RISE, f"after {t.s.config.rise_ms // 1000} s")
    else:
        t.arrived_up("assumed")


def tick_falling(t: Turn, _given: w.Tick) -> None:
    """Time, for an arm that should be down by now. It is not told again: a guard looks at it first."""
    t.tick()
    if not t.due(t.s.move_due) or _both(t):
        return
    if t.s.says_down:
        t.arrived_down(t.s.cause)
    elif t.s.says_up or t.s.has(Line.DOWN_LIMIT):
        t.fault(FaultCode.DID_NOT_FALL, f"after {t.s.config.fall_ms // 1000} s")
    else:
        t.arrived_down("assumed")
