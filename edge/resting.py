"""Waiting for the arms: until each is down, or none is on its way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from edge.gate import Gate
from edge.lane import Lane


async def until(gate: Gate, good: Callable[[Lane], bool], timeout_ms: int) -> None:
    """Return when this is true of every lane, or after `timeout_ms` of the gate's own time."""
    end = gate.clock.mono_ms() + timeout_ms
    with gate.hub.subscribe() as changes:
        while not all(map(good, gate.lanes.values())) and (left := end - gate.clock.mono_ms()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(gate.clock.seconds(left)):
                    await changes.get()
