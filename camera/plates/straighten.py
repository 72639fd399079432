"""From four corners to a flat plate: one strip, or for a plate of two rows an upper and a lower one."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.base import Image

Corners = NDArray[np.float32]
"""4 × 2: top left, top right, bottom right, bottom left; column, row."""
SIZE: Final = (288, 96)
"""A flat plate: columns, rows. Twice what the recognisers take."""
TALL: Final = (288, 144)
"""The same for a plate of two rows."""
TALL_MARGINS: Final = (0.04, 0.14, 0.06)
"""Sides, top, bottom: the detector often cuts the upper row."""
ROW_SPLITS: Final = (0.435, 0.475, 0.395)
"""Where the upper row ends and the lower begins, as a part of the flat plate's height, the likeliest first.

GA 36: of 220 mm the upper signs take 15 to 75, the lower ones 90 to 200; with the margins the gap is between 0.40 and 0.47.
"""
OVERLAP: Final = 0.015
UPPER: Final = (0.15, 0.85)
"""The upper row's part of the width: two signs, or three, in the middle."""


def whole(image: Image) -> Corners:
    """The corners of a picture that is itself a plate."""
    rows, columns = image.shape[:2]
    return np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)


def proportion(corners: Corners) -> float:
    """Width to height, from the middles of the sides. A plate of one row has 3.1, of two 2.0; seen from the side less."""
    left, right = (corners[0] + corners[3]) / 2, (corners[1] + corners[2]) / 2
    top, bottom = (corners[0] + corners[1]) / 2, (corners[3] + corners[2]) / 2
    return float(np.linalg.norm(right - left) / max(1e-3, float(np.linalg.norm(bottom - top))))


def flat(image: Image, corners: Corners, margins: tuple[float, float, float], size: tuple[int, int] = SIZE) -> Image:
    """The plate between these corners and a little around it: `margins` are parts of its width (each side) and height (top, bottom).

    What lies outside the picture repeats its edge.
    """
    side, above, below = margins
    wide, high = size[0] / (1 + 2 * side), size[1] / (1 + above + below)
    left, top = wide * side, high * above
    target = np.array([[left, top], [left + wide, top], [left + wide, top + high], [left, top + high]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    made = cv2.warpPerspective(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return made.astype(np.uint8, copy=False)


def both_rows(image: Image, corners: Corners, split: float) -> tuple[Image, Image]:
    """The upper and the lower row of a plate of two."""
    tall = flat(image, corners, TALL_MARGINS, TALL)
    rows, columns = tall.shape[:2]
    upper = tall[: round(rows * (split + OVERLAP)), round(columns * UPPER[0]) : round(columns * UPPER[1])]
    return upper, tall[round(rows * (split - OVERLAP)) :]
