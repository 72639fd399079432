"""One presentation of a card is one read.

A reader repeats its frame as long as the card is near (RDM6300: about every 65 ms). All of them are one presentation: the
window slides, each repeat extends it, and only a pause longer than the window, or another card, ends it.

    frames    A A A A . . . . A A . . . . . . . . . A B A
    reads     A                                     A B A
              |←      each gap < window      →|     ↑ gap > window

A long-range reader sees `several` tags at once and reports them in turn; there each tag has a window of its own.
"""

from __future__ import annotations

DEFAULT_WINDOW_NS = 3_000_000_000


class Presentations:
    """Folds repeats of one reader. Pure: time comes in as monotonic nanoseconds."""

    def __init__(self, window_ns: int = DEFAULT_WINDOW_NS, *, several: bool = False) -> None:
        self._window_ns = window_ns
        self._several = several
        self._near: dict[bytes, int] = {}

    def is_new(self, uid: bytes, mono_ns: int) -> bool:
        """True for the first read of a presentation, False for its repeats."""
        near = {each: at for each, at in self._near.items() if mono_ns - at <= self._window_ns}
        repeat = uid in near
        self._near = (near if self._several else {}) | {uid: mono_ns}
        return not repeat

    def forget(self) -> None:
        """Whatever is read next is new."""
        self._near = {}
