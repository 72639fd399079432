"""What is asked of the desk's tables: facts for decisions (within the action's transaction) and rows for the page.

Names, numbers and telephones come from `personal`, joined by the event that has them; an erased one is an empty text.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from edge.domain.cards import Card, Stock
from edge.domain.visits import State, Visit
from sync.personal import read as read_part
from sync.surnames import surname_of

Con = sqlite3.Connection
Row = dict[str, Any]
PERSONAL = ("name", "phone", "host", "remark", "names")


# ---- facts -----------------------------------------------------------------------------------------------------------


def visit(con: Con, visit_id: int) -> Visit | None:
    """The facts of a visit, or None."""
    row = con.execute(
        "SELECT kind, mode, state, unit, plate, call, vehicle FROM visits WHERE visit = ?", (visit_id,)
    ).fetchone()
    if row is None:
        return None
    kind, mode, state, unit, plate, call, vehicle = row
    answers = dict(con.execute("SELECT step, answer FROM visit_steps WHERE visit = ?", (visit_id,)).fetchall())
    papers = con.execute("SELECT document, how, returned_ms FROM documents WHERE visit = ?", (visit_id,)).fetchall()
    return Visit(
        id=visit_id,
        kind=kind,
        mode=mode,
        state=State(state),
        unit=unit,
        plate=plate,
        vehicle=vehicle,
        answers=answers,
        call=call,
        checked=any(how == "checked" for _, how, _ in papers),
        held=next((document for document, how, returned in papers if how == "held" and returned is None), 0),
        cards=tuple(_card(r) for r in con.execute(f"{_CARD} WHERE visit = ? ORDER BY card", (visit_id,))),
        watched=_watched(con, visit_id),
    )


def _watched(con: Con, visit_id: int) -> str:
    """What a leader has said of a visit that fits the watch list; several entries, the most careful word."""
    said = {d for (d,) in con.execute("SELECT decision FROM watch_matches WHERE visit = ?", (visit_id,))}
    return next(
        (word for decision, word in (("", "waiting"), ("decline", "decline")) if decision in said),
        max(said, default=""),
    )


_HEX = frozenset("0123456789abcdef")
_CARD = "SELECT card, kind, label, state, visit, plate, until FROM cards"


def card(con: Con, named: str) -> Card | None:
    """A card by UID, by its label, or by the number printed on an EM4100 card: the last four bytes, in hex or as ten digits."""
    uid = named.lower().removeprefix("0x").replace(":", "")
    four = uid[-8:] if len(uid) >= 8 and set(uid) <= _HEX else ""
    printed = (
        f"{int(named):08x}" if named.isascii() and named.isdigit() and len(named) == 10 and int(named) < 1 << 32 else ""
    )
    ways = (
        ("card = ?", uid),
        ("label = ?", named),
        ("substr(card, -8) = ?", printed),
        ("card = ?" if len(uid) > 8 else "substr(card, -8) = ?", four),
    )
    for where, value in ways:
        if value and (row := con.execute(f"{_CARD} WHERE {where} ORDER BY card LIMIT 1", (value,)).fetchone()):
            return _card(row)
    return None


def presented(con: Con, uid: str) -> Card | None:
    """A card of the desk's stock as a reader sees it; one that was stocked by its printed number is known by its last four bytes."""
    row = con.execute(f"{_CARD} WHERE card IN (?, ?) ORDER BY length(card) DESC", (uid, uid[-8:])).fetchone()
    return _card(row) if row else None


def _card(row: tuple[Any, ...]) -> Card:
    named, kind, label, state, visit_id, plate, until = row
    return Card(named, kind, label, Stock(state), visit_id, plate, until)


def registered(con: Con, uid: str) -> bool:
    """Whether a card is one of the registry's."""
    return con.execute("SELECT 1 FROM credentials WHERE uid IN (?, ?)", (uid, uid[-8:])).fetchone() is not None


def taken_slots(con: Con) -> frozenset[int]:
    """The slots of the rack with a document in them."""
    found = con.execute("SELECT slot FROM documents WHERE how = 'held' AND returned_ms IS NULL")
    return frozenset(slot for (slot,) in found)


def held_document(con: Con, visit_id: int) -> tuple[int, int] | None:
    """Number and slot of the document that is held for a visit."""
    found: tuple[int, int] | None = con.execute(
        "SELECT document, slot FROM documents WHERE visit = ? AND how = 'held' AND returned_ms IS NULL", (visit_id,)
    ).fetchone()
    return found


def same_visit(con: Con, kind: str, name: str, unit: str, plate: str) -> int:
    """The visit that is there already for this visitor (0: none).

    The same plate, open or inside; on foot the same name, kind and unit among those that still stand at the gate (a namesake may
    well come while the first one is inside).
    """
    sql = "SELECT visit, kind, unit, plate, person_seq, state FROM visits WHERE state IN ('open', 'admitted')"
    for visit_id, of, where, bound, person, state in con.execute(sql).fetchall():
        if plate and bound == plate:
            return int(visit_id)
        alike = name and not plate and state == State.OPEN and (of, where) == (kind, unit)
        if alike and personal(con, person).get("name") == name:
            return int(visit_id)
    return 0


