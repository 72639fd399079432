"""Does the camera still look where it looked? The place's lasting edges, compared tile by tile.

A picture at 320 × 180 is turned into its edges (magnitude of the gradient, smoothed, so that a mast that trembles in the wind is
none the wiser) and cut into 8 × 5 tiles. What the place looks like is learned at the start and follows slowly: the sun's way, dusk,
a heap of snow. A tile that has edges in both agrees when they correlate; the share of tiles that agree says whether the view is the
same. A car covers a good part of it for a minute, a lorry more; a turned camera leaves nothing. So the caller waits (health.py).

Nothing of light itself is compared, only where edges are: a lamp that goes on changes little. While the view is lost nothing is
learned; only the old view, or `forget`, ends it.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from camera.base import Image

SMALL = (320, 180)
COLUMNS, ROWS = 8, 5
AGREES = 0.45
"""Correlation, -1 to 1, from which a tile shows the same."""
LEAST_EDGES = 6.0
"""Standard deviation of a tile's edges below which it shows nothing that could be compared."""
LEAST_TILES = 6
FIRST = 8
"""Pictures from which the view is learned at the start, evenly."""
SLOW, SLOWER = 0.02, 0.004
"""What one picture changes where the tile agrees, and where it does not (something has come to stay)."""

Edges = NDArray[np.float32]


class View:
    """What one camera looks at."""

    def __init__(self) -> None:
        self._known: Edges | None = None
        self._count = 0

    def forget(self) -> None:
        """The next pictures are the view."""
        self._known, self._count = None, 0

    def compare(self, image: Image, *, lost: bool = False) -> float | None:
        """The share of tiles, 0 to 1, that show what they showed; None while nothing can be said. `lost`: learn nothing."""
        tiles = _tiles(image)
        if self._known is None or self._count < FIRST:
            self._count += 1
            self._known = (
                tiles if self._known is None else self._known + (tiles - self._known) / np.float32(self._count)
            )
            return None
        known, now = _centred(self._known), _centred(tiles)
        rich, there = known.std(axis=1), now.std(axis=1)
        judged = rich >= LEAST_EDGES
        if int(judged.sum()) < LEAST_TILES:
            self._learn(tiles, np.ones(len(tiles), bool))
            return None
        together = (known * now).mean(axis=1) / np.maximum(rich * there, 1e-6)
        agrees = together >= AGREES
        if not lost:
            self._learn(tiles, agrees)
        return float(agrees[judged].mean())

    def _learn(self, tiles: Edges, agrees: NDArray[np.bool_]) -> None:
        assert self._known is not None
        part = np.where(agrees, SLOW, SLOWER).astype(np.float32)[:, None]
        self._known = self._known + (tiles - self._known) * part


def _centred(tiles: Edges) -> Edges:
    mean: Edges = tiles.mean(axis=1, keepdims=True)
    return tiles - mean


def _tiles(image: Image) -> Edges:
    """Edges, a row for each tile."""
    grey = cv2.cvtColor(cv2.resize(image, SMALL, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    edges = cv2.GaussianBlur(cv2.magnitude(across, down), (0, 0), 2.0)
    high, wide = SMALL[1] // ROWS, SMALL[0] // COLUMNS
    cut = np.asarray(edges, np.float32).reshape(ROWS, high, COLUMNS, wide).swapaxes(1, 2)
    rows: Edges = np.empty((ROWS * COLUMNS, high * wide), np.float32)
    rows[:] = cut.reshape(rows.shape)
    return rows
