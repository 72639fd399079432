"""The thread that keeps index, charts and requests up to the events, beside whatever else a process does."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from sync.headoffice.desk import Desk
from sync.headoffice.index import Indexer
from sync.headoffice.store import StoreUnavailable

log = logging.getLogger(__name__)


class Follower:
    """A thread that keeps the index up to the events. `store` is its own, and closed by `stop`."""

    EVERY_S = 0.5

    def __init__(self, store: Any, site: str) -> None:
        self._store, self._site = store, site
        self._ended = threading.Event()
        self._rung = threading.Event()
        self.moved: Callable[[], None] = lambda: None
        """Called on the thread when requests of desks may have moved."""
        self._thread = threading.Thread(target=self._run, name="headoffice-index", daemon=True)
        self.problem = ""
        """Why it stands still; empty when it does not."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ring(self) -> None:
        """Something has happened: look now, rather than when it is time. Any thread."""
        self._rung.set()

    def stop(self) -> None:
        """End after the batch under way."""
        self._ended.set()
        self._rung.set()
        self._thread.join(30)

    def _run(self) -> None:
        indexer, desk = Indexer(self._store, self._site), Desk(self._store, self._site)
        try:
            while not self._ended.is_set():
                try:
                    self._rung.clear()
                    seen = desk.folded
                    busy = desk.work(1) | (indexer.work(1) > 0)
                    if desk.folded != seen:
                        self.moved()
                    if self.problem:
                        log.info("the index goes on")
                    self.problem = ""
                except StoreUnavailable as e:
                    busy = False
                    if not self.problem:
                        log.error("the index stands still: %s", e)
                    self.problem = str(e)
                self._rung.wait(0 if busy else self.EVERY_S)
        finally:
            self._store.close()
