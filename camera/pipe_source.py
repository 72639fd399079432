"""A Raspberry Pi's own camera (CSI), or any GStreamer pipeline: a program of the system writes JPEGs into a pipe.

    rpicam://0            camera number 0 of `rpicam-hello --list-cameras` (on older systems the program is libcamera-vid)
    gst:PIPELINE          everything up to raw video, e.g. gst:libcamerasrc ! video/x-raw,width=1280,height=720

The wheel of OpenCV has no GStreamer, and Debian's OpenCV that has it is another version without what the drawing needs. A CSI camera
gives nothing to V4L2 but raw Bayer data: exposure and colour are libcamera's work, which is a system library without wheel. So the
two programs that have it are used as they are, each as a process of its own that is told nothing but fixed arguments (no shell), and
which takes the risk of its drivers and plug-ins out of the gate. What comes over the pipe is cut by camera/mjpeg.py and decoded here.
"""

from __future__ import annotations

import contextlib
import re
import select
import shlex
import shutil
import subprocess
import threading
import time

from camera.base import Image
from camera.hide import hide
from camera.jpeg import BadPicture, decode
from camera.mjpeg import Splitter
from camera.size import fit

RPICAM, GST = "rpicam://", "gst:"
FIRST_S = 10.0
"""libcamera needs seconds to begin on a Pi that has just started."""
READ_S = 5.0
CHUNK = 1 << 20
BAD_IN_A_ROW = 25


def command(address: str, *, fps: float, width: int, height: int) -> list[str]:
    """The program and its arguments. Raises ValueError with a sentence."""
    if address.startswith(RPICAM):
        number = address.removeprefix(RPICAM) or "0"
        if not re.fullmatch(r"[0-9]", number):
            raise ValueError(f"{address} is no camera: rpicam://0 is the first one, rpicam://1 the second")
        program = next((name for name in ("rpicam-vid", "libcamera-vid") if shutil.which(name)), "rpicam-vid")
        said = f"--camera {number} --codec mjpeg --quality 90 --width {width} --height {height} --framerate {fps:g}"
        # A short exposure keeps plates sharp on moving cars; the gain does the rest at night.
        return [
            program,
            *said.split(),
            *["--exposure", "sport", "--nopreview", "--timeout", "0", "--flush", "--output", "-"],
        ]
    pipeline = shlex.split(address.removeprefix(GST))
    if not pipeline:
        raise ValueError(
            "gst: wants a pipeline up to raw video, e.g. gst:libcamerasrc ! video/x-raw,width=1280,height=720"
        )
    rate = f"video/x-raw,framerate={max(1, round(fps))}/1"
    tail = f"! queue max-size-buffers=1 leaky=downstream ! videoconvert ! videorate drop-only=true ! {rate}"
    return ["gst-launch-1.0", "-q", *pipeline, *tail.split(), "!", "jpegenc", "!", "fdsink", "fd=1"]


class Pipe:
    """A camera.base.Source that runs a program."""

    def __init__(self, address: str, *, fps: float = 5.0, width: int = 1280, height: int = 720) -> None:
        """Raises ValueError for an address that says no program."""
        self.address = address
        self._width, self._height = width, height
        self._command = command(address, fps=fps, width=width, height=height)
        self._process: subprocess.Popen[bytes] | None = None
        self._splitter = Splitter()
        self._wait_s = FIRST_S
        self._bad = 0
        self._stopped = threading.Event()

    def open(self) -> None:
        """Raises OSError."""
        if shutil.which(self._command[0]) is None:
            raise OSError(f"{self._command[0]} is not installed on this machine, and {hide(self.address)} needs it")
        self._splitter, self._wait_s, self._bad = Splitter(), FIRST_S, 0
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        )
        if self._stopped.is_set():
            self.close()

    def read(self) -> Image | None:
        """The newest whole frame; None when the program has ended. Raises OSError when it says nothing or rubbish."""
        process = self._process
        if process is None or process.stdout is None:
            return None
        until = time.monotonic() + self._wait_s
        while not self._stopped.is_set():
            left = until - time.monotonic()
            if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
                raise OSError(f"{hide(self.address)} gives no picture")
            data = process.stdout.read(CHUNK)
            if not data:
                raise OSError(f"{self._command[0]} has ended ({process.wait(READ_S)})")
            whole = self._splitter.feed(data)
            if not whole:
                continue
            try:
                image = decode(whole[-1], self._width, self._height)
            except BadPicture as bad:
                self._bad += 1
                if self._bad >= BAD_IN_A_ROW:
                    raise OSError(f"{hide(self.address)} gives {bad}") from None
                continue
            self._bad, self._wait_s = 0, READ_S
            return fit(image, self._width, self._height)
        return None

    def close(self) -> None:
        """End the program."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        if process.stdout is not None:
            with contextlib.suppress(OSError):
                process.stdout.close()

    def interrupt(self) -> None:
        """End a waiting `read`, for good."""
        self._stopped.set()
        process = self._process
        if process is not None:
            process.kill()
