"""The gate's chores: what it does by itself, how often, and what follows (edge/chores.py runs them)."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from pathlib import Path

from edge.chores import Chores
from edge.desk import Desk, Reception
from edge.desk.privacy import Privacy
from edge.domain import events as ev
from edge.gate import Gate
from edge.health import Health
from edge.store import queries
from edge.store.db import Tx
from edge.store.users import Users

log = logging.getLogger(__name__)
CLOCK_S = 5.0
TEND_S = 60.0
MACHINE_S = 30.0
CONVOYS_S = 15.0
OVERSTAY_S = 30.0
MUSTER_S = 5.0
"""So long the list of who is inside may be behind, for a tablet that is dead."""
RETENTION_S = 3600.0
CONFIG_S = 1.0
"""A configuration on trial is looked at so often."""
POST_S = 15.0
"""Deadlines, ends of shifts and beginnings of notices are looked at so often."""
ANSWERS_KEPT_MS = 48 * 3600 * 1000


class Duties(Chores):
    """Those that concern the gate as a whole; services add their own with `add`."""

    def __init__(
        self,
        gate: Gate,
        data: Path,
        *,
        users: Users,
        health: Health,
        privacy: Privacy,
        desk: Desk,
        reception: Reception,
    ) -> None:
        super().__init__(gate.clock)
        self._gate, self._data, self._users, self._health = gate, data, users, health
        self._privacy, self._desk, self._reception = privacy, desk, reception
        self.add("clock", CLOCK_S, self._watch_clock)
        self.add("tidy", TEND_S, self._tidy)
        self.add("machine", MACHINE_S, self._machine)
        self.add("overstays", OVERSTAY_S, self._overstays)
        self.add("muster", MUSTER_S, self._muster)
        self.add("retention", RETENTION_S, self._retention)

    def clock_fault(self) -> None:
        """How far the wall clock is to be trusted, as faults."""
        gate, clock = self._gate, self._gate.clock
        gate.faults.set("clock", "unset", clock.trust == "unset", "")
        astray = clock.astray_ms
        jump = 0 if astray else clock.doubt_ms
        for code, ms in (("jumped", jump), ("behind", min(astray, 0)), ("ahead", max(astray, 0))):
            gate.faults.set("clock", code, bool(ms), f"{ms // 1000:+d} s")

    async def _watch_clock(self) -> None:
        gate = self._gate
        change = gate.clock.watch()
        if change is not None:
            gate.note((ev.ClockChanged(change.trust, change.was, change.offset_ms),))
            self.clock_fault()
            gate.changed()
        gate.faults.set("disk", "low", gate.store.ballast_gone, "")
        gate.notes.write()

    async def _tidy(self) -> None:
        """Sessions that are over, answers that nobody will ask for again."""
        await self._users.tend()
        before = self._gate.clock.now_ms() - ANSWERS_KEPT_MS
        await self._gate.store.transact(partial(_forget, before), bulk=True)

    async def _machine(self) -> None:
        if await self._health.watch():
            self._gate.changed()

    async def _overstays(self) -> None:
        await self._reception.overstayed()

    async def _muster(self) -> None:
        """The list of who is inside, and the completion's index of hosts: both on a thread, both only when something changed."""
        try:
            await asyncio.to_thread(self._reception.write_muster, self._data)
        except OSError as e:
            log.error("the muster list could not be written: %s", e)
        await asyncio.to_thread(self._desk.warm)

    async def _retention(self) -> None:
        await self._privacy.carry_out()


def _forget(before_ms: int, tx: Tx) -> int:
    return queries.forget_answers(tx.con, before_ms)
