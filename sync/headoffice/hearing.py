"""What gates say of themselves, written down for the pages and the metrics, which are processes of their own.

A thousand gates say something every few seconds, mostly that their journal has grown, which the chains show anyway. So what has changed is
gathered and written once every `WRITE_S` in one transaction; a state in which only the numbers moved waits `NUMBERS_S`.
"""

from __future__ import annotations

import time
from dataclasses import replace

from sync.headoffice.store import Heard, Store
from sync.protocol import GateState

WRITE_S = 1.0
NUMBERS_S = 10.0
NEVER = float("inf")


class Hearing:
    """One site's. Belongs to the receiver's thread."""

    def __init__(self, store: Store, site: str) -> None:
        self._store, self._site = store, site
        self._waiting: dict[str, Heard] = {}
        self._written: dict[str, tuple[Heard, float]] = {}
        self.write_at = NEVER

    def heard(self, gate: str, state: GateState) -> None:
        """A gate's state has come."""
        said = Heard(gate, state.online, state.epoch, state.high, dict(state.details), time.time_ns() // 1_000_000)
        was, at = self._written.get(gate, (None, 0.0))
        only_numbers = was is not None and replace(said, high=was.high, at_ms=was.at_ms) == was
        self._waiting[gate] = said
        now = time.monotonic()
        self.write_at = min(self.write_at, max(now + WRITE_S, at + NUMBERS_S if only_numbers else 0.0))

    def work(self, now: float) -> None:
        """Write what waits when it is time. Raises StoreUnavailable; then it waits on."""
        if now < self.write_at:
            return
        self._store.hear(self._site, list(self._waiting.values()))
        self._written.update({gate: (said, now) for gate, said in self._waiting.items()})
        self._waiting.clear()
        self.write_at = NEVER
