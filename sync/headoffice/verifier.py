"""Verifies batches while the receiver waits for the database: the receiver's first half, on a thread of its own.

    link's thread ──► inbox ──► `headoffice-verify` ──► the receiver's inbox ──► `headoffice`: decide, write, acknowledge

Verifying is the processor's work and needs nothing that is stored; writing is mostly waiting for the database, with Python's
lock let go. So one goes on beside the other. What came is handed on **in the order in which it came**, sessions and their ends
included, and nothing else is done here: deciding, marks, transactions and acknowledgements are the receiver's alone, and a
batch that was verified and not yet taken is in nobody's books: killed here, it comes again like one that was never received.

How far it can be ahead is bounded by the link: the broker sends at most Receive Maximum messages until one is acknowledged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sync.batch import Batch
from sync.fields import ProtocolError
from sync.headoffice.intake import ChainId, Verified, verify
from sync.inbox import Inbox, Owner
from sync.link import Message
from sync.protocol import HEADOFFICE, gate_of

EVENTS = "events"


@dataclass(frozen=True, slots=True)
class Checked(Message):
    """A message on a gate's topic of events. `found`: the batch, or in words why it cannot be read."""

    found: Verified | str = ""


class Verifier(Owner):
    """Between a link and the inbox `to`. `owns`: whose gates are worth the work; what is not ours is handed on as it came."""

    THREAD = "headoffice-verify"

    def __init__(self, site: str, owns: Callable[[str], bool], to: Inbox) -> None:
        super().__init__()
        self._site, self._owns, self._to = site, owns, to

    @property
    def handler(self) -> Inbox:
        """What the link is to call."""
        return self._inbox

    def _run(self) -> None:
        try:
            while not self._stopping:
                for item in self._inbox.take(60.0):
                    self._to.put(self.checked(item) if isinstance(item, Message) else item)
        finally:
            self._to.wake()  # whoever waits there sees that nothing more comes

    def checked(self, message: Message) -> Message:
        """A batch of a gate of ours verified; everything else as it is."""
        try:
            gate, what = gate_of(message.topic)
        except ProtocolError:
            return message
        if what != EVENTS or gate == HEADOFFICE or not self._owns(gate):
            return message
        found: Verified | str
        try:
            batch = Batch.from_payload(message.payload, message.content_type)
            found = verify(ChainId(self._site, gate, batch.epoch), batch)
        except ProtocolError as e:
            found = str(e)
        return Checked(message.topic, token=message.token, payload=b"", found=found)
