"""The desk's cameras that do not exist: somebody at the window, and a document that is laid down on the desk and then lies still.

    DeskCamera(lambda: DeskScene(specimen=Specimen("driving-licence", …), laid=1.0))

A document slides in as `laid` goes from 0 to 1; from then on the picture is drawn once and only its noise changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from camera.base import Image
from camera.desk_art import HEIGHT, WIDTH, corners_of, desk, lay
from camera.document_art import Specimen, draw
from camera.plate_art import font
from camera.simulated import PATCH, SimulatedCamera

FROM = (0.0, 95.0)
"""Millimetres from the middle of the desk: where a document comes from."""
COATS = ((92, 66, 48), (54, 60, 96), (70, 88, 62), (48, 48, 54), (40, 70, 120))
SKIN, HAIR = (150, 178, 214), (42, 40, 44)


@dataclass(frozen=True, slots=True)
class DeskScene:
    """What is to be seen. `specimen` None: a bare desk. `laid` 0: out of sight, 1: lies still. `person` 0: nobody, else who."""

    specimen: Specimen | None = None
    laid: float = 0.0
    angle: float = 0.0
    person: int = 0


class DeskCamera(SimulatedCamera):
    """A camera.base.Source. `of`: person, document."""

    def __init__(
        self, of: str, seen: Callable[[], DeskScene], *, fps: float = 4.0, width: int = WIDTH, height: int = HEIGHT
    ) -> None:
        super().__init__(draw=self._drawn, fps=fps, width=width, height=height)
        self._of, self._seen = of, seen
        self._last: tuple[DeskScene, Image] | None = None

    def _drawn(self, _number: int) -> Image:
        scene = self._seen()
        if self._last is None or self._last[0] != scene:
            self._last = (scene, _person(scene.person) if self._of == "person" else _document(scene))
        image = self._last[1].copy()
        row, column = (int(self._random.integers(0, side - PATCH)) for side in (HEIGHT, WIDTH))
        area = image[row : row + PATCH, column : column + PATCH]
        noise = self._random.integers(0, 4, (PATCH, PATCH, 1), dtype=np.uint8)
        np.copyto(area, cv2.add(area, np.repeat(noise, 3, axis=2)))
        return image


def _document(scene: DeskScene) -> Image:
    if scene.specimen is None or scene.laid <= 0:
        return desk("wood")
    page = draw(scene.specimen)
    left = 1.0 - min(1.0, scene.laid)
    centre = (FROM[0] * left, FROM[1] * left)
    size = (page.shape[1], page.shape[0])
    corners = corners_of(size, (WIDTH, HEIGHT), centre=centre, angle=scene.angle, tilt=(7.0, 4.0), pixels_mm=7.4)
    return lay(desk("wood"), page, corners)


def _person(who: int) -> Image:
    """Head and shoulders before the window; a silhouette, no face."""
    image = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    fade = np.linspace(0.0, 1.0, HEIGHT)[:, None, None]
    image[:] = (np.array([226, 220, 206]) * (1 - fade) + np.array([176, 182, 178]) * fade).astype(np.uint8)
    for column in (150, 470, 810, 1130):
        cv2.line(image, (column, 0), (column, HEIGHT), (150, 150, 146), 10)
    cv2.rectangle(image, (0, HEIGHT - 70), (WIDTH, HEIGHT), (96, 104, 112), -1)
    if who:
        middle = WIDTH // 2 + (who * 37) % 60 - 30
        coat = COATS[who % len(COATS)]
        cv2.ellipse(image, (middle, HEIGHT + 40), (270, 330), 0, 180, 360, coat, -1, cv2.LINE_AA)
        cv2.rectangle(image, (middle - 44, 330), (middle + 44, 430), SKIN, -1)
        cv2.ellipse(image, (middle, 250), (98, 128), 0, 0, 360, SKIN, -1, cv2.LINE_AA)
        cv2.ellipse(image, (middle, 205), (106, 100), 0, 180, 360, HAIR, -1, cv2.LINE_AA)
        cv2.putText(image, "样本", (middle - 40, 560), (235, 235, 240), font(), 40, 700)
    return image
