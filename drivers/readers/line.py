"""Any reader that sends a line of text: Wiegand-to-serial converters, desktop readers, QR scanners.

    prefix | number or text | suffix | terminator           for example   1066017220 CR LF      STX 138,08644 ETX

Which number a line holds is said by a rule (drivers/card_numbers.py): `base` dec, hex or 3+5, `bits`, `order`, `end` and `digits`. A
rule of fewer bits than the card has gives fewer bytes: the card read carries just these, and who looks it up must know (Part.fits).
`base = "text"` is for QR scanners: the line is a text and no card.

A line has no checksum. So it is believed only when it is exactly of the form that was configured: `digits` set to the true length
is the best protection that there is. What is not of the form is dropped up to the next terminator, also a good number that has
garbage before it: that costs a second presentation, a number patched together would cost more.

    terminator   lf (also CR LF), cr (also LF CR), etx, nul

Sources: Wiegand-26 and -34 as numbers: the project's notes on card numbers (readers.md); samples composed from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.base import Answer, Card, Noise, Text
from drivers.card_numbers import Rule
from drivers.readers import Sample

NAME = "a line of text (converter, scanner)"
DEFAULT_BAUD = 9600
SEVERAL = False
CHECKED = False
TERMINATORS = {"lf": b"\n", "cr": b"\r", "etx": b"\x03", "nul": b"\x00"}
ENCODINGS = ("utf-8", "gb18030")
LIMIT = 512
"""The longest line that is waited for: a QR code of a health or appointment pass has up to about 300 characters."""


@dataclass(frozen=True, slots=True)
class Options:
    """See above; `prefix` and `suffix` stand around the number and are taken off."""

    base: str = "dec"
    bits: int = 32
    order: str = "msb"
    end: str = "last"
    digits: int = 0
    terminator: str = "lf"
    prefix: str = ""
    suffix: str = ""
    encoding: str = "utf-8"

    def __post_init__(self) -> None:
        if self.terminator not in TERMINATORS:
            raise ValueError(f"terminator {self.terminator!r} is none of {', '.join(TERMINATORS)}")
        if self.encoding not in ENCODINGS:
            raise ValueError(f"encoding {self.encoding!r} is none of {', '.join(ENCODINGS)}")
        if len(self.prefix) > 16 or len(self.suffix) > 16:
            raise ValueError("prefix and suffix have at most 16 characters")
        _ = self.rule

    @property
    def rule(self) -> Rule:
        """How the number is written (of a text: nothing but its length). ValueError when there is no such rule."""
        return Rule("dec" if self.base == "text" else self.base, self.bits, self.order, self.end, self.digits)


class Decoder:
    """Cuts lines; believes those of the configured form."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._rule = None if options.base == "text" else options.rule
        self._end = TERMINATORS[options.terminator]
        self._buffer = bytearray()
        self._too_long = False

    @property
    def buffered(self) -> int:
        """How many bytes wait for their line's end."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Card | Text | Answer | Noise]:
        """Take bytes in any split; return the lines that became complete."""
        self._buffer += data
        *lines, rest = bytes(self._buffer).split(self._end)
        found: list[Card | Text | Answer | Noise] = []
        for line in lines:
            found.append(self._line(line + self._end))
            self._too_long = False
        if len(rest) >= LIMIT:
            found.append(Noise(rest, "the line does not end"))
            self._too_long = True
            rest = b""
        self._buffer = bytearray(rest)
        return found

    def _line(self, whole: bytes) -> Card | Text | Answer | Noise:
        if self._too_long or len(whole) > LIMIT:
            return Noise(whole, "the end of a line that was too long")
        try:
            text = whole[: -len(self._end)].decode(self._options.encoding).strip("\r\n")
            if not text:
                return Answer(whole, "an empty line")
            if not text.startswith(self._options.prefix) or not text.endswith(self._options.suffix):
                return Noise(whole, "prefix or suffix is missing")
            text = text[len(self._options.prefix) : len(text) - len(self._options.suffix)]
            if self._rule is not None:
                return Card(self._rule.part(text).known, whole)
        except ValueError:  # UnicodeDecodeError is one
            return Noise(whole, "not of the configured form")
        if not text.isprintable() or not text.strip() or (self._options.digits and len(text) != self._options.digits):
            return Noise(whole, "not of the configured form")
        return Text(text.strip(), whole)


def encode(uid: bytes, options: Options) -> bytes:
    """The line for a card. ValueError when uid has not just the bytes that the number has, or lines are texts and no cards."""
    if options.base == "text":
        raise ValueError("lines are texts here: a card's bytes are never sent")
    if len(uid) != options.rule.octets:
        raise ValueError(f"these lines hold {options.rule.octets} bytes, not {len(uid)}")
    return _whole(options.rule.number(uid), options)


def encode_text(text: str, options: Options) -> bytes:
    """The line for a text."""
    return _whole(text, options)


def _whole(text: str, options: Options) -> bytes:
    end = b"\r\n" if options.terminator == "lf" else TERMINATORS[options.terminator]
    return (options.prefix + text + options.suffix).encode(options.encoding) + end


_NUMBERS = "composed: the number that readers.md gives for UID 3F8A21C4"
_UID = bytes.fromhex("3F8A21C4")
SAMPLES: Sequence[Sample] = (
    Sample(b"1066017220\r\n", _UID, Options(digits=10), _NUMBERS),
    Sample(b"3290532415\r\n", _UID, Options(digits=10, order="lsb"), _NUMBERS),
    Sample(b"C4218A3F\r", _UID, Options(base="hex", order="lsb", digits=8, terminator="cr"), _NUMBERS),
    Sample(b"\x02138,08644\x03", _UID[1:], Options(base="3+5", bits=24, prefix="\x02", terminator="etx"), _NUMBERS),
    Sample(b"W26:09052612\r\n", _UID[1:], Options(bits=24, digits=8, prefix="W26:"), _NUMBERS),
    Sample(b"02198079\r\n", _UID[:3], Options(bits=24, digits=8, order="lsb", end="first"), _NUMBERS),
    Sample(
        "预约:2026-11-24/粤B12345\r\n".encode(),
        b"",
        Options(base="text"),
        "composed: what an appointment's QR code may hold",
        text="预约:2026-11-24/粤B12345",
    ),
)
