"""Derived for the search: the words that plates, units and companions' firms are written in, a visit's events, a card's visits.

A table beside the other handlers: an event that changes visits or passes also makes its words known here. Nothing here is personal.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from edge.domain import events as ev
from edge.domain import events_desk as desk
from edge.domain.event import Event
from edge.domain.finding import ends, fold
from edge.domain.plates import normal
from edge.store.journal import Meta

Con = sqlite3.Connection
DERIVED = ("terms", "visit_events", "visit_cards")
PLATE, UNIT, COMPANY = "p", "u", "c"


def term(con: Con, kind: str, text: str) -> None:
    """Make a word known, once."""
    if not text:
        return
    form = fold(text) if kind == PLATE else normal(text)
    if con.execute("SELECT 1 FROM terms WHERE part = ? AND term = ?", (kind + form, text)).fetchone():
        return
    rows = [(kind + part, text) for part in ends(form)]
    con.executemany("INSERT OR IGNORE INTO terms (part, term) VALUES (?, ?)", rows)


def _visit(con: Con, _meta: Meta, e: desk.VisitOpened | desk.VisitNoted) -> None:
    term(con, PLATE, e.plate)
    term(con, UNIT, e.unit)
    term(con, COMPANY, e.company)


def _decided(con: Con, _meta: Meta, e: ev.AccessDecided) -> None:
    term(con, PLATE, e.plate_read or e.plate_bound)


def _plated(con: Con, _meta: Meta, e: ev.PassOpened | ev.PassNoted) -> None:
    term(con, PLATE, e.plate)


def _issued(con: Con, _meta: Meta, e: desk.CardIssued) -> None:
    con.execute("INSERT OR IGNORE INTO visit_cards (card, visit) VALUES (?, ?)", (e.card, e.visit))


_HANDLERS: dict[str, Callable[[Con, Meta, Any], None]] = {
    desk.VisitOpened.KIND: _visit,
    desk.VisitNoted.KIND: _visit,
    desk.CardIssued.KIND: _issued,
    ev.AccessDecided.KIND: _decided,
    ev.PassOpened.KIND: _plated,
    ev.PassNoted.KIND: _plated,
}


def apply(con: Con, meta: Meta, event: Event) -> None:
    """What the search has to know of an event."""
    handler = _HANDLERS.get(event.KIND)
    if handler is not None:
        handler(con, meta, event)
    visit = meta.seq if isinstance(event, desk.VisitOpened) else getattr(event, "visit", 0)
    if visit:
        con.execute("INSERT OR IGNORE INTO visit_events (visit, seq) VALUES (?, ?)", (visit, meta.seq))
