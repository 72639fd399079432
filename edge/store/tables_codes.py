"""Codes that were taken back, derived from the journal."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from edge.domain import events_codes as ev
from edge.store.journal import Meta

Con = sqlite3.Connection
DERIVED = ("revoked_codes",)


def _revoked(con: Con, meta: Meta, e: ev.CodeRevoked) -> None:
    con.execute(
        "INSERT OR IGNORE INTO revoked_codes (token, seq, at_ms) VALUES (?, ?, ?)", (e.token, meta.seq, meta.at_ms)
    )


HANDLERS: dict[str, Callable[[Con, Meta, Any], None]] = {ev.CodeRevoked.KIND: _revoked}
NOT_DERIVED = {ev.CodeShown.KIND: "of the moment; what follows from it is a visit"}


def revoked(con: Con, token: str) -> bool:
    """Whether head office has taken it back."""
    return con.execute("SELECT 1 FROM revoked_codes WHERE token = ?", (token,)).fetchone() is not None
