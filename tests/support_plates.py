"""Drawn plates on drawn cars, as a camera would see them: in perspective, blurred, noisy, by day and by night. Nothing here knows the reader."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import pytest

from camera.base import Frame, Image, PlateReader
from camera.plate_kinds_art import kind_plate
from camera.plates import models
from camera.plates.reader import load
from camera.scene_art import backgrounds

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS = "0123456789"
FORMS = {
    "ordinary": "plaaaaa",
    "ordinary-large": "plaaaaa",
    "new-energy-small": "pleddddd",
    "new-energy-large": "pldddddf",
    "police": "pladdd警",
    "learner": "pladdd学",
    "trailer": "pladdd挂",
    "hongkong": "粤Zaddd港",
    "macao": "粤Zaddd澳",
    "consulate": "pldddd领",
    "embassy": "dddddd使",
    "emergency": "pXdddd应急",
    "civil-aviation": "民航ldddd",
    "armed-police": "WJpddddd",
    "military": "llddddd",
    "tractor": "pddddddd",
}


def made_up(kind: str, random: np.random.Generator) -> str:
    """A text of a kind; of the five signs of an ordinary plate at most two are letters."""
    form = FORMS[kind]
    signs = {"p": PROVINCES, "l": LETTERS, "d": DIGITS, "a": LETTERS + DIGITS * 3, "e": "DF", "f": "DF"}
    while True:
        text = "".join(signs[each][random.integers(len(signs[each]))] if each in signs else each for each in form)
        if kind not in {"ordinary", "ordinary-large"} or sum(sign in LETTERS for sign in text[2:]) <= 2:
            return text


@dataclass(frozen=True, slots=True)
class View:
    """How the camera sees the plate. `wide`: pixels; `turn`, `nod`, `roll`: degrees; `blur`: pixels (sigma); `noise`: grey levels."""

    wide: float = 180.0
    turn: float = 0.0
    nod: float = 0.0
    roll: float = 0.0
    blur: float = 0.0
    noise: float = 2.0
    light: float = 1.0
    night: bool = False


def some_view(random: np.random.Generator, hard: float = 1.0) -> View:
    """What a gate's camera sees; `hard` above 1: worse."""
    return View(
        wide=float(random.uniform(110, 280)) / hard**0.5,
        turn=float(random.uniform(-25, 25)) * hard,
        nod=float(random.uniform(-15, 20)) * hard,
        roll=float(random.uniform(-6, 6)) * hard,
        blur=float(random.uniform(0.0, 1.1)) * hard,
        noise=float(random.uniform(1.0, 8.0)) * hard,
        light=float(random.uniform(0.6, 1.1)),
        night=bool(random.random() < 0.25),
    )


def scene(plate: Image, view: View, random: np.random.Generator) -> Image:
    """A picture of 1280 × 720 with a car that bears this plate."""
    image = backgrounds(view.night)[0].copy()
    high, wide = plate.shape[:2]
    x, y = 640 + random.uniform(-200, 200), 430 + random.uniform(-60, 120)
    paint = tuple(int(each) for each in random.integers(20, 235, 3))
    body = view.wide * 1.9
    cv2.rectangle(image, (int(x - body), int(y - body * 0.9)), (int(x + body), int(y + body * 0.45)), paint, -1)
    cv2.rectangle(
        image, (int(x - body * 0.7), int(y - body * 0.3)), (int(x + body * 0.7), int(y + body * 0.25)), (35, 35, 38), -1
    )
    for side in (-1, 1):
        cv2.circle(
            image,
            (int(x + side * body * 0.8), int(y - body * 0.15)),
            int(body * 0.13),
            (230, 235, 240),
            -1,
            cv2.LINE_AA,
        )
    corners = np.add(_corners(wide, high, view), (x, y))
    matrix = cv2.getPerspectiveTransform(
        np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32), corners.astype(np.float32)
    )
    scale = wide / view.wide
    smooth = cv2.GaussianBlur(plate, (0, 0), max(0.3, 0.45 * scale)) if scale > 1 else plate
    laid = cv2.warpPerspective(smooth, matrix, (image.shape[1], image.shape[0]), flags=cv2.INTER_LINEAR)
    cover = cv2.warpPerspective(np.full((high, wide), 255, np.uint8), matrix, (image.shape[1], image.shape[0]))
    share = cover[:, :, None].astype(np.float32) / 255
    mixed = image * (1 - share) + laid * (share * np.float32(view.light))
    if view.blur > 0.2:
        mixed = cv2.GaussianBlur(mixed, (0, 0), view.blur)
    mixed += random.standard_normal(mixed.shape, dtype=np.float32) * np.float32(view.noise)
    made = np.clip(mixed, 0, 255).astype(np.uint8)
    done, jpeg = cv2.imencode(".jpg", made, [cv2.IMWRITE_JPEG_QUALITY, 85])
    assert done
    return cv2.imdecode(jpeg, cv2.IMREAD_COLOR).astype(np.uint8)


def _corners(wide: int, high: int, view: View) -> np.ndarray:
    """The plate's corners, turned in space and seen from ten plate widths away."""
    turn, nod, roll = (np.deg2rad(each) for each in (view.turn, view.nod, view.roll))
    flat = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * (wide / 2, high / 2)
    solid = np.column_stack((flat, np.zeros(4)))
    about_y = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(nod), -np.sin(nod)], [0, np.sin(nod), np.cos(nod)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    turned = solid @ (about_z @ about_x @ about_y).T
    depth = wide * 10 / (wide * 10 + turned[:, 2:])
    return turned[:, :2] * depth * (view.wide / wide)


def drawn(kind: str, text: str, random: np.random.Generator, *, rows: int = 1, hard: float = 1.0) -> Image:
    """A plate of a kind in some view."""
    return scene(kind_plate(text, kind, rows), some_view(random, hard), random)


@lru_cache(maxsize=1)
def reader() -> PlateReader:
    """One reader for all tests of a process: the models take a second to load. Skips where their packages are absent."""
    absent = models.missing()
    if absent:
        pytest.skip(absent)
    return load()


def frame(image: Image, number: int = 0) -> Frame:
    """A picture as a frame."""
    return Frame(image, number * 100_000_000, number)
