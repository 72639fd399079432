"""One turn of the barrier's table: the moves that handlers are made of, and what is looked at after every one of them.

A `Turn` holds the state while it changes and the effects that come of it. Nothing else may give a pulse: `open`, `insist`,
`close` and `stop` are here, once each, and `close` asserts what must hold (the arm never comes down on a car). What
vehicles do is in `barrier_vehicles.py`.
"""

from __future__ import annotations

from dataclasses import replace

from edge.domain import barrier_words as w
from edge.domain.barrier_state import BarrierState, may_close_itself, unsafe
from edge.domain.barrier_vehicles import Vehicles
from edge.domain.barrier_words import Action, FaultCode, Holder, Line, Phase
from edge.domain.crossing import Seen

PLACE_FAULTS = (
    FaultCode.DID_NOT_RISE,
    FaultCode.DID_NOT_FALL,
    FaultCode.FORCED,
    FaultCode.MOVED_BY_HAND,
    FaultCode.CONTRADICTION,
)
"""Faults that leave the arm's place in doubt: they end when it is at a known end again."""
_ENDS = (Phase.UP, Phase.HELD, Phase.DOWN)
_AT_REST = (Phase.UNKNOWN, *_ENDS, Phase.STOPPED, Phase.FAULT)


class Turn(Vehicles):
    """The state on its way, and what is to be done."""

    # ---- the arm

    def go(self, phase: Phase, cause: str) -> None:
        """The phase is another one now."""
        was, commanded = self.s.phase, self.s.commanded_at
        if phase is was:
            return
        self.set(phase=phase)
        if phase in _AT_REST:
            self.set(commanded_at=None, move_due=None)
        if phase not in (Phase.FALLING, Phase.FAULT):
            self.set(closing=None)
        if phase is Phase.DOWN:
            self.set(over=False, warned=False, last_pass=0)
        self.say(w.Moved(was, phase, cause, -1 if commanded is None else self.now - commanded))
        if phase in _ENDS:
            for code in PLACE_FAULTS:
                self.end(code)

    def arrived_up(self, cause: str) -> None:
        """The arm is up as it was told to, or time says so."""
        self.go(Phase.HELD if self.s.holders else Phase.UP, cause)

    def found_up(self) -> None:
        """The arm is up and nobody had told it to: what somebody has raised by hand, nobody lowers unasked."""
        self.set(over=False)
        self.arrived_up("machine")

    def arrived_down(self, cause: str) -> None:
        """The arm is down; in a fire it rises again at once."""
        self.go(Phase.DOWN, cause)
        if Holder.FIRE in self.s.holders:
            self.open("fire")

    def open(self, cause: str) -> None:
        """Pulse open. An arm that is at its upper limit already, and was not falling, is up."""
        falling = self.s.phase is Phase.FALLING
        self.say(w.Pulse(Action.OPEN, cause))
        self.set(cause=cause, commanded_at=self.now, move_due=self.now + self.s.config.rise_ms, warned=False)
        if cause != "reopen":
            self.set(over=False, last_pass=0)
        self.go(Phase.RISING, cause)
        if self.s.says_up and not self.s.says_down and not falling:
            self.arrived_up(cause)

    def insist(self, cause: str) -> None:
        """The arm is taken to be up, and no switch says so: a second pulse does no harm, a missing one leaves it down."""
        if self.s.phase in (Phase.UP, Phase.HELD) and not self.s.says_up:
            self.say(w.Pulse(Action.OPEN, cause))

    def close(self, cause: str) -> None:
        """Pulse close. Callers have asked `unsafe` in the same turn. An arm at its lower limit that was not rising is down."""
        assert unsafe(self.s) is None, "the arm must not come down"
        rising, due = self.s.phase is Phase.RISING, self.now + self.s.config.fall_ms
        self.say(w.Pulse(Action.CLOSE, cause))
        self.set(cause=cause, commanded_at=self.now, move_due=due, pending=None, ask_due=None, close_due=None)
        self.go(Phase.FALLING, cause)
        self.set(closing=due)
        if self.s.says_down and not self.s.says_up and not rising:
            self.go(Phase.DOWN, cause)

    def stop(self) -> None:
        """Pulse stop. Where it stands now is known to be between its ends, unless nothing was known before."""
        self.say(w.Pulse(Action.STOP, "guard"))
        if self.s.phase not in (Phase.UNKNOWN, Phase.FAULT):
            self.go(Phase.STOPPED, "guard")
        self.set(closing=None)

    # ---- faults

    def begin(self, code: FaultCode, detail: str = "") -> None:
        """A fault begins, once."""
        if not self.s.has_fault(code):
            self.set(faults=(*self.s.faults, (code, self.now)))
            self.say(w.FaultBegan(code, detail))

    def end(self, code: FaultCode) -> None:
        """It is over, if it was there."""
        for known, since in self.s.faults:
            if known is code:
                self.set(faults=tuple(f for f in self.s.faults if f[0] is not code))
                self.say(w.FaultEnded(code, (self.now - since) // 1000))

    def fault(self, code: FaultCode, detail: str = "") -> None:
        """A fault that leaves the arm's place in doubt."""
        self.begin(code, detail)
        self.go(Phase.FAULT, code.value)

    # ---- after every turn

    def after(self) -> BarrierState:
        """Timers that follow from the state, whatever led to it."""
        s = self.s
        if not may_close_itself(s):
            self.set(close_due=None, pending=None, ask_due=None)
        elif s.close_due is None and s.pending is None:
            self.set(close_due=self.now + max(1, s.config.auto_close_ms))
        idle = s.phase is Phase.UP and not (s.under or s.beam) and not s.warned
        self._timer("warn_due", idle, s.config.left_open_ms)
        zone = s.under or s.beam
        self._timer("stuck_due", s.phase is Phase.DOWN and s.says_down and zone, s.config.stuck_ms)
        if not zone:
            self.end(FaultCode.STUCK)
        self._timer("fire_due", Holder.FIRE in s.holders and s.phase is Phase.FAULT, s.config.fire_again_ms)
        return self.s

    def _timer(self, name: str, wanted: bool, ms: int) -> None:
        """A timer runs while its condition holds, and begins anew when it holds again."""
        if not wanted:
            self.set(**{name: None})
        elif getattr(self.s, name) is None:
            self.set(**{name: self.now + ms})

    # ---- time

    def tick(self) -> None:
        """Whatever is due, but for the arm's own time (that depends on the phase)."""
        if self.due(self.s.grace_due):
            self.see(Seen.LATE)
        self._lapse()
        if self.due(self.s.under_due):
            self.say(w.StoppedUnder(self.s.using or 0, self.s.config.stopped_under_ms // 1000))
            self.set(under_due=None, under_told=True)
        if self.due(self.s.warn_due):
            self.say(w.LeftOpen(self.s.config.left_open_ms // 1000))
            self.set(warn_due=None, warned=True)
        if self.due(self.s.stuck_due):
            lines = [line.value for line in (Line.UNDER, Line.BEAM) if line in self.s.active]
            self.begin(FaultCode.STUCK, f"{' and '.join(lines)} against down_limit")
            self.set(stuck_due=None)
        if self.due(self.s.fire_due):
            self.set(fire_due=None)
            self.open("fire")
        if (self.due(self.s.ask_due) or self.due(self.s.close_due)) and may_close_itself(self.s):
            token = self.s.tokens + 1
            self.set(tokens=token, pending=token, close_due=None, ask_due=self.now + self.s.config.ask_again_ms)
            self.say(w.Ask(token))

    def _lapse(self) -> None:
        """Admissions whose vehicle never came; while one stands before the arm it has all the time it wants."""
        late = tuple(a for a in self.s.queue if self.due(a.until))
        if not late:
            return
        if self.somebody_near:
            until = self.now + self.s.config.authorisation_ms
            again = (replace(a, until=until, waited=True) if a in late else a for a in self.s.queue)
            self.set(queue=tuple(again))
        else:
            self.set(queue=tuple(a for a in self.s.queue if a not in late))
            self.say(*(w.AuthorisationLapsed(a.pass_seq) for a in late))
            self.set(over=self.s.over or (self.s.last_pass != 0 and not self.s.queue))

    def unhold(self, holders: frozenset[Holder]) -> None:
        """These hold it no longer; when nobody does, the business that it went up for is over."""
        self.set(holders=self.s.holders - holders)
        if not self.s.holders and self.s.raised:
            self.set(over=True)
            if self.s.phase is Phase.HELD:
                self.go(Phase.UP, "release")

    def cancel(self) -> None:
        """The admissions of vehicles that have not come end here."""
        self.say(*(w.AuthorisationLapsed(a.pass_seq) for a in self.s.queue))
        self.set(queue=())
