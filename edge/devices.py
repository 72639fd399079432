"""The gate's devices by name, each made of its part of the configuration: pins, readers, buses, signs, voices, cameras.

    settings → wanted: name → what it is made of → make → start → close
                                └ equal before and after: it stays as it is, whatever else changes

One of them can be closed and made anew from a changed table while the rest of the gate goes on (`change`). A device that cannot be had on
this machine is a fault in words and nothing more. Pins are the exception: closing one input under lgpio ends the edges of all others
(drivers/gpio.py), so pins are made once, at the start of the process.

Names are those of faults: `entry.reader`, `desk.reader`, `exit.camera`; an OSDP bus is `osdp PORT` and has readers of several names.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from camera.base import Frame, Source
from camera.capture import Capture
from camera.motion import Motion
from drivers import base as d
from drivers.gpio import GpioLane
from drivers.pins import Pins
from drivers.serial_port import SerialReader
from drivers.sign_port import SignPort
from drivers.voice import Voice
from edge import hardware, osdp, signage
from edge.domain.courtesy import Phrases
from edge.gate import Gate
from edge.hearing import Hearing, Said
from edge.pictures import Eyes
from edge.places import ROOT
from edge.playground import Playground, mock_pins
from edge.settings import Settings
from edge.settings_lane import CameraTable, ReaderTable, ScannerTable, SignTable, VoiceTable

if TYPE_CHECKING:  # libosdp is loaded where there is an OSDP reader
    from drivers.osdp.bus import OsdpBus

PINS, READER, BUS, SIGN, VOICE, CAMERA = "pins", "reader", "bus", "sign", "voice", "camera"
SCANNER = "scanner"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A device as a configuration wants it: one that is equal before and after a change need not be made anew."""

    kind: str
    lane: str
    """Empty: of the whole gate."""
    of: Any


def wanted(settings: Settings) -> dict[str, Wanted]:
    """Every device by name, in the order in which they are started: the pins first."""
    found: dict[str, Wanted] = {}
    for lane in settings.lane:
        found[f"{lane.id}.pins"] = Wanted(PINS, lane.id, (hardware.lane_pins(lane), lane.direction))
    if settings.fire is not None:
        found["fire.pins"] = Wanted(PINS, "", hardware.fire_pins(settings.fire.input))
    if settings.green_way.input is not None:
        found["green-way.pins"] = Wanted(PINS, "", hardware.button_pins(settings.green_way.input))
    if settings.post.tamper is not None:
        found["post.pins"] = Wanted(PINS, "", hardware.cabinet_pins(settings.post.tamper))
    readers = {f"{lane.id}.reader": lane.reader for lane in settings.lane if lane.reader}
    readers |= {hardware.DESK_READER: settings.desk.reader} if settings.desk.reader else {}
    for name, reader in readers.items():
        if reader.driver != osdp.OSDP:
            lane_id = "" if name == hardware.DESK_READER else name.partition(".")[0]
            found[name] = Wanted(READER, lane_id, reader)
        else:
            bus = f"{osdp.OSDP} {reader.port}"
            others = found[bus].of if bus in found else ()
            found[bus] = Wanted(BUS, "", (*others, (name, reader)))
    for lane in settings.lane:
        if lane.scanner is not None:
            found[f"{lane.id}.scanner"] = Wanted(SCANNER, lane.id, lane.scanner)
    if settings.desk.scanner is not None:
        found[hardware.DESK_SCANNER] = Wanted(SCANNER, "", settings.desk.scanner)
    for lane in settings.lane:
        shown = (lane.direction, settings.gate.community)
        if lane.sign is not None:
            found[f"{lane.id}.sign"] = Wanted(SIGN, lane.id, (lane.sign, *shown))
        if lane.voice is not None:
            found[f"{lane.id}.voice"] = Wanted(VOICE, lane.id, (lane.voice, *shown))
    for lane in settings.lane:
        if lane.camera is not None:
            found[f"{lane.id}.camera"] = Wanted(CAMERA, lane.id, (lane.camera, lane.name, lane.plates.motion))
    for of, camera in (("person", settings.desk.camera), ("document", settings.desk.document_camera)):
        if camera is not None:
            found[hardware.DESK_CAMERAS[of]] = Wanted(CAMERA, "", (camera, of, False))
    return found


