"""The post's tables derived from the journal: requests and their steps, notices from head office, hand-overs (D1–D6).

As in tables_desk.py: each handler only says what an event means for the rows.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import Any

from edge.domain import events_bulletins as eb
from edge.domain import events_requests as er
from edge.domain import events_shifts as es
from edge.domain.event import encode
from edge.store.journal import Meta

Con = sqlite3.Connection
Handler = Callable[[Con, Meta, Any], None]
DERIVED = (
    *(
        "requests",
        "request_steps",
        "post_plan",
        "bulletins",
        "bulletin_reads",
        "shift_counts",
        "handovers",
        "shift_dues",
    ),
)


# ---- requests --------------------------------------------------------------------------------------------------------


def _received(con: Con, meta: Meta, e: er.RequestReceived) -> None:
    con.execute(
        """INSERT INTO requests (request, sort, category, source, unit, title, department, state, round, due_ms, follow_up, phrase,
           picture, at_ms, by) VALUES (?, ?, ?, ?, ?, ?, ?, 'received', 1, ?, ?, ?, ?, ?, ?)""",
        (
            *(meta.seq, e.sort, e.category, e.source, e.unit, e.title, e.department, e.due_ms, int(e.follow_up)),
            *(e.phrase, e.picture, meta.at_ms, meta.actor),
        ),
    )


def _passed(con: Con, meta: Meta, e: er.RequestPassed) -> None:
    con.execute(
        "UPDATE requests SET state = 'passed', department = ?, round = ?, due_ms = ? WHERE request = ?",
        (e.department, e.round, e.due_ms, e.request),
    )
    _step(con, meta, e.request, "passed", round_=e.round, department=e.department)


def _reported(con: Con, meta: Meta, e: er.RequestReported) -> None:
    _step(con, meta, e.request, "reported", department=e.to, notice=e.notice)


def _done(con: Con, meta: Meta, e: er.RequestDone) -> None:
    con.execute(
        "UPDATE requests SET state = ?, due_ms = ?, ended_ms = ? WHERE request = ?",
        ("closed" if e.final else "done", 0 if e.final else e.due_ms, meta.at_ms if e.final else None, e.request),
    )
    _step(con, meta, e.request, "done", round_=e.round, answer="at-once" if e.at_once else "")


def _asked(con: Con, meta: Meta, e: er.RequestAsked) -> None:
    if e.answer == "satisfied":
        con.execute(
            "UPDATE requests SET state = 'satisfied', due_ms = 0, ended_ms = ? WHERE request = ?",
            (meta.at_ms, e.request),
        )
    _step(con, meta, e.request, "asked", round_=e.round, answer=e.answer)


def _sent_back(con: Con, meta: Meta, e: er.RequestSentBack) -> None:
    con.execute(
        "UPDATE requests SET state = 'passed', department = ?, round = ?, due_ms = ? WHERE request = ?",
        (e.department, e.round, e.due_ms, e.request),
    )
    _step(con, meta, e.request, "sent-back", round_=e.round, department=e.department)


def _noted(con: Con, meta: Meta, e: er.RequestNoted) -> None:
    _step(con, meta, e.request, "noted")


def _withdrawn(con: Con, meta: Meta, e: er.RequestWithdrawn) -> None:
    con.execute(
        "UPDATE requests SET state = 'withdrawn', due_ms = 0, ended_ms = ? WHERE request = ?", (meta.at_ms, e.request)
    )
    _step(con, meta, e.request, "withdrawn")


def _overdue(con: Con, meta: Meta, e: er.RequestOverdue) -> None:
    con.execute("UPDATE requests SET alarmed_ms = ? WHERE request = ?", (e.due_ms, e.request))
    _step(con, meta, e.request, "overdue", round_=e.round)


def _seen(con: Con, meta: Meta, e: er.RequestSeen) -> None:
    con.execute("UPDATE requests SET seen_ms = ? WHERE request = ?", (e.due_ms, e.request))
    _step(con, meta, e.request, "seen")


def _planned(con: Con, meta: Meta, e: er.PostPlanned) -> None:
    con.execute("INSERT OR REPLACE INTO post_plan (one, seq, said) VALUES (1, ?, ?)", (meta.seq, plan_text(e)))


def plan_text(e: er.PostPlanned) -> str:
    """What the event says, as the table keeps it to tell whether it has changed."""
    return json.dumps(encode(e)[0], ensure_ascii=False, sort_keys=True)


def _step(
    con: Con,
    meta: Meta,
    request: int,
    step: str,
    *,
    round_: int = 0,
    department: str = "",
    answer: str = "",
    notice: int = 0,
) -> None:
    con.execute(
        "INSERT INTO request_steps (seq, request, step, round, department, answer, notice, at_ms, actor) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (meta.seq, request, step, round_, department, answer, notice, meta.at_ms, meta.actor),
    )


# ---- notices from head office ----------------------------------------------------------------------------------------


def _posted(con: Con, meta: Meta, e: eb.BulletinPosted) -> None:
    con.execute(
        """INSERT INTO bulletins (bulletin, version, notice, text, from_ms, until_ms, show_ms, restored_ms, place, at_ms, by)
           VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            *(meta.seq, e.notice, e.text, e.from_ms, e.until_ms, e.show_ms, e.restored_ms, e.where),
            *(meta.at_ms, meta.actor),
        ),
    )


