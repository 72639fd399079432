"""A card found in a picture and straightened: any turn, any slant a camera over a desk can have.

    picture, small ──▶ edges and tones, several ways ──▶ outlines ──▶ quadrilaterals that could be a card
                   ──▶ the one whose sides are best borne out ──▶ sides fitted again at full size ──▶ straightened

A card is 85.6 × 54 mm (ISO 7810 ID-1), a driving licence 88 × 60 mm: sides of 1.47 to 1.59 to one. A side counts as borne out where
the picture changes across it. The photograph on the card and whatever lies about are smaller or have less to show for themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.base import Image

Corners = NDArray[np.float32]
"""4 × 2: column and row of the corners, clockwise from the top left of the card as it is read or upside down."""

SMALL = 640
LEAST_AREA, MOST_AREA = 0.03, 0.97
"""Of the picture."""
FLATTEST, SQUAREST = 1.95, 1.22
LEAST_SUPPORT = 0.55
PAGE = (1024, 648)
"""Size of a straightened card, about 12 pixels a millimetre."""
PROBES = 48
EDGE = 3
"""Pixels beside the picture's edge: what comes nearer is cut off."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where a card is. `support`: how much of its outline is borne out, 0 to 1. `cut`: it reaches out of the picture."""

    corners: Corners
    support: float
    cut: bool

    @property
    def width(self) -> float:
        """Of the card in the picture, in pixels."""
        top, bottom = (float(np.linalg.norm(self.corners[a] - self.corners[b])) for a, b in ((1, 0), (2, 3)))
        return (top + bottom) / 2


def find(image: Image) -> Found | None:
    """The card in a picture, or None."""
    rows, columns = image.shape[:2]
    if rows < 64 or columns < 64:
        return None
    scale = min(1.0, SMALL / max(rows, columns))
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    planes = _planes(small)
    best, best_worth, best_support = None, 0.0, 0.0
    for quad in _candidates(planes, small.shape[0] * small.shape[1]):
        support = _support(planes, quad)
        worth = support * float(np.sqrt(cv2.contourArea(quad)))
        if support >= LEAST_SUPPORT and worth > best_worth:
            best, best_worth, best_support = quad, worth, support
    if best is None:
        return None
    refined = _refined(planes, best, 5)
    corners = _refined(_planes(image), refined / scale, max(3, round(2.5 / scale)))
    inside = (corners > EDGE).all() and (corners[:, 0] < columns - EDGE).all() and (corners[:, 1] < rows - EDGE).all()
    return Found(corners, best_support, not inside)


def straighten(image: Image, corners: Corners, size: tuple[int, int] = PAGE) -> Image:
    """The card alone, seen from straight above."""
    turn = cv2.getPerspectiveTransform(corners.astype(np.float32), _square(size))
    return cv2.warpPerspective(image, turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE).astype(
        np.uint8
    )


def _square(size: tuple[int, int]) -> Corners:
    width, height = size
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)


def _planes(image: Image) -> list[NDArray[np.uint8]]:
    """Brightness and the two colours, a little smoothed: a white card on a white desk differs at least in one."""
    lab = cv2.cvtColor(cv2.GaussianBlur(image, (5, 5), 0), cv2.COLOR_BGR2LAB)
    return [np.ascontiguousarray(lab[:, :, number]) for number in range(3)]


def _candidates(planes: list[NDArray[np.uint8]], area: int) -> Iterator[Corners]:
    for mask in _masks(planes):
        contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        for contour in contours:
            hull = cv2.convexHull(contour)
            if not LEAST_AREA * area <= cv2.contourArea(hull) <= MOST_AREA * area:
                continue
            for quad in _quads(hull):
                if _could_be(quad, area):
                    yield _ordered(quad)


