"""The rows of the barrier's table for what people and the gate want: admissions, guards' commands, records, the start.

`objection` answers beforehand why a guard's command is not possible now; the handlers ask the same function, so that what
was promised and what is done cannot differ.
"""

from __future__ import annotations

from edge.domain import barrier_words as w
from edge.domain import crossing
from edge.domain.barrier_state import BarrierState, may_close_itself, unsafe
from edge.domain.barrier_turn import Turn
from edge.domain.barrier_words import Action, FaultCode, Holder, Input, Line, Objection, Phase
from edge.domain.crossing import Spot


def objection(s: BarrierState, given: Input) -> Objection | None:
    """Why a guard's command is not possible now: the same truth as the table's, asked before the command is recorded."""
    if isinstance(given, w.Lower):
        return _against_lowering(s)
    if isinstance(given, w.Stop):
        return _against_stopping(s)
    if isinstance(given, w.Hold):
        return Objection.ALREADY if given.holder in s.holders and s.raised else None
    if isinstance(given, w.Release):
        return None if _released(s, given.holder) else Objection.FIRE if s.fire else Objection.NOT_HELD
    return None


def _against_lowering(s: BarrierState) -> Objection | None:
    if s.phase is Phase.FALLING or (s.phase is Phase.DOWN and not _assumed(s)):
        return Objection.ALREADY
    expected = s.spot in (Spot.APPROACH, Spot.BETWEEN) and any(not a.waited for a in s.queue)
    return unsafe(s) or (Objection.EXPECTED if expected else None)


def _against_stopping(s: BarrierState) -> Objection | None:
    if not s.config.stop_relay:
        return Objection.NO_STOP
    if s.fire or Holder.FIRE in s.holders:
        return Objection.FIRE
    at_an_end = s.phase in (Phase.UP, Phase.HELD, Phase.DOWN)
    return Objection.ALREADY if at_an_end and not _assumed(s) else None


def _assumed(s: BarrierState) -> bool:
    """No switch says that the arm is at the end where it is taken to be: it may as well be elsewhere."""
    return not (s.says_down if s.phase is Phase.DOWN else s.says_up)


# ---- admissions ----------------------------------------------------------------------------------------------------


def authorised(t: Turn, given: w.Authorised) -> None:
    """A vehicle may pass: the arm rises."""
    t.admit(given.pass_seq)
    t.open("card")


def admitted(t: Turn, given: w.Authorised) -> None:
    """The arm is up or on its way: one more vehicle may use it."""
    t.admit(given.pass_seq)
    t.insist("card")


# ---- guards --------------------------------------------------------------------------------------------------------


def lower(t: Turn, given: w.Lower) -> None:
    """Down, now or not at all (and where a switch says that it is down, not at all). Admitted vehicles that have not come
    lose their admission."""
    why = objection(t.s, given)
    if why is not None:
        t.say(w.Withheld(Action.CLOSE, why.value))
        return
    t.cancel()
    t.close("guard")


def stop(t: Turn, given: w.Stop) -> None:
    """Stay where it is. At an end there is nothing to stop, if a switch says that it is there."""
    why = objection(t.s, given)
    if why is not None:
        t.say(w.Withheld(Action.STOP, why.value))
        return
    t.stop()


def hold(t: Turn, given: w.Hold) -> None:
    """Up, and stay there, until this one lets go."""
    keep_up(t, given.holder, "hold")


def fire(t: Turn, _given: w.Sensor) -> None:
    """The fire contact holds the arm up until a guard releases it after the contact is clear again."""
    keep_up(t, Holder.FIRE, "fire")


def keep_up(t: Turn, holder: Holder, cause: str) -> None:
    """One more who holds it up."""
    t.set(holders=t.s.holders | {holder})
    if not t.s.raised:
        t.open(cause)
        return
    if t.s.phase is Phase.UP:
        t.go(Phase.HELD, cause)
    t.insist(cause)


def release(t: Turn, given: w.Release) -> None:
    """Whoever held it up lets go: the arm may come down by itself when the way is free."""
    released = _released(t.s, given.holder)
    if released:
        t.unhold(released)


def _released(s: BarrierState, holder: Holder) -> frozenset[Holder]:
    """Who lets go. A guard's word also ends a fire hold, once the contact is clear; fire itself never lets go."""
    released = {holder} & s.holders - {Holder.FIRE}
    if holder is Holder.GUARD and not s.fire:
        released |= {Holder.FIRE} & s.holders
    return frozenset(released)


# ---- the gate ------------------------------------------------------------------------------------------------------


def recorded(t: Turn, given: w.Recorded) -> None:
    """The close is on record: now, if it is still right."""
    if given.token == t.s.pending and may_close_itself(t.s):
        t.close("auto")
    else:
        t.say(w.Withheld(Action.CLOSE, _withheld(t.s)))


def _withheld(s: BarrierState) -> str:
    """Why a close that was recorded is not given any more."""
    if s.phase in (Phase.DOWN, Phase.FALLING):
        return Objection.ALREADY.value
    why = unsafe(s) or (Objection.EXPECTED if s.queue or s.spot not in (Spot.EMPTY, Spot.APPROACH) else None)
    return why.value if why else "late"


def start(t: Turn, given: w.Start) -> None:
    """All that was known is gone; what the sensors say is all there is."""
    was = t.s
    active = given.active & was.config.lines
    t.cancel()
    if was.using:
        t.say(w.AuthorisationLapsed(was.using))
    spot = crossing.at_start(Line.APPROACH in active, was.vehicle_line in active)
    t.s = BarrierState(was.config, was.phase, active, faults=was.faults, spot=spot, tokens=was.tokens)
    t.watch_under()
    t.end(FaultCode.INPUT_LOST)
    if t.s.says_up and t.s.says_down:
        t.fault(FaultCode.CONTRADICTION, "up and down at once")
    elif t.s.says_up:
        t.go(Phase.UP, "start")
    elif t.s.says_down:
        t.go(Phase.DOWN, "start")
    else:
        t.end(FaultCode.CONTRADICTION)
        t.go(Phase.UNKNOWN, "start")
    if t.s.fire:
        keep_up(t, Holder.FIRE, "fire")
