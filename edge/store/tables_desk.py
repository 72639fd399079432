"""The desk's tables derived from the journal: visits and their steps, documents, cards, notices (P3–P8, V3–V5).

Each handler only says what an event means for the rows; whether it may happen was decided before it was written (edge/domain). Nothing
here looks at a personal field, a clock, or the configuration.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from edge.domain import events_desk as ev
from edge.store.journal import Meta

Con = sqlite3.Connection
Handler = Callable[[Con, Meta, Any], None]
DERIVED = ("visits", "visit_steps", "documents", "cards", "notices")


def _opened(con: Con, meta: Meta, e: ev.VisitOpened) -> None:
    con.execute(
        """INSERT INTO visits (visit, kind, mode, state, opened_ms, opened_by, unit, plate, vehicle, companions, company, purpose,
           title, goods, person_seq) VALUES (?, ?, ?, 'open', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            *(meta.seq, e.kind, e.mode, meta.at_ms, meta.actor, e.unit, e.plate, e.vehicle, e.companions),
            *(e.company, e.purpose, e.title, e.goods, meta.seq),
        ),
    )


def _noted(con: Con, meta: Meta, e: ev.VisitNoted) -> None:
    con.execute(
        """UPDATE visits SET unit = ?, plate = ?, vehicle = ?, companions = ?, company = ?, purpose = ?, title = ?, goods = ?,
           person_seq = ? WHERE visit = ?""",
        (e.unit, e.plate, e.vehicle, e.companions, e.company, e.purpose, e.title, e.goods, meta.seq, e.visit),
    )


def _step(con: Con, meta: Meta, e: ev.VisitStep) -> None:
    con.execute(
        "INSERT OR REPLACE INTO visit_steps (visit, step, answer, place, until, at_ms, actor, seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (e.visit, e.step, e.answer, e.place, e.valid_until, meta.at_ms, meta.actor, meta.seq),
    )
    if e.place:
        con.execute("UPDATE visits SET place = ? WHERE visit = ?", (e.place, e.visit))


def _called(con: Con, meta: Meta, e: ev.HostCalled) -> None:
    con.execute(
        "UPDATE visits SET call = ?, call_seq = ?, call_ms = ? WHERE visit = ?",
        (e.result, meta.seq, meta.at_ms, e.visit),
    )


def _admitted(con: Con, meta: Meta, e: ev.VisitAdmitted) -> None:
    con.execute(
        "UPDATE visits SET state = 'admitted', admitted_ms = ?, admitted_by = ? WHERE visit = ?",
        (meta.at_ms, meta.actor, e.visit),
    )


def _refused(con: Con, meta: Meta, e: ev.VisitRefused) -> None:
    _end(con, meta, e.visit, "refused", reason=e.reason)


def _directed(con: Con, meta: Meta, e: ev.VisitDirected) -> None:
    _end(con, meta, e.visit, "directed", reason="")
    con.execute("UPDATE visits SET place = ? WHERE visit = ?", (e.where, e.visit))


def _closed(con: Con, meta: Meta, e: ev.VisitClosed) -> None:
    _end(con, meta, e.visit, "closed", reason=e.reason, how=e.how)


def _end(con: Con, meta: Meta, visit: int, state: str, *, reason: str, how: str = "") -> None:
    con.execute(
        "UPDATE visits SET state = ?, ended_ms = ?, ended_by = ?, reason = ?, how = ? WHERE visit = ?",
        (state, meta.at_ms, meta.actor, reason, how, visit),
    )


def _checked(con: Con, meta: Meta, e: ev.DocumentChecked) -> None:
    _document(con, meta, e.visit, e.kind, "checked", None)


def _held(con: Con, meta: Meta, e: ev.DocumentHeld) -> None:
    _document(con, meta, e.visit, e.kind, "held", e.slot)