def checked_already(con: Con, visit_id: int, kind: str, number: str) -> int:
    """The event by which the document with this number was checked for this visit before (0: it was not)."""
    checked = document_rows(con, "d.visit = ? AND d.how = 'checked' AND d.kind = ?", visit_id, kind)
    return next((int(row["document"]) for row in checked if row["number"] == number), 0)


def told_already(con: Con, visit_id: int, step: str, answer: str, place: str) -> bool:
    """Whether this very answer is the last one on record."""
    sql = "SELECT answer, place FROM visit_steps WHERE visit = ? AND step = ?"
    return bool(con.execute(sql, (visit_id, step)).fetchone() == (answer, place))


def holder(con: Con, visit_id: int) -> tuple[str, str, str]:
    """Name, surname and title of a visitor, as the lane's greeting wants them."""
    seq, title = con.execute("SELECT person_seq, title FROM visits WHERE visit = ?", (visit_id,)).fetchone()
    name = personal(con, seq).get("name", "")
    return name, surname_of(name), str(title)


def notice_open(con: Con, notice: int) -> bool | None:
    """Whether nobody has acknowledged it yet; None when there is no such notice."""
    row = con.execute("SELECT acked_ms FROM notices WHERE notice = ?", (notice,)).fetchone()
    return None if row is None else row[0] is None


def personal(con: Con, seq: int) -> dict[str, str]:
    """The personal part of an event; empty when there is none or it was erased."""
    row = con.execute("SELECT bytes FROM personal WHERE seq = ?", (seq,)).fetchone()
    return part_of(row[0]) if row else {}


def part_of(data: bytes | None) -> dict[str, str]:
    """The fields of a personal part; none when it was erased."""
    return read_part(data) if data else {}


# ---- rows for the page -----------------------------------------------------------------------------------------------


def visit_rows(
    con: Con, where: str = "v.state IN ('open', 'admitted')", *values: object, limit: int = 500
) -> list[Row]:
    """Visits with their personal parts, newest first."""
    found = rows(
        con,
        f"""SELECT v.*, p.bytes AS part, o.at_ms AS over_ms, o.heard_ms FROM visits v LEFT JOIN personal p ON p.seq = v.person_seq
            LEFT JOIN overstays o ON o.visit = v.visit WHERE {where} ORDER BY v.visit DESC LIMIT ?""",
        *values,
        limit,
    )
    for row in found:
        part = part_of(row.pop("part"))
        row.update({name: part.get(name, "") for name in PERSONAL})
    return found


def step_rows(con: Con, visit_id: int) -> dict[str, Row]:
    """The answers of a visit by step."""
    return {row["step"]: row for row in rows(con, "SELECT * FROM visit_steps WHERE visit = ?", visit_id)}


def document_rows(con: Con, where: str, *values: object) -> list[Row]:
    """Documents with owner and number."""
    found = rows(
        con,
        f"SELECT d.*, p.bytes AS part FROM documents d LEFT JOIN personal p ON p.seq = d.document WHERE {where} ORDER BY d.document",
        *values,
    )
    for row in found:
        part = part_of(row.pop("part"))
        row.update({name: part.get(name, "") for name in ("owner", "number")})
    return found


def card_rows(con: Con, where: str = "1", *values: object) -> list[Row]:
    """Cards of the stock."""
    return rows(con, f"SELECT * FROM cards WHERE {where} ORDER BY kind, label, card", *values)


def notice_rows(con: Con, where: str, *values: object) -> list[Row]:
    """Notices, newest first."""
    return rows(con, f"SELECT * FROM notices WHERE {where} ORDER BY notice DESC LIMIT 200", *values)


def states(con: Con) -> dict[int, str]:
    """The state of each visit that has a document in the rack."""
    sql = "SELECT visit, state FROM visits WHERE visit IN (SELECT visit FROM documents WHERE how = 'held' AND returned_ms IS NULL)"
    return dict(con.execute(sql).fetchall())


def counts(con: Con) -> dict[str, int]:
    """Visits open and admitted, people inside, documents held, cards by state, notices that nobody acknowledged."""
    one = con.execute(
        """SELECT (SELECT count(*) FROM visits WHERE state = 'open'),
                  (SELECT count(*) FROM visits WHERE state = 'admitted'),
                  (SELECT coalesce(sum(1 + companions), 0) FROM visits WHERE state = 'admitted'),
                  (SELECT count(*) FROM documents WHERE how = 'held' AND returned_ms IS NULL),
                  (SELECT count(*) FROM cards WHERE state = 'rack'),
                  (SELECT count(*) FROM cards WHERE state = 'issued'),
                  (SELECT count(*) FROM cards WHERE state = 'lost'),
                  (SELECT count(*) FROM cards WHERE state = 'blocked'),
                  (SELECT count(*) FROM notices WHERE acked_ms IS NULL)"""
    ).fetchone()
    names = "open inside people documents cards_rack cards_issued cards_lost cards_blocked notices"
    return dict(zip(names.split(), one, strict=True))


def rows(con: Con, sql: str, *values: object) -> list[Row]:
    """What a query selects, by the names of its columns."""
    cursor = con.execute(sql, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]