def _masks(planes: list[NDArray[np.uint8]]) -> Iterator[cv2.typing.MatLike]:
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (5, 5))
    for plane in planes:
        for low, high in ((20, 60), (50, 130)):
            yield cv2.morphologyEx(cv2.Canny(plane, low, high), cv2.MORPH_CLOSE, kernel)
        _, tone = cv2.threshold(plane, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
        opened = cv2.morphologyEx(tone, cv2.MORPH_OPEN, kernel)
        yield opened
        yield cv2.bitwise_not(opened)


def _quads(hull: cv2.typing.MatLike) -> Iterator[Corners]:
    around = cv2.arcLength(hull, True)
    for fine in (0.02, 0.04, 0.07):
        few = cv2.approxPolyDP(hull, fine * around, True)
        if len(few) == 4:
            yield few[:, 0].astype(np.float32)
            break
    yield cv2.boxPoints(cv2.minAreaRect(hull)).astype(np.float32)


def _could_be(quad: Corners, area: int) -> bool:
    if not cv2.isContourConvex(quad) or not LEAST_AREA * area <= cv2.contourArea(quad) <= MOST_AREA * area:
        return False
    sides = [float(np.linalg.norm(quad[n] - quad[(n + 1) % 4])) for n in range(4)]
    one, other = (sides[0] + sides[2]) / 2, (sides[1] + sides[3]) / 2
    uneven = max(max(sides[0], sides[2]) / min(sides[0], sides[2]), max(sides[1], sides[3]) / min(sides[1], sides[3]))
    return SQUAREST <= max(one, other) / max(1.0, min(one, other)) <= FLATTEST and uneven < 1.6


def _ordered(quad: Corners) -> Corners:
    """Clockwise, a long side first: which of the two long sides is the top only the text can say."""
    middle = quad.mean(axis=0)
    angle = np.arctan2(quad[:, 1] - middle[1], quad[:, 0] - middle[0])
    turned = quad[np.argsort(angle)]
    if np.linalg.norm(turned[1] - turned[0]) < np.linalg.norm(turned[2] - turned[1]):
        turned = np.roll(turned, 1, axis=0)
        if turned[0][1] > turned[2][1]:
            turned = np.roll(turned, 2, axis=0)
    return turned.astype(np.float32)


def _sample(plane: NDArray[np.uint8], points: NDArray[np.float32]) -> NDArray[np.float32]:
    columns, rows = (np.ascontiguousarray(points[..., n], dtype=np.float32) for n in (0, 1))
    return cv2.remap(plane, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)


def _across(quad: Corners, number: int, reach: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Points along a side (corners left out: cards are round there) and, for each, a row of points across it; the outward normal."""
    begin, end = quad[number], quad[(number + 1) % 4]
    along = np.linspace(0.06, 0.94, PROBES, dtype=np.float32)[:, None]
    on = begin + along * (end - begin)
    way = (end - begin) / max(1e-3, float(np.linalg.norm(end - begin)))
    normal = np.array([way[1], -way[0]], np.float32)
    steps = np.arange(-reach, reach + 1, dtype=np.float32)[None, :, None]
    return on[:, None, :] + steps * normal, normal


def _support(planes: list[NDArray[np.uint8]], quad: Corners) -> float:
    """Part of the outline at which brightness or colour changes; the worst side counts twice."""
    shares = []
    for number in range(4):
        points, _ = _across(quad, number, 4)
        change = np.zeros(PROBES, np.float32)
        for plane in planes:
            values = _sample(plane, points)
            change = np.maximum(change, np.abs(values[:, :3].mean(axis=1) - values[:, -3:].mean(axis=1)))
        shares.append(float((change > 6).mean()))
    return (sum(shares) + min(shares)) / 5


def _refined(planes: list[NDArray[np.uint8]], quad: Corners, reach: int) -> Corners:
    """Each side laid through where the picture changes most within `reach` pixels of it."""
    lines = []
    for number in range(4):
        points, _ = _across(quad, number, reach)
        strength = np.zeros((PROBES, 2 * reach - 1), np.float32)
        for plane in planes:
            values = _sample(plane, points)
            strength = np.maximum(strength, np.abs(values[:, 2:] - values[:, :-2]))
        place = strength.argmax(axis=1)
        sure = strength[np.arange(PROBES), place] > 4
        on = points[np.arange(PROBES), place + 1][sure]
        if len(on) < PROBES // 3:
            on = points[:, reach]
        line = cv2.fitLine(on.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).reshape(4)
        lines.append(line)
    corners = [_meet(lines[number - 1], lines[number]) for number in range(4)]
    made = np.array([old if new is None else new for old, new in zip(quad, corners, strict=True)], np.float32)
    far = np.abs(made - quad).max() > 4 * reach
    return quad if far else made


def _meet(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32] | None:
    (ax, ay, px, py), (bx, by, qx, qy) = one, other
    cross = ax * by - ay * bx
    if abs(cross) < 1e-3:
        return None
    far = ((qx - px) * by - (qy - py) * bx) / cross
    return np.array([px + far * ax, py + far * ay], np.float32)
