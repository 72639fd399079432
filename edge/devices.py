"""The gate's devices by name: pins, readers, buses, signs, voices, cameras; made, started, lent, changed, closed.

    settings → wanted (devices_wanted.py) → make (devices_made.py) → start → close
                 └ equal before and after: it stays as it is, whatever else changes

One of them can be closed and made anew from a changed table while the rest of the gate goes on (`change`). Pins are the exception: closing
one input under lgpio ends the edges of all others (drivers/gpio.py), so pins are made once, at the start of the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from camera.capture import Capture
from drivers.gpio import GpioLane
from drivers.pins import Pins
from drivers.serial_port import SerialReader
from edge.devices_made import Maker
from edge.devices_wanted import BUS, PINS, Wanted, wanted
from edge.domain.courtesy import Phrases
from edge.gate import Gate
from edge.hearing import Hearing, Said
from edge.osdp import Buses, Keys, OsdpReader
from edge.playground import Playground
from edge.settings import Settings

T = TypeVar("T")


class Devices:
    """Lives in the loop; whatever ends a thread is waited for on another one."""

    def __init__(
        self,
        gate: Gate,
        hearing: Hearing,
        data: Path,
        keys: Keys,
        phrases: Mapping[str, Phrases],
        eyes: Sequence[MutableMapping[str, Any]],
    ) -> None:
        self._gate, self._hearing, self._data = gate, hearing, data
        self.maker = Maker(gate, hearing, keys, phrases, eyes)
        self.made: dict[str, Any] = {}
        """Name → the driver's object; each has `start` and `close`."""
        self.wanted: dict[str, Wanted] = {}
        self.lent: dict[str, Wanted] = {}
        """What is closed for a while: a technician searches its port."""
        self.overhears: list[Callable[[Said], None]] = []
        """Who else is told, in the loop, what devices say (a calibration waits for a card)."""
        self._rounds: dict[str, int] = {}

    @property
    def playground(self) -> Playground | None:
        """The simulated world, where the pins are simulated."""
        return self.maker.playground

    @property
    def pins(self) -> Pins | None:
        """The board's; None: it has none."""
        return self.maker.pins

    @property
    def osdp(self) -> Buses:
        """Every OSDP line and its readers."""
        return self.maker.osdp

    def of(self, kind: type[T]) -> dict[str, T]:
        """The devices of a class, by name."""
        return {name: made for name, made in self.made.items() if isinstance(made, kind)}

    @property
    def readers(self) -> dict[str, SerialReader | OsdpReader]:
        """Every card reader, whatever its line."""
        return {**self.of(SerialReader), **self.osdp.readers}

    # ---- all of them -----------------------------------------------------------------------------------------------

    def build(self, settings: Settings) -> None:
        """Make everything; nothing speaks yet. The lanes are there already. Raises SettingsError for an address that is none."""
        self.maker.open_pins(settings, self._data)
        for name, want in wanted(settings).items():
            self._make(name, want)

    def start(self) -> None:
        """They begin to speak."""
        for name in self.made:
            self._start(name)

    def release(self) -> None:
        """Relays first: no arm moves any more."""
        for io in self.of(GpioLane).values():
            io.close()

    async def stop(self) -> None:
        """The other devices end."""
        for made in self.made.values():
            await asyncio.to_thread(made.close)
        if self.playground:
            await asyncio.to_thread(self.playground.close)

    async def close_pins(self) -> None:
        """Last: the factory and its threads."""
        if self.pins:
            await asyncio.to_thread(self.pins.close)

    async def seen(self, timeout_s: float) -> None:
        """Wait until each camera has given its first picture (rendering the scene takes a second the first time)."""
        for capture in self.of(Capture).values():
            await asyncio.to_thread(capture.wait_newer, 0, timeout_s)

    # ---- one of them -----------------------------------------------------------------------------------------------

    async def change(self, settings: Settings) -> tuple[str, ...]:
        """Close what these settings do not want any more or want otherwise, make and start what they want; returns the names.

        Pins are not touched. Raises SettingsError for an address that is none: then what was closed stays closed, and whoever
        called comes back with settings that are good.
        """
        want = {name: one for name, one in wanted(settings).items() if one.kind != PINS}
        old = {name: one for name, one in self.wanted.items() if one.kind != PINS}
        away = [name for name, one in old.items() if want.get(name) != one]
        for name in away:
            await self._drop(name)
        self.lent = {name: one for name, one in self.lent.items() if want.get(name) == one}
        new = [name for name, one in want.items() if self.wanted.get(name) != one and name not in self.lent]
        for name in new:
            self._make(name, want[name])
            self._start(name)
        return tuple(dict.fromkeys((*away, *new)))

    async def lend(self, name: str) -> None:
        """Close a device and let go of its port, so that a technician can search it; `take_back` makes it anew."""
        want = self.wanted[name]
        await self._drop(name)
        self.lent[name] = want

    def take_back(self, name: str) -> None:
        """Make and start what was lent; nothing happens when a change of the configuration has done so already."""
        want = self.lent.pop(name, None)
        if want is not None and name not in self.wanted:
            self._make(name, want)
            self._start(name)

    def _make(self, name: str, want: Wanted) -> None:
        self.wanted[name] = want
        self._rounds[name] = number = self._rounds.get(name, 0) + 1
        says = self._gate.bridge.sink(partial(self._said, name, number))
        made = self.maker.make(name, want, says)
        if made is not None:
            self.made[name] = made

    def _said(self, name: str, number: int, value: Said) -> None:
        """What a device said that has been closed or made anew meanwhile is heard no more."""
        if self._rounds.get(name) == number:
            self._hearing.says(value)
            for hear in self.overhears:
                hear(value)

    def _start(self, name: str) -> None:
        made = self.made.get(name)
        if made is None:
            return
        made.start()
        if isinstance(
            made, GpioLane
        ):  # after it: what changes from now on is told, and comes to the loop later than this
            self._hearing.found(made.options.lane, frozenset(line for line, on in made.read().items() if on))

    async def _drop(self, name: str) -> None:
        """Close it, undo what it was bound to, and end its faults: nobody will say any more that they are over."""
        want, made = self.wanted.pop(name), self.made.pop(name, None)
        self._rounds[name] += 1
        if made is not None:
            await asyncio.to_thread(made.close)
        devices = [device for device, _ in want.of] if want.kind == BUS else [name]
        for device in devices:
            self.maker.untie(want.kind, device)
        if want.kind == BUS:
            self.osdp.remove(devices, want.of[0][1].port)
        for fault in self._gate.faults.now():
            if fault.device in devices:
                self._gate.faults.set(fault.device, fault.code, False)
        self._gate.changed()
