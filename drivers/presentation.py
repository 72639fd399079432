"""One presentation of a card is one read.

A reader repeats its frame as long as the card is near (RDM6300: about every 65 ms). All of them are one presentation: the
window slides, each repeat extends it, and only a pause longer than the window, or another card, ends it.

    frames    A A A A . . . . A A . . . . . . . . . A B A
    reads     A                                     A B A
              |←      each gap < window      →|     ↑ gap > window
"""

from __future__ import annotations

DEFAULT_WINDOW_NS = 3_000_000_000


class Presentations:
    """Folds repeats of one reader. Pure: time comes in as monotonic nanoseconds."""

    def __init__(self, window_ns: int = DEFAULT_WINDOW_NS) -> None:
        self._window_ns = window_ns
        self._uid: bytes | None = None
        self._last_ns = 0

    def is_new(self, uid: bytes, mono_ns: int) -> bool:
        """True for the first read of a presentation, False for its repeats."""
        repeat = uid == self._uid and mono_ns - self._last_ns <= self._window_ns
        self._uid, self._last_ns = uid, mono_ns
        return not repeat
