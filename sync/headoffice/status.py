"""What head office knows of its gates, as figures for people and for metrics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sync.headoffice.intake import ChainId, Mark
from sync.headoffice.store import Alarm, Chain
from sync.protocol import ZERO, GateState


@dataclass(frozen=True, slots=True)
class GateStatus:
    """One gate. Nothing is missing up to `applied` of `epoch`; `missing` more are known to exist and are not here yet.

    `online`: what the gate's retained state says, None when it has never been heard. `last_ms`: UTC, when the last event
    was committed. `older`: how many earlier epochs are kept.
    """

    gate: str
    epoch: str = ""
    applied: int = 0
    hash: bytes = ZERO
    last_ms: int = 0
    high: int = 0
    online: bool | None = None
    quarantined: int = 0
    older: int = 0

    @property
    def missing(self) -> int:
        """Events that the gate has told of and that are not here."""
        return max(0, self.high - self.applied)

    @property
    def forked(self) -> bool:
        """Another history of a kept epoch lies in quarantine."""
        return self.quarantined > 0


@dataclass(frozen=True, slots=True)
class ReceiverStatus:
    """The receiver. `problem`: why it does not receive just now, and `hint`: what to do; empty when it does."""

    site: str
    store: str
    connected: bool = False
    store_ok: bool = False
    problem: str = ""
    hint: str = ""
    gates: tuple[GateStatus, ...] = ()
    alarms: tuple[Alarm, ...] = ()


class Board:
    """Collects what the receiver's thread learns; `status` is a frozen snapshot that any thread may read."""

    def __init__(self, site: str, store: str) -> None:
        self.status = ReceiverStatus(site, store)
        self._gates: dict[str, GateStatus] = {}
        self._epochs: dict[str, set[str]] = {}
        self._alarms: dict[tuple[ChainId, str], Alarm] = {}
        self._link = "not connected yet"
        self._store = ("not opened yet", "")
        self._changed = True

    def link(self, problem: str) -> None:
        """The link's state; empty: connected."""
        self._link, self._changed = problem, True

    def store(self, problem: str, hint: str = "") -> None:
        """The store's state; empty: open."""
        self._store, self._changed = (problem, hint), True

    def chain(self, where: ChainId, mark: Mark, at_ms: int) -> None:
        """Events of a chain were committed. The chain named last is the gate's newest."""
        epochs = self._epochs.setdefault(where.gate, set())
        epochs.add(where.epoch)
        old = self._gate(where.gate)
        high = max(mark.seq, old.high if old.epoch == where.epoch else 0)
        self._gates[where.gate] = replace(
            old, epoch=where.epoch, applied=mark.seq, hash=mark.hash, last_ms=at_ms, high=high, older=len(epochs) - 1
        )
        self._changed = True

    def heard(self, gate: str, state: GateState) -> None:
        """A gate's own word about itself."""
        old = self._gate(gate)
        if state.epoch == old.epoch:
            new = replace(old, online=state.online, high=max(old.high, state.high))
        elif state.online:  # an epoch of which nothing has come yet; a last will may be of an older one
            older = len(self._epochs.get(gate, ()))
            new = GateStatus(gate, state.epoch, high=state.high, online=True, quarantined=old.quarantined, older=older)
        else:
            new = replace(old, online=False)
        self._gates[gate] = new
        self._changed = True

    def quarantined(self, gate: str, rows: int) -> None:
        """So many rows of another history were put aside."""
        self._gates[gate] = replace(self._gate(gate), quarantined=self._gate(gate).quarantined + rows)
        self._changed = True

    def stored(self, chains: Iterable[Chain], alarms: Iterable[Alarm]) -> None:
        """What the database says, after it was opened."""
        self._epochs.clear()
        self._gates = {g: GateStatus(g, high=s.high, online=s.online) for g, s in self._gates.items()}
        for c in chains:
            self.chain(c.where, c.mark, c.at_ms)
            self.quarantined(c.where.gate, c.quarantined)
        self._alarms = {(a.where, a.code): a for a in alarms}

    def alarm(self, where: ChainId, code: str, detail: str, at_ms: int) -> bool:
        """Raise an alarm or count it again. True when it is a new one."""
        old = self._alarms.get((where, code))
        count, first_ms = (old.count + 1, old.first_ms) if old else (1, at_ms)
        self._alarms[where, code] = Alarm(where, code, detail, count, first_ms, at_ms)
        self._changed = True
        return old is None

    def publish(self) -> None:
        """Make the snapshot anew, if anything has changed."""
        if not self._changed:
            return
        self._changed = False
        problem, hint = self._store
        self.status = ReceiverStatus(
            site=self.status.site,
            store=self.status.store,
            connected=not self._link,
            store_ok=not problem,
            problem=problem or self._link,
            hint=hint
            if problem
            else ("is the broker running, and may head office connect to it?" if self._link else ""),
            gates=tuple(self._gates[g] for g in sorted(self._gates)),
            alarms=tuple(self._alarms.values()),
        )

    def _gate(self, gate: str) -> GateStatus:
        return self._gates.get(gate) or GateStatus(gate)
