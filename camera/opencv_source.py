"""Real pictures through OpenCV's VideoCapture: a V4L2 device, an RTSP stream, a film. Only ever in a child (camera/apart.py).

A network camera's address carries its password. It goes to the library and nowhere else: `hide` is what errors and logs
show, and FFmpeg's own chatter on standard error is switched off.

A stream is read at its full rate, because what is not read waits in a buffer and the next frame would be an old one; but
only `fps` of its frames a second are converted and handed on. Reads and opens are bounded by time-outs; after a camera is
gone, `isOpened` may still be true: only `read` tells.

A V4L2 camera is asked for the configured size and may give another one (its driver takes the nearest that it has); a network
camera's size is set at the camera. Whatever comes larger than configured is scaled down (camera/size.py).
"""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

import cv2
import numpy as np

from camera.base import Image
from camera.hide import hide
from camera.jpeg import LEAST_SIDE, MOST_PIXELS
from camera.pace import Pace
from camera.size import fit

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # AV_LOG_QUIET
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

log = logging.getLogger(__name__)

OPEN_TIMEOUT_MS = 5000
READ_TIMEOUT_MS = 5000


class BadSize(OSError):
    """A stream whose frames have no extent, or too much of it."""


def _taken(image: object, address: str, width: int, height: int) -> Image:
    """What VideoCapture gave, as a picture of at most this size. Raises BadSize."""
    if not isinstance(image, np.ndarray) or image.ndim != 3 or image.shape[2] != 3 or min(image.shape) == 0:
        raise BadSize(f"{hide(address)} gives frames that are no pictures")
    if min(image.shape[:2]) < LEAST_SIDE or image.shape[0] * image.shape[1] > MOST_PIXELS:
        raise BadSize(f"{hide(address)} gives pictures of {image.shape[1]} × {image.shape[0]}, which are not taken")
    return fit(image.astype(np.uint8, copy=False), width, height)


def _promised(capture: cv2.VideoCapture, address: str) -> None:
    """Refuse before the first frame is decoded what its header says is too large. Raises BadSize."""
    width, height = capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
    if width * height > MOST_PIXELS:
        raise BadSize(f"{hide(address)} gives pictures of {width:.0f} × {height:.0f}, which are not taken")


class Stream:
    """A V4L2 device (a path below /dev) or a stream (rtsp, rtsps)."""

    def __init__(self, address: str, *, fps: float = 5.0, width: int = 1280, height: int = 720) -> None:
        self.address = address
        self._period = 1.0 / fps
        self._fps, self._width, self._height = fps, width, height
        self._given = (0, 0)
        self._capture: cv2.VideoCapture | None = None
        self._next = 0.0

    def open(self) -> None:
        """Raises OSError."""
        try:
            capture = self._device() if self.address.startswith("/dev/") else self._network()
        except cv2.error as error:
            raise OSError(f"{hide(self.address)} cannot be opened ({error.code})") from None
        if not capture.isOpened():
            capture.release()
            raise OSError(f"{hide(self.address)} cannot be opened")
        self._capture = capture
        _promised(capture, self.address)

    def _device(self) -> cv2.VideoCapture:
        if not Path(self.address).exists():
            raise OSError(f"there is no {self.address}")
        capture = cv2.VideoCapture(self.address, cv2.CAP_V4L2)
        capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._width)
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._height)
        capture.set(cv2.CAP_PROP_FPS, self._fps)
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        self._compare(capture)
        return capture

    def _compare(self, capture: cv2.VideoCapture) -> None:
        """Say once which size the camera gives, when it is not the one that was asked for."""
        given = (round(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), round(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)))
        if given != self._given:
            self._given = given
            if given != (self._width, self._height):
                log.warning("%s gives %d × %d, asked for %d × %d", self.address, *given, self._width, self._height)

    def _network(self) -> cv2.VideoCapture:
        bounds = [
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT_MS,
            cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS,
            cv2.CAP_PROP_N_THREADS, 1,
        ]  # fmt: skip
        return cv2.VideoCapture(self.address, cv2.CAP_FFMPEG, bounds)

    def read(self) -> Image | None:
        """The next frame that is due; None when the camera is gone."""
        if self._capture is None:
            return None
        try:
            while self._capture.grab():
                now = time.monotonic()
                if now < self._next:
                    continue
                self._next = max(self._next + self._period, now)
                done, image = self._capture.retrieve()
                return _taken(image, self.address, self._width, self._height) if done else None
        except cv2.error:
            return None
        return None

    def close(self) -> None:
        """Let go of the device."""
        capture, self._capture = self._capture, None
        if capture is not None:
            capture.release()


class Film:
    """A film, from the beginning again when it ends. For trying things out; not a camera."""

    def __init__(self, path: str, *, fps: float = 5.0, width: int = 1280, height: int = 720) -> None:
        self._path, self._width, self._height = path, width, height
        self._pace = Pace(fps)
        self._capture: cv2.VideoCapture | None = None

    def open(self) -> None:
        """Raises OSError."""
        if not Path(self._path).is_file():
            raise OSError(f"there is no film {self._path}")
        self._capture = cv2.VideoCapture(self._path)
        if not self._capture.isOpened():
            raise OSError(f"{self._path} is no film that can be read")
        _promised(self._capture, self._path)

    def read(self) -> Image | None:
        """The next frame; None when interrupted or when the film has no frame at all."""
        if self._capture is None or not self._pace.wait():
            return None
        done, image = self._capture.read()
        if not done:
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
            done, image = self._capture.read()
        return _taken(image, self._path, self._width, self._height) if done else None

    def close(self) -> None:
        """Close the file."""
        capture, self._capture = self._capture, None
        if capture is not None:
            capture.release()

    def interrupt(self) -> None:
        """End a waiting `read`."""
        self._pace.stop()
