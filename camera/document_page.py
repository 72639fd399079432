"""The lines of one straightened page with its labels found, and the text beside a label decoded with the signs that it can have.

    label ──▶ where it stands (read, or where the layout has it) ──▶ what stands to its right, up to the next label ──▶ its signs

A table of a line holds more than its first reading: «8» and «B» are told apart by asking for digits only, one of 56 peoples or two sexes is
the likeliest of those words. A name whose signs stand too far apart has lost one that the alphabet does not have, and is unsure.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from camera.base import Image
from camera.document_layout import ENGLISH, LABELS, PLACES
from camera.text import Box, Floats, Line, Sign

SURE = 0.55
"""A field whose weakest sign is less sure than this is not sure."""


@dataclass(frozen=True, slots=True)
class Field:
    """One value. `text` "" : there is something that could not be read for sure. `others`: next likely readings, the likeliest first.

    `confidence` 0 to 1, of the weakest sign. `boxes`: where it stands on the straightened page. Dates as 2026-11-23; `valid_until`
    of a document without end is «长期».
    """

    name: str
    text: str
    confidence: float
    boxes: tuple[Box, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """Steps of a line that belong to a value."""

    line: Line
    begin: int = 0
    end: int | None = None

    @property
    def box(self) -> Box:
        """Of these steps."""
        whole, steps = self.line.box, len(self.line.table)
        wide = (whole.right - whole.left) / max(1, steps)
        right = whole.right if self.end is None else round(whole.left + self.end * wide)
        return Box(round(whole.left + self.begin * wide), whole.top, right, whole.bottom)

    def signs(self, only: Iterable[int] | None) -> list[Sign]:
        """As the field's own signs read it."""
        return self.line.signs(None if only is None else frozenset(only), self.begin, self.end)


class Page:
    """Lines with their labels found."""

    def __init__(self, kind: str, lines: Sequence[Line], image: Image, read: Callable[[Box], Line]) -> None:
        self.kind, self.image, self.read = kind, image, read
        self.lines = [line for line in lines if line.text and not ENGLISH.match(line.text)]
        alphabet = lines[0].alphabet if lines else ()
        self.number = {sign: index for index, sign in enumerate(alphabet) if sign}
        self.han = frozenset(index for sign, index in self.number.items() if sign == "·" or "一" <= sign <= "鿿")
        self.labels: dict[str, Part] = {}
        self.after: dict[str, Part] = {}
        used: list[Part] = []
        for line in self.lines:
            signs = line.signs()
            text = "".join(sign.text for sign in signs)
            for label in sorted(LABELS[kind], key=len, reverse=True):
                at = text.find(label)
                if (
                    at < 0
                    or label in self.labels
                    or any(u.line is line and u.begin <= signs[at].step <= (u.end or 0) for u in used)
                ):
                    continue
                last = at + len(label) - 1
                after = (
                    signs[last].step + 1
                    if last + 1 >= len(signs)
                    else (signs[last].step + signs[last + 1].step + 1) // 2
                )
                begin = 0 if at == 0 else (signs[at - 1].step + signs[at].step + 1) // 2
                self.labels[label] = Part(line, begin, after)
                used.append(self.labels[label])
                if last + 1 < len(signs):
                    self.after[label] = Part(line, after)
        places = {label: place[0] for label in LABELS[kind] if (place := self._place(label))}
        self._marks = places | {label: part.box for label, part in self.labels.items()}

    def beside(self, label: str) -> list[Part]:
        """What stands to the right of a label, up to the next label on that height; a label that was not read stands where it always does."""
        place = self._place(label)
        mark = self.labels[label].box if label in self.labels else place and place[0]
        if mark is None:
            return []
        nexts = [
            box
            for name, box in self._marks.items()
            if name != label and _level(mark, box) and box.left > mark.right - 4
        ]
        limit = min((box.left for box in nexts), default=self.image.shape[1])
        if place and label not in self.labels:
            limit = min(limit, place[1])
        parts = []
        own = {id(one.line) for one in self.labels.values()}
        for line in self.lines:
            speck = line.box.height < 0.62 * mark.height
            if (
                id(line) not in own
                and not speck
                and mark.right - mark.height / 3 <= line.box.left < limit
                and _level(mark, line.box)
            ):
                parts.append(Part(line))
        if label in self.after:
            part = self.after[label]
            same = [o.begin for o in self.labels.values() if o.line is part.line and o.begin >= part.begin]
            part = Part(part.line, part.begin, min(same) if same else None)
            edge = part.box.right - 0.3 * (part.box.right - part.box.left)
            if not any(other.box.left < edge for other in parts):  # else it is a sliver of the next box
                parts.append(part)
        if not parts and place:
            tall = mark.height // 4
            parts = [
                Part(
                    self.read(
                        Box(
                            mark.right + tall, mark.top - tall, max(mark.right + 4 * tall, place[1]), mark.bottom + tall
                        )
                    )
                )
            ]
        return sorted(parts, key=lambda part: part.box.left)

    def _place(self, label: str) -> tuple[Box, int] | None:
        """Where a label should be, and how far its value reaches."""
        place = PLACES[self.kind].get(label)
        if place is None:
            return None
        rows, columns = self.image.shape[:2]
        left, top, right, bottom, reach = place
        return Box(round(left * columns), round(top * rows), round(right * columns), round(bottom * rows)), round(
            reach * columns
        )

    def text(
        self, name: str, parts: Sequence[Part], only: Iterable[int] | None, sure: float = SURE, *, gaps: bool = False
    ) -> Field | None:
        """The parts one after another, with these signs."""
        if not parts:
            return None
        signs = [sign for part in parts for sign in part.signs(only)]
        weakest = min((sign.confidence for sign in signs), default=0.0)
        if gaps and any(_gap(part, only, self.image) for part in parts):
            weakest = 0.0
        said = "".join(sign.text for sign in signs)
        return Field(name, said if weakest >= sure else "", weakest, tuple(part.box for part in parts))

    def only(self, signs: str) -> frozenset[int]:
        """Numbers of these signs."""
        return frozenset(self.number[sign] for sign in signs if sign in self.number)

    def word(self, name: str, parts: Sequence[Part], words: Sequence[str]) -> Field | None:
        """The likeliest of a few words."""
        if not parts:
            return None
        part = parts[0]
        table = part.line.table[part.begin : part.end]
        ranked = sorted(
            ((_likely(table, [self.number.get(sign, -1) for sign in word]), word) for word in words), reverse=True
        )
        sure = ranked[0][0]
        return Field(name, ranked[0][1] if sure >= SURE else "", sure, (part.box,))


