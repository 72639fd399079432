"""Where plates are: a small network (a RetinaFace with four corners instead of five points) tried on the picture at one size.

At each of the places of three grids (every 8, 16 and 32 pixels) it judges two squares: is there a plate, how is the square to be moved and
stretched, where are its four corners. What overlaps with something better is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.base import Image
from camera.plates.session import Floats, Session

MEAN: Final = (104.0, 117.0, 123.0)
SQUARES: Final = ((8, (24, 48)), (16, (96, 192)), (32, (384, 768)))
"""Pixels from place to place, and the sides of the squares there."""
SPREAD: Final = (0.1, 0.2)
ORDER: Final = (2, 3, 0, 1)
"""The network begins with the lower right corner."""
OVERLAP: Final = 0.4
MOST: Final = 6
"""So many plates of one picture at most."""


@dataclass(frozen=True, slots=True)
class Found:
    """A plate in a picture. `corners`: 4 × 2, in the picture's pixels: top left, top right, bottom right, bottom left. `score`: 0 to 1."""

    corners: NDArray[np.float32]
    score: float


@lru_cache(maxsize=16)
def _places(rows: int, columns: int) -> Floats:
    """Centre and side, in pixels, of every square: n × 3."""
    grids = []
    for step, sides in SQUARES:
        down, across = -(-rows // step), -(-columns // step)
        y, x, side = np.meshgrid((np.arange(down) + 0.5) * step, (np.arange(across) + 0.5) * step, sides, indexing="ij")
        grids.append(np.stack((x, y, side), axis=-1).reshape(-1, 3))
    return np.concatenate(grids).astype(np.float32)


def scaled(image: Image, longest: int) -> tuple[Image, float]:
    """The picture with its longer side at this length, on a canvas of whole squares of 32 pixels; and the factor."""
    rows, columns = image.shape[:2]
    factor = longest / max(rows, columns)
    size = (max(1, round(columns * factor)), max(1, round(rows * factor)))
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    canvas = np.zeros((-(-size[1] // 32) * 32, -(-size[0] // 32) * 32, 3), np.uint8)
    canvas[: size[1], : size[0]] = cv2.resize(image, size, interpolation=way)
    return canvas, factor


class Detector:
    """Finds plates. Not for two threads at once."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, image: Image, longest: int, least: float) -> list[Found]:
        """The plates of a picture scaled to this longer side, best first, with at least this score."""
        canvas, factor = scaled(image, longest)
        batch = cv2.dnn.blobFromImage(canvas, mean=MEAN)
        boxes, scores, corners = self._session.run(batch.astype(np.float32, copy=False))
        seen = scores[0, :, 1] >= least
        if not seen.any():
            return []
        places = _places(*canvas.shape[:2])[seen]
        centre, side = places[:, :2], places[:, 2:]
        moved = centre + boxes[0][seen][:, :2] * SPREAD[0] * side
        sides = side * np.exp(boxes[0][seen][:, 2:] * SPREAD[1])
        rectangles = np.concatenate((moved - sides / 2, sides), axis=1)
        points = centre[:, None, :] + corners[0][seen].reshape(-1, 4, 2)[:, ORDER] * SPREAD[0] * side[:, None, :]
        found = scores[0, :, 1][seen]
        kept = cv2.dnn.NMSBoxes(rectangles.tolist(), found.tolist(), least, OVERLAP)
        return [Found(points[n] / factor, float(found[n])) for n in np.asarray(kept).reshape(-1)[:MOST]]
