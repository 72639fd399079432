"""From four corners to a flat plate with a little of its surroundings, and a plate of two rows laid out as one."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.base import Image

MARGINS: Final = (0.04, 0.08)
"""Parts of the plate's width and height that are kept around it: corners are a little off, and a cut sign is a lost one."""
SIZE: Final = (288, 96)
"""A straightened plate, margins included: columns, rows. Twice what the recognisers take."""
TALL: Final = (288, 144)
"""The same for a plate of two rows (440 × 220 mm)."""


def proportion(corners: NDArray[np.float32]) -> float:
    """Width to height, from the middles of the sides. A plate of one row has 3.1, of two 2.0; seen from the side less."""
    left, right = (corners[0] + corners[3]) / 2, (corners[1] + corners[2]) / 2
    top, bottom = (corners[0] + corners[1]) / 2, (corners[3] + corners[2]) / 2
    return float(np.linalg.norm(right - left) / max(1e-3, float(np.linalg.norm(bottom - top))))


def flat(
    image: Image,
    corners: NDArray[np.float32],
    size: tuple[int, int] = SIZE,
    margins: tuple[float, float] = MARGINS,
) -> Image:
    """The plate between these corners, with its margins, at this size. What lies outside the picture repeats its edge."""
    across, down = margins
    wide, high = size[0] / (1 + 2 * across), size[1] / (1 + 2 * down)
    left, top = wide * across, high * down
    target = np.array(
        [[left, top], [left + wide, top], [left + wide, top + high], [left, top + high]],
        np.float32,
    )
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    shrinks = np.linalg.norm(corners[1] - corners[0]) > 2 * size[0]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    made = cv2.warpPerspective(image, matrix, size, flags=way, borderMode=cv2.BORDER_REPLICATE)
    return made.astype(np.uint8, copy=False)


def in_one_row(tall: Image) -> Image:
    """A plate of two rows, laid out as one: its upper row (province, letter) before its lower one, all signs of one height.

    GA 36: of 220 mm the upper signs take 15 to 75 and stand in the middle 228 mm, the lower ones 90 to 200.
    """
    rows, columns = tall.shape[:2]
    upper = tall[round(rows * 0.06) : round(rows * 0.41), round(columns * 0.2) : round(columns * 0.8)]
    lower = tall[round(rows * 0.38) : round(rows * 0.97)]
    wide, high = SIZE
    cut = round(wide * 0.28)
    return np.hstack(
        (
            cv2.resize(upper, (cut, high), interpolation=cv2.INTER_LINEAR),
            cv2.resize(lower, (wide - cut, high), interpolation=cv2.INTER_LINEAR),
        )
    ).astype(np.uint8, copy=False)
