"""The thread that carries head office's retention out: beside a receiver, on a database session of its own, so that no event waits for it."""

from __future__ import annotations

import logging
import threading
import time

from sync.headoffice.config_tables import Retention
from sync.headoffice.drafts_kept import Drafts
from sync.headoffice.retention import Keeper
from sync.headoffice.store import Store, StoreUnavailable

log = logging.getLogger(__name__)
LOOK_S = 60.0
"""How often it is asked whose turn it is; a turn comes once an hour."""


class RetentionRound:
    """`store` is its own, and closed by `stop`."""

    def __init__(self, store: Store, site: str, days: Retention, look_s: float = LOOK_S) -> None:
        self._store, self._site, self._days, self._look_s = store, site, days, look_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="headoffice-retention", daemon=True)
        self.problem = ""
        """Why nothing is erased just now; empty when nothing is in the way."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End; a round under way is given half a minute, and goes on with the next start otherwise."""
        self._ended.set()
        self._thread.join(30)

    def _run(self) -> None:
        keeper = Keeper(self._store, self._site, self._days)
        said: frozenset[str] = frozenset()
        try:
            while not self._ended.is_set():
                try:
                    now = time.time_ns() // 1_000_000
                    if keeper.turn(now) and (done := keeper.work(now) + Drafts(self._store, self._site).tidy(now)):
                        log.info(
                            "retention: %s parts, pictures, drafts and rows had had their time and are erased", done
                        )
                    self.problem = ""
                    if keeper.behind - said:
                        names = ", ".join(sorted(keeper.behind))
                        log.warning(
                            "retention leaves out %s until the index has caught up (`serve`, `index`): it says what is kept",
                            names,
                        )
                    said = keeper.behind
                except StoreUnavailable as e:
                    if not self.problem:
                        log.error("retention stands still: %s", e)
                    self.problem = str(e)
                self._ended.wait(self._look_s)
        finally:
            self._store.close()
