"""The simulated world's time: things to come, on one thread, `world`, that lets them happen (drivers/timers.py).

Simulated seconds run `rate` times as fast as life. Only the world's thread changes the world: whoever else wants something
of it (a relay that closed, a tap on the page) posts a function and goes on. So no lock of the world is ever held while a pin
is driven, and no lock of a pin is ever held while the world thinks: they cannot wait for each other.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

from drivers.timers import Timer, Timers


class Agenda:
    """What will happen, in the order of simulated time."""

    def __init__(self, rate: float = 1.0) -> None:
        if rate <= 0:
            raise ValueError(f"rate {rate} is not above 0")
        self.rate = rate
        self._began_ns = time.monotonic_ns()
        self._moment: float | None = None
        self._timers = Timers("world")

    def now(self) -> float:
        """Simulated seconds since the beginning. On the world's thread: the time of what happens just now, exactly."""
        if self._moment is not None and threading.current_thread() is self._timers.thread:
            return self._moment
        return (time.monotonic_ns() - self._began_ns) / 1e9 * self.rate

    def at(self, when: float, call: Callable[[], None]) -> Timer:
        """Let it happen at that simulated second, at once when that is past."""
        return self._timers.at(self._began_ns + round(when / self.rate * 1e9), partial(self._happen, when, call))

    def after(self, seconds: float, call: Callable[[], None]) -> Timer:
        """Let it happen so many simulated seconds from now."""
        return self.at(self.now() + seconds, call)

    def post(self, call: Callable[[], None]) -> Timer:
        """Let it happen now, on the world's thread. While something happens there, now is its moment, whoever asks: what follows from it
        (a relay that a listener had closed) is not later because the machine is slow."""
        moment = self._moment
        return self.at(self.now() if moment is None else moment, call)

    def close(self, timeout: float = 2.0) -> None:
        """The world ends."""
        self._timers.close(timeout)

    def _happen(self, when: float, call: Callable[[], None]) -> None:
        self._moment = when
        call()
        self._moment = None
