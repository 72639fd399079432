"""Finding OSDP readers: the one question that changes nothing, and what is answered. Pure.

`osdp_ID` (61 00) asks a reader who it is. To the broadcast address 7F it is answered by whatever reader is there, so one frame a
baud rate tells whether somebody listens at it:

    53 7F 09 00 04 61 00 5F E6

Then the addresses 0 to 126 are asked one after another at that rate, because two readers that answer a broadcast talk at the same
time. The answer `osdp_PDID` (45): vendor's code (3 bytes), model, version, serial number (4), firmware (3). A reader that refuses (NAK, 41) is
there as well. The sequence number 0 of the question ends a channel that somebody else may have with the reader, which is why
only a port that nobody uses is searched; nothing is stored in the reader, and no other command is ever sent.

Sources: IEC 60839-11-5, osdp_ID and osdp_PDID; the frame as in the project's notes (readers.md).
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.osdp.frames import BROADCAST, Frame, encode

BAUDS = (9600, 38400, 115200, 19200, 57600, 230400)
ADDRESSES = range(127)
ANSWER_S = 0.2
"""The standard gives a reader so long to answer."""
WITH_CRC = 0x04
SECURED = 0x08
ID = b"\x61\x00"
PDID, NAK = 0x45, 0x41
EVERYBODY = encode(BROADCAST, WITH_CRC, ID)
_HEAD = 5


@dataclass(frozen=True, slots=True)
class Identity:
    """A reader that answered. All but the address are empty when it refused to say."""

    address: int
    vendor: str = ""
    model: int = 0
    serial: str = ""
    firmware: str = ""


def question(address: int) -> bytes:
    """Who are you?"""
    return encode(address, WITH_CRC, ID)


def identity(frame: Frame) -> Identity | None:
    """Who answers; None when the frame is no answer to the question."""
    if not frame.reply:
        return None
    control = frame.data[4]
    begin = _HEAD + (frame.data[_HEAD] if control & SECURED else 0)
    body = frame.data[begin : -2 if control & WITH_CRC else -1]
    if body[:1] == bytes([NAK]):
        return Identity(frame.address)
    if body[:1] != bytes([PDID]) or len(body) < 13:
        return None
    vendor, model, serial, firmware = body[1:4], body[4], body[6:10], body[10:13]
    return Identity(
        frame.address, vendor.hex(":"), model, serial[::-1].hex().upper(), ".".join(str(part) for part in firmware)
    )
