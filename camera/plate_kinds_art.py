"""Number plates of every kind, drawn: those of `plate_art`, and the rare ones with their red signs, their two rows and their own colours.

Measures in millimetres (GA 36): one row 440 × 140, new energy 480 × 140, two rows 440 × 220, of which the upper signs are 80 × 60 and the
lower ones 65 × 110. What stands in red on a real plate (警, 使, 领, 应急, WJ, the initial letters of the army) is red here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from camera.base import Image
from camera.plate_art import COLOURS, Colour, character, plate

RED: Final[Colour] = (35, 25, 200)
TALL: Final = 220
MOST_RED: Final = "警应急"

# kind → colour, and whether it is also made in two rows
KINDS: Final[dict[str, tuple[str, bool]]] = {
    "ordinary": ("blue", False),
    "ordinary-large": ("yellow", True),
    "new-energy-small": ("green", False),
    "new-energy-large": ("green", False),
    "police": ("white", False),
    "learner": ("yellow", False),
    "trailer": ("yellow", True),
    "hongkong": ("black", False),
    "macao": ("black", False),
    "consulate": ("black", False),
    "embassy": ("black", False),
    "emergency": ("white", False),
    "civil-aviation": ("grass", False),
    "armed-police": ("white", True),
    "military": ("white", True),
    "tractor": ("grass", True),
}
_GRASS: Final[tuple[Colour, Colour, Colour]] = ((70, 120, 20), (245, 245, 245), (245, 245, 245))


def kind_plate(text: str, kind: str, rows: int = 1) -> Image:
    """The plate at one pixel a millimetre. `kind`: one of KINDS; two rows only where KINDS allows it (ValueError)."""
    colour, tall = KINDS[kind]
    if rows == 2:
        if not tall:
            raise ValueError(f"no plate of kind {kind} has two rows")
        return _two(text, colour, kind)
    if kind in {"ordinary", "ordinary-large", "new-energy-small", "learner", "trailer"}:
        return plate(text, colour)
    return _one(text, colour, kind)


def _inks(text: str, kind: str, ink: Colour) -> list[Colour]:
    initials = {"armed-police": 2, "military": 1}.get(kind, 0)
    return [RED if n < initials or sign in MOST_RED else ink for n, sign in enumerate(text)]


def _sheet(wide: int, high: int, colour: str) -> tuple[Image, Colour]:
    background, ink, border = _GRASS if colour == "grass" else COLOURS[colour]
    image = np.empty((high, wide, 3), np.uint8)
    image[:] = background
    cv2.rectangle(image, (5, 5), (wide - 6, high - 6), border, 3, cv2.LINE_AA)
    return image, ink


def _draw(image: Image, sign: str, box: tuple[int, int, int, int], ink: Colour) -> None:
    left, top, wide, high = box
    cover = cv2.resize(character(sign), (wide, high), interpolation=cv2.INTER_AREA)[:, :, None].astype(np.uint16)
    area = image[top : top + high, left : left + wide].astype(np.uint16)
    image[top : top + high, left : left + wide] = (
        (area * (255 - cover) + np.array(ink, np.uint16) * cover) // 255
    ).astype(np.uint8)


@lru_cache(maxsize=16)
def _one(text: str, colour: str, kind: str) -> Image:
    wide = 480 if len(text) > 7 else 440
    image, ink = _sheet(wide, 140, colour)
    if kind == "new-energy-large":  # yellow under the province and the letter, green under the rest
        image[8:132, 8 : wide // 4] = (40, 190, 240)
        image[8:132, wide // 4 : wide - 8] = COLOURS["green"][0]
    cell, room = (45, 90) if len(text) <= 7 else (43, 90), wide - 30
    gap = 22
    after = {"embassy": 3, "civil-aviation": 2, "armed-police": 2}.get(kind, 2)
    step = (room - gap) / len(text)
    for number, (sign, colour_of) in enumerate(zip(text, _inks(text, kind, ink), strict=True)):
        left = round(18 + number * step + (gap if number >= after else 0))
        _draw(image, sign, (left, 25, *cell), colour_of)
    cv2.circle(image, (round(18 + after * step + gap / 2 - 6), 70), 6, ink, -1, cv2.LINE_AA)
    image.flags.writeable = False
    return image


@lru_cache(maxsize=16)
def _two(text: str, colour: str, kind: str) -> Image:
    image, ink = _sheet(440, TALL, colour)
    upper = 3 if text.startswith("WJ") and len(text) == 8 else 2
    if kind == "tractor":
        upper = 3
    inks = _inks(text, kind, ink)
    wide = 128 if upper == 2 else 92
    for number, sign in enumerate(text[:upper]):
        _draw(image, sign, (round(220 - wide * upper / 2 + wide * number + (wide - 80) / 2), 15, 80, 60), inks[number])
    lower = text[upper:]
    step = 400 / len(lower)
    for number, sign in enumerate(lower):
        left = round(20 + step * number + (step - 65) / 2)
        _draw(image, sign, (left, 92, 65, 110), inks[upper + number])
    image.flags.writeable = False
    return image
