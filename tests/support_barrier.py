"""A small physical lane for the barrier's tests: an arm with mass, cars with length, people on foot, sensors that are late.

The arm's `angle` goes from 0 (down) to 1 (up). Along the lane a vehicle goes through stages; what it covers there:

    0 far   1 A   2 A Z   3 A Z B   4 Z B   5 Z   6 away      a car (A approach loop, Z loop under the arm, B beam and arm)
    0 far   1 A   2 gap   3 Z       4 Z B   5 Z   6 away      a motorcycle: shorter than the gap between the loops

Honest assumptions: nobody drives onto Z or under the arm when it is lower than CLEAR (a driver brakes); who is faster is seen
by the loop. The arm touches a car's roof below ROOF. A sensor tells of a change up to some tens of milliseconds late, each
line in its own order; it never tells of nobody while somebody is there.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from edge.domain.barrier import Action, Line

CLEAR, ROOF = 0.8, 0.6
LOW, HIGH = 0.02, 0.98
FAR, AWAY = 0, 6
COVERS: dict[bool, tuple[str, ...]] = {
    False: ("", "A", "AZ", "AZB", "ZB", "Z", ""),
    True: ("", "A", "", "Z", "ZB", "Z", ""),
}


@dataclass(slots=True)
class Car:
    """A vehicle; `way` -1 drives against the lane."""

    motorcycle: bool = False
    way: int = 1
    stage: int = FAR

    @property
    def covers(self) -> str:
        return COVERS[self.motorcycle][self.stage]


@dataclass(slots=True)
class World:
    """The lane as it is, whatever anybody knows of it."""

    lines: frozenset[Line]
    travel_ms: int = 3_000
    now: int = 1_000
    angle: float = 0.0
    way: int = 0
    """Of the arm: 1 rises, -1 falls, 0 stands."""
    foreign: bool = False
    """Its movement is not the table's: a hand remote, or it began before a power loss."""
    jammed: bool = False
    fire: bool = False
    walker: bool = False
    cars: list[Car] = field(default_factory=list)
    stuck: set[Line] = field(default_factory=set)
    delays: dict[Line, int] = field(default_factory=dict)
    lost: set[Line] = field(default_factory=set)
    reports: list[tuple[int, Line, bool]] = field(default_factory=list)
    hits: list[str] = field(default_factory=list)
    _told: frozenset[Line] = frozenset()

    # ---- what is

    def levels(self) -> frozenset[Line]:
        """What the sensors feel at this moment."""
        covered = "".join(car.covers for car in self.cars)
        there = {
            Line.APPROACH: "A" in covered,
            Line.UNDER: "Z" in covered,
            Line.BEAM: "B" in covered or self.walker,
            Line.UP_LIMIT: self.angle >= HIGH,
            Line.DOWN_LIMIT: self.angle <= LOW,
            Line.FIRE: self.fire,
        }
        return frozenset(line for line, on in there.items() if on or line in self.stuck) & self.lines

    def pulse(self, action: Action) -> None:
        """A relay closes."""
        self.push({Action.OPEN: 1, Action.CLOSE: -1, Action.STOP: 0}[action], foreign=False)

    def push(self, way: int, *, foreign: bool) -> None:
        """The machine is told to move."""
        self.way, self.foreign = way, foreign

    # ---- what happens

    def drive(self, car: Car, way: int) -> bool:
        """One stage on or back, as the driver dares and the others leave room; whether it moved."""
        to = car.stage + way
        if not FAR <= to <= AWAY:
            return False
        wanted = COVERS[car.motorcycle][to]
        enters = ("Z" in wanted and "Z" not in car.covers) or ("B" in wanted and "B" not in car.covers)
        if enters and self.angle < CLEAR:
            return False
        if any(abs(to - other.stage) < 2 for other in self.cars if other is not car and 0 < other.stage < AWAY):
            return False
        car.stage = to
        self.cars = [c for c in self.cars if c is not car or FAR < to < AWAY]
        self.feel()
        return True

    def feel(self) -> None:
        """Sensors take note of what has changed, and will tell."""
        levels = self.levels()
        for line in sorted(levels ^ self._told):
            last = max((due for due, of, _ in self.reports if of is line), default=0)
            self.reports.append((max(last, self.now + self.delays.get(line, 0)), line, line in levels))
        self.reports.sort(key=lambda report: report[0])
        self._told = levels

    def forget_reports(self) -> None:
        """Power is lost: what was on its way is gone."""
        self.reports, self._told = [], self.levels()

    def next_report(self) -> int | None:
        """When the next sensor tells."""
        return self.reports[0][0] if self.reports else None

    def take_reports(self) -> deque[tuple[Line, bool]]:
        """What is told now; lost lines say nothing."""
        ready = deque((line, on) for due, line, on in self.reports if due <= self.now and line not in self.lost)
        self.reports = [r for r in self.reports if r[0] > self.now]
        return ready

    def arm_event(self) -> int | None:
        """When the arm reaches something that matters next: an end, a switch, the roof of a car."""
        if self.way == 0 or self.jammed:
            return None
        marks = [m for m in (0.0, LOW, ROOF, HIGH, 1.0) if (m - self.angle) * self.way > 1e-9]
        if not marks:
            return None
        return self.now + max(1, round(min(abs(m - self.angle) for m in marks) * self.travel_ms))

    def pass_time(self, until: int) -> None:
        """The arm moves on; nothing else happens meanwhile."""
        if self.way and not self.jammed:
            angle = min(1.0, max(0.0, self.angle + self.way * (until - self.now) / self.travel_ms))
            under = any("B" in car.covers for car in self.cars)
            if angle < self.angle and angle < ROOF - 0.01 and under and not self.foreign:
                self.hits.append(f"at {until}: {self.angle:.2f} to {angle:.2f}")
            self.angle = angle
            if angle in (0.0, 1.0):
                self.way = 0
        self.now = until
        self.feel()
