"""A text as the picture of a QR code: PNG for a screen or a message, SVG for paper. OpenCV draws it; nothing else is needed."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

SCALE = 8
"""Pixels a module: a code of version 10 becomes 520 pixels wide, which a camera at arm's length reads from a telephone."""


def modules(text: str) -> NDArray[np.uint8]:
    """The code with its quiet zone: 0 dark, 255 light. Level M: 15 % may be damaged. Raises ValueError for a text that is too long."""
    wanted = cv2.QRCodeEncoder.Params()
    wanted.correction_level = cv2.QRCODE_ENCODER_CORRECT_LEVEL_M
    try:
        made = cv2.QRCodeEncoder.create(wanted).encode(text)
    except cv2.error as e:
        raise ValueError(f"no QR code holds a text of {len(text)} signs") from e
    return np.asarray(made, np.uint8)


def version(text: str) -> int:
    """1 to 40: how many modules it has."""
    dark = np.flatnonzero((modules(text) == 0).any(axis=0))
    return (int(dark[-1] - dark[0]) + 1 - 17) // 4


def png(text: str, scale: int = SCALE) -> bytes:
    """As PNG. Raises ValueError."""
    drawn = np.kron(modules(text), np.ones((scale, scale), np.uint8))
    return bytes(cv2.imencode(".png", drawn)[1])


def svg(text: str) -> str:
    """As SVG, one unit a module: sharp at any size. Raises ValueError."""
    grid = modules(text)
    size = grid.shape[0]
    runs = "".join(f"M{x} {y}h1v1h-1z" for y in range(size) for x in range(size) if grid[y, x] == 0)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<rect width="{size}" height="{size}" fill="#fff"/><path d="{runs}" fill="#000"/></svg>\n'
    )


def write(text: str, path: Path) -> None:
    """Into a file, by its ending: .svg or .png. Raises ValueError, OSError."""
    if path.suffix.lower() == ".svg":
        path.write_text(svg(text), "utf-8")
    elif path.suffix.lower() == ".png":
        path.write_bytes(png(text))
    else:
        raise ValueError(f"{path.name}: .png or .svg")
