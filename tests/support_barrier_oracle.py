"""What must hold after every step of the barrier's table, kept by books of its own: the table's state is not asked where the
test can know it from what was said and done."""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.domain import barrier as b
from edge.domain.barrier_state import ZONE, BarrierState, unsafe
from edge.domain.barrier_turn import PLACE_FAULTS
from edge.domain.crossing import Spot

ON_RECORD = (b.Authorised, b.Lower, b.Stop, b.Hold, b.Recorded)
A_SPOTS = {Spot.APPROACH, Spot.ENTERING, Spot.FOLLOWED, Spot.JOINED_FOLLOWED, Spot.COMING_OUT, Spot.LEAVING_OUT}
Z_SPOTS = {
    *(Spot.ENTERING, Spot.PASSING, Spot.FOLLOWED, Spot.JOINED, Spot.JOINED_FOLLOWED, Spot.FAR, Spot.COMING_OUT),
}
LIMITS = (b.Line.UP_LIMIT, b.Line.DOWN_LIMIT)
reached: set[tuple[b.Phase, str, b.Phase]] = set()
"""(phase, input, phase) that were really gone through, in all runs of this process."""


@dataclass(slots=True)
class Books:
    """What was said to the table, what it answered, and what follows."""

    config: b.Config
    told: set[b.Line] = field(default_factory=set)
    lost: set[b.Line] = field(default_factory=set)
    holders: set[b.Holder] = field(default_factory=set)
    admitted: set[int] = field(default_factory=set)
    ended: list[int] = field(default_factory=list)
    faults: set[b.FaultCode] = field(default_factory=set)
    asked: set[int] = field(default_factory=set)
    recorded: set[int] = field(default_factory=set)
    closing_until: int | None = None
    """It was told to close, and has neither said that it is down nor been told otherwise."""
    earned: bool = False
    """An admitted vehicle went through or away since the arm was told to rise, or a holder let go."""

    def check(self, before: BarrierState, given: b.Input, after: BarrierState, out: b.Out, now: int) -> None:
        """Every invariant, for one step."""
        entered = self._entered(given)
        let_go = isinstance(given, b.Sensor) and not given.active and given.line in self.told & set(LIMITS)
        self._hear(given)
        pulses = [e for e in out.effects if isinstance(e, b.Pulse)]
        assert len(pulses) <= 1, pulses
        for pulse in pulses:
            self._pulse(before, given, pulse, after)
        if entered and self._may_be_falling(before, now):
            assert [p.action for p in pulses] == [b.Action.OPEN], "entered under a falling arm"
        at = before.phase
        for effect in out.effects:
            if isinstance(effect, b.Moved):
                assert effect.was is at
                assert effect.now is not at
                at = effect.now
            self._note(effect, now)
        assert at is after.phase
        if at is not before.phase:
            reached.add((before.phase, b.kind(given), at))
        if let_go:
            assert b.FaultCode.CONTRADICTION not in self.faults, "one of them has let go"
        self._agree(after)
        self._time(after, now)

    # ---- books

    def _entered(self, given: b.Input) -> bool:
        """Whether something comes into the arm's way by this, or what guards it is lost."""
        if isinstance(given, b.SensorLost):
            return given.line in ZONE & self.config.lines and given.line not in self.lost
        comes = isinstance(given, b.Sensor | b.SensorBack) and given.line in ZONE & self.config.lines and given.active
        return comes and given.line not in self.told

    def _hear(self, given: b.Input) -> None:
        match given:
            case b.Sensor(line, active) | b.SensorBack(line, active) if line in self.config.lines:
                (self.told.add if active else self.told.discard)(line)
                if isinstance(given, b.SensorBack):
                    self.lost.discard(line)
            case b.SensorLost(line) if line in self.config.lines and line not in self.lost:
                self.lost.add(line)
                if line not in ZONE | {b.Line.FIRE}:
                    self.told.discard(line)
            case b.Authorised(pass_seq):
                if pass_seq not in self.admitted:
                    self.admitted.add(pass_seq)
            case b.Hold(holder):
                self.holders.add(holder)
            case b.Release(holder):
                self._release(holder)
            case b.Recorded(token):
                self.recorded.add(token)
            case b.Start(active):
                self.told, self.lost = set(active & self.config.lines), set()
                self.holders, self.closing_until, self.earned = set(), None, False
                self.asked = set()
        if b.Line.FIRE in self.told:
            self.holders.add(b.Holder.FIRE)

    def _release(self, holder: b.Holder) -> None:
        had = bool(self.holders)
        if holder is not b.Holder.FIRE:
            self.holders.discard(holder)
        if holder is b.Holder.GUARD and b.Line.FIRE not in self.told:
            self.holders.discard(b.Holder.FIRE)
        self.earned = self.earned or (had and not self.holders)

    def _pulse(self, before: BarrierState, given: b.Input, pulse: b.Pulse, after: BarrierState) -> None:
        assert isinstance(given, ON_RECORD) or pulse.cause in ("reopen", "fire"), (given, pulse)
        if isinstance(given, b.Start):
            assert pulse.cause == "fire", "after a start nothing moves by itself"
        if pulse.action is b.Action.CLOSE:
            assert not ZONE & (self.told | self.lost), "closed on somebody, or blind"
            assert not self.holders, "closed while it is held"
            assert isinstance(given, b.Lower | b.Recorded)
        if isinstance(given, b.Recorded) and pulse.action is b.Action.CLOSE:
            assert given.token in self.asked, "the record of another start"
            assert before.phase is b.Phase.UP
            assert self.earned, "nobody has crossed"
            assert not self.admitted, "somebody else is admitted"
        if pulse.cause == "reopen":
            assert ZONE & (self.told | self.lost)
            assert before.phase is not b.Phase.UNKNOWN
        if pulse.action is b.Action.OPEN and pulse.cause != "reopen" and not before.raised:
            self.earned = False
        assert pulse.action is not b.Action.STOP or isinstance(given, b.Stop)
        assert after.phase is not b.Phase.DOWN or pulse.action is b.Action.CLOSE

    def _may_be_falling(self, before: BarrierState, now: int) -> bool:
        """By the books: told to close, and no switch that can be believed says that it is at an end."""
        up, down = (line in self.told for line in LIMITS)
        if self.closing_until is None:
            return False
        if before.phase is b.Phase.FALLING:
            return True
        return now < self.closing_until if up and down else not (up or down)

    def _note(self, effect: b.Effect, now: int) -> None:
        match effect:
            case b.Pulse(action):
                self.closing_until = now + self.config.fall_ms if action is b.Action.CLOSE else None
            case b.Moved(_, phase):
                if phase not in (b.Phase.FALLING, b.Phase.FAULT):
                    self.closing_until = None
            case b.Ask(token):
                self.asked.add(token)
            case b.Crossed(pass_seq) | b.TurnedBack(pass_seq) | b.AuthorisationLapsed(pass_seq) if pass_seq:
                assert pass_seq in self.admitted, "ended twice, or never admitted"
                self.admitted.remove(pass_seq)
                self.ended.append(pass_seq)
                self.earned = self.earned or not isinstance(effect, b.AuthorisationLapsed)
            case b.FaultBegan(code):
                assert code not in self.faults
                self.faults.add(code)
            case b.FaultEnded(code):
                assert code in self.faults
                self.faults.remove(code)

    # ---- what the state must agree with

    def _agree(self, s: BarrierState) -> None:
        assert s.active == self.told
        assert s.lost == self.lost
        assert s.holders == self.holders
        assert {code for code, _ in s.faults} == self.faults
        queue = [a.pass_seq for a in s.queue]
        assert sorted([*queue, *([s.using] if s.using else [])]) == sorted(self.admitted)
        assert (s.spot in A_SPOTS) == s.approach
        assert (s.spot in Z_SPOTS) == (s.vehicle_line in s.active)
        assert s.using is None or s.spot in Z_SPOTS
        if s.phase is b.Phase.FALLING:
            assert unsafe(s) is None
            assert s.closing is not None
        assert s.closing is None or s.phase in (b.Phase.FALLING, b.Phase.FAULT)
        assert (s.phase is b.Phase.UP) <= (not s.holders)
        assert (s.phase is b.Phase.HELD) <= bool(s.holders)
        if s.phase in (b.Phase.UP, b.Phase.HELD, b.Phase.DOWN):
            assert not self.faults & set(PLACE_FAULTS)
            assert not (s.says_up and s.says_down)
            assert not (s.says_up if s.phase is b.Phase.DOWN else s.says_down)
        assert s.phase is not b.Phase.FAULT or self.faults & set(PLACE_FAULTS)
        assert (b.FaultCode.INPUT_LOST in self.faults) == bool(self.lost)
        assert s.phase is b.Phase.FAULT or b.Holder.FIRE not in s.holders or s.raised, "fire, and the arm is not up"
        assert (s.move_due is not None) == (s.phase in (b.Phase.RISING, b.Phase.FALLING))

    def _time(self, s: BarrierState, now: int) -> None:
        """No busy loop: one Tick at this moment settles whatever is due."""
        if s.deadline is not None and s.deadline <= now:
            settled, _ = b.step(s, b.Tick(), now)
            assert settled.deadline is None or settled.deadline > now
