"""Sends each gate the list that is meant for it, until the gate says that it has it. Belongs to the receiver's thread.

What a gate has it says itself: in its state, and in each `registry/want`. One that has another list than it should is offered the way
there (piece 0, again every AGAIN_S) and asks for the pieces that it lacks. A change set is sent where the gate has a version that head
office knows, with the right digest, and the change is smaller than the list; otherwise a snapshot. Bodies are made a few a round, as they
are asked for, and shared by all gates that get the same list, so nobody's events wait for them.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sync.fields import ProtocolError
from sync.headoffice.registry import Registry
from sync.headoffice.registry_plan import ListAt
from sync.headoffice.store import Store
from sync.instructions import Sign
from sync.link import Link, LinkError
from sync.protocol import GateState, Topics
from sync.registry_protocol import CHANGES, MAX_BODY, SNAPSHOT, WINDOW, Piece, Transfer, Want, packed

log = logging.getLogger(__name__)
LOOK_S = 1.0
"""How often the table of versions is looked into: an import is another process."""
AGAIN_S = 4.0
MOST_OPS = 250
"""A gate applies a change set in one transaction, for which a card may have to wait: a larger change goes as a snapshot."""
A_ROUND = 8
"""Pieces in one round of the receiver's thread."""
_PAGE = 500
_KEPT = 8
_TYPE = "application/vnd.gate-edge.registry"


@dataclass(slots=True)
class _Gate:
    """What is known of one gate: what it has, what it is to be sent (`next` until before `until`), how far it was sent already."""

    number: int = 0
    digest: str = ""
    online: bool = False
    refused: tuple[int, str] = (0, "")
    snapshot_for: int = 0
    offered_at: float = float("-inf")
    name: str = ""
    asked: int = 0
    next: int = 0
    until: int = 0


