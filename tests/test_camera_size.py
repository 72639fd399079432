"""`width` and `height` of [lane.camera] have their effect, whatever kind of camera it is."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from camera import opencv_source
from camera.base import Image, Source
from camera.loader import load
from camera.simulated import SceneState, SimulatedCamera
from camera.size import cover, fit
from edge import hardware
from tests.support_gate import laptop, whole


def picture(width: int, height: int) -> Image:
    return np.full((height, width, 3), 90, np.uint8)


@pytest.mark.parametrize(
    ("given", "wanted", "got"),
    [
        ((1920, 1080), (1280, 720), (1280, 720)),
        ((1280, 960), (640, 360), (480, 360)),
        ((640, 480), (1280, 720), (640, 480)),
        ((4000, 10), (200, 200), (200, 1)),
    ],
)
def test_a_larger_picture_is_scaled_down_in_its_proportions(
    given: tuple[int, int], wanted: tuple[int, int], got: tuple[int, int]
) -> None:
    assert fit(picture(*given), *wanted).shape == (got[1], got[0], 3)


@pytest.mark.parametrize("wanted", [(640, 480), (1280, 720), (1920, 1080), (161, 1200)])
def test_covered_is_exactly_that_size(wanted: tuple[int, int]) -> None:
    assert cover(picture(1280, 720), *wanted).shape == (wanted[1], wanted[0], 3)


class Device:
    """A V4L2 camera that has two sizes and takes the nearest."""

    def __init__(self, address: str, _api: int) -> None:
        self.address, self.width, self.height = address, 1280, 960
        self.asked: list[float] = []

    def set(self, name: int, value: float) -> bool:
        if name == cv2.CAP_PROP_FRAME_WIDTH:
            self.asked.append(value)
            self.width, self.height = (1280, 960) if value > 800 else (640, 480)
        return True

    def get(self, name: int) -> float:
        return {cv2.CAP_PROP_FRAME_WIDTH: self.width, cv2.CAP_PROP_FRAME_HEIGHT: self.height}[name]

    def isOpened(self) -> bool:
        return True

    def grab(self) -> bool:
        return True

    def retrieve(self) -> tuple[bool, Image]:
        return True, picture(self.width, self.height)

    def release(self) -> None:
        self.width = 0


def read(source: Source) -> Image:
    source.open()
    image = source.read()
    source.close()
    assert image is not None
    return image


def test_a_camera_on_this_machine_is_asked_and_what_it_gives_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(opencv_source.cv2, "VideoCapture", Device)
    with caplog.at_level(logging.WARNING):
        assert read(opencv_source.Stream("/dev/null", fps=30, width=640, height=480)).shape == (480, 640, 3)
        assert caplog.messages == []
        source = opencv_source.Stream("/dev/null", fps=30, width=1280, height=720)
        for _ in range(3):
            assert read(source).shape == (720, 960, 3)
    assert caplog.messages == ["/dev/null gives 1280 × 960, asked for 1280 × 720"]


def test_films_and_folders_are_scaled_down(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), picture(1000, 500))
    film = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter.fourcc(*"MJPG"), 5, (1000, 500))
    for _ in range(3):
        writer.write(picture(1000, 500))
    writer.release()
    for address in (folder, film):
        assert read(load(str(address), fps=100, width=500, height=400)).shape == (250, 500, 3)


@pytest.mark.parametrize("order", ["", "blurred", "dark"])
def test_a_rendered_scene_has_the_size_that_is_configured(order: str) -> None:
    camera = SimulatedCamera(SceneState, fps=1000, width=640, height=480)
    if order:
        camera.order(order, True)
    assert read(camera).shape == (480, 640, 3)


def smaller(raw: dict[str, Any]) -> None:
    for lane in raw["lane"]:
        lane["camera"].update(width=320, height=240)


def test_the_configurations_size_reaches_every_rendered_camera(tmp_path: Path) -> None:
    async def story() -> None:
        async with whole(tmp_path, smaller) as gate:
            await gate.frames()
            for eyes in gate.house.pictures.eyes.values():
                frame = eyes.capture.latest(60_000)
                assert frame is not None
                assert frame.image.shape == (240, 320, 3)

    asyncio.run(story())


def test_the_configurations_size_reaches_a_real_one(tmp_path: Path) -> None:
    camera = laptop(tmp_path, smaller).lane[0].camera
    assert camera is not None
    cv2.imwrite(str(tmp_path / "a.png"), picture(1000, 500))
    real = camera.model_copy(update={"source": str(tmp_path)})
    assert read(hardware.camera(real, None)).shape == (160, 320, 3)
