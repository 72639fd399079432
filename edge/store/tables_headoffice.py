"""The instructions of head office that were carried out, derived from the journal."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from edge.domain import events_headoffice as ev
from edge.store.journal import Meta

Con = sqlite3.Connection
DERIVED = ("instructions", "office_entries", "registry_entry_log")


def _instructed(con: Con, meta: Meta, e: ev.Instructed) -> None:
    con.execute(
        "INSERT OR REPLACE INTO instructions (number, act, result, about, actor, at_ms) VALUES (?, ?, ?, ?, ?, ?)",
        (e.number, e.act, e.result, e.about, meta.actor, meta.at_ms),
    )


def _entry(con: Con, meta: Meta, e: ev.RegistryEntry) -> None:
    con.execute(
        "INSERT OR REPLACE INTO office_entries (list, key, about, hash, result, at_ms, seq) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (e.list, e.key, e.about, e.hash, e.result, meta.at_ms, meta.seq),
    )
    if e.about:
        con.execute("INSERT OR IGNORE INTO registry_entry_log (list, about) VALUES (?, ?)", (e.list, e.about))


HANDLERS: dict[str, Callable[[Con, Meta, Any], None]] = {
    ev.Instructed.KIND: _instructed,
    ev.RegistryEntry.KIND: _entry,
}


def is_office(con: Con, list_: str, about: int) -> bool:
    """Whether a permit, appointment, entry, convoy or notice is one of head office's list, which alone may change it."""
    sql = "SELECT 1 FROM office_entries WHERE list = ? AND about = ? AND hash <> ''"
    return con.execute(sql, (list_, about)).fetchone() is not None


def was_office(con: Con, list_: str, about: int) -> bool:
    """Whether it was on head office's list and has left it, or was replaced there by another."""
    sql = "SELECT 1 FROM registry_entry_log WHERE list = ? AND about = ?"
    return con.execute(sql, (list_, about)).fetchone() is not None and not is_office(con, list_, about)


def last(con: Con) -> int:
    """The number of the last instruction that was carried out; 0: none yet."""
    return int(con.execute("SELECT coalesce(max(number), 0) FROM instructions").fetchone()[0])


OVER = (
    "done",
    "until-over",
    "arrival-past",
    "expired",
    "appointment-used",
    "appointment-cancelled",
    "bulletin-over",
    "convoy-over",
)
"""Results that nobody needs to look at: it is carried out, or its time was over when it came."""
SHOWN = 10


def not_taken(con: Con) -> list[list[str]]:
    """Entries of head office's lists that this gate could not take: list, key, why; a few of them."""
    marks = ", ".join("?" for _ in OVER)
    sql = f"SELECT list, key, result FROM office_entries WHERE result NOT IN ({marks}) ORDER BY list, key LIMIT ?"
    return [list(row) for row in con.execute(sql, (*OVER, SHOWN))]
