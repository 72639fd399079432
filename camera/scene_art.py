"""The place itself: a residential gate by day and by night, seen by the camera behind the arm. Drawn once and kept.

The camera looks along the lane through a narrow lens. A point `z` metres before it, `x` metres to the right and `y` metres
above the road is at

    column = 640 + FOCAL · x / z        row = HORIZON + FOCAL · (EYE - y) / z
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import cv2
import numpy as np

from camera.base import Image
from camera.plate_art import Colour, font

WIDTH, HEIGHT = 1280, 720
FOCAL = 2600.0
HORIZON = 190
EYE = 1.3
ARM_Z = 8.0
"""Metres from the camera to the arm; the stop line is a metre behind it."""
LANE = 1.65
"""Half the lane's width in metres."""
VARIANTS = 2
BAND = 60
NOISE = 3.0


def at(x: float, y: float, z: float) -> tuple[int, int]:
    """The pixel of a point."""
    return round(WIDTH / 2 + FOCAL * x / z), round(HORIZON + FOCAL * (EYE - y) / z)


def points(*corners: tuple[float, float, float]) -> cv2.typing.MatLike:
    """The pixels of a polygon."""
    return np.array([at(*corner) for corner in corners], np.int32)


@lru_cache(maxsize=2)
def backgrounds(night: bool) -> tuple[Image, ...]:
    """The empty gate, twice, with different noise: what a sensor gives of a scene in which nothing moves."""
    image = _draw()
    if night:
        _at_night(image)
    random = np.random.default_rng(7)
    sigma = NOISE * (1.6 if night else 1.0)
    made = []
    for _ in range(VARIANTS):
        noisy = image.copy()
        for band in _bands():
            part = noisy[band]
            noise = random.normal(0.0, sigma, (*part.shape[:2], 1)).astype(np.int16)
            part[:] = np.clip(part + noise, 0, 255)
        noisy.flags.writeable = False
        made.append(noisy)
    return tuple(made)


def _bands() -> Iterator[slice]:
    """The picture's rows, some at a time: whole pictures in floating point would cost a Pi 30 MB for good."""
    return (slice(top, min(top + BAND, HEIGHT)) for top in range(0, HEIGHT, BAND))


def _draw() -> Image:
    image = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    sky = np.linspace(0.0, 1.0, HORIZON)[:, None, None]
    image[:HORIZON] = (np.array([225, 185, 140]) * (1 - sky) + np.array([238, 228, 215]) * sky).astype(np.uint8)
    image[HORIZON:] = (95, 128, 112)
    _houses(image)
    _trees(image)
    _road(image)
    _gate(image)
    return image


def _houses(image: Image) -> None:
    random = np.random.default_rng(3)
    for left, width, top in ((30, 150, 40), (210, 110, 75), (820, 130, 55), (985, 190, 20), (1190, 90, 70)):
        shade = int(random.integers(165, 205))
        cv2.rectangle(image, (left, top), (left + width, HORIZON), (shade, shade, shade + 8), -1)
        for row in range(top + 12, HORIZON - 14, 22):
            for column in range(left + 10, left + width - 14, 22):
                glass = int(random.integers(90, 140))
                cv2.rectangle(image, (column, row), (column + 11, row + 12), (glass + 25, glass + 5, glass - 10), -1)


