"""A vehicle has come: three to eight frames of it, looked at as they come, and one reading in time.

    trigger ─┬─ frame, look ─ frame, look ─ frame, look ─┬─ certain, on two frames by themselves: done
             └────────────── DONE_S ─────────────────────┴─ time is over: what is known by now is told; where it is not certain
                                                            the looking goes on to the eighth frame, and what is better is told again

The time is kept by not beginning a look that would end after it, as far as the looks before tell: on a slow machine fewer frames vote,
never a late reading. One look is always taken. A frame is another one each time (a camera gives five a second): two looks at one frame
would agree about the same mistake.

No thread and no clock of its own: whoever calls gives both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from camera.base import Frame, PlateRead

LEAST, MOST = 3, 8
TWO = 2
"""Frames each of which, by itself, must be certain before looking ends early; whoever opens by plate alone asks for as many."""
DONE_S = 0.9
"""From the trigger to the first reading: with storing and deciding it is done within a second."""
LONG_S = 4.0
"""So long an uncertain plate is looked at."""
FIRST_FRAME_S = 0.5


class Looker(Protocol):
    """A recogniser that takes the frames of one vehicle one by one (camera.plates.reader.Reader, camera.plates.apart.Apart)."""

    def begin(self) -> None:
        """Another vehicle: forget the frames before."""

    def look(self, frame: Frame) -> None:
        """Look at one more frame."""

    def together(self) -> PlateRead | None:
        """What the frames since `begin` say together; None: no plate in any of them."""

    def close(self) -> None:
        """End what it has running, and whoever waits for it. Any thread."""


@dataclass(frozen=True, slots=True)
class Burst:
    """What a number of frames said. `frame`: the one that shows the plate best; `ms` from the trigger to now."""

    read: PlateRead | None
    frame: Frame | None
    looked: int
    ms: int
    last: bool
    """Nothing better will come."""


def burst(
    looker: Looker,
    newer: Callable[[int, float], Frame | None],
    say: Callable[[Burst], None],
    *,
    began_ns: int,
    clock: Callable[[], int],
    over: Callable[[], bool] = lambda: False,
) -> None:
    """Look at a vehicle. `newer(number, seconds)`: capture.Capture.wait_newer; `say` gets one reading in time, and a better one where
    the first was not certain; `over`: it has gone, or the gate stops. `clock`: monotonic ns, of which `began_ns` is one."""
    looker.begin()
    looked = 0
    frames: dict[int, Frame] = {}
    said: PlateRead | None = None
    told, number, spent_s = False, 0, 0.0

    def tell(read: PlateRead | None, *, last: bool) -> None:
        best = frames.get(read.frame) if read is not None else None
        say(Burst(read, best, looked, round((clock() - began_ns) / 1e6), last))

    while looked < MOST and not over():
        since = (clock() - began_ns) / 1e9
        frame = newer(number, max(FIRST_FRAME_S if not looked else 0.05, (LONG_S if told else DONE_S) - since))
        if frame is not None:
            number = frame.number
            frames[number] = frame
            before = clock()
            looker.look(frame)
            looked += 1
            spent_s += (clock() - before) / 1e9
        read = looker.together()
        if read is not None and read.certain and read.certain_frames >= TWO and looked >= LEAST:
            break
        since = (clock() - began_ns) / 1e9
        next_s = spent_s / max(1, looked)
        if not told and (since + next_s > DONE_S or frame is None):
            if read is not None and read.certain and read.certain_frames >= TWO:
                break
            told, said = True, read
            tell(read, last=False)
        if told and since + next_s > LONG_S:
            break
    read = looker.together()
    if not told or _better(read, said):
        tell(read, last=True)


def _better(now: PlateRead | None, before: PlateRead | None) -> bool:
    """Whether it is worth telling again."""
    if now is None:
        return False
    if before is None or now.certain != before.certain:
        return before is None or now.certain
    return now.text != before.text or min(now.certain_frames, TWO) > min(before.certain_frames, TWO)
