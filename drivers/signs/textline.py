"""Any board that shows the lines of text it is sent: `prefix`, the lines with a separator between them, `suffix`."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.base import Message
from drivers.signs import Sample

NAME = "文本行显示屏 · text-line sign"
DEFAULT_BAUD = 9600
ENCODINGS = ("gbk", "utf-8", "ascii")


@dataclass(frozen=True, slots=True)
class Options:
    """`prefix`, `separator` and `suffix` may hold \\r, \\n, \\xNN; `longest`: bytes of a line."""

    encoding: str = "gbk"
    prefix: str = ""
    separator: str = "\\r\\n"
    suffix: str = "\\r\\n"
    lines: int = 2
    longest: int = 64

    def __post_init__(self) -> None:
        if self.encoding not in ENCODINGS:
            raise ValueError(f"encoding {self.encoding!r} is none of {', '.join(ENCODINGS)}")
        if not 1 <= self.lines <= 8:
            raise ValueError(f"lines must be 1 to 8, not {self.lines}")
        if not 1 <= self.longest <= 1024:
            raise ValueError(f"longest must be 1 to 1024, not {self.longest}")
        for name, value in (("prefix", self.prefix), ("separator", self.separator), ("suffix", self.suffix)):
            try:
                _raw(value)
            except ValueError as e:
                raise ValueError(f"{name} {value!r}: {e}") from e


def _raw(text: str) -> bytes:
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")


def _line(text: str, options: Options) -> bytes:
    """A line never has control characters: a plate or a name must not end it and begin another."""
    data = b""
    for sign in text:
        more = sign.encode(options.encoding, "replace") if sign.isprintable() else b" "
        if len(data) + len(more) > options.longest:
            break
        data += more
    return data


def frames(message: Message, options: Options) -> list[bytes]:
    """All of it in one piece."""
    lines = [_line(text, options) for text in message.lines[: options.lines]]
    return [_raw(options.prefix) + _raw(options.separator).join(lines) + _raw(options.suffix)]


SAMPLES = (
    Sample(
        b"\xbb\xb6\xd3\xad\xb9\xe2\xc1\xd9\r\nABC\r\n",
        Message("welcome", ("欢迎光临", "ABC")),
        Options(),
        "by the definition above",
    ),
)
