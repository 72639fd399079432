"""Server-sent events: what a tablet needs to be live, to know that it is, and to lose nothing.

    hello    who, epoch, head of the journal, build of the page; the first event of every connection
    reset    (instead of what was missed) more than 200 events were missed, or it is another journal: read afresh
    journal  one committed event; its id is its number, so a reconnect says with Last-Event-ID what it has
    state    the whole snapshot, at most once in 50 ms
    tap      a card at the desk's reader: what it is, and whose visit
    scan     a code at the desk's scanner: whose appointment it is, or why it is none
    issuing  how far the issue of a card at the desk's reader is
    beat     every 2 s: the gate's tick, which commands give back (tablet.md 1, 2)
    end      the session is over: sign in again

The order is that of the journal. Changes are subscribed before the head is read, so nothing falls between what was missed and
what comes. A tablet that is too slow for its queue is told `reset` instead of being fed from an ever longer one.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from edge.api import queries
from edge.api.auth import Person, Token, still_in
from edge.api.context import Context, Ctx
from edge.api.port import Watch
from edge.api.roles import for_role, sees_names
from edge.api.who import Who
from edge.bridge import Change
from edge.store import queries as stored

router = APIRouter(prefix="/api/v1", tags=["gate"])
AT_THE_DESK = frozenset({"tap", "scan", "issuing"})
MISSED = 200
"""So many events are sent again after a reconnect; beyond that reading afresh is quicker."""


def frame(event: str, data: Any, number: int | None = None) -> bytes:
    """One event on the wire."""
    ident = f"id: {number}\n" if number is not None else ""
    return f"event: {event}\n{ident}data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


@router.get(
    "/stream",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "hello, reset, journal, state, beat, end"}},
)
async def stream(
    ctx: Ctx,
    who: Person,
    token: Token,
    *,
    last: Annotated[int | None, Header(alias="Last-Event-ID", ge=0)] = None,
    after: Annotated[int | None, Query(ge=0, description="the same, for a page that opens the stream itself")] = None,
    epoch: Annotated[str, Query(max_length=64, description="journal to which that number belongs")] = "",
) -> StreamingResponse:
    """Live events; ids are numbers of the journal."""
    known = last if last is not None else after
    events = _Stream(ctx, who, token).run(known, epoch)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)


class _Stream:
    """One tablet's connection."""

    def __init__(self, ctx: Context, who: Who, token: str | None) -> None:
        self._ctx, self._who, self._token = ctx, who, token
        self._sent = 0

    async def run(self, known: int | None, epoch: str) -> AsyncIterator[bytes]:
        """Everything, until the tablet goes, the session ends, or the gate goes down."""
        with self._ctx.port.subscribe() as watch:
            async for part in self._catch_up(known, epoch):
                yield part
            async with contextlib.aclosing(self._live(watch)) as live:
                async for part in live:
                    yield part

    async def _catch_up(self, known: int | None, epoch: str) -> AsyncIterator[bytes]:
        def read(con: stored.Con) -> tuple[int, list[queries.Row]]:
            head = stored.head(con).seq
            few = known is not None and 0 <= head - known <= MISSED
            return head, queries.events(con, known, MISSED) if few and known is not None else []

        head, missed = await self._ctx.reads.query(read)
        gate = self._ctx.port.snapshot()["gate"]
        self._sent = head
        who = {"user": self._who.user, "name": self._who.name, "role": self._who.role}
        yield frame(
            "hello", {"who": who, "epoch": gate["epoch"], "head": head, "build": self._ctx.build, **self._beat()}
        )
        foreign = bool(epoch) and epoch != gate["epoch"]
        if known is not None and (foreign or not 0 <= head - known <= MISSED):
            yield frame("reset", {"head": head}, head)
        else:
            for event in missed:
                yield frame("journal", event, event["seq"])
        yield self._state()

    async def _live(self, watch: Watch) -> AsyncGenerator[bytes, None]:
        loop, options = asyncio.get_running_loop(), self._ctx.options
        beat_at, state_at = loop.time() + options.beat_s, None
        change = asyncio.ensure_future(watch.get())
        closing = asyncio.ensure_future(self._ctx.closing.wait())
        try:
            while not closing.done():
                due = min(beat_at, state_at or beat_at) - loop.time()
                await asyncio.wait({change, closing}, timeout=max(0.0, due), return_when=asyncio.FIRST_COMPLETED)
                if change.done():
                    news = change.result()
                    change = asyncio.ensure_future(watch.get())
                    for part in self._news(news):
                        yield part
                    state_at = state_at or loop.time() + options.coalesce_s
                if state_at is not None and loop.time() >= state_at:
                    state_at = None
                    yield self._state()
                if loop.time() >= beat_at:
                    beat_at = loop.time() + options.beat_s
                    if not still_in(self._ctx, self._who, self._token):
                        yield frame("end", {"why": "session"})
                        return
                    yield frame("beat", self._beat())
        finally:
            for task in (change, closing):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    def _news(self, change: Change | None) -> list[bytes]:
        if change is None:
            self._sent = int(self._ctx.port.snapshot()["journal_seq"])
            return [frame("reset", {"head": self._sent}, self._sent)]
        if change.kind in AT_THE_DESK:
            return [frame(change.kind, change.data)] if sees_names(self._who.role) else []
        if change.kind != "journal" or change.seq <= self._sent:
            return []
        self._sent = change.seq
        return [frame("journal", queries.view({**change.data, "seq": change.seq}), change.seq)]

    def _state(self) -> bytes:
        return frame("state", for_role(self._ctx.port.snapshot(), self._who.role))

    def _beat(self) -> dict[str, Any]:
        return {"tick": self._ctx.port.now_tick(), "now_ms": self._ctx.port.snapshot()["now_ms"], "seq": self._sent}
