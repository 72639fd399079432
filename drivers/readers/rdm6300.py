"""RDM6300 and ID-12LA: EM4100 cards, 125 kHz, the reader talks and never listens.

9600 baud, 8N1. While a card is near, the same frame comes again and again:

    rdm6300        02 | h h h h h h h h h h | c c |         03      14 bytes
    id12la         02 | h h h h h h h h h h | c c | 0D 0A | 03      16 bytes
    raw-checksum   02 | h h h h h h h h h h | C   |         03      13 bytes
                   STX  ten hex digits        sum   CR  LF  ETX
                        = 5 bytes, MSB first

`c c` is the XOR of the five bytes as two hex digits; a 13-byte variant sends it as one raw byte `C`, which may have any
value, 02 and 03 too. The five bytes are the card: the first is the maker's or customer's number; many readers print only
the last four or three as a decimal, and two different cards then look like one. We keep all five.

Decoding. A frame has a fixed shape, so a byte is right or wrong by its position. The buffer always begins with an STX that
may still become a frame. A byte that does not fit drops that STX, and the search goes on one byte later: so a frame that
begins inside garbage is found, even after a false STX, and no more than a frame less one byte is ever held.

Sources: RDM6300 data sheet; esphome rdm6300.cpp; the 13-byte variant: esphome/issues#3610.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import xor

from drivers.base import Card, Noise
from drivers.readers import Sample

NAME = "RDM6300 / ID-12LA (EM4100, 125 kHz)"
DEFAULT_BAUD = 9600
SEVERAL = False
CHECKED = True
UID_BYTES = 5
STX, CR, LF, ETX = 0x02, 0x0D, 0x0A, 0x03
HEX = frozenset(b"0123456789ABCDEFabcdef")
ANY = frozenset(range(256))
DIGITS = [HEX] * (2 * UID_BYTES)

# Variant -> the set of bytes that may stand at each position.
SHAPES: dict[str, list[frozenset[int]]] = {
    "rdm6300": [frozenset({STX}), *DIGITS, HEX, HEX, frozenset({ETX})],
    "id12la": [frozenset({STX}), *DIGITS, HEX, HEX, frozenset({CR}), frozenset({LF}), frozenset({ETX})],
    "raw-checksum": [frozenset({STX}), *DIGITS, ANY, frozenset({ETX})],
}
LIMIT = max(len(shape) for shape in SHAPES.values())


@dataclass(frozen=True, slots=True)
class Options:
    """`variant`: rdm6300, id12la or raw-checksum (see the picture above)."""

    variant: str = "rdm6300"

    def __post_init__(self) -> None:
        if self.variant not in SHAPES:
            raise ValueError(f"variant {self.variant!r} is none of {', '.join(SHAPES)}")


class Decoder:
    """Bytes in, cards and noise out. Never raises; holds less than one frame."""

    def __init__(self, options: Options) -> None:
        self._raw = options.variant == "raw-checksum"
        self._shape = SHAPES[options.variant]
        self._buffer = bytearray()

    @property
    def buffered(self) -> int:
        """How many bytes wait for the rest of their frame."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Card | Noise]:
        """Take bytes in any split; return what became complete. Neighbouring noise comes as one value."""
        found: list[Card | Noise] = []
        dropped = bytearray()
        why = ""

        def flush() -> None:
            if dropped:
                found.append(Noise(bytes(dropped), why))
                dropped.clear()

        for byte in data:
            self._buffer.append(byte)
            while self._buffer:
                wrong = self._wrong()
                if wrong:
                    dropped.append(self._buffer.pop(0))
                    # The reason of the first byte dropped says most: a broken checksum, not the digits after it.
                    why = why if len(dropped) > 1 else wrong
                    continue
                if len(self._buffer) == len(self._shape):
                    flush()
                    frame = bytes(self._buffer)
                    found.append(Card(_uid(frame), frame))
                    self._buffer.clear()
                break
        flush()
        return found

    def _wrong(self) -> str:
        """Why the buffer cannot be the beginning of a frame, or "" while it can.

        Only its last byte is new unless a byte was dropped before it; a frame is so short that all are looked at.
        """
        if self._buffer[0] != STX:
            return "no frame begins here"
        if any(byte not in allowed for byte, allowed in zip(self._buffer, self._shape, strict=False)):
            return "not a hex digit or end mark where one belongs"
        if len(self._buffer) == len(self._shape):
            sent = self._buffer[11] if self._raw else int(self._buffer[11:13], 16)
            if sent != reduce(xor, _uid(self._buffer)):
                return "checksum is wrong"
        return ""


PUSHED = tuple(Options(variant) for variant in SHAPES)


def _uid(frame: bytes | bytearray) -> bytes:
    return bytes.fromhex(frame[1 : 1 + 2 * UID_BYTES].decode("ascii"))


def encode(uid: bytes, options: Options) -> bytes:
    """The frame that a reader of this variant sends for this card. ValueError when uid is not 5 bytes."""
    if len(uid) != UID_BYTES:
        raise ValueError(f"an EM4100 card has {UID_BYTES} bytes, not {len(uid)}")
    total = reduce(xor, uid)
    digits = uid.hex().upper().encode("ascii")
    checksum = bytes([total]) if options.variant == "raw-checksum" else b"%02X" % total
    end = bytes([CR, LF, ETX]) if options.variant == "id12la" else bytes([ETX])
    return bytes([STX]) + digits + checksum + end


SAMPLES = (
    Sample(
        frame=b"\x0262E3086CED08\x03",
        uid=bytes.fromhex("62E3086CED"),
        options=Options(),
        source="RDM6300 data sheet, example of the output format",
    ),
    Sample(
        frame=bytes([2, 51, 67, 48, 48, 67, 69, 55, 53, 52, 67, 67, 66, 3]),
        uid=bytes.fromhex("3C00CE754C"),
        options=Options(),
        source="Stack Overflow 11848921: bytes as an Arduino received them; 0013530444 is printed on the card",
    ),
    Sample(
        frame=bytes.fromhex("02 30 31 31 34 41 45 33 42 42 43 3C 03"),
        uid=bytes.fromhex("0114AE3BBC"),
        options=Options(variant="raw-checksum"),
        source="esphome/issues#3610, UART debug log of a reader with a raw checksum",
    ),
    Sample(
        frame=b"\x023C00CE754CCB\r\n\x03",
        uid=bytes.fromhex("3C00CE754C"),
        options=Options(variant="id12la"),
        source="composed: the second card in the format of the ID-12LA data sheet (no captured frame was to be had)",
    ),
)
