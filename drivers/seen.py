"""What is plugged into this machine: serial ports, cameras, pins. Looks, and touches nothing.

    serial    pyserial's list, with every stable name that leads there: /dev/serial/by-id, /dev/serial/by-path, /dev/gate
    cameras   /dev/video* that say of themselves that they give pictures (VIDIOC_QUERYCAP), with /dev/v4l/by-id and by-path
    pins      each line of each /dev/gpiochip*: its name, whether it is used, and by whom (the kernel's line information)

A serial port is never opened here: opening moves its control lines, and some boards restart by that. A camera and a chip are
opened and asked for what they are, which disturbs nobody who uses them. What may not be opened is listed without what it
would have said.

Layouts: linux/gpio.h (GPIO v2 uAPI, Linux 5.10), linux/videodev2.h.
"""

from __future__ import annotations

import fcntl
import os
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serial.tools import list_ports

DEV = Path("/dev")
SERIAL_NAMES = ("serial/by-id", "serial/by-path", "gate")
"""Folders of stable names, the best first: by-id says which adapter it is, the others where it is plugged in."""
VIDEO_NAMES = ("v4l/by-id", "v4l/by-path")

CHIP_INFO = 0x8044B401
LINE_INFO = 0xC100B405
QUERY_CAPABILITY = 0x80685600
_CHIP = struct.Struct("=32s32sI")
_LINE = struct.Struct("=32s32sIIQ176x")
_VIDEO = struct.Struct("=16s32s32sIII12x")
USED, OUTPUT = 1 << 0, 1 << 3
CAPTURE, HAS_OWN = 0x1 | 0x1000, 0x8000_0000
"""Pictures of one or of several planes; `device_caps` is filled in."""
MEMORY_TO_MEMORY = 0x8000 | 0x4000
"""A codec or a scaler (a Pi has a dozen of them), and no camera."""


@dataclass(frozen=True, slots=True)
class SerialPort:
    """A serial port. `names`: its stable names, the best first; `about`: what the adapter says of itself."""

    path: str
    names: tuple[str, ...]
    about: str
    usb: str = ""
    """vid:pid, for USB adapters."""
    serial: str = ""


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera of this machine."""

    path: str
    names: tuple[str, ...]
    about: str


@dataclass(frozen=True, slots=True)
class PinLine:
    """A line of a chip. `user`: who holds it now ("" nobody, or a kernel that does not say)."""

    chip: str
    label: str
    """What the chip calls itself: pinctrl-bcm2711, pinctrl-rp1 …"""
    line: int
    name: str
    used: bool
    output: bool
    user: str


def serial_ports(dev: Path = DEV, listed: Iterable[Any] | None = None) -> list[SerialPort]:
    """The serial ports, in the order of their paths. `listed`: what pyserial found, for tests."""
    names = _names(dev, SERIAL_NAMES)
    found = {}
    for port in list_ports.comports() if listed is None else listed:
        path = os.path.realpath(port.device)
        usb = f"{port.vid:04x}:{port.pid:04x}" if port.vid is not None and port.pid is not None else ""
        about = " ".join(dict.fromkeys(filter(None, (port.manufacturer, port.product)))) or _known(port.description)
        found[path] = SerialPort(path, tuple(names.pop(path, ())), about, usb, port.serial_number or "")
    for path, others in names.items():  # a stable name that leads to something that pyserial does not list
        found[path] = SerialPort(path, tuple(others), "")
    return [found[path] for path in sorted(found)]


def cameras(dev: Path = DEV) -> list[Camera]:
    """What gives pictures, in the order of the paths."""
    names = _names(dev, VIDEO_NAMES)
    found = []
    for path in sorted(dev.glob("video*"), key=lambda one: (len(one.name), one.name)):
        said = _asked(path, QUERY_CAPABILITY, bytes(_VIDEO.size))
        if said is not None and not _gives_pictures(said):
            continue
        about = _text(_VIDEO.unpack(said)[1]) if said else ""
        found.append(Camera(str(path), tuple(names.get(os.path.realpath(path), ())), about))
    return found


def pins(dev: Path = DEV) -> list[PinLine]:
    """Every line of every chip; a chip that may not be opened has none."""
    found: list[PinLine] = []
    for path in sorted(dev.glob("gpiochip*")):
        found += _lines(path)
    return found


def _lines(path: Path) -> Iterator[PinLine]:
    said = _asked(path, CHIP_INFO, bytes(_CHIP.size))
    _, label, count = _CHIP.unpack(said) if said else (b"", b"", 0)
    for line in range(count):
        asked = _asked(path, LINE_INFO, _LINE.pack(b"", b"", line, 0, 0))
        if asked is not None:
            yield line_of(path.name, _text(label), asked)


def line_of(chip: str, label: str, said: bytes) -> PinLine:
    """What the kernel says of a line (struct gpio_v2_line_info)."""
    name, user, line, _, flags = _LINE.unpack(said)
    return PinLine(chip, label, line, _text(name), bool(flags & USED), bool(flags & OUTPUT), _text(user))


def _gives_pictures(said: bytes) -> bool:
    *_, all_of_it, own = _VIDEO.unpack(said)
    able = own if all_of_it & HAS_OWN else all_of_it
    return bool(able & CAPTURE) and not able & MEMORY_TO_MEMORY


def _asked(path: Path, request: int, given: bytes) -> bytes | None:
    """The answer to one question; None where the device may not be opened or does not know it."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return fcntl.ioctl(handle, request, given)
    except OSError:
        return None
    finally:
        os.close(handle)


def _names(dev: Path, folders: Sequence[str]) -> dict[str, list[str]]:
    """Real path → the stable names that lead there."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for folder in folders:
        for link in sorted((dev / folder).glob("*")):
            found[os.path.realpath(link)].append(str(link))
    return found


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("utf-8", "replace")


def _known(description: str | None) -> str:
    return "" if description in (None, "n/a") else str(description)
