"""The address in the configuration → a source.

/dev/v4l/by-id/…            a camera on this machine (V4L2)
rtsp://…  rtsps://…         a network camera's video
http://…  https://…         a network camera's JPEGs: a stream of them, or one a request
rpicam://0                  a Raspberry Pi's own camera (CSI)
gst:PIPELINE                what GStreamer can see, up to raw video
file:NAME  or a path        a film, or a folder of pictures
sim://NAME                  a rendered scene: only where the caller says how to make one
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from camera.apart import Apart
from camera.base import Source
from camera.folder import Folder
from camera.hide import hide
from camera.http_source import Http
from camera.pipe_source import GST, RPICAM, Pipe
from camera.v4l2 import Device

STREAMS = ("rtsp://", "rtsps://")
HTTP = ("http://", "https://")
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
    if address.startswith("/dev/"):
        return Device(address, fps=fps, width=width, height=height)
    if lower.startswith(STREAMS):
        return Apart("stream", address, fps=fps, width=width, height=height)
    if lower.startswith(HTTP):
        return Http(address, fps=fps, width=width, height=height)
    if lower.startswith((RPICAM, GST)):
        try:
            return Pipe(address, fps=fps, width=width, height=height)
        except ValueError as error:
            raise UnknownAddress(str(error)) from None
    path = address.removeprefix("file://").removeprefix("file:")
    if not path or "://" in path:
        raise UnknownAddress(f"{hide(address)} is no camera: /dev/…, rtsp://…, http://…, rpicam://0, file:… or sim://…")
    if Path(path).is_dir():
        return Folder(path, fps=fps, width=width, height=height)
    return Apart("film", str(Path(path).absolute()), fps=fps, width=width, height=height)
