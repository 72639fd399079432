"""The gate's pictures on their way: one thread, a connection of its own, one picture after the other (photo_protocol.py).

    commit, new picture ── notify() ──┐
    link's callbacks ─────────────────┼──► inbox ──► this thread: source.next → pieces → acknowledgements → source.done
    stop() ───────────────────────────┘

What goes first is the source's to say; how fast, `photo_pace` says. A picture that head office will not have (its erasure is on record
there) is over; one that it cannot prove yet (the event that names it has not arrived) waits its turn again, a few seconds later.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from sync.fields import ProtocolError
from sync.inbox import Item, Owner, Published
from sync.journal_source import SourceUnavailable
from sync.link import Busy, Limits, Link, LinkError, Message, Problem, TooLarge, undelivered
from sync.photo_pace import Pace, Sending
from sync.photo_protocol import (
    ERASED,
    UNPROVEN,
    Photo,
    PhotoAck,
    PhotoSource,
    Waiting,
    photo_ack_topic,
    photo_state_topic,
    photo_topic,
)
from sync.protocol import HeadOfficeState, Topics
from sync.window import NEVER

log = logging.getLogger(__name__)
NOTHING = Waiting()
_UNAVAILABLE = (SourceUnavailable, sqlite3.Error, OSError)


@dataclass(frozen=True, slots=True)
class PhotoOptions:
    """`slow`: bytes a second below which only what is first and thumbnails go; `few`: never more than that; `count_s`: how often what waits
    is counted; `unproven_s`: after so long a picture is offered again whose event had not arrived."""

    slow: float = 64_000.0
    few: bool = False
    stall_s: float = 3.0
    stall_max_s: float = 60.0
    retry_s: float = 1.0
    count_s: float = 2.0
    unproven_s: float = 5.0


@dataclass(frozen=True, slots=True)
class PhotoStatus:
    """As of the last count. `online`: head office takes pictures; `rate`: bytes a second, None: not measured; `sent`: so many since the start."""

    online: bool = False
    waiting: Waiting = NOTHING
    slow: bool = False
    rate: float | None = None
    sent: int = 0
    problem: str = ""


class PhotoUplink(Owner):
    """Sends what `source` has over `link`, which is this uplink's alone and closed by `stop`."""

    THREAD = "photo-uplink"

    def __init__(self, source: PhotoSource, link: Link, options: PhotoOptions | None = None) -> None:
        super().__init__()
        self._source, self._link, self._options = source, link, options or PhotoOptions()
        self._topics = Topics(source.site, source.gate)
        self._callbacks: list[Callable[[PhotoStatus], None]] = []
        self.status = PhotoStatus()
        # From here on: the thread's own.
        self._pace = Pace(slow=self._options.slow, few=self._options.few)
        self._office = HeadOfficeState(False)
        self._connected = False
        self._now: tuple[Photo, bytes, Sending] | None = None
        self._look_at, self._count_at = 0.0, 0.0
        self._blocked = False
        self._stall = self._options.stall_s
        self._without: dict[str, float] = {}
        self._there: set[str] = set()
        """What head office has all the pieces of, and no event for."""
        self._sent = 0
        self._problem = ""
        self._told: object = None

    # ---- for everybody

    def notify(self) -> None:
        """There may be something new. Thread-safe, never waits."""
        self._inbox.wake()

    def on_status(self, callback: Callable[[PhotoStatus], None]) -> None:
        """Be told of changes, on the uplink's thread."""
        self._callbacks.append(callback)

    # ---- the thread

    def _run(self) -> None:
        self._link.subscribe(photo_state_topic(self._topics), 1)
        self._link.subscribe(photo_ack_topic(self._topics), 0)
        self._link.connect(self._inbox)
        try:
            while not self._stopping:
                wake_at = self._wake_at()
                items = self._inbox.take(min(wake_at - time.monotonic(), 60.0))
                now = time.monotonic()
                for item in items:
                    self._happened(item, now)
                try:
                    self._work(now)
                except _UNAVAILABLE as e:
                    self._problem, self._now = f"{type(e).__name__}: {e}", None
                    self._look_at = self._count_at = now + self._options.retry_s
                self._tell()
        finally:
            if not self._stopping:
                self.status = replace(self.status, online=False, problem="died")
            self._link.close()

    def _wake_at(self) -> float:
        if not self._ready:
            return self._count_at
        return min(self._count_at, self._look_at if self._now is None else self._now[2].progress_at + self._stall)

    @property
    def _ready(self) -> bool:
        return self._connected and self._office.online

    # ---- what came

    def _happened(self, item: Item, now: float) -> None:
        if item is None:
            self._look_at, self._count_at = min(self._look_at, now), min(self._count_at, now)
        elif isinstance(item, Limits):
            self._connected, self._blocked, self._problem = True, False, ""
        elif isinstance(item, Problem):
            self._connected, self._office = False, HeadOfficeState(False)
            self._problem = f"link-{item.code}"
            if self._now is not None:
                self._now[2].ask()
        elif isinstance(item, Published):
            self._blocked = False
            if undelivered(item.code) and self._now is not None:
                self._now[2].back()
                self._now[2].progress_at = now
                self._blocked = True  # nobody got it: first the stall's time goes by
        elif isinstance(item, Message):
            self._link.ack(item)
            try:
                if item.topic == photo_state_topic(self._topics):
                    self._state(HeadOfficeState.from_bytes(item.payload), now)
                else:
                    self._acknowledged(PhotoAck.from_bytes(item.payload), now)
            except ProtocolError as e:
                log.warning("%s: not understood: %s", item.topic, e)

    def _state(self, state: HeadOfficeState, now: float) -> None:
        if state.online and state.session != self._office.session:
            self._without.clear()
            self._look_at, self._stall = now, self._options.stall_s
            if self._now is not None:
                self._now[2].ask()
        self._office = state

    def _acknowledged(self, ack: PhotoAck, now: float) -> None:
        if self._now is None or self._now[0].digest != ack.digest:
            return
        photo, _, sending = self._now
        took = sending.acknowledged(ack.next, ack.again, now)
        if took is not None:
            self._pace.answered(took, now)
            self._stall = self._options.stall_s
        if ack.done or ack.refused:
            self._over(photo, sending, ack, now)

    def _over(self, photo: Photo, sending: Sending, ack: PhotoAck, now: float) -> None:
        if ack.done and not ack.refused and sending.count > 1 and not sending.resumed:
            self._pace.sent(photo.size, now - sending.began, now)
        self._there.discard(photo.digest)
        if ack.done or ack.refused == ERASED:
            self._sent += ack.done and not ack.refused
            self._source.done(photo)
        elif ack.refused == UNPROVEN:
            self._without[photo.digest] = now + self._options.unproven_s
            self._there.add(photo.digest)
        else:
            log.error("head office does not take picture %s: %s", photo.digest[:12], ack.refused)
            self._without[photo.digest] = NEVER
        self._now, self._look_at, self._count_at = None, now, min(self._count_at, now + 0.2)

    # ---- what is done

    def _work(self, now: float) -> None:
        if now >= self._count_at:
            self._count(now)
        if not self._ready:
            return
        if self._now is None and now >= self._look_at:
            self._choose(now)
        if self._now is None:
            return
        photo, data, sending = self._now
        if now >= sending.progress_at + self._stall:
            self._stall = min(self._stall * 2, self._options.stall_max_s)
            self._pace.stalled()
            sending.stalled(now)
            self._blocked = False
            if not self._source.still(photo):
                self._now, self._look_at = None, now
                return
        while not self._blocked and (n := sending.due(self._pace.width)) is not None:
            payload, user = photo.piece(n, data)
            try:
                self._link.publish(photo_topic(self._topics, photo.digest), payload, qos=1, user=user)
            except TooLarge as e:
                log.error("no picture goes to head office: %s", e)
                self._without[photo.digest], self._now, self._look_at = NEVER, None, now
                self._problem = "photo-too-large"
                return
            except Busy:
                self._blocked = True
            except LinkError:
                return  # the link is about to say so itself
            else:
                sending.put(now)

    def _choose(self, now: float) -> None:
        self._without = {digest: at for digest, at in self._without.items() if at > now}
        rest = self._pace.rest_may_go(now)
        found = self._source.next(rest=rest, without=frozenset(self._without))
        self._look_at = min([NEVER, *self._without.values()]) if found is None else now
        if found is not None:
            self._now = (*found, Sending(found[0].count, now, asking=found[0].digest in self._there))
        elif self._pace.slow and not self._options.few:
            self._look_at = min(self._look_at, now + 60.0)  # a probe may be due

    def _count(self, now: float) -> None:
        waiting = self._source.waiting()
        self._count_at = now + (self._options.count_s if self._now is not None else 60.0)
        self._status(waiting)

    def _status(self, waiting: Waiting) -> None:
        self.status = PhotoStatus(
            self._ready, waiting, self._pace.slow, self._pace.rate, self._sent, self._problem if not self._ready else ""
        )

    def _tell(self) -> None:
        before = self.status
        self._status(before.waiting)
        told = (self.status.online, self.status.waiting, self.status.slow, self.status.problem)
        if told != self._told:
            self._told = told
            for callback in self._callbacks:
                callback(self.status)
