"""Who stands at each lane, as far as plates are concerned: a `Visit` for each vehicle, from its loop, card or motion until it has gone.

A lane may have more than one vehicle: the one under the arm and the one behind it. The last one is whom a card at the reader belongs to,
the first one whoever crosses. A reading counts for its own vehicle and ends with it: a plate that stood there a minute ago is nobody's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from camera.base import PlateRead
from edge.clock import Clock

KEPT: Final = 3
"""Vehicles at one lane, at most."""
STALE_MS: Final = 600_000


@dataclass(slots=True)
class Visit:
    """One vehicle's stay at a lane. `seq`: the number of its plate.read; `said`: what a guard says that the plate is."""

    number: int
    began_ms: int
    read: PlateRead | None = None
    said: str = ""
    seq: int = 0
    shown: dict[str, Any] = field(default_factory=dict)
    """For the page."""

    @property
    def text(self) -> str:
        """The plate, as far as it may be relied on."""
        return self.said or (self.read.text if self.read is not None and self.read.certain else "")


class Here:
    """Lives in the loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._at: dict[str, list[Visit]] = {}
        self._count = 0

    def came(self, lane: str, *, first: bool = False) -> Visit:
        """One more vehicle; `first`: nobody else can be there any more."""
        self._count += 1
        visit = Visit(self._count, self._clock.mono_ms())
        before = [] if first else self._at.get(lane, [])
        self._at[lane] = [*before, visit][-KEPT:]
        return visit

    def gone(self, lane: str, *, first: bool) -> bool:
        """The first or the last one has left; whether nobody is there now."""
        here = self._at.get(lane, [])
        if here:
            here.pop(0 if first else -1)
        return not here

    def at(self, lane: str) -> tuple[Visit, ...]:
        """All of them, the one under the arm first."""
        return tuple(self._at.get(lane, ()))

    def last(self, lane: str) -> Visit | None:
        """Whom a card at the reader belongs to; nobody who has stood there too long to be the same one."""
        return self._fresh(-1, lane)

    def first(self, lane: str) -> Visit | None:
        """Who crosses next."""
        return self._fresh(0, lane)

    def find(self, lane: str, number: int) -> Visit | None:
        """The visit of that number, while its vehicle is there."""
        return next((one for one in self._at.get(lane, ()) if one.number == number), None)

    def _fresh(self, at: int, lane: str) -> Visit | None:
        here = self._at.get(lane)
        return here[at] if here and self._clock.mono_ms() - here[at].began_ms < STALE_MS else None
