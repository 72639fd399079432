"""Specimen documents, drawn: a resident identity card (GA 448, both sides, 85.6 × 54 mm) and a driving licence (GA 482, 88 × 60 mm).

For the simulated gate and for tests. They have the layout and the colours of the real ones, and nothing that would let them pass for
one: «样本 SPECIMEN» stands where the photograph is, there is no emblem and no pattern. Whoever asks says what is written on them.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from camera.base import Image
from camera.plate_art import Colour, font

SCALE = 12.0
"""Pixels a millimetre."""
IDENTITY, IDENTITY_BACK, LICENCE = "resident-id", "resident-id-back", "driving-licence"
SIZES = {IDENTITY: (85.6, 54.0), IDENTITY_BACK: (85.6, 54.0), LICENCE: (88.0, 60.0)}
"""Kind of page → width and height in millimetres."""

INK: Colour = (28, 24, 24)
LABEL: Colour = (150, 96, 40)
LINE = 11
"""Characters in a line of an address on an identity card."""


@dataclass(frozen=True, slots=True)
class Specimen:
    """What is written on a made-up document. Dates are 2026-11-23; `valid_until` "" stands for 长期. `kind`: a key of SIZES."""

    kind: str
    name: str = ""
    sex: str = ""
    nation: str = ""
    birth: str = ""
    address: str = ""
    number: str = ""
    authority: str = ""
    valid_from: str = ""
    valid_until: str = ""
    vehicle_class: str = ""


def draw(specimen: Specimen) -> Image:
    """The page, upright, at SCALE pixels a millimetre. ValueError for a kind that is not drawn here."""
    if specimen.kind not in SIZES:
        raise ValueError(f"no such document: {specimen.kind!r}")
    width, height = SIZES[specimen.kind]
    page = _Page(width, height)
    {IDENTITY: _front, IDENTITY_BACK: _back, LICENCE: _licence}[specimen.kind](page, specimen)
    return page.image


class _Page:
    """A sheet that is written on in millimetres."""

    def __init__(self, width: float, height: float) -> None:
        rows, columns = round(height * SCALE), round(width * SCALE)
        self.image: Image = np.empty((rows, columns, 3), np.uint8)
        across = np.linspace(0.0, 1.0, columns)[None, :, None]
        self.image[:] = (np.array([238, 240, 232]) * (1 - across) + np.array([226, 232, 240]) * across).astype(np.uint8)
        for row in range(0, rows, 14):  # the fine lines in the paper
            wave = (row + 5 * np.sin(np.arange(0, columns, 8) / 60)).astype(np.int32)
            line = np.stack([np.arange(0, columns, 8, dtype=np.int32), wave], axis=1)
            cv2.polylines(self.image, [line], False, (218, 226, 222), 1, cv2.LINE_AA)

    def write(self, x: float, y: float, text: str, size: float, colour: Colour = INK, weight: int = 500) -> None:
        """Text of a height in millimetres, with its baseline at y."""
        cv2.putText(self.image, text, (round(x * SCALE), round(y * SCALE)), colour, font(), round(size * SCALE), weight)

    def spread(self, x: float, y: float, text: str, size: float, step: float) -> None:
        """One sign at a time at an even distance, as numbers are printed."""
        for number, sign in enumerate(text):
            self.write(x + number * step, y, sign, size)

    def photograph(self, x: float, y: float, width: float, height: float) -> None:
        """A silhouette that says what it is."""
        left, top, right, bottom = (round(v * SCALE) for v in (x, y, x + width, y + height))
        area = self.image[top:bottom, left:right]
        area[:] = (226, 222, 216)
        rows, columns = area.shape[:2]
        centre = columns // 2
        cv2.ellipse(
            area, (centre, rows), (columns * 45 // 100, rows * 36 // 100), 0, 180, 360, (120, 92, 70), -1, cv2.LINE_AA
        )
        cv2.ellipse(
            area, (centre, rows * 42 // 100), (columns // 4, rows // 4), 0, 0, 360, (150, 178, 214), -1, cv2.LINE_AA
        )
        cv2.ellipse(
            area,
            (centre, rows * 34 // 100),
            (columns * 27 // 100, rows // 6),
            0,
            180,
            360,
            (40, 40, 44),
            -1,
            cv2.LINE_AA,
        )
        self.write(x + width * 0.30, y + height * 0.86, "样本", width * 0.2, (235, 235, 240), 700)


def _front(page: _Page, s: Specimen) -> None:
    """The side with the name."""
    page.write(6, 8.6, "姓名", 2.6, LABEL)
    page.write(15.5, 8.8, s.name, 3.5)
    page.write(6, 15.4, "性别", 2.6, LABEL)
    page.write(15.5, 15.5, s.sex, 3.0)
    page.write(24, 15.4, "民族", 2.6, LABEL)
    page.write(32, 15.5, s.nation, 3.0)
    year, month, day = (str(int(part)) for part in s.birth.split("-"))
    page.write(6, 22.1, "出生", 2.6, LABEL)
    page.write(15.5, 22.2, year, 3.0)
    page.write(23.5, 22.1, "年", 2.6, LABEL)
    page.write(28.5, 22.2, month.rjust(2), 3.0)
    page.write(33.5, 22.1, "月", 2.6, LABEL)
    page.write(38, 22.2, day.rjust(2), 3.0)
    page.write(43, 22.1, "日", 2.6, LABEL)
    page.write(6, 28.9, "住址", 2.6, LABEL)
    for row in range(0, len(s.address), LINE):
        page.write(15.5, 29.0 + row // LINE * 4.4, s.address[row : row + LINE], 3.0)
    page.write(6, 48.8, "公民身份号码", 2.6, LABEL)
    page.spread(28.5, 49.0, s.number, 3.4, 2.75)
    page.photograph(58, 8, 22, 29)


def _back(page: _Page, s: Specimen) -> None:
    """The side with the emblem's place, the authority and the dates."""
    cv2.circle(page.image, (round(13 * SCALE), round(14 * SCALE)), round(7 * SCALE), (70, 70, 190), 3, cv2.LINE_AA)
    page.write(9.2, 15.2, "样本", 3.6, (70, 70, 190))
    page.write(27, 13.5, "中华人民共和国", 5.0)
    page.write(29, 23.5, "居民身份证", 6.4)
    page.write(17, 42.0, "签发机关", 2.6, LABEL)
    page.write(32, 42.2, s.authority, 3.0)
    page.write(17, 49.0, "有效期限", 2.6, LABEL)
    until = s.valid_until.replace("-", ".") or "长期"
    page.write(32, 49.2, f"{s.valid_from.replace('-', '.')}-{until}", 3.0)


