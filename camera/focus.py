"""One picture in figures and hints, for whoever stands on a ladder and turns the lens. Pure.

    sharpness   variance of the Laplacian of the picture at 320 × 180, as camera/health.py has it: comparable between cameras, and
                what the fault «blurred» is measured by
    detail      the same on the middle of the picture at full size: it reacts to the last tenth of a turn. Compare only with itself
    brightness  mean of the grey picture, 0 to 255
    dark, glare shares of pixels below 16 and above 250, 0 to 1
    contrast    difference between the 5th and the 95th percentile of grey, 0 to 255

Hints are codes; the page has the words. They are in the order in which to do something about them: light first, because a picture that
is too dark or dazzled cannot be focused.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from camera.base import Image
from camera.health import HealthOptions, sharpness

DARK, BRIGHT = 45.0, 205.0
DARK_PIXEL, GLARE_PIXEL = 16, 250
GLARE_SHARE = 0.06
FLAT = 45.0
SOFT = 2.0
"""So many times the fault's limit is what a well focused picture of a gate has at least."""


@dataclass(frozen=True, slots=True)
class Look:
    """See above. `hints`: too-dark, too-bright, dazzled, flat, blurred, soft; none: good."""

    width: int
    height: int
    sharpness: float
    detail: float
    brightness: float
    contrast: float
    dark: float
    glare: float
    hints: tuple[str, ...]


def look(image: Image, health: HealthOptions | None = None) -> Look:
    """Some milliseconds for a picture of 1280 × 720: not on the loop."""
    limit = (health or HealthOptions()).blurred_below
    height, width = image.shape[:2]
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    thin = grey[::4, ::4]
    bright = float(thin.mean())
    low, high = (float(value) for value in np.percentile(thin, (5, 95)))
    dark, glare = float((thin < DARK_PIXEL).mean()), float((thin > GLARE_PIXEL).mean())
    sharp = sharpness(image)
    middle = grey[height // 4 : height - height // 4, width // 4 : width - width // 4]
    detail = float(cv2.Laplacian(middle, cv2.CV_32F).var())
    hints = _hints(bright, high - low, glare, sharp, limit)
    return Look(width, height, sharp, detail, bright, high - low, dark, glare, hints)


def _hints(bright: float, contrast: float, glare: float, sharp: float, limit: float) -> tuple[str, ...]:
    found = []
    if bright < DARK:
        found.append("too-dark")
    elif bright > BRIGHT:
        found.append("too-bright")
    if glare > GLARE_SHARE:
        found.append("dazzled")
    if contrast < FLAT:
        found.append("flat")
    if "too-dark" not in found:  # without light there are no edges to be sharp
        if sharp < limit:
            found.append("blurred")
        elif sharp < limit * SOFT:
            found.append("soft")
    return tuple(found)
