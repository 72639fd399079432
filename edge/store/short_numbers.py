"""A reader that gives fewer bytes than the card has: 24 bits, as Wiegand-26 does (drivers/card_numbers.py).

Such a number names a card only if no other known card shares it. Among 1,000 cards two share their 24 bits in one community out of
thirty; then neither is let in by it alone, and the guard, or a better reader, decides. Known are the registry's credentials and the
cards of the desk. The reader may give the end of a UID or, when it turns the bytes round, its beginning.
"""

from __future__ import annotations

import sqlite3

WHOLE_BYTES = 4
"""No card has a shorter UID (and a number of four bytes is the printed one, which the registry knows)."""

_KNOWN = """SELECT uid FROM credentials WHERE substr(uid, -:n) = :short OR substr(uid, 1, :n) = :short
            UNION SELECT card FROM cards WHERE substr(card, -:n) = :short OR substr(card, 1, :n) = :short LIMIT 2"""


def whole(con: sqlite3.Connection, card: str) -> str:
    """The UID (hex) of the only known card that this number can mean; the number itself when there is none, or two."""
    if not card or len(card) >= 2 * WHOLE_BYTES:
        return card
    found = con.execute(_KNOWN, {"n": len(card), "short": card}).fetchall()
    return str(found[0][0]) if len(found) == 1 else card
