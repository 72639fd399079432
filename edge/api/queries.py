"""What only the page asks of the database; the rest is `edge.store.queries`. Each is one query of a few milliseconds."""

from __future__ import annotations

import json
from typing import Any

from edge.store import queries as stored
from edge.store.queries import Con

Row = dict[str, Any]
STORY_MS = 15 * 60_000


def other_half(con: Con, row: Row) -> Row | None:
    """The entry that belongs to an exit, or the exit to an entry: the nearest crossing of the same credential or plate."""
    if not (row["credential"] or row["plate"]):
        return None
    older = row["direction"] == "out"
    found = con.execute(
        f"SELECT pass_seq FROM passes WHERE pass_seq {'<' if older else '>'} ? AND direction = ? AND crossed_ms IS NOT NULL"
        " AND ((credential <> '' AND credential = ?) OR (plate <> '' AND plate = ?))"
        f" ORDER BY pass_seq {'DESC' if older else 'ASC'} LIMIT 1",
        (row["pass_seq"], "in" if older else "out", row["credential"], row["plate"]),
    ).fetchone()
    return stored.one_pass(con, found[0]) if found else None


def similar_plates(con: Con, plate: str, limit: int = 5) -> list[str]:
    """Plates of the registry that differ from this reading in at most two places: help when a reading is doubtful."""
    if len(plate) < 5:
        return []
    known = con.execute(
        "SELECT DISTINCT plate FROM cards_by_plate WHERE length(plate) = ? AND plate <> ?", (len(plate), plate)
    )
    near = sorted((sum(a != b for a, b in zip(plate, other, strict=True)), other) for (other,) in known)
    return [other for differences, other in near[:limit] if differences <= 2]


def pictures(con: Con, pass_seq: int) -> list[Row]:
    """The pictures of one pass, in the order in which they were taken."""
    found = con.execute("SELECT digest, lane, moment, size FROM pictures WHERE pass_seq = ? ORDER BY seq", (pass_seq,))
    return [dict(zip(("digest", "lane", "moment", "size"), values, strict=True)) for values in found]


def events(con: Con, after: int, limit: int, kind: str = "") -> list[Row]:
    """Events after a number, in order, as `view` shows them."""
    found = con.execute(
        "SELECT data FROM journal WHERE seq > ?1 AND (?3 = '' OR kind = ?3) ORDER BY seq LIMIT ?2", (after, limit, kind)
    )
    return [view(json.loads(data)) for (data,) in found]


def story(con: Con, pass_seq: int) -> list[Row]:
    """What happened on one pass: its events up to a quarter of an hour after it was opened, in order."""
    found = con.execute(
        "SELECT data FROM journal WHERE seq >= ?1 AND seq < ?1 + 1000"
        " AND at_ms <= (SELECT at_ms FROM journal WHERE seq = ?1) + ?2",
        (pass_seq, STORY_MS),
    )
    shown = [view(json.loads(data)) for (data,) in found]
    return [e for e in shown if pass_seq in (e["seq"], e["body"].get("pass_seq"))]


def view(event: Row) -> Row:
    """An event for people and programs: without what only the chain needs."""
    return {key: event[key] for key in ("seq", "at", "kind", "actor", "rule", "body") if key in event}