class Devices:
    """Lives in the loop; whatever ends a thread is waited for on another one."""

    def __init__(
        self,
        gate: Gate,
        hearing: Hearing,
        data: Path,
        keys: osdp.Keys,
        phrases: Mapping[str, Phrases],
        eyes: Sequence[MutableMapping[str, Any]],
    ) -> None:
        self._gate, self._hearing, self._data, self._phrases, self._eyes = gate, hearing, data, phrases, eyes
        self.osdp = osdp.Buses(keys)
        self.playground: Playground | None = None
        self.pins: Pins | None = None
        self.made: dict[str, Any] = {}
        """Name → the driver's object; each has `start` and `close`."""
        self.wanted: dict[str, Wanted] = {}
        self.motion: Callable[[str], None] = _no_motion
        """Something large has come into the picture of a lane (in the loop)."""
        self.desk_eyes: dict[str, Eyes] = {}
        """Of the desk's cameras: person, document."""
        self.lent: dict[str, Wanted] = {}
        """What is closed for a while: a technician searches its port."""
        self.overhears: list[Callable[[Said], None]] = []
        """Who else is told, in the loop, what devices say (a calibration waits for a card)."""
        self._boards: dict[str, signage.Board] = {}
        self._rounds: dict[str, int] = {}
        self._makers: dict[str, Callable[[str, Wanted, d.Sink], Any]] = {
            PINS: self._make_pins,
            READER: self._make_reader,
            BUS: self._make_bus,
            SCANNER: self._make_scanner,
            SIGN: self._make_sign,
            VOICE: self._make_voice,
            CAMERA: self._make_camera,
        }

    def of(self, kind: type[T]) -> dict[str, T]:
        """The devices of a class, by name."""
        return {name: made for name, made in self.made.items() if isinstance(made, kind)}

    @property
    def readers(self) -> dict[str, SerialReader | osdp.OsdpReader]:
        """Every card reader, whatever its line."""
        return {**self.of(SerialReader), **self.osdp.readers}

    # ---- all of them -----------------------------------------------------------------------------------------------

    def build(self, settings: Settings) -> None:
        """Make everything; nothing speaks yet. The lanes are there already. Raises SettingsError for an address that is none."""
        if settings.pins.factory == "simulated":
            self.playground = Playground(self._gate.clock.rate)
        os.environ.setdefault("LG_WD", str(self._data))  # lgpio leaves a pipe where it works
        try:
            self.pins = hardware.open_pins(settings, self._gate.clock.rate, mock_pins)
        except d.DeviceGone as e:
            self._gone("pins", e)
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
        try:
            made = self._makers[want.kind](name, want, says)
        except d.DeviceGone as e:
            self._gone(name, e)
            return
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
            self._unbind(want.kind, device)
        if want.kind == BUS:
            self.osdp.remove(devices, want.of[0][1].port)
        for fault in self._gate.faults.now():
            if fault.device in devices:
                self._gate.faults.set(fault.device, fault.code, False)
        self._gate.changed()

    def _unbind(self, kind: str, device: str) -> None:
        lane_id = device.partition(".")[0]
        lane = self._gate.lanes.get(lane_id)
        self._gate.counters.readers.pop(device, None)
        if kind in (READER, BUS):
            if lane is not None:
                lane.tell = _nobody
            if self.playground is not None:
                self.playground.add_reader(lane_id if lane is not None else "", None)
        elif kind == SCANNER and lane is not None:
            lane.on_code = "ask"
        elif kind in (SIGN, VOICE):
            self._boards[lane_id].remove(device)
        elif kind == CAMERA:
            for eyes in self._eyes:
                eyes.pop(lane_id, None)
            for of, desk in hardware.DESK_CAMERAS.items():
                if desk == device:
                    self.desk_eyes.pop(of, None)

    def _gone(self, device: str, error: d.DeviceGone) -> None:
        self._hearing.fault(device, "gone", True, f"{error} {error.hint}".strip())

    # ---- making ----------------------------------------------------------------------------------------------------

    def _make_pins(self, name: str, want: Wanted, says: d.Sink) -> GpioLane | None:
        if self.pins is None:
            return None
        io = GpioLane(want.of[0] if want.lane else want.of, self.pins, says)
        if want.lane:
            self._gate.lanes[want.lane].relays = hardware.Relays(io)
        if self.playground is not None:
            self.playground.add(want.lane, want.of[1], io) if want.lane else self.playground.add_contact(io)
        return io

    def _make_reader(self, name: str, want: Wanted, says: d.Sink) -> SerialReader:
        table: ReaderTable = want.of
        where = f"lane {want.lane}: reader.port" if want.lane else f"{name}.port"
        reader = hardware.open_reader(name, table, self._gate.clock.rate, says, where)
        if hardware.reads_and_writes(reader):
            self._gate.counters.readers[name] = reader
        if want.lane:
            self._gate.lanes[want.lane].tell = hardware.feedback(reader)
            reader.tap(self._hush)
        if self.playground is not None:
            self.playground.add_reader(want.lane, table)
            if want.lane in self.playground.world.lanes:
                lane = self._gate.lanes[want.lane]
                lane.tell = self.playground.listening(want.lane, lane.tell)
        return reader

    def _make_scanner(self, name: str, want: Wanted, says: Callable[[Any], None]) -> SerialReader:
        table: ScannerTable = want.of
        if want.lane:
            self._gate.lanes[want.lane].on_code = table.on_code
        where = f"lane {want.lane}: scanner.port" if want.lane else f"{name}.port"
        return hardware.open_scanner(name, table, self._gate.clock.rate, says, where)

    def _hush(self, _data: bytes, _mono_ns: int) -> None:
        """The uplink gives way from a card's first byte on."""
        self._gate.store.hush()

    def _make_bus(self, name: str, want: Wanted, says: d.Sink) -> OsdpBus | None:
        bus = None
        for device, table in want.of:
            lane = self._gate.lanes.get(device.partition(".")[0])
            try:
                occupied = partial(_occupied, self._gate, device.partition(".")[0])
                reader, new = self.osdp.add(device, table, says, occupied, f"{device}.port")
            except d.DeviceGone as e:
                self._gone(device, e)
                continue
            bus = bus or new
            if lane is not None:
                lane.tell = hardware.feedback(reader)
        return bus

    def _make_sign(self, name: str, want: Wanted, says: d.Sink) -> SignPort:
        table: SignTable = want.of[0]
        sign = signage.open_sign(name, table, says, f"lane {want.lane}: sign.port")
        self._show_on(name, want, table, sign)
        return sign

    def _make_voice(self, name: str, want: Wanted, says: d.Sink) -> Voice:
        table: VoiceTable = want.of[0]
        voice = signage.open_voice(name, table, says, ROOT)
        self._show_on(name, want, table, voice)
        return voice

    def _show_on(self, name: str, want: Wanted, table: SignTable | VoiceTable, out: SignPort | Voice) -> None:
        """The lane's sign and voice: shown and said after the commit, on threads of their own."""
        _, direction, community = want.of
        board = self._boards.setdefault(want.lane, signage.Board())
        board.add(name, signage.Words(self._phrases[table.language].sign, direction, community), out)
        self._gate.lanes[want.lane].announce = board.shown

    def _moved_before(self, lane: str) -> Callable[[Frame], None]:
        """Looks at each frame, on the camera's thread, for a vehicle that has come."""
        motion, tell = Motion(), self._gate.bridge.sink(self.motion)

        def watch(frame: Frame) -> None:
            if motion.feed(frame.image, frame.mono_ns):
                tell(lane)

        return watch

    def _make_camera(self, name: str, want: Wanted, says: Callable[[Any], None]) -> Capture:
        table: CameraTable
        table, label, motion = want.of
        make = None
        if self.playground:
            rendered = (
                partial(self.playground.source, want.lane, label, table)
                if want.lane
                else partial(self.playground.desk.source, label, table)
            )
            make = _named(rendered)
        try:
            source = hardware.camera(table, make)
        except ValueError as e:
            raise d.DeviceGone(str(e), "") from None
        watch = self._moved_before(want.lane) if motion else None
        options = hardware.capture_options(self._gate.clock.rate, desk=not want.lane)
        capture = Capture(name, source, says, options, watch)
        if not want.lane:
            self.desk_eyes[label] = Eyes(capture)
            return capture
        for eyes in self._eyes:
            eyes[want.lane] = Eyes(capture)
        return capture


def _no_motion(_lane: str) -> None:
    """Nobody reads plates."""


def _nobody(_answer: str) -> None:
    """A lane without a reader tells nobody."""


def _occupied(gate: Gate, lane: str) -> bool:
    return lane in gate.lanes and gate.lanes[lane].state.approach


def _named(make: Callable[[], Source]) -> Callable[[str], Source]:
    """A maker of sources that does not ask for the address."""
    return lambda _name: make()
