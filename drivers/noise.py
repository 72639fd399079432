"""When is a serial line noisy? A few lost bytes are life; a wrong baud rate or a broken shield is a fault.

It begins when more than `threshold` bytes that belong to no frame came within `window_ns`. It ends with the first good
frame, or when not one such byte came for `quiet_ns`. Pure: time comes in as monotonic nanoseconds.
"""

from __future__ import annotations

from collections import deque


class NoiseMeter:
    """One line's noise. Every method returns True or False when the fault begins or ends with it, else None."""

    def __init__(self, threshold: int = 64, window_ns: int = 10_000_000_000, quiet_ns: int = 5_000_000_000) -> None:
        self._threshold, self._window_ns, self._quiet_ns = threshold, window_ns, quiet_ns
        self._recent: deque[tuple[int, int]] = deque()
        self._sum = 0
        self._last_ns = 0
        self.active = False

    def noise(self, count: int, mono_ns: int) -> bool | None:
        """`count` bytes could not be decoded."""
        self._last_ns = mono_ns
        if self.active:
            return None
        self._recent.append((mono_ns, count))
        self._sum += count
        while mono_ns - self._recent[0][0] > self._window_ns:
            self._sum -= self._recent.popleft()[1]
        if self._sum <= self._threshold:
            return None
        self._forget()
        self.active = True
        return True

    def good(self) -> bool | None:
        """A whole frame came."""
        self._forget()
        return self._end()

    def tick(self, mono_ns: int) -> bool | None:
        """Time went by."""
        return self._end() if mono_ns - self._last_ns >= self._quiet_ns else None

    def _end(self) -> bool | None:
        ended = self.active
        self.active = False
        return False if ended else None

    def _forget(self) -> None:
        self._recent.clear()
        self._sum = 0
