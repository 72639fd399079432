"""Rows of expected visitors, the watch list, and what a search found. See show.py for visits themselves."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from edge.desk.views import AppointmentRow, FoundRow, WatchRow
from edge.domain import expected as x
from edge.domain.documents import masked
from edge.domain.plan import Kind, Plan
from edge.store import queries
from edge.store import queries_desk as desk
from edge.store import queries_visits as q
from edge.store.queries_find import PASS, VISIT, Hit, story

Row = dict[str, Any]
_SHOWN = [
    "name",
    "title",
    "phone",
    "host",
    "unit",
    "plate",
    "vehicle",
    "companions",
    "company",
    "purpose",
    "remark",
    "from_ms",
    "until_ms",
    "code",
]
_LEADERS = frozenset({"number", "remark"})
"""Personal fields of a story that a shift leader alone reads: whole numbers of documents, what was said of the watch list."""


def watched(con: sqlite3.Connection, visit: int) -> tuple[WatchRow, ...]:
    """What a leader is told of a visit that fits the watch list."""
    met = {m["entry"]: m for m in q.matched(con, visit)}
    marks = ", ".join(map(str, met)) or "0"
    return tuple(watch_row(w, met[w["entry"]]["by"]) for w in q.watch_rows(con, f"w.entry IN ({marks})"))


def watch_row(w: Row, by: str = "") -> WatchRow:
    """An entry of the watch list."""
    return WatchRow(
        w["entry"],
        w["name"],
        w["plate"],
        w["phone"],
        bool(w["number"]),
        w["reason"],
        w["until"],
        w["added_ms"],
        w["added_by"].removeprefix("user:"),
        by,
    )


def appointment(row: Row, plan: Plan, gate: str, now_ms: int | None) -> AppointmentRow:
    """Somebody expected."""
    kind = plan.kinds.get(row["kind"])
    facts = q.appointment_of(row)
    return AppointmentRow(
        appointment=row["appointment"],
        kind=row["kind"],
        kind_zh=kind.zh if kind else row["kind"],
        kind_en=kind.en if kind else row["kind"],
        mode=row["mode"],
        **{name: row[name] for name in _SHOWN},
        scan=f"GE1:{gate}:{row['token']}",
        source=row["source"],
        state=row["state"],
        visit=row["visit"],
        made_by=row["made_by"].removeprefix("user:"),
        problem=x.may_arrive(facts, now_ms),
    )


def found(con: sqlite3.Connection, hits: tuple[Hit, ...], plan: Plan, *, names: bool) -> tuple[FoundRow, ...]:
    """Hits as rows, in their order."""
    visits = [hit.number for hit in hits if hit.what == VISIT]
    marks = ", ".join(map(str, visits)) or "0"
    rows: dict[int, Row] = {row["visit"]: row for row in desk.visit_rows(con, f"v.visit IN ({marks})")}
    made = []
    for hit in hits:
        row = rows.get(hit.number) if hit.what == VISIT else queries.one_pass(con, hit.number)
        if row is not None:
            made.append((_visit if hit.what == VISIT else _pass)(hit, row, plan, names))
    return tuple(made)


def _visit(hit: Hit, row: Row, plan: Plan, names: bool) -> FoundRow:
    kind = plan.kinds.get(row["kind"])
    return FoundRow(
        VISIT,
        hit.number,
        hit.via,
        row["opened_ms"],
        row["name"] if names else "",
        row["title"],
        row["plate"],
        row["unit"],
        row["kind"],
        kind.zh if kind else row["kind"],
        kind.en if kind else row["kind"],
        row["state"],
        "",
        "",
        "",
        row["host"] if names else "",
        row["company"],
    )


def _pass(hit: Hit, row: Row, _plan: Plan, names: bool) -> FoundRow:
    return FoundRow(
        PASS,
        hit.number,
        hit.via,
        row["opened_ms"],
        (row["driver"] or row["holder"]) if names else "",
        "",
        row["plate"],
        "",
        row["category"],
        "",
        "",
        row["outcome"],
        row["lane"],
        row["direction"],
        row["card"],
        "",
        "",
    )


def whole_story(con: sqlite3.Connection, visit: int, plan: Plan, *, leader: bool) -> list[Row]:
    """What happened on a visit, in order: kind, when, who, what (`zh`, `en`: in words); and what was personal, where it is still there."""
    rows = []
    kind = None
    for row in story(con, visit):
        said = json.loads(row["data"])
        part = desk.part_of(row["part"])
        kind = plan.kinds.get(said["body"].get("kind", "")) if row["kind"] == "visit.opened" else kind
        word = _word(row["kind"], said["body"], plan, kind)
        rows.append(
            {
                "seq": row["seq"],
                "at_ms": row["at_ms"],
                "kind": row["kind"],
                "actor": said["actor"].removeprefix("user:"),
                "body": said["body"],
                "zh": word[0],
                "en": word[1],
                "personal": _personal(row["kind"], part, leader=leader),
            }
        )
    return rows


def _personal(event: str, part: Row, *, leader: bool) -> Row:
    """What of an event's personal part whoever is no shift leader reads: of a document's number what is left of it."""
    if leader:
        return part
    left = {"masked": masked(part["number"])} if event.startswith("document.") and part.get("number") else {}
    return left | {name: value for name, value in part.items() if name not in _LEADERS}


def _word(event: str, body: Row, plan: Plan, kind: Kind | None) -> tuple[str, str]:
    """What was answered, where, why, with what: in the plan's words."""
    found: list[Any] = []
    match event:
        case "visit.opened":
            found = [kind]
        case "visit.step":
            step = next((s for s in kind.steps if s.id == body["step"]), None) if kind else None
            found = [step, next((c for c in step.choices if c.id == body["answer"]), None) if step else None]
        case "visit.refused":
            found = [plan.reasons.get(body["reason"])]
        case "visit.directed":
            found = [plan.places.get(body["where"])]
        case "document.held" | "document.checked":
            found = [plan.papers.get(body["kind"])]
        case "card.issued":
            found = [plan.cards.get(body["kind"])]
        case "notice.sent":
            found = [plan.notices.get(body["about"])]
    known = [word for word in found if word is not None]
    return " · ".join(word.zh for word in known), " · ".join(word.en for word in known)


def watch_list(con: sqlite3.Connection) -> tuple[WatchRow, ...]:
    """All entries in force."""
    return tuple(map(watch_row, q.watch_rows(con)))