class Registrar:
    """One site's. `sign`: head office's key; `owns`: whether a gate is this receiver's (shards.py)."""

    def __init__(self, store: Store, site: str, sign: Sign, owns: Callable[[str], bool] = lambda _gate: True) -> None:
        self._registry, self._site, self._sign, self._owns = Registry(store, site), site, sign, owns
        self._gates: dict[str, _Gate] = {}
        self._newest = (0, 0)
        self._newest_at = float("-inf")
        self._lists: dict[str, ListAt] = {}
        self._bodies: OrderedDict[str, _Bodies] = OrderedDict()
        self.look_at = 0.0

    def forget(self) -> None:
        """A new session: what was under way is lost."""
        for gate in self._gates.values():
            gate.offered_at, gate.next, gate.until, gate.name = float("-inf"), 0, 0, ""
        self.look_at = 0.0

    def heard(self, name: str, state: GateState) -> None:
        """A gate's state has come."""
        gate = self._gates.setdefault(name, _Gate())
        before = (gate.online, gate.number, gate.digest)
        no = state.details.get("registry_refused")
        gate.refused = (no.get("number", 0), no.get("digest", "")) if isinstance(no, dict) else (0, "")
        if state.online and not gate.online:
            gate.offered_at = float("-inf")
        gate.online = state.online
        said = state.details.get("registry_at")
        if isinstance(said, dict) and type(said.get("number")) is int and isinstance(said.get("digest"), str):
            gate.number, gate.digest = said["number"], said["digest"]
        else:
            gate.online = False  # one of an earlier version: it would not understand
        if before != (gate.online, gate.number, gate.digest):
            self.look_at = 0.0

    def wanted(self, name: str, want: Want, now: float) -> None:
        """A gate asks. Raises StoreUnavailable."""
        gate = self._gates.setdefault(name, _Gate())
        gate.online, gate.number, gate.digest = True, want.number, want.digest
        if want.snapshot:
            gate.snapshot_for = self._newest[0]
        transfer = self._transfer(name, gate)
        self.look_at = 0.0
        if transfer is None:
            gate.next = gate.until = 0
            return
        gate.offered_at = now
        start = want.next if want.name == transfer.name else 0
        going_on = gate.name == transfer.name and start > gate.asked
        gate.next = max(start, gate.next) if going_on else start  # the same once more: it was lost
        gate.name, gate.asked, gate.until = transfer.name, start, start + WINDOW

    def work(self, link: Link, now: float) -> None:
        """Send what is due. Raises StoreUnavailable."""
        if now < self.look_at:
            return
        self.look_at = now + LOOK_S
        if now - self._newest_at >= LOOK_S:
            newest, self._newest_at = self._registry.newest(), now
            if newest != self._newest:
                self._newest = newest
                self._lists.clear()
        left = A_ROUND
        for name, gate in self._gates.items():
            if not (gate.online and self._owns(name)) or (transfer := self._transfer(name, gate)) is None:
                continue
            if now - gate.offered_at >= AGAIN_S:
                gate.offered_at, gate.name, gate.asked, gate.next, gate.until = now, transfer.name, 0, 0, 1
            try:
                while gate.next < gate.until and left > 0 and self._send(link, transfer, gate.next):
                    gate.next += 1
                    left -= 1
            except LinkError as e:
                log.debug("the registry waits for the broker: %r", e)
                self.look_at = now + 0.05
                return
            if gate.next < gate.until and left == 0:
                self.look_at = now
                return

    def _send(self, link: Link, transfer: Transfer, n: int) -> bool:
        """One piece; False when there are no more."""
        found = self._bodies_of(transfer).get(n)
        if found is None:
            return False
        try:
            payload = Piece(transfer, n, *found).to_bytes(self._sign)
        except ProtocolError as e:
            log.error("piece %d of %s for %s cannot be sent: %s", n, transfer.name, transfer.gate, e)
            return False
        link.publish(Topics(self._site, transfer.gate).registry, payload, content_type=_TYPE)
        return True

    # ---- which way a gate goes

    def _transfer(self, name: str, gate: _Gate) -> Transfer | None:
        """From what it has to what it should have; None when it has it, or a newer one, or head office keeps no list."""
        number, at_ms = self._newest
        if number == 0 or gate.number > number:
            return None
        target = self._lists.get(name)
        if target is None:
            target = self._lists[name] = self._registry.list_at(name, number)
        if (gate.number, gate.digest) == (number, target.digest):
            gate.snapshot_for = 0
            return None
        if gate.refused == (number, target.digest):
            return None  # it said why, on record: only another list helps
        kind, base, base_digest = SNAPSHOT, 0, ""
        if 0 < gate.number < number and gate.snapshot_for != number:
            key = f"{CHANGES}-{gate.number}-{gate.digest}-{number}-{target.digest}"
            if key not in self._bodies and self._registry.list_at(name, gate.number).digest == gate.digest:
                ops = self._registry.changes(name, gate.number, number, min(MOST_OPS, target.lines))
                if ops is not None:
                    self._keep(key, _Bodies(iter(ops)))
            if key in self._bodies:
                kind, base, base_digest = CHANGES, gate.number, gate.digest
            else:
                gate.snapshot_for = number
        return Transfer(self._site, name, kind, base, base_digest, number, target.digest, target.cards, at_ms)

    def _bodies_of(self, t: Transfer) -> _Bodies:
        key = f"{t.kind}-{t.base}-{t.base_digest}-{t.number}-{t.digest}"
        if key not in self._bodies:
            self._keep(key, _Bodies(self._all_lines(t.gate, t.number)))
        self._bodies.move_to_end(key)
        return self._bodies[key]

    def _keep(self, key: str, bodies: _Bodies) -> None:
        self._bodies[key] = bodies
        while len(self._bodies) > _KEPT:
            self._bodies.popitem(last=False)

    def _all_lines(self, gate: str, number: int) -> Iterator[str]:
        after = ""
        while page := list(self._registry.lines(gate, number, after, _PAGE)):
            yield from (line for _, line in page if line)
            after = page[-1][0]


class _Bodies:
    """A transfer's bodies, made as they are asked for."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._next = next(lines, None)
        self._made: list[tuple[bool, bytes]] = []

    def get(self, n: int) -> tuple[bool, bytes] | None:
        """(whether it is the last, body); None behind the last. Raises StoreUnavailable."""
        while len(self._made) <= n:
            if self._made and self._next is None:
                return None
            taken: list[str] = []
            size = 0
            while self._next is not None and (not taken or size + len(self._next.encode()) < MAX_BODY):
                taken.append(self._next)
                size += len(self._next.encode()) + 1
                self._next = next(self._lines, None)
            self._made.append((self._next is None, packed(taken)))
        return self._made[n]
