"""Accounts and sessions as values, and the rows in which they are kept. Who may change them, and when, is in users.py."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass

Con = sqlite3.Connection


@dataclass(frozen=True, slots=True)
class Account:
    """One person. `locked_until` is on the steady clock, in seconds (0: not locked)."""

    user: str
    name: str
    role: str
    enabled: bool
    pin_hash: str
    created_ms: int
    failed: int = 0
    locked_until: float = 0.0
    card: str = ""
    """The staff card by which this person is known at the desk reader: UID in lower-case hex."""


@dataclass(slots=True)
class Session:
    """Somebody signed in on a tablet. Times are seconds of the steady clock."""

    user: str
    name: str
    role: str
    device: str
    began_ms: int
    ends: float
    saved: float


@dataclass(frozen=True, slots=True)
class UserChange:
    """What a shift leader wants an account to be. `pin` None leaves the PIN as it is, `card` None the card ("" takes it away)."""

    user: str
    name: str
    role: str
    enabled: bool = True
    pin: str | None = None
    card: str | None = None


def token_digest(token: str) -> bytes:
    """What is kept of a session's token."""
    return hashlib.sha256(token.encode()).digest()


def load_accounts(con: Con) -> list[tuple[Account, int]]:
    """All accounts, each with the wall time until which it is locked (0: it is not)."""
    found = con.execute(
        "SELECT user, name, role, enabled, pin_hash, created_ms, failed, locked_until_ms, card FROM users"
    )
    return [(Account(r[0], r[1], r[2], bool(r[3]), r[4], r[5], r[6], card=r[8]), r[7]) for r in found]


def write_account(con: Con, a: Account, locked_until_ms: int = 0) -> None:
    """Add it, or put it in the place of what is there; within a transaction."""
    con.execute(
        "INSERT INTO users (user, name, role, pin_hash, enabled, failed, locked_until_ms, created_ms, card)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (user) DO UPDATE SET name = excluded.name, role = excluded.role, pin_hash = excluded.pin_hash,"
        " enabled = excluded.enabled, failed = excluded.failed, locked_until_ms = excluded.locked_until_ms, card = excluded.card",
        (a.user, a.name, a.role, a.pin_hash, int(a.enabled), a.failed, locked_until_ms, a.created_ms, a.card),
    )


def write_seen(con: Con, rows: list[tuple[int, int, bytes]]) -> None:
    """Last use, end and token digest of sessions; within a transaction."""
    con.executemany("UPDATE sessions SET seen_ms = ?, expires_ms = ? WHERE token_hash = ?", rows)
