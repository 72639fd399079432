"""Plain RapidOCR on a whole picture, to be measured beside the gate's own reader: PP-OCRv4's detector of text, then its recogniser.

The models and figures are those of the rapidocr package (3.8), whose own code is not run: it would pull in a geometry library, a clipper and a
configuration language for what is a hundred lines here. Differences: boxes grow by a rectangle's offset rather than a polygon's, and the
direction of the text is not asked. On pictures hardly larger than a plate that costs it what rapidocr might still read.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from camera.base import Image
from camera.plates.grammar import PROVINCES
from camera.plates.models import find
from camera.plates.session import Session

PLATE = re.compile(rf"[{PROVINCES}][A-Z][A-Z0-9]{{4}}(?:[A-Z0-9]{{1,2}}|[警学挂港澳领])")
SHORT, BINARY, BOX, GROWS = 736, 0.3, 0.5, 1.6
"""The shorter side for the detector, its two thresholds, and how boxes grow: as rapidocr's configuration has them."""
FLAT = 30
"""A picture with fewer rows is read as a line of text at once."""


class RapidOcr:
    """The two models."""

    def __init__(self) -> None:
        recogniser = find().text_recogniser
        self._detector = Session(Path(recogniser).with_name("ch_PP-OCRv4_det_infer.onnx"))
        self._recogniser = Session(recogniser)
        self._signs = ["", *self._recogniser.notes()["character"].split("\n"), " "]

    def plate(self, image: Image) -> str:
        """The plate in a picture: what in the lines of text looks like one, the surest line first; "" when nothing does."""
        lines = [image] if image.shape[0] <= FLAT else [self._straight(image, box) for box in self._boxes(image)]
        found = sorted((self._line(line) for line in lines), key=lambda each: -each[1])
        for text, _ in found:
            match = PLATE.search(re.sub(r"[^\w]", "", text).upper())
            if match:
                return match.group()
        return ""

    def _boxes(self, image: Image) -> list[Any]:
        rows, columns = image.shape[:2]
        factor = max(1.0, SHORT / min(rows, columns))
        size = tuple(max(32, round(each * factor / 32) * 32) for each in (columns, rows))
        batch = cv2.resize(image, size).astype(np.float32).transpose(2, 0, 1)[None] / 127.5 - 1.0
        score = self._detector.run(np.ascontiguousarray(batch))[0][0, 0]
        mask = cv2.dilate((score > BINARY).astype(np.uint8), np.ones((2, 2), np.uint8))
        contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        boxes = []
        for contour in contours[:1000]:
            (x, y), (wide, high), angle = cv2.minAreaRect(contour)
            if min(wide, high) < 3:
                continue
            inside = np.zeros(score.shape, np.uint8)
            cv2.fillPoly(inside, [contour], 1)
            if float(cv2.mean(score, inside)[0]) < BOX:
                continue
            grow = 2 * wide * high * GROWS / (2 * (wide + high))
            corners = cv2.boxPoints(((x, y), (wide + grow, high + grow), angle))
            boxes.append(corners * (columns / size[0], rows / size[1]))
        return boxes

    @staticmethod
    def _straight(image: Image, box: Any) -> Image:
        by_sum, by_difference = box.sum(axis=1), np.diff(box, axis=1)[:, 0]
        corners = box[[by_sum.argmin(), by_difference.argmin(), by_sum.argmax(), by_difference.argmax()]].astype(
            np.float32
        )
        wide = max(1, round(float(np.linalg.norm(corners[1] - corners[0]))))
        high = max(1, round(float(np.linalg.norm(corners[3] - corners[0]))))
        target = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
        flat = cv2.warpPerspective(
            image, cv2.getPerspectiveTransform(corners, target), (wide, high), borderMode=cv2.BORDER_REPLICATE
        )
        return np.rot90(flat).copy() if high >= 1.5 * wide else flat

    def _line(self, line: Image) -> tuple[str, float]:
        rows, columns = line.shape[:2]
        padded = max(320, int(48 * columns / rows))
        wide = min(padded, max(8, -(-48 * columns // rows)))
        batch = np.zeros((1, 3, 48, padded), np.float32)
        batch[0, :, :, :wide] = cv2.resize(line, (wide, 48)).transpose(2, 0, 1).astype(np.float32) / 127.5 - 1.0
        said = self._recogniser.run(batch)[0][0]
        best = said.argmax(axis=1)
        kept = [n for n in range(len(best)) if best[n] and (n == 0 or best[n] != best[n - 1])]
        sure = float(np.mean([said[n, best[n]] for n in kept])) if kept else 0.0
        return "".join(self._signs[best[n]] for n in kept), sure
