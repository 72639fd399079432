"""The counters of writable cards, derived from the journal; and what is asked of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from edge.domain import events as house
from edge.domain import events_cards as ev
from edge.domain.card_counter import Known, Stored
from edge.store.journal import Meta

Con = sqlite3.Connection
DERIVED = ("card_counters",)


def _counting(con: Con, meta: Meta, e: ev.CardCounting) -> None:
    con.execute(
        """INSERT INTO card_counters (card, confirmed, begun, at_ms) VALUES (?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET confirmed = excluded.confirmed, begun = excluded.begun, at_ms = excluded.at_ms""",
        (e.card, e.confirmed, e.begun, meta.at_ms),
    )


def _counted(con: Con, _meta: Meta, e: ev.CardCounted) -> None:
    con.execute("UPDATE card_counters SET confirmed = begun WHERE card = ? AND begun = ?", (e.card, e.counter))


def _copied(con: Con, meta: Meta, e: ev.CardCopied) -> None:
    con.execute("UPDATE card_counters SET suspect = ? WHERE card = ?", (meta.seq, e.card))


def _trusted(con: Con, _meta: Meta, e: ev.CardTrusted) -> None:
    con.execute("DELETE FROM card_counters WHERE card = ?", (e.card,))


def _restored(con: Con, _meta: Meta, _e: house.JournalRestored) -> None:
    """What was written onto cards after the backup is not known: each is taken at its next word. Who is suspect stays so."""
    con.execute("DELETE FROM card_counters WHERE suspect = 0")


HANDLERS: dict[str, Callable[[Con, Meta, Any], None]] = {
    ev.CardCounting.KIND: _counting,
    ev.CardCounted.KIND: _counted,
    ev.CardCopied.KIND: _copied,
    ev.CardTrusted.KIND: _trusted,
    house.JournalRestored.KIND: _restored,
}


def known(con: Con, card: str) -> Known:
    """What the gate knows of a card's counter."""
    row = con.execute("SELECT confirmed, begun, suspect FROM card_counters WHERE card = ?", (card,)).fetchone()
    return Known() if row is None else Known(Stored(row[0], row[1]), bool(row[2]))


def kind(con: Con, card: str) -> str:
    """What kind of card it is: of the desk's stock (visitor, vehicle, construction), else the registry's category; "" unknown."""
    near = (card, card[-8:])
    for sql in (
        "SELECT kind FROM cards WHERE card IN (?, ?) ORDER BY length(card) DESC",
        "SELECT category FROM credentials WHERE uid IN (?, ?) ORDER BY length(uid) DESC",
    ):
        row = con.execute(sql, near).fetchone()
        if row:
            return str(row[0])
    return ""


def suspects(con: Con) -> list[dict[str, Any]]:
    """Cards of which there are two, the newest first, with whose they are."""
    found = con.execute(
        """SELECT k.card, k.suspect, j.at_ms, coalesce(c.label, ''), coalesce(r.credential, ''), coalesce(r.category, c.kind, '')
           FROM card_counters k JOIN journal j ON j.seq = k.suspect LEFT JOIN cards c ON c.card = k.card
           LEFT JOIN credentials r ON r.uid IN (k.card, substr(k.card, -8)) WHERE k.suspect > 0 ORDER BY k.suspect DESC LIMIT 200"""
    )
    names = ("card", "seq", "at_ms", "label", "credential", "kind")
    return [dict(zip(names, row, strict=True)) for row in found]
