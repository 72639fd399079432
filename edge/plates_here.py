"""Builds the reading of plates for a gate whose configuration wants it, and ties it to what it feeds (wiring.py's hand for it)."""

from __future__ import annotations

from functools import partial

from camera.burst import Looker
from camera.plates.apart import Apart
from edge.desk.convoying import Convoys
from edge.domain.plates import normal
from edge.gate import Gate
from edge.pictures import Pictures
from edge.reading import Reading
from edge.recogniser import Recogniser
from edge.settings import Settings

DEVICE, ABSENT = "plates", "not-installed"


def load() -> Looker:
    """The recogniser, in a process of its own. Raises RuntimeError or OSError with a sentence."""
    return Apart()


def make(settings: Settings, gate: Gate, pictures: Pictures, convoys: Convoys) -> Reading | None:
    """None: plates are typed at this gate (no camera, or `[plates] read = false`). The lanes are there already."""
    if not settings.plates.read or not any(lane.camera for lane in settings.lane):
        return None
    opens: dict[str, frozenset[str]] = {lane.id: frozenset(lane.plates.open) for lane in settings.lane}
    reading = Reading(gate, pictures, opens, frozenset(map(normal, settings.plates.emergency)))
    reading.recogniser = Recogniser(load, gate.bridge.sink(reading.found), gate.bridge.sink(partial(_absent, gate)))
    reading.convoy, reading.convoy_came = convoys.on_list, convoys.waiting
    convoys.by_waiting = False
    gate.plate_at = reading.plate_at
    snap = gate.snap

    def snapped(lane: str, moment: str, pass_seq: int, keep: str = "", vehicle: int = 0) -> None:
        """A card's picture is taken, after its decision: look whose it is."""
        snap(lane, moment, pass_seq, keep, vehicle)
        if moment == "card":
            reading.carded(lane)

    gate.snap = snapped
    for lane in gate.lanes.values():
        lane.plate_now = partial(reading.crossing, lane.id)
        lane.seen = partial(reading.seen, lane.id)
    return reading


def _absent(gate: Gate, why: str) -> None:
    """The packages are not there: the gate runs, plates are typed; a note on the page and in health says so."""
    gate.faults.set(DEVICE, ABSENT, bool(why), why)
    gate.changed()