def _document(con: Con, meta: Meta, visit: int, kind: str, how: str, slot: int | None) -> None:
    con.execute(
        "INSERT INTO documents (document, visit, kind, how, slot, at_ms, actor) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (meta.seq, visit, kind, how, slot, meta.at_ms, meta.actor),
    )


def _returned(con: Con, meta: Meta, e: ev.DocumentReturned) -> None:
    con.execute(
        "UPDATE documents SET returned_ms = ?, returned_by = ?, returned_to = ? WHERE document = ? AND returned_ms IS NULL",
        (meta.at_ms, meta.actor, e.to, e.document),
    )


def _stocked(con: Con, meta: Meta, e: ev.CardStocked) -> None:
    con.execute(
        """INSERT OR REPLACE INTO cards (card, kind, label, state, visit, plate, until, reason, since_ms, seq)
           VALUES (?, ?, ?, 'rack', 0, '', '', '', ?, ?)""",
        (e.card, e.kind, e.label, meta.at_ms, meta.seq),
    )


def _issued(con: Con, meta: Meta, e: ev.CardIssued) -> None:
    con.execute(
        "UPDATE cards SET state = 'issued', visit = ?, plate = ?, until = ?, reason = '', since_ms = ?, seq = ? WHERE card = ?",
        (e.visit, e.plate, e.until, meta.at_ms, meta.seq, e.card),
    )


def _card_back(con: Con, meta: Meta, e: ev.CardReturned) -> None:
    con.execute(
        """UPDATE cards SET state = iif(state = 'blocked', 'blocked', 'rack'), reason = iif(state = 'blocked', reason, ''), visit = 0,
           plate = '', until = '', since_ms = ?, seq = ? WHERE card = ?""",
        (meta.at_ms, meta.seq, e.card),
    )


def _lost(con: Con, meta: Meta, e: ev.CardLost) -> None:
    _out_of_use(con, meta, e.card, "lost", e.reason)


def _blocked(con: Con, meta: Meta, e: ev.CardBlocked) -> None:
    _out_of_use(con, meta, e.card, "blocked", e.reason)


def _out_of_use(con: Con, meta: Meta, card: str, state: str, reason: str) -> None:
    con.execute(
        "UPDATE cards SET state = ?, reason = ?, since_ms = ?, seq = ? WHERE card = ?",
        (state, reason, meta.at_ms, meta.seq, card),
    )


def _sent(con: Con, meta: Meta, e: ev.NoticeSent) -> None:
    con.execute(
        "INSERT INTO notices (notice, recipient, about, visit, plate, unit, at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (meta.seq, e.to, e.about, e.visit, e.plate, e.unit, meta.at_ms),
    )


def _heard(con: Con, meta: Meta, e: ev.NoticeAcknowledged) -> None:
    con.execute(
        "UPDATE notices SET acked_ms = ?, acked_by = ?, how = ? WHERE notice = ? AND acked_ms IS NULL",
        (meta.at_ms, meta.actor, e.by, e.notice),
    )


HANDLERS: dict[str, Handler] = {
    ev.VisitOpened.KIND: _opened,
    ev.VisitNoted.KIND: _noted,
    ev.VisitStep.KIND: _step,
    ev.HostCalled.KIND: _called,
    ev.VisitAdmitted.KIND: _admitted,
    ev.VisitRefused.KIND: _refused,
    ev.VisitDirected.KIND: _directed,
    ev.VisitClosed.KIND: _closed,
    ev.DocumentChecked.KIND: _checked,
    ev.DocumentHeld.KIND: _held,
    ev.DocumentReturned.KIND: _returned,
    ev.CardStocked.KIND: _stocked,
    ev.CardIssued.KIND: _issued,
    ev.CardReturned.KIND: _card_back,
    ev.CardLost.KIND: _lost,
    ev.CardBlocked.KIND: _blocked,
    ev.NoticeSent.KIND: _sent,
    ev.NoticeAcknowledged.KIND: _heard,
}
NOT_DERIVED: dict[str, str] = {}
"""Every event of the desk changes a table."""
