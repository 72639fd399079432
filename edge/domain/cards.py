"""Cards of the stock: visitor cards, temporary vehicle cards, temporary construction passes (P3, P7, V3, V5).

    rack ──issued──▶ issued ──returned──▶ rack
      │                │ └──lost──▶ lost ──returned (found again)──▶ rack
      └──blocked──▶ blocked ◀──┘            blocked ──stocked anew──▶ rack

A card that is out is bound to one open visit, to its plate when it is a vehicle's, and to a last day. Lost and blocked cards open
no lane from the moment of the record.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, timedelta

from edge.domain.plan import Step


class Stock(enum.StrEnum):
    """Where a card is."""

    RACK = "rack"
    ISSUED = "issued"
    LOST = "lost"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Card:
    """A card as the tables know it. `visit`: the one it was last issued to (0: none, or settled)."""

    card: str
    kind: str
    label: str
    state: Stock
    visit: int = 0
    plate: str = ""
    until: str = ""


def may_issue(card: Card | None, visit: int, wanted: frozenset[str]) -> str:
    """ "" or the code of what stands against it. `wanted`: the kinds of card that the visit still needs."""
    if card is None:
        return "card-unknown"
    if card.state is Stock.ISSUED:
        return "card-here-already" if card.visit == visit else "card-out"
    if card.state is not Stock.RACK:
        return f"card-{card.state.value}"
    return "" if card.kind in wanted else "card-kind"


def may_take_back(card: Card | None) -> str:
    """A card comes back from a visit, or is found again."""
    if card is None:
        return "card-unknown"
    return "card-in-rack" if card.state is Stock.RACK or (card.state is Stock.BLOCKED and not card.visit) else ""


def may_stock(card: Card | None, registered: bool) -> str:
    """A new card, or one that was blocked and is put in order; never one that is out, nor an owner's."""
    if registered:
        return "card-registered"
    return "card-out" if card is not None and card.visit else ""


def last_day(step: Step, today: date | None, wanted: str) -> date | str:
    """The last local day of a card: `wanted` (ISO), else as long as the step allows. Or a code: until-form, until-past, until-late.

    `today` None: the clock is wrong, so `wanted` is needed, and taken as it is.
    """
    try:
        until = date.fromisoformat(wanted) if wanted else None
    except ValueError:
        return "until-form"
    if today is None:
        return until or "until-form"
    latest = today + timedelta(days=step.days - 1)
    if until is None:
        return latest
    if until < today:
        return "until-past"
    return "until-late" if until > latest else until
