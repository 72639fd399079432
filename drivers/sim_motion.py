"""Moving in a straight line at one speed: an arm's angle, a vehicle's front."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Motion:
    """From `start` towards `target`, begun at simulated second `began`, `speed` units a second (0: stands)."""

    start: float
    target: float
    speed: float
    began: float

    @classmethod
    def rest(cls, place: float, now: float = 0.0) -> Motion:
        """Standing there."""
        return cls(place, place, 0.0, now)

    @property
    def ends(self) -> float:
        """The second of arrival; the beginning for what stands."""
        return self.began if self.speed == 0 else self.began + abs(self.target - self.start) / self.speed

    @property
    def direction(self) -> int:
        """+1, -1, or 0 for what stands."""
        if self.speed == 0 or self.target == self.start:
            return 0
        return 1 if self.target > self.start else -1

    def place(self, now: float) -> float:
        """Where it is at that second."""
        if now >= self.ends:
            return self.target
        return self.start + self.direction * self.speed * max(0.0, now - self.began)

    def reaches(self, place: float) -> float | None:
        """The second at which it passes that place, or None when it never does."""
        way = (place - self.start) * self.direction
        if self.direction == 0 or way < 0 or way > abs(self.target - self.start):
            return None
        return self.began + way / self.speed
