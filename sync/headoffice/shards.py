"""Several receivers of one site: which gates are whose, and how the living take over from the dead.

Every receiver hears every gate (one wildcard subscription; a message that is passed over costs microseconds, one that is verified
and written a hundred times that), and **writes only its own**. Whose a gate is follows from who is alive, without anybody deciding:

    owner(gate) = the living receiver with the highest SHA-256(receiver, gate)          (rendezvous hashing)

so the gates of a dead one fall evenly to all others, and nobody else's move. Alive is who has put its name into the table `receivers`
within `ALIVE_S`, by the database's clock; each does so every `BEAT_S`. What makes this safe is not the table but the watermark: two receivers
that both believe themselves a gate's owner for a second cannot both write, because the mark moves only from where it was
believed to be; the later one reads it anew and finds a duplicate.

A gate that changes hands is told at once from where to go on (an acknowledgement with `want`), instead of finding out by a stall.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sync.headoffice.store import Store

BEAT_S = 1.0
ALIVE_S = 4.0
"""Dead after so long: with the gate told at once, its events go on within five seconds of a kill -9."""


class Shards:
    """This receiver among the others; `name` "": there are no others. Belongs to the receiver's thread but for `owns`."""

    def __init__(self, store: Store, site: str, name: str, beat_s: float = BEAT_S, alive_s: float = ALIVE_S) -> None:
        self._store, self._site, self.name = store, site, name
        self._beat_s, self._alive_s = beat_s, alive_s
        self._members: tuple[str, ...] = (name,)
        self.beat_at = 0.0 if name else float("inf")

    def owns(self, gate: str) -> bool:
        """Whether a gate is ours now; any thread."""
        return len(self._members) == 1 or owner(gate, self._members) == self.name

    @property
    def members(self) -> tuple[str, ...]:
        """Who lives, by name."""
        return self._members

    @property
    def rank(self) -> int:
        """0 for the first by name: who speaks first where one is enough."""
        return self._members.index(self.name)

    @property
    def alone(self) -> bool:
        """Whether nobody else lives."""
        return len(self._members) == 1

    def beat(self, now: float) -> bool:
        """Say that we live and see who else does. Whether that has changed. Raises StoreUnavailable."""
        if now < self.beat_at:
            return False
        self.beat_at = now + self._beat_s
        members = tuple(sorted({*self._store.beat(self._site, self.name, self._alive_s), self.name}))
        changed, self._members = members != self._members, members
        return changed

    def leave(self) -> None:
        """We end: the others need not wait. Raises StoreUnavailable."""
        if self.name:
            self._store.leave(self._site, self.name)


def owner(gate: str, members: Iterable[str]) -> str:
    """Whose a gate is among the living."""
    return max(members, key=lambda name: (hashlib.sha256(f"{name}\n{gate}".encode()).digest(), name))
