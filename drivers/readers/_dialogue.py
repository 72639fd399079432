"""Talking with a reader that speaks only when spoken to, without threads and without a clock.

What is said is written as a script, a generator that yields `Ask` (write this, wait so long for that answer) and `Pause`; each
`Ask` gives back the answer's frame, or None when none came. So a family's poll or write reads from top to bottom:

    answer = yield Ask(request, 300, is_select)
    if answer is None: ...

`Talker` is a polling decoder made of a family's frames and scripts: it hands bytes to the frames, each whole frame to the
script that waits for it, and runs orders between two polls. Time comes in through `due` alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from drivers.base import Answer, Card, Found
from drivers.orders import Done, Failure, Order
from drivers.readers._frames import Frames, Measure

MS = 1_000_000
MOST_WAITING = 8
"""Orders that may wait; more is a caller that does not listen to what becomes of them."""


def check_poll(poll_ms: int) -> None:
    """ValueError for a reader that would be asked too often or too seldom."""
    if not 20 <= poll_ms <= 5000:
        raise ValueError(f"poll_ms must be 20 to 5000, not {poll_ms}")


@dataclass(frozen=True, slots=True)
class Ask:
    """Write `request`; the first frame for which `answers` holds is the answer, None after `within_ms`."""

    request: bytes
    within_ms: int
    answers: Callable[[bytes], bool]


@dataclass(frozen=True, slots=True)
class Pause:
    """Say nothing for so long. The pause between two polls is `idle`: an order ends it."""

    ms: int
    idle: bool = False


Script = Generator[Ask | Pause, bytes | None, None]
Task = Generator[Ask | Pause, bytes | None, Done]


class Talker:
    """A decoder that polls and takes orders. `poll` is run again and again; `carry_out` runs one order."""

    orders: frozenset[type[Order]]

    def __init__(
        self,
        measure: Measure,
        read: Callable[[bytes], Sequence[Card | Answer]],
        poll: Callable[[], Script],
        carry_out: Callable[[Order], Task],
        orders: frozenset[type[Order]],
    ) -> None:
        self.orders = orders
        self._read = read
        self._frames = Frames(measure, self._whole)
        self._whole_frames: list[bytes] = []
        self._poll, self._carry_out = poll, carry_out
        self._waiting: deque[Order] = deque()
        self._done: list[Found] = []
        self._script = self._life()
        self._step: Ask | Pause = Pause(0)
        self._until_ns: int | None = None
        self._begun = False

    @property
    def talking(self) -> bool:
        """Whether it asks: until then (a technician decodes a capture) nothing can be awaited."""
        return self._begun

    def awaits(self, frame: bytes) -> bool:
        """Whether this frame is the answer to what was asked last."""
        return self._until_ns is not None and isinstance(self._step, Ask) and self._step.answers(frame)

    # ---- bytes in

    @property
    def buffered(self) -> int:
        """How many bytes wait for the rest of their frame."""
        return self._frames.buffered

    def feed(self, data: bytes) -> list[Found]:
        """Take bytes; return what became complete, and which orders have ended."""
        return self._told(self._frames.feed(data))

    def quiet(self) -> list[Found]:
        """The line is silent: what waits is no frame."""
        return self._told(self._frames.quiet())

    def _whole(self, frame: bytes) -> Sequence[Card | Answer]:
        self._whole_frames.append(frame)
        return self._read(frame)

    def _told(self, found: Sequence[Found]) -> list[Found]:
        for frame in self._whole_frames:
            if self.awaits(frame):
                self._go_on(frame)
        self._whole_frames.clear()
        told = [*found, *self._done]
        self._done.clear()
        return told

    # ---- what to write, and when

    def due(self, mono_ns: int) -> tuple[bytes, int]:
        """What to write now, and when to ask again."""
        if not self._begun:
            self._begun = True
            self._step = next(self._script)
        while True:
            if self._until_ns is None:
                if isinstance(self._step, Ask):
                    self._until_ns = mono_ns + self._step.within_ms * MS
                    return self._step.request, self._until_ns
                self._until_ns = mono_ns + self._step.ms * MS
            hurry = isinstance(self._step, Pause) and self._step.idle and bool(self._waiting)
            if mono_ns < self._until_ns and not hurry:
                return b"", self._until_ns
            self._go_on(None)

    def order(self, order: Order) -> None:
        """Do this after the poll under way; its Done comes out of `feed`."""
        if type(order) not in self.orders:
            self._done.append(Done(order, failure=Failure.UNSUPPORTED, why="this family of readers cannot do it"))
        elif len(self._waiting) >= MOST_WAITING:
            self._done.append(Done(order, failure=Failure.SILENT, why="too many orders wait"))
        else:
            self._waiting.append(order)

    def _go_on(self, answer: bytes | None) -> None:
        self._until_ns = None
        self._step = self._script.send(answer)

    def _life(self) -> Script:
        while True:
            while self._waiting:
                self._done.append((yield from self._carry_out(self._waiting.popleft())))
            yield from self._poll()
