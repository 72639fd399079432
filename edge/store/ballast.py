"""Room that is kept back for the day when the disk is full.

A gate whose disk is full cannot record, and what cannot be recorded must not be done: the barrier would stay shut. So some
megabytes next to the database are taken in advance. When a commit finds the disk full, they are given back and the commit is
tried again: at a few kilobytes an event that is hours of traffic, in which the page shows the fault and somebody can clean up.
When there is room again (twice its size, so that it does not come and go), the ballast is taken anew.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from edge.store.sqlite import free_bytes

DEFAULT = 8 << 20


class Ballast:
    """`size` bytes at `path`; 0: none is kept. A disk that refuses (read-only, gone) counts as one without room."""

    def __init__(self, path: Path, size: int = DEFAULT) -> None:
        self._path, self.size = path, size
        self.gone = False

    def release(self) -> bool:
        """Give the room back to the disk. False when there was none to give."""
        self.gone = self.size > 0
        try:
            held = self._path.stat().st_size
            self._path.unlink()
        except OSError:
            return False
        return held > 0

    def take(self, *, first: bool = False) -> bool:
        """Have the ballast lie there, when there is room for it. Returns whether it does. `first`: once its size is enough."""
        try:
            self.gone = not self._taken(1 if first else 2)
        except OSError:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)
            self.gone = True
        return not self.gone

    def _taken(self, times: int) -> bool:
        if self.size == 0:
            self._path.unlink(missing_ok=True)
            return True
        if self._path.exists() and self._path.stat().st_size == self.size:
            return True
        if free_bytes(self._path.parent) < self.size * times:
            return False
        descriptor = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, self.size)
        finally:
            os.close(descriptor)
        return True
