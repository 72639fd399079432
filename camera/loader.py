"""The address in the configuration → a source.

/dev/v4l/by-id/…            a camera on this machine
rtsp://…  http://…          a network camera
file:NAME  or a path        a film, or a folder of pictures
sim://NAME                  a rendered scene: only where the caller says how to make one
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from camera.base import Source
from camera.opencv_source import Film, Folder, Stream, hide

STREAMS = ("rtsp://", "rtsps://", "http://", "https://")
SIMULATED = "sim://"


class UnknownAddress(ValueError):
    """No kind of source has such an address. A password in it is not shown."""


def load(
    address: str,
    *,
    fps: float = 5.0,
    width: int = 1280,
    height: int = 720,
    simulated: Callable[[str], Source] | None = None,
) -> Source:
    """The source for an address; nothing is opened yet. Raises UnknownAddress.

    `width`, `height`: asked of a camera on this machine; what any source gives beyond that is scaled down. `simulated` makes
    the source for the name after `sim://`. A real gate passes None, and never sees a picture that no
    camera took.
    """
    lower = address.lower()
    if lower.startswith(SIMULATED):
        if simulated is None:
            raise UnknownAddress(f"{address} is a simulated camera, and this gate is not a simulated one")
        return simulated(address[len(SIMULATED) :])
    if lower.startswith(STREAMS) or address.startswith("/dev/"):
        return Stream(address, fps=fps, width=width, height=height)
    path = address.removeprefix("file://").removeprefix("file:")
    if not path or "://" in path:
        raise UnknownAddress(f"{hide(address)} is no camera: use /dev/…, rtsp://…, http://…, file:… or sim://…")
    kind = Folder if Path(path).is_dir() else Film
    return kind(path, fps=fps, width=width, height=height)
