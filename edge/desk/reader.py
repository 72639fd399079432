"""The card reader beside the tablet. It decides nothing and records nothing: it says what was held to it, and the page offers what follows.

A card is never issued by the tap alone. One reader serves all tablets of the post, and cards lie around it: a card that was just handed
back and put down on the reader would be bound to whoever happens to stand at the gate. So the page that has a visit at its card step shows the
card by itself, large, and the guard confirms with one tap: as many taps as choosing it from the rack, and each card leaves the post by
somebody's decision. A card that is out opens its visit, for leaving.

`handlers` are asked in turn, each with what the card is, and the first that deals with it ends the matter: staff cards that sign on at the shift
change put themselves there.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

from edge.bridge import Change
from edge.gate import Gate
from edge.store import queries_desk as q

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Tap:
    """A card at the desk's reader. `what`: kind of the desk's stock (visitor, vehicle, construction), category of the registry (owner,
    company, staff, temporary), or unknown. `state`: of the stock, or the credential's status; `visit`: the one it is bound to."""

    card: str
    what: str
    label: str = ""
    state: str = ""
    visit: int = 0
    credential: str = ""
    person: str = ""


Handler = Callable[[Tap], Awaitable[bool]]


class DeskReader:
    """Over a Gate; lives in its loop."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.handlers: list[Handler] = []
        """Each says whether it has dealt with the card."""
        self.held: Callable[[bytes, str], None] = lambda uid, card: None
        """Whoever issues cards is told which one lies there (issuing.py)."""

    async def card(self, uid: bytes) -> None:
        """A card was held to it."""
        tap = await asyncio.to_thread(self._what, uid.hex())
        self.held(uid, tap.card)
        for handler in self.handlers:
            if await handler(tap):
                return
        self._gate.hub.publish(Change("tap", 0, asdict(tap)))

    def _what(self, uid: str) -> Tap:
        with self._gate.store.reader() as con:
            card = q.presented(con, uid)
            if card is not None:
                return Tap(card.card, card.kind, card.label, card.state.value, card.visit)
            return _registered(con, uid)


def _registered(con: sqlite3.Connection, uid: str) -> Tap:
    sql = "SELECT credential, category, status, person FROM credentials WHERE uid IN (?, ?) ORDER BY length(uid) DESC"
    row = con.execute(sql, (uid, uid[-8:])).fetchone()
    return Tap(uid, row[1], "", row[2], 0, row[0], row[3]) if row else Tap(uid, UNKNOWN)
