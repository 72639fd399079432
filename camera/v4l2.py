"""A camera on this machine: its pictures from the decoder's process (camera/apart.py), its controls from here.

Controls of a V4L2 device can be set by whoever has it open, also while another one takes pictures. Numbers and structures:
linux/videodev2.h and linux/v4l2-controls.h. A control that the device has not, or that its automatic holds, is left alone.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import struct
from collections.abc import Callable

from camera.apart import Apart
from camera.exposure import BY_HAND, LADDER, Ladder, Rung

log = logging.getLogger(__name__)

QUERYCTRL, G_CTRL, S_CTRL = 0xC0445624, 0xC008561B, 0xC008561C
"""_IOWR('V', 36, 68 bytes), _IOWR('V', 27, 8 bytes), _IOWR('V', 28, 8 bytes)."""
_QUERY = struct.Struct("=II32siiiiIII")
_CONTROL = struct.Struct("=Ii")
_DISABLED = 0x0001

GAIN, BACKLIGHT = 0x00980913, 0x0098091C
EXPOSURE_AUTO, EXPOSURE_ABSOLUTE, SLOW_FRAMES = 0x009A0901, 0x009A0902, 0x009A0903
MANUAL, APERTURE_PRIORITY = 1, 3
"""V4L2_EXPOSURE_MANUAL, V4L2_EXPOSURE_APERTURE_PRIORITY: the two that UVC cameras have."""

Ioctl = Callable[[int, int, bytearray], int]


def _ioctl(fd: int, request: int, data: bytearray) -> int:
    return int(fcntl.ioctl(fd, request, data, True))


class Controls:
    """The controls of one open device. `ioctl` is what the system has; a test gives its own."""

    def __init__(self, fd: int, ioctl: Ioctl = _ioctl) -> None:
        self._fd, self._ioctl = fd, ioctl
        self.ranges: dict[int, tuple[int, int, int, int]] = {}
        """Control → least, most, step, the maker's value."""
        for control in (GAIN, BACKLIGHT, EXPOSURE_AUTO, EXPOSURE_ABSOLUTE, SLOW_FRAMES):
            data = bytearray(_QUERY.pack(control, 0, b"", 0, 0, 0, 0, 0, 0, 0))
            with contextlib.suppress(OSError):
                ioctl(fd, QUERYCTRL, data)
                _, _, _, least, most, step, usual, flags, *_ = _QUERY.unpack(data)
                if not flags & _DISABLED and most > least:
                    self.ranges[control] = (least, most, max(1, step), usual)

    @property
    def useful(self) -> bool:
        """Whether anything of it helps at night."""
        return GAIN in self.ranges or EXPOSURE_ABSOLUTE in self.ranges

    def apply(self, rung: Rung) -> None:
        """Set a rung of the ladder, as far as the device has it."""
        by_hand = rung.mode == BY_HAND and EXPOSURE_ABSOLUTE in self.ranges
        self._set(EXPOSURE_AUTO, MANUAL if by_hand else self._usual(EXPOSURE_AUTO, APERTURE_PRIORITY))
        if by_hand:
            self._set(EXPOSURE_ABSOLUTE, round(rung.exposure_ms * 10))  # in 100 µs
        self._set(SLOW_FRAMES, int(rung.slow_frames))
        self._share(GAIN, rung.gain)
        self._share(BACKLIGHT, rung.backlight)

    def _usual(self, control: int, otherwise: int) -> int:
        return self.ranges[control][3] if control in self.ranges else otherwise

    def _share(self, control: int, share: float | None) -> None:
        if control in self.ranges:
            least, most, _, usual = self.ranges[control]
            self._set(control, usual if share is None else round(least + share * (most - least)))

    def _set(self, control: int, value: int) -> None:
        if control not in self.ranges:
            return
        least, most, step, _ = self.ranges[control]
        value = least + (min(most, max(least, value)) - least) // step * step
        with contextlib.suppress(OSError):  # held by another control just now
            self._ioctl(self._fd, S_CTRL, bytearray(_CONTROL.pack(control, value)))


class Device(Apart):
    """A V4L2 device, by its path below /dev."""

    def __init__(self, address: str, *, fps: float = 5.0, width: int = 1280, height: int = 720) -> None:
        super().__init__("stream", address, fps=fps, width=width, height=height)
        self._ladder = Ladder()
        self._fd = -1
        self._controls: Controls | None = None

    def adjust(self, light: float, glare: float, mono_ns: int) -> bool:
        """Help with the exposure, after each measure of the light; on the camera's thread. False: nothing can be set here."""
        if self._controls is None:
            try:
                self._fd = os.open(self.address, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError:
                return False
            self._controls = Controls(self._fd)
        if not self._controls.useful:
            return False
        rung = self._ladder.feed(light, glare, mono_ns)
        if rung is not None:
            log.info("camera %s: exposure %+d", self.address, self._ladder.level)
            self._controls.apply(rung)
        return True

    def close(self) -> None:
        """Let go of the device, as its makers set it: what opens it next must not find it half blind."""
        super().close()
        if self._controls is not None and self._ladder.level:
            self._controls.apply(LADDER[0])
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._controls, self._ladder = -1, None, Ladder()
