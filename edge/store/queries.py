"""What is asked of the store: by the card's way, by the page, by the uplink. Plain functions on a connection.

Nothing here changes anything but `answer` (the idempotency table, a local one). A function takes any connection: that of the
transaction (`tx.con`), where question and answer must be one, or a reader's.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from edge.clock import Stamp
from edge.domain.cards import Stock
from edge.domain.credentials import Bound, CardFacts, Category, Credential, Schedule, Span, Status, Where
from edge.domain.plates import normal
from edge.domain.visits import State, outstanding
from edge.store import journal, queries_desk
from sync import personal

Con = sqlite3.Connection
Row = dict[str, Any]
PAGE = 200
"""Rows of one answer, at most."""


# ---- the card's way ----------------------------------------------------------------------------------------------

_CREDENTIAL = """SELECT c.credential, c.category, c.status, c.valid_from, c.valid_until, c.schedule, c.uid, c.vehicle,
                 coalesce(p.name, ''), coalesce(p.surname, ''), coalesce(p.title, ''), coalesce(p.supervisor, 0)
                 FROM credentials c LEFT JOIN people p ON p.person = c.person WHERE c.uid = ?"""
_SHORT = 8
"""Hex digits of the number that is printed on an EM4100 card: its last four bytes, as ten decimal digits."""


def card_facts(con: Con, card: str, stamp: Stamp, plate_read: str = "") -> CardFacts:
    """All that is known of a card (its UID in lower-case hex) at this moment: what `policy.decide` wants."""
    credential, key = _credential(con, card)
    bound = None
    if credential is None:
        credential, key, bound = _of_the_desk(con, card)
    place = con.execute("SELECT place, forgiven FROM presence WHERE credential = ?", (key,)).fetchone()
    last = con.execute("SELECT lane, boot, mono_ms, at_ms FROM last_read WHERE card = ?", (card,)).fetchone()
    where, forgiven = place or (Where.UNKNOWN, 0)
    lane, ago = "", None
    if last:
        lane = last[0]
        ago = stamp.mono_ms - last[2] if last[1] == stamp.boot else max(0, stamp.at_ms - last[3])
        ago = ago if ago >= 0 else None
    return CardFacts(credential, Where(where), bool(forgiven), lane, ago, holidays(con), plate_read, bound)


_STATUS = {Stock.LOST: Status.LOST, Stock.BLOCKED: Status.BLOCKED}


def _of_the_desk(con: Con, uid: str) -> tuple[Credential | None, str, Bound | None]:
    """A card of the desk's stock. Its credential is the visit, so that each visit has a presence of its own."""
    card = queries_desk.presented(con, uid)
    if card is None:
        return None, "", None
    visit = queries_desk.visit(con, card.visit) if card.visit else None
    holder, surname, title = queries_desk.holder(con, visit.id) if visit else ("", "", "")
    name = f"visit:{visit.id}" if visit else f"card:{card.card}"
    credential = Credential(
        id=name,
        category=Category.TEMPORARY,
        status=_STATUS.get(card.state, Status.ACTIVE),
        plates=(card.plate,) if card.plate else (),
        valid_until=date.fromisoformat(card.until) if card.until else None,
        holder=holder,
        surname=surname,
        title=title,
        vehicle=visit.vehicle if visit else "",
    )
    if visit is None or card.state is not Stock.ISSUED:
        return credential, name, Bound(0, card.kind, admitted=False)
    others = tuple(c for c in visit.cards if c.card != card.card)
    left = outstanding(replace(visit, cards=others))
    return credential, name, Bound(visit.id, card.kind, visit.state is State.ADMITTED, left)


def stocked_as(con: Con, uid: str) -> str:
    """The name under which a presented card of the desk's stock is known."""
    card = queries_desk.presented(con, uid)
    return card.card if card else uid


def unsettled(con: Con, pass_seq: int) -> tuple[str, ...]:
    """What is outstanding of the visit whose card was presented for a pass; nothing when it was no visit's card, or has ended."""
    row = con.execute("SELECT credential FROM passes WHERE pass_seq = ?", (pass_seq,)).fetchone()
    kind, _, number = str(row[0] if row else "").partition(":")
    visit = queries_desk.visit(con, int(number)) if kind == "visit" and number.isdigit() else None
    return () if visit is None or visit.ended else outstanding(visit)


