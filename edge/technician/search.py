"""Find a reader on a port that nothing of this gate uses, or that the technician releases for it.

    start → (journal: released; the reader is closed) → drivers/port_search.py on its thread → state → page
          → at the end, whatever it was: the reader is made anew (journal: returned)

One search at a time. What is found comes with the table to paste. A port that a sign, or anything but readers, has is never
released: its bytes are not for listening. The reader that is out of service meanwhile is a fault that everybody sees.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from typing import Any

from drivers import loader
from drivers.finding import Candidate
from drivers.osdp import cards as osdp_cards
from drivers.osdp.asking import Identity
from drivers.port_search import Mode, PortSearch, State, Times
from drivers.seen import SerialPort
from edge.devices import Devices
from edge.devices_wanted import BUS, READER, SCANNER, Wanted
from edge.domain.events_technician import ReaderReleased, ReaderReturned
from edge.errors import BadInput, NotExecuted, NotFound
from edge.gate import Gate
from edge.orders import Person
from edge.service import Acted, Doing, Service
from edge.settings_lane import OSDP
from edge.technician import seen, toml

Row = dict[str, Any]
RELEASED = "released"
"""The fault's code."""


class Search(Service):
    """Over a gate and its devices; `ports` lists the machine's serial ports (called on a thread)."""

    def __init__(self, gate: Gate, devices: Devices, ports: Callable[[], Sequence[SerialPort]]) -> None:
        super().__init__(gate)
        self._devices, self._ports = devices, ports
        self.times = Times()
        self._search: PortSearch | None = None
        self._lent: list[str] = []
        self._out: list[str] = []
        """The readers that are out of service for it."""
        self._name = ""
        self._busy = self._stopping = False
        """From the first step of `start` until what was released is back."""

    def state(self) -> Row | None:
        """How far it is; None before the first one."""
        if self._search is None:
            return None
        now = self._search.state
        certain = [each for each in now.candidates if each.certain]
        return {
            "port": self._name,
            "mode": now.mode.value,
            "running": self._busy,
            "baud": now.baud,
            "asked": now.asked,
            "heard": [{"baud": baud, "bytes": count} for baud, count in now.heard],
            "found": [
                *(self._of(each) for each in certain or now.candidates),
                *(self._osdp(*each) for each in now.readers),
            ],
            "released": self._out,
            "error": now.error,
        }

    async def start(self, person: Person, port: str, mode: str, release: bool, key: str) -> Acted:
        """Begin. `release`: what uses the port may be put out of service. Raises NotExecuted, BadInput."""
        if (old := self.done_before(person, key)) is not None:
            return old
        if self._busy:
            raise NotExecuted("正在查找 · a search is going on", "先停止它 · stop it first", code="already")
        self._busy = True
        try:
            done = await self._begin(person, port, mode, release, key)
        except BaseException:
            self._give_back("")
            raise
        if done.again:
            self._busy = False
        return done

    async def _begin(self, person: Person, port: str, mode: str, release: bool, key: str) -> Acted:
        users = self._users(port)
        name = await asyncio.to_thread(self._stable, port)
        if not name and not users:  # whatever else has a path (a watchdog, a disk) is never opened
            raise BadInput(
                f"没有串口 {port} · there is no serial port {port}", "请在列表中选择 · choose it in the list"
            )
        fixed = [name for name, want in users.items() if want.kind not in (READER, SCANNER, BUS)]
        if fixed or (users and not release):
            raise NotExecuted(
                f"端口正被使用：{', '.join(users)} · the port is in use by {', '.join(users)}",
                "先让它停用，再查找 · release it first" if not fixed else "请换一个端口 · choose another port",
                code="port-in-use",
            )
        search = PortSearch(port, Mode(mode), self._gate.bridge.sink(self._changed), self.times)
        names = [device for name, want in users.items() for device in devices_of(name, want)]
        done = await self.do(person, key, lambda d: _released(d, names, name or port, mode))
        if done.again:
            return done
        self._search, self._name, self._out = search, name or port, names
        for each in users:
            await self._devices.lend(each)
            self._lent.append(each)
        for device in names:
            self._gate.faults.set(device, RELEASED, True, self._name, _lane(self._gate, device))
        self._gate.changed()
        search.start()
        return done

    def stop(self) -> None:
        """End it; what was released comes back. Raises NotFound when none runs."""
        if self._search is None or not self._busy:
            raise NotFound("没有在查找 · no search is going on", "先开始查找 · begin one first")
        self._gate.bridge.spawn(_closed(self._search))

    def close(self) -> None:
        """The gate stops: the thread ends."""
        self._stopping = True
        if self._search is not None:
            self._search.close()

    def _changed(self, state: State) -> None:
        if not state.running and self._busy:
            self._give_back(_in_words(state))

    def _give_back(self, found: str) -> None:
        """Whatever it was that ended the search: what was released is made anew, and that is on record."""
        lent, self._lent, out, self._out = self._lent, [], self._out, []
        for name in lent if not self._stopping else ():
            self._devices.take_back(name)
        for device in out:
            self._gate.faults.set(device, RELEASED, False, "", _lane(self._gate, device))
        if out:
            self._gate.note(tuple(ReaderReturned(device, self._name, found) for device in out))
        self._busy = False
        self._gate.changed()

    def _stable(self, port: str) -> str:
        """The best name of a serial port of this machine; empty when it is none."""
        for known in self._ports():
            if port in (known.path, *known.names):
                return (*known.names, known.path)[0]
        return ""

    def _users(self, port: str) -> dict[str, Wanted]:
        """What of this gate has the port."""
        real, found = os.path.realpath(port) if "://" not in port else port, {}
        for name, want in self._devices.wanted.items():
            for theirs in _ports_of(want):
                if theirs == port or ("://" not in theirs and os.path.realpath(theirs) == real):
                    found[name] = want
        return found

    def _of(self, each: Candidate) -> Row:
        module = loader.load(each.driver)
        baud = None if each.baud == module.DEFAULT_BAUD else each.baud
        return {
            "driver": each.driver,
            "name": seen.family(each.driver),
            "baud": each.baud,
            "options": dict(each.given),
            "cards": [uid.hex() for uid in each.cards],
            "frames": each.frames,
            "share": round(each.share, 3),
            "checked": each.checked,
            "certain": each.certain,
            "identity": None,
            "config": toml.reader(each.driver, self._name, baud, each.given),
        }

    def _osdp(self, baud: int, one: Identity) -> Row:
        options = {"address": one.address}
        config = toml.reader(OSDP, self._name, None if baud == osdp_cards.DEFAULT_BAUD else baud, options)
        return {
            "driver": OSDP,
            "name": seen.family(OSDP),
            "baud": baud,
            "options": options,
            "cards": [],
            "frames": 1,
            "share": 1.0,
            "checked": True,
            "certain": True,
            "identity": {"vendor": one.vendor, "model": one.model, "serial": one.serial, "firmware": one.firmware},
            "config": config,
        }


