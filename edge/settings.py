"""What a configuration file may say: the schema. Reading one, and naming all that is wrong with it, is `load_settings.py`.

One TOML file describes one gate. Every table is frozen and refuses keys it does not know. Times are in the unit their
name ends with (`_ms`, `_s`, `_h`), pins are BCM numbers as gpiozero counts them. Options of a reader beyond its port are
the reader's own (`drivers/readers/*.py`) and are checked by it. The tables themselves are in settings_gate.py and
settings_lane.py; here is the whole, and what its tables must agree on: no pin, port or name is used twice.
"""

from __future__ import annotations

import hashlib
import json
import re

from pydantic import Field, model_validator

from edge.settings_gate import (
    ApiTable,
    ConvoyTable,
    CounterTable,
    DeskTable,
    FireTable,
    GateTable,
    GreenWayTable,
    HomeAssistantTable,
    PhotosTable,
    PinsTable,
    PolicyTable,
    PostTable,
    RetentionTable,
    SimulationTable,
    SyncTable,
)
from edge.settings_lane import OSDP, Input, LaneTable, Output, PlatesTable, ReaderTable, Table

OWN_NAMES = frozenset({"desk", "fire", "green-way", "post"})
"""What belongs to no lane is called so (`desk.reader`, `fire.pins` …)."""


class Settings(Table):
    """A whole gate."""

    gate: GateTable
    pins: PinsTable = PinsTable()
    lane: tuple[LaneTable, ...] = Field(min_length=1, max_length=8)
    policy: PolicyTable = PolicyTable()
    counter: CounterTable = CounterTable()
    fire: FireTable | None = None
    green_way: GreenWayTable = GreenWayTable()
    convoy: ConvoyTable = ConvoyTable()
    desk: DeskTable = DeskTable()
    sync: SyncTable = SyncTable()
    home_assistant: HomeAssistantTable | None = None
    api: ApiTable = ApiTable()
    photos: PhotosTable = PhotosTable()
    post: PostTable = PostTable()
    plates: PlatesTable = PlatesTable()
    retention: RetentionTable = RetentionTable()
    simulation: SimulationTable = SimulationTable()

    @property
    def simulated(self) -> bool:
        """Whether anything at this gate is not real."""
        ports = [reader.port for reader, _ in self._readers()]
        ports += [lane.sign.port for lane in self.lane if lane.sign]
        sources = [lane.camera.source for lane in self.lane if lane.camera]
        sources += [camera.source for camera in (self.desk.camera, self.desk.document_camera) if camera]
        return self.pins.factory == "simulated" or any(name.startswith("sim://") for name in ports + sources)

    @model_validator(mode="after")
    def _nothing_twice(self) -> Settings:
        taken = [
            f"lane id {name}: {where} is a name of the gate's own"
            for name, where in self._lane_ids()
            if name in OWN_NAMES
        ]
        problems = [
            *taken,
            *self._strange_lanes(),
            *_twice("pin", self._pins()),
            *_twice("port", self._ports()),
            *self._buses(),
            *_twice("lane id", self._lane_ids()),
        ]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _strange_lanes(self) -> list[str]:
        known = [lane.id for lane in self.lane]
        return [
            f"green_way.lanes: there is no lane «{name}»; known: {', '.join(known)}"
            for name in self.green_way.lanes
            if name not in known
        ]

    def _lane_ids(self) -> list[tuple[str, str]]:
        return [(lane.id, f"lane[{n}].id") for n, lane in enumerate(self.lane)]

    def _pins(self) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for n, lane in enumerate(self.lane):
            for table, name in ((lane.barrier, "barrier"), (lane.sensors, "sensors")):
                for key, value in table:
                    if isinstance(value, Input | Output):
                        found.append((str(value.pin), f"lane[{n}].{name}.{key}"))
        if self.fire:
            found.append((str(self.fire.input.pin), "fire.input"))
        if self.green_way.input:
            found.append((str(self.green_way.input.pin), "green_way.input"))
        if self.post.tamper:
            found.append((str(self.post.tamper.pin), "post.tamper"))
        return found

    def _readers(self) -> list[tuple[ReaderTable, str]]:
        found: list[tuple[ReaderTable | None, str]] = [
            (self.desk.reader, "desk.reader"),
            (self.desk.scanner, "desk.scanner"),
        ]
        for n, lane in enumerate(self.lane):
            found += [(lane.reader, f"lane[{n}].reader"), (lane.scanner, f"lane[{n}].scanner")]
        return [(reader, where) for reader, where in found if reader is not None]

    def _ports(self) -> list[tuple[str, str]]:
        found = [(bus_place(r.driver, r.port, r.options), f"{where}.port") for r, where in self._readers()]
        for n, lane in enumerate(self.lane):
            if lane.camera:
                found.append((lane.camera.source, f"lane[{n}].camera.source"))
            if lane.sign:
                found.append((lane.sign.port, f"lane[{n}].sign.port"))
        for name in ("camera", "document_camera"):
            if camera := getattr(self.desk, name):
                found.append((camera.source, f"desk.{name}.source"))
        return found

    def _buses(self) -> list[str]:
        """OSDP readers may share a port, at one speed and with nobody else."""
        problems: list[str] = []
        bauds: dict[str, int | None] = {}
        others = {port for port, _ in self._ports()}
        for reader, where in self._readers():
            if reader.driver != OSDP:
                continue
            if reader.port in others:
                problems.append(f"{where}.port: {reader.port} is an OSDP bus and is used by something else too")
            if reader.port.startswith("sim://"):
                problems.append(f"{where}.port: an OSDP reader cannot be simulated; use a real port or another driver")
            if bauds.setdefault(reader.port, reader.baud) != reader.baud:
                problems.append(f"{where}.baud: all readers on {reader.port} have the same baud")
        return problems


def bus_place(driver: object, port: str, options: object) -> str:
    """What a reader has to itself: its port, or on an OSDP bus its address there."""
    if driver != OSDP:
        return port
    return f"{port} (address {options.get('address', 0) if isinstance(options, dict) else 0})"


_PASSWORD = re.compile(r"(?<=://)([^/@\s:]*):[^/\s]*@")
"""user:password@ in an address; the password may have colons and at-signs of its own."""


def fingerprint(settings: Settings) -> str:
    """SHA-256 of all that is in force, defaults too: two gates with the same one are configured alike. Passwords in addresses
    are left out: whoever has the sum could try them one after the other."""
    text = json.dumps(settings.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(_PASSWORD.sub(r"\1:@", text).encode()).hexdigest()


def _twice(what: str, used: list[tuple[str, str]]) -> list[str]:
    """One sentence for each value that stands in more than one place."""
    places: dict[str, list[str]] = {}
    for value, where in used:
        places.setdefault(value, []).append(where)
    return [f"{what} {value} is used twice: {' and '.join(where)}" for value, where in places.items() if len(where) > 1]
