"""Wedding convoys (V8): when one may pass, when the guards are reminded, which plates are its own, and what stands against an action.

    announced ──(30 and 10 minutes before: reminded)──▶ its window opens ──tap or first plate──▶ held open ──tap, or all in──▶ …
    … and the same way out, until the window is over.

Times are UTC milliseconds. `now` None: the wall clock cannot be relied on; then no window is judged, and the guard's eyes decide.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.domain.plates import normal

MINUTE_MS = 60_000
MOST = 40
"""Cars of one convoy."""
LONGEST = 500
"""Signs of a text."""
WAYS = ("in", "out")


@dataclass(frozen=True, slots=True)
class Times:
    """The window around the arrival, and how long before it the guards are reminded (minutes, the longest first)."""

    before_ms: int = 15 * MINUTE_MS
    after_ms: int = 8 * 60 * MINUTE_MS
    remind_min: tuple[int, ...] = (30, 10)


@dataclass(frozen=True, slots=True)
class Convoy:
    """An announced convoy. `through`: way → the plates that are ticked off; `opened`: ways that were held open before;
    `way`: the one that is held open now."""

    id: int
    arrives_ms: int
    from_ms: int
    until_ms: int
    plates: tuple[str, ...] = ()
    lanes: tuple[str, ...] = ()
    cancelled: bool = False
    reminded: frozenset[int] = frozenset()
    through: tuple[tuple[str, str], ...] = ()
    opened: frozenset[str] = frozenset()
    way: str = ""

    def left(self, way: str) -> tuple[str, ...]:
        """The plates that have not passed this way yet, in their order."""
        gone = {plate for direction, plate in self.through if direction == way}
        return tuple(plate for plate in self.plates if plate not in gone)


def clean(plates: Iterable[str]) -> tuple[str, ...]:
    """Plates as typed, in one form, each once, in their order."""
    return tuple(dict.fromkeys(plate for plate in map(normal, plates) if plate))


def against_announcing(
    arrives_ms: int, now_ms: int | None, plates: tuple[str, ...], lanes: tuple[str, ...], known: Iterable[str]
) -> str:
    """Why it cannot be taken: arrival-past, too-many-cars, plate-form, lane-unknown, or an empty text."""
    if now_ms is not None and arrives_ms < now_ms:
        return "arrival-past"
    if len(plates) > MOST:
        return "too-many-cars"
    if any(not 5 <= len(plate) <= 10 for plate in plates):
        return "plate-form"
    return "" if set(lanes) <= set(known) else "lane-unknown"


def against_opening(convoy: Convoy, way: str, now_ms: int | None) -> str:
    """Why its lanes cannot be held open now: convoy-over, convoy-early, convoy-other-way, or an empty text."""
    if convoy.cancelled or (now_ms is not None and now_ms > convoy.until_ms):
        return "convoy-over"
    if now_ms is not None and now_ms < convoy.from_ms:
        return "convoy-early"
    return "convoy-other-way" if convoy.way and convoy.way != way else ""


def against_ticking(convoy: Convoy, plate: str) -> str:
    """Why a car cannot be ticked off: convoy-over, not-listed, or an empty text."""
    if convoy.cancelled:
        return "convoy-over"
    return "" if plate in convoy.plates else "not-listed"


def all_through(convoy: Convoy, way: str, plate: str) -> bool:
    """Whether this car is the last one of the list."""
    return bool(convoy.plates) and convoy.left(way) in ((), (plate,))


def reminder(convoy: Convoy, now_ms: int, times: Times) -> int:
    """Which reminder is due (minutes; 0: none). Announced late, only the nearest one is given."""
    if convoy.cancelled or now_ms >= convoy.arrives_ms:
        return 0
    due = min((m for m in times.remind_min if now_ms >= convoy.arrives_ms - m * MINUTE_MS), default=0)
    return 0 if due in convoy.reminded else due


def listed(convoys: Iterable[Convoy], plate: str, now_ms: int | None) -> Convoy | None:
    """The convoy of a plate, in its window (in no time at all while the clock cannot be relied on)."""
    for convoy in convoys:
        in_time = now_ms is None or convoy.from_ms <= now_ms <= convoy.until_ms
        if plate in convoy.plates and in_time and not convoy.cancelled:
            return convoy
    return None
