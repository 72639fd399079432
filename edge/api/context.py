"""What every route needs, made once by `create_app` and found through the request: gate, users, reading threads, options."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from fastapi import Depends, Request

from edge.api.once import Once
from edge.api.port import GatePort
from edge.store.users import Users

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Options:
    """How the page is served. `names`: host names beside addresses and localhost; `secure`: TLS, so cookies are Secure."""

    names: tuple[str, ...] = ()
    secure: bool = False
    ca: bytes = b""
    """The gate's own authority (PEM), for tablets to install from /api/v1/ca.crt; empty: there is none."""
    beat_s: float = 2.0
    """Heartbeat of the stream (tablet.md 2)."""
    coalesce_s: float = 0.05
    """Changes of state within this time are one `state` event."""
    console: str = ""
    """A token for the command line on this machine (`Authorization: Bearer …`), which acts as a shift leader; empty: none."""


class Reads:
    """Queries and pictures, on two threads of their own, so that a slow one holds up neither the loop nor a card."""

    def __init__(self, port: GatePort) -> None:
        self._port = port
        self._pool = ThreadPoolExecutor(2, "gate-read")

    async def query(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` with a read-only connection: one consistent moment."""

        def run() -> T:
            with self._port.store.reader() as con:
                return work(con)

        return await self.call(run)

    async def call(self, work: Callable[[], T]) -> T:
        """Run `work` on a reading thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class Context:
    """One gate's API."""

    port: GatePort
    users: Users
    options: Options
    reads: Reads
    build: str
    """Content hash of the page; a tablet that runs another one loads itself again."""
    once: Once = field(default_factory=Once)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the gate goes down, so that streams end by themselves."""


async def _context(request: Request) -> Context:
    context = request.app.state.context
    assert isinstance(context, Context)
    return context


Ctx = Annotated[Context, Depends(_context)]
