"""How each kind of device is made of its part of the configuration and tied to its lane, and how it is untied (devices.py says when).

A device that cannot be had on this machine is a fault in words and nothing more.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
from edge.devices_wanted import BUS, CAMERA, PINS, READER, SCANNER, SIGN, VOICE, Wanted
from edge.domain.courtesy import Phrases
from edge.gate import Gate
from edge.hearing import Hearing
from edge.pictures import Eyes
from edge.places import ROOT
from edge.playground import Playground, mock_pins
from edge.settings import Settings
from edge.settings_lane import CameraTable, ReaderTable, ScannerTable, SignTable, VoiceTable

if TYPE_CHECKING:  # libosdp is loaded where there is an OSDP reader
    from drivers.osdp.bus import OsdpBus


class Maker:
    """Lives in the loop. `eyes`: whoever looks through the lanes' cameras is given them by lane."""

    def __init__(
        self,
        gate: Gate,
        hearing: Hearing,
        keys: osdp.Keys,
        phrases: Mapping[str, Phrases],
        eyes: Sequence[MutableMapping[str, Any]],
    ) -> None:
        self._gate, self._hearing, self._phrases, self._eyes = gate, hearing, phrases, eyes
        self.osdp = osdp.Buses(keys)
        self.playground: Playground | None = None
        self.pins: Pins | None = None
        self.motion: Callable[[str], None] = _no_motion
        """Something large has come into the picture of a lane (in the loop)."""
        self.desk_eyes: dict[str, Eyes] = {}
        """Of the desk's cameras: person, document."""
        self._boards: dict[str, signage.Board] = {}
        self._makers: dict[str, Callable[[str, Wanted, d.Sink], Any]] = {
            PINS: self._pins,
            READER: self._reader,
            BUS: self._bus,
            SCANNER: self._scanner,
            SIGN: self._sign,
            VOICE: self._voice,
            CAMERA: self._camera,
        }

    def open_pins(self, settings: Settings, data: Path) -> None:
        """The board's pins, or simulated ones and the world around them; once in a process."""
        if settings.pins.factory == "simulated":
            self.playground = Playground(self._gate.clock.rate)
        os.environ.setdefault("LG_WD", str(data))  # lgpio leaves a pipe where it works
        try:
            self.pins = hardware.open_pins(settings, self._gate.clock.rate, mock_pins)
        except d.DeviceGone as e:
            self._gone("pins", e)

    def make(self, name: str, want: Wanted, says: d.Sink) -> Any:
        """The device, tied to its lane and not yet speaking; None: it is not to be had, and the fault is said.

        Raises SettingsError for an address that is none.
        """
        try:
            return self._makers[want.kind](name, want, says)
        except d.DeviceGone as e:
            self._gone(name, e)
            return None

    def untie(self, kind: str, device: str) -> None:
        """Nobody hears of it, looks through it or speaks to it any more."""
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

    def _pins(self, name: str, want: Wanted, says: d.Sink) -> GpioLane | None:
        if self.pins is None:
            return None
        io = GpioLane(want.of[0] if want.lane else want.of, self.pins, says)
        if want.lane:
            self._gate.lanes[want.lane].relays = hardware.Relays(io)
        if self.playground is not None:
            self.playground.add(want.lane, want.of[1], io) if want.lane else self.playground.add_contact(io)
        return io

    def _reader(self, name: str, want: Wanted, says: d.Sink) -> SerialReader:
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

    def _scanner(self, name: str, want: Wanted, says: Callable[[Any], None]) -> SerialReader:
        table: ScannerTable = want.of
        if want.lane:
            self._gate.lanes[want.lane].on_code = table.on_code
        where = f"lane {want.lane}: scanner.port" if want.lane else f"{name}.port"
        return hardware.open_scanner(name, table, self._gate.clock.rate, says, where)

    def _hush(self, _data: bytes, _mono_ns: int) -> None:
        """The uplink gives way from a card's first byte on."""
        self._gate.store.hush()

    def _bus(self, name: str, want: Wanted, says: d.Sink) -> OsdpBus | None:
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

    def _sign(self, name: str, want: Wanted, says: d.Sink) -> SignPort:
        table: SignTable = want.of[0]
        sign = signage.open_sign(name, table, says, f"lane {want.lane}: sign.port")
        self._show_on(name, want, table, sign)
        return sign

    def _voice(self, name: str, want: Wanted, says: d.Sink) -> Voice:
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

    def _camera(self, name: str, want: Wanted, says: Callable[[Any], None]) -> Capture:
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
