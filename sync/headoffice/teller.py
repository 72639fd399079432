"""Sends what gates are to be told, in order, until their journals say what became of it. Belongs to the receiver's thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from sync.fields import ProtocolError
from sync.headoffice.store import Store
from sync.headoffice.told import Told
from sync.instructions import Sign
from sync.link import Link, LinkError
from sync.protocol import JSON_TYPE, Topics

log = logging.getLogger(__name__)
LOOK_S = 0.5
"""How often the table is looked into: whoever tells a gate something writes it there, perhaps from another process."""
AGAIN_S = 5.0
AT_ONCE = 20
"""Instructions of one gate under way."""


class Teller:
    """One site's instructions. `sign`: head office's key; `owns`: whether a gate is this receiver's (shards.py)."""

    def __init__(self, store: Store, site: str, sign: Sign, owns: Callable[[str], bool] = lambda _gate: True) -> None:
        self._store, self._site, self._sign, self._owns = store, site, sign, owns
        self._sent: dict[tuple[str, int], float] = {}
        self._online: set[str] = set()
        self.look_at = 0.0
        """When the table is looked into again. Whoever is rung (bell.py) sets it to 0 from another thread: `work` moves it on before it looks, so no ring is lost."""

    def forget(self) -> None:
        """A new session: everything open is sent again."""
        self._sent.clear()
        self._online.clear()
        self.look_at = 0.0

    def heard(self, gate: str, online: bool) -> None:
        """A gate's state came. One that was away listens from now on: what is open is sent to it at once."""
        if online and gate not in self._online:
            self._sent = {key: at for key, at in self._sent.items() if key[0] != gate}
            self.look_at = 0.0
        (self._online.add if online else self._online.discard)(gate)

    def work(self, link: Link, now: float) -> None:
        """Send what is open and has not been sent for a while. Raises StoreUnavailable."""
        if now < self.look_at:
            return
        self.look_at = now + LOOK_S
        open_ = [t for t in self._store.told(self._site, only_open=True) if self._owns(t.gate)]
        self._sent = {(t.gate, t.number): at for t in open_ if (at := self._sent.get((t.gate, t.number))) is not None}
        try:
            for told, after in _chained(open_):
                if now - self._sent.get((told.gate, told.number), -AGAIN_S) >= AGAIN_S:
                    self._send(link, told, after, now)
        except LinkError as e:
            log.info("instructions wait for the broker: %s", e)

    def _send(self, link: Link, told: Told, after: int, now: float) -> None:
        try:
            payload = told.instruction(after).to_bytes(self._sign)
        except ProtocolError as e:
            log.error("instruction %d for %s cannot be sent: %s", told.number, told.gate, e)
            return
        link.publish(Topics(told.site, told.gate).command, payload, content_type=JSON_TYPE)
        self._sent[told.gate, told.number] = now


def _chained(open_: Iterable[Told]) -> list[tuple[Told, int]]:
    """Each with the number of the open one before it, at most AT_ONCE of a gate; in order."""
    last: dict[str, tuple[int, int]] = {}
    found = []
    for told in open_:
        before, count = last.get(told.gate, (0, 0))
        if count < AT_ONCE:
            found.append((told, before))
            last[told.gate] = (told.number, count + 1)
    return found
