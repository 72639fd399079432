"""Which reader is at the end of this line? Listening only: every family hears every byte, and checksums vote. Pure.

A reader that talks by itself is heard at one baud rate after another while somebody holds a card to it. At the right one its
frames pass their family's checksum; at a wrong one, and in any other family, they are noise. So at each rate every family
that could have sent such frames decodes what comes (`families`: all of drivers/readers, each with the options under which its
readers talk), and a `Ballot` counts what each of them could read:

    frames that passed, the cards in them, how many of the bytes that came belong to such frames

A family with a checksum beats one without; then whoever explains more bytes. Lines of text have no checksum: they are the
answer only when nobody with one has anything to say, and all lines have one form (drivers/line_form.py). `certain` is a card
in two frames of a checked family that together explain most of what came.

Nothing is ever written to the line here. OSDP readers never talk by themselves: osdp/asking.py asks them, with the one question
that changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import Any

from drivers import loader
from drivers.base import Answer, Card, Decoder, Found, Noise, Text
from drivers.line_form import form
from drivers.orders import Done
from drivers.readers import Settling

BAUDS = (9600, 115200, 57600, 19200, 38400, 4800, 2400, 1200)
"""In the order of how many readers leave the factory with them."""
KEPT = 4096
"""So many of a rate's newest bytes are kept: a person's few presentations."""
MOST_CARDS = 20
LINE = "line"


@dataclass(frozen=True, slots=True)
class Family:
    """A driver with options under which its readers talk by themselves."""

    driver: str
    options: Any
    checked: bool

    @property
    def given(self) -> dict[str, Any]:
        """The options that differ from the usual ones: what the configuration has to say."""
        return options_given(self.options)


def options_given(options: Any) -> dict[str, Any]:
    """The fields of a reader's options that are not at their default."""
    found = {}
    for each in fields(options):
        value = getattr(options, each.name)
        if each.default is MISSING or value != each.default:
            found[each.name] = value
    return found


@cache
def families() -> tuple[Family, ...]:
    """Every family with a checksum: a module says with PUSHED which options its readers may talk under; without, the usual ones."""
    found = []
    for name in loader.names():
        module = loader.load(name)
        if module.CHECKED:
            found += [Family(name, options, True) for options in getattr(module, "PUSHED", (module.Options(),))]
    return tuple(found)


@dataclass(slots=True)
class _Listener:
    family: Family
    decoder: Decoder
    frames: int = 0
    card_frames: int = 0
    good_bytes: int = 0
    cards: dict[bytes, int] = field(default_factory=dict)

    def take(self, found: Any) -> None:
        for each in found:
            self._take(each)

    def _take(self, each: Found) -> None:
        if isinstance(each, Noise | Done):
            return
        if isinstance(each, Card | Text | Answer):
            self.frames += 1
            self.good_bytes += len(each.frame)
        if isinstance(each, Card):
            self.card_frames += 1
            if each.uid in self.cards or len(self.cards) < MOST_CARDS:
                self.cards[each.uid] = self.cards.get(each.uid, 0) + 1


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a rate's bytes may be. `share`: the part of the bytes that it explains, 0 to 1; `certain`: two frames with cards."""

    baud: int
    driver: str
    given: Mapping[str, Any]
    checked: bool
    frames: int
    cards: tuple[bytes, ...]
    share: float
    certain: bool

    @property
    def rank(self) -> tuple[bool, bool, bool, float, int]:
        """The higher the better."""
        return self.certain, self.checked, bool(self.cards), self.share, self.frames


class Ballot:
    """One baud rate: bytes in, candidates out, the best first."""

    def __init__(self, baud: int) -> None:
        self.baud = baud
        self.count = 0
        self.recent = bytearray()
        self._listeners = [
            _Listener(family, loader.load(family.driver).Decoder(family.options)) for family in families()
        ]

    def feed(self, data: bytes) -> None:
        """Bytes as they come."""
        self.count += len(data)
        self.recent += data
        del self.recent[:-KEPT]
        for each in self._listeners:
            each.take(each.decoder.feed(data))

    def quiet(self) -> None:
        """The line is silent for longer than any reader pauses within a frame."""
        for each in self._listeners:
            decoder = each.decoder
            if decoder.buffered and isinstance(decoder, Settling):
                each.take(decoder.quiet())

    def candidates(self) -> list[Candidate]:
        """Who could read something, the best first."""
        found = [self._candidate(each) for each in self._listeners if each.card_frames]
        found += self._lines()
        return sorted(found, key=lambda each: each.rank, reverse=True)

    def _candidate(self, each: _Listener) -> Candidate:
        share = min(1.0, each.good_bytes / max(1, self.count))
        return Candidate(
            self.baud,
            each.family.driver,
            each.family.given,
            each.family.checked,
            each.frames,
            tuple(each.cards),
            share,
            certain=each.card_frames >= 2 and share > 0.5,
        )

    def _lines(self) -> list[Candidate]:
        found = form(bytes(self.recent))
        if found is None:
            return []
        decoder = loader.load(LINE).Decoder(found)
        listener = _Listener(Family(LINE, found, False), decoder)
        listener.take(decoder.feed(bytes(self.recent)))
        share = listener.good_bytes / max(1, len(self.recent))
        given = options_given(found)
        return [Candidate(self.baud, LINE, given, False, listener.frames, tuple(listener.cards), share, certain=False)]
