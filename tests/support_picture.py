"""Pictures of a page for the guides: a palette PNG of few colours, clear to read and small to keep."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np

MOST_BYTES = 60_000


def keep(png: bytes, path: Path) -> None:
    """Write it with as many colours as its size allows."""
    for colours in (16, 12, 8, 6):
        small = palette(png, colours)
        if len(small) <= MOST_BYTES:
            break
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(small)
    print(f"{path.name} · {len(small) // 1000} KB", flush=True)


def palette(png: bytes, colours: int) -> bytes:
    """The same picture with so many colours (16 at most: half a byte each), chosen by k-means over the colours that it has."""
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    pixels = pixels[:, : pixels.shape[1] // 2 * 2]  # two to a byte
    height, width = pixels.shape[:2]
    flat = (pixels >> 2 << 2).reshape(-1, 3)
    packed = flat.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    seen, where, often = np.unique(packed, return_inverse=True, return_counts=True)
    points = np.stack([seen >> 16, seen >> 8 & 255, seen & 255], 1).astype(np.float32)
    chosen = _clusters(points, often, colours)
    nearest = np.argmin(((points[:, None] - chosen[None]) ** 2).sum(2), 1)
    index = nearest[where].reshape(height, width).astype(np.uint8)
    rows = index[:, 0::2] << 4 | index[:, 1::2]
    raw = np.concatenate([np.zeros((height, 1), np.uint8), rows], 1).tobytes()
    table = np.clip(chosen[:, ::-1].round(), 0, 255).astype(np.uint8).tobytes()
    head = struct.pack(">IIBBBBB", width, height, 4, 3, 0, 0, 0)
    parts = [(b"IHDR", head), (b"PLTE", table), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in parts
    )


def _clusters(points: np.ndarray, often: np.ndarray, colours: int) -> np.ndarray:
    """Lloyd's k-means, where a colour counts by the root of how often it is there: a small red sign stays red."""
    weight = np.sqrt(often.astype(np.float64))
    chosen = [points[np.argmax(often)]]
    for _ in range(colours - 1):  # the next is the one that is worst served so far
        far = np.min(((points[:, None] - np.array(chosen)[None]) ** 2).sum(2), 1)
        chosen.append(points[np.argmax(far * weight)])
    centres = np.array(chosen)
    for _ in range(12):
        nearest = np.argmin(((points[:, None] - centres[None]) ** 2).sum(2), 1)
        for n in range(colours):
            if (mine := nearest == n).any():
                centres[n] = np.average(points[mine], axis=0, weights=weight[mine])
    return centres
