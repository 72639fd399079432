"""The events of a free way: green way for emergencies and funerals (V6, V7), and wedding convoys (V8).

A green way is named by the number of its `green.opened`, a convoy by that of its `convoy.announced`, one leg of it (in, out) by that
of its `convoy.opened`. What holds the arms themselves is told beside them by `barrier.held` and `barrier.released`.
"""

from __future__ import annotations

from edge.domain.event import Event, event

PRIVATE = ("names", "customs", "wishes", "phone")


@event("green.opened", "V6", "V7")
class GreenOpened(Event):
    """Lanes are held open, both ways, until released. `kind`: a word of green.KINDS; `source`: page, button."""

    kind: str
    lanes: tuple[str, ...]
    source: str = "page"


@event("green.named", "V6", "V7")
class GreenNamed(Event):
    """What it was for, said afterwards, so that the first touch had no question before it."""

    green: int
    kind: str
    was: str


@event("green.released", "V6", "V7")
class GreenReleased(Event):
    """It is over, after so many crossings. `why`: asked; restart (the gate began anew meanwhile); late (it was never carried out)."""

    green: int
    lanes: tuple[str, ...]
    crossings: int
    why: str = "asked"


@event("convoy.announced", "V8", personal=PRIVATE)
class ConvoyAnnounced(Event):
    """A convoy is expected at `arrives_ms`; its plates, in their order, pass from `from_ms` until `until_ms` (UTC ms)."""

    arrives_ms: int
    from_ms: int
    until_ms: int
    plates: tuple[str, ...] = ()
    lanes: tuple[str, ...] = ()
    names: str = ""
    customs: str = ""
    wishes: str = ""
    phone: str = ""


@event("convoy.changed", "V8", personal=PRIVATE)
class ConvoyChanged(Event):
    """The convoy as it is from now on, all of it."""

    convoy: int
    arrives_ms: int
    from_ms: int
    until_ms: int
    plates: tuple[str, ...] = ()
    lanes: tuple[str, ...] = ()
    names: str = ""
    customs: str = ""
    wishes: str = ""
    phone: str = ""


@event("convoy.cancelled", "V8")
class ConvoyCancelled(Event):
    """It will not come. `reason`: a word (called-off, mistake)."""

    convoy: int
    reason: str


@event("convoy.reminded", "V8")
class ConvoyReminded(Event):
    """The guards were told that it comes in `minutes`."""

    convoy: int
    minutes: int


@event("convoy.opened", "V8")
class ConvoyOpened(Event):
    """It is here: the lanes of this way are held open. `way`: in, out; `by`: tap, plate."""

    convoy: int
    way: str
    lanes: tuple[str, ...]
    by: str
    plate: str = ""


@event("convoy.ended", "V8")
class ConvoyEnded(Event):
    """The lanes are let go, after so many crossings. `why`: asked, all (every listed car is through), restart, late, cancelled."""

    convoy: int
    way: str
    lanes: tuple[str, ...]
    crossings: int
    why: str


@event("convoy.car", "V8")
class ConvoyCar(Event):
    """A listed car is through. `how`: read (its plate was known at the crossing), tap. `crossing`: number of that event, 0: not tied."""

    convoy: int
    plate: str
    way: str
    how: str
    crossing: int = 0
