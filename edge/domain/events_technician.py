"""The events of a technician's work: what moves something, changes a device or discloses what it said. Looking is none."""

from __future__ import annotations

from edge.domain.event import Event, event


@event("relay.tested")
class RelayTested(Event):
    """A technician pulsed a relay (open, close, stop). `agreed`: the shift leader who stood by and gave their PIN. Its command, and
    the pass that an «open» begins, are events of their own in the same transaction."""

    lane: str
    action: str
    agreed: str


@event("osdp.install")
class OsdpInstall(Event):
    """An OSDP reader accepts the published default key for so many seconds, to be given the gate's key; 0: that is ended."""

    device: str
    seconds: int


@event("capture.began")
class CaptureBegan(Event):
    """The raw bytes of a reader, card numbers with them, go to a file from now on, for so many seconds at most."""

    device: str
    seconds: int


@event("capture.ended")
class CaptureEnded(Event):
    """The file is closed. `why`: asked, time, size, gone (the device was changed or the gate stopped)."""

    device: str
    name: str
    bytes: int
    why: str


@event("reader.released")
class ReaderReleased(Event):
    """A reader is out of service while its port is searched; `mode`: push, osdp. Cards there are not read meanwhile."""

    device: str
    port: str
    mode: str


@event("reader.returned")
class ReaderReturned(Event):
    """It is in service again. `found`: what the search found, in a few words; empty: nothing."""

    device: str
    port: str
    found: str = ""
