"""What is asked of the tables of green way and convoys: facts for decisions, rows for the page. Plain functions on a connection."""

from __future__ import annotations

import sqlite3
from typing import Any

from edge.domain.convoys import Convoy
from edge.domain.green import Escort, State
from sync import personal

Con = sqlite3.Connection
Row = dict[str, Any]
PERSONAL = ("names", "customs", "wishes", "phone")
KEPT_MS = 24 * 3_600_000
"""The page shows a convoy so long after its window."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(",")) if text else ()


# ---- holds -------------------------------------------------------------------------------------------------------


_ESCORT = "SELECT escort, kind, lanes, state, crossings, convoy, way FROM escorts"


def green_now(con: Con) -> Escort | None:
    """The green way that is open or was interrupted by a restart."""
    row = con.execute(f"{_ESCORT} WHERE state <> 'released' AND convoy = 0 ORDER BY escort DESC LIMIT 1").fetchone()
    return _escort(row) if row else None


def escort(con: Con, number: int) -> Escort | None:
    """One hold."""
    row = con.execute(f"{_ESCORT} WHERE escort = ?", (number,)).fetchone()
    return _escort(row) if row else None


def leg_now(con: Con, convoy: int) -> Escort | None:
    """The leg of a convoy that is open, or was interrupted by a restart."""
    row = con.execute(
        f"{_ESCORT} WHERE state <> 'released' AND convoy = ? ORDER BY escort DESC LIMIT 1", (convoy,)
    ).fetchone()
    return _escort(row) if row else None


def held_by_convoys(con: Con, but: int) -> frozenset[str]:
    """Lanes that other convoys than `but` hold open."""
    rows = con.execute("SELECT lanes FROM escorts WHERE state = 'open' AND convoy NOT IN (0, ?)", (but,)).fetchall()
    return frozenset(lane for (lanes,) in rows for lane in _words(lanes))


def _escort(row: tuple[Any, ...]) -> Escort:
    number, kind, lanes, state, crossings, convoy, way = row
    return Escort(number, kind, _words(lanes), State(state), crossings, convoy, way)


def escort_rows(con: Con, where: str, *values: object, limit: int = 20) -> list[Row]:
    """Holds, newest first."""
    rows = _all(con, f"SELECT * FROM escorts WHERE {where} ORDER BY escort DESC LIMIT ?", *values, limit)
    for row in rows:
        row["lanes"] = list(_words(row["lanes"]))
    return rows


def passed(con: Con, escort: int) -> list[Row]:
    """What went through during a hold: lane, direction, plate where it is known, time."""
    return _all(
        con,
        """SELECT e.seq, e.lane, coalesce(p.direction, '') AS direction, coalesce(p.plate, '') AS plate, e.pass_seq, e.at_ms
           FROM escort_passes e LEFT JOIN passes p ON p.pass_seq = e.pass_seq WHERE e.escort = ? ORDER BY e.seq LIMIT 500""",
        escort,
    )


# ---- convoys -----------------------------------------------------------------------------------------------------


def convoys(con: Con, where: str, *values: object) -> list[Convoy]:
    """Convoys as facts, the next one first."""
    return [_convoy(con, row) for row in _all(con, f"SELECT * FROM convoys WHERE {where} ORDER BY arrives_ms", *values)]


def convoy(con: Con, number: int) -> Convoy | None:
    """One convoy."""
    found = convoys(con, "convoy = ?", number)
    return found[0] if found else None


def current(con: Con, now_ms: int) -> list[Convoy]:
    """Convoys that are not over."""
    return convoys(con, "until_ms >= ? AND cancelled = ''", now_ms)


def listed_now(con: Con, now_ms: int | None) -> list[Convoy]:
    """Convoys whose plates count now; without a clock to rely on, all of the newest ones."""
    if now_ms is None:
        return convoys(con, "cancelled = '' AND convoy IN (SELECT convoy FROM convoys ORDER BY convoy DESC LIMIT 20)")
    return convoys(con, "until_ms >= ? AND from_ms <= ? AND cancelled = ''", now_ms, now_ms)


def _convoy(con: Con, row: Row) -> Convoy:
    cars = _cars(con, row["convoy"])
    legs = con.execute("SELECT way, state FROM escorts WHERE convoy = ? ORDER BY escort", (row["convoy"],)).fetchall()
    return Convoy(
        row["convoy"],
        row["arrives_ms"],
        row["from_ms"],
        row["until_ms"],
        tuple(car["plate"] for car in cars),
        _words(row["lanes"]),
        bool(row["cancelled"]),
        frozenset(map(int, _words(row["reminded"]))),
        tuple((way, car["plate"]) for car in cars for way in ("in", "out") if car[f"{way}_ms"]),
        frozenset(way for way, _ in legs),
        next((way for way, state in legs if state == State.OPEN), ""),
    )


def _cars(con: Con, convoy: int) -> list[Row]:
    sql = "SELECT n, plate, in_ms, in_how, out_ms, out_how FROM convoy_cars WHERE convoy = ? ORDER BY n"
    return _all(con, sql, convoy)


def convoy_rows(con: Con, since_ms: int) -> list[Row]:
    """Convoys for the page with their personal parts, cars and legs, the next one first; those over since `since_ms` included."""
    rows = _all(
        con,
        """SELECT c.*, p.bytes AS part FROM convoys c LEFT JOIN personal p ON p.seq = c.person_seq
           WHERE c.until_ms >= ? ORDER BY c.arrives_ms LIMIT 50""",
        since_ms,
    )
    for row in rows:
        data = row.pop("part")
        part = personal.read(data) if data else {}
        row.update({name: part.get(name, "") for name in PERSONAL})
        row["lanes"], row["reminded"] = list(_words(row["lanes"])), [int(m) for m in _words(row["reminded"])]
        row["cars"] = _cars(con, row["convoy"])
        row["legs"] = [leg | {"passed": passed(con, leg["escort"])} for leg in legs(con, row["convoy"])]
    return rows


def legs(con: Con, convoy: int) -> list[Row]:
    """How often and which way it was held open, the first one first."""
    return escort_rows(con, "convoy = ?", convoy)[::-1]


def _all(con: Con, sql: str, *values: object) -> list[Row]:
    cursor = con.execute(sql, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]
