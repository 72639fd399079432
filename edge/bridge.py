"""The only place where a thread hands a value to the loop, and where the loop hands changes to whoever watches.

asyncio owns all state. Serial ports, pins, cameras, the uplink and the database writer live on threads of their own; each
is given `Bridge.sink(handler)`: a call from any thread puts the value into the loop's queue and returns at once. `Hub` goes
the other way within the loop: subscribers (the tablets' streams) get each change once, in order; one that is too slow to
keep up is told to start over instead of being fed from an ever longer queue.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

T = TypeVar("T")
log = logging.getLogger(__name__)
SWITCH_S = 0.0005
"""How long a thread may keep the interpreter while another waits for it (Python's own: 5 ms). A card's way changes threads four
times and lets go of the interpreter at each SQL statement; while the uplink drains, the slowest per cent take half as long."""


class Bridge:
    """From threads into one loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        sys.setswitchinterval(SWITCH_S)
        self._loop = loop
        self._tasks: set[asyncio.Task[Any]] = set()

    def sink(self, handler: Callable[[T], None]) -> Callable[[T], None]:
        """A callback for threads: `handler(value)` will run in the loop. After the loop has ended values are dropped."""

        def put(value: T) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: the gate is going down
                self._loop.call_soon_threadsafe(handler, value)

        return put

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Run in the background of the loop; an error is logged, never lost."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("background work failed", exc_info=error)

    async def drain(self) -> None:
        """Wait until all that was spawned has ended."""
        while self._tasks:
            await asyncio.wait(self._tasks)


@dataclass(frozen=True, slots=True)
class Change:
    """What pages should know: `journal` (an event was committed), `state` (the live state is another one), or what happens at
    the desk and is not recorded: `tap` (a card at its reader), `scan` (a code at its scanner), `issuing` (how far a card's issue is)."""

    kind: Literal["journal", "state", "tap", "scan", "issuing"]
    seq: int = 0
    data: dict[str, Any] = field(default_factory=dict)
    """Of a journal change: the event as the journal has it (`at`, `kind`, `actor`, `rule`, `body` …)."""


class Subscription:
    """One watcher's queue. `get` returns the next change, or None once when changes were missed: start over."""

    def __init__(self, size: int) -> None:
        self._queue: asyncio.Queue[Change] = asyncio.Queue(size)
        self._missed = False

    def put(self, change: Change) -> None:
        """Give it a change; when its queue is full everything in it is dropped and it must start over."""
        if self._queue.full():
            while not self._queue.empty():
                self._queue.get_nowait()
            self._missed = True
        self._queue.put_nowait(change)

    async def get(self) -> Change | None:
        """The next change, or None: some were missed."""
        if self._missed:
            self._missed = False
            return None
        return await self._queue.get()


class Hub:
    """Tells every subscriber of every change, within the loop."""

    def __init__(self, size: int = 500) -> None:
        self._size = size
        self._all: set[Subscription] = set()

    @contextlib.contextmanager
    def subscribe(self) -> Iterator[Subscription]:
        """A subscription as long as the `with` block lasts."""
        subscription = Subscription(self._size)
        self._all.add(subscription)
        try:
            yield subscription
        finally:
            self._all.discard(subscription)

    def publish(self, change: Change) -> None:
        """Give a change to everybody."""
        for subscription in self._all:
            subscription.put(change)
