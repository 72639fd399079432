"""What the gate does by itself, again and again: watch the clock, end old sessions, remind, erase what has had its time.

A chore that fails is logged and comes again; it never ends the others. Times are seconds of the gate's clock, so that a simulated
day at 60 times the speed has its reminders at the right moments too.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from edge.clock import Clock
from edge.errors import GateError

log = logging.getLogger(__name__)
Chore = Callable[[], Awaitable[None]]


class Chores:
    """All chores of a gate, each in a task of its own."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: list[tuple[str, float, Chore]] = []
        self._tasks: list[asyncio.Task[None]] = []

    def add(self, name: str, every_s: float, chore: Chore) -> None:
        """`chore` is done every so many seconds from `start` on, the first time after the first span."""
        self._known.append((name, every_s, chore))

    def start(self) -> None:
        """Begin all."""
        self._tasks = [asyncio.create_task(self._run(*known), name=f"chore-{known[0]}") for known in self._known]

    def stop(self) -> None:
        """End all, between two rounds or in the middle of one: a chore's transactions are whole or not there."""
        for task in self._tasks:
            task.cancel()

    async def _run(self, name: str, every_s: float, chore: Chore) -> None:
        while True:
            await asyncio.sleep(self._clock.seconds(round(every_s * 1000)))
            try:
                await chore()
            except GateError as e:
                log.error("the chore «%s» was not done and comes again in %g s: %s", name, every_s, e)
