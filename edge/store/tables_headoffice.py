"""The instructions of head office that were carried out, derived from the journal."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from edge.domain import events_headoffice as ev
from edge.store.journal import Meta

Con = sqlite3.Connection
DERIVED = ("instructions",)


def _instructed(con: Con, meta: Meta, e: ev.Instructed) -> None:
    con.execute(
        "INSERT OR REPLACE INTO instructions (number, act, result, about, actor, at_ms) VALUES (?, ?, ?, ?, ?, ?)",
        (e.number, e.act, e.result, e.about, meta.actor, meta.at_ms),
    )


HANDLERS: dict[str, Callable[[Con, Meta, Any], None]] = {ev.Instructed.KIND: _instructed}


def last(con: Con) -> int:
    """The number of the last instruction that was carried out; 0: none yet."""
    return int(con.execute("SELECT coalesce(max(number), 0) FROM instructions").fetchone()[0])
