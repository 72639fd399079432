"""Derived: appointments, the watch list and its matches, overstays. As in tables_desk.py, nothing here looks at a personal field."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from edge.domain import events_visits as ev
from edge.store.journal import Meta

Con = sqlite3.Connection
Handler = Callable[[Con, Meta, Any], None]
DERIVED = ("appointments", "code_tries", "watch", "watch_matches", "overstays")


def _made(con: Con, meta: Meta, e: ev.AppointmentMade) -> None:
    con.execute(
        """INSERT INTO appointments (appointment, state, kind, mode, unit, plate, vehicle, companions, company, purpose, title, from_ms,
           until_ms, code, token, source, person_seq, made_ms, made_by)
           VALUES (?, 'valid', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            *(meta.seq, e.kind, e.mode, e.unit, e.plate, e.vehicle, e.companions, e.company, e.purpose, e.title),
            *(e.from_ms, e.until_ms, e.code, e.token, e.source, meta.seq, meta.at_ms, meta.actor),
        ),
    )


def _changed(con: Con, meta: Meta, e: ev.AppointmentChanged) -> None:
    con.execute(
        """UPDATE appointments SET kind = ?, mode = ?, unit = ?, plate = ?, vehicle = ?, companions = ?, company = ?, purpose = ?,
           title = ?, from_ms = ?, until_ms = ?, person_seq = ? WHERE appointment = ?""",
        (
            *(e.kind, e.mode, e.unit, e.plate, e.vehicle, e.companions, e.company, e.purpose, e.title),
            *(e.from_ms, e.until_ms, meta.seq, e.appointment),
        ),
    )


def _cancelled(con: Con, meta: Meta, e: ev.AppointmentCancelled) -> None:
    _end(con, meta, e.appointment, "cancelled", 0, e.reason)


def _used(con: Con, meta: Meta, e: ev.AppointmentUsed) -> None:
    _end(con, meta, e.appointment, "used", e.visit, "")


def _end(con: Con, meta: Meta, appointment: int, state: str, visit: int, reason: str) -> None:
    con.execute(
        "UPDATE appointments SET state = ?, visit = ?, ended_ms = ?, reason = ? WHERE appointment = ?",
        (state, visit, meta.at_ms, reason, appointment),
    )


def _tried(con: Con, meta: Meta, e: ev.AppointmentTried) -> None:
    con.execute("INSERT INTO code_tries VALUES (?, ?, ?, ?)", (meta.seq, meta.actor, meta.at_ms, e.why))


def _added(con: Con, meta: Meta, e: ev.WatchAdded) -> None:
    con.execute("INSERT INTO watch VALUES (?, ?, ?, 1, ?, ?)", (meta.seq, e.plate, e.until, meta.at_ms, meta.actor))


def _removed(con: Con, _meta: Meta, e: ev.WatchRemoved) -> None:
    con.execute("UPDATE watch SET active = 0 WHERE entry = ?", (e.entry,))


def _matched(con: Con, meta: Meta, e: ev.WatchMatched) -> None:
    con.execute(
        "INSERT INTO watch_matches (visit, entry, seq, by) VALUES (?, ?, ?, ?)",
        (e.visit, e.entry, meta.seq, ",".join(e.by)),
    )


def _decided(con: Con, meta: Meta, e: ev.WatchDecided) -> None:
    con.execute(
        "UPDATE watch_matches SET decision = ?, decided_ms = ?, decided_by = ? WHERE visit = ?",
        (e.decision, meta.at_ms, meta.actor, e.visit),
    )


def _overstayed(con: Con, meta: Meta, e: ev.VisitOverstayed) -> None:
    con.execute("INSERT INTO overstays (visit, due_ms, at_ms) VALUES (?, ?, ?)", (e.visit, e.due_ms, meta.at_ms))


def _heard(con: Con, meta: Meta, e: ev.VisitOverstayHeard) -> None:
    con.execute("UPDATE overstays SET heard_ms = ?, heard_by = ? WHERE visit = ?", (meta.at_ms, meta.actor, e.visit))


HANDLERS: dict[str, Handler] = {
    ev.AppointmentMade.KIND: _made,
    ev.AppointmentChanged.KIND: _changed,
    ev.AppointmentCancelled.KIND: _cancelled,
    ev.AppointmentUsed.KIND: _used,
    ev.AppointmentTried.KIND: _tried,
    ev.WatchAdded.KIND: _added,
    ev.WatchRemoved.KIND: _removed,
    ev.WatchMatched.KIND: _matched,
    ev.WatchDecided.KIND: _decided,
    ev.VisitOverstayed.KIND: _overstayed,
    ev.VisitOverstayHeard.KIND: _heard,
}
