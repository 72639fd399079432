"""One thread a camera: it opens the source, keeps the newest frame and no other, watches the camera's health.

Nobody waits for a camera but those who ask to (`wait_newer`); nobody makes a camera wait. A source that cannot be opened or
gives no frame is GONE: said once, tried again with growing pauses, and only the next real frame ends it (an open device
that gives nothing is still gone). Frames are numbered on across reconnections, and are never changed after they were made.
Whatever a source or its library throws is that camera's fault, in words; the thread lives until `close`.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import cv2

from camera.base import CameraFault, CameraSink, Frame, Image, Source
from camera.health import Health, HealthOptions
from camera.pace import Adjustable, Interruptible
from camera.snapshot import snapshot

__all__ = ["Capture", "CaptureOptions", "snapshot"]

log = logging.getLogger(__name__)
# OpenCV would start a thread a core for each little picture; on a Pi that is slower than one thread.
cv2.setNumThreads(1)
NO_CONTROLS = "the camera has no exposure controls: a lamp, or its own page"


@dataclass(frozen=True, slots=True)
class CaptureOptions:
    """Pauses between attempts in seconds, growing from the first to the longest; and what health means."""

    retry_first_s: float = 0.5
    retry_longest_s: float = 10.0
    health: HealthOptions = field(default_factory=HealthOptions)


class Capture:
    """One camera. `sink`, and `watch` with each frame, are called on its thread."""

    def __init__(
        self,
        device: str,
        source: Source,
        sink: CameraSink,
        options: CaptureOptions | None = None,
        watch: Callable[[Frame], None] | None = None,
    ) -> None:
        self.device = device
        self._source = source
        self._sink = sink
        self._watch = watch
        self._options = options or CaptureOptions()
        self._health = Health(self._options.health)
        self._changed = threading.Condition()
        self._frame: Frame | None = None
        self._gone = False
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"camera-{device}", daemon=True)

    def start(self) -> None:
        """Begin; the source is opened on the thread."""
        self._thread.start()

    def close(self, timeout: float = 3.0) -> None:
        """End the thread and close the source. A library that blocks longer than `timeout` s is left behind (daemon)."""
        self._closing.set()
        with self._changed:
            self._changed.notify_all()
        if isinstance(self._source, Interruptible):
            self._source.interrupt()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(timeout)

    def latest(self, max_age_ms: float) -> Frame | None:
        """The newest frame, or None when there is none that young."""
        frame = self._frame
        if frame is None or (time.monotonic_ns() - frame.mono_ns) / 1e6 > max_age_ms:
            return None
        return frame

    def accept_view(self) -> None:
        """This is what the camera is to look at from now on: ends «moved» within seconds. Any thread."""
        self._health.accept_view()

    def wait_newer(self, number: int, timeout: float) -> Frame | None:
        """The newest frame with a higher number than that (0: any), waiting up to `timeout` seconds. None: there was none."""

        def newer() -> bool:
            return self._closing.is_set() or (self._frame is not None and self._frame.number > number)

        with self._changed:
            self._changed.wait_for(newer, timeout)
            frame = self._frame
        return frame if frame is not None and frame.number > number else None

    # ---- the thread

    def _run(self) -> None:
        pause = self._options.retry_first_s
        while not self._closing.is_set():
            why = "it gives no picture"
            before = self._frame
            try:
                self._source.open()
                self._read()
            except (OSError, ValueError, MemoryError, cv2.error) as error:
                why = str(error) or type(error).__name__
            with contextlib.suppress(OSError):
                self._source.close()
            if self._closing.is_set():
                return
            self._gone_is(True, why)
            self._health.restart()
            if self._frame is not before:
                pause = self._options.retry_first_s
            self._closing.wait(pause)
            pause = min(pause * 2, self._options.retry_longest_s)

    def _read(self) -> None:
        """Publish frames until the source has no more, or `close`."""
        while not self._closing.is_set():
            image = self._source.read()
            if image is None:
                return
            self._publish(image)

    def _publish(self, image: Image) -> None:
        now = time.monotonic_ns()
        image.flags.writeable = False
        frame = Frame(image, now, 1 if self._frame is None else self._frame.number + 1)
        with self._changed:
            self._frame = frame
            self._changed.notify_all()
        self._gone_is(False, "")
        if self._watch is not None:
            self._watch(frame)
        changes = self._health.feed(image, now)
        helped = self._help(now)
        for change in changes:
            hint = f"; {NO_CONTROLS}" if change.active and change.code in ("dark", "dazzled") and not helped else ""
            self._say(change.code, change.active, change.detail + hint, now)

    def _help(self, now: int) -> bool:
        """Help with the exposure. Whether this camera can be helped."""
        if not isinstance(self._source, Adjustable):
            return False
        return self._source.adjust(self._health.light, self._health.glare, now)

    def _gone_is(self, gone: bool, why: str) -> None:
        if gone != self._gone:
            self._gone = gone
            self._say("gone", gone, why, time.monotonic_ns())

    def _say(self, code: str, active: bool, detail: str, now: int) -> None:
        level = logging.WARNING if active else logging.INFO
        log.log(level, "camera %s: %s %s", self.device, code, detail if active else "ended")
        self._sink(CameraFault(self.device, code, active, detail, now))
