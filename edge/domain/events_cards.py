"""Events of writable cards that carry a counter (edge/domain/card_counter.py). `card` is its UID in hex."""

from __future__ import annotations

from edge.domain.event import Event, event


@event("card.counting", "V2", "V3", "P1")
class CardCounting(Event):
    """A card was accepted with the number `confirmed`, and `begun` is about to be written onto it. On record before a byte is written: whatever
    becomes of the write, the card carries one of the two. `lane`: where, desk at the desk."""

    card: str
    lane: str
    confirmed: int
    begun: int


@event("card.counted", "V2", "V3", "P1")
class CardCounted(Event):
    """The reader has confirmed that the card carries this number."""

    card: str
    lane: str
    counter: int


@event("card.copied", "V2", "V3", "P1")
class CardCopied(Event):
    """Two cards say that they are this one: a number came that was not the last one. Which of the two is the copy a person must find out: neither
    opens a lane until a shift leader says so. `found`: what the card said; `confirmed`, `begun`: what it should have said."""

    card: str
    credential: str
    lane: str
    found: int
    confirmed: int
    begun: int


@event("card.trusted", "V2", "V3", "P1")
class CardTrusted(Event):
    """A shift leader holds the true card, or has given out another: its next presentation is taken as its first. `reason`: in words."""

    card: str
    reason: str
