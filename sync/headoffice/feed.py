"""The live feed: what has just come in from any gate, to every open page.

One look at the chains' watermarks a second, or when the bell rings (bell.py), serves all pages; events between the last watermark and the new one are read, at most `BURST` a look (a backlog of a
million that comes in after a cut is not news). An event's body names no person; its personal part is not read here at all.
`{"desk": true}` among them: a request of a desk has moved, or an order about one was given or answered.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

from sync.headoffice.certificate import rows_from
from sync.headoffice.desk_ask import stirred
from sync.headoffice.index_words import entry_of
from sync.headoffice.intake import ChainId
from sync.headoffice.store import Store, StoreUnavailable
from sync.headoffice.web_context import Reads

EVERY_S, SOON_S = 1.0, 0.1
BURST = 40
WAITING = 200


class Feed:
    """Lives in the loop."""

    def __init__(self, reads: Reads, site: str) -> None:
        self._reads, self._site = reads, site
        self._marks: dict[ChainId, int] | None = None
        self._open: set[asyncio.Queue[dict[str, Any]]] = set()
        self._desk: tuple[int, ...] = ()
        self._rung = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self) -> None:
        """Until it is cancelled."""
        self._loop = asyncio.get_running_loop()
        while True:
            await self._due()
            if not self._open:
                self._marks = None
                continue
            try:
                marks, news = await self._reads(self._look)
                desk = await self._reads(lambda store: stirred(store, self._site))
            except StoreUnavailable:
                continue  # the page's own requests say so
            if self._desk not in ((), desk):
                news.append({"desk": True})
            self._marks, self._desk = marks, desk
            for queue in self._open:
                for one in news:
                    if queue.full():
                        queue.get_nowait()
                    queue.put_nowait(one)

    async def _due(self) -> None:
        """Until it is time for a look, or until somebody rings (but not more often than `SOON_S`)."""
        await asyncio.sleep(SOON_S)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), EVERY_S - SOON_S)
        self._rung.clear()

    def ring(self) -> None:
        """Look now. Any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._rung.set)

    def listen(self) -> asyncio.Queue[dict[str, Any]]:
        """Whoever looks; the oldest of what nobody takes is dropped."""
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(WAITING)
        self._open.add(queue)
        return queue

    def leave(self, queue: asyncio.Queue[dict[str, Any]]) -> None:
        """They have gone."""
        self._open.discard(queue)

    def _look(self, store: Store) -> tuple[dict[ChainId, int], list[dict[str, Any]]]:
        marks = {c.where: c.mark.seq for c in store.chains(self._site)}
        if self._marks is None:
            return marks, []
        news: list[dict[str, Any]] = []
        for where, seq in marks.items():
            was = self._marks.get(where, 0)
            if seq > was:
                for row in rows_from(store, where, max(was + 1, seq - BURST + 1), seq):
                    if entry_of(row.seq, row.data, None) is not None:
                        news.append(said(where, json.loads(row.data)))
        return marks, sorted(news, key=lambda e: str(e["at"]))[-BURST:]


def said(where: ChainId, event: dict[str, Any]) -> dict[str, Any]:
    """An event as the pages have it."""
    names = ("at", "kind", "actor", "rule", "clock", "seq")
    return {"gate": where.gate, "epoch": where.epoch, **{n: event.get(n) for n in names}, "body": event.get("body", {})}