def _level(one: Box, other: Box) -> bool:
    """Whether two boxes stand at one height."""
    common = min(one.bottom, other.bottom) - max(one.top, other.top)
    return common > 0.35 * min(one.height, other.height)


def _likely(table: Floats, word: Sequence[int]) -> float:
    """How likely a word is, sign by sign in order: the weakest of the best places that they can have."""
    if -1 in word or not len(table):
        return 0.0
    best = np.zeros(len(table) + 1)
    best[:] = 1.0
    for sign in word:
        here = np.minimum(best[:-1], table[:, sign])
        best = np.concatenate([[0.0], np.maximum.accumulate(here)])
    others = [index for index in range(1, table.shape[1]) if index not in word]
    stray = float((table[:, others].max(axis=1) > 0.6).sum())
    return float(best[-1]) / (1.0 + stray)


def _gap(part: Part, only: Iterable[int] | None, image: Image) -> bool:
    """Whether between the signs, or at an end, there is room and ink for one that was not read."""
    signs = part.signs(only)
    box, steps = part.box, len(part.line.table)
    whole = part.line.box
    crop = image[box.top : box.bottom, box.left : box.right]
    if not signs or crop.size == 0:
        return True
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    ink = np.flatnonzero((grey < level).mean(axis=0) > 0.04)
    if not len(ink):
        return False
    wide = (whole.right - whole.left) / steps
    tall = np.flatnonzero((grey < level).mean(axis=1) > 0.02)
    side = max(8.0, 1.04 * float(tall[-1] - tall[0] + 1))
    middles = [(sign.step + 0.5 - part.begin) * wide for sign in signs]
    edges = [float(ink[0]) - side / 2, *middles, float(ink[-1]) + side / 2]
    for left, right in itertools.pairwise(edges):
        between = ink[(ink > left + side * 0.62) & (ink < right - side * 0.62)]
        if right - left > 1.6 * side and len(between) > 0.3 * side:
            return True
    return False
