"""What gates are told of where they stand: after each commit, and again until they are known to know.

Acknowledgements are QoS 0, cumulative, one a chain. Each gate's newest is repeated on a timer until the gate's own state says that it has it: a lost one
costs a few seconds, and a thousand gates that lack nothing cost nothing. A gate whose state says that it was told of more than is here is
asked for the rest: a database that was restored from a backup fills itself again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from sync.headoffice.ledger import Ledger
from sync.link import Link, LinkError
from sync.protocol import JSON_TYPE, Ack, Topics


class Answers:
    """One site's. `owns`: whose gates are ours to answer. Belongs to the receiver's thread."""

    def __init__(self, link: Link, ledger: Ledger, site: str, owns: Callable[[str], bool], every_s: float) -> None:
        self._link, self._ledger, self._site, self._owns, self._every = link, ledger, site, owns, every_s
        self._told = dict[str, tuple[str, int]]()
        """Up to which number each gate was told that its events are here, as it says itself."""
        self._said = dict[str, float]()
        """When each gate was last told where it stands."""
        self.repeat_at = 0.0

    def heard(self, gate: str, epoch: str, acked: int) -> None:
        """A gate's own word of what it was told."""
        self._told[gate] = (epoch, acked)

    def say(self, acks: Iterable[tuple[str, Ack]]) -> None:
        """These, each to its gate."""
        now = time.monotonic()
        try:
            for gate, ack in acks:
                self._link.publish(Topics(self._site, gate).ack, ack.to_bytes(), qos=0, content_type=JSON_TYPE)
                self._said[gate] = now
        except LinkError:
            pass  # repeated on the timer

    def repeat(self, now: float, *, everyone: bool = False) -> None:
        """To whom it may be news; to `everyone` when a session begins. Raises StoreUnavailable."""
        self.repeat_at = now + self._every
        acks = {
            gate: ack
            for gate, ack in self._ledger.acks()
            if self._owns(gate) and (everyone or not self._knows(gate, ack, now))
        }
        for gate, (epoch, acked) in self._told.items():
            if self._owns(gate) and (wish := self._ledger.lost(gate, epoch, acked, now)) is not None:
                acks[gate] = wish
        self.say(acks.items())

    def _knows(self, gate: str, ack: Ack, now: float) -> bool:
        just_told = now - self._said.get(gate, -self._every) < self._every / 2
        return just_told or self._told.get(gate) == (ack.epoch, ack.seq)
