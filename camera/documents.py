"""A document in a picture, read: found, straightened, judged, and its fields as far as they are sure. Pure but for the models.

    DocumentReader(text).look(image)   found and judged, a few milliseconds: for the preview and for «it lies still»
    DocumentReader(text).read(image)   and read, half a second on one core of a PC: on a worker thread

Without models (`text` None) a document is still found, straightened and judged; its fields are left to the guard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from camera import document_fields as df
from camera.base import Image
from camera.document_fields import Field
from camera.document_find import Found, find, straighten
from camera.document_layout import PHOTOGRAPHS
from camera.document_quality import Quality, quality
from camera.text import Box, TextReader

ASKED = 3
"""So many of the longest lines say which way up it is."""


@dataclass(frozen=True, slots=True)
class Look:
    """Where the card is, and whether the picture is good enough."""

    found: Found | None
    quality: Quality


@dataclass(frozen=True)
class Reading:
    """`kind` "" : none of the pages that are known here. `page`: the straightened card, upright when it could be read; None: no card."""

    kind: str
    page: Image | None
    quality: Quality
    fields: tuple[Field, ...] = ()

    def field(self, name: str) -> Field | None:
        """One field, or None when the page does not have it."""
        return next((field for field in self.fields if field.name == name), None)

    def face(self) -> Image | None:
        """The photograph on the document, cut out by the layout of that page; None where there is none."""
        if self.page is None or self.kind not in PHOTOGRAPHS:
            return None
        rows, columns = self.page.shape[:2]
        left, top, right, bottom = PHOTOGRAPHS[self.kind]
        return self.page[
            round(top * rows) : round(bottom * rows), round(left * columns) : round(right * columns)
        ].copy()


class DocumentReader:
    """Not thread-safe, as its TextReader."""

    def __init__(self, text: TextReader | None) -> None:
        self._text = text

    @property
    def reads(self) -> bool:
        """Whether it has models."""
        return self._text is not None

    @staticmethod
    def look(image: Image) -> Look:
        """Find the card and judge the picture."""
        found = find(image)
        return Look(found, quality(image, found))

    def read(self, image: Image) -> Reading:
        """Everything. A picture that is not good enough is not read, but straightened."""
        look = self.look(image)
        if look.found is None:
            return Reading("", None, look.quality)
        page = straighten(image, look.found.corners)
        if look.quality.problem or self._text is None:
            return Reading("", page, look.quality)
        page, boxes = self._upright(page, self._text.boxes(page))
        read = partial(self._text.line, page)
        lines = [read(box) for box in boxes]
        kind = df.page_of(lines)
        return Reading(kind, page, look.quality, df.fields(kind, lines, page, read) if kind else ())

    def _upright(self, page: Image, boxes: list[Box]) -> tuple[Image, list[Box]]:
        """Turned by half when the longest lines read better that way."""
        assert self._text is not None
        turned = np.ascontiguousarray(cv2.rotate(page, cv2.ROTATE_180)).astype(np.uint8, copy=False)
        rows, columns = page.shape[:2]
        around = [Box(columns - b.right, rows - b.bottom, columns - b.left, rows - b.top) for b in boxes]
        longest = sorted(range(len(boxes)), key=lambda n: boxes[n].left - boxes[n].right)[:ASKED]
        here = self._sureness(page, [boxes[n] for n in longest])
        there = self._sureness(turned, [around[n] for n in longest])
        if there <= here:
            return page, boxes
        return turned, sorted(around, key=lambda box: (box.middle, box.left))

    def _sureness(self, page: Image, boxes: Sequence[Box]) -> float:
        assert self._text is not None
        signs = [sign for box in boxes for sign in self._text.line(page, box).signs()]
        return float(np.mean([sign.confidence for sign in signs])) if signs else 0.0
