"""Specimen documents on a desk, in bad light: rendered for tests and measurements. Names and numbers are made up."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from camera import desk_art as desk
from camera.base import Image
from camera.document_art import LICENCE, SIZES, Specimen, draw
from edge.specimens import person

FIELDS = {
    "resident-id": ("name", "sex", "nation", "birth", "address", "number"),
    "resident-id-back": ("authority", "valid_from", "valid_until"),
    "driving-licence": ("name", "sex", "birth", "address", "number", "vehicle_class", "valid_from", "valid_until"),
}


@dataclass
class Picture:
    """A rendered picture and what is written on the document in it."""

    image: Image
    specimen: Specimen
    conditions: dict[str, Any]

    def expected(self, field: str) -> str:
        said = getattr(self.specimen, field)
        return "长期" if field == "valid_until" and not said else said


def picture(seed: int, kind: str = "", **wanted: Any) -> Picture:
    """A document at a random place, turn, slant, light, noise, sharpness and JPEG quality; `wanted` settles any of them."""
    chance = random.Random(seed)
    kind = kind or list(SIZES)[seed % 3]
    specimen = Specimen(
        kind,
        **person(
            chance, licence=kind == LICENCE, rare=chance.random() < 0.3, last="X" if chance.random() < 0.2 else ""
        ),
    )
    how: dict[str, Any] = {
        "ground": chance.choice(list(desk.DESKS)),
        "angle": chance.choice((chance.uniform(-15, 15), chance.uniform(0, 360))),
        "tilt": (chance.uniform(-18, 18), chance.uniform(-18, 18)),
        "pixels_mm": chance.uniform(5.6, 7.0),
        "centre": (chance.uniform(-18, 18), chance.uniform(-8, 8)),
        "light": chance.uniform(0.45, 1.05),
        "slope": chance.uniform(0, 0.45),
        "from": chance.uniform(0, 6.28),
        "warm": chance.uniform(-0.12, 0.12),
        "noise": chance.choice((2, 4, 8, 12)),
        "blur": chance.choice((0.0, 0.5, 0.8, 1.2, 1.8)),
        "glare": chance.random() < 0.12,
        "quality": chance.choice((60, 75, 85, 95)),
        "size": (1280, 720),
    } | wanted
    return Picture(render(specimen, how, np.random.default_rng(seed)), specimen, how)


def render(specimen: Specimen, how: dict[str, Any], noise: np.random.Generator) -> Image:
    """The picture under these conditions."""
    page, frame = draw(specimen), how["size"]
    place = {key: how[key] for key in ("angle", "tilt", "pixels_mm", "centre")}
    corners = desk.corners_of((page.shape[1], page.shape[0]), frame, **place)
    image = desk.lay(desk.desk(how["ground"], *frame), page, corners).astype(np.float32)
    rows, columns = np.mgrid[0 : frame[1], 0 : frame[0]].astype(np.float32)
    across = (np.cos(how["from"]) * (columns / frame[0] - 0.5) + np.sin(how["from"]) * (rows / frame[1] - 0.5)) * 2
    image *= (how["light"] * (1 - how["slope"] * across))[:, :, None]
    image *= np.array([1 - how["warm"], 1, 1 + how["warm"]], np.float32)
    if how["glare"]:
        middle = corners.mean(axis=0) + noise.normal(0, 60, 2)
        spot = np.exp(-(((columns - middle[0]) / 60) ** 2 + ((rows - middle[1]) / 40) ** 2))
        image += 400 * spot[:, :, None]
    if how["blur"]:
        image = cv2.GaussianBlur(image, (0, 0), how["blur"])
    cv2.setRNGSeed(int(noise.integers(1 << 30)))
    image += cv2.randn(np.empty_like(image), (0, 0, 0), (how["noise"],) * 3)
    done, data = cv2.imencode(
        ".jpg", np.clip(image, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, how["quality"]]
    )
    assert done
    return cv2.imdecode(data, cv2.IMREAD_COLOR).astype(np.uint8)
