"""Pictures of the size that the configuration asks for, whatever a camera gives."""

from __future__ import annotations

import cv2
import numpy as np

from camera.base import Image


def fit(image: Image, width: int, height: int) -> Image:
    """Scaled down, in its proportions, to at most this size; a smaller picture as it is: nothing is to be won by enlarging it."""
    rows, columns = image.shape[:2]
    scale = min(width / columns, height / rows)
    if scale >= 1.0:
        return image
    size = (max(1, round(columns * scale)), max(1, round(rows * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def cover(image: Image, width: int, height: int) -> Image:
    """Exactly this size, scaled either way and cut at the sides, as a camera's sensor is read out in another format."""
    rows, columns = image.shape[:2]
    if (columns, rows) == (width, height):
        return image
    scale = max(width / columns, height / rows)
    size = (max(width, round(columns * scale)), max(height, round(rows * scale)))
    way = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    scaled = cv2.resize(image, size, interpolation=way).astype(np.uint8, copy=False)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return np.ascontiguousarray(scaled[top : top + height, left : left + width])
