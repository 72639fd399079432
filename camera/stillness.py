"""Whether a document lies still: then its picture is taken without a tap. Pure: what each look at the desk found goes in.

    nothing ──a card──▶ moving ──at one place and good for STILL_MS──▶ ready ──taken──▶ done ──moved away or gone──▶ nothing

A card that was taken is not taken again until it has been moved away: the back of it is another picture, and wants to be turned first.
The desk is looked at only while somebody's document is asked for; whoever knows that the next visitor's turn has come calls `forget`.
"""

from __future__ import annotations

import numpy as np

from camera.document_find import Corners

STILL_MS = 700
LEAST_LOOKS = 3
STAYS, LEAVES = 0.012, 0.12
"""How far corners may go, as a part of the card's width: less is the camera's noise; more is another place."""


class Stillness:
    """Of one desk. Times are monotonic milliseconds."""

    def __init__(self) -> None:
        self._place: Corners | None = None
        self._since_ms = 0
        self._looks = 0
        self._taken: Corners | None = None

    def feed(self, corners: Corners | None, good: bool, at_ms: int) -> bool:
        """One look: where the card is (None: there is none) and whether the picture is good. Whether to take it now."""
        if self._taken is not None and (corners is None or _gone(self._taken, corners) > LEAVES):
            self._taken = None
        if corners is None or not good:
            self._place = None
            return False
        if self._place is None or _gone(self._place, corners) > STAYS:
            self._place, self._since_ms, self._looks = corners, at_ms, 0
        self._looks += 1
        return self._taken is None and self._looks >= LEAST_LOOKS and at_ms - self._since_ms >= STILL_MS

    @property
    def done(self) -> bool:
        """What lies there was taken already."""
        return self._taken is not None

    def forget(self) -> None:
        """What was taken is gone, although nobody saw it go: what lies there now is somebody else's."""
        self._taken = None

    def taken(self, corners: Corners | None = None) -> None:
        """The picture was taken, by itself or by a tap."""
        self._taken = corners if corners is not None else self._place


def _gone(before: Corners, now: Corners) -> float:
    """How far the farthest corner has gone."""
    width = max(1.0, float(np.linalg.norm(before[1] - before[0])))
    return float(np.linalg.norm(now - before, axis=1).max()) / width
