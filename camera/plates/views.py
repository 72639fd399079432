"""The same plate, looked at in several ways: a little more or less of its surroundings, squeezed more or less, in one row or two.

Each view is a straightened plate and the width that each network gets it in. The first is the quick pass; the others are added where it
leaves doubt. They are not independent witnesses, but what is not really there seldom survives all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from camera.base import Image
from camera.plates import straighten
from camera.plates.recognise import Recogniser, Strip
from camera.plates.straighten import Corners
from camera.plates.weigh import Views, hear


@dataclass(frozen=True, slots=True)
class Way:
    """`margins`: sides, top, bottom (straighten.py); `plates`, `text`: pixels of width for either network, 0: not asked."""

    margins: tuple[float, float, float]
    plates: int
    text: int
    grey: bool = False
    """Without colour: what is painted or reflected in another colour disturbs less."""


QUICK: Final = (Way((0.0, 0.0, 0.0), 96, 160),)
SLOW: Final = (
    Way((0.0, 0.0, 0.0), 96, 160, grey=True),
    Way((0.02, 0.04, 0.04), 112, 160, grey=True),
    Way((0.02, 0.04, 0.04), 112, 192),
)
TWO: Final = ((48, 88), (90, 140))
"""Widths of the upper and the lower row for either network."""


class Eyes:
    """Both recognisers over views. Not for two threads at once."""

    def __init__(self, plates: Recogniser, text: Recogniser) -> None:
        self._plates = plates
        self._text = text

    def one_row(self, image: Image, corners: Corners, ways: tuple[Way, ...]) -> Views:
        """A plate of one row, in these ways."""
        plates, text = [], []
        for way in ways:
            flat = straighten.flat(image, corners, way.margins)
            if way.grey:
                flat = grey(flat)
            if way.plates:
                plates.append(Strip(flat, way.plates))
            if way.text:
                text.append(Strip(flat, way.text))
        return Views(tuple(map(hear, self._plates.read(plates))), tuple(map(hear, self._text.read(text))))

    def two_rows(self, image: Image, corners: Corners, splits: tuple[float, ...]) -> Views:
        """A plate of two rows, cut in these places: the upper row's columns, then the lower one's."""
        cut = [straighten.both_rows(image, corners, split) for split in splits]
        found = []
        for eye, widths in zip((self._plates, self._text), TWO, strict=True):
            said = eye.read([Strip(row, wide) for pair in cut for row, wide in zip(pair, widths, strict=True)])
            found.append(tuple(hear(said[n].then(said[n + 1])) for n in range(0, len(said), 2)))
        return Views(*found)


def grey(plate: Image) -> Image:
    """The plate without its colours."""
    return cv2.cvtColor(cv2.cvtColor(plate, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR).astype(np.uint8, copy=False)
