"""Settings → devices: pins, readers. With `devices.py`, `osdp.py`, `signage.py` and `playground.py` the only place that knows drivers.

A device that cannot be opened is a fault in words and nothing more: the rest of the gate goes on (design.md, rule 5). Nothing
here ever puts a simulated device where a real one was asked for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from camera import loader as cameras
from camera.base import Source
from camera.capture import CaptureOptions
from camera.health import HealthOptions
from drivers import base as d
from drivers import loader
from drivers.gpio import GpioLane
from drivers.orders import FACTORY_KEY, ReadBlock, WriteBlock
from drivers.pins import InputOptions, LaneOptions, Pins, RelayOptions, raspberry_pi
from drivers.readers import Controlled
from drivers.serial_port import PortOptions, SerialReader
from edge import counting, osdp, systemd
from edge.domain import barrier as b
from edge.errors import SettingsError
from edge.settings import Settings
from edge.settings_gate import CounterTable
from edge.settings_lane import CameraTable, Input, LaneTable, Output, ReaderTable, ScannerTable
from edge.store.keys import secret

log = logging.getLogger(__name__)
BLOCKS = frozenset({ReadBlock, WriteBlock})
COUNTER_KEY = "counter.key"
DESK_SCANNER = "desk.scanner"
DESK_READER = "desk.reader"
DESK_CAMERAS = {"person": "desk.camera", "document": "desk.document_camera"}
"""The reader that belongs to no lane."""
FIRE_LANE = "fire"
"""The name of the lane-like thing that has the fire contact and no relays."""
GREEN_LANE = "green-way"
"""The same for the green way's button."""


POST_LANE = "post"
"""The same for the door of the post's cabinet."""
POST_CABINET = "post.cabinet"


class Relays:
    """edge.lane.Relays over a drivers.gpio.GpioLane."""

    def __init__(self, io: GpioLane) -> None:
        self._io = io

    def pulse(self, action: str) -> None:
        """Raises OSError when the relay cannot be moved."""
        self._io.pulse(d.Action(action))


def check_reader(driver: str, options: dict[str, Any]) -> list[str]:
    """What is wrong with a reader's name and options; for `load_settings`."""
    if driver == osdp.OSDP:
        return osdp.check(options)
    try:
        loader.make_options(loader.load(driver), options)
    except (ValueError, TypeError) as e:
        return [str(e)]
    return []


def open_pins(settings: Settings, rate: float, simulated: Callable[[float], Pins]) -> Pins:
    """The pin factory that the configuration names. Raises DeviceGone on a machine without pins."""
    return simulated(rate) if settings.pins.factory == "simulated" else raspberry_pi()


def lane_pins(table: LaneTable) -> LaneOptions:
    """One lane's pins as the driver wants them."""
    barrier, sensors = table.barrier, table.sensors
    relays = {d.Action.OPEN: barrier.open, d.Action.CLOSE: barrier.close, d.Action.STOP: barrier.stop}
    inputs = {
        d.Line.UP_LIMIT: barrier.up_limit,
        d.Line.DOWN_LIMIT: barrier.down_limit,
        d.Line.APPROACH: sensors.approach,
        d.Line.UNDER: sensors.under,
        d.Line.BEAM: sensors.beam,
        d.Line.HAND: barrier.hand,
        d.Line.TAMPER: barrier.tamper,
    }
    return LaneOptions(
        table.id,
        {action: _relay(output, barrier.pulse_ms) for action, output in relays.items() if output},
        {line: _input(given) for line, given in inputs.items() if given},
    )


def fire_pins(given: Input) -> LaneOptions:
    """The fire contact."""
    return LaneOptions(FIRE_LANE, {}, {d.Line.FIRE: _input(given)})


def button_pins(given: Input) -> LaneOptions:
    """The green way's button."""
    return LaneOptions(GREEN_LANE, {}, {d.Line.BUTTON: _input(given)})


def cabinet_pins(given: Input) -> LaneOptions:
    """The door of the post's cabinet."""
    return LaneOptions(POST_LANE, {}, {d.Line.TAMPER: _input(given)})


def _relay(output: Output, pulse_ms: int) -> RelayOptions:
    return RelayOptions(output.pin, pulse_ms, output.active == "high")


def _input(given: Input) -> InputOptions:
    return InputOptions(given.pin, given.pull, given.contact, given.debounce_ms)


