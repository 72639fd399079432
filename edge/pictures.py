"""Pictures of passes: taken from the newest frame when a card is presented, a vehicle crosses or a guard lifts by hand (V2).

Encoding takes some ten milliseconds and the disk may take longer, so all of it happens on one thread of its own, `pictures`,
after the barrier has been told what to do: a picture never delays a card. What cannot be taken is on record with its reason.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import cv2
import numpy as np

from camera.base import Frame
from camera.capture import Capture
from camera.snapshot import THUMBNAIL_WIDTH, snapshot
from edge.domain import events as ev
from edge.domain.event import Event
from edge.domain.pictures import Stored, class_of
from edge.errors import StoreError
from edge.store.photos import Photos

log = logging.getLogger(__name__)
T = TypeVar("T")
FRESH_MS = 2_000
"""An older frame shows something else than what happens now."""
LIVE_WIDTH = 960


class Eyes:
    """One lane's camera for the page."""

    def __init__(self, capture: Capture) -> None:
        self.capture = capture
        self._shown = (0, b"")

    def accept_view(self) -> None:
        """This is the view now: ends «moved»."""
        self.capture.accept_view()

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


def thumbnail_of(jpeg: bytes) -> bytes:
    """The thumbnail of a stored picture; empty when it cannot be made of it."""
    try:
        image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return b""
    if image is None:
        return b""
    scale = min(1.0, THUMBNAIL_WIDTH / image.shape[1])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    done, data = cv2.imencode(
        ".jpg", cv2.resize(image, size, interpolation=cv2.INTER_AREA), [cv2.IMWRITE_JPEG_QUALITY, 75]
    )
    return data.tobytes() if done else b""


class Pictures:
    """Takes the pictures of all lanes. `note` journals (called through the bridge, from the thread)."""

    def __init__(self, photos: Photos, note: Callable[[tuple[Event, ...]], None]) -> None:
        self._photos, self._note = photos, note
        self._pool = ThreadPoolExecutor(1, "pictures")
        self.eyes: dict[str, Eyes] = {}

    def snap(self, lane: str, moment: str, pass_seq: int, keep: str = "", vehicle: int = 0) -> None:
        """Take one; returns at once (edge/domain/pictures.py, Snap). A lane without a camera has none, and that is no event."""
        eyes = self.eyes.get(lane)
        if eyes is not None:
            frame = eyes.capture.latest(FRESH_MS)  # of this moment, whenever the thread comes to it
            self._pool.submit(self._take, frame, lane, moment, pass_seq, keep or class_of(moment), vehicle)

    def _take(self, frame: Frame | None, lane: str, moment: str, pass_seq: int, keep: str, vehicle: int) -> None:
        if frame is None:
            self._note((ev.PictureMissed(lane, moment, "no-frame", pass_seq, vehicle),))
            return
        try:
            taken = snapshot(frame)
            digest = self._photos.put(taken.jpeg, keep=keep, thumbnail=taken.thumbnail)
        except (StoreError, cv2.error, ValueError) as e:
            log.error("no picture of lane %s: %s", lane, e)
            self._note((ev.PictureMissed(lane, moment, getattr(e, "code", "encode") or "encode", pass_seq, vehicle),))
            return
        small = hashlib.sha256(taken.thumbnail).hexdigest()
        self._note((ev.PictureTaken(lane, moment, digest, len(taken.jpeg), pass_seq, keep, small, vehicle),))

    async def keep(self, lane: str, keep: str) -> Stored | None:
        """Take one of a lane and keep it in a class, for something else than a pass; None where there is no camera or no picture. The
        caller journals it."""
        eyes = self.eyes.get(lane)
        frame = eyes.capture.latest(FRESH_MS) if eyes else None
        if frame is None:
            return None
        try:
            return await self.on_thread(partial(self._keep, frame, keep))
        except (StoreError, cv2.error, ValueError) as e:
            log.error("no picture of lane %s: %s", lane, e)
            return None

    def _keep(self, frame: Frame, keep: str) -> Stored:
        taken = snapshot(frame)
        return self.put(taken.jpeg, keep, taken.thumbnail)

    def put(self, jpeg: bytes, keep: str, thumbnail: bytes) -> Stored:
        """Keep an encoded picture in a class; what its event says of it. Blocks: on a thread (`on_thread`). Raises StoreError."""
        digest = self._photos.put(jpeg, keep=keep, thumbnail=thumbnail)
        return Stored(digest, len(jpeg), keep, hashlib.sha256(thumbnail).hexdigest() if thumbnail else "")

    async def on_thread(self, work: Callable[[], T]) -> T:
        """Do something with pictures on their thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    def close(self) -> None:
        """Finish what is under way."""
        self._pool.shutdown(wait=True)
