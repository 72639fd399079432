"""LED boards with voice that speak the FK (方控) frame over RS-485: the usual ones at Chinese gates.

    address · 64 · FF FF · CMD · DL · data · CRC16-MODBUS, low byte first          text in GBK

    CMD 30  speak: 01 + text
    CMD 62  one line: which line, how it comes and goes, how long, colours, length (low byte first), text

DL is one byte, so a text is cut where it must end, never within a character. The board has commands that drive a barrier; they are
not here, and `frame` refuses every command but these two.

Sources: shared notes (readers.md) for the frame and CMD 30; the bytes before the text of CMD 62 as several public programs send them
to such boards (one line: `00 15 01 00 02 15 01 03 00 FF000000 00000000 len`): line, way in, its speed, way of staying, seconds, way
out, its speed, font, repeats, colour of text (RGBA), of ground. Lines beyond the board's own are ignored by it.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.base import Message
from drivers.signs import Sample

NAME = "方控 LED 屏 · FK LED board"
DEFAULT_BAUD = 9600
SPEAK, LINE = 0x30, 0x62
COLOURS = {"red": b"\xff\x00\x00\x00", "green": b"\x00\xff\x00\x00", "yellow": b"\xff\xff\x00\x00"}
_DL_LIMIT = 255
_LINE_HEAD = 19


@dataclass(frozen=True, slots=True)
class Options:
    """`address` of the board; `lines` it has; `seconds` a text stays (0: until the next); `colour`; `speak`: it has a loudspeaker."""

    address: int = 0
    lines: int = 2
    seconds: int = 2
    colour: str = "red"
    speak: bool = True

    def __post_init__(self) -> None:
        for name, value, least, most in (
            ("address", self.address, 0, 255),
            ("lines", self.lines, 1, 4),
            ("seconds", self.seconds, 0, 255),
        ):
            if not least <= value <= most:
                raise ValueError(f"{name} must be {least} to {most}, not {value}")
        if self.colour not in COLOURS:
            raise ValueError(f"colour {self.colour!r} is none of {', '.join(COLOURS)}")


def crc16(data: bytes) -> bytes:
    """CRC-16/MODBUS, low byte first."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return value.to_bytes(2, "little")


def gbk(text: str, most: int) -> bytes:
    """The text in at most so many bytes, whole characters only; what GBK lacks is a question mark."""
    data = b""
    for sign in text:
        more = sign.encode("gbk", "replace")
        if len(data) + len(more) > most:
            break
        data += more
    return data


def frame(address: int, command: int, data: bytes) -> bytes:
    """A frame. ValueError for a command that is not this driver's, or too much data."""
    if command not in (SPEAK, LINE):
        raise ValueError(f"command {command:02X} is never sent")
    if len(data) > _DL_LIMIT:
        raise ValueError(f"a frame holds {_DL_LIMIT} bytes, not {len(data)}")
    body = bytes([address, 0x64, 0xFF, 0xFF, command, len(data)]) + data
    return body + crc16(body)


def _line(number: int, text: str, options: Options) -> bytes:
    shown = gbk(text, _DL_LIMIT - _LINE_HEAD)
    head = bytes([number, 0x15, 0x01, 0x00, options.seconds, 0x15, 0x01, 0x03, 0x00])
    data = head + COLOURS[options.colour] + bytes(4) + len(shown).to_bytes(2, "little") + shown
    return frame(options.address, LINE, data)


def frames(message: Message, options: Options) -> list[bytes]:
    """A frame a line (those that the message lacks are emptied), then what is said."""
    lines = (*message.lines, *[""] * options.lines)[: options.lines]
    found = [_line(number, text, options) for number, text in enumerate(lines)]
    if message.speech and options.speak:
        found.append(frame(options.address, SPEAK, b"\x01" + gbk(message.speech, _DL_LIMIT - 1)))
    return found


SAMPLES = (
    Sample(
        bytes.fromhex("0064FFFF300901BBB6D3ADB9E2C1D93258"),
        Message("welcome", ("欢迎光临",), "欢迎光临"),
        Options(),
        "shared notes, readers.md",
    ),
    Sample(
        bytes.fromhex("0064FFFF6225001501000215010300FF000000000000001200BBB6D3ADB9E2C1D9C7EBC8EBB3A1CDA3B3B5F4F5"),
        Message("welcome", ("欢迎光临请入场停车",)),
        Options(),
        "a public program's recorded frame",
    ),
)