def devices_of(name: str, want: Wanted) -> list[str]:
    """The readers that a device carries: itself, or those of a bus."""
    return [device for device, _ in want.of] if want.kind == BUS else [name]


def _ports_of(want: Wanted) -> list[str]:
    if want.kind in (READER, SCANNER):
        return [want.of.port]
    if want.kind == BUS:
        return [want.of[0][1].port]
    port = getattr(want.of[0], "port", "") if isinstance(want.of, tuple) and want.of else ""
    return [port] if isinstance(port, str) and port else []


def _lane(gate: Gate, device: str) -> str:
    lane = device.partition(".")[0]
    return lane if lane in gate.lanes else ""


def _released(d: Doing, devices: list[str], port: str, mode: str) -> Acted:
    """A search of a port that nobody uses changes nothing, and is no event."""
    numbers = [d.append(ReaderReleased(device, port, mode)) for device in devices]
    return Acted(numbers[0] if numbers else 0)


def _in_words(state: State) -> str:
    if state.readers:
        return ", ".join(f"osdp address {one.address} at {baud}" for baud, one in state.readers)
    best = state.candidates[0] if state.candidates else None
    return f"{best.driver} at {best.baud}" if best else ""


async def _closed(search: PortSearch) -> None:
    await asyncio.to_thread(search.close)
