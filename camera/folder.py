"""A folder of pictures as a camera: for trying things out, and for cameras that store what they see."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path

from camera.base import Image
from camera.jpeg import MOST_BYTES, BadPicture, decode
from camera.pace import Pace
from camera.size import fit

PICTURES = frozenset({".jpg", ".jpeg", ".png"})


class Folder:
    """The pictures of a folder in the order of their names, again and again. A file that is no picture is passed over."""

    def __init__(self, path: str, *, fps: float = 5.0, width: int = 1280, height: int = 720) -> None:
        self._path, self._width, self._height = Path(path), width, height
        self._pace = Pace(fps)
        self._pictures: list[Path] = []
        self._order = cycle(self._pictures)

    def open(self) -> None:
        """Raises OSError."""
        self._pictures = sorted(each for each in self._path.iterdir() if each.suffix.lower() in PICTURES)
        if not self._pictures:
            raise OSError(f"there is no picture in {self._path}")
        self._order = cycle(self._pictures)

    def read(self) -> Image | None:
        """The next picture; None when interrupted or when none of them can be read."""
        if not self._pace.wait():
            return None
        for _ in self._pictures:
            try:
                with next(self._order).open("rb") as file:
                    image = decode(file.read(MOST_BYTES + 1), self._width, self._height)
            except (OSError, BadPicture):  # removed meanwhile, or no picture: the next one
                continue
            return fit(image, self._width, self._height)
        return None

    def close(self) -> None:
        """Nothing is held open."""

    def interrupt(self) -> None:
        """End a waiting `read`."""
        self._pace.stop()
