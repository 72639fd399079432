"""What was observed waits its turn for the journal, with its time and in its order, also while nothing can be recorded (disk full).

Nobody waits for it: sensors, faults and cameras go on. What was decided is another matter: it is awaited (Gate.record).
"""

from __future__ import annotations

import logging
from collections import deque
from functools import partial
from typing import Final

from edge.bridge import Bridge
from edge.clock import Clock, Stamp
from edge.domain.event import Event
from edge.errors import StoreError
from edge.store.db import Store, Tx

log = logging.getLogger(__name__)
MOST: Final = 10_000
"""So many observations are kept while the disk is full; what comes then is lost, and the log says so."""
AT_ONCE: Final = 100
"""In one transaction."""

_Note = tuple[tuple[Event, ...], Stamp]


class Notes:
    """Lives in the loop."""

    def __init__(self, store: Store, clock: Clock, bridge: Bridge) -> None:
        self._store, self._clock, self._bridge = store, clock, bridge
        self.waiting: deque[_Note] = deque()
        self._writing = False

    def add(self, events: tuple[Event, ...]) -> None:
        """One observation, now."""
        if len(self.waiting) >= MOST:
            log.error("too many observations wait to be recorded; lost: %s", ", ".join(e.KIND for e in events))
            return
        self.waiting.append((events, self._clock.stamp()))
        self.write()

    def write(self) -> None:
        """Write what waits, if nobody does so already."""
        if self.waiting and not self._writing:
            self._writing = True
            self._bridge.spawn(self._write())

    async def _write(self) -> None:
        try:
            while self.waiting:
                some = [self.waiting[n] for n in range(min(len(self.waiting), AT_ONCE))]
                await self._store.transact(partial(_append, some))
                for _ in some:
                    self.waiting.popleft()
        except StoreError as e:
            log.error("%d observations wait to be recorded: %s", len(self.waiting), e)
        finally:
            self._writing = False


def _append(notes: list[_Note], tx: Tx) -> None:
    for events, stamp in notes:
        for e in events:
            tx.append(e, actor="gate", stamp=stamp)
