"""What is asked of the tables of goods: facts for decisions, rows for the page. Names come from `personal`; an erased one is empty."""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Any

from edge.domain.goods import Item, Permit
from edge.domain.plates import normal
from edge.store.queries_desk import personal

Con = sqlite3.Connection
Row = dict[str, Any]
PERSONAL = ("signer", "bearer", "remark")
MOST = 50
LAST = "\U0010ffff"
"""Sorts behind every text."""
NAMED = 400
"""So many of the newest permits are looked through for a name: names stand in personal parts, which have no index."""


def permit(con: Con, permit_id: int) -> Permit | None:
    """The facts of a permit, or None."""
    row = con.execute(
        "SELECT number, role, state, until, stamped, plate FROM permits WHERE permit = ?", (permit_id,)
    ).fetchone()
    if row is None:
        return None
    number, role, state, until, stamped, plate = row
    items = tuple(
        Item(*item)
        for item in con.execute(
            "SELECT n, name, measure, category, quantity, gone FROM permit_items WHERE permit = ? ORDER BY n",
            (permit_id,),
        )
    )
    return Permit(permit_id, number, role, state, date.fromisoformat(until), bool(stamped), plate, items)


def row(con: Con, permit_id: int) -> Row | None:
    """A permit as it is in the table, with its names."""
    found = _all(con, "SELECT * FROM permits WHERE permit = ?", permit_id)
    return found[0] | _names(con, permit_id) if found else None


def numbered(con: Con, number: str) -> int:
    """The newest permit with this printed number (0: none)."""
    found = con.execute("SELECT max(permit) FROM permits WHERE number = ? AND number <> ''", (number,)).fetchone()
    return int(found[0] or 0)


def valid(con: Con, today: str) -> list[Row]:
    """Permits on which something may leave, the newest first. `today` "": whatever their date."""
    sql = "SELECT * FROM permits WHERE state = 'open' AND until >= ? ORDER BY permit DESC LIMIT ?"
    return [found | _names(con, found["permit"]) for found in _all(con, sql, today, MOST)]


def search(con: Con, text: str) -> list[Row]:
    """Permits, of any state, whose number, plate, unit or company begins with the text; else those with it in a name."""
    sql = " UNION ".join(
        f"SELECT permit FROM permits WHERE {column} <> '' AND {column} >= ?1 AND {column} < ?2"
        for column in ("number", "plate", "unit", "company")
    )
    newest_first = f"SELECT permit FROM ({sql}) ORDER BY permit DESC LIMIT {MOST}"
    found = {
        n
        for form in {text, text.upper(), normal(text)} - {""}
        for (n,) in con.execute(newest_first, (form, form + LAST))
    }
    for (n,) in con.execute(f"SELECT permit FROM permits ORDER BY permit DESC LIMIT {NAMED}").fetchall():
        if n not in found and any(text in name for name in _names(con, n).values()):
            found.add(n)
    rows = (row(con, n) for n in sorted(found, reverse=True)[:MOST])
    return [one for one in rows if one is not None]


def log_rows(con: Con, permit_id: int) -> list[Row]:
    """What has happened on a permit, in order; each with the picture that was taken then (its digest, or "")."""
    sql = """SELECT g.*, coalesce((SELECT p.digest FROM pictures p WHERE p.pass_seq = g.seq AND p.pass_seq <> 0 LIMIT 1), '') AS digest
             FROM goods_log g WHERE g.permit = ? ORDER BY g.seq, g.n"""
    return _all(con, sql, permit_id)


def kept_rows(con: Con, limit: int = MOST) -> list[Row]:
    """What stayed at the gate and what was refused, the newest first."""
    sql = """SELECT g.*, coalesce((SELECT p.digest FROM pictures p WHERE p.pass_seq = g.seq AND p.pass_seq <> 0 LIMIT 1), '') AS digest
             FROM goods_log g WHERE g.what <> 'released' ORDER BY g.seq DESC, g.n LIMIT ?"""
    return _all(con, sql, limit)


def specimens(con: Con, role: str, unit: str, company: str) -> list[Row]:
    """How those sign who may have signed: specimens of this role and unit or company, with their names."""
    sql = "SELECT * FROM specimens WHERE active = 1 AND role = ? AND unit = ? AND company = ? ORDER BY specimen DESC LIMIT 6"
    return [found | _named(con, found["specimen"]) for found in _all(con, sql, role, unit, company)]


def filed(con: Con, text: str) -> list[Row]:
    """All specimens that are compared with, the newest first; those whose unit, company or name contains the text."""
    sql = "SELECT * FROM specimens WHERE active = 1 ORDER BY specimen DESC LIMIT ?"
    rows = (found | _named(con, found["specimen"]) for found in _all(con, sql, NAMED))
    return [row for row in rows if any(text in row[column] for column in ("unit", "company", "name"))][:MOST]


def specimen_active(con: Con, specimen: int) -> bool | None:
    """Whether a specimen is compared with; None when there is no such."""
    found = con.execute("SELECT active FROM specimens WHERE specimen = ?", (specimen,)).fetchone()
    return bool(found[0]) if found else None


def lone_digest(con: Con, specimen: int) -> str:
    """The picture of a withdrawn specimen, where no other one has the same; else ""."""
    sql = """SELECT digest FROM specimens s WHERE specimen = ? AND active = 0
             AND NOT EXISTS (SELECT 1 FROM specimens o WHERE o.digest = s.digest AND o.active = 1)"""
    found = con.execute(sql, (specimen,)).fetchone()
    return str(found[0]) if found else ""


def here(con: Con) -> list[Row]:
    """Trucks that are announced at exits."""
    return _all(con, "SELECT * FROM trucks_here ORDER BY seq")


def counts(con: Con, today: str) -> dict[str, int]:
    """Permits on which something may leave today; trucks announced."""
    sql = """SELECT (SELECT count(*) FROM permits WHERE state = 'open' AND until >= ?), (SELECT count(*) FROM trucks_here)"""
    open_, trucks = con.execute(sql, (today,)).fetchone()
    return {"open": open_, "trucks": trucks}


# ---- leaving (V3) --------------------------------------------------------------------------------------------------


def way_out(con: Con, credential: str, plate: str) -> tuple[int, int]:
    """The newest exit and the entry before it (0: none): by the credential, else by the plate."""
    for column, value in (("credential", credential), ("plate", plate)):
        if not value:
            continue
        newest = (
            f"SELECT max(pass_seq) FROM passes WHERE {column} <> '' AND {column} = ? AND direction = ? AND pass_seq < ?"
        )
        leaving = con.execute(newest, (value, "out", 1 << 62)).fetchone()[0] or 0
        entry = con.execute(
            f"{newest} AND outcome IN ('crossed', 'open', 'expired')", (value, "in", leaving or 1 << 62)
        ).fetchone()
        if leaving or entry[0]:
            return int(leaving), int(entry[0] or 0)
    return 0, 0


def compared(con: Con, pass_seq: int) -> Row | None:
    """What the guard said of the plates at this exit."""
    found = _all(con, "SELECT * FROM plates_compared WHERE pass_seq = ?", pass_seq)
    return found[0] if found else None


def _names(con: Con, permit_id: int) -> Row:
    part = personal(con, permit_id)
    return {name: str(part.get(name, "")) for name in PERSONAL}


def _named(con: Con, specimen: int) -> Row:
    return {"name": str(personal(con, specimen).get("name", ""))}


def _all(con: Con, sql: str, *values: object) -> list[Row]:
    cursor = con.execute(sql, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, values, strict=True)) for values in cursor]
