"""What is plugged in, what the configuration names, and what belongs to what. Called on a reading thread: it looks at /dev."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from camera.hide import hide
from drivers import loader, seen
from drivers.osdp import cards as osdp_cards
from drivers.pins import LaneOptions
from edge import hardware
from edge.devices_wanted import PINS, wanted
from edge.faults import Fault
from edge.settings import Settings
from edge.settings_lane import OSDP

Row = dict[str, Any]
SECURE, INSTALLING, RELEASED = "secure", "installing", "released"
"""What is known of a reader beside its faults; the last two say more than the faults that go with them."""
HEADER = "pinctrl-"
"""So begins the label of the chip whose lines BCM numbers count, on every Raspberry Pi."""


@dataclass(frozen=True, slots=True)
class Named:
    """A device of the configuration. `where`: its port, address or pins, as a person may read it."""

    device: str
    kind: str
    """reader, scanner, camera, sign, voice, pins; other: what is wrong beside these"""
    lane: str
    driver: str
    where: str
    path: str = ""
    """Where it must be found on this machine; empty where that cannot be seen (network, simulation, pins)."""


def named(settings: Settings) -> Iterator[Named]:
    """Everything that the configuration names, lane by lane."""
    for lane in settings.lane:
        if lane.reader:
            yield _on_port(f"{lane.id}.reader", "reader", lane.id, lane.reader.driver, lane.reader.port)
        if lane.scanner:
            yield _on_port(f"{lane.id}.scanner", "scanner", lane.id, lane.scanner.driver, lane.scanner.port)
        if lane.camera:
            source = lane.camera.source
            yield Named(f"{lane.id}.camera", "camera", lane.id, "", hide(source), _path(source))
        if lane.sign:
            yield _on_port(f"{lane.id}.sign", "sign", lane.id, lane.sign.driver, lane.sign.port)
        if lane.voice:
            yield Named(f"{lane.id}.voice", "voice", lane.id, "", lane.voice.output or "default")
        pins = ", ".join(f"{name} {pin}" for name, pin in hardware.lane_pins(lane).pins())
        yield Named(f"{lane.id}.relays", "pins", lane.id, settings.pins.factory, pins)
    if settings.desk.reader:
        yield _on_port(hardware.DESK_READER, "reader", "", settings.desk.reader.driver, settings.desk.reader.port)
    if settings.desk.scanner:
        yield _on_port(hardware.DESK_SCANNER, "scanner", "", settings.desk.scanner.driver, settings.desk.scanner.port)


def _on_port(device: str, kind: str, lane: str, driver: str, port: str) -> Named:
    return Named(device, kind, lane, driver, port, _path(port))


def _path(address: str) -> str:
    return address if address.startswith("/") else ""


def family(driver: str) -> str:
    """What people call this family of readers."""
    if driver == OSDP:
        return osdp_cards.NAME
    return loader.load(driver).NAME if driver in loader.names() else driver


def _told(device: str, configured: Iterable[Named]) -> bool:
    """Whether a fault of this device stands with one of the configuration."""
    return any(device == one.device or (one.kind == "pins" and device == f"{one.lane}.pins") for one in configured)


def _other(device: str) -> Named:
    """Something that is wrong and is no device of its own in the configuration: the arm, the pins as a whole, clock, disk."""
    return Named(device, "other", device.partition(".")[0] if "." in device else "", "", "")


class Seen:
    """Looks at this machine and at the configuration. `dev` is where tests put another /dev."""

    def __init__(self, settings: Settings, dev: Path = seen.DEV) -> None:
        self._settings, self._dev = settings, dev

    def look(self, faults: Iterable[Fault], states: dict[str, str]) -> Row:
        """All of it. `states`: what is known of a device beside its faults (up, installing, released)."""
        wrong = defaultdict(list)
        for fault in faults:
            wrong[fault.device].append({"code": fault.code, "detail": fault.detail, "since_ms": fault.since_ms})
        configured = list(named(self._settings))
        bound = defaultdict(list)
        for one in configured:
            if one.path:
                bound[os.path.realpath(one.path)].append(one.device)
        ports = [{**asdict(port), "bound": bound.get(port.path, [])} for port in seen.serial_ports(self._dev)]
        cameras = [
            {**asdict(each), "bound": bound.get(os.path.realpath(each.path), [])} for each in seen.cameras(self._dev)
        ]
        rows = [self._row(one, wrong, states) for one in configured]
        rows += [self._row(_other(device), wrong, states) for device in wrong if not _told(device, configured)]
        rows.sort(key=lambda row: {"fault": 0, "absent": 0}.get(row["state"], 1))
        return {"configured": rows, "serial": ports, "cameras": cameras, "pins": self._pins()}

    def _row(self, one: Named, wrong: dict[str, list[Row]], states: dict[str, str]) -> Row:
        faults = [*wrong.get(one.device, ()), *(wrong.get(f"{one.lane}.pins", ()) if one.kind == "pins" else ())]
        there = os.path.exists(one.path) if one.path else None  # noqa: PTH110 - Path.exists raises where a folder may not be entered
        known = states.get(one.device, "ok")
        trouble = "absent" if there is False else "fault" if faults else ""
        state = known if known in (INSTALLING, RELEASED) or not trouble else trouble
        name = family(one.driver) if one.kind in ("reader", "scanner") else ""
        row = asdict(one) | {"name": name, "there": there, "state": state, "faults": faults}
        row.pop("path")
        return row

    def _pins(self) -> list[Row]:
        """Every pin that the configuration names and every line that somebody holds, by BCM number."""
        uses = dict(self._uses())
        lines = {line.line: line for line in seen.pins(self._dev) if line.label.startswith(HEADER)}
        found = []
        for number in sorted({*uses, *(n for n, line in lines.items() if line.used or 2 <= n <= 27)}):
            line = lines.get(number)
            found.append(
                {
                    "pin": number,
                    "bound": uses.get(number, ""),
                    "name": line.name if line else "",
                    "used": line.used if line else None,
                    "user": line.user if line else "",
                }
            )
        return found

    def _uses(self) -> Iterator[tuple[int, str]]:
        for want in wanted(self._settings).values():
            if want.kind == PINS:
                options: LaneOptions = want.of[0] if want.lane else want.of
                for name, pin in options.pins():
                    yield pin, f"{options.lane}.{name}"
