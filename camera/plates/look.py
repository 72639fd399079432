"""One frame: find plates, straighten, read, weigh; a quick pass, and slower ones only where it leaves doubt.

quick   the detector at 640 pixels, each plate in one view, in one row or two by its proportion          about 50 ms on one core
slow    the likeliest plates in all views, in the other number of rows where the proportion leaves it open    60 ms more
again   the detector at 1152 and 384, and the picture itself as a plate: only while nothing readable was found
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from camera.base import Frame, Image
from camera.plates import judge, straighten, views
from camera.plates.colour import colour, contradicts, favour, shares
from camera.plates.detect import Detector, Found
from camera.plates.grammar import kind
from camera.plates.straighten import Corners
from camera.plates.views import Eyes
from camera.plates.weigh import Views, Weighed, texts, weigh
from camera.size import fit

QUICK: Final = 640
AGAIN: Final = (1152, 384)
"""The longer side of the picture for the detector."""
CLOSER: Final = 320
"""The same for the part of the picture around a plate."""
LEAST: Final = 0.4
"""A plate's least score."""
SMALLEST: Final = 12
"""A picture with fewer rows or columns shows no plate."""
LARGEST: Final = 2560
"""Longer pictures are made smaller first."""
PLATES: Final = 3
"""So many plates of a picture are read."""
TWO_ROWS: Final = 2.45
"""A plate of a smaller proportion has two rows, most likely …"""
PERHAPS: Final = 2.8
"""… and below this it may."""
READABLE: Final = 0.2
"""With less confidence than this it may be no plate at all: look again."""
STRIP: Final = (1.6, 7.0)
"""A picture of such proportions may be a plate itself."""
SMALL_STRIP: Final = 200
"""… and one with so few rows most likely is."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A plate of one frame with all that is known about it."""

    frame: int
    corners: Corners
    score: float
    crop: Image
    rows: int
    views: Views
    ranked: tuple[Weighed, ...]
    colour: str
    kind: str
    favour: dict[str, float]
    against: bool
    confidence: float

    @property
    def text(self) -> str:
        """The heaviest text; "" when there is none."""
        return self.ranked[0].text if self.ranked else ""

    @property
    def certain(self) -> bool:
        """Whether this frame alone is enough."""
        return self.confidence >= judge.CERTAIN

    @property
    def sure(self) -> bool:
        """Whether the quick pass was enough."""
        return self.confidence >= judge.SURE

    @property
    def width(self) -> float:
        """Of the plate, in pixels."""
        return float(np.linalg.norm(self.corners[1] - self.corners[0]))


def usable(image: object) -> bool:
    """Whether it is a picture at all: rows × columns × 3, 8 bits, of some size."""
    return (
        isinstance(image, np.ndarray)
        and image.dtype == np.uint8
        and image.ndim == 3
        and image.shape[2] == 3
        and min(image.shape[:2]) >= SMALLEST
    )


