"""The tables of green way and convoys derived from the journal (V6, V7, V8).

Every crossing at a lane that is held open belongs to the hold, and so does what had no other leave to pass until the arm is down
after its release: the car that was still under it. A restart interrupts what was open; nothing holds an arm then.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from edge.domain import events as base
from edge.domain import events_escort as ev
from edge.store.journal import Meta

Con = sqlite3.Connection
Handler = Callable[[Con, Meta, Any], None]
DERIVED = ("escorts", "escort_lanes", "escort_passes", "convoys", "convoy_cars")


# ---- holds -------------------------------------------------------------------------------------------------------


def _green(con: Con, meta: Meta, e: ev.GreenOpened) -> None:
    _begin(con, meta, e.kind, 0, "", e.lanes)


def _named(con: Con, _meta: Meta, e: ev.GreenNamed) -> None:
    con.execute("UPDATE escorts SET kind = ? WHERE escort = ?", (e.kind, e.green))


def _released(con: Con, meta: Meta, e: ev.GreenReleased) -> None:
    _end(con, meta, e.green, e.why)


def _opened(con: Con, meta: Meta, e: ev.ConvoyOpened) -> None:
    _begin(con, meta, "convoy", e.convoy, e.way, e.lanes)


def _ended(con: Con, meta: Meta, e: ev.ConvoyEnded) -> None:
    sql = "SELECT escort FROM escorts WHERE state <> 'released' AND convoy = ? AND way = ?"
    for (escort,) in con.execute(sql, (e.convoy, e.way)).fetchall():
        _end(con, meta, escort, e.why)


def _begin(con: Con, meta: Meta, kind: str, convoy: int, way: str, lanes: tuple[str, ...]) -> None:
    con.execute(
        """INSERT INTO escorts (escort, kind, convoy, way, lanes, state, opened_ms, opened_by)
           VALUES (?, ?, ?, ?, ?, 'open', ?, ?)""",
        (meta.seq, kind, convoy, way, ",".join(lanes), meta.at_ms, meta.actor),
    )
    con.executemany(
        "INSERT OR REPLACE INTO escort_lanes (escort, lane, held) VALUES (?, ?, 1)",
        [(meta.seq, lane) for lane in lanes],
    )


def _end(con: Con, meta: Meta, escort: int, why: str) -> None:
    con.execute(
        "UPDATE escorts SET state = 'released', released_ms = ?, released_by = ?, why = ? WHERE escort = ?",
        (meta.at_ms, meta.actor, why, escort),
    )
    con.execute("UPDATE escort_lanes SET held = 0 WHERE escort = ?", (escort,))


def restarted(con: Con) -> None:
    """The gate began anew: nothing is held, and nothing more counts."""
    con.execute("UPDATE escorts SET state = 'interrupted' WHERE state = 'open'")
    con.execute("DELETE FROM escort_lanes")


def observed(con: Con, _meta: Meta, e: base.BarrierObserved) -> None:
    """The arm is down: what was released is over."""
    if e.now == "down":
        con.execute("DELETE FROM escort_lanes WHERE lane = ? AND held = 0", (e.lane,))


def crossed(con: Con, meta: Meta, e: base.VehicleCrossed) -> None:
    """A vehicle went through; called after the register has it."""
    _through(con, meta, e.lane, e.pass_seq)


def wrong_way(con: Con, meta: Meta, e: base.VehicleWrongWay) -> None:
    """The same from the other side: a lane that is held open for somebody leads both ways."""
    _through(con, meta, e.lane, 0)


def _through(con: Con, meta: Meta, lane: str, pass_seq: int) -> None:
    rows = con.execute("SELECT escort, held FROM escort_lanes WHERE lane = ? ORDER BY escort", (lane,)).fetchall()
    for escort, held in rows:
        if not held and pass_seq:
            continue
        row = con.execute(
            "SELECT pass_seq FROM passes WHERE pass_seq IN (?, ?) AND crossed_seq = ?", (pass_seq, meta.seq, meta.seq)
        ).fetchone()
        con.execute(
            "INSERT INTO escort_passes (escort, seq, lane, pass_seq, at_ms) VALUES (?, ?, ?, ?, ?)",
            (escort, meta.seq, lane, row[0] if row else meta.seq, meta.at_ms),
        )
        con.execute("UPDATE escorts SET crossings = crossings + 1 WHERE escort = ?", (escort,))


# ---- convoys -----------------------------------------------------------------------------------------------------


def _announced(con: Con, meta: Meta, e: ev.ConvoyAnnounced) -> None:
    con.execute(
        """INSERT INTO convoys (convoy, arrives_ms, from_ms, until_ms, lanes, by, at_ms, person_seq)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        (meta.seq, e.arrives_ms, e.from_ms, e.until_ms, ",".join(e.lanes), meta.actor, meta.at_ms, meta.seq),
    )
    _cars(con, meta.seq, e.plates)


