"""Everything that a technician does, behind one door (edge.api.port_technician.TechnicianPort)."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

from drivers import seen as machine
from drivers.gpio import GpioLane
from edge.api.who import Who
from edge.devices import Devices
from edge.errors import BadInput, NotFound
from edge.gate import Gate
from edge.live_rows import person_of
from edge.settings import Settings
from edge.store.users import Users
from edge.technician import seen
from edge.technician.calibrating import Calibrating
from edge.technician.focusing import Focusing
from edge.technician.raw import Feed, Raw
from edge.technician.recordings import Recordings, replay
from edge.technician.search import Search
from edge.technician.seen import Seen
from edge.technician.taps import Taps, age_ms
from edge.technician.trying import Trying

Row = dict[str, Any]


class Listening:
    """edge.api.port_technician.RawPort."""

    def __init__(self, raw: Raw, feed: Feed) -> None:
        self._raw, self._feed = raw, feed

    def rows(self, beat_s: float) -> AsyncIterator[Row | None]:
        """Chunks and beats."""
        return self._raw.rows(self._feed, beat_s)


class Workshop:
    """Over a gate, its people and its devices. `settings` gives those in force."""

    def __init__(
        self, gate: Gate, users: Users, devices: Devices, settings: Callable[[], Settings], data: Path
    ) -> None:
        self._gate, self._devices, self._settings = gate, devices, settings
        self.dev = machine.DEV
        """The place where tests put another /dev."""
        self._taps = Taps(devices, gate.bridge)
        self._raw = Raw(self._taps)
        self._recordings = Recordings(gate, self._taps, data)
        self._calibrating = Calibrating(gate, devices, self._taps)
        self._trying = Trying(gate, users, devices)
        self._focusing = Focusing(devices)
        self.searching = Search(gate, devices, lambda: machine.serial_ports(self.dev))

    async def tidy(self) -> None:
        """A chore: captures that have had their time go."""
        await asyncio.to_thread(self._recordings.tidy)

    async def close(self) -> None:
        """The gate stops: what goes on ends, and says so."""
        self._recordings.close()
        self._calibrating.stop()
        await asyncio.to_thread(self.searching.close)

    # ---- looking ---------------------------------------------------------------------------------------------------

    def around(self) -> Row:
        """Faults and states, taken in the loop."""
        states, left = {}, {}
        for device, reader in self._devices.osdp.readers.items():
            if reader.installing:
                states[device] = seen.INSTALLING
                left[device] = max(0, (reader.installing_until_ns - time.monotonic_ns()) // 1_000_000_000)
            elif reader.up:
                states[device] = seen.SECURE
        searched = self.searching.state()
        for device in searched["released"] if searched else ():
            states[device] = seen.RELEASED
        return {"faults": self._gate.faults.now(), "states": states, "left": left}

    def look(self, around: Row) -> Row:
        """What is plugged in, configured, missing."""
        found = Seen(self._settings(), self.dev).look(around["faults"], around["states"])
        for row in found["configured"]:
            row["install_s"] = around["left"].get(row["device"], 0)
        return found

    @contextlib.contextmanager
    def listen(self, device: str) -> Iterator[Listening]:
        """The live bytes of a reader."""
        with self._raw.listen(device) as feed:
            yield Listening(self._raw, feed)

    def captures(self) -> Row:
        """Files and what is being recorded."""
        return {"running": self._recordings.running(), "files": self._recordings.names()}

    def capture(self, name: str) -> str:
        """One file."""
        return self._recordings.text(name)

    def replay(self, name: str, text: str, driver: str, options: Row | None) -> Row:
        """What a decoder makes of it."""
        return replay(text or self._recordings.text(name), driver, options)

    def search(self) -> Row | None:
        """How far the search is."""
        return self.searching.state()

    def calibration(self) -> Row | None:
        """How far the calibration is."""
        return self._calibrating.state()

    async def calibrate(self, device: str, known: str, kind: str, more: bool) -> Row:
        """Wait for a card."""
        return await self._calibrating.begin(device, known, kind, more)

    def inputs(self) -> Row:
        """Levels, edges, bounces; relays."""
        rows = []
        for io in self._devices.of(GpioLane).values():
            for line, now in io.watch().items():
                rows.append(
                    {
                        "lane": io.options.lane,
                        "line": line.value,
                        "pin": now.options.pin,
                        "contact": now.options.normally,
                        "pull": now.options.pull,
                        "active": now.active,
                        "level": now.level,
                        "edges": now.edges,
                        "bounces": now.bounces,
                        "since_ms": age_ms(now.last_ns) if now.last_ns else None,
                    }
                )
        return {"inputs": rows, "lanes": self._trying.relays()}

    def figures(self, lane: str, after: int) -> Row:
        """A picture in figures."""
        return self._focusing.figures(lane, after)

    def picture(self, lane: str) -> bytes:
        """The picture."""
        return self._focusing.picture(lane)

    # ---- doing -----------------------------------------------------------------------------------------------------

    def stop(self, what: str, device: str = "") -> Row:
        """End what goes on."""
        match what:
            case "search":
                self.searching.stop()
            case "calibration":
                self._calibrating.stop()
            case "capture":
                self._recordings.stop(device)
            case _:
                raise NotFound(f"没有 {what} · there is no {what}", "search, calibration, capture")
        return {"seq": 0, "again": False}

    async def act(self, who: Who, action: str, given: Row, key: str) -> Row:
        """capture, search, pulse, install."""
        person = person_of(who)
        match action:
            case "capture":
                done = await self._recordings.begin(person, given["device"], given["seconds"], key)
            case "search":
                done = await self.searching.start(person, given["port"], given["mode"], given["release"], key)
            case "pulse":
                done = await self._trying.pulse(person, given, key)
            case "install":
                done = await self._trying.install(person, given["device"], given["seconds"], key)
            case _:
                raise BadInput(f"没有 {action} · there is no {action}", "capture, search, pulse, install")
        return {"seq": done.seq, "again": done.again}
