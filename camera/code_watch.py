"""Codes held to a camera, looked for only when something has changed: a desk on which nothing moves costs nothing."""

from __future__ import annotations

import cv2
import numpy as np

from camera import codes
from camera.base import Image

CHANGED = 2.5
"""Mean difference of two small grey pictures from which on something was laid down or held up."""


class CodeWatch:
    """Of one camera; on one thread."""

    def __init__(self) -> None:
        self._moved = False
        self._before: Image | None = None

    def texts(self, image: Image) -> tuple[str, ...]:
        """What codes say in this picture, if it is another than the last, and once more when it has come to rest."""
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        small = cv2.resize(grey, (64, 36), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
        before, self._before = self._before, small
        moved = before is not None and float(cv2.absdiff(before, small).mean()) >= CHANGED
        look, self._moved = moved or self._moved, moved
        return codes.texts(image) if look else ()
