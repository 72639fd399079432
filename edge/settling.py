"""What has to be settled before the exit's arm goes up for somebody: card and document (V3), and a truck's load (G2).

Nobody is locked in by it: an override with a reason settles a visit (`visit.closed`), a shift leader's settles a load
(`load.checked`, result override), fire raises and holds whatever stands here, and so does whoever holds the arm for an emergency.
"""

from __future__ import annotations

import sqlite3

from edge.clock import Stamp
from edge.domain.credentials import CardFacts
from edge.domain.goods import DUE, GOODS
from edge.domain.plates import normal
from edge.domain.policy import Rules
from edge.lane import Lane
from edge.orders import Order
from edge.store import queries, queries_load

_CODES = {DUE: "load-unchecked", GOODS: "load-kept"}


def outstanding(facts: CardFacts) -> list[str]:
    """What has to change hands, or be looked into, before whoever presented this card may leave: of card, document, load."""
    of_visit = {"card", *facts.bound.outstanding} if facts.bound and facts.bound.visit else set()
    return sorted(of_visit | ({"load"} if facts.load in _CODES else set()))


def load_of(con: sqlite3.Connection, lane: Lane, facts: CardFacts, stamp: Stamp, rules: Rules) -> str:
    """G2 for a card that is presented at an exit: due, done, goods, or "" for what is no truck."""
    c = facts.credential
    assert c is not None
    plate = facts.plate_read or (c.plates[0] if c.plates else "")
    return queries_load.load(con, queries_load.at_exit(con, lane.id, 0, plate, c.id), stamp, rules)


def unsettled(con: sqlite3.Connection, lane: Lane, order: Order, asked: int, stamp: Stamp, rules: Rules) -> str:
    """The code of what stands against a guard's «raise» or «hold» at an exit; "" is nothing."""
    if order.action == "open" and asked and (left := queries.unsettled(con, asked)):
        return f"outstanding-{'-'.join(left)}"
    vehicle = queries_load.at_exit(con, lane.id, asked, normal(order.plate))
    return _CODES.get(queries_load.load(con, vehicle, stamp, rules), "")