def _licence(page: _Page, s: Specimen) -> None:
    """The main page of a driving licence."""
    frame = [round(v * SCALE) for v in (2.5, 2.5, 85.5, 57.5)]
    cv2.rectangle(page.image, (frame[0], frame[1]), (frame[2], frame[3]), (150, 160, 140), 2, cv2.LINE_AA)
    page.write(23, 8.0, "中华人民共和国机动车驾驶证", 3.2)
    page.write(21, 11.4, "Driving License of the People's Republic of China", 1.9)
    page.write(6, 17.0, "证号", 2.2, LABEL)
    page.write(6, 19.4, "License No.", 1.5, LABEL)
    page.write(24, 18.0, s.number, 3.0)
    page.write(6, 24.0, "姓名", 2.2, LABEL)
    page.write(6, 26.2, "Name", 1.5, LABEL)
    page.write(14, 25.0, s.name, 3.0)
    page.write(38, 24.0, "性别", 2.2, LABEL)
    page.write(38, 26.2, "Sex", 1.5, LABEL)
    page.write(46, 25.0, s.sex, 3.0)
    page.write(55, 24.0, "国籍", 2.2, LABEL)
    page.write(55, 26.2, "Nationality", 1.5, LABEL)
    page.write(66, 25.0, "中国", 3.0)
    page.write(6, 30.6, "住址", 2.2, LABEL)
    page.write(6, 32.8, "Address", 1.5, LABEL)
    for row in range(0, len(s.address), 22):
        page.write(14, 31.2 + row // 22 * 3.4, s.address[row : row + 22], 2.7)
    rows = (
        ("出生日期", "Date of Birth", s.birth),
        ("初次领证日期", "Date of First Issue", s.valid_from),
        ("准驾车型", "Class", s.vehicle_class),
    )
    for number, (chinese, english, value) in enumerate(rows):
        top = 39.0 + number * 4.9
        page.write(27, top, chinese, 2.2, LABEL)
        page.write(27, top + 2.1, english, 1.4, LABEL)
        page.write(43, top + 0.9, value, 2.7)
    page.write(6, 54.2, "有效期限", 2.2, LABEL)
    page.write(6, 56.2, "Valid Period", 1.4, LABEL)
    page.write(19, 55.2, f"{s.valid_from} 至 {s.valid_until or '长期'}", 2.9)
    cv2.rectangle(
        page.image,
        tuple(round(v * SCALE) for v in (5, 37)),
        tuple(round(v * SCALE) for v in (23, 50)),
        (70, 70, 200),
        3,
        cv2.LINE_AA,
    )
    page.write(8.5, 45.2, "样本专用章", 2.4, (70, 70, 200))
    page.photograph(66, 34, 16, 20.5)
