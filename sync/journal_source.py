"""The journal as the gate's side of sync is handed it: what the uplink reads, and the cursor that it stores there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


class SourceUnavailable(Exception):
    """The gate's journal cannot be read or written just now; the uplink waits and tries again."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as it lies in the journal: `data` are the exact stored bytes, `personal` its part apart (None: none, erased)."""

    seq: int
    data: bytes
    hash: bytes
    personal: bytes | None


@dataclass(frozen=True, slots=True)
class Life:
    """One epoch of a journal: its events follow number `after`. `last`: its last one, when another epoch came after it; else None."""

    epoch: str
    after: int = 0
    last: int | None = None


class JournalSource(Protocol):
    """The journal as the uplink sees it. Called on the uplink's thread. Raises SourceUnavailable (or sqlite3.Error, OSError)."""

    @property
    def site(self) -> str:
        """Which community."""

    @property
    def gate(self) -> str:
        """Which gate of it."""

    @property
    def epoch(self) -> str:
        """The life of this database: that of its newest event."""

    def life(self, seq: int) -> Life:
        """The epoch to which the event after `seq` belongs, or will belong."""

    def head(self) -> tuple[int, bytes]:
        """Newest seq and its hash; (0, ZERO) when the journal is empty."""

    def after(self, seq: int, limit: int, max_bytes: int) -> list[Entry]:
        """The events seq+1, seq+2 …: at most `limit`, together at most `max_bytes`; at least one if there is one."""

    def hash_of(self, seq: int) -> bytes:
        """The chain's hash at `seq`; ZERO for 0. LookupError when it is no longer in the journal (the one at the cursor always is)."""

    def acked(self) -> int:
        """The cursor as last stored."""

    def set_acked(self, seq: int, hash_: bytes) -> None:
        """Store the cursor. May be lazy: losing it only costs a resend. It may also go back (head office lost data)."""

    def sign(self, message: bytes) -> bytes:
        """Ed25519 signature with the gate's key."""

    def public_key(self) -> bytes:
        """The 32 bytes that verify it."""

    def state(self) -> dict[str, Any]:
        """Registry, boot, clock, lanes, faults, version: JSON values for the state topic."""
