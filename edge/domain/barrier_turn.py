"""One turn of the barrier's table: the moves that handlers are made of, and what is looked at after every one of them.

A `Turn` holds the state while it changes and the effects that come of it. Nothing else may give a pulse: `open` and `close`
are here, once each, and `close` asserts what must hold (the arm never comes down on a car).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from edge.domain import barrier_state as b
from edge.domain.barrier_state import Action, FaultCode, Line, Objection, Phase
from edge.domain.crossing import GRACE_MS, Seen, Sign, Spot, step

MOTION_FAULTS = (FaultCode.DID_NOT_RISE, FaultCode.DID_NOT_FALL, FaultCode.FORCED, FaultCode.MOVED_BY_HAND)
"""Faults that end when the arm is at a known end again."""
_RAISED = (Phase.RISING, Phase.UP, Phase.HELD)


def unsafe(s: b.BarrierState) -> Objection | None:
    """Why the arm must not come down now, whoever asks: the zone, and who holds it up."""
    if s.fire or b.Holder.FIRE in s.holders:
        return Objection.FIRE
    if s.holders:
        return Objection.HELD
    if s.under:
        return Objection.OCCUPIED
    if s.beam:
        return Objection.BEAM
    guards = {Line.UNDER, Line.BEAM} & s.config.lines
    return Objection.SENSOR_LOST if guards & s.lost else None


def may_close_itself(s: b.BarrierState) -> bool:
    """Auto-close: the business is over, nobody else is admitted, and what guards the arm sees nothing."""
    return (
        s.config.auto_close
        and s.phase is Phase.UP
        and s.over
        and not s.queue
        and s.spot in (Spot.EMPTY, Spot.APPROACH)
        and s.vehicle_line is not None
        and unsafe(s) is None
    )


class Turn:
    """The state on its way, and what is to be done."""

    def __init__(self, s: b.BarrierState, now: int) -> None:
        self.s, self.now = s, now
        self.effects: list[b.Effect] = []

    def set(self, **changes: Any) -> None:
        """Change fields of the state."""
        self.s = replace(self.s, **changes)

    def say(self, *effects: b.Effect) -> None:
        """Add effects, in order."""
        self.effects += effects

    # ---- the arm

    def go(self, phase: Phase, cause: str) -> None:
        """The phase is another one now."""
        was, s = self.s.phase, self.s
        if phase is was:
            return
        ms = -1 if s.commanded_at is None else self.now - s.commanded_at
        self.set(phase=phase)
        if phase in (Phase.UP, Phase.HELD, Phase.DOWN, Phase.STOPPED, Phase.FAULT):
            self.set(commanded_at=None, move_due=None)
        if phase is Phase.DOWN:
            self.set(over=False, warned=False, last_pass=0)
        self.say(b.Moved(was, phase, cause, ms))
        if phase in (Phase.UP, Phase.HELD, Phase.DOWN):
            for code in MOTION_FAULTS:
                self.end(code)

    def arrived_up(self, cause: str) -> None:
        """The arm is up."""
        self.go(Phase.HELD if self.s.holders else Phase.UP, cause)

    def open(self, cause: str) -> None:
        """Pulse open. An arm that is at its upper limit already, and was not falling, is up."""
        falling = self.s.phase is Phase.FALLING
        self.say(b.Pulse(Action.OPEN, cause))
        self.set(cause=cause, commanded_at=self.now, move_due=self.now + self.s.config.rise_ms, warned=False)
        self.go(Phase.RISING, cause)
        if Line.UP_LIMIT in self.s.active and Line.DOWN_LIMIT not in self.s.active and not falling:
            self.arrived_up(cause)

    def close(self, cause: str) -> None:
        """Pulse close. Callers have asked `unsafe` in the same turn."""
        assert unsafe(self.s) is None, "the arm must not come down"
        self.say(b.Pulse(Action.CLOSE, cause))
        self.set(cause=cause, commanded_at=self.now, move_due=self.now + self.s.config.fall_ms)
        self.set(pending=None, ask_due=None, close_due=None)
        self.go(Phase.FALLING, cause)

    # ---- faults

    def begin(self, code: FaultCode, detail: str = "") -> None:
        """A fault begins, once."""
        if all(code is not known for known, _ in self.s.faults):
            self.set(faults=(*self.s.faults, (code, self.now)))
            self.say(b.FaultBegan(code, detail))

    def end(self, code: FaultCode) -> None:
        """It is over, if it was there."""
        for known, since in self.s.faults:
            if known is code:
                self.set(faults=tuple(f for f in self.s.faults if f[0] is not code))
                self.say(b.FaultEnded(code, (self.now - since) // 1000))

    def fault(self, code: FaultCode, detail: str = "") -> None:
        """A fault that leaves the arm's place in doubt."""
        self.begin(code, detail)
        self.go(Phase.FAULT, code.value)

    def has_fault(self, code: FaultCode) -> bool:
        """Whether it is there now."""
        return any(known is code for known, _ in self.s.faults)

    # ---- vehicles

    def feel(self, line: Line, active: bool) -> None:
        """A line that feels vehicles changed: where is the vehicle now?"""
        self.set(warned=False)  # somebody is there: the time of «left open» begins anew
        if line is Line.APPROACH:
            self._see(Seen.A_ON if active else Seen.A_OFF)
        elif line is self.s.vehicle_line:
            self._see(Seen.Z_ON if active else Seen.Z_OFF)
        covered = self.s.under or self.s.beam
        if not covered:
            self.set(under_due=None, under_told=False)
        elif self.s.under_due is None and not self.s.under_told:
            self.set(under_due=self.now + self.s.config.stopped_under_ms)

    def _see(self, seen: Seen) -> None:
        spot, signs = step(self.s.spot, seen, approach_loop=self.s.has(Line.APPROACH))
        self.set(spot=spot, grace_due=self.now + GRACE_MS if spot is Spot.BETWEEN else None)
        for sign in signs:
            self._sign(sign)

    def _sign(self, sign: Sign) -> None:
        match sign:
            case Sign.ARRIVED:
                self.say(b.Waiting())
            case Sign.ENTERED:
                self._entered()
            case Sign.CROSSED:
                self._crossed()
            case Sign.TURNED_BACK:
                gone = self._next()
                self.say(b.TurnedBack(gone))
                self.set(over=self.s.over or gone != 0)
            case Sign.WRONG_WAY:
                self.say(b.WrongWay())

    def _next(self) -> int:
        """Take the next admission; 0 when there is none."""
        if not self.s.queue:
            return 0
        admitted, *rest = self.s.queue
        self.set(queue=tuple(rest), last_pass=admitted.pass_seq)
        return admitted.pass_seq

    def _entered(self) -> None:
        before = self.s.last_pass
        using = self._next()
        self.set(using=using, entered_at=self.now, last_pass=using or before)
        self.say(b.Snap("crossing", using))

    def _crossed(self) -> None:
        using, s = self.s.using or 0, self.s
        if not using and s.last_pass and not s.holders and s.phase is not Phase.DOWN:
            self.say(b.Tailgated(s.last_pass))
        self.say(b.Crossed(using, self.now - s.entered_at if s.using is not None else 0))
        self.set(using=None, over=s.over or bool(s.last_pass))

    # ---- after every turn

    def after(self) -> None:
        """Timers that follow from the state, whatever led to it."""
        s = self.s
        if may_close_itself(s):
            if s.close_due is None and s.pending is None:
                self.set(close_due=self.now + s.config.auto_close_ms)
        else:
            self.set(close_due=None, pending=None, ask_due=None)
        idle = s.phase is Phase.UP and s.spot is Spot.EMPTY and not (s.under or s.beam) and not s.warned
        if not idle:
            self.set(warn_due=None)
        elif s.warn_due is None:
            self.set(warn_due=self.now + s.config.left_open_ms)

    def tick(self) -> None:
        """Whatever is due, but for the arm's own time (that depends on the phase)."""
        if _due(self.s.grace_due, self.now):
            self._see(Seen.LATE)
        self._lapse()
        if _due(self.s.under_due, self.now):
            self.say(b.StoppedUnder(self.s.using or 0, self.s.config.stopped_under_ms // 1000))
            self.set(under_due=None, under_told=True)
        if _due(self.s.warn_due, self.now):
            self.say(b.LeftOpen(self.s.config.left_open_ms // 1000))
            self.set(warn_due=None, warned=True)
        again = self.s.pending is not None and _due(self.s.ask_due, self.now)
        if (again or _due(self.s.close_due, self.now)) and may_close_itself(self.s):
            token = self.s.tokens + 1
            self.set(tokens=token, pending=token, close_due=None, ask_due=self.now + self.s.config.ask_again_ms)
            self.say(b.Ask(token))

    def _lapse(self) -> None:
        """Admissions whose vehicle never came; one that stands before the arm has all the time it wants."""
        late = [a for a in self.s.queue if a.until <= self.now]
        if late and self.s.spot is not Spot.EMPTY:
            until = self.now + self.s.config.authorisation_ms
            self.set(queue=tuple(replace(a, until=max(a.until, until)) for a in self.s.queue))
        elif late:
            self.set(queue=tuple(a for a in self.s.queue if a.until > self.now))
            self.say(*(b.AuthorisationLapsed(a.pass_seq) for a in late))


def _due(when: int | None, now: int) -> bool:
    return when is not None and when <= now


def raised(phase: Phase) -> bool:
    """Whether an opening needs no pulse: the arm is up or on its way."""
    return phase in _RAISED
