"""Has a vehicle come, where there is no loop to say so? From the frames alone, on a small grey picture.

What the camera sees when nobody is there is known and follows slowly. A vehicle is a large part of the picture (SHARE) that differs
from it, for STANDS frames one after the other: it stands, or it is still coming; a person is too small, a shadow of a cloud too soft,
headlamps of a car in the street too short. After it has gone (LEAVES of the same) the next one is another vehicle. What differs for
LONG_S has come to stay (snow, a parked lorry): it is the place from then on.

Pure: frames and monotonic nanoseconds in, «a vehicle has come» out. About 0.2 ms a frame.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.base import Image

SMALL = (64, 36)
DIFFERS = 12.0
"""Grey levels of 256, after the whole picture's change of light (a factor) is taken out."""
SHARE = 0.14
LEAVES = 0.05
STANDS = 3
FIRST = 5
SLOW = 0.05
LONG_S = 600.0


class Motion:
    """What one camera sees of coming and going."""

    def __init__(self) -> None:
        self._place: NDArray[np.float32] | None = None
        self._count = 0
        self._streak = 0
        self._there = False
        self._since_ns = 0

    def feed(self, image: Image, mono_ns: int) -> bool:
        """Take the next frame. True once for each vehicle that has come."""
        grey = cv2.cvtColor(cv2.resize(image, SMALL, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
        now = np.asarray(grey, np.float32)
        if self._place is None or self._count < FIRST:
            self._count += 1
            self._place = now if self._place is None else self._place + (now - self._place) / np.float32(self._count)
            return False
        gap = now - self._place
        light = np.float32(np.median((now + 1) / (self._place + 1)))
        share = float((np.abs(now - self._place * light) > DIFFERS).mean())
        if self._there:
            return self._still(now, share, mono_ns)
        if share < SHARE:
            self._streak = 0
            self._place = self._place + gap * np.float32(SLOW)
            return False
        self._streak += 1
        if self._streak < STANDS:
            return False
        self._there, self._streak, self._since_ns = True, 0, mono_ns
        return True

    def _still(self, now: NDArray[np.float32], share: float, mono_ns: int) -> bool:
        if share < LEAVES:
            self._there = False
        elif mono_ns - self._since_ns > LONG_S * 1e9:
            self._there, self._place, self._count = False, None, 0
        return False
