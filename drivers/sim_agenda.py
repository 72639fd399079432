"""The simulated world's time: a heap of things to come and one thread, `world`, that lets them happen.

Simulated seconds run `rate` times as fast as the clock that is given from outside. Only the world's thread changes the
world: whoever else wants something of it (a relay that closed, a tap on the page) posts a function and goes on. So no lock
of the world is ever held while a pin is driven, and no lock of a pin is ever held while the world thinks: they cannot wait
for each other.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable


class Handle:
    """Something that will happen, unless it is cancelled before."""

    __slots__ = ("call",)

    def __init__(self, call: Callable[[], None]) -> None:
        self.call: Callable[[], None] | None = call

    def cancel(self) -> None:
        """It shall not happen."""
        self.call = None


class Agenda:
    """What will happen, in the order of simulated time."""

    def __init__(self, rate: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        if rate <= 0:
            raise ValueError(f"rate {rate} is not above 0")
        self.rate = rate
        self._clock = clock
        self._began = clock()
        self._changed = threading.Condition()
        self._order = itertools.count()
        self._heap: list[tuple[float, int, Handle]] = []
        self._closing = False
        self._moment: float | None = None
        self._thread = threading.Thread(target=self._run, name="world", daemon=True)
        self._thread.start()

    def now(self) -> float:
        """Simulated seconds since the beginning. On the world's thread: the time of what happens just now, exactly."""
        if self._moment is not None and threading.current_thread() is self._thread:
            return self._moment
        return (self._clock() - self._began) * self.rate

    def at(self, when: float, call: Callable[[], None]) -> Handle:
        """Let it happen at that simulated second, at once when that is past."""
        handle = Handle(call)
        with self._changed:
            heapq.heappush(self._heap, (when, next(self._order), handle))
            if self._heap[0][2] is handle:
                self._changed.notify()
        return handle

    def after(self, seconds: float, call: Callable[[], None]) -> Handle:
        """Let it happen so many simulated seconds from now."""
        return self.at(self.now() + seconds, call)

    def post(self, call: Callable[[], None]) -> Handle:
        """Let it happen now, on the world's thread."""
        return self.at(self.now(), call)

    def close(self, timeout: float = 2.0) -> None:
        """The world ends."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            with self._changed:
                due = self._next()
            if due is None:
                return
            self._moment, handle = due
            if handle.call is not None:
                handle.call()
            self._moment = None

    def _next(self) -> tuple[float, Handle] | None:
        """Wait for the earliest and take it; None when the world ends."""
        while not self._closing:
            if not self._heap:
                self._changed.wait()
                continue
            left = self._heap[0][0] - self.now()
            if left <= 0:
                when, _, handle = heapq.heappop(self._heap)
                return when, handle
            self._changed.wait(left / self.rate)
        return None
