"""What devices a configuration wants: each by its name, with what it is made of. Equal before and after a change: it stays as it is.

Names are those of faults: `entry.reader`, `desk.reader`, `exit.camera`; an OSDP bus is `osdp PORT` and has readers of several names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edge import hardware, osdp
from edge.settings import Settings

PINS, READER, BUS, SIGN, VOICE, CAMERA = "pins", "reader", "bus", "sign", "voice", "camera"
SCANNER = "scanner"


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
