"""Keeping time for sources that have none of their own: rendered scenes, files, folders."""

from __future__ import annotations

import threading
import time
from typing import Protocol, runtime_checkable


@runtime_checkable
class Interruptible(Protocol):
    """A source whose blocked `read` can be ended from another thread."""

    def interrupt(self) -> None:
        """Let `read` return None now and ever after."""


@runtime_checkable
class Adjustable(Protocol):
    """A source whose exposure can be helped (camera/v4l2.py)."""

    def adjust(self, light: float, glare: float, mono_ns: int) -> bool:
        """What the picture is like: mean brightness 0 to 255, share without drawing 0 to 1. False: nothing can be set."""


class Pace:
    """So many beats a second; a beat that was missed is not made up for."""

    def __init__(self, fps: float) -> None:
        if fps <= 0:
            raise ValueError(f"fps {fps} is not above 0")
        self._period = 1.0 / fps
        self._next = 0.0
        self._stopped = threading.Event()

    def wait(self) -> bool:
        """Wait for the next beat. False when stopped."""
        now = time.monotonic()
        self._next = max(self._next + self._period, now)
        return not self._stopped.wait(self._next - now)

    def stop(self) -> None:
        """End the waiting, for good."""
        self._stopped.set()
