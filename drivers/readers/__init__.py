"""Card readers, one module each. A file in this folder is a driver: its name is the name in the configuration.

A module has nine attributes (`ReaderModule`), and nothing registers it anywhere:

    NAME          what the guard's page calls this family
    DEFAULT_BAUD  bits a second, where the port's configuration names no other
    LIMIT         how many bytes its decoder holds at most
    SEVERAL       it reports all tags in its field again and again: each has a presentation of its own
    CHECKED       a checksum guards each frame: a damaged one is noticed, and the next is found at once
    Options       a frozen dataclass; its fields are the keys that the configuration may set; ValueError on nonsense
    Decoder       Decoder(options): sans-IO, bytes in, values out (drivers.base.Decoder)
    encode        encode(uid, options) -> bytes: the frame a real reader would send, for the simulator and for tests
    SAMPLES       frames that real readers sent, with the uid or text that is in them, and where they are from

one whose readers may talk by themselves under other options than the usual ones names these, for finding a reader, in PUSHED,
and one whose readers can read texts also `encode_text(text, options)`, one whose readers are asked also `no_card(request, options)`:
what they answer while there is none, for the simulator.

A reader that speaks only when spoken to has a decoder that is a `PollingDecoder` too: the port's thread asks it what to write and
when. One that takes orders (beep, light, blocks) is a `Controlled`; one that a false beginning can hold up is a `Settling`.
_frames.py cuts frames, _dialogue.py talks: a family writes down what is its own. tests/test_readers_conformance.py lists this
folder and tries every module.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from drivers.base import Decoder, Found
from drivers.orders import Order


@dataclass(frozen=True, slots=True)
class Sample:
    """A frame as it came out of a reader, what is in it (a card's uid, or a text), the options, and its source."""

    frame: bytes
    uid: bytes
    options: Any
    source: str
    text: str = ""


@runtime_checkable
class PollingDecoder(Protocol):
    """The extra part of a decoder whose reader has to be asked."""

    def due(self, mono_ns: int) -> tuple[bytes, int]:
        """What to write now (empty: nothing), and the mono_ns at which to ask again. Never raises."""


@runtime_checkable
class Controlled(Protocol):
    """The extra part of a decoder whose reader can be told to do something."""

    orders: frozenset[type[Order]]

    def order(self, order: Order) -> None:
        """Do this when the reader is free. Its end comes out of `feed` as a Done, in any case. Never raises."""


@runtime_checkable
class Settling(Protocol):
    """The extra part of a decoder that may wait for the rest of a frame which will never come."""

    def quiet(self) -> Sequence[Found]:
        """The line is silent for longer than any reader pauses within a frame. What can be said of what waited."""


class ReaderModule(Protocol):
    """What a module of this folder offers."""

    NAME: str
    DEFAULT_BAUD: int
    LIMIT: int
    SEVERAL: bool
    CHECKED: bool
    Options: Callable[..., Any]
    Decoder: Callable[[Any], Decoder]
    encode: Callable[[bytes, Any], bytes]
    SAMPLES: Sequence[Sample]
