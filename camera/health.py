"""Does this camera still show what is before it? Frozen, dark and blurred, from the frames alone.

    frozen    every pixel equal to the frame before, for `frozen_s`: a real sensor's noise makes no two frames equal
    dark      mean brightness below `dark_below` for `bad_s` (a cap, a dead lamp at night)
    blurred   variance of the Laplacian below `blurred_below` for `bad_s` (rain, spider's web, lost focus); not asked of a
              dark picture, which has no edges to lose

A fault ends with the first frame that is better: by half again for the two that are measured, so that a value on the border
does not flicker. The measures are taken once a second on a grid of pixels, so they cost next to nothing.

Pure: frames and monotonic nanoseconds in, changes out.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from camera.base import Image

STEP = 16
"""Frames are compared on every 16th pixel first, whole only when these are equal."""
SMALL = (320, 180)
BETTER = 1.5


@dataclass(frozen=True, slots=True)
class HealthOptions:
    """Seconds; brightness of 0 to 255; the Laplacian's variance on the picture at 320 × 180."""

    frozen_s: float = 10.0
    bad_s: float = 5.0
    measure_every_s: float = 1.0
    dark_below: float = 14.0
    blurred_below: float = 40.0


@dataclass(frozen=True, slots=True)
class Change:
    """A fault that began or ended with this frame."""

    code: str
    active: bool
    detail: str


class Health:
    """The health of one camera."""

    def __init__(self, options: HealthOptions | None = None) -> None:
        self._options = options or HealthOptions()
        self._last: Image | None = None
        self._differed_ns = 0
        self._measured_ns = 0
        self._bad_since: dict[str, int] = {}
        self.active: set[str] = set()

    def feed(self, image: Image, mono_ns: int) -> list[Change]:
        """Take the next frame; return what changed."""
        changes = self._frozen(image, mono_ns)
        if self._measured_ns == 0 or mono_ns - self._measured_ns >= self._options.measure_every_s * 1e9:
            self._measured_ns = mono_ns
            light = float(image[::STEP, ::STEP].mean())
            changes += self._measure("dark", light, self._options.dark_below, mono_ns)
            if light >= self._options.dark_below:
                changes += self._measure("blurred", sharpness(image), self._options.blurred_below, mono_ns)
        return changes

    def restart(self) -> None:
        """The camera was away: what was before says nothing about now. Faults stay until a frame ends them."""
        self._last = None
        self._bad_since.clear()

    def _frozen(self, image: Image, mono_ns: int) -> list[Change]:
        last, self._last = self._last, image
        same = (
            last is not None
            and last.shape == image.shape
            and np.array_equal(last[::STEP, ::STEP], image[::STEP, ::STEP])
            and np.array_equal(last, image)
        )
        if not same:
            self._differed_ns = mono_ns
            return self._set("frozen", False, "")
        seconds = (mono_ns - self._differed_ns) / 1e9
        if seconds < self._options.frozen_s:
            return []
        return self._set("frozen", True, f"the same picture for {seconds:.0f} s")

    def _measure(self, code: str, value: float, below: float, mono_ns: int) -> list[Change]:
        if value >= below * (BETTER if code in self.active else 1.0):
            self._bad_since.pop(code, None)
            return self._set(code, False, "")
        since = self._bad_since.setdefault(code, mono_ns)
        if mono_ns - since < self._options.bad_s * 1e9:
            return []
        return self._set(code, True, f"{value:.0f} is below {below:.0f}")

    def _set(self, code: str, active: bool, detail: str) -> list[Change]:
        if active == (code in self.active):
            return []
        (self.active.add if active else self.active.discard)(code)
        return [Change(code, active, detail)]


def sharpness(image: Image) -> float:
    """Variance of the Laplacian of the picture at 320 × 180, in grey."""
    small = cv2.cvtColor(cv2.resize(image, SMALL, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    return float(cv2.Laplacian(small, cv2.CV_32F).var())
