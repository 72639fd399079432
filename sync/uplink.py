"""The gate's end: one thread that drains the journal to head office.

    commit ── notify() ──┐
    link's callbacks ────┼──► inbox ──► this thread: Drain (window + journal + link) ──► on_status
    stop() ──────────────┘

`window` decides when to send what, `drain` does it, this module owns the thread and the waiting. Everything arrives
through one queue, so that window and journal source are touched by one thread only and `publish` is never called from a
callback. `notify` is called after every commit: a flag and, once in 50 ms, a queue entry; the commit's thread never waits.
"""

from __future__ import annotations

import logging
import queue
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from sync.again import Again
from sync.drain import Drain
from sync.inbox import Item, Owner, Published
from sync.journal_source import JournalSource, SourceUnavailable
from sync.link import Limits, Link, LinkError, Message, Problem, Will
from sync.protocol import JSON_TYPE, GateState, Topics
from sync.status import UplinkOptions, UplinkStatus
from sync.window import NEVER

__all__ = ["Uplink", "UplinkOptions", "UplinkStatus"]

log = logging.getLogger(__name__)

_UNAVAILABLE = (SourceUnavailable, sqlite3.Error, OSError)
_RETRY_S = 1.0
_STATUS_S = 0.2


class Uplink(Owner):
    """Drains `source` over `link`. The link is this uplink's alone and closed by `stop`."""

    THREAD = "uplink"

    def __init__(self, source: JournalSource, link: Link, options: UplinkOptions | None = None) -> None:
        super().__init__()
        self._source, self._link, self._options = source, link, options or UplinkOptions()
        self._topics = Topics(source.site, source.gate)
        self._notified = False
        self._callbacks: list[Callable[[UplinkStatus], None]] = []
        self._heard: dict[str, Callable[[bytes], None]] = {}
        self._asks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._status = UplinkStatus()
        self._wanted: queue.SimpleQueue[tuple[int, int]] = queue.SimpleQueue()
        # From here on: the thread's own.
        self._session: Limits | Problem = Problem("")
        self._again = Again(source, link, self._topics)
        self._journal_problem = ""
        self._paused_until = 0.0
        self._told, self._told_at, self._tell_at = UplinkStatus(), 0.0, NEVER

    # ---- for everybody

    def notify(self) -> None:
        """There is something new in the journal. Thread-safe, never waits."""
        if not self._notified:
            self._notified = True
            self._inbox.wake()

    def again(self, first: int, last: int) -> None:
        """Send these events once more (again.py). Thread-safe, never waits."""
        self._wanted.put((first, last))
        self._inbox.wake()

    def status(self) -> UplinkStatus:
        """As it is now."""
        return self._status

    def on_status(self, callback: Callable[[UplinkStatus], None]) -> None:
        """Be told of changes, on the uplink's thread: of what is wrong or right again at once, of numbers every 0.2 s."""
        self._callbacks.append(callback)

    def on_instruction(self, callback: Callable[[bytes], None]) -> None:
        """Be given what head office tells this gate (sync/instructions.py), on the uplink's thread. Before `start`."""
        self._heard[self._topics.command] = callback

    def on_registry(self, callback: Callable[[bytes], None]) -> None:
        """Be given the pieces of the registry (sync/registry_protocol.py), on the uplink's thread. Before `start`."""
        self._heard[self._topics.registry] = callback

    def ask(self, want: bytes) -> None:
        """Say what is wanted of the registry. Thread-safe, never waits; may be lost, so whoever lacks something asks again."""
        self._asks.put(want)
        self._inbox.wake()

    # ---- the thread

    def _run(self) -> None:
        try:
            drain = self._open_journal()
            if drain is not None:
                self._connect()
                while not self._stopping:
                    items = self._inbox.take(min(self._wake_at(drain) - time.monotonic(), 60.0))
                    self._round(drain, items, time.monotonic())
                self._goodbye(drain)
        finally:
            if not self._stopping:
                self._status = replace(self._status, connected=False, problem="died")
            self._link.close()

    def _open_journal(self) -> Drain | None:
        """Nothing can be said before the journal can be read."""
        while not self._stopping:
            try:
                drain = Drain(self._source, self._link, self._options, self._topics)
            except _UNAVAILABLE as e:
                self._journal_problem = f"{type(e).__name__}: {e}"
                self._tell(UplinkStatus(), time.monotonic())
                self._inbox.take(_RETRY_S)
            else:
                return drain
        return None

    def _connect(self) -> None:
        self._link.subscribe(self._topics.headoffice, 1)
        self._link.subscribe(self._topics.ack, 0)
        for topic in self._heard:
            self._link.subscribe(topic, 1)
        last_words = GateState(False, self._source.epoch, 0, 0, self._source.public_key()).to_bytes()
        self._link.connect(self._inbox, Will(self._topics.state, last_words, delay_s=self._options.will_delay_s))

    def _wake_at(self, drain: Drain) -> float:
        return min(self._tell_at, max(min(drain.wake_at(), self._again.wake_at), self._paused_until))

    def _round(self, drain: Drain, items: list[Item], now: float) -> None:
        acks = [ack for item in items if (ack := drain.happened(item, now)) is not None]
        for item in items:
            if isinstance(item, Limits | Problem):
                self._session = item
            elif isinstance(item, Message) and item.topic in self._heard:
                self._heard[item.topic](item.payload)
        self._ask()
        if self._notified:
            self._notified = False  # first the flag: a commit from now on notifies again
            drain.notified(now)
        if now >= self._paused_until:
            try:
                for ack in acks:
                    drain.acknowledged(ack, now)
                drain.work(now)
                while not self._wanted.empty():
                    self._again.want(*self._wanted.get_nowait(), now)
                self._again.work(now, drain.idle)
                self._journal_problem = ""
            except _UNAVAILABLE as e:
                self._journal_problem = f"{type(e).__name__}: {e}"
                self._paused_until = now + _RETRY_S
        self._tell(drain.status(), now)

    def _ask(self) -> None:
        while not self._asks.empty():
            with suppress(LinkError):
                self._link.publish(self._topics.registry_want, self._asks.get_nowait(), content_type=JSON_TYPE)

    def _goodbye(self, drain: Drain) -> None:
        try:
            token = drain.goodbye(time.monotonic())
        except _UNAVAILABLE as e:
            log.warning("the cursor was not stored, which costs a resend: %s", e)
            return
        until = time.monotonic() + 1.0
        while token and (left := until - time.monotonic()) > 0:
            for item in self._inbox.take(left):
                if isinstance(item, Problem) or (isinstance(item, Published) and item.token == token):
                    return

    def _tell(self, status: UplinkStatus, now: float) -> None:
        if not status.forked:
            if self._journal_problem:
                status = replace(status, problem="journal", detail=self._journal_problem)
            elif isinstance(self._session, Problem) and self._session.code:
                status = replace(status, problem=f"link-{self._session.code}", detail=self._session.detail)
        self._status = status
        if status == self._told:
            self._tell_at = NEVER
        elif status.urgent() == self._told.urgent() and now < self._told_at + _STATUS_S:
            self._tell_at = self._told_at + _STATUS_S
        else:
            self._told, self._told_at, self._tell_at = status, now, NEVER
            for callback in self._callbacks:
                callback(status)