def barrier_config(table: LaneTable, fire: bool) -> b.Config:
    """One lane's state table: which lines it has, and its times."""
    barrier, sensors = table.barrier, table.sensors
    lines = {
        b.Line.UP_LIMIT: barrier.up_limit,
        b.Line.DOWN_LIMIT: barrier.down_limit,
        b.Line.APPROACH: sensors.approach,
        b.Line.UNDER: sensors.under,
        b.Line.BEAM: sensors.beam,
        b.Line.FIRE: fire,
        b.Line.HAND: barrier.hand,
    }
    return b.Config(
        lines=frozenset(line for line, there in lines.items() if there),
        stop_relay=barrier.stop is not None,
        rise_ms=round(barrier.rise_s * 1000),
        fall_ms=round(barrier.fall_s * 1000),
        auto_close=barrier.auto_close,
        auto_close_ms=round(barrier.auto_close_s * 1000),
        left_open_ms=round(sensors.left_open_s * 1000),
        stopped_under_ms=round(sensors.stopped_under_s * 1000),
        authorisation_ms=round(sensors.authorisation_s * 1000),
        stuck_ms=round(sensors.stuck_s * 1000),
    )


def camera(table: CameraTable, simulated: Callable[[str], Source] | None) -> Source:
    """The lane's camera; nothing is opened yet. Raises ValueError for an address that is none."""
    return cameras.load(table.source, fps=table.fps, width=table.width, height=table.height, simulated=simulated)


def capture_options(rate: float, *, desk: bool = False) -> CaptureOptions:
    """A camera's pauses and what its health means, in the time of a gate that runs `rate` times as fast as life. A bare desk has no edges,
    and whatever is laid on it changes the picture: such a camera is neither blurred nor moved."""
    usual, health = CaptureOptions(), HealthOptions()
    if desk:
        health = replace(health, blurred_below=0.0, moved_below=0.0)
    return CaptureOptions(
        usual.retry_first_s / rate,
        usual.retry_longest_s / rate,
        replace(
            health,
            frozen_s=health.frozen_s / rate,
            bad_s=health.bad_s / rate,
            moved_s=health.moved_s / rate,
            measure_every_s=health.measure_every_s / rate,
        ),
    )


def feedback(reader: d.Feedback) -> Callable[[str], None]:
    """How a lane tells its reader what was decided (edge.lane.Lane.tell)."""
    return lambda answer: reader.verdict(d.Verdict(answer))


def writers() -> frozenset[str]:
    """The families of readers that read and write the memory of cards."""
    modules = {name: loader.load(name) for name in loader.names()}
    probes = {name: module.Decoder(loader.make_options(module, {})) for name, module in modules.items()}
    return frozenset(name for name, probe in probes.items() if isinstance(probe, Controlled) and probe.orders >= BLOCKS)


def reads_and_writes(reader: object) -> bool:
    """Whether this reader can carry out block orders."""
    return isinstance(reader, SerialReader) and reader.orders >= BLOCKS


def counters(table: CounterTable, root: Path, data: Path) -> counting.Options:
    """The counter's options, with its keys. Raises SettingsError for a key that is none, StoreError when none can be made."""
    key = FACTORY_KEY
    if table.card_key_file is not None:
        try:
            key = bytes.fromhex(systemd.resolved(root, table.card_key_file).read_text("ascii").strip())
        except (OSError, ValueError) as e:
            raise SettingsError("counter.card_key_file", [type(e).__name__], "12 hex digits") from None
        if len(key) != len(FACTORY_KEY):
            raise SettingsError("counter.card_key_file", [f"{len(key)} bytes"], "12 hex digits")
    site = secret(data / COUNTER_KEY, systemd.credential("counter-key")) if table.kinds else b""
    return counting.Options(frozenset(table.kinds), table.block, key, site)


def open_scanner(
    device: str,
    scanner: ScannerTable,
    rate: float,
    sink: Callable[[d.CardRead | d.TextRead | d.DeviceFault | d.Edge], None],
    where: str,
) -> SerialReader:
    """A scanner of codes. Raises SettingsError."""
    return open_reader(device, scanner_as_reader(scanner), rate, sink, where, texts=sink)


def scanner_as_reader(scanner: ScannerTable) -> ReaderTable:
    """Its lines are texts, whatever else is set."""
    if scanner.driver != "line":
        return scanner
    return scanner.model_copy(update={"options": {"base": "text", **scanner.options}})


def open_reader(
    device: str,
    reader: ReaderTable,
    rate: float,
    sink: d.Sink,
    where: str,
    texts: Callable[[d.TextRead], None] | None = None,
) -> SerialReader:
    """A reader on its line; its thread begins with `start`. Raises SettingsError, naming `where`, for an address that is none."""
    module = loader.load(reader.driver)
    options = loader.make_options(module, reader.options)
    usual = PortOptions(reader.port)
    port = PortOptions(
        reader.port,
        reader.baud or module.DEFAULT_BAUD,
        window_s=reader.repeat_s / rate,
        retry_first_s=usual.retry_first_s / rate,
        retry_longest_s=usual.retry_longest_s / rate,
        noise_window_s=usual.noise_window_s / rate,
        noise_quiet_s=usual.noise_quiet_s / rate,
        several=module.SEVERAL,
    )
    try:
        return SerialReader(device, port, lambda: module.Decoder(options), sink, texts)
    except ValueError as e:
        raise SettingsError(where, [str(e)], "/dev/serial/by-id/…") from e
