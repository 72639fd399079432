"""Faults are states, not streams of lines: said once when they begin, once when they end, shown all the time between.

Whatever reports trouble (a port, a camera, the store, the clock, a barrier's table) calls `set`; only a change becomes an
event and a line in the log. What was open when the gate last went down is ended at the start, because nobody has seen it
since, and begins again when its device says so again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from edge.clock import Clock
from edge.domain import events as ev
from edge.domain.event import Event

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong now."""

    device: str
    code: str
    lane: str
    detail: str
    since_ms: int
    mono_ms: int


class Faults:
    """All that is wrong now, by device and code."""

    def __init__(self, clock: Clock, note: Callable[[tuple[Event, ...]], None]) -> None:
        self._clock, self._note = clock, note
        self._open: dict[tuple[str, str], Fault] = {}
        self._well: dict[str, int] = {}

    def set(
        self, device: str, code: str, active: bool, detail: str = "", lane: str = "", *, journal: bool = True
    ) -> bool:
        """It is so, or it is no more. Returns whether that was news. `journal` False: its event is written elsewhere."""
        key = (device, code)
        old = self._open.get(key)
        if active == (old is not None):
            return False
        if active:
            self._open[key] = Fault(device, code, lane, detail, self._clock.now_ms(), self._clock.mono_ms())
            log.warning("fault began: %s %s %s", device, code, detail)
            if journal:
                self._note((ev.FaultBegan(device, code, detail, lane),))
        elif old is not None:
            del self._open[key]
            self._well[device] = self._clock.now_ms()
            seconds = (self._clock.mono_ms() - old.mono_ms) // 1000
            log.info("fault ended: %s %s after %d s", device, code, seconds)
            if journal:
                self._note((ev.FaultEnded(device, code, seconds, old.lane),))
        return True

    def stands(self, device: str, code: str) -> bool:
        """Whether this is wrong now."""
        return (device, code) in self._open

    def well_since(self, device: str) -> int | None:
        """When the last fault of a device ended (UTC ms); None when it has had none since the start."""
        return self._well.get(device)

    def now(self) -> list[Fault]:
        """What is wrong now, the oldest first."""
        return sorted(self._open.values(), key=lambda fault: fault.since_ms)
