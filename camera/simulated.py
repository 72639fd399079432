"""A camera that does not exist: rendered scenes of the gate, at the seam where a real camera's frames come in.

What it shows is asked of a callable for each frame, so it knows nothing of who moves the arm or the cars:

    SimulatedCamera(lambda: SceneState(plate="粤B·12345", position=0.8, arm=1.0), label="入口")

The gate itself is drawn once (camera/scene_art.py) and shared by all cameras; a frame is a copy of it with the car, the arm
and the clock on it, about 2 ms on a PC; another size than that of the drawing is scaled. Two copies with different noise take turns and a small patch of noise is new each
time: no two frames are equal, as with a real sensor.

`order` makes it misbehave: «gone» (unplugged), «frozen», «dark», «dazzled», «blurred», «moved» (turned to the sky and the bushes).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np

from camera.base import Image
from camera.pace import Pace
from camera.plate_art import font
from camera.scene_art import HEIGHT, VARIANTS, WIDTH, backgrounds
from camera.size import cover
from camera.vehicle_art import draw_arm, draw_vehicle

ORDERS = ("gone", "frozen", "dark", "dazzled", "blurred", "moved")
PATCH = 96


@dataclass(frozen=True, slots=True)
class SceneState:
    """What is to be seen. `plate` "": no car. `position` 0: comes into sight, 1: past the arm. `arm` 0: down, 1: up."""

    plate: str = ""
    colour: str = "blue"
    body: str = "white"
    position: float = 0.0
    arm: float = 0.0
    night: bool = False


class SimulatedCamera:
    """A camera.base.Source. Orders may come from any thread. `draw` (number of the frame → picture) instead of `scene`: of something else."""

    def __init__(
        self,
        scene: Callable[[], SceneState] | None = None,
        *,
        draw: Callable[[int], Image] | None = None,
        fps: float = 5.0,
        label: str = "",
        width: int = WIDTH,
        height: int = HEIGHT,
    ) -> None:
        self._size = (width, height)
        self._scene = scene or SceneState
        self._draw = draw
        self._label = label
        self._pace = Pace(fps)
        self._random = np.random.default_rng()
        self._orders: frozenset[str] = frozenset()
        self._lock = threading.Lock()
        self._open = False
        self._count = 0
        self._kept: Image | None = None

    def order(self, name: str, on: bool) -> None:
        """Begin or end one of ORDERS. ValueError for anything else."""
        if name not in ORDERS:
            raise ValueError(f"there is no order {name!r}: {', '.join(ORDERS)}")
        with self._lock:
            self._orders = self._orders | {name} if on else self._orders - {name}

    def open(self) -> None:
        """Raises OSError while unplugged."""
        if "gone" in self._orders:
            raise OSError("the simulated camera is unplugged")
        self._open = True

    def read(self) -> Image | None:
        """The next frame at its time; None when unplugged, closed or interrupted."""
        if not self._pace.wait() or not self._open or "gone" in self._orders:
            return None
        if "frozen" in self._orders and self._kept is not None:
            return self._kept.copy()
        image = self._render()
        self._kept = image if "frozen" in self._orders else None
        return image

    def close(self) -> None:
        """As a real one."""
        self._open = False

    def interrupt(self) -> None:
        """End a waiting `read`, for good."""
        self._pace.stop()

    def _render(self) -> Image:
        self._count += 1
        image = self._draw(self._count) if self._draw else render(self._scene(), self._count, self._random)
        words = f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S}  {self._label}"
        cv2.putText(image, words, (26, 46), (20, 20, 20), font(), 30, 600)
        cv2.putText(image, words, (24, 44), (245, 245, 245), font(), 30, 600)
        if "blurred" in self._orders:
            small = cv2.resize(image, (WIDTH // 16, HEIGHT // 16), interpolation=cv2.INTER_AREA)
            image = cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)
            self._patch(image)
        if "moved" in self._orders:
            image = cv2.rotate(image, cv2.ROTATE_180).astype(np.uint8, copy=False)
        if "dazzled" in self._orders:
            image = cv2.add(image, np.full(3, 245.0)).astype(np.uint8, copy=False)
            self._patch(image)
        if "dark" in self._orders:
            image //= 32
        return cover(image, *self._size)

    def _patch(self, image: Image) -> None:
        """Blurred pictures have noise too."""
        image[:8, :8] = self._random.integers(0, 256, (8, 8, 3), dtype=np.uint8)


def render(scene: SceneState, number: int, random: np.random.Generator) -> Image:
    """One picture of the scene; `number` chooses the noise."""
    image = backgrounds(scene.night)[number % VARIANTS].copy()
    row, column = (int(random.integers(0, side - PATCH)) for side in (HEIGHT, WIDTH))
    noise = random.integers(0, 4, (PATCH, PATCH, 1), dtype=np.uint8)
    area = image[row : row + PATCH, column : column + PATCH]
    np.copyto(area, cv2.add(area, np.repeat(noise, 3, axis=2)))
    if scene.plate:
        draw_vehicle(image, scene.position, scene.body, scene.plate, scene.colour, night=scene.night)
    draw_arm(image, scene.arm, night=scene.night)
    return image
