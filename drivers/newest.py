"""Room for one value between threads: the newest wins, whoever puts never waits."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class Newest(Generic[T]):
    """`put` from any thread; `take` on the worker's."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._value: T | None = None
        self._closed = False

    def put(self, value: T) -> None:
        """What waited is forgotten."""
        with self._changed:
            self._value = value
            self._changed.notify()

    def take(self, timeout: float) -> T | None:
        """The newest value, or None after so many seconds or at `close`."""
        with self._changed:
            self._changed.wait_for(lambda: self._value is not None or self._closed, timeout)
            value, self._value = self._value, None
            return None if self._closed else value

    def close(self) -> None:
        """Nothing is taken any more; whoever waits is woken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed
