"""A picture made fit for keeping: what must not be kept is painted over, and it says what for and when it was taken.

Painting comes first: what was painted over is never encoded. The words stand in a strip under the picture, where they hide nothing, and once
more across it, pale, so that a part cut out of it still says what it was for.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from camera.base import Image
from camera.plate_art import font
from camera.text import Box

PAINT = (96, 96, 96)
STRIP, INK, PAPER = 44, (60, 50, 40), (236, 240, 242)
PALE = 0.22
GROW = 0.25
"""A painted box reaches so far beyond the text, as a part of its height: no edge of a digit stays."""


def painted(image: Image, boxes: Iterable[Box]) -> Image:
    """A copy with these places painted over."""
    made = image.copy()
    rows, columns = made.shape[:2]
    for box in boxes:
        grow = round(box.height * GROW)
        top, bottom = max(0, box.top - grow), min(rows, box.bottom + grow)
        made[top:bottom, max(0, box.left - grow) : min(columns, box.right + grow)] = PAINT
    return made


def marked(image: Image, words: str) -> Image:
    """A copy with the words under it and across it."""
    rows, columns = image.shape[:2]
    size = max(14, min(26, columns // 30))
    ink = np.zeros_like(image)
    again = "   ".join([words] * 4)
    for number, row in enumerate(range(rows // 6, rows * 4 // 3, max(1, rows // 4))):
        cv2.putText(ink, again, (-number * columns // 5, row), (255, 255, 255), font(), size, 500)
    turn = cv2.getRotationMatrix2D((columns / 2, rows / 2), 12, 1.0)
    pale = cv2.warpAffine(ink, turn, (columns, rows)).astype(np.float32) * (PALE / 255)
    dark = image.astype(np.float32) * (1 - pale) + 120 * pale
    strip = np.empty((STRIP, columns, 3), np.uint8)
    strip[:] = PAPER
    cv2.putText(strip, words, (10, STRIP - 14), INK, font(), size, 600)
    return np.vstack([np.clip(dark, 0, 255).astype(np.uint8), strip])
