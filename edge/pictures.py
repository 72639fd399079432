"""Pictures of passes: taken from the newest frame when a card is presented, a vehicle crosses or a guard lifts by hand (V2).

Encoding takes some ten milliseconds and the disk may take longer, so all of it happens on one thread of its own, `pictures`,
after the barrier has been told what to do: a picture never delays a card. What cannot be taken is on record with its reason.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import cv2

from camera.base import Frame
from camera.capture import Capture
from camera.snapshot import snapshot
from edge.domain import events as ev
from edge.errors import StoreError
from edge.store.photos import Photos

log = logging.getLogger(__name__)
FRESH_MS = 2_000
"""An older frame shows something else than what happens now."""
LIVE_WIDTH = 960


class Eyes:
    """One lane's camera for the page."""

    def __init__(self, capture: Capture) -> None:
        self.capture = capture
        self._shown = (0, b"")

    def jpeg(self) -> bytes | None:
        """The newest frame, small enough for a tablet on bad Wi-Fi; encoded once, however many tablets ask. Any thread."""
        frame = self.capture.latest(FRESH_MS)
        if frame is None:
            return None
        number, data = self._shown
        if number != frame.number:
            data = _small(frame)
            self._shown = (frame.number, data)
        return data


def _small(frame: Frame) -> bytes:
    height, width = frame.image.shape[:2]
    scale = min(1.0, LIVE_WIDTH / width)
    image = frame.image if scale == 1.0 else cv2.resize(frame.image, (round(width * scale), round(height * scale)))
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 70])
    return data.tobytes() if done else b""


class Pictures:
    """Takes the pictures of all lanes. `note` journals (called through the bridge, from the thread)."""

    def __init__(self, photos: Photos, note: Callable[[tuple[ev.Event, ...]], None]) -> None:
        self._photos, self._note = photos, note
        self._pool = ThreadPoolExecutor(1, "pictures")
        self.eyes: dict[str, Eyes] = {}

    def snap(self, lane: str, moment: str, pass_seq: int) -> None:
        """Take one; returns at once. A lane without a camera has none, and that is no event."""
        eyes = self.eyes.get(lane)
        if eyes is not None:
            frame = eyes.capture.latest(FRESH_MS)  # of this moment, whenever the thread comes to it
            self._pool.submit(self._take, frame, lane, moment, pass_seq)

    def _take(self, frame: Frame | None, lane: str, moment: str, pass_seq: int) -> None:
        if frame is None:
            self._note((ev.PictureMissed(lane, moment, "no-frame", pass_seq),))
            return
        try:
            taken = snapshot(frame)
            digest = self._photos.put(taken.jpeg)
        except (StoreError, cv2.error, ValueError) as e:
            log.error("no picture of lane %s: %s", lane, e)
            self._note((ev.PictureMissed(lane, moment, getattr(e, "code", "encode") or "encode", pass_seq),))
            return
        self._note((ev.PictureTaken(lane, moment, digest, len(taken.jpeg), pass_seq),))

    async def keep(self, lane: str) -> tuple[str, int] | None:
        """Take one and keep it, for something else than a pass: digest and bytes; None where there is no camera or no picture."""
        eyes = self.eyes.get(lane)
        frame = eyes.capture.latest(FRESH_MS) if eyes else None
        if frame is None:
            return None
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._keep, frame)
        except (StoreError, cv2.error, ValueError) as e:
            log.error("no picture of lane %s: %s", lane, e)
            return None

    def _keep(self, frame: Frame) -> tuple[str, int]:
        taken = snapshot(frame)
        return self._photos.put(taken.jpeg), len(taken.jpeg)

    def close(self) -> None:
        """Finish what is under way."""
        self._pool.shutdown(wait=True)
