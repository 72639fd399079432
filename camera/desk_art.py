"""The desk in the guard post, as its two cameras see it: a document that lies on it, and whoever stands before it. Drawn.

The document camera hangs above the desk: what lies there is turned, moved, and slants as the camera does. One way of drawing serves the
simulated gate and the tests, which add bad light, noise and blur of their own.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.base import Image
from camera.document_art import SCALE
from camera.plate_art import Colour

WIDTH, HEIGHT = 1280, 720
DISTANCE = 320.0
"""Millimetres from the camera to the desk."""
DESKS: dict[str, Colour] = {
    "wood": (70, 112, 158), "dark": (46, 50, 56), "grey": (140, 142, 144), "green": (84, 118, 70), "white": (206, 208, 210),
}  # fmt: skip


@lru_cache(maxsize=8)
def desk(kind: str = "wood", width: int = WIDTH, height: int = HEIGHT) -> Image:
    """The bare top of a desk, with its grain."""
    random = np.random.default_rng(len(kind))
    base = np.array(DESKS[kind], np.float32)
    grain = cv2.resize(
        random.normal(0, 1, (height // 4, 6)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    fine = cv2.resize(random.normal(0, 1, (height, width // 24)).astype(np.float32), (width, height))
    strength = 9.0 if kind == "wood" else 2.5
    image = np.clip(base + (grain * strength + fine * strength / 3)[:, :, None], 0, 255).astype(np.uint8)
    image.flags.writeable = False
    return image


def corners_of(
    size: tuple[int, int],
    frame: tuple[int, int],
    *,
    centre: tuple[float, float] = (0.0, 0.0),
    angle: float = 0.0,
    tilt: tuple[float, float] = (0.0, 0.0),
    pixels_mm: float = 6.8,
) -> NDArray[np.float32]:
    """Where the corners of a page come to lie in a picture of `frame` (width, height).

    `centre` in millimetres from the middle of the desk, `angle` in degrees, `tilt` of the camera in degrees about both axes,
    `pixels_mm`: pixels a millimetre in the middle of the desk.
    """
    width, height = (side / SCALE for side in size)
    turn = np.deg2rad(angle)
    flat = np.array([[-width, -height], [width, -height], [width, height], [-width, height]], np.float64) / 2
    flat = flat @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) + np.array(centre)
    a, b = np.deg2rad(tilt)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    seen = np.column_stack([flat, np.zeros(4)]) @ about_x.T @ about_y.T
    away = (DISTANCE + seen[:, 2]) / DISTANCE
    middle = np.array(frame) / 2
    corners: NDArray[np.float32] = (middle + pixels_mm * seen[:, :2] / away[:, None]).astype(np.float32)
    return corners


def lay(ground: Image, page: Image, corners: NDArray[np.float32]) -> Image:
    """A copy of `ground` with the page on it, its corners rounded, a shadow under it."""
    rows, columns = page.shape[:2]
    whole = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
    turn = cv2.getPerspectiveTransform(whole, corners)
    size = (ground.shape[1], ground.shape[0])
    shrink = float(np.linalg.norm(corners[1] - corners[0])) / columns
    smooth = cv2.GaussianBlur(page, (0, 0), max(0.01, 0.35 / shrink)) if shrink < 0.7 else page
    laid = cv2.warpPerspective(smooth, turn, size, flags=cv2.INTER_LINEAR)
    cover = cv2.warpPerspective(_rounded(rows, columns), turn, size, flags=cv2.INTER_LINEAR).astype(np.float32)
    shade = cv2.GaussianBlur(np.roll(cover, (4, 3), axis=(0, 1)), (0, 0), 4) * 0.3
    under = ground.astype(np.float32) * (1 - shade[:, :, None])
    mixed = under * (1 - cover[:, :, None]) + laid.astype(np.float32) * cover[:, :, None]
    return np.clip(mixed, 0, 255).astype(np.uint8)


@lru_cache(maxsize=4)
def _rounded(rows: int, columns: int) -> NDArray[np.float32]:
    mask = np.zeros((rows, columns), np.uint8)
    radius = round(3.2 * SCALE)
    cv2.rectangle(mask, (radius, 0), (columns - radius, rows), 1, -1)
    cv2.rectangle(mask, (0, radius), (columns, rows - radius), 1, -1)
    for column in (radius, columns - radius):
        for row in (radius, rows - radius):
            cv2.circle(mask, (column, row), radius, 1, -1)
    made: NDArray[np.float32] = mask.astype(np.float32)
    return made