def _credential(con: Con, card: str) -> tuple[Credential | None, str]:
    """The credential of a card, and its name. A card registered by its printed number is known by its last four bytes."""
    row = con.execute(_CREDENTIAL, (card,)).fetchone()
    if row is None and len(card) > _SHORT:
        row = con.execute(_CREDENTIAL, (card[-_SHORT:],)).fetchone()
    if row is None:
        return None, ""
    name, category, status, first, last, schedule, uid, vehicle, holder, surname, title, supervisor = row
    plates = con.execute("SELECT plate FROM vehicles WHERE uid = ? ORDER BY plate", (uid,)).fetchall()
    hours = _schedule(con, schedule) if schedule else None
    credential = Credential(
        id=name,
        category=Category(category),
        status=Status(status),
        plates=tuple(plate for (plate,) in plates),
        valid_from=date.fromisoformat(first) if first else None,
        valid_until=date.fromisoformat(last) if last else None,
        schedule=hours,
        schedule_missing=bool(schedule) and hours is None,
        holder=holder,
        surname=surname,
        title=title,
        supervisor=bool(supervisor),
        vehicle=vehicle,
    )
    return credential, name


def _schedule(con: Con, name: str) -> Schedule | None:
    rows = con.execute(
        "SELECT days, begin_min, end_min FROM schedules WHERE schedule = ? ORDER BY days, begin_min", (name,)
    ).fetchall()
    return Schedule(name, tuple(Span(frozenset(map(int, d)), begin, end) for d, begin, end in rows)) if rows else None


def holidays(con: Con) -> frozenset[date]:
    """The days that follow the schedules' holiday spans."""
    return frozenset(date.fromisoformat(day) for (day,) in con.execute("SELECT day FROM holidays"))


def presence(con: Con, credential: str) -> str | None:
    """inside, outside or unknown; None when this credential never crossed."""
    row = con.execute("SELECT place FROM presence WHERE credential = ?", (credential,)).fetchone()
    return str(row[0]) if row else None


# ---- the register of passes --------------------------------------------------------------------------------------

_PASSES = """SELECT p.*, h.bytes AS holder_part, d.bytes AS driver_part FROM passes p
             LEFT JOIN personal h ON h.seq = p.holder_seq LEFT JOIN personal d ON d.seq = p.driver_seq"""


def recent_passes(
    con: Con, *, before: int | None = None, limit: int = 50, lane: str = "", plate: str = "", credential: str = ""
) -> list[Row]:
    """Passes, newest first, of numbers below `before`; `holder` and `driver` are names, empty when erased.

    `plate` finds a part of a plate, however it is written; the filters are joined by and.
    """
    wanted: list[tuple[str, object]] = []
    if before is not None:
        wanted.append(("p.pass_seq < ?", before))
    if lane:
        wanted.append(("p.lane = ?", lane))
    if plate:
        wanted.append(("instr(p.plate, ?) > 0", normal(plate)))
    if credential:
        wanted.append(("p.credential = ?", credential))
    where = " WHERE " + " AND ".join(text for text, _ in wanted) if wanted else ""
    values = [value for _, value in wanted]
    found = con.execute(f"{_PASSES}{where} ORDER BY p.pass_seq DESC LIMIT ?", (*values, max(1, min(limit, PAGE))))
    return [_pass(row) for row in _named(found)]


def one_pass(con: Con, pass_seq: int) -> Row | None:
    """One pass, as in `recent_passes`."""
    rows = _named(con.execute(f"{_PASSES} WHERE p.pass_seq = ?", (pass_seq,)))
    return _pass(rows[0]) if rows else None


def pass_plate(con: Con, pass_seq: int) -> str | None:
    """The plate of a pass as it is known now; None when there is no such pass."""
    row = con.execute("SELECT plate FROM passes WHERE pass_seq = ?", (pass_seq,)).fetchone()
    return str(row[0]) if row else None


def _pass(row: Row) -> Row:
    for part, name in (("holder_part", "holder"), ("driver_part", "driver")):
        data = row.pop(part)
        row[name] = personal.read(data).get(name, "") if data else ""
    row["tailgated"], row["live"] = bool(row["tailgated"]), bool(row["live"])
    return row


