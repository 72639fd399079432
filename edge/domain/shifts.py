"""The change of shift (D6): when one ends, what is counted, what differs, and which cards are blocked. Pure.

A count is worth something only when whoever counts has not been told the number before: so first everything is counted, then the gate
says what it knows, and a difference needs a reason and stays on record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from edge.domain.cards import Stock

COUNTED = ("documents", "cards_rack", "cards_out", "visitors", "requests")
"""What the incoming guard counts: documents held, cards in the rack, cards out, visitors inside, open requests."""
READ_OFF = ("unsent",)
"""What nobody can count by hand: events that wait to be sent. Shown and recorded beside the rest."""
ITEMS = COUNTED + READ_OFF
MOST = 9_999
COUNT_MS = 30 * 60_000
"""A count that is older than this is made again."""
EARLY = timedelta(hours=1)
"""So long before the end of a shift a hand-over is already that shift's."""
NOT_COUNTED = -1


def times(texts: Iterable[str]) -> tuple[time, ...]:
    """«07:00» … in order. Raises ValueError for what is no time of day, or comes twice."""
    found = tuple(sorted(time.fromisoformat(text) for text in texts))
    if not found or len(set(found)) != len(found):
        raise ValueError("shifts: one or more different times of day, as 07:00")
    return found


def boundary(ends: tuple[time, ...], now: datetime) -> datetime:
    """The last moment at which a shift ended (local)."""
    today = [datetime.combine(now.date(), at, now.tzinfo) for at in ends]
    yesterday = datetime.combine(now.date() - timedelta(days=1), ends[-1], now.tzinfo)
    return max((at for at in [yesterday, *today] if at <= now), default=yesterday)


def next_boundary(ends: tuple[time, ...], now: datetime) -> datetime:
    """The moment at which this shift ends (local)."""
    today = [datetime.combine(now.date(), at, now.tzinfo) for at in ends]
    tomorrow = datetime.combine(now.date() + timedelta(days=1), ends[0], now.tzinfo)
    return min(at for at in [*today, tomorrow] if at > now)


def is_due(ends: tuple[time, ...], now: datetime, last: datetime | None, on_duty_since: datetime | None) -> bool:
    """Whether a shift has ended and nobody has handed over.

    `last`: the last hand-over; `on_duty_since`: since when the longest of those on duty is. A post at which nobody has been on duty
    before has nothing to hand over.
    """
    ended = boundary(ends, now)
    if last is not None and last >= ended - EARLY:
        return False
    return last is not None or (on_duty_since is not None and on_duty_since < ended)


def complete(counted: Mapping[str, int]) -> str:
    """ "" or the code of what is wrong with a count: each item once, none negative."""
    if set(counted) != set(COUNTED):
        return "count-incomplete"
    return "" if all(0 <= n <= MOST for n in counted.values()) else "count-range"


def differences(items: tuple[str, ...], counted: tuple[int, ...], known: tuple[int, ...]) -> tuple[str, ...]:
    """The items that were counted and differ."""
    return tuple(i for i, c, k in zip(items, counted, known, strict=True) if c not in (NOT_COUNTED, k))


@dataclass(frozen=True, slots=True)
class CardOut:
    """A card that is out. `ended`: its visit is over; `until`: its last local day, ISO ("" none)."""

    card: str
    state: Stock
    ended: bool
    until: str


def not_back(card: CardOut, today: str) -> bool:
    """Whether a card should be back and is not: then it is blocked. `today` "": the clock is wrong, so no day is over.

    The card of a visitor who is inside with a valid visit stays good: the next shift has it counted as out.
    """
    return card.state is Stock.ISSUED and (card.ended or (bool(card.until) and bool(today) and card.until < today))
