"""What the gate needs of pictures.

A `Source` gives frames (a camera, a stream, a folder, a rendered scene); `capture.Capture` runs one thread a source and
keeps only the newest frame; a `PlateReader` turns frames into a reading or says that it has none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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
class PlateCandidate:
    """One of the texts that a plate may bear. `share`: its part, 0 to 1, of all that was considered."""

    text: str
    kind: str
    share: float


Point = tuple[float, float]
"""Column, row."""


@dataclass(frozen=True, slots=True)
class PlateRead:
    """A reading of one plate, from one frame or from several together.

    `text` has no separators and is never empty: the likeliest of what a plate can bear.
    `certain` means that it may be relied on (at least 99.5 % of the readings so marked are right); everything else is for the guard's eye.
    `kind` is one of `camera.plates.grammar.KINDS`, `colour` blue, yellow, green, white, black or "" (not to be told), `rows` 1 or 2.
    `characters` is a probability, 0 to 1, for each character of `text`; `alternatives` the same for what else it may be, best first.
    `corners`, in pixels of frame number `frame`: top left, top right, bottom right, bottom left of the plate as one reads it.
    `crop` is that plate straightened. `candidates` are whole texts, best first, `text` among them.
    `certain_frames` counts the frames each of which, by itself, gave this text as certain: who opens by plate alone asks for two.
    """

    text: str
    confidence: float
    certain: bool
    colour: str = ""
    kind: str = ""
    rows: int = 1
    characters: tuple[float, ...] = ()
    alternatives: tuple[tuple[tuple[str, float], ...], ...] = ()
    corners: tuple[Point, ...] = ()
    crop: Image | None = field(default=None, compare=False, repr=False)
    candidates: tuple[PlateCandidate, ...] = ()
    frame: int = 0
    certain_frames: int = 0


class Source(Protocol):
    """Where frames come from. `read` blocks until the next frame and returns None when the source has ended or is gone."""

    def open(self) -> None:
        """Raises OSError with a sentence when it cannot be opened. A password in an address is never shown."""

    def read(self) -> Image | None:
        """Blocks until the next frame; None when the source has ended or is gone."""

    def close(self) -> None:
        """Let go of the device; nothing happens when it is not open."""


class PlateReader(Protocol):
    """Recognition: a pure function of frames; run on a worker thread, never on the card's way. One call at a time."""

    def read(self, frames: Sequence[Frame]) -> PlateRead | None:
        """What the frames (one, better three to eight of the same vehicle) say together; None when there is no plate in them.

        Frames that cannot be used (no size, one channel, not 8 bits) count as frames without a plate; nothing is raised for them.
        """


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
