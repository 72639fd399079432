"""Card readers, one module each. A file in this folder is a driver: its name is the name in the configuration.

A module has six attributes (`ReaderModule`), and nothing registers it anywhere:

    NAME          what the guard's page calls this family
    DEFAULT_BAUD  bits a second, where the port's configuration names no other
    Options       a frozen dataclass; its fields are the keys that the configuration may set; ValueError on nonsense
    Decoder       Decoder(options): sans-IO, bytes in, `Card | Noise` out (drivers.base.Decoder)
    encode        encode(uid, options) -> bytes: the frame a real reader would send, for the simulator and for tests
    SAMPLES       frames that real readers sent, with the uid that is in them, and where they are from

A reader that speaks only when spoken to has a decoder that is a `PollingDecoder` too: the port's thread asks it what to
write and when. tests/test_readers_conformance.py lists this folder and tries every module.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from drivers.base import Decoder


@dataclass(frozen=True, slots=True)
class Sample:
    """A frame as it came out of a reader, what is in it, the options to read it with, and its source."""

    frame: bytes
    uid: bytes
    options: Any
    source: str


@runtime_checkable
class PollingDecoder(Protocol):
    """The extra part of a decoder whose reader has to be asked."""

    def due(self, mono_ns: int) -> tuple[bytes, int]:
        """What to write now (empty: nothing), and the mono_ns at which to ask again. Never raises."""


class ReaderModule(Protocol):
    """What a module of this folder offers."""

    NAME: str
    DEFAULT_BAUD: int
    Options: Callable[..., Any]
    Decoder: Callable[[Any], Decoder]
    encode: Callable[[bytes, Any], bytes]
    SAMPLES: Sequence[Sample]