def _corrected(con: Con, meta: Meta, e: eb.BulletinCorrected) -> None:
    con.execute(
        """UPDATE bulletins SET version = ?, notice = ?, text = ?, from_ms = ?, until_ms = ?, show_ms = ?, restored_ms = ?, place = ?,
           at_ms = ?, by = ? WHERE bulletin = ?""",
        (
            *(e.version, e.notice, e.text, e.from_ms, e.until_ms, e.show_ms, e.restored_ms, e.where),
            *(meta.at_ms, meta.actor, e.bulletin),
        ),
    )


def _taken_down(con: Con, meta: Meta, e: eb.BulletinWithdrawn) -> None:
    con.execute(
        """UPDATE bulletins SET withdrawn = 1, reason = ?2, until_ms = iif(until_ms = 0 OR until_ms > ?3, ?3, until_ms)
           WHERE bulletin = ?1""",
        (e.bulletin, e.reason, meta.at_ms),
    )


def _read(con: Con, meta: Meta, e: eb.BulletinRead) -> None:
    con.execute(
        "INSERT INTO bulletin_reads (bulletin, seq, version, actor, device, at_ms) VALUES (?, ?, ?, ?, ?, ?)",
        (e.bulletin, meta.seq, e.version, meta.actor, e.device, meta.at_ms),
    )


# ---- the change of shift ---------------------------------------------------------------------------------------------


def _counted(con: Con, meta: Meta, e: es.ShiftCounted) -> None:
    con.execute(
        "INSERT INTO shift_counts (count, actor, at_ms, items, counted, known) VALUES (?, ?, ?, ?, ?, ?)",
        (meta.seq, meta.actor, meta.at_ms, *map(json.dumps, (e.items, e.counted, e.known))),
    )


def _handed_over(con: Con, meta: Meta, e: es.ShiftHandedOver) -> None:
    con.execute("UPDATE shift_counts SET used = 1 WHERE count = ?", (e.count,))
    lists = (e.outgoing, e.incoming, e.items, e.counted, e.known, e.differences, e.cards)
    con.execute(
        """INSERT INTO handovers (handover, at_ms, outgoing, incoming, items, counted, known, differences, cards, shift)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (meta.seq, meta.at_ms, *(json.dumps(one, ensure_ascii=False) for one in lists), e.shift),
    )


def _due(con: Con, meta: Meta, e: es.ShiftDue) -> None:
    con.execute(
        "INSERT OR IGNORE INTO shift_dues (boundary, seq, at_ms) VALUES (?, ?, ?)", (e.boundary, meta.seq, meta.at_ms)
    )


HANDLERS: dict[str, Handler] = {
    er.RequestReceived.KIND: _received,
    er.RequestPassed.KIND: _passed,
    er.RequestReported.KIND: _reported,
    er.RequestDone.KIND: _done,
    er.RequestAsked.KIND: _asked,
    er.RequestSentBack.KIND: _sent_back,
    er.RequestNoted.KIND: _noted,
    er.RequestWithdrawn.KIND: _withdrawn,
    er.RequestOverdue.KIND: _overdue,
    er.RequestSeen.KIND: _seen,
    er.PostPlanned.KIND: _planned,
    eb.BulletinPosted.KIND: _posted,
    eb.BulletinCorrected.KIND: _corrected,
    eb.BulletinWithdrawn.KIND: _taken_down,
    eb.BulletinRead.KIND: _read,
    es.ShiftCounted.KIND: _counted,
    es.ShiftHandedOver.KIND: _handed_over,
    es.ShiftDue.KIND: _due,
}
NOT_DERIVED = {es.StaffCardPresented.KIND: "of the moment: a session says who is on duty"}
