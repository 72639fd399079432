"""Does this camera still show what is before it? Frozen, dark, dazzled, blurred and moved, from the frames alone.

    frozen    every pixel equal to the frame before, for `frozen_s`: a real sensor's noise makes no two frames equal
    dark      mean brightness below `dark_below` for `bad_s` (a cap, a dead lamp at night)
    dazzled   more than `dazzled_above` of the picture without any drawing, for `bad_s` (a low sun, headlamps, a lamp too near)
    blurred   variance of the Laplacian below `blurred_below` for `bad_s` (rain, spider's web, lost focus); not asked of a dark or
              dazzled picture, which has no edges to lose
    moved     fewer than `moved_below` of the place's lasting edges where they were, for `moved_s` (camera/view.py): somebody turned
              it, a lorry has hit the mast; only asked of a picture with which nothing else is wrong, and nothing else ends it than
              the old view, or a person's word that this is the view now

So a camera has one of these faults at a time, the one that explains the others. A fault ends with the first picture that is clearly
better (half again), so that a value on the border does not flicker. The measures are taken once a second on a grid of pixels or on a
small picture: 2 ms a second.

Pure: frames and monotonic nanoseconds in, changes out.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from camera.base import Image
from camera.view import View

STEP = 16
"""Frames are compared on every 16th pixel first, whole only when these are equal."""
SMALL = (320, 180)
BETTER = 1.5
WHITE = 250


@dataclass(frozen=True, slots=True)
class HealthOptions:
    """Seconds; brightness of 0 to 255; shares of 0 to 1; the Laplacian's variance on the picture at 320 × 180."""

    frozen_s: float = 10.0
    bad_s: float = 5.0
    moved_s: float = 60.0
    measure_every_s: float = 1.0
    dark_below: float = 14.0
    dazzled_above: float = 0.35
    blurred_below: float = 40.0
    moved_below: float = 0.25


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
        self._view = View()
        self._accepted = False
        self.active: set[str] = set()
        self.light, self.glare = 0.0, 0.0
        """Mean brightness (0 to 255) and share without drawing (0 to 1) as last measured."""

    def feed(self, image: Image, mono_ns: int) -> list[Change]:
        """Take the next frame; return what changed."""
        changes = self._frozen(image, mono_ns)
        if self._measured_ns == 0 or mono_ns - self._measured_ns >= self._options.measure_every_s * 1e9:
            self._measured_ns = mono_ns
            changes += self._measures(image, mono_ns)
        return changes

    def accept_view(self) -> None:
        """This is the view now: a person says so (the camera was put elsewhere on purpose). Any thread."""
        self._accepted = True

    def restart(self) -> None:
        """The camera was away: what was before says nothing about now. Faults stay until a frame ends them."""
        self._last = None
        self._bad_since.clear()

    def _measures(self, image: Image, mono_ns: int) -> list[Change]:
        options, grid = self._options, image[::STEP, ::STEP]
        if self._accepted:
            self._accepted = False
            self._view.forget()
        self.light, self.glare = float(grid.mean()), float((grid.min(axis=2) >= WHITE).mean())
        changes = self._low("dark", self.light, options.dark_below, options.bad_s, mono_ns)
        drawn, least = 1.0 - self.glare, 1.0 - options.dazzled_above
        changes += self._low("dazzled", drawn, least, options.bad_s, mono_ns, 1.0 - options.dazzled_above / BETTER)
        if self.light >= options.dark_below and drawn >= least:
            changes += self._low("blurred", sharpness(image), options.blurred_below, options.bad_s, mono_ns)
        if not self._bad_since.keys() - {"moved"} and not self.active - {"moved"}:
            share = self._view.compare(image, lost="moved" in self._bad_since)
            if share is not None or "moved" in self.active:  # a view that is being learned anew is no lost one
                share = 1.0 if share is None else share
                changes += self._low("moved", share, options.moved_below, options.moved_s, mono_ns)
        return changes

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

    def _low(
        self, code: str, value: float, below: float, seconds: float, mono_ns: int, better: float = 0.0
    ) -> list[Change]:
        """Too low for so long: bad, until it is at least `better` (by default half again)."""
        if value >= ((better or below * BETTER) if code in self.active else below):
            self._bad_since.pop(code, None)
            return self._set(code, False, "")
        since = self._bad_since.setdefault(code, mono_ns)
        if mono_ns - since < seconds * 1e9:
            return []
        shown = (f"{value:.0f}", f"{below:.0f}") if below > 1 else (f"{value:.0%}", f"{below:.0%}")
        return self._set(code, True, f"{shown[0]} is below {shown[1]}")

    def _set(self, code: str, active: bool, detail: str) -> list[Change]:
        if active == (code in self.active):
            return []
        (self.active.add if active else self.active.discard)(code)
        return [Change(code, active, detail)]


def sharpness(image: Image) -> float:
    """Variance of the Laplacian of the picture at 320 × 180, in grey."""
    small = cv2.cvtColor(cv2.resize(image, SMALL, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    return float(cv2.Laplacian(small, cv2.CV_32F).var())
