"""A lane's camera for whoever turns its lens: the newest picture in figures and hints, and the picture itself. On a reading thread."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import cv2

from camera.capture import Capture
from camera.focus import look
from edge.devices import Devices
from edge.errors import NotExecuted, NotFound

Row = dict[str, Any]
FRESH_MS = 3_000
NEWER_S = 2.0
JPEG_QUALITY = 88


class Focusing:
    """Over the gate's devices."""

    def __init__(self, devices: Devices) -> None:
        self._devices = devices

    def cameras(self) -> list[str]:
        """The lanes with a camera."""
        return [name.partition(".")[0] for name in self._devices.of(Capture)]

    def _capture(self, lane: str) -> Capture:
        capture = self._devices.of(Capture).get(f"{lane}.camera")
        if capture is None:
            raise NotFound(
                f"车道 {lane} 没有摄像头 · lane {lane} has no camera", "在配置中登记 · name it in the configuration"
            )
        return capture

    def figures(self, lane: str, after: int = 0) -> Row:
        """The newest frame's figures; waits up to two seconds for one with a higher number than `after`. Raises NotFound, NotExecuted."""
        frame = self._capture(lane).wait_newer(after, NEWER_S)
        age_ms = (time.monotonic_ns() - frame.mono_ns) // 1_000_000 if frame else FRESH_MS + 1
        if frame is None or age_ms > FRESH_MS:
            raise _no_picture()
        found = asdict(look(frame.image))
        rounded = {key: round(each, 3) if isinstance(each, float) else each for key, each in found.items()}
        return {"lane": lane, "number": frame.number, "age_ms": age_ms, **rounded}

    def picture(self, lane: str) -> bytes:
        """The newest frame at its full size, as a JPEG. Raises NotFound, NotExecuted."""
        frame = self._capture(lane).latest(FRESH_MS)
        if frame is None:
            raise _no_picture()
        done, data = cv2.imencode(".jpg", frame.image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        if not done:
            raise _no_picture()
        return data.tobytes()


def _no_picture() -> NotExecuted:
    return NotExecuted(
        "现在没有画面 · there is no picture now",
        "看它的故障：电源、网线、地址 · see its fault: power, cable, address",
        code="no-picture",
    )
