"""Whose answer is on the line? Cuts the bytes of an OSDP bus into frames, to know who lives and what is noise.

    53 · address (bit 7: a reply) · length, low byte first · control (bit 2: CRC, else checksum) · … · CRC or checksum

CRC-16 with polynomial 0x1021 and start 0x1D0F, low byte first; the checksum is the two's complement of the sum (IEC 60839-11-5,
5.9). The payload is not looked at: it is encrypted, and libosdp's business. Sans-IO; holds at most `LIMIT` bytes.
"""

from __future__ import annotations

import binascii
from dataclasses import dataclass

START = 0x53
REPLY = 0x80
BROADCAST = 0x7F
LIMIT = 1440
"""The longest frame that the standard knows (OSDP_PACKET_BUF_SIZE of most readers is a fraction of it)."""
_HEAD = 5
_LEAST = 7
IDLE = 0xFF
"""Readers and panels send marks between frames."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole frame. `address` without the reply bit."""

    address: int
    reply: bool
    data: bytes


def check(body: bytes, crc: bool) -> bytes:
    """What stands behind `body`."""
    if crc:
        return binascii.crc_hqx(body, 0x1D0F).to_bytes(2, "little")
    return bytes([-sum(body) & 0xFF])


def encode(address: int, control: int, payload: bytes, *, reply: bool = False) -> bytes:
    """A frame: for tests, and to look for readers."""
    crc = bool(control & 0x04)
    length = _HEAD + len(payload) + (2 if crc else 1)
    head = bytes([START, address | (REPLY if reply else 0)]) + length.to_bytes(2, "little") + bytes([control])
    return head + payload + check(head + payload, crc)


class Framer:
    """Bytes in, frames out. `noise` counts the bytes since its last reading that belonged to none."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._noise = 0

    def feed(self, data: bytes) -> list[Frame]:
        """Take bytes as they come."""
        self._waiting += data
        found: list[Frame] = []
        while (frame := self._next()) is not None:
            found.append(frame)
        return found

    def noise(self) -> int:
        """How many bytes were no part of a frame since this was last asked."""
        count, self._noise = self._noise, 0
        return count

    @property
    def buffered(self) -> int:
        """How many bytes wait for the rest of their frame."""
        return len(self._waiting)

    def _next(self) -> Frame | None:
        waiting = self._waiting
        while waiting:
            if waiting[0] != START:
                self._noise += waiting[0] != IDLE
                del waiting[0]
                continue
            if len(waiting) < _HEAD:
                return None
            length = int.from_bytes(waiting[2:4], "little")
            if _LEAST - 1 <= length <= LIMIT and len(waiting) < length:
                return None
            body = bytes(waiting[:length])
            size = 2 if body[4] & 0x04 else 1
            if _LEAST - 1 <= length <= LIMIT and check(body[:-size], size == 2) == body[-size:]:
                del waiting[:length]
                return Frame(body[1] & 0x7F, bool(body[1] & REPLY), body)
            self._noise += 1
            del waiting[0]
        return None
