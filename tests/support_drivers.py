"""What the tests of drivers and cameras share: a sink that can be waited on, and the pins of a usual lane."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from drivers.base import Action, Line
from drivers.pins import InputOptions, LaneOptions, RelayOptions
from tests.support_time import PATIENCE

T = TypeVar("T")


class Inbox(Generic[T]):
    """Collects what a thread hands over; `wait` blocks until what is wanted has come, or fails with what did come."""

    def __init__(self) -> None:
        self.items: list[T] = []
        self._changed = threading.Condition()

    def __call__(self, item: T) -> None:
        with self._changed:
            self.items.append(item)
            self._changed.notify_all()

    def wait(self, enough: Callable[[list[T]], bool], timeout: float = 10.0) -> list[T]:
        with self._changed:
            assert self._changed.wait_for(lambda: enough(self.items), timeout * PATIENCE), f"only came: {self.items}"
            return list(self.items)

    def wait_count(self, count: int, timeout: float = 10.0) -> list[T]:
        return self.wait(lambda items: len(items) >= count, timeout)


def lane_options(lane: str = "entry", first_pin: int = 5, **more: InputOptions) -> LaneOptions:
    """Three relays and every input on neighbouring pins; UNDER and BEAM normally closed, as at a real gate."""
    relays = {action: RelayOptions(first_pin + number, pulse_ms=300) for number, action in enumerate(Action)}
    inputs = {
        line: InputOptions(
            first_pin + 3 + number,
            pull="up",
            normally="closed" if line in (Line.UNDER, Line.BEAM) else "open",
        )
        for number, line in enumerate(Line)
    }
    return LaneOptions(lane, relays, {**inputs, **{Line(name): each for name, each in more.items()}})