class Look:
    """Reads the chief plate of a frame. Not for two threads at once."""

    def __init__(self, detector: Detector, eyes: Eyes) -> None:
        self._detector = detector
        self._eyes = eyes

    def at(self, frame: Frame) -> Seen | None:
        """The plate that is to be read in this frame; None when there is none."""
        if not usable(frame.image):
            return None
        small = fit(frame.image, LARGEST, LARGEST)
        seen = self._at(replace(frame, image=small))
        factor = frame.image.shape[1] / small.shape[1]
        return replace(seen, corners=seen.corners * np.float32(factor)) if seen and factor != 1.0 else seen

    def _at(self, frame: Frame) -> Seen | None:
        image = frame.image
        rows, columns = image.shape[:2]
        strip = STRIP[0] <= columns / rows <= STRIP[1]
        whole = Found(straighten.whole(image), 0.0)
        small = strip and rows <= SMALL_STRIP
        found = [whole] if small else self._detector.find(image, QUICK, LEAST)[:PLATES]
        best = chief(self._quick(frame, each) for each in found)
        if best is not None and best.sure:
            return best
        best = chief(self._slow(frame, each) for each in ([best] if best else []))
        if small:
            return best
        for longest in AGAIN:
            if best is not None and best.confidence >= READABLE:
                return best
            more = self._detector.find(image, longest, LEAST)[:PLATES]
            seen = chief(self._quick(frame, each) for each in more)
            best = chief((best, seen if seen is None or seen.sure else self._slow(frame, seen)))
        if strip and (best is None or best.confidence < READABLE):
            best = chief((best, self._quick(frame, whole)))
        return best

    def _closer(self, image: Image, corners: Corners) -> Found | None:
        """The same plate found once more, in the part of the picture around it: truer corners, the more so for a small or slanting plate."""
        left, top = corners.min(axis=0)
        right, bottom = corners.max(axis=0)
        wide, high = max(8.0, right - left), max(8.0, bottom - top)
        size = (round(wide * 1.6), round(wide * 0.8 + high))
        corner = np.array([(left + right - size[0]) / 2, (top + bottom - size[1]) / 2], np.float32)
        shift = np.array([[1, 0, -corner[0]], [0, 1, -corner[1]]], np.float32)
        part = cv2.warpAffine(image, shift, size, borderMode=cv2.BORDER_CONSTANT, borderValue=(90, 90, 90))
        near = [
            replace(each, corners=each.corners + corner)
            for each in self._detector.find(part.astype(np.uint8, copy=False), CLOSER, LEAST)
        ]
        middle = (corners.mean(axis=0), wide * 0.25)
        same = [each for each in near if np.linalg.norm(each.corners.mean(axis=0) - middle[0]) < middle[1]]
        return same[0] if same else None

    def _quick(self, frame: Frame, found: Found) -> Seen:
        """In one view; where the proportion leaves it open, in one row and in two."""
        proportion = straighten.proportion(found.corners)
        likely = 2 if proportion < TWO_ROWS else 1
        seen = self._judged(frame, found, self._views(frame, found, likely, quick=True), likely)
        if seen.sure or proportion > PERHAPS:
            return seen
        other = 3 - likely
        return heavier(seen, self._judged(frame, found, self._views(frame, found, other, quick=True), other))

    def _slow(self, frame: Frame, seen: Seen) -> Seen:
        """In all views, with truer corners."""
        found = self._closer(frame.image, seen.corners) or Found(seen.corners, seen.score)
        more = self._views(frame, found, seen.rows, quick=False)
        return self._judged(frame, found, seen.views + more, seen.rows)

    def _views(self, frame: Frame, found: Found, rows: int, *, quick: bool) -> Views:
        if rows == 2:
            splits = straighten.ROW_SPLITS[:1] if quick else straighten.ROW_SPLITS[1:]
            return self._eyes.two_rows(frame.image, found.corners, splits)
        return self._eyes.one_row(frame.image, found.corners, views.QUICK if quick else views.SLOW)

    def _judged(self, frame: Frame, found: Found, said: Views, rows: int) -> Seen:
        size = straighten.TALL if rows == 2 else straighten.SIZE
        crop = straighten.flat(frame.image, found.corners, (0.04, 0.08, 0.08), size)
        found_shares = shares(crop)
        favoured = favour(found_shares)
        ranked = tuple(weigh(said, texts(said), favoured))
        text_kind = kind(ranked[0].text) if ranked else ""
        name = colour(found_shares, text_kind)
        against = contradicts(found_shares, text_kind)
        confidence = judge.confidence(judge.signs(ranked, said), contradicted=against) if ranked else 0.0
        return Seen(
            frame.number,
            found.corners,
            found.score,
            crop,
            rows,
            said,
            ranked,
            name,
            text_kind,
            favoured,
            against,
            confidence,
        )


def heavier(one: Seen, other: Seen) -> Seen:
    """Of two ways to read the same plate the one that explains it better."""
    return max((one, other), key=lambda each: each.ranked[0].log if each.ranked else -np.inf)


def chief(seen: Iterable[Seen | None]) -> Seen | None:
    """The plate that matters: the widest of those that can be read, or else the one that comes nearest to it."""
    plates = [each for each in seen if each is not None]
    readable = [each for each in plates if each.confidence >= 0.5]
    if readable:
        return max(readable, key=lambda each: each.width)
    return max(plates, key=lambda each: each.confidence, default=None)
