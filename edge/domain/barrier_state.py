"""What the barrier's table knows (`BarrierState`), and the questions that are asked of it. The table is in `barrier.py`.

`active` holds what the lines say. A line that is lost is in `lost`; what it said last is kept where that is the safe side
(the zone under the arm, fire), and forgotten where it would be a guess (the limit switches, the loop before the arm).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.domain.barrier_words import Effect, FaultCode, Holder, Line, Objection, Phase
from edge.domain.crossing import Spot

ZONE = frozenset({Line.UNDER, Line.BEAM})
"""What guards the arm: the loop under it and the light beam."""


@dataclass(frozen=True, slots=True)
class Config:
    """What the lane has, and its times in ms. A line that it does not have is replaced by time, or by nothing."""

    lines: frozenset[Line] = frozenset(Line)
    stop_relay: bool = True
    rise_ms: int = 8_000
    fall_ms: int = 8_000
    auto_close: bool = True
    auto_close_ms: int = 1_500
    left_open_ms: int = 30_000
    stopped_under_ms: int = 15_000
    authorisation_ms: int = 30_000
    ask_again_ms: int = 5_000
    """A close that could not be recorded is asked for again after so long."""
    fire_again_ms: int = 30_000
    """An arm that is not up in a fire is told to rise again after so long."""
    hand_ms: int = 10_000
    """What the arm does so long after the switch at the machine was touched, that switch has done."""
    stuck_ms: int = 300_000
    """Under an arm that is down nothing stands so long: a sensor sticks."""


@dataclass(frozen=True, slots=True)
class Admission:
    """A vehicle that may pass and has not entered yet; lapses at `until` when nobody stands before the arm."""

    pass_seq: int
    until: int
    waited: bool = False
    """Its time was over once and somebody stood there: it goes on, but no longer forbids a guard to lower."""


@dataclass(frozen=True, slots=True)
class BarrierState:
    """Everything the table knows. Times are on the caller's steady clock, ms; None: not running."""

    config: Config = field(default_factory=Config)
    phase: Phase = Phase.UNKNOWN
    active: frozenset[Line] = frozenset()
    lost: frozenset[Line] = frozenset()
    holders: frozenset[Holder] = frozenset()
    faults: tuple[tuple[FaultCode, int], ...] = ()
    """What is wrong, and since when."""
    spot: Spot = Spot.EMPTY
    queue: tuple[Admission, ...] = ()
    using: int | None = None
    """The pass of the vehicle under the arm; 0: it has none; None: nobody is there."""
    entered_at: int = 0
    last_pass: int = 0
    """The last admitted vehicle that went through or away since the arm was told to rise; 0: none."""
    over: bool = False
    """The business that the arm went up for is over: it may close by itself."""
    closing: int | None = None
    """It was told to come down and has not said that it is down; a healthy arm is down at this time."""
    commanded_at: int | None = None
    cause: str = ""
    """Of the last command."""
    pending: int | None = None
    """The token of the close that is being recorded."""
    tokens: int = 0
    warned: bool = False
    move_due: int | None = None
    grace_due: int | None = None
    close_due: int | None = None
    warn_due: int | None = None
    under_due: int | None = None
    under_told: bool = False
    ask_due: int | None = None
    fire_due: int | None = None
    stuck_due: int | None = None
    hand_until: int | None = None

    @property
    def deadline(self) -> int | None:
        """When to feed Tick next."""
        lapse = min((a.until for a in self.queue), default=None)
        due = (self.move_due, self.grace_due, self.close_due, self.warn_due, self.under_due, self.ask_due)
        return min((d for d in (*due, self.fire_due, self.stuck_due, lapse) if d is not None), default=None)

    @property
    def approach(self) -> bool:
        """A vehicle stands on the loop before the arm."""
        return Line.APPROACH in self.active

    @property
    def under(self) -> bool:
        """The loop under the arm is covered."""
        return Line.UNDER in self.active

    @property
    def beam(self) -> bool:
        """The light beam is broken."""
        return Line.BEAM in self.active

    @property
    def fire(self) -> bool:
        """The fire contact is active."""
        return Line.FIRE in self.active

    @property
    def says_up(self) -> bool:
        """The upper limit switch says that the arm is up."""
        return Line.UP_LIMIT in self.active

    @property
    def says_down(self) -> bool:
        """The lower limit switch says that the arm is down."""
        return Line.DOWN_LIMIT in self.active

    @property
    def raised(self) -> bool:
        """The arm is up or on its way."""
        return self.phase in (Phase.RISING, Phase.UP, Phase.HELD)

    @property
    def pass_seq(self) -> int:
        """The pass that the arm is concerned with: of the vehicle under it, or the next one, or the last one."""
        if self.using is not None:
            return self.using
        return self.queue[0].pass_seq if self.queue else self.last_pass

    def has(self, line: Line) -> bool:
        """Whether the lane has this line and it can be read."""
        return line in self.config.lines and line not in self.lost

    def has_fault(self, code: FaultCode) -> bool:
        """Whether it is there now."""
        return any(known is code for known, _ in self.faults)

    @property
    def vehicle_line(self) -> Line | None:
        """What feels a vehicle under the arm: the loop where there is one, or else the beam."""
        for line in (Line.UNDER, Line.BEAM):
            if line in self.config.lines:
                return line
        return None


@dataclass(frozen=True, slots=True)
class Out:
    """What is to be done, in this order."""

    effects: tuple[Effect, ...] = ()


def unsafe(s: BarrierState) -> Objection | None:
    """Why the arm must not come down now, whoever asks: the zone, and who holds it up."""
    if s.fire or Holder.FIRE in s.holders:
        return Objection.FIRE
    if s.holders:
        return Objection.HELD
    if s.under:
        return Objection.OCCUPIED
    if s.beam:
        return Objection.BEAM
    return Objection.SENSOR_LOST if ZONE & s.config.lines & s.lost else None


def may_close_itself(s: BarrierState) -> bool:
    """Auto-close: the business is over, nobody else is admitted, what guards the arm sees nothing, and nobody works it by hand."""
    return (
        s.config.auto_close
        and Line.HAND not in s.active
        and s.phase is Phase.UP
        and s.over
        and not s.queue
        and s.spot in (Spot.EMPTY, Spot.APPROACH)
        and s.vehicle_line is not None
        and unsafe(s) is None
    )


def by_hand(s: BarrierState, now: int) -> bool:
    """Whether somebody works the switch at the machine, or has just done so."""
    return Line.HAND in s.active or (s.hand_until is not None and now < s.hand_until)


def may_be_falling(s: BarrierState, now: int) -> bool:
    """Whether the arm may be on its way down at this moment, whoever moves it.

    In a fault with neither end in sight it may be: when it was told to come down and has not said that it is down, and when
    it left its upper limit and nobody had told it to. When both ends are in sight at once nothing can be believed, and the
    time that a healthy arm takes decides.
    """
    if s.phase is Phase.FALLING:
        return True
    if s.phase is not Phase.FAULT:
        return False
    if s.says_up or s.says_down:
        return s.says_up == s.says_down and s.closing is not None and now < s.closing
    return s.closing is not None or s.has_fault(FaultCode.MOVED_BY_HAND)


def in_its_way(s: BarrierState) -> bool:
    """Whether something is under an arm that may be coming down. A lost sensor counts for our own close, not for
    somebody's hand on the machine: lowering by hand is what is left to a guard when a sensor is lost."""
    return s.under or s.beam or (s.closing is not None and bool(ZONE & s.config.lines & s.lost))
