"""A batch of events as bytes.

The frame
---------
The events' bytes must arrive exactly as they were stored, because they are what was hashed. JSON inside JSON would escape
every quotation mark (a third more, and a decoder between us and the bytes), base64 costs a third and spoils compression,
CBOR or MessagePack would be one more dependency for both ends. So: a length before each part, and a JSON head for what
is not an event.

    "GEB1" | u32 length of head | head (JSON) | for each event: u32 length, u32 length of personal part | bytes | personal bytes

Big-endian; 0xFFFFFFFF as personal length: none. The head is `{epoch, first, last, prev, checkpoint: {hash, signature}, key}`.
Above 1 KB the whole frame is compressed with zlib. The MQTT property Content-Type says which of the two it is.

Inflating is bounded by MAX_FRAME, whatever the compressed bytes claim; every length is checked against what is left.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from sync.fields import MAX_SMALL, ProtocolError, dump, get_hex, get_int, get_name, parse_object
from sync.protocol import Checkpoint

PLAIN = "application/vnd.gate-edge.batch"
ZLIB = PLAIN + "+zlib"
MAX_FRAME = 1024 * 1024
"""Bytes of a frame, inflated. A sender never makes a larger one, a receiver never inflates further."""
MAX_EVENTS = 1000
COMPRESS_ABOVE = 1024
LEVEL = 1
"""zlib's level. Measured on batches of 100: 1 makes them 0.20 of their size; 6 makes them 0.18 in twice the time."""

_MAGIC = b"GEB1"
_U32 = struct.Struct(">I")
_PAIR = struct.Struct(">II")
_NONE = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Batch:
    """Events `first`..`last` of one epoch, in order, and the gate's checkpoint at `last`.

    `prev` is the hash before `first`; `key` the public key that the gate signs with (believed only as the first-contact
    policy allows); `personal[i]` belongs to `events[i]`.
    """

    epoch: str
    first: int
    last: int
    prev: bytes
    hash: bytes
    signature: bytes
    key: bytes
    events: tuple[bytes, ...]
    personal: tuple[bytes | None, ...]

    def checkpoint(self, site: str, gate: str) -> Checkpoint:
        """What the signature is about, if the batch came on that gate's topic."""
        return Checkpoint(site, gate, self.epoch, self.last, self.hash, self.signature)

    def to_payload(self) -> tuple[bytes, str]:
        """(payload, content type). Raises ProtocolError when the frame is larger than any receiver takes."""
        frame = self._frame()
        if len(frame) > MAX_FRAME:
            raise ProtocolError(f"a frame of {len(frame)} bytes; at most {MAX_FRAME}")
        if len(frame) <= COMPRESS_ABOVE:
            return frame, PLAIN
        return zlib.compress(frame, LEVEL), ZLIB

    def _frame(self) -> bytes:
        head = dump(
            {
                "epoch": self.epoch,
                "first": self.first,
                "last": self.last,
                "prev": self.prev.hex(),
                "checkpoint": {"hash": self.hash.hex(), "signature": self.signature.hex()},
                "key": self.key.hex(),
            }
        )
        parts = [_MAGIC, _U32.pack(len(head)), head]
        for data, personal in zip(self.events, self.personal, strict=True):
            if personal is None:
                parts += (_PAIR.pack(len(data), _NONE), data)
            else:
                parts += (_PAIR.pack(len(data), len(personal)), data, personal)
        return b"".join(parts)

    @classmethod
    def from_payload(cls, payload: bytes, content_type: str) -> Batch:
        """As received. Raises ProtocolError, whatever the bytes."""
        if content_type == PLAIN:
            frame = payload
        elif content_type == ZLIB:
            frame = _inflate(payload)
        else:
            raise ProtocolError(f"unknown encoding {content_type[:80]!r}")
        if len(frame) > MAX_FRAME:
            raise ProtocolError(f"a frame of {len(frame)} bytes; at most {MAX_FRAME}")
        if len(frame) < 8 or frame[:4] != _MAGIC:
            raise ProtocolError("not a batch")
        (length,) = _U32.unpack_from(frame, 4)
        if length > MAX_SMALL or 8 + length > len(frame):
            raise ProtocolError("the head is longer than the frame")
        head = parse_object(frame[8 : 8 + length], MAX_SMALL)
        first, last = get_int(head, "first", 1), get_int(head, "last", 1)
        count = last - first + 1
        if not 1 <= count <= MAX_EVENTS:
            raise ProtocolError(f"{count} events in a batch; 1 to {MAX_EVENTS} are taken")
        checkpoint = head.get("checkpoint")
        if not isinstance(checkpoint, dict):
            raise ProtocolError("no checkpoint")
        events, personal = _records(frame, 8 + length, count)
        return cls(
            epoch=get_name(head, "epoch"),
            first=first,
            last=last,
            prev=get_hex(head, "prev", 32),
            hash=get_hex(checkpoint, "hash", 32),
            signature=get_hex(checkpoint, "signature", 64),
            key=get_hex(head, "key", 32),
            events=tuple(events),
            personal=tuple(personal),
        )


def _records(frame: bytes, at: int, count: int) -> tuple[list[bytes], list[bytes | None]]:
    events: list[bytes] = []
    personal: list[bytes | None] = []
    end = len(frame)
    for _ in range(count):
        if at + 8 > end:
            raise ProtocolError("the frame ends before its last event")
        size, own = _PAIR.unpack_from(frame, at)
        at += 8
        stop = at + size
        if stop > end:
            raise ProtocolError("an event is longer than the frame")
        events.append(frame[at:stop])
        at = stop
        if own == _NONE:
            personal.append(None)
            continue
        stop = at + own
        if stop > end:
            raise ProtocolError("a personal part is longer than the frame")
        personal.append(frame[at:stop])
        at = stop
    if at != end:
        raise ProtocolError(f"{end - at} bytes after the last event")
    return events, personal


def _inflate(payload: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        frame = inflater.decompress(payload, MAX_FRAME + 1)
    except zlib.error as e:
        raise ProtocolError("not a zlib stream") from e
    if len(frame) > MAX_FRAME:
        raise ProtocolError(f"inflates to more than {MAX_FRAME} bytes")
    if not inflater.eof or inflater.unused_data:
        raise ProtocolError("a zlib stream that is cut off or has a tail")
    return frame
