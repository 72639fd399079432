"""What is asked of the store about plates: by the reading at a lane, by the page."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from edge.clock import Stamp
from edge.domain.credentials import CardFacts
from edge.domain.plate_alone import PlateFacts
from edge.store import queries

Con = sqlite3.Connection
NEAR = 200
"""So many plates of the registry are weighed against a doubtful reading, at most."""
DIFFERENT = 3


NOBODY = PlateFacts()


def with_loads(facts: PlateFacts, load: Callable[[CardFacts], str]) -> PlateFacts:
    """G2: what is known of the loads of trucks, for an exit."""
    return replace(facts, cards=tuple(replace(card, load=load(card)) for card in facts.cards))


def plate_facts(con: Con, plate: str, stamp: Stamp, *, convoy: bool, emergency: bool) -> PlateFacts:
    """All that `decide_plate` wants to know of a plate (without separators)."""
    uids = con.execute("SELECT uid FROM cards_by_plate WHERE plate = ? ORDER BY uid", (plate,)).fetchall()
    inside = con.execute("SELECT 1 FROM inside WHERE plate = ? LIMIT 1", (plate,)).fetchone()
    cards = tuple(queries.card_facts(con, uid, stamp, plate) for (uid,) in uids)
    return PlateFacts(cards, inside is not None, convoy, emergency)


def uid_of(con: Con, credential: str) -> str:
    """The card of a credential; "" none."""
    row = con.execute("SELECT uid FROM cards_by_name WHERE credential = ?", (credential,)).fetchone()
    return str(row[0]) if row else ""


def bound_to_pass(con: Con, pass_seq: int) -> tuple[str, ...] | None:
    """The plates of the credential with which a pass began; None: there is no such pass."""
    row = con.execute("SELECT credential, plate_bound FROM passes WHERE pass_seq = ?", (pass_seq,)).fetchone()
    if row is None:
        return None
    found = con.execute(
        "SELECT v.plate FROM cards_by_name c JOIN vehicles v ON v.uid = c.uid WHERE c.credential = ? ORDER BY v.plate",
        (row[0],),
    ).fetchall()
    return tuple(plate for (plate,) in found) or ((row[1],) if row[1] else ())


def near(con: Con, text: str) -> list[str]:
    """Plates of the registry, and of vehicles inside, that have at most DIFFERENT other signs in the same places, or one more or less.
    Counted by the database: it lets go of the interpreter meanwhile, so a card's way does not wait for it."""
    if not text:
        return []
    same = " + ".join(f"(substr(plate, {n}, 1) = substr(?1, {n}, 1))" for n in range(1, len(text) + 1))
    return [
        plate
        for (plate,) in con.execute(
            f"""SELECT plate FROM (SELECT plate FROM cards_by_plate UNION SELECT plate FROM inside)
                WHERE length(plate) = length(?1) AND ({same}) >= ?2 ORDER BY ({same}) DESC, plate LIMIT ?3""",
            (text, max(1, len(text) - DIFFERENT), NEAR),
        )
    ]


def reading(con: Con, seq: int) -> dict[str, Any] | None:
    """One reading, or None."""
    row = con.execute(
        """SELECT seq, lane, at_ms, text, certain, confidence, candidates, known, picture, crop, match, pass_seq, corrected, how
           FROM plate_readings WHERE seq = ?""",
        (seq,),
    ).fetchone()
    return None if row is None else _shown(row)


_NAMES = (
    "seq", "lane", "at_ms", "text", "certain", "confidence", "candidates", "known", "picture", "crop", "match", "pass_seq", "corrected", "how",
)  # fmt: skip


def _shown(row: tuple[Any, ...]) -> dict[str, Any]:
    found = dict(zip(_NAMES, row, strict=True))
    return {
        **found,
        "certain": bool(found["certain"]),
        "candidates": json.loads(found["candidates"]),
        "known": json.loads(found["known"]),
    }
