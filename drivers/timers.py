"""A thread that calls functions at their time. Two of them serve the pins of a gate (drivers/gpio.py), one the simulated world.

It is not asyncio's business to open a relay again: a loop that is stalled must not leave a contact closed.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable


class Timer:
    """One function to be called once."""

    def __init__(self, call: Callable[[], None]) -> None:
        self.call: Callable[[], None] | None = call

    def cancel(self) -> None:
        """Do not call it, if it has not begun."""
        self.call = None


class Timers:
    """The thread. Functions run on it one after the other; they must be short and must not raise."""

    def __init__(self, name: str) -> None:
        self._changed = threading.Condition()
        self._order = itertools.count()
        self._heap: list[tuple[int, int, Timer]] = []
        self._closing = False
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.thread.start()

    def at(self, mono_ns: int, call: Callable[[], None]) -> Timer:
        """Call it at that time of `time.monotonic_ns()`, at once when that is past."""
        timer = Timer(call)
        with self._changed:
            heapq.heappush(self._heap, (mono_ns, next(self._order), timer))
            if self._heap[0][2] is timer:
                self._changed.notify()
        return timer

    def close(self, timeout: float = 2.0) -> None:
        """End the thread; what is not due yet is never called."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if threading.current_thread() is not self.thread:
            self.thread.join(timeout)

    def _run(self) -> None:
        while True:
            with self._changed:
                due = self._next()
                if self._closing:
                    return
            if due is not None and due.call is not None:
                due.call()

    def _next(self) -> Timer | None:
        """Wait for the earliest timer and take it; None when closing."""
        while not self._closing:
            if not self._heap:
                self._changed.wait()
                continue
            left = self._heap[0][0] - time.monotonic_ns()
            if left <= 0:
                return heapq.heappop(self._heap)[2]
            self._changed.wait(left / 1e9)
        return None
