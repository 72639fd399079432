"""Gwiot 7941E and its sisters: small modules that talk and never listen, for one kind of card each. 9600 baud, 8N1.

    02 | length | kind | card number | sum | 03      length: of the whole frame; sum: XOR of what stands between 02 and it

Source: the maker's description of the 7941E, as the public repository herra/rfidtagsclone has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import xor

from drivers.base import Card
from drivers.readers import Sample
from drivers.readers._frames import Frames

NAME = "Gwiot 7941E (EM4100, or MIFARE)"
DEFAULT_BAUD = 9600
LIMIT = 10
SEVERAL = False
CHECKED = True
KINDS = {"em4100": (0x02, 5), "mifare": (0x01, 4)}
"""What the frame calls it, and how many bytes its number has."""


@dataclass(frozen=True, slots=True)
class Options:
    """`card`: em4100 (the 7941E) or mifare."""

    card: str = "em4100"

    def __post_init__(self) -> None:
        if self.card not in KINDS:
            raise ValueError(f"card {self.card!r} is none of {', '.join(KINDS)}")


PUSHED = tuple(Options(card) for card in KINDS)
"""Under which options to listen for a reader that nobody has described (drivers/finding.py)."""


def encode(uid: bytes, options: Options) -> bytes:
    """What the reader sends for this card. ValueError for a number that this kind of card does not have."""
    kind, size = KINDS[options.card]
    if len(uid) != size:
        raise ValueError(f"{options.card}: a number has {size} bytes, not {len(uid)}")
    body = bytes([size + 5, kind]) + uid
    return b"\x02" + body + bytes([reduce(xor, body)]) + b"\x03"


class Decoder(Frames):
    """Bytes in, cards and noise out (drivers.base.Decoder); what cuts the stream into frames is in _frames.py."""

    def __init__(self, options: Options) -> None:
        self._options = options
        kind, size = KINDS[options.card]
        self._length, self._head = size + 5, bytes([0x02, size + 5, kind])
        super().__init__(self._begins, lambda frame: [Card(frame[3:-2], frame)])

    def _begins(self, buffer: bytearray, at: int) -> int | str:
        """The length of the frame that begins here; 0: perhaps one does; or why none does."""
        frame = bytes(buffer[at : at + self._length])
        if not frame.startswith(self._head[: len(frame)]):
            return "no frame begins here"
        if len(frame) < self._length:
            return 0
        return len(frame) if frame == encode(frame[3:-2], self._options) else "checksum or end mark is wrong"


SAMPLES = (
    Sample(
        frame=bytes.fromhex("02 0A 02 2E 00 B6 D7 B5 F2 03"),
        uid=bytes.fromhex("2E00B6D7B5"),
        options=Options(),
        source="the maker's description, example of a frame",
    ),
    Sample(
        frame=bytes.fromhex("02 09 01 6B 3D 12 D6 9A 03"),
        uid=bytes.fromhex("6B3D12D6"),
        options=Options(card="mifare"),
        source="composed: the description's MIFARE number in its format (no captured frame was to be had)",
    ),
)
