"""Printed text read: where its lines are (a DB detector) and what they say (a CTC recogniser), with onnxruntime, on one core.

    image ──▶ probability of text for each pixel ──▶ boxes ──▶ for each box: a table of probabilities, one row a step from left to right

What is read is decoded from that table by whoever knows what it can be: a number has eleven signs, a sex has two words. So a `Line` keeps
its table, and the text of the whole alphabet is only its default reading. Models: PP-OCRv4 (mobile). Not thread-safe: one reader a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.base import Image

Floats = NDArray[np.float32]
Run = Callable[[Floats], Floats]
"""A model: a batch of pictures in, a table out."""

DETECT = (960, 608)
"""Width and height in which lines are looked for; the model wants multiples of 32."""
LIKELY, BOX_LIKELY = 0.3, 0.5
UNCLIP = 1.7
"""The model marks the core of a line; the box grows by this measure (area × UNCLIP / circumference on each side)."""
HEIGHT, MOST_WIDTH = 48, 960
MARGIN = 0.04
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_STD = np.array([0.229, 0.224, 0.225], np.float32)


@dataclass(frozen=True, slots=True)
class Box:
    """Pixels of the picture that was looked at."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def middle(self) -> float:
        """Of its height."""
        return (self.top + self.bottom) / 2

    @property
    def height(self) -> int:
        """In pixels."""
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Sign:
    """One character: how sure, and at which step of the table."""

    text: str
    confidence: float
    step: int


@dataclass(frozen=True)
class Line:
    """A line of text. `table`: steps × signs, probabilities; sign 0 is «nothing»."""

    box: Box
    table: Floats
    alphabet: Sequence[str]

    def signs(self, only: Collection[int] | None = None, begin: int = 0, end: int | None = None) -> list[Sign]:
        """Its characters, the best at each step; `only`: numbers of signs that are possible; from step `begin` to before `end`."""
        part = self.table[begin:end]
        if part.size == 0:
            return []
        if only is None:
            best, sure = part.argmax(axis=1), part.max(axis=1)
        else:
            columns = np.array([0, *sorted(only)])
            narrow = part[:, columns]
            best, sure = columns[narrow.argmax(axis=1)], narrow.max(axis=1)
        found: list[Sign] = []
        before = 0
        for step, (sign, how) in enumerate(zip(best.tolist(), sure.tolist(), strict=True)):
            if sign and sign != before:
                found.append(Sign(self.alphabet[sign], how, begin + step))
            elif sign and how > found[-1].confidence:
                found[-1] = Sign(found[-1].text, how, found[-1].step)
            before = sign
        return found

    @property
    def text(self) -> str:
        """As the whole alphabet reads it."""
        return "".join(sign.text for sign in self.signs())


class TextReader:
    """Over two models and the alphabet of the second, sign 0 left out."""

    def __init__(self, detect: Run, recognise: Run, alphabet: Sequence[str]) -> None:
        self._detect, self._recognise = detect, recognise
        self.alphabet = ("", *alphabet, " ")
        self.number = {sign: index for index, sign in enumerate(self.alphabet) if sign}

    def lines(self, image: Image) -> list[Line]:
        """All lines of an upright picture, from the top."""
        return [self.line(image, box) for box in self.boxes(image)]

    def boxes(self, image: Image) -> list[Box]:
        """Where lines are, from the top."""
        rows, columns = image.shape[:2]
        small = cv2.resize(image, DETECT, interpolation=cv2.INTER_AREA if columns > DETECT[0] else cv2.INTER_LINEAR)
        given = ((small.astype(np.float32) / 255 - _MEAN) / _STD).transpose(2, 0, 1)[None]
        likely = self._detect(np.ascontiguousarray(given))[0, 0]
        contours, _ = cv2.findContours((likely > LIKELY).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        across, down = columns / DETECT[0], rows / DETECT[1]
        found = []
        for contour in contours:
            left, top, width, height = cv2.boundingRect(contour)
            if min(width, height) < 4 or float(likely[top : top + height, left : left + width].mean()) < BOX_LIKELY:
                continue
            grow = width * height * UNCLIP / (2 * (width + height))
            found.append(
                Box(
                    max(0, round((left - grow) * across)),
                    max(0, round((top - grow) * down)),
                    min(columns, round((left + width + grow) * across)),
                    min(rows, round((top + height + grow) * down)),
                )
            )
        return sorted(found, key=lambda box: (box.middle, box.left))

    def line(self, image: Image, box: Box) -> Line:
        """What stands in a box."""
        part = image[box.top : box.bottom, box.left : box.right]
        width = min(MOST_WIDTH, max(HEIGHT, round(part.shape[1] * HEIGHT / part.shape[0])))
        sized = cv2.resize(part, (width, HEIGHT), interpolation=cv2.INTER_LINEAR).astype(np.float32)
        given = ((sized / 255 - 0.5) / 0.5).transpose(2, 0, 1)[None]
        return Line(box, self._recognise(np.ascontiguousarray(given))[0], self.alphabet)
