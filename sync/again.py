"""A range of the journal once more, because head office asks for it: beside the drain, and without touching its cursor.

Head office has these events already, or had them: it compares what comes with what it holds (`headoffice/ledger.py`), puts in what is missing and
names what is not the same. So nothing here waits for an acknowledgement; what is lost on the way is asked for again. A batch goes out
only when nothing new is waiting, one every `PACE_S`.
"""

from __future__ import annotations

import logging

from sync.batch import Batch
from sync.fields import ProtocolError
from sync.journal_source import Entry, JournalSource
from sync.link import Link, LinkError, TooLarge
from sync.protocol import Checkpoint, Topics

log = logging.getLogger(__name__)
PACE_S = 0.05
BATCH_BYTES = 48 * 1024
NEVER = float("inf")


class Again:
    """Belongs to the uplink's thread."""

    def __init__(self, source: JournalSource, link: Link, topics: Topics) -> None:
        self._source, self._link, self._topics = source, link, topics
        self._next, self._last = 1, 0
        self.wake_at = NEVER

    def want(self, first: int, last: int, now: float) -> None:
        """These numbers. A range that is under way is widened. Raises what the source raises."""
        under_way = self._next <= self._last
        self._next = min(first, self._next) if under_way else first
        self._last = max(last, self._last) if under_way else last
        self._last = min(self._last, self._source.head()[0])
        self.wake_at = now

    def work(self, now: float, idle: bool) -> None:
        """Send the next batch when it is time; `idle`: nothing new waits. Raises what the source raises."""
        if now < self.wake_at:
            return
        self.wake_at = now + PACE_S
        if idle:
            self._send()
        if self._next > self._last:
            self.wake_at = NEVER

    def _send(self) -> None:
        source, life = self._source, self._source.life(self._next - 1)
        end = min(self._last, life.last or self._last)
        found = [e for e in source.after(self._next - 1, 100, BATCH_BYTES) if e.seq <= end]
        if not found:
            log.info("events from %d are not in the journal any more", self._next)
            self._next = self._last + 1
            return
        try:
            payload, content_type = batch(source, life.epoch, found, source.hash_of(found[0].seq - 1)).to_payload()
            self._link.publish(self._topics.events, payload, qos=1, content_type=content_type)
        except (TooLarge, ProtocolError) as e:
            log.error("events %d to %d cannot be sent again: %s", found[0].seq, found[-1].seq, e)
        except LinkError:
            return  # there is no session, or no room: the same batch a moment later
        self._next = found[-1].seq + 1


def batch(source: JournalSource, epoch: str, entries: list[Entry], prev: bytes) -> Batch:
    """These entries, signed up to the last one."""
    last = entries[-1]
    checkpoint = Checkpoint(source.site, source.gate, epoch, last.seq, last.hash)
    return Batch(
        epoch=epoch,
        first=entries[0].seq,
        last=last.seq,
        prev=prev,
        hash=last.hash,
        signature=source.sign(checkpoint.message()),
        key=source.public_key(),
        events=tuple(e.data for e in entries),
        personal=tuple(e.personal for e in entries),
    )