def admitted(con: Con, pass_seq: int) -> bool:
    """Whether somebody has said yes to this pass."""
    row = con.execute("SELECT admitted_by FROM passes WHERE pass_seq = ?", (pass_seq,)).fetchone()
    return row is not None and row[0] != ""


def inside(con: Con, *, limit: int = 1_000) -> list[Row]:
    """The vehicles inside, the one that came in last first."""
    return _all(con, "SELECT * FROM inside ORDER BY pass_seq DESC LIMIT ?", limit)


def inside_counts(con: Con) -> dict[str, int]:
    """How many vehicles of each category are inside."""
    return dict(con.execute("SELECT category, count(*) FROM inside GROUP BY category ORDER BY category").fetchall())


# ---- the state of the gate ---------------------------------------------------------------------------------------


def open_faults(con: Con) -> list[Row]:
    """What is wrong now, oldest first."""
    return _all(con, "SELECT * FROM faults ORDER BY seq")


def on_duty(con: Con) -> list[Row]:
    """Who is on duty, the longest first."""
    return _all(con, "SELECT * FROM duty ORDER BY seq")


def holds(con: Con) -> list[Row]:
    """Which lanes are held open, by what."""
    return _all(con, "SELECT * FROM held ORDER BY seq")


def arms(con: Con) -> list[Row]:
    """Each lane's arm as last observed."""
    return _all(con, "SELECT * FROM lanes ORDER BY lane")


def registry(con: Con) -> Row:
    """The registry in force: version, digest, source, rows, imported_ms (0: never), seq."""
    (found,) = _all(con, "SELECT version, digest, source, rows, imported_ms, seq FROM registry")
    assert found is not None
    return found


# ---- the journal -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Head:
    """The newest event; seq 0: the journal is empty."""

    seq: int
    hash: bytes
    at_ms: int
    kind: str


def head(con: Con) -> Head:
    """The newest event. After a start: kind gate.stopped says that the last run ended in order."""
    row = con.execute("SELECT seq, hash, at_ms, kind FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    return Head(*row) if row else Head(0, journal.ZERO, 0, "")


def last_time(con: Con, first_ms: int, last_ms: int) -> int:
    """The time of the newest event whose clock said something between these and was not in doubt; 0: there is none."""
    row = con.execute(
        """SELECT at_ms FROM journal WHERE at_ms BETWEEN ? AND ? AND json_extract(CAST(data AS TEXT), '$.clock') <> 'doubtful'
           ORDER BY seq DESC LIMIT 1""",
        (first_ms, last_ms),
    ).fetchone()
    return int(row[0]) if row else 0


def acked(con: Con) -> int:
    """Up to which number head office has the journal, as last stored."""
    return int(con.execute("SELECT acked_seq FROM cursor").fetchone()[0])


def unsent(con: Con) -> int:
    """How many events head office has not acknowledged."""
    return max(0, journal.head(con)[0] - acked(con))


# ---- idempotency -------------------------------------------------------------------------------------------------


def answered(con: Con, key: str, user: str) -> str | None:
    """The answer that this user's request with this key was given before; None when it is new, or has no key."""
    if not key:
        return None
    row = con.execute("SELECT response FROM idempotency WHERE key = ? AND user = ?", (key, user)).fetchone()
    return str(row[0]) if row else None


def answer(con: Con, key: str, user: str, response: str, at_ms: int, *, request: bytes = b"") -> None:
    """Keep an answer for the same request coming again. `request`: a digest of what was asked. Without a key: nothing."""
    if key:
        con.execute(
            "INSERT OR REPLACE INTO idempotency (key, user, request, response, at_ms) VALUES (?, ?, ?, ?, ?)",
            (key, user, request, response, at_ms),
        )


def forget_answers(con: Con, before_ms: int) -> int:
    """Drop answers older than `before_ms`; how many. Within a transaction. Those to head office are kept: it may ask after months."""
    return con.execute("DELETE FROM idempotency WHERE at_ms < ? AND key NOT GLOB 'headoffice-*'", (before_ms,)).rowcount


# ---- rows --------------------------------------------------------------------------------------------------------


def _named(cursor: sqlite3.Cursor) -> list[Row]:
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _all(con: Con, sql: str, *values: object) -> list[Row]:
    return _named(con.execute(sql, values))
