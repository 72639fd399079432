"""The live stream of one reader's bytes for one page: bounded in chunks that wait, in time, and in how many listen at once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from edge.errors import NotExecuted
from edge.technician.taps import Chunk, Reading, Taps

Row = dict[str, Any]
WAITING = 200
"""Chunks that wait for a slow page; what comes then is dropped, and it is told how many."""
LISTENERS = 6
LONGEST_S = 900.0


class Feed:
    """One page's view of a reader. `get` gives the next row, or None when nothing came for so long."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._queue: asyncio.Queue[Chunk] = asyncio.Queue(WAITING)
        self._begun_ns = 0
        self._dropped = 0

    def hear(self, chunk: Chunk) -> None:
        """From the tap, in the loop."""
        if self._queue.full():
            self._dropped += 1
        else:
            self._queue.put_nowait(chunk)

    async def get(self, timeout_s: float) -> Row | None:
        """`{"ms", "hex", "found", "dropped"}`; `ms` since the first chunk."""
        try:
            async with asyncio.timeout(timeout_s):
                chunk = await self._queue.get()
        except TimeoutError:
            return None
        self._begun_ns = self._begun_ns or chunk.mono_ns
        dropped, self._dropped = self._dropped, 0
        return {
            "ms": (chunk.mono_ns - self._begun_ns) // 1_000_000,
            "hex": chunk.data.hex(" "),
            "found": self._reading.take(chunk),
            "dropped": dropped,
        }


class Raw:
    """Who listens to which reader."""

    def __init__(self, taps: Taps) -> None:
        self._taps = taps
        self._listening = 0

    @contextlib.contextmanager
    def listen(self, device: str) -> Iterator[Feed]:
        """As long as the block lasts. Raises NotFound, NotExecuted (not running, or too many listen)."""
        of = self._taps.reader(device)
        if self._listening >= LISTENERS:
            raise NotExecuted(
                "同时查看的页面太多 · too many pages listen at once", "请先关掉一个 · close one first", code="busy"
            )
        feed = Feed(Reading(of.table))
        with self._taps.tap(of, feed.hear):
            self._listening += 1
            try:
                yield feed
            finally:
                self._listening -= 1

    async def rows(self, feed: Feed, beat_s: float) -> AsyncIterator[Row | None]:
        """Rows until the time is over; None is a beat: nothing came for `beat_s`."""
        loop = asyncio.get_running_loop()
        until = loop.time() + LONGEST_S
        while loop.time() < until:
            yield await feed.get(beat_s)
