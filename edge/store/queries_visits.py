"""Facts and rows of appointments, the watch list, and who is inside. Personal text comes from `personal`, joined by its event."""

from __future__ import annotations

import sqlite3
from datetime import date

from edge.domain.expected import Appointment, Seen, State, Watched, digest
from edge.store import queries_desk as q

Con = sqlite3.Connection
Row = q.Row
WORDS = ("name", "phone", "host", "remark")


# ---- appointments ------------------------------------------------------------------------------------------------------


def appointment(con: Con, number: int) -> Appointment | None:
    """The facts of one."""
    found = q.rows(con, "SELECT * FROM appointments WHERE appointment = ?", number)
    return appointment_of(found[0]) if found else None


def appointment_of(row: Row) -> Appointment:
    """A row's facts."""
    kind, mode, begin, end = (row[name] for name in ("kind", "mode", "from_ms", "until_ms"))
    return Appointment(row["appointment"], State(row["state"]), kind, mode, begin, end, row["source"])


def appointment_rows(con: Con, where: str, *values: object, limit: int = 200) -> list[Row]:
    """Appointments with their personal parts, the earliest first."""
    found = q.rows(
        con,
        f"""SELECT a.*, p.bytes AS part FROM appointments a LEFT JOIN personal p ON p.seq = a.person_seq WHERE {where}
            ORDER BY a.from_ms, a.appointment LIMIT ?""",
        *values,
        limit,
    )
    for row in found:
        part = q.part_of(row.pop("part"))
        row.update({name: part.get(name, "") for name in WORDS})
    return found


def expected(con: Con, now_ms: int, horizon_ms: int) -> list[Row]:
    """Those who may come now or soon."""
    where = "a.state = 'valid' AND a.until_ms >= ? AND a.from_ms <= ?"
    return appointment_rows(con, where, now_ms, horizon_ms)


def expected_later(con: Con, horizon_ms: int) -> int:
    """How many valid ones begin after that."""
    sql = "SELECT count(*) FROM appointments WHERE state = 'valid' AND from_ms > ?"
    return int(con.execute(sql, (horizon_ms,)).fetchone()[0])


def by_code(con: Con, code: str, now_ms: int) -> int:
    """The appointment with this code: the one that is valid now, else the newest that ever had it; 0: none."""
    sql = """SELECT appointment FROM appointments WHERE code = ?
             ORDER BY state = 'valid' AND until_ms >= ? DESC, appointment DESC LIMIT 1"""
    row = con.execute(sql, (code, now_ms)).fetchone()
    return int(row[0]) if row else 0


def by_token(con: Con, token: str) -> int:
    """The appointment of a QR code; 0: none."""
    row = con.execute("SELECT appointment FROM appointments WHERE token = ?", (token,)).fetchone()
    return int(row[0]) if row else 0


def code_taken(con: Con, code: str, now_ms: int) -> bool:
    """Whether a valid appointment has this code."""
    sql = "SELECT 1 FROM appointments WHERE code = ? AND state = 'valid' AND until_ms >= ?"
    return con.execute(sql, (code, now_ms)).fetchone() is not None


def tries(con: Con, actor: str, since_ms: int) -> int:
    """How many codes this person typed since then that nobody has."""
    sql = "SELECT count(*) FROM code_tries WHERE actor = ? AND at_ms > ? AND why = 'unknown'"
    return int(con.execute(sql, (actor, since_ms)).fetchone()[0])


# ---- watch list --------------------------------------------------------------------------------------------------------


def watch_rows(con: Con, where: str = "w.active = 1") -> list[Row]:
    """Entries with their personal parts, the newest first."""
    found = q.rows(
        con,
        f"SELECT w.*, p.bytes AS part FROM watch w LEFT JOIN personal p ON p.seq = w.entry WHERE {where} ORDER BY w.entry DESC",
    )
    for row in found:
        part = q.part_of(row.pop("part"))
        row.update({name: part.get(name, "") for name in ("name", "number", "phone", "reason")})
    return found


def watched(con: Con) -> list[Watched]:
    """The entries as facts."""
    return [
        Watched(
            row["entry"],
            row["name"],
            row["number"],
            row["plate"],
            row["phone"],
            date.fromisoformat(row["until"]) if row["until"] else None,
        )
        for row in watch_rows(con)
    ]


def seen(con: Con, visit: int) -> Seen | None:
    """What is known of a visitor, for the list."""
    rows = q.visit_rows(con, "v.visit = ?", visit)
    if not rows:
        return None
    (row,) = rows
    numbers = frozenset(digest(d["number"]) for d in q.document_rows(con, "d.visit = ?", visit) if d["number"])
    return Seen(row["name"], row["plate"], row["phone"], numbers)


def matched(con: Con, visit: int) -> list[Row]:
    """The entries that this visit fits, with what a leader has said."""
    return q.rows(con, "SELECT * FROM watch_matches WHERE visit = ? ORDER BY entry", visit)


def waiting(con: Con) -> list[int]:
    """Visits that wait for a leader's word."""
    sql = """SELECT DISTINCT m.visit FROM watch_matches m JOIN visits v ON v.visit = m.visit
             WHERE m.decision = '' AND v.state = 'open' ORDER BY m.visit"""
    return [visit for (visit,) in con.execute(sql)]


# ---- inside ------------------------------------------------------------------------------------------------------------


def overstays(con: Con) -> dict[int, Row]:
    """By visit: of those who are still inside."""
    sql = "SELECT o.* FROM visits v JOIN overstays o ON o.visit = v.visit WHERE v.state = 'admitted'"
    return {row["visit"]: row for row in q.rows(con, sql)}


def admitted(con: Con) -> list[tuple[int, str, int]]:
    """Number, kind and when, of each visit that is inside."""
    return con.execute("SELECT visit, kind, admitted_ms FROM visits WHERE state = 'admitted'").fetchall()


def vehicles_inside(con: Con) -> list[Row]:
    """Vehicles, with the unit of their holder where the registry knows one, the longest first."""
    return q.rows(
        con,
        """SELECT i.pass_seq, i.plate, i.category, i.since_ms, i.credential,
           coalesce((SELECT p.unit FROM cards_by_name n JOIN credentials c ON c.uid = n.uid JOIN people p ON p.person = c.person WHERE n.credential = i.credential), '') AS unit
           FROM inside i ORDER BY i.pass_seq LIMIT 5000""",
    )
