"""Plates that were read at the lanes, and what a guard made of it. Plates stand in the body: an accident is cleared up with them."""

from __future__ import annotations

from edge.domain.event import Event, event


@event("plate.read", "V2", "V6", "V8")
class PlateWasRead(Event):
    """A vehicle's plate, read by itself from several frames; "" where one was seen and none could be read.

    `why`: loop, card, motion. `certain`: it may be relied on. `confidence`: parts of a thousand. `candidates`: whole texts, best first;
    `known`: those of the registry that it may have been, best first (only where it is not certain). `picture`, `crop`: digests.
    `frames` were looked at, `sure_frames` of them certain by themselves; `ms` from the vehicle's coming to the reading.
    `match`: against the card of `pass_seq`, where it came first. `alone`: why the plate did not open by itself (plate_alone.py), "" it did.
    """

    lane: str
    direction: str
    why: str
    text: str
    certain: bool
    confidence: int
    kind: str = ""
    colour: str = ""
    candidates: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    frames: int = 0
    sure_frames: int = 0
    ms: int = 0
    picture: str = ""
    crop: str = ""
    pass_seq: int = 0
    match: str = "unread"
    alone: str = "off"


@event("plate.corrected", "V2")
class PlateCorrected(Event):
    """A guard says which plate it really is. `reading`: the plate.read it belongs to (0: none was read); `was`: what had been read;
    `how`: typed, chosen (from the candidates), confirmed (the reading was right)."""

    lane: str
    reading: int
    plate: str
    was: str
    how: str
    pass_seq: int = 0


@event("camera.view-accepted")
class CameraViewAccepted(Event):
    """A shift leader or technician says that what this lane's camera looks at now is what it is to look at."""

    lane: str