def _trees(image: Image) -> None:
    random = np.random.default_rng(5)
    for x, z, size in ((-9, 42, 2.6), (8, 46, 3.0), (-6.5, 30, 1.8), (6.2, 27, 1.7), (12, 38, 2.8), (-13, 36, 2.9)):
        cv2.line(image, at(x, 0, z), at(x, 2.4, z), (50, 70, 88), max(4, round(FOCAL * 0.22 / z)))
        for _ in range(70):
            place = at(x + random.normal(0, size * 0.32), 1.5 + size * 0.5 + random.normal(0, size * 0.26), z)
            green = int(random.integers(85, 150))
            cv2.circle(image, place, int(FOCAL * 0.32 / z), (green // 2, green, green // 2 + 8), -1, cv2.LINE_AA)


def _road(image: Image) -> None:
    near, far = 3.6, 140.0
    cv2.fillPoly(image, [points((-2.3, 0, near), (2.3, 0, near), (2.3, 0, far), (-2.3, 0, far))], (168, 172, 172))
    cv2.fillPoly(image, [points((-LANE, 0, near), (LANE, 0, near), (LANE, 0, far), (-LANE, 0, far))], (92, 92, 90))
    random = np.random.default_rng(11)
    for band in _bands():
        part = image[band]
        grain = random.integers(-7, 8, (*part.shape[:2], 1), dtype=np.int16)
        grain[: max(0, HORIZON - band.start)] = 0
        part[:] = np.clip(part + grain, 0, 255)
    for side in (-LANE, LANE):
        cv2.line(image, at(side, 0, near), at(side, 0, far), (205, 205, 205), 4, cv2.LINE_AA)
    for begins, ends in ((ARM_Z + 2.0, ARM_Z + 4.0), (ARM_Z - 1.4, ARM_Z + 0.6)):  # the loops' cuts in the asphalt
        loop = points((-1.1, 0, begins), (1.1, 0, begins), (1.1, 0, ends), (-1.1, 0, ends))
        cv2.polylines(image, [loop], True, (62, 62, 62), 3, cv2.LINE_AA)
    line = ARM_Z + 1.0
    stop = points((-LANE, 0, line - 0.12), (LANE, 0, line - 0.12), (LANE, 0, line + 0.12), (-LANE, 0, line + 0.12))
    cv2.fillPoly(image, [stop], (225, 225, 225))


def _gate(image: Image) -> None:
    for side in (-1, 1):
        hedge = points((side * 2.4, 0, 9), (side * 2.4, 0, 60), (side * 2.4, 0.8, 60), (side * 2.4, 0.8, 9))
        cv2.fillPoly(image, [hedge], (58, 98, 66))
        low, high = at(side * 2.55 - 0.32, 0, 13), at(side * 2.55 + 0.32, 2.6, 13)
        cv2.rectangle(image, low, high, (128, 150, 176), -1)
        for row in range(high[1], low[1], 26):
            cv2.line(image, (low[0], row), (high[0], row), (104, 124, 150), 1)
    _sign(image, "幸福花园", (at(-2.55, 1.9, 13)[0] - 54, 150), (60, 70, 160))
    _sign(image, "一车一杆", (at(2.55, 1.9, 13)[0] - 54, 150), (150, 90, 30))
    # The barrier machine to the right of the lane, and the rest for the arm to the left.
    low, high = at(LANE + 0.02, 0, ARM_Z), at(LANE + 0.36, 1.08, ARM_Z)
    cv2.rectangle(image, low, high, (30, 120, 235), -1)
    cv2.rectangle(image, low, high, (20, 80, 170), 3)
    cv2.rectangle(image, (low[0] + 12, high[1] + 150), (high[0] - 12, high[1] + 230), (40, 40, 40), -1)
    cv2.line(image, at(-LANE - 0.05, 0, ARM_Z), at(-LANE - 0.05, 0.9, ARM_Z), (70, 70, 70), 16)


def _sign(image: Image, text: str, place: tuple[int, int], back: Colour) -> None:
    (left, top), size, ink = place, 26, (245, 245, 245)
    cv2.rectangle(image, (left - 8, top - size - 4), (left + len(text) * size + 10, top + 10), back, -1)
    cv2.putText(image, text, (left, top), ink, font(), size, 600)


def _at_night(image: Image) -> None:
    """Make it dark and bluish, with lit windows and a lamp over the gate."""
    columns = np.arange(WIDTH, dtype=np.float32)[None, :, None]
    for band in _bands():
        part = image[band].astype(np.float32)
        rows = np.arange(band.start, band.stop, dtype=np.float32)[:, None, None]
        lamp = np.exp(-(((columns - 640) / 520) ** 2 + ((rows - 480) / 260) ** 2))
        sky = np.where(rows < HORIZON, np.float32(0.45), np.float32(1.0))
        light = np.array([0.30, 0.22, 0.20], np.float32) * sky + np.array([0.42, 0.52, 0.58], np.float32) * lamp
        image[band] = np.clip(part * light, 0, 255)
    for left, top in ((242, 87), (264, 131), (286, 109), (852, 89), (896, 133), (918, 111), (830, 155)):
        cv2.rectangle(image, (left, top), (left + 11, top + 12), (120, 200, 235), -1)
