"""A vehicle and the person who drives it.

A lane is a line of metres; the arm is at 0 and the lane's direction is towards +:

    x   -16        -4      -2   -1  -0.6   0        1.4              14
         |          [approach]   |    [under │ beam   ]               |
        comes in                stops        arm                    is away

Both loops are nearer to each other than a car is long, so a car that goes through is always on one of them: approach, both,
under. The driver stops at the line, holds the card to the reader, and goes on only when the arm is really up. An arm that
begins to fall while the car is still before the loop makes the driver brake; after that the car is on its way.

Phases:  coming → presenting → waiting → going [→ halted → going] → gone
                                   └→ leaving → gone             (turned back, or lost patience)
"""

from __future__ import annotations

import enum
import threading
from dataclasses import dataclass

from drivers.sim_motion import Motion
from drivers.timers import Timer

APPROACH = (-4.0, -2.0)
UNDER = (-0.6, 1.4)
BEAM = (-0.05, 0.05)
ARM = (-0.3, 0.3)
FAR = -16.0
AWAY = 14.0
STOP_LINE = -1.0
WRONG_WAY_STOP_LINE = -2.4  # measured towards the arm from the other side
HALT_UNDER = 2.8  # a car that stops under the arm has left the approach loop by then
GAP = 1.0
TAILGATE_GAP = 2.6
"""Metres. More than a loop is long: each loop is clear for a quarter of a second between the two cars."""


class Behaviour(enum.StrEnum):
    """What the driver does."""

    NORMAL = "normal"
    TURN_BACK = "turn-back"  # the arm opens, and the car goes away again
    TAILGATE = "tailgate"  # a second car right behind, on the same opening
    STOP_UNDER = "stop-under"
    WRONG_WAY = "wrong-way"


class Phase(enum.StrEnum):
    """Where the driver is in the story."""

    COMING = "coming"
    PRESENTING = "presenting"
    WAITING = "waiting"
    GOING = "going"
    HALTED = "halted"
    LEAVING = "leaving"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Manners:
    """How a driver drives. Metres, metres a second, simulated seconds. `listens_s`: so long the answer to a card is waited for, with the
    arm up (for the vehicle ahead, say), before it is driven on all the same; where nobody answers (SimulatedLane.answers), not at all."""

    length: float = 4.6
    speed: float = 2.5
    presents_after_s: float = 1.0
    reacts_after_s: float = 0.5
    listens_s: float = 10.0
    halts_s: float = 10.0
    patience_s: float = 30.0


class SimulatedVehicle:
    """One vehicle. Whoever ordered it may read everything and wait for `done`; only its lane changes it."""

    def __init__(
        self,
        lane: str,
        plate: str,
        card: bytes | None,
        behaviour: Behaviour,
        *,
        colour: str = "blue",
        body: str = "white",
        manners: Manners | None = None,
        ahead: SimulatedVehicle | None = None,
    ) -> None:
        self.lane = lane
        self.plate = plate
        self.card = card
        self.behaviour = behaviour
        self.colour = colour
        self.body = body
        self.manners = manners or Manners()
        self.ahead = ahead
        """The car whose opening this one uses (tailgating)."""
        self.follower: SimulatedVehicle | None = None
        self.phase = Phase.COMING
        self.outcome = ""
        """"" while under way; then crossed, turned-back, gave-up or removed."""
        self.leaves_as = ""
        self.presented_at: float | None = None
        """When the card was held to the reader, until the gate has answered it."""
        self.done = threading.Event()
        self.motion = Motion.rest(FAR)
        self.halts_at: float | None = HALT_UNDER if behaviour is Behaviour.STOP_UNDER else None
        self.coming_up: list[Timer] = []
        self.deciding: list[Timer] = []

    @property
    def way(self) -> int:
        """+1 with the lane's direction, -1 against it."""
        return -1 if self.behaviour is Behaviour.WRONG_WAY else 1

    @property
    def stop_line(self) -> float:
        """Where the front stops before the arm, on the vehicle's own way."""
        return WRONG_WAY_STOP_LINE if self.way < 0 else STOP_LINE

    def span(self, now: float) -> tuple[float, float]:
        """From where to where the body reaches, in the lane's metres."""
        front = self.motion.place(now)
        ends = self.way * front, self.way * (front - self.manners.length)
        return min(ends), max(ends)

    def on(self, zone: tuple[float, float], now: float) -> bool:
        """Whether the body is over some of the zone."""
        low, high = self.span(now)
        return low < zone[1] and high > zone[0]

    def committed(self, now: float) -> bool:
        """Too far to stop before the loop under the arm."""
        return self.on(UNDER, now)

    def passes(self, zones: tuple[tuple[float, float], ...]) -> list[float]:
        """The seconds at which front or rear pass an edge of one of the zones, with the present motion."""
        fronts = {self.way * edge for zone in zones for edge in zone}
        places = fronts | {place + self.manners.length for place in fronts}
        return sorted(when for place in places if (when := self.motion.reaches(place)) is not None)
