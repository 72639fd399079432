"""Readings of plates, derived from the journal, and to which pass each belongs.

A reading comes before its vehicle's pass (the loop was first) or after it (the card was). The first kind waits in `plate_here` for the
next pass of its lane; a vehicle that comes or goes ends the waiting.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from edge.domain import events as house
from edge.domain import events_plates as ev
from edge.store.journal import Meta

Con = sqlite3.Connection
DERIVED = ("plate_readings", "plate_here")


def _read(con: Con, meta: Meta, e: ev.PlateWasRead) -> None:
    con.execute(
        """INSERT INTO plate_readings (seq, lane, at_ms, text, certain, confidence, candidates, known, picture, crop, match, alone,
           pass_seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            *(meta.seq, e.lane, meta.at_ms, e.text, int(e.certain), e.confidence),
            *(json.dumps(list(e.candidates), ensure_ascii=False), json.dumps(list(e.known), ensure_ascii=False)),
            *(e.picture, e.crop, e.match, e.alone, e.pass_seq),
        ),
    )
    if not e.pass_seq:
        con.execute("INSERT OR REPLACE INTO plate_here (lane, seq) VALUES (?, ?)", (e.lane, meta.seq))
    elif e.certain:
        _into_pass(con, e.pass_seq, e.text, e.match)


def _into_pass(con: Con, pass_seq: int, text: str, match: str) -> None:
    """The first reading stays; what a guard has said of the plate stands above it."""
    con.execute(
        """UPDATE passes SET plate_read = ?, plate_match = CASE WHEN ? = 'unread' THEN plate_match ELSE ? END,
           plate = CASE WHEN plate IN ('', plate_bound) THEN ? ELSE plate END WHERE pass_seq = ? AND plate_read = ''""",
        (text, match, match, text, pass_seq),
    )
    con.execute(
        "UPDATE inside SET plate = ? WHERE pass_seq = ? AND plate IN ('', (SELECT plate_bound FROM passes WHERE pass_seq = ?))",
        (text, pass_seq, pass_seq),
    )


def _corrected(con: Con, _meta: Meta, e: ev.PlateCorrected) -> None:
    con.execute(
        "UPDATE plate_readings SET corrected = ?, how = ? WHERE seq = ?",
        (e.plate, e.how, e.reading),
    )
    if e.pass_seq:
        con.execute("UPDATE passes SET plate = ? WHERE pass_seq = ?", (e.plate, e.pass_seq))
        con.execute("UPDATE inside SET plate = ? WHERE pass_seq = ?", (e.plate, e.pass_seq))


def belongs(con: Con, lane: str, pass_seq: int) -> None:
    """A pass begins at a lane: the reading that waits there is its vehicle's."""
    row = con.execute("DELETE FROM plate_here WHERE lane = ? RETURNING seq", (lane,)).fetchone()
    if row is None:
        return
    con.execute("UPDATE plate_readings SET pass_seq = ? WHERE seq = ?", (pass_seq, row[0]))
    text, certain, corrected = con.execute(
        "SELECT text, certain, corrected FROM plate_readings WHERE seq = ?", row
    ).fetchone()
    known = corrected or (text if certain else "")
    if known:
        con.execute("UPDATE passes SET plate = ? WHERE pass_seq = ? AND plate = ''", (known, pass_seq))


def decided(con: Con, meta: Meta, e: house.AccessDecided) -> None:
    """A card, or a plate by itself."""
    belongs(con, e.lane, meta.seq)


def opened(con: Con, meta: Meta, e: house.PassOpened) -> None:
    """A guard, by hand."""
    belongs(con, e.lane, meta.seq)


def crossed(con: Con, meta: Meta, e: house.VehicleCrossed) -> None:
    """Went through without anybody's yes: the reading is this one's. Must come after the register's own handler."""
    if not e.pass_seq:
        belongs(con, e.lane, meta.seq)


def came(con: Con, _meta: Meta, e: house.VehicleWaiting) -> None:
    """Another vehicle."""
    con.execute("DELETE FROM plate_here WHERE lane = ?", (e.lane,))


def restarted(con: Con) -> None:
    """Who stands where is not known."""
    con.execute("DELETE FROM plate_here")


HANDLERS: dict[str, Callable[[Con, Meta, Any], None]] = {
    ev.PlateWasRead.KIND: _read,
    ev.PlateCorrected.KIND: _corrected,
}
