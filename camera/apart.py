"""Streams and films decoded in a process of their own: libav reads what a stranger may have written, and may die of it.

    gate process                                   decoder process (camera/apart_child.py), one a camera
    camera-… thread: Apart.read  ◄── pipe ──────── header, BGR pixels         OpenCV → libav, V4L2

RTSP, H.264 and H.265 are large languages, libav speaks more than a hundred of them in C, and its faults are memory faults: a hostile or
broken stream would take the barrier's controller with it. So libav is only ever called in a child that has nothing: no database, no
pin, no key; its memory is bounded, its standard error goes nowhere, and it is killed when it says nothing for READ_S (a call into a
library that hangs cannot be ended otherwise). What it hands over is checked before it is believed. Its end is the camera's end
(gone, tried again with growing pauses) and nothing else's. V4L2 goes the same way: a driver that hangs in an ioctl hangs there.

A frame is copied through a pipe: 2.8 MB at 1280 × 720, about 1 ms; at five frames a second that is half a per cent of a core. The child
costs some 60 MB. Still pictures (HTTP, CSI, folders) need no child: camera/jpeg.py bounds them, and libjpeg-turbo's record is good.

The address goes to the child through its standard input, because arguments can be read by every user of the machine.
"""

from __future__ import annotations

import contextlib
import json
import struct
import time
from pathlib import Path

import numpy as np

from camera.base import Image
from camera.child import Child
from camera.hide import hide
from camera.jpeg import LEAST_SIDE, MOST_PIXELS

HEADER = struct.Struct("<4sIII")
"""What follows (FRAME or WORDS), height, width, bytes."""
FRAME, WORDS = b"GFRM", b"GERR"
MOST_WORDS = 4096
FIRST_S = 20.0
"""Interpreter, libraries, the camera's own time-outs."""
READ_S = 8.0
SILENT = "gives no picture"


class Apart:
    """A camera.base.Source whose work is done in a child. `kind`: stream or film."""

    def __init__(self, kind: str, address: str, *, fps: float = 5.0, width: int = 1280, height: int = 720) -> None:
        self.kind, self.address = kind, address
        self._order = {"kind": kind, "address": address, "fps": fps, "width": width, "height": height}
        self._child = Child("camera.apart_child", hide(address))
        self._wait_s = FIRST_S

    def open(self) -> None:
        """Start the child; what it cannot open it says with the first `read`. Raises OSError."""
        if self.address.startswith("/") and not Path(self.address).exists():
            raise OSError(f"there is no {self.address}")
        self._wait_s = FIRST_S
        self._child.start()
        with contextlib.suppress(OSError):  # ended already: `read` says so
            self._child.write(json.dumps(self._order).encode() + b"\n", time.monotonic() + FIRST_S)

    def read(self) -> Image | None:
        """The next frame; None when interrupted. Raises OSError with a sentence when the camera or the child is gone."""
        child = self._child
        if child.process is None:
            return None
        until = time.monotonic() + self._wait_s
        head = bytearray(HEADER.size)
        child.fill(memoryview(head), until, silent=SILENT)
        if child.stopped:
            return None
        what, height, width, count = HEADER.unpack(head)
        if what == WORDS and count <= MOST_WORDS:
            words = bytearray(count)
            child.fill(memoryview(words), until, silent=SILENT)
            raise OSError(words.decode("utf-8", "replace"))
        fits = min(height, width) >= LEAST_SIDE and height * width <= MOST_PIXELS and count == height * width * 3
        if what != FRAME or not fits:
            raise OSError(f"{child.name}: a picture of {width} × {height} is not taken")
        image: Image = np.empty((height, width, 3), np.uint8)
        child.fill(memoryview(image.data).cast("B"), until, silent=SILENT)
        self._wait_s = READ_S
        return None if child.stopped else image

    def close(self) -> None:
        """End the child."""
        self._child.close()

    def interrupt(self) -> None:
        """End a waiting `read`, for good."""
        self._child.interrupt()
