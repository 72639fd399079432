"""One frame: find plates, straighten, read, weigh; a quick pass, and slower ones only where it leaves doubt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from camera.base import Frame, Image
from camera.plates import judge, straighten
from camera.plates.colour import colour
from camera.plates.detect import Detector, Found
from camera.plates.grammar import kind
from camera.plates.recognise import Recogniser
from camera.plates.weigh import Views, Weighed, texts, weigh

QUICK: Final = (640, 0.4)
"""The longer side of the picture for the detector, and the least score of a plate."""
SMALLEST: Final = 12
"""A picture with fewer rows or columns shows no plate."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A plate of one frame with all that is known about it."""

    frame: int
    corners: NDArray[np.float32]
    score: float
    crop: Image
    rows: int
    views: Views
    ranked: tuple[Weighed, ...]
    colour: str
    kind: str
    signs: judge.Signs
    confidence: float

    @property
    def text(self) -> str:
        """The heaviest text."""
        return self.ranked[0].text

    @property
    def certain(self) -> bool:
        """Whether this frame alone is enough."""
        return self.confidence >= judge.CERTAIN


def usable(image: object) -> bool:
    """Whether it is a picture at all: rows × columns × 3, 8 bits, of some size."""
    return (
        isinstance(image, np.ndarray)
        and image.dtype == np.uint8
        and image.ndim == 3
        and image.shape[2] == 3
        and min(image.shape[:2]) >= SMALLEST
    )


class Look:
    """Reads the chief plate of a frame. Not for two threads at once."""

    def __init__(self, detector: Detector, plates: Recogniser, text: Recogniser) -> None:
        self._detector = detector
        self._plates = plates
        self._text = text

    def at(self, frame: Frame) -> Seen | None:
        """The plate that is to be read in this frame; None when there is none, or nobody could say what it says."""
        if not usable(frame.image):
            return None
        seen = [self._read(frame, found) for found in self._detector.find(frame.image, *QUICK)]
        return max((each for each in seen if each is not None), key=lambda each: each.confidence, default=None)

    def _read(self, frame: Frame, found: Found) -> Seen | None:
        crop = straighten.flat(frame.image, found.corners)
        views = Views(tuple(self._plates.read([crop])), tuple(self._text.read([crop])))
        ranked = weigh(views, texts(views))
        if not ranked:
            return None
        said = kind(ranked[0].text)
        name, fit = colour(crop, said)
        signs = judge.signs(ranked, fit)
        return Seen(
            frame.number,
            found.corners,
            found.score,
            crop,
            1,
            views,
            tuple(ranked),
            name,
            said,
            signs,
            judge.confidence(signs),
        )
