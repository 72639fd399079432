"""Whether a picture of a document is good enough to be read and kept, and if not, what would make it so.

Looked at before reading: reading a bad picture costs half a second and gives guesses.

    far      too few pixels on the card          cut      it reaches out of the picture      dark    too little light
    glare    a light is mirrored in it           blurred  out of focus, or it moved

Sharpness is how steep the strongest edges are, as a part of their own contrast: so neither light nor noise counts for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from camera.base import Image
from camera.document_find import Found, straighten

LEAST_WIDTH = 400
"""Pixels on the card's long side: 4.7 a millimetre, 13 on a digit of the number."""
DARK = 58
GLARE, GLARE_SHARE = 251, 0.004
"""How bright a mirrored light is in all three colours, and which part of the card it may cover."""
SOFTEST = 0.265
"""Least slope of an edge, as a part of its contrast for each pixel of a card of 640 pixels."""
CHECKED_WIDTH = 640
LIT = 246
"""A card that is as bright as this all over is overexposed."""

WORDS = {
    "no-picture": "摄像头没有画面 · the camera gives no picture",
    "no-document": "请把证件平放在摄像头下 · lay the document flat under the camera",
    "far": "请把证件放近一点 · bring it nearer",
    "cut": "请把证件完整放进画面 · the whole document into the picture",
    "dark": "光线太暗，请开灯 · more light, please",
    "glare": "反光，请挪一下 · a light is mirrored: move it a little",
    "blurred": "还没有看清，请放平、放稳 · blurred: lay it flat and still",
}


@dataclass(frozen=True, slots=True)
class Quality:
    """`problem` "" or a key of WORDS; then what was measured: pixels on the card, brightness, mirrored part, slope."""

    problem: str
    width: float = 0.0
    light: float = 0.0
    glare: float = 0.0
    slope: float = 0.0


def quality(image: Image, found: Found | None) -> Quality:
    """The verdict on a card in a picture."""
    if found is None:
        return Quality("no-document")
    card = straighten(image, found.corners, (CHECKED_WIDTH, round(CHECKED_WIDTH / 1.58)))
    grey = cv2.cvtColor(card, cv2.COLOR_BGR2GRAY)
    light = float(np.median(grey))
    shine = cv2.erode((card.min(axis=2) >= GLARE).astype(np.uint8), np.ones((5, 5), np.uint8))
    glare = 1.0 if light >= LIT else float(shine.mean())
    slope = _slope(grey)
    problem = ""
    for code, bad in (
        ("cut", found.cut),
        ("far", found.width < LEAST_WIDTH),
        ("dark", light < DARK),
        ("glare", glare > GLARE_SHARE),
        ("blurred", slope < SOFTEST),
    ):
        if bad:
            problem = code
            break
    return Quality(problem, found.width, light, glare, slope)


def _slope(grey: cv2.typing.MatLike) -> float:
    """Of the strongest edges: change from pixel to pixel as a part of the contrast round about. 0.5 is a knife's edge."""
    smooth = cv2.GaussianBlur(grey, (3, 3), 0)[8:-8, 8:-8]
    around = np.ones((9, 9), np.uint8)
    contrast = cv2.subtract(cv2.dilate(smooth, around), cv2.erode(smooth, around)).astype(np.float32)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0) / 8
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1) / 8
    steep = cv2.dilate(cv2.magnitude(across, down), np.ones((5, 5), np.uint8))
    strong = contrast > max(24.0, 0.6 * float(np.percentile(contrast, 97)))
    return float(np.median(steep[strong] / contrast[strong])) if strong.sum() > 200 else 0.0
