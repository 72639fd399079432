"""Raw bytes of a reader in a file, and what its decoder makes of them later. Pure text in, values out; no I/O here.

    #gate-capture 1 {"device": "entry.reader", "driver": "rdm6300", "options": {}, "baud": 9600, "port": "…", "began": "2026-11-25T…Z"}
    0 02 33 43
    12 30 30 43 45 37 35 34 43 43 42 03
    #end size

One line for each chunk as it came from the port: milliseconds since the beginning (steady clock), then the bytes in hexadecimal. A file that
breaks off is good up to its last whole line. The last line says why it ended: asked, time, size, gone.

It holds card numbers and nothing about anybody; who sends it in sends those along.

`replay` gives the chunks to a decoder, with a quiet line between them where there was one, and says what would have been read,
presentations folded as at the gate. Nothing of it reaches a gate.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from drivers.base import Answer, Card, Decoder, Found, Noise, Text
from drivers.orders import Done
from drivers.presentation import Presentations
from drivers.readers import Settling

MARK = "#gate-capture 1 "
END = "#end "
MS = 1_000_000
QUIET_MS = 250
LONGEST_LINE = 3 * 4096 + 20


class NotACapture(ValueError):
    """The text is no capture; the message says which line."""


@dataclass(frozen=True, slots=True)
class Header:
    """What was recorded, and how it was read."""

    device: str
    driver: str
    options: dict[str, Any]
    baud: int
    port: str
    began: str


@dataclass(frozen=True, slots=True)
class Recording:
    """A capture: chunks with their time in ms since the beginning. `ended`: empty when it breaks off."""

    header: Header
    chunks: tuple[tuple[int, bytes], ...]
    ended: str


def head(header: Header) -> str:
    """The first line."""
    said = {name: getattr(header, name) for name in Header.__slots__}
    return f"{MARK}{json.dumps(said, ensure_ascii=False)}\n"


def line(ms: int, data: bytes) -> str:
    """A chunk."""
    return f"{ms} {data.hex(' ')}\n"


def end(why: str) -> str:
    """The last line."""
    return f"{END}{why}\n"


def parse(text: str) -> Recording:
    """Raises NotACapture. An unfinished last line is left out."""
    whole, _, _ = text.rpartition("\n")
    first, *rest = whole.split("\n")
    header = _header(first)
    chunks, ended, before = [], "", 0
    for number, row in enumerate(rest, 2):
        if row.startswith(END):
            ended = row.removeprefix(END)
            break
        ms, data = _chunk(row, number)
        if ms < before:
            raise NotACapture(f"line {number}: time goes back")
        before = ms
        chunks.append((ms, data))
    return Recording(header, tuple(chunks), ended)


def _header(first: str) -> Header:
    if not first.startswith(MARK):
        raise NotACapture(f"line 1: does not begin with {MARK.strip()}")
    try:
        said = json.loads(first.removeprefix(MARK))
        header = Header(**{name: said[name] for name in Header.__slots__})
    except (ValueError, KeyError, TypeError) as e:
        raise NotACapture(f"line 1: {e}") from None
    if not isinstance(header.options, dict) or not all(
        isinstance(part, str) for part in (header.device, header.driver)
    ):
        raise NotACapture("line 1: device, driver or options are not what they should be")
    return header


def _chunk(row: str, number: int) -> tuple[int, bytes]:
    ms, _, digits = row.partition(" ")
    try:
        if len(row) > LONGEST_LINE or not (ms.isascii() and ms.isdecimal()):
            raise ValueError("no chunk")
        return int(ms), bytes.fromhex(digits)
    except ValueError as e:
        raise NotACapture(f"line {number}: {e}") from None


def said(found: Found) -> dict[str, Any]:
    """What a decoder found, in words for a person beside the bytes. `uid` is hexadecimal."""
    match found:
        case Card():
            return {"what": "card", "uid": found.uid.hex(), "bytes": len(found.frame), "why": ""}
        case Text():
            return {"what": "text", "uid": "", "bytes": len(found.frame), "why": found.text}
        case Answer():
            return {"what": "answer", "uid": "", "bytes": len(found.frame), "why": found.what}
        case Noise():
            return {"what": "noise", "uid": "", "bytes": len(found.data), "why": found.why}
        case Done():
            return {"what": "done", "uid": "", "bytes": 0, "why": found.why}


@dataclass(frozen=True, slots=True)
class Step:
    """A chunk and what came of it. `reads`: the cards of it that the gate would have been told of, in hexadecimal."""

    ms: int
    data: bytes
    found: tuple[dict[str, Any], ...]
    reads: tuple[str, ...]


def replay(recording: Recording, decoder: Decoder, window_ms: int, *, several: bool = False) -> Iterator[Step]:
    """Chunk by chunk. `window_ms`: within it the same card is the same presentation."""
    folded = Presentations(window_ms * MS, several=several)
    before = 0
    for ms, data in recording.chunks:
        if ms - before >= QUIET_MS and isinstance(decoder, Settling) and decoder.buffered:
            late = list(decoder.quiet())
            if late:
                yield _step(before + QUIET_MS, b"", late, folded)
        before = ms
        yield _step(ms, data, list(decoder.feed(data)), folded)
    if isinstance(decoder, Settling) and decoder.buffered:
        yield _step(before + QUIET_MS, b"", list(decoder.quiet()), folded)


def _step(ms: int, data: bytes, found: list[Found], folded: Presentations) -> Step:
    cards = [each for each in found if isinstance(each, Card)]
    reads = tuple(card.uid.hex() for card in cards if folded.is_new(card.uid, ms * MS))
    return Step(ms, data, tuple(said(each) for each in found), reads)
