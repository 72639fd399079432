"""What the uplink does with each thing that happens: between the journal, the window and the link, on one thread.

What cannot be mended by trying again is a problem in words and stops the drain without spinning: an event that no packet
can carry, a journal that no longer holds what head office lacks, a fork. The gate itself goes on: its journal is whole.

What happened on the link is taken in even while the journal cannot be read (`happened` touches no journal); what needs
the journal (`acknowledged`, `work`) may raise, and is simply done again later: acknowledgements repeat themselves.
"""

from __future__ import annotations

import logging
from dataclasses import replace

from sync.again import batch
from sync.fields import ProtocolError
from sync.inbox import Item, Published
from sync.journal_source import JournalSource, Life, SourceUnavailable
from sync.link import Busy, Limits, Link, Message, NotConnected, Problem, TooLarge, undelivered
from sync.protocol import JSON_TYPE, WANT_EPOCH, ZERO, Ack, GateState, HeadOfficeState, Topics
from sync.status import UplinkOptions, UplinkStatus
from sync.window import NEVER, Window

log = logging.getLogger(__name__)

_FINAL = frozenset({"fork", "event-too-large", "pruned"})
"""Problems that no acknowledgement and no second attempt mends."""


class Drain:
    """One journal's way out. Not thread-safe: belongs to the uplink's thread. `now`: seconds of time.monotonic()."""

    def __init__(self, source: JournalSource, link: Link, options: UplinkOptions, topics: Topics) -> None:
        """Raises what the source raises."""
        self._source, self._link, self._options, self._topics = source, link, options, topics
        self._head, _ = source.head()
        acked = min(source.acked(), self._head)
        self._life = source.life(acked)
        self._window = self._make_window(acked)
        self._connected = False
        self._office = HeadOfficeState(False)
        self._last_ack: float | None = None
        self._problem = ("", "")
        self._batch_bytes = options.batch_bytes
        self._tail = (0, ZERO)
        self._tokens: set[int] = set()
        self._state_sent = b""
        self._state_at = NEVER
        self._read_at = NEVER
        self._cursor_at = NEVER

    def _make_window(self, acked: int) -> Window:
        """One life's window: what comes after its last event waits until head office has all of it."""
        options = self._options
        return Window(
            acked,
            self._top(),
            batches=options.window,
            full=options.batch_events,
            linger_s=options.linger_s,
            stall_s=options.stall_s,
        )

    def _top(self) -> int:
        return self._head if self._life.last is None else min(self._head, self._life.last)

    def _grown(self, at: float) -> None:
        self._head = self._source.head()[0]
        self._window.grown(self._top(), at)

    # ---- what came: none of this touches the journal

    def happened(self, item: Item, now: float) -> Ack | None:
        """Take in one thing from the link; an acknowledgement comes back, to be given to `acknowledged`."""
        if isinstance(item, Limits):
            self._connected = True
            self._read_at = now  # and look whether the journal has grown
            self._batch_bytes = self._options.batch_bytes
            self._state_sent, self._state_at = b"", now
        elif isinstance(item, Problem):
            self._connected, self._office = False, HeadOfficeState(False)
            self._tokens.clear()
            self._state_at = NEVER
            self._window.closed()
        elif isinstance(item, Published):
            self._answered(item, now)
        elif isinstance(item, Message):
            self._link.ack(item)
            try:
                if item.topic == self._topics.headoffice:
                    self._headoffice(HeadOfficeState.from_bytes(item.payload), now)
                elif item.topic == self._topics.ack:
                    return Ack.from_bytes(item.payload)
            except ProtocolError as e:
                log.warning("%s: not understood: %s", item.topic, e)
        return None

    def _answered(self, answer: Published, now: float) -> None:
        if self._problem[0] not in _FINAL:
            self._window.blocked = False
        if answer.token not in self._tokens:
            return
        self._tokens.discard(answer.token)
        if undelivered(answer.code):
            self._window.refused(now)
            self._problem = ("broker-refused" if answer.code >= 0x80 else "nobody-listens", f"{answer.code:#04x}")

    def _headoffice(self, state: HeadOfficeState, now: float) -> None:
        if not state.online:
            self._window.closed()
        elif not self._window.open or state.session != self._office.session:
            if not self.forked:
                self._problem = ("", "")
                self._window.blocked = False
            self._window.opened(now)
        self._office = state

    def notified(self, now: float) -> None:
        """There is something new in the journal: read its head when more may have come."""
        if self._read_at == NEVER:
            self._read_at = now + self._options.linger_s

    # ---- what needs the journal

    def acknowledged(self, ack: Ack, now: float) -> None:
        """Head office's word. Raises what the source raises."""
        window, source = self._window, self._source
        if ack.epoch != self._life.epoch:
            return
        if ack.want == WANT_EPOCH:
            self._fork("head office has another history of this epoch and asks for a new one")
            return
        if ack.seq > window.head:
            self._grown(now)
        if self._life.last is not None and ack.seq > self._life.last:
            # It has what this gate lost with its storage card. Whether both agree on the rest, the next life's first event shows.
            ack = replace(ack, seq=self._life.last, hash=source.hash_of(self._life.last), want=0)
        if ack.seq > window.head:
            self._fork(f"head office has {ack.seq} events of this epoch, the journal {window.head}")
            return
        try:
            mine = source.hash_of(ack.seq)
        except LookupError:
            if 0 < ack.want <= window.acked:
                self._block("pruned", f"head office asks for {ack.want}, which the journal no longer has")
                return
            mine = ack.hash
        if mine != ack.hash:
            self._fork(f"head office has another event {ack.seq} than the journal")
            return
        self._last_ack = now
        before = window.acked
        if window.acknowledged(ack.seq, now) and self._problem[0] not in _FINAL:
            self._problem = ("", "")
        if ack.refused:
            window.refused(now)
            self._problem = (f"refused-{ack.refused}", f"after {ack.seq}")
        elif ack.want:
            window.wanted(ack.want - 1, now)
        if window.acked != before:
            self._cursor_at = min(self._cursor_at, now + self._options.cursor_interval_s)
        life = source.life(window.acked)
        if life != self._life:
            self._begin(life, now)

    def _begin(self, life: Life, now: float) -> None:
        """All of one life is at head office, or it lacks something of an earlier one: go on there."""
        log.info("the drain goes on in epoch %s after event %d", life.epoch, self._window.acked)
        self._life = life
        self._window = self._make_window(self._window.acked)
        self._tail = (0, ZERO)
        self._state_sent, self._state_at = b"", now
        if self._connected and self._office.online:
            self._window.opened(now)

    def work(self, now: float) -> None:
        """Everything that is due. Raises what the source raises."""
        window = self._window
        if now >= self._read_at:
            self._grown(now - self._options.linger_s)
            self._read_at = NEVER  # only now: what could not be read is read again
        if window.tick(now):
            self._problem = ("stalled", "sent, and not confirmed in time")
        while window.due(now) and self._send(now):
            pass
        if now >= self._state_at:
            self.say_state(now)
        if now >= self._cursor_at:
            self._store_cursor()

    def wake_at(self) -> float:
        """When `work` has something to do if nothing happens until then."""
        return min(self._window.wake_at(), self._state_at, self._read_at, self._cursor_at)

    def _send(self, now: float) -> bool:
        """One batch after `sent`. False when there is nothing more to do just now."""
        window, source = self._window, self._source
        entries = source.after(window.sent, self._options.batch_events, self._batch_bytes)
        if self._life.last is not None:
            entries = [entry for entry in entries if entry.seq <= (self._life.last or 0)]
        if not entries:
            raise SourceUnavailable(f"event {window.sent + 1} cannot be read")
        if entries[0].seq != window.sent + 1:
            return self._block("pruned", f"head office lacks {window.sent + 1}, the journal begins at {entries[0].seq}")
        prev = self._tail[1] if self._tail[0] == window.sent else source.hash_of(window.sent)
        while True:
            try:
                payload, content_type = batch(source, self._life.epoch, entries, prev).to_payload()
                token = self._link.publish(self._topics.events, payload, qos=1, content_type=content_type)
            except (TooLarge, ProtocolError) as e:
                if len(entries) == 1:
                    return self._block("event-too-large", f"event {entries[0].seq}: {e}")
                entries = entries[: len(entries) // 2]
                self._batch_bytes = max(1024, self._batch_bytes // 2)
            except Busy:
                window.blocked = True  # until the broker's next answer
                return False
            except NotConnected:
                window.closed()  # the link is about to say so itself
                return False
            else:
                break
        self._tokens.add(token)
        self._tail = (entries[-1].seq, entries[-1].hash)
        window.put(entries[-1].seq, now)
        return True

    def _block(self, word: str, detail: str) -> bool:
        if self._problem != (word, detail):
            log.error("the drain has stopped: %s: %s", word, detail)
        self._problem = (word, detail)
        self._window.blocked = True
        return False

    def _fork(self, detail: str) -> None:
        if not self.forked:
            self._block("fork", detail)

    def _store_cursor(self) -> None:
        self._source.set_acked(self._window.acked, self._source.hash_of(self._window.acked))
        self._cursor_at = NEVER

    # ---- what is said

    @property
    def idle(self) -> bool:
        """Whether head office listens and has everything that is known here."""
        return self._window.open and self._window.sent >= self._window.head and not self._window.blocked

    def say_state(self, now: float, *, online: bool = True) -> int:
        """The retained state of the gate, if it has changed. The token, 0 when nothing was sent."""
        self._state_at = now + self._options.state_interval_s
        source, window = self._source, self._window
        own = GateState(online, self._life.epoch, window.head, window.acked, source.public_key())
        try:
            payload = replace(own, details=source.state()).to_bytes()
        except ProtocolError as e:
            log.warning("the gate's state is sent without its details: %s", e)
            payload = own.to_bytes()
        if payload == self._state_sent:
            return 0
        try:
            token = self._link.publish(self._topics.state, payload, qos=1, retain=True, content_type=JSON_TYPE)
        except (Busy, NotConnected, TooLarge):
            return 0  # the next round says it
        self._state_sent = payload
        return token

    def goodbye(self, now: float) -> int:
        """Store the cursor and say offline (an orderly end leaves no last will). The token, 0 when nothing was sent."""
        if self._cursor_at < NEVER:
            self._store_cursor()
        return self.say_state(now, online=False) if self._connected else 0

    @property
    def forked(self) -> bool:
        """Head office has another history of this epoch: only a new epoch mends it."""
        return self._problem[0] == "fork"

    def status(self) -> UplinkStatus:
        """As it is now; the caller adds what it knows of the link and the journal."""
        word, detail = self._problem
        return UplinkStatus(
            connected=self._connected,
            headoffice_online=self._office.online,
            acked=self._window.acked,
            head=max(self._head, self._window.head),
            unsent=max(0, max(self._head, self._window.head) - self._window.acked),
            last_ack_mono=self._last_ack,
            problem=word or None,
            forked=self.forked,
            detail=detail,
        )
