"""How fast pictures go, so that an event beside them never waits: a window of pieces, without I/O or clock. Seconds of one monotonic clock.

Pictures and events share the gate's line. Whatever pictures put into its queue, an event waits behind (in the router, where no priority
helps). So the window is steered by the time that a piece takes to be acknowledged, as LEDBAT (RFC 6817) steers TCP: the least time seen is
the line's own; what is above it is a queue, ours or somebody else's. Below 100 ms of queue the window grows by a piece for each window
acknowledged, above 200 ms it is halved, and never is it more than `widest` pieces.

The rate (bytes a second) is that of whole pictures of several pieces, smoothed. On a line slower than `slow` only what is first (asked for, refusals and
alarms) and thumbnails go; the rest waits to be asked for. One of the rest each ten minutes measures whether the line has got better.
"""

from __future__ import annotations

from dataclasses import dataclass, field

QUEUE_S, FULL_S = 0.1, 0.2
PROBE_S = 600.0
FORGET_S = 120.0
"""The least time seen is forgotten after so long: a line may change."""


class Pace:
    """Of one connection. `slow`: bytes a second below which the line is slow (0: it never is); `few`: it always is."""

    def __init__(self, *, slow: float = 64_000.0, few: bool = False, widest: int = 16) -> None:
        self._slow, self._few, self._widest = slow, few, widest
        self._width = 2.0
        self._least, self._least_at = float("inf"), 0.0
        self._halved_at = 0.0
        self._probe_at = 0.0
        self.rate: float | None = None
        """Bytes a second, as measured; None: not yet."""

    @property
    def width(self) -> int:
        """Pieces that may be under way."""
        return int(self._width)

    @property
    def slow(self) -> bool:
        """Whether the line is slow, as far as is known."""
        return self._few or (self.rate is not None and self.rate < self._slow)

    def rest_may_go(self, now: float) -> bool:
        """Whether pictures that nobody asked for may go; True now and then on a slow line, to measure it."""
        if not self.slow:
            return True
        if self._few or now < self._probe_at:
            return False
        self._probe_at = now + PROBE_S
        return True

    def answered(self, took: float, now: float) -> None:
        """A piece was acknowledged so many seconds after it was sent."""
        if took < self._least or now > self._least_at + FORGET_S:
            self._least, self._least_at = took, now
        queue = took - self._least
        if queue < QUEUE_S:
            self._width = min(float(self._widest), self._width + 1.0 / self._width)
        elif queue > FULL_S and now > self._halved_at + took:
            self._width, self._halved_at = max(1.0, self._width / 2), now

    def stalled(self) -> None:
        """Nothing came back in time."""
        self._width = 1.0

    def sent(self, size: int, took: float, now: float) -> None:
        """A whole picture of so many bytes took so long."""
        measured = size / max(took, 0.001)
        self.rate = measured if self.rate is None else 0.7 * self.rate + 0.3 * measured
        if self.slow and self._probe_at == 0.0:
            self._probe_at = now + PROBE_S


@dataclass(slots=True)
class Sending:
    """One picture's pieces: `acked` are there, `sent` were handed to the link."""

    count: int
    began: float
    acked: int = 0
    sent: int = 0
    progress_at: float = 0.0
    resumed: bool = False
    """Head office had some of it already: its time says nothing about the line."""
    asking: bool = False
    """Head office may have some of it: one piece asks, before others go."""
    _at: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.progress_at = self.began

    def due(self, width: int) -> int | None:
        """The piece to be sent next, if one may."""
        width = 1 if self.asking else width
        return self.sent if self.sent < self.count and self.sent - self.acked < width else None

    def put(self, now: float) -> None:
        """It was."""
        if self.sent == self.acked:
            self.progress_at = now
        self._at[self.sent] = now
        self.sent += 1

    def acknowledged(self, next_: int, again: bool, now: float) -> float | None:
        """Head office has what is before `next_`. The seconds that the newest of it took, where that is known."""
        if next_ > self.count:
            return None
        self.asking = False
        if next_ > self.sent:  # it had these from before a cut
            self.resumed = True
        took = now - self._at[next_ - 1] if next_ > self.acked and next_ - 1 in self._at else None
        if next_ > self.acked:
            self.progress_at = now
        lost = next_ < self.acked  # it has forgotten what it had
        self.acked = next_
        if again or lost:
            self.back()
        self.sent = max(self.sent, self.acked)
        return took

    def stalled(self, now: float) -> None:
        """Nothing came back in time. When all of it is there, the last piece asks once more what became of it."""
        self.acked = min(self.acked, self.count - 1)
        self.back()
        self.progress_at = now

    def ask(self) -> None:
        """A new session: what was under way may be there or lost."""
        self.back()
        self.asking = True

    def back(self) -> None:
        """What is under way counts as lost."""
        self.sent = self.acked
        self._at.clear()