def _changed(con: Con, meta: Meta, e: ev.ConvoyChanged) -> None:
    """A new time is reminded of anew; cars that are through stay ticked off."""
    con.execute(
        """UPDATE convoys SET reminded = iif(arrives_ms = ?, reminded, ''), arrives_ms = ?, from_ms = ?, until_ms = ?, lanes = ?,
           person_seq = ? WHERE convoy = ?""",
        (e.arrives_ms, e.arrives_ms, e.from_ms, e.until_ms, ",".join(e.lanes), meta.seq, e.convoy),
    )
    sql = "SELECT plate, in_ms, in_how, out_ms, out_how FROM convoy_cars WHERE convoy = ?"
    known = {row[0]: row[1:] for row in con.execute(sql, (e.convoy,)).fetchall()}
    con.execute("DELETE FROM convoy_cars WHERE convoy = ?", (e.convoy,))
    _cars(con, e.convoy, e.plates)
    for plate in e.plates:
        if plate in known:
            con.execute(
                "UPDATE convoy_cars SET in_ms = ?, in_how = ?, out_ms = ?, out_how = ? WHERE convoy = ? AND plate = ?",
                (*known[plate], e.convoy, plate),
            )


def _cars(con: Con, convoy: int, plates: tuple[str, ...]) -> None:
    con.executemany(
        "INSERT INTO convoy_cars (convoy, n, plate) VALUES (?, ?, ?)",
        [(convoy, n, plate) for n, plate in enumerate(plates, 1)],
    )


def _cancelled(con: Con, _meta: Meta, e: ev.ConvoyCancelled) -> None:
    con.execute("UPDATE convoys SET cancelled = ? WHERE convoy = ?", (e.reason or "cancelled", e.convoy))


def _reminded(con: Con, _meta: Meta, e: ev.ConvoyReminded) -> None:
    con.execute(
        "UPDATE convoys SET reminded = iif(reminded = '', '', reminded || ',') || ? WHERE convoy = ?",
        (str(e.minutes), e.convoy),
    )


def _car(con: Con, meta: Meta, e: ev.ConvoyCar) -> None:
    column = "in" if e.way == "in" else "out"
    con.execute(
        f"UPDATE convoy_cars SET {column}_ms = ?, {column}_how = ? WHERE convoy = ? AND plate = ? AND {column}_ms IS NULL",
        (meta.at_ms, e.how, e.convoy, e.plate),
    )


HANDLERS: dict[str, Handler] = {
    ev.GreenOpened.KIND: _green,
    ev.GreenNamed.KIND: _named,
    ev.GreenReleased.KIND: _released,
    ev.ConvoyOpened.KIND: _opened,
    ev.ConvoyEnded.KIND: _ended,
    ev.ConvoyAnnounced.KIND: _announced,
    ev.ConvoyChanged.KIND: _changed,
    ev.ConvoyCancelled.KIND: _cancelled,
    ev.ConvoyReminded.KIND: _reminded,
    ev.ConvoyCar.KIND: _car,
}
NOT_DERIVED: dict[str, str] = {}
"""Every event of a free way changes a table."""
