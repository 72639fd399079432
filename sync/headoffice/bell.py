"""Rings when another process has told a gate something, has heard its answer, or a request has moved: nobody has to look every moment.

    `tell` on the command line, a page, a receiver ─▶ database ─▶ Bell's thread ─▶ `ring`

PostgreSQL says so itself (LISTEN; the triggers and words of desk.py). SQLite cannot: there the thread asks ten times a second whether anybody has
written (`PRAGMA data_version`, a look into shared memory that reads nothing from the disk). The bell only hastens: whoever is rung also looks now and then by the clock.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

from sync.headoffice.store import StoreUnavailable

log = logging.getLogger(__name__)
WAIT_S = 1.0
AGAIN_S = 5.0


class Changing(Protocol):
    """A Store as the bell uses it."""

    def changed(self, timeout_s: float) -> bool:
        """Waits for a change at most so long; whether there was one. Raises StoreUnavailable."""

    def close(self) -> None:
        """Give the connection back."""


class Bell:
    """A thread. `store` is its own, and closed by `stop`; `ring` are called on the thread and return at once."""

    def __init__(self, store: Changing, ring: Sequence[Callable[[], None]]) -> None:
        self._store, self._ring = store, tuple(ring)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="headoffice-bell", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, within a second."""
        self._ended.set()
        self._thread.join(10)

    def _run(self) -> None:
        lost = False
        try:
            while not self._ended.is_set():
                try:
                    rung = self._store.changed(WAIT_S)
                    lost = False
                except StoreUnavailable as e:
                    if not lost:
                        log.warning("the bell is silent, everybody looks by the clock: %s", e)
                    lost, rung = True, False
                    self._ended.wait(AGAIN_S)
                for ring in self._ring if rung else ():
                    ring()
        finally:
            self._store.close()
