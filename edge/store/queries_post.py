"""What is asked of the post's tables: facts for decisions, rows for the page, and the leader's view of one shift (D1–D6)."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from edge.domain.cards import Stock
from edge.domain.events_requests import PostPlanned
from edge.domain.requests import Request, State
from edge.domain.shifts import CardOut
from edge.store.queries_desk import personal
from edge.store.tables_post import plan_text

Con = sqlite3.Connection
Row = dict[str, Any]
RECENT = 60
"""So many ended requests the page looks back."""


# ---- requests --------------------------------------------------------------------------------------------------------

_REQUEST = (
    "SELECT request, sort, category, department, state, round, due_ms, follow_up, alarmed_ms, seen_ms FROM requests"
)
_ALARM = "due_ms <> 0 AND alarmed_ms = due_ms"


def request(con: Con, number: int) -> Request | None:
    """The facts of a request, or None."""
    row = con.execute(f"{_REQUEST} WHERE request = ?", (number,)).fetchone()
    return _request(row) if row else None


def open_requests(con: Con) -> list[Request]:
    """All that have not ended."""
    return [_request(row) for row in con.execute(f"{_REQUEST} WHERE ended_ms IS NULL ORDER BY request")]


def _request(row: tuple[Any, ...]) -> Request:
    number, sort, category, department, state, round_, due, follow_up, alarmed, seen = row
    return Request(number, sort, category, department, State(state), round_, due, bool(follow_up), alarmed, seen)


def request_rows(con: Con, where: str, *values: object, limit: int = 300) -> list[Row]:
    """Requests with name, telephone and words, newest first."""
    found = _all(con, f"SELECT * FROM requests WHERE {where} ORDER BY request DESC LIMIT ?", *values, limit)
    for row in found:
        part = personal(con, row["request"])
        row.update({name: part.get(name, "") for name in ("name", "phone", "words")})
    return found


def listed(con: Con) -> list[Row]:
    """What the page lists: all that are open (however old), and the last ones that have ended."""
    return request_rows(con, "ended_ms IS NULL") + request_rows(
        con, "ended_ms IS NOT NULL AND request > ?", _near_end(con), limit=RECENT
    )


def _near_end(con: Con) -> int:
    """A number from which on recent requests are found without walking through years of them."""
    found = con.execute("SELECT request FROM requests ORDER BY request DESC LIMIT 1 OFFSET ?", (3 * RECENT,)).fetchone()
    return int(found[0]) if found else 0


def step_rows(con: Con, number: int) -> list[Row]:
    """The steps of a request in their order, each with its note and (of a report) when it was acknowledged."""
    found = _all(
        con,
        """SELECT s.*, n.acked_ms, n.acked_by FROM request_steps s LEFT JOIN notices n ON n.notice = s.notice AND s.notice <> 0
           WHERE s.request = ? ORDER BY s.seq""",
        number,
    )
    for row in found:
        row["note"] = personal(con, row["seq"]).get("note", "")
    return found


def moved_since(con: Con, number: int, seen: int) -> bool:
    """Whether somebody at the post has moved a request on after event `seen`. What head office itself told in between does not count: it knows."""
    sql = """SELECT 1 FROM request_steps WHERE request = ? AND seq > ? AND actor NOT LIKE 'headoffice:%'
             AND step IN ('passed', 'done', 'asked', 'sent-back', 'withdrawn') LIMIT 1"""
    return con.execute(sql, (number, seen)).fetchone() is not None


def untold(con: Con, plan: PostPlanned) -> tuple[PostPlanned, ...]:
    """Departments and categories, where head office has not been told of them as they are."""
    return () if con.execute("SELECT said FROM post_plan").fetchone() == (plan_text(plan),) else (plan,)


# ---- notices from head office ----------------------------------------------------------------------------------------


def bulletin(con: Con, number: int) -> Row | None:
    """One notice."""
    found = _all(con, "SELECT * FROM bulletins WHERE bulletin = ?", number)
    return found[0] if found else None


def bulletins(con: Con, since_ms: int) -> list[Row]:
    """Notices that are not over since `since_ms`, or were withdrawn lately; the newest first, with who has read this version."""
    found = _all(
        con, "SELECT * FROM bulletins WHERE until_ms = 0 OR until_ms > ? ORDER BY bulletin DESC LIMIT 100", since_ms
    )
    for row in found:
        row["reads"] = _all(
            con,
            "SELECT actor, device, at_ms FROM bulletin_reads WHERE bulletin = ? AND version = ? ORDER BY seq",
            row["bulletin"],
            row["version"],
        )
    return found


def has_read(con: Con, number: int, version: int, actor: str, device: str) -> int:
    """The number of the event by which this person has read this version on this tablet (0: not yet)."""
    sql = "SELECT seq FROM bulletin_reads WHERE bulletin = ? AND version = ? AND actor = ? AND device = ?"
    row = con.execute(sql, (number, version, actor, device)).fetchone()
    return int(row[0]) if row else 0


# ---- the change of shift ---------------------------------------------------------------------------------------------


def known(con: Con) -> dict[str, int]:
    """What the gate knows of the things that are counted at a hand-over."""
    one = con.execute(
        """SELECT (SELECT count(*) FROM documents WHERE how = 'held' AND returned_ms IS NULL),
                  (SELECT count(*) FROM cards WHERE state = 'rack'),
                  (SELECT count(*) FROM cards WHERE state = 'issued'),
                  (SELECT coalesce(sum(1 + companions), 0) FROM visits WHERE state = 'admitted'),
                  (SELECT count(*) FROM requests WHERE ended_ms IS NULL)"""
    ).fetchone()
    return dict(zip(("documents", "cards_rack", "cards_out", "visitors", "requests"), one, strict=True))


def cards_out(con: Con) -> list[tuple[CardOut, Row]]:
    """The cards that are out, each as facts and as a row (label, kind, visit, plate, until, since_ms)."""
    found = _all(
        con,
        """SELECT c.card, c.kind, c.label, c.visit, c.plate, c.until, c.since_ms, v.ended_ms
           FROM cards c LEFT JOIN visits v ON v.visit = c.visit WHERE c.state = 'issued' ORDER BY c.since_ms""",
    )
    return [(CardOut(r["card"], Stock.ISSUED, r.pop("ended_ms") is not None, r["until"]), r) for r in found]


def count(con: Con, number: int) -> Row | None:
    """A count, with its lists."""
    found = _all(con, "SELECT * FROM shift_counts WHERE count = ?", number)
    return _lists(found[0]) if found else None


def handovers(con: Con, limit: int = 10) -> list[Row]:
    """The last hand-overs, newest first, with their reasons."""
    found = [_lists(r) for r in _all(con, "SELECT * FROM handovers ORDER BY handover DESC LIMIT ?", limit)]
    for row in found:
        row["reason"] = personal(con, row["handover"]).get("reason", "")
    return found


def last_handover_ms(con: Con) -> int:
    """When the last hand-over was (0: never)."""
    row = con.execute("SELECT at_ms FROM handovers ORDER BY handover DESC LIMIT 1").fetchone()
    return int(row[0]) if row else 0


def reminded(con: Con, boundary: str) -> bool:
    """Whether it is on record that nobody has handed over at the end of this shift."""
    return con.execute("SELECT 1 FROM shift_dues WHERE boundary = ?", (boundary,)).fetchone() is not None


def on_duty_since_ms(con: Con) -> int:
    """Since when the longest of those on duty is (0: nobody)."""
    return int(con.execute("SELECT coalesce(min(since_ms), 0) FROM duty").fetchone()[0])


def staff_card(con: Con, uid: str) -> Row | None:
    """A credential of the registry by the card that was presented; one registered by its printed number is known by its last four bytes."""
    sql = """SELECT uid, category, status, valid_from, valid_until FROM credentials WHERE uid IN (?, ?)
             ORDER BY length(uid) DESC LIMIT 1"""
    found = _all(con, sql, uid, uid[-8:])
    return found[0] if found else None


_LISTS = ("outgoing", "incoming", "items", "counted", "known", "differences", "cards")


def _lists(row: Row) -> Row:
    return {name: json.loads(value) if name in _LISTS else value for name, value in row.items()}


# ---- the leader's view -----------------------------------------------------------------------------------------------

WATCHED = ("pass.opened", "pass.admitted", "visit.closed", "visit.refused", "access.decided", "command.refused")

_REFUSED = b'"decision":"refused"'
"""As the journal writes it: of thousands of cards a day only the refused ones are read."""


def first_since(con: Con, at_ms: int) -> int:
    """About the first event since then, by halving: times are nearly in order, and no index on them is worth its writes."""
    low, high = 0, con.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()[0]
    while low < high:
        middle = (low + high) // 2
        row = con.execute("SELECT at_ms FROM journal WHERE seq = ?", (middle + 1,)).fetchone()
        low, high = (middle + 1, high) if row and row[0] < at_ms else (low, middle)
    return low


def of_the_shift(con: Con, after: int) -> dict[str, list[Row]]:
    """What the leader looks at, since event `after`: lifts by hand, overrides, refusals; each with seq, at_ms, actor and its body."""
    kinds = ", ".join("?" * len(WATCHED))
    found = con.execute(
        f"""SELECT seq, at_ms, kind, data FROM journal WHERE seq > ? AND kind IN ({kinds})
            AND (kind <> 'access.decided' OR instr(data, ?) > 0) ORDER BY seq DESC""",
        (after, *WATCHED, _REFUSED),
    )
    lists: dict[str, list[Row]] = {"lifts": [], "overrides": [], "refusals": []}
    for seq, at_ms, kind, data in found:
        said = json.loads(data)
        body, row = said["body"], {"seq": seq, "at_ms": at_ms, "kind": kind, "actor": said["actor"]}
        if kind == "pass.opened":
            lists["lifts"].append(row | {name: body[name] for name in ("lane", "reason", "plate")})
        elif kind == "pass.admitted":
            lists["overrides"].append(row | {"lane": body["lane"], "reason": body["reason"], "about": body["pass_seq"]})
        elif kind == "visit.closed" and body["how"] == "override":
            more = {"reason": body["reason"], "about": body["visit"], "outstanding": body["outstanding"]}
            lists["overrides"].append(row | more)
        elif kind == "visit.refused":
            lists["refusals"].append(row | {"reason": body["reason"], "about": body["visit"]})
        elif kind == "access.decided" and body["decision"] == "refused":
            lists["refusals"].append(row | {name: body[name] for name in ("lane", "reason", "card", "credential")})
        elif kind == "command.refused":
            lists["refusals"].append(row | {"lane": body["lane"], "reason": body["why"], "action": body["action"]})
    return lists


# ---- the live state --------------------------------------------------------------------------------------------------


def counts(con: Con) -> dict[str, int]:
    """Open requests, those whose deadline has passed, and those of them that nobody has seen; the last hand-over and the last reminder."""
    one = con.execute(
        f"""SELECT count(*), coalesce(sum({_ALARM}), 0), coalesce(sum({_ALARM} AND seen_ms <> due_ms), 0)
            FROM requests WHERE ended_ms IS NULL"""
    ).fetchone()
    return dict(zip(("open", "overdue", "alarm"), one, strict=True))


def _all(con: Con, sql: str, *values: object) -> list[Row]:
    cursor = con.execute(sql, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]
