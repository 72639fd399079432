"""What the gate needs of pictures.

A `Source` gives frames (a camera, a stream, a folder, a rendered scene); `capture.Capture` runs one thread a source and
keeps only the newest frame; a `PlateReader` turns frames into a reading or says that it has none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""Height × width × 3, BGR, 8 bits."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture: never changed after it was made."""

    image: Image
    mono_ns: int
    number: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An encoded picture and a small one for lists. `digest` is the SHA-256 of `jpeg`, in hex."""

    jpeg: bytes
    thumbnail: bytes
    digest: str
    width: int
    height: int
    mono_ns: int


@dataclass(frozen=True, slots=True)
class PlateRead:
    """A reading: text without separators, a confidence of 0 to 1, and whether it may be relied on."""

    text: str
    confidence: float
    certain: bool


class Source(Protocol):
    """Where frames come from. `read` blocks until the next frame and returns None when the source has ended or is gone."""

    def open(self) -> None:
        """Raises OSError with a sentence when it cannot be opened. A password in an address is never shown."""

    def read(self) -> Image | None:
        """Blocks until the next frame; None when the source has ended or is gone."""

    def close(self) -> None:
        """Let go of the device; nothing happens when it is not open."""


class PlateReader(Protocol):
    """Recognition: a pure function of frames; run on a worker thread, never on the card's way."""

    def read(self, frames: Sequence[Frame]) -> PlateRead | None:
        """What the frames say together; None when there is no plate in them."""


@dataclass(frozen=True, slots=True)
class CameraFault:
    """A fault is a state: said once when it begins, once when it ends. code: gone, frozen, dark, dazzled, blurred, moved."""

    device: str
    code: str
    active: bool
    detail: str
    mono_ns: int


CameraSink = Callable[[CameraFault], None]
Options = dict[str, Any]
