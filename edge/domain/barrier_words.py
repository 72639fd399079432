"""The words of the barrier's state table: phases, lines, faults, inputs and effects. The table is in `barrier.py`."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Phase(enum.StrEnum):
    """What is known of the arm. 未知, 落下, 抬起中, 抬起, 落下中, 停住, 常开, 故障."""

    UNKNOWN = "unknown"
    DOWN = "down"
    RISING = "rising"
    UP = "up"
    FALLING = "falling"
    STOPPED = "stopped"
    HELD = "held"
    FAULT = "fault"


class Line(enum.StrEnum):
    """The inputs of a lane (drivers.base.Line has the same words)."""

    APPROACH = "approach"
    UNDER = "under"
    BEAM = "beam"
    UP_LIMIT = "up_limit"
    DOWN_LIMIT = "down_limit"
    FIRE = "fire"
    HAND = "hand"


class Holder(enum.StrEnum):
    """Who holds the arm up."""

    GUARD = "guard"
    FIRE = "fire"
    EMERGENCY = "emergency"
    CONVOY = "convoy"


class FaultCode(enum.StrEnum):
    """What can be wrong with a barrier."""

    DID_NOT_RISE = "did-not-rise"
    DID_NOT_FALL = "did-not-fall"
    FORCED = "forced"  # left its lower limit and nobody had commanded it
    MOVED_BY_HAND = "moved-by-hand"  # reached or left its upper limit and nobody had commanded it
    CONTRADICTION = "sensor-contradiction"  # up and down at once
    INPUT_LOST = "input-lost"
    STUCK = "sensor-stuck"  # something under an arm that is down, for minutes: the one or the other is wrong


class Action(enum.StrEnum):
    """What a relay does."""

    OPEN = "open"
    CLOSE = "close"
    STOP = "stop"


class Objection(enum.StrEnum):
    """Why a guard's command is not possible now."""

    OCCUPIED = "occupied"
    BEAM = "beam"
    SENSOR_LOST = "sensor-lost"
    HELD = "held"
    FIRE = "fire"
    EXPECTED = "vehicle-expected"
    ALREADY = "already"
    NO_STOP = "no-stop"
    NOT_HELD = "not-held"


# ---- inputs ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sensor:
    """A line changed (debounced). Saying again what it said before changes nothing."""

    line: Line
    active: bool


@dataclass(frozen=True, slots=True)
class SensorLost:
    """A line cannot be read any more: what guards the arm then counts as covered."""

    line: Line


@dataclass(frozen=True, slots=True)
class SensorBack:
    """It can be read again, and says this. Counts as a report of its level in any case."""

    line: Line
    active: bool


@dataclass(frozen=True, slots=True)
class Authorised:
    """One vehicle may pass, by its card or by a guard's word. Committed before it comes here (`pass_seq`)."""

    pass_seq: int


@dataclass(frozen=True, slots=True)
class Lower:
    """A guard wants the arm down. Committed before it comes here."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A guard wants the arm to stay where it is. Committed before it comes here."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep the arm up until released. Committed before it comes here."""

    holder: Holder


@dataclass(frozen=True, slots=True)
class Release:
    """This one holds it no longer. A guard's release also ends a fire hold whose contact is clear again."""

    holder: Holder


@dataclass(frozen=True, slots=True)
class Recorded:
    """What an `Ask` wanted recorded is committed."""

    token: int


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed: fed when the state's deadline is reached."""


@dataclass(frozen=True, slots=True)
class Start:
    """The gate begins, or began again: only what the sensors say now is known. Nothing moves, but for fire."""

    active: frozenset[Line] = frozenset()


Input = Sensor | SensorLost | SensorBack | Authorised | Lower | Stop | Hold | Release | Recorded | Tick | Start


# ---- effects -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pulse:
    """Close this relay now. `cause`: card (an admission), guard, hold, fire, auto, reopen."""

    action: Action
    cause: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Record that the arm is to close, then feed Recorded(token)."""

    token: int
    action: Action = Action.CLOSE
    cause: str = "auto"


@dataclass(frozen=True, slots=True)
class Moved:
    """The phase changed. `ms_since_command` -1: nobody commanded it."""

    was: Phase
    now: Phase
    cause: str
    ms_since_command: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A vehicle has come."""


@dataclass(frozen=True, slots=True)
class Snap:
    """Take a picture: a vehicle goes under the arm."""

    moment: str
    pass_seq: int


@dataclass(frozen=True, slots=True)
class Crossed:
    """A vehicle is through, `ms` after it entered. pass_seq 0: nobody had admitted it."""

    pass_seq: int
    ms: int


@dataclass(frozen=True, slots=True)
class TurnedBack:
    """A vehicle has gone away again. pass_seq 0: it had not been admitted."""

    pass_seq: int


@dataclass(frozen=True, slots=True)
class Tailgated:
    """A vehicle that nobody admitted used the opening for this pass; its own Crossed follows at once."""

    after_pass: int


@dataclass(frozen=True, slots=True)
class WrongWay:
    """A vehicle came through against the lane."""


@dataclass(frozen=True, slots=True)
class StoppedUnder:
    """Something stands under the arm; said once for each stay."""

    pass_seq: int
    seconds: int


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """The arm is up and nothing has happened before or under it for so long; said again only when something has."""

    seconds: int


@dataclass(frozen=True, slots=True)
class AuthorisationLapsed:
    """An admitted vehicle never came, or a guard lowered the arm before it did, or the gate began again."""

    pass_seq: int


@dataclass(frozen=True, slots=True)
class Withheld:
    """A pulse that was recorded was not given, and why: an Objection's word, or «late»."""

    action: Action
    why: str


@dataclass(frozen=True, slots=True)
class FaultBegan:
    """Something is wrong with the barrier."""

    code: FaultCode
    detail: str


@dataclass(frozen=True, slots=True)
class FaultEnded:
    """It is right again."""

    code: FaultCode
    seconds: int


Effect = (
    Pulse
    | Ask
    | Moved
    | Waiting
    | Snap
    | Crossed
    | TurnedBack
    | Tailgated
    | WrongWay
    | StoppedUnder
    | LeftOpen
    | AuthorisationLapsed
    | Withheld
    | FaultBegan
    | FaultEnded
)
