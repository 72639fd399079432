"""A vehicle from the front, at its distance, with its plate; and the arm at its angle. Drawn anew for each frame."""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np

from camera.base import Image
from camera.plate_art import Colour, plate
from camera.scene_art import ARM_Z, FOCAL, HEIGHT, LANE, WIDTH, at, points

NEAREST_Z, SIGHT = 5.0, 19.0
"""Metres from the camera to a vehicle at position 1, and how far it comes from position 0 to there."""
ARM_HEIGHT, ARM_LENGTH, ARM_PARTS = 0.95, 3.15, 9
PLATE_Y = 0.46

BODIES: dict[str, Colour] = {
    "white": (232, 232, 230), "silver": (188, 186, 182), "grey": (120, 118, 116), "black": (44, 42, 42),
    "red": (48, 44, 176), "blue": (150, 84, 36), "green": (84, 112, 60), "yellow": (60, 180, 225), "brown": (52, 78, 112),
}  # fmt: skip


def distance(position: float) -> float:
    """Metres from the camera, for a position of 0 (comes into sight) to 1 (past the arm)."""
    return NEAREST_Z + (1.0 - min(1.0, max(0.0, position))) * SIGHT


def plate_box(position: float, text: str, colour: str) -> tuple[int, int, int, int]:
    """Where the plate is in the picture: left, top, width, height in pixels (may reach beyond the picture's edge)."""
    z = distance(position)
    height, width = (side / 1000 * FOCAL / z for side in plate(text, colour).shape[:2])
    column, row = at(0.0, PLATE_Y, z)
    return round(column - width / 2), round(row - height / 2), round(width), round(height)


def draw_vehicle(image: Image, position: float, body: str, text: str, colour: str, *, night: bool) -> None:
    """A saloon car coming towards the camera."""
    z = distance(position)
    paint = BODIES.get(body, BODIES["grey"])
    if night:
        paint = _times(paint, 0.45)
    shade, dark, glass = _times(paint, 0.72), (30, 30, 30), (74, 62, 52) if not night else (34, 28, 24)

    def shape(*corners: tuple[float, float]) -> cv2.typing.MatLike:
        both = [*corners, *((-x, y) for x, y in reversed(corners))]
        return points(*((x, y, z) for x, y in both))

    def fill(colour_: Colour, *corners: tuple[float, float]) -> None:
        cv2.fillPoly(image, [shape(*corners)], colour_, cv2.LINE_AA)

    def ellipse(x: float, y: float, width: float, height: float, colour_: Colour) -> None:
        for side in (-x, x):
            axes = round(FOCAL * width / z), round(FOCAL * height / z)
            cv2.ellipse(image, at(side, y, z), axes, 0, 0, 360, colour_, -1, cv2.LINE_AA)

    fill((48, 48, 48), (1.0, 0.0), (0.85, 0.10))  # its shadow
    for side in (-0.74, 0.74):
        cv2.rectangle(image, at(side - 0.12, 0.34, z), at(side + 0.12, 0.0, z), (26, 26, 26), -1)
    fill(shade, (0.80, 0.95), (0.60, 1.46))  # roof and pillars
    fill(glass, (0.72, 0.97), (0.56, 1.38))
    fill(_times(glass, 1.5), (0.72, 0.97), (0.70, 1.02))
    for side in (-0.90, 0.90):
        cv2.rectangle(image, at(side - 0.09, 1.09, z), at(side + 0.09, 0.97, z), dark, -1)  # mirrors
    fill(paint, (0.86, 0.30), (0.91, 0.55), (0.90, 0.80), (0.78, 0.97))  # bonnet and front
    fill(shade, (0.88, 0.26), (0.90, 0.40))
    fill(dark, (0.62, 0.20), (0.86, 0.28), (0.80, 0.34))
    fill(dark, (0.42, 0.58), (0.48, 0.72))  # grille
    for y in (0.62, 0.67):
        cv2.line(image, at(-0.42, y, z), at(0.42, y, z), (120, 120, 120), max(1, round(FOCAL * 0.012 / z)), cv2.LINE_AA)
    ellipse(0.69, 0.69, 0.15, 0.07, (110, 110, 110))
    ellipse(0.69, 0.69, 0.13, 0.055, (255, 255, 255) if night else (225, 228, 225))
    if night:
        for side in (-0.69, 0.69):
            _glow(image, at(side, 0.69, z), round(FOCAL * 0.42 / z))
    _put_plate(image, position, text, colour)


def draw_arm(image: Image, angle: float, *, night: bool) -> None:
    """The arm, red and white, turning about the machine at the right; 0 lies, 1 stands."""
    turn = math.radians(88 * min(1.0, max(0.0, angle)))
    thick = round(FOCAL * 0.085 / ARM_Z)
    colours = ((60, 50, 205), (238, 238, 238))
    joints = [
        at(LANE - reach * math.cos(turn), ARM_HEIGHT + reach * math.sin(turn), ARM_Z)
        for reach in (ARM_LENGTH * number / ARM_PARTS for number in range(ARM_PARTS + 1))
    ]
    for number in range(ARM_PARTS):
        colour = colours[number % 2]
        cv2.line(image, joints[number], joints[number + 1], _times(colour, 0.6 if night else 1.0), thick, cv2.LINE_AA)
    cv2.circle(image, at(LANE, ARM_HEIGHT, ARM_Z), thick, (40, 40, 40), -1, cv2.LINE_AA)


def _put_plate(image: Image, position: float, text: str, colour: str) -> None:
    left, top, width, height = plate_box(position, text, colour)
    if not text or left < 0 or top < 0 or left + width > WIDTH or top + height > HEIGHT:
        return
    # The camera's own lamp lights a plate by night as the sky does by day.
    image[top : top + height, left : left + width] = _sized_plate(text, colour, width, height)


@lru_cache(maxsize=8)
def _sized_plate(text: str, colour: str, width: int, height: int) -> Image:
    return cv2.resize(plate(text, colour), (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def _glow(image: Image, centre: tuple[int, int], radius: int) -> None:
    """Add light round a headlamp; what reaches beyond the picture is left out."""
    column, row = centre
    light = _light(radius)
    top, left = row - radius, column - radius
    rows = slice(max(0, top), min(HEIGHT, top + light.shape[0]))
    columns = slice(max(0, left), min(WIDTH, left + light.shape[1]))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    area = image[rows, columns]
    part = light[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    image[rows, columns] = cv2.add(area, part)


@lru_cache(maxsize=8)
def _light(radius: int) -> Image:
    rows, columns = np.mgrid[-radius : radius + 1, -radius : radius + 1].astype(np.float32)
    fall = np.exp(-(rows**2 + columns**2) / (2 * (radius / 3.0) ** 2))[:, :, None]
    light: Image = (fall * np.array([170, 200, 210], np.float32)).astype(np.uint8)
    return light


def _times(colour: Colour, factor: float) -> Colour:
    blue, green, red = (min(255, round(part * factor)) for part in colour)
    return blue, green, red
