"""Chinese number plates, drawn to the measures of GA 36: 440 × 140 mm (new energy: 480 × 140), characters 45 × 90 mm.

Each character is drawn with OpenCV 5's own font, which has Chinese, and stretched into its cell as the stamp does.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from camera.base import Image

Colour = tuple[int, int, int]
HEIGHT = 140
CELL = (45, 90)
STEP = 57
DOT = 34
"""Extra room after the second character, where the dot is."""
GLYPH = 160

# Name -> background, characters, border. BGR.
COLOURS: dict[str, tuple[Colour, Colour, Colour]] = {
    "blue": ((170, 70, 10), (255, 255, 255), (255, 255, 255)),
    "yellow": ((20, 180, 245), (20, 20, 20), (20, 20, 20)),
    "green": ((120, 205, 90), (20, 20, 20), (20, 20, 20)),
    "white": ((240, 240, 240), (20, 20, 20), (20, 20, 20)),
    "black": ((25, 25, 25), (245, 245, 245), (245, 245, 245)),
}


@lru_cache(maxsize=1)
def font() -> cv2.FontFace:
    """OpenCV's built-in font with Chinese characters."""
    return cv2.FontFace("uni")


@lru_cache(maxsize=128)
def character(sign: str) -> Image:
    """How much of each pixel of a cell the character covers: 90 × 45, 0 to 255."""
    canvas = np.zeros((2 * GLYPH, 2 * GLYPH, 3), np.uint8)
    cv2.putText(canvas, sign, (GLYPH // 4, 3 * GLYPH // 2), (255, 255, 255), font(), GLYPH, 600)
    grey = canvas[:, :, 0]
    left, top, width, height = cv2.boundingRect(grey)
    if width == 0:
        return np.zeros((CELL[1], CELL[0]), np.uint8)
    # A 1 keeps its shape instead of becoming a bar: it stays in the middle of a cell's proportions.
    side = max(0, height // 2 - width) // 2 if sign == "1" else 0
    drawn = cv2.copyMakeBorder(grey[top : top + height, left : left + width], 0, 0, side, side, cv2.BORDER_CONSTANT)
    return cv2.resize(drawn, CELL, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


@lru_cache(maxsize=16)
def plate(text: str, colour: str) -> Image:
    """The plate at one pixel a millimetre. Separators in the text are left out; an unknown colour is blue."""
    characters = [each for each in text if each not in "·•.- "]
    background, ink, border = COLOURS.get(colour, COLOURS["blue"])
    wide = 480 if len(characters) > 7 else 440
    image = np.empty((HEIGHT, wide, 3), np.uint8)
    image[:] = background
    if colour == "green":  # white at the top, green at the bottom
        fade = np.linspace(0.0, 1.0, HEIGHT)[:, None, None]
        image[:] = (np.array([235, 245, 235]) * (1 - fade) + np.array(background) * fade).astype(np.uint8)
    cv2.rectangle(image, (5, 5), (wide - 6, HEIGHT - 6), border, 3, cv2.LINE_AA)
    step = STEP if len(characters) <= 7 else 54
    room = len(characters) * step - (step - CELL[0]) + (DOT - 12)
    left = (wide - room) // 2
    for number, sign in enumerate(characters):
        if left + CELL[0] > wide:
            break
        area = image[25 : 25 + CELL[1], left : left + CELL[0]].astype(np.uint16)
        cover = character(sign)[: area.shape[0], : area.shape[1], None].astype(np.uint16)
        mixed = (area * (255 - cover) + np.array(ink, np.uint16) * cover) // 255
        image[25 : 25 + CELL[1], left : left + CELL[0]] = mixed.astype(np.uint8)
        left += step
        if number == 1:
            cv2.circle(image, (left + 5, 70), 6, ink, -1, cv2.LINE_AA)
            left += DOT - 12
    image.flags.writeable = False
    return image
