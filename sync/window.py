"""When to send which events: go back N over a cursor, without I/O, threads or clock.

Two numbers walk along the journal. `acked` is head office's word: everything up to it is committed there. `sent` is only a
hope, kept in memory: everything up to it has been handed to the link.

    1 ······· acked ▒▒▒▒▒▒▒▒▒▒▒▒▒▒ sent ░░░░░░░░░░░ head
     committed   under way (≤ 20 batches)  not sent yet

Anything that shakes the hope sets `sent = acked` and starts again from there: a new session, no progress for 3 s, a
reason code that says nobody got it, a wish of head office. Sending twice is harmless (the receiver drops it), so the
window needs no selective repeat and remembers of a batch under way only its last number.

What keeps a fault from becoming a flood: after a stall the window is one batch wide until something is acknowledged, and
the stall time doubles up to 30 s; after a refusal nothing is sent for 1 s, 2 s, 4 s … 30 s; a wish that arrives within
1 s of the last start is taken as the echo of the same hole (each of the batches behind a lost one causes one).

The caller's loop: put in what happened (each with `now`, seconds of one monotonic clock), ask `due(now)`, send one batch
after `sent` and say `put(last)`, until it is no longer due; then sleep until `wake_at()`.
"""

from __future__ import annotations

from collections import deque

NEVER = float("inf")


class Window:
    """The numbers and the times. All methods are cheap; none raises on late, repeated or reordered input."""

    def __init__(
        self,
        acked: int,
        head: int,
        *,
        batches: int = 20,
        full: int = 100,
        linger_s: float = 0.05,
        stall_s: float = 3.0,
        stall_max_s: float = 30.0,
        echo_s: float = 1.0,
        hold_s: float = 1.0,
        hold_max_s: float = 30.0,
    ) -> None:
        self.acked = acked
        self.sent = acked
        self.head = max(head, acked)
        self.blocked = False
        """Set by the caller while it cannot send: the link is busy, or the next event is one that no broker takes."""
        self.rewinds = 0
        """How often events were taken back to be sent again."""
        self._batches, self._full, self._linger = batches, full, linger_s
        self._stall_first, self._stall_max, self._stall = stall_s, stall_max_s, stall_s
        self._echo = echo_s
        self._hold_first, self._hold_max, self._hold = hold_s, hold_max_s, hold_s
        self._open = False
        self._width = batches
        self._under_way: deque[int] = deque()
        self._fresh_at = -NEVER if self.head > acked else NEVER
        self._progress_at = 0.0
        self._held_until = -NEVER
        self._rewound_at = -NEVER

    @property
    def open(self) -> bool:
        """Whether the link is up and head office is online."""
        return self._open

    @property
    def under_way(self) -> int:
        """How many batches are sent and not acknowledged."""
        return len(self._under_way)

    # ---- what happened

    def opened(self, now: float) -> None:
        """Head office is there (again): whatever was under way may be lost."""
        self._open = True
        self._width, self._stall, self._hold = self._batches, self._stall_first, self._hold_first
        self._held_until = -NEVER
        self._rewind(now)

    def closed(self) -> None:
        """The link or head office is gone."""
        self._open = False
        self._under_way.clear()
        self.sent = self.acked

    def grown(self, head: int, now: float) -> None:
        """The journal has events up to `head`."""
        if head > self.head:
            if self.sent >= self.head:
                self._fresh_at = now
            self.head = head

    def put(self, last: int, now: float) -> None:
        """A batch after `sent` and up to `last` was handed to the link."""
        if not self._under_way:
            self._progress_at = now
        self._under_way.append(last)
        self.sent = last
        if self.sent >= self.head:
            self._fresh_at = NEVER

    def acknowledged(self, seq: int, now: float) -> bool:
        """Head office has committed up to `seq`. False for what was known already."""
        if seq <= self.acked:
            return False
        self.acked = seq
        self.sent = max(self.sent, seq)
        self.head = max(self.head, seq)
        while self._under_way and self._under_way[0] <= seq:
            self._under_way.popleft()
        if self.sent >= self.head:
            self._fresh_at = NEVER
        self._progress_at = now
        self._width, self._stall, self._hold = self._batches, self._stall_first, self._hold_first
        self._held_until = -NEVER
        return True

    def wanted(self, applied: int, now: float) -> bool:
        """Head office has only up to `applied` and asks for the next. May lower `acked`: head office lost data."""
        if applied >= self.acked and now < self._rewound_at + self._echo:
            return False
        self.acked = min(self.acked, applied)
        self._rewind(now)
        return True

    def refused(self, now: float) -> None:
        """A batch reached nobody, or was not taken: wait, each time longer, then start from the cursor."""
        self._rewind(now)
        if now >= self._held_until:
            self._held_until = now + self._hold
            self._hold = min(self._hold * 2, self._hold_max)

    def tick(self, now: float) -> bool:
        """Time has passed. True when the line has stalled and everything under way counts as lost."""
        if not self._under_way or now < self._progress_at + self._stall:
            return False
        self._width = 1
        self._stall = min(self._stall * 2, self._stall_max)
        self._rewind(now)
        return True

    def _rewind(self, now: float) -> None:
        self.rewinds += self.sent > self.acked
        self.sent = self.acked
        self._under_way.clear()
        self._progress_at = self._rewound_at = now
        self._fresh_at = -NEVER if self.head > self.sent else NEVER

    # ---- what to do

    def due(self, now: float) -> bool:
        """Whether a batch after `sent` is to be sent now."""
        return self._may_send() and now >= self._send_at()

    def wake_at(self) -> float:
        """When to ask again if nothing happens until then (NEVER: not at all)."""
        at = self._progress_at + self._stall if self._under_way else NEVER
        return min(at, self._send_at()) if self._may_send() else at

    def _may_send(self) -> bool:
        return self._open and not self.blocked and self.sent < self.head and len(self._under_way) < self._width

    def _send_at(self) -> float:
        lingered = -NEVER if self.head - self.sent >= self._full else self._fresh_at + self._linger
        return max(self._held_until, lingered)
