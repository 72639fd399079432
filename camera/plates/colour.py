"""A plate's colour.

A pixel counts as blue, yellow or green when it has that hue and is colourful enough; when too few do, the plate is white or black, told by
which of its two brightnesses covers more: signs cover about a third. Under infrared light everything is grey, so that blue looks black
and yellow white: a colour is a witness, never a judge.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from camera.base import Image

HUES: Final = {"yellow": (13, 34), "green": (35, 88), "blue": (92, 132)}
"""OpenCV's half degrees."""
COLOURFUL: Final = 70
"""Of 255: less saturated is grey."""
LIT: Final = 45
"""Of 255: what is darker has no hue to speak of."""
COLOURED: Final = 0.3
"""A plate is coloured when so much of it is."""
LITTLE: Final = 0.12
"""… and when so much of it is, if its kind is made in that colour."""
DOUBT: Final = {"blue": 2.5, "yellow": 2.0, "green": 1.5, "white": 2.0, "black": 1.0}
"""How much a kind loses that is not made in the colour that is seen. Green and black are often only the light."""
GOES_WITH: Final = {
    "ordinary": ("blue", "yellow"),
    "new-energy-small": ("green",),
    "new-energy-large": ("green", "yellow"),
    "police": ("white",),
    "learner": ("yellow",),
    "trailer": ("yellow",),
    "hongkong": ("black",),
    "macao": ("black",),
    "consulate": ("black",),
    "embassy": ("black",),
    "emergency": ("white",),
    "civil-aviation": ("green", "white"),
    "armed-police": ("white",),
    "military": ("white",),
    "tractor": ("green", "yellow"),
}
"""Which colours each kind is made in, the most usual first."""


def shares(plate: Image) -> dict[str, float]:
    """How much of a straightened plate (its margins left out) has each colour; white and black share what has none."""
    rows, columns = plate.shape[:2]
    inner = plate[round(rows * 0.16) : round(rows * 0.84), round(columns * 0.08) : round(columns * 0.92)]
    small = cv2.resize(inner, (96, 32), interpolation=cv2.INTER_AREA)
    hue, saturation, value = cv2.split(cv2.cvtColor(small, cv2.COLOR_BGR2HSV))
    coloured = (saturation >= COLOURFUL) & (value >= LIT)
    found = {name: float(np.mean(coloured & (hue >= low) & (hue <= high))) for name, (low, high) in HUES.items()}
    grey = 1.0 - sum(found.values())
    level, _ = cv2.threshold(value, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    bright = float(np.mean(value > level))
    return {**found, "white": grey * bright, "black": grey * (1.0 - bright)}


def shown(found: dict[str, float]) -> str:
    """The colour that these shares look like."""
    coloured = max(HUES, key=lambda name: found[name])
    return coloured if found[coloured] >= COLOURED else max(("white", "black"), key=lambda name: found[name])


def favour(found: dict[str, float]) -> dict[str, float]:
    """Kind → the logarithm of how well its colours go with these shares: 0, or below for a kind that is made in none of them.

    It decides between a character and a sign that looks like it (领 and 9, 挂 and 8), not between clear signs.
    """
    seen = shown(found)
    return {kind: 0.0 if seen in colours else -DOUBT[seen] for kind, colours in GOES_WITH.items()}


def contradicts(found: dict[str, float], kind: str) -> bool:
    """Whether the plate is clearly blue or green and its kind is made in neither: a new energy plate that lost its eighth sign, say."""
    return shown(found) in {"blue", "green"} and shown(found) not in GOES_WITH.get(kind, ())


def colour(found: dict[str, float], kind: str) -> str:
    """The colour: among those that its kind is made in the one that most of it has; where hardly any of it has one, what it shows."""
    seen = shown(found)
    fits = GOES_WITH.get(kind, ())
    if not fits or seen in fits:
        return seen
    best = max(fits, key=lambda name: found[name])
    return best if found[best] >= LITTLE else seen
