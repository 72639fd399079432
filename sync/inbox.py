"""One queue between a link's thread and the thread that owns the state: everything that happens, in order.

The callbacks of a link must not block and must not publish; so they put what they were told into a queue and return, and
whoever owns the state takes it from there. Bounded by the link: at most Receive Maximum messages are under way to us, at
most the broker's Receive Maximum answers, and the few messages of QoS 0.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from sync.link import Limits, Message, Problem


@dataclass(frozen=True, slots=True)
class Published:
    """The broker's answer to a QoS 1 message."""

    token: int
    code: int


Item = Limits | Problem | Published | Message | None
"""Limits: a session was gained. Problem: it was lost. None only wakes the owner."""


class Inbox:
    """A link's Handler."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Item] = queue.SimpleQueue()

    def gained(self, limits: Limits) -> None:
        """See link.Handler."""
        self._queue.put(limits)

    def lost(self, problem: Problem) -> None:
        """See link.Handler."""
        self._queue.put(problem)

    def published(self, token: int, code: int) -> None:
        """See link.Handler."""
        self._queue.put(Published(token, code))

    def received(self, message: Message) -> None:
        """See link.Handler."""
        self._queue.put(message)

    def put(self, item: Item) -> None:
        """Hand on what was taken from another inbox."""
        self._queue.put(item)

    def wake(self) -> None:
        """Let `take` return."""
        self._queue.put(None)

    def take(self, timeout: float, most: int = 256, weight: Callable[[Item], int] = lambda _: 1) -> list[Item]:
        """Wait at most `timeout` seconds for something; then everything that lies there, until it weighs `most` or more."""
        items: list[Item] = []
        left = most
        try:
            items.append(self._queue.get(timeout=timeout) if timeout > 0 else self._queue.get_nowait())
            while (left := left - weight(items[-1])) > 0:
                items.append(self._queue.get_nowait())
        except queue.Empty:
            pass
        return items


class Owner:
    """Whoever owns state behind an inbox: one thread, named `THREAD`, that runs `_run` from `start` until `_stopping`."""

    THREAD = ""

    def __init__(self) -> None:
        self._inbox = Inbox()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread = threading.Thread(target=self._run, name=self.THREAD, daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 5.0) -> None:
        """Say goodbye, close what is its own, join. May be called twice."""
        self._stopping = True
        self._inbox.wake()
        if self._thread is not None:
            self._thread.join(timeout)

    @property
    def alive(self) -> bool:
        """Whether its thread runs: false before `start`, after `stop`, and after a mistake in this program."""
        return self._thread is not None and self._thread.is_alive()

    def _run(self) -> None:
        raise NotImplementedError
