"""Where the vehicle is: told from the order in which two loops are covered and left.

    way in ──►   [ approach ]  [ under | arm ]   ──►         A: approach covered   Z: under covered

The loops are nearer to each other than a car is long, so a car that goes through covers A, both, Z, nothing. The order
tells the rest, and it is all in `TABLE`:

    A+ Z+ A- Z-      crossed                          A+ A- (and no Z within GRACE_MS)   turned back
    A+ Z+ Z-         crossed, the next close behind   A+ Z+ A- A+ Z-                     crossed, with the next one behind
    Z+ A+ Z- A-      against the lane                 A+ A- Z+ Z-                        a motorcycle: shorter than the gap

Three things two loops cannot tell, and what is assumed. When Z is clear again and A is still covered, the car may have reversed
out from under the arm, or another one stands a metre behind it: *another one* (every minute in the morning rush; a car that
reverses out is rare, its pictures show it, and a guard sets it right). The same for a car that covers A again before Z is
clear. And when that one leaves A too while Z was never clear, two went bumper to bumper (or one with a trailer): *two*, because
a picture shows a guard the truth, while a car that was not counted is lost (of three in a row the third is not seen). On a
lane without an approach loop, or while it is lost (`blind`), every vehicle on Z is taken to go the lane's way.

What the caller knows and the loops do not: whether it can have gone through at all (`through`). Not before an arm that is
down, and not within BRIEF_MS: then Z was touched by a car's nose, or its beam by somebody on foot, and it has *backed out*.

Pure: `step` returns the next spot and what became certain. `GRACE_MS` runs as a deadline of the caller's.
"""

from __future__ import annotations

import enum

GRACE_MS = 1_500
"""How long a short vehicle may be between the loops before it counts as gone."""

BRIEF_MS = 500
"""So long a car or a motorcycle needs at least to go over Z (2 m in 500 ms: 14 km/h); a person in the beam is faster."""


class Spot(enum.StrEnum):
    """Where things stand. In brackets what the loops show."""

    EMPTY = "empty"  # [   ]
    APPROACH = "approach"  # [A  ]
    BETWEEN = "between"  # [   ] has left A, not come to Z
    ENTERING = "entering"  # [A Z]
    PASSING = "passing"  # [  Z]
    FOLLOWED = "followed"  # [A Z] one on Z, the next on A
    JOINED = "joined"  # [  Z] two on Z, bumper to bumper
    JOINED_FOLLOWED = "joined-followed"  # [A Z] and a third on A
    FAR = "far"  # [  Z] came from the other side
    COMING_OUT = "coming-out"  # [A Z] against the lane
    LEAVING_OUT = "leaving-out"  # [A  ] has come through against the lane


class Seen(enum.StrEnum):
    """What a loop did."""

    A_ON = "A+"
    A_OFF = "A-"
    Z_ON = "Z+"
    Z_OFF = "Z-"
    LATE = "late"  # GRACE_MS are over


class Sign(enum.StrEnum):
    """What became certain."""

    ARRIVED = "arrived"
    ENTERED = "entered"
    BACKED_OUT = "backed-out"
    CROSSED = "crossed"
    TURNED_BACK = "turned-back"
    WRONG_WAY = "wrong-way"


_S, _G = Spot, Sign
TABLE: dict[tuple[Spot, Seen], tuple[Spot, tuple[Sign, ...]]] = {
    (_S.EMPTY, Seen.A_ON): (_S.APPROACH, (_G.ARRIVED,)),
    (_S.EMPTY, Seen.Z_ON): (_S.FAR, ()),
    (_S.APPROACH, Seen.A_OFF): (_S.BETWEEN, ()),
    (_S.APPROACH, Seen.Z_ON): (_S.ENTERING, (_G.ENTERED,)),
    (_S.BETWEEN, Seen.A_ON): (_S.APPROACH, ()),
    (_S.BETWEEN, Seen.Z_ON): (_S.PASSING, (_G.ENTERED,)),
    (_S.BETWEEN, Seen.LATE): (_S.EMPTY, (_G.TURNED_BACK,)),
    (_S.ENTERING, Seen.A_OFF): (_S.PASSING, ()),
    (_S.ENTERING, Seen.Z_OFF): (_S.APPROACH, (_G.CROSSED, _G.ARRIVED)),
    (_S.PASSING, Seen.A_ON): (_S.FOLLOWED, (_G.ARRIVED,)),
    (_S.PASSING, Seen.Z_OFF): (_S.EMPTY, (_G.CROSSED,)),
    (_S.FOLLOWED, Seen.A_OFF): (_S.JOINED, ()),
    (_S.FOLLOWED, Seen.Z_OFF): (_S.APPROACH, (_G.CROSSED,)),
    (_S.JOINED, Seen.A_ON): (_S.JOINED_FOLLOWED, (_G.ARRIVED,)),
    (_S.JOINED, Seen.Z_OFF): (_S.EMPTY, (_G.CROSSED, _G.ENTERED, _G.CROSSED)),
    (_S.JOINED_FOLLOWED, Seen.A_OFF): (_S.JOINED, ()),
    (_S.JOINED_FOLLOWED, Seen.Z_OFF): (_S.APPROACH, (_G.CROSSED, _G.ENTERED, _G.CROSSED)),
    (_S.FAR, Seen.A_ON): (_S.COMING_OUT, ()),
    (_S.FAR, Seen.Z_OFF): (_S.EMPTY, ()),
    (_S.COMING_OUT, Seen.A_OFF): (_S.FAR, ()),
    (_S.COMING_OUT, Seen.Z_OFF): (_S.LEAVING_OUT, (_G.WRONG_WAY,)),
    (_S.LEAVING_OUT, Seen.A_OFF): (_S.EMPTY, ()),
    (_S.LEAVING_OUT, Seen.Z_ON): (_S.COMING_OUT, ()),
}
"""(spot, seen) → next spot and signs. What is not in it changes nothing: a loop that says again what it said before."""


NOT_THROUGH: dict[tuple[Spot, Seen], tuple[Spot, tuple[Sign, ...]]] = {
    (_S.ENTERING, Seen.Z_OFF): (_S.APPROACH, (_G.BACKED_OUT,)),
}
"""What is different when it cannot have gone through."""


def step(spot: Spot, seen: Seen, *, approach_loop: bool = True, through: bool = True) -> tuple[Spot, tuple[Sign, ...]]:
    """The next spot and what became certain. Without an approach loop, what comes onto Z has entered."""
    if not approach_loop and (spot, seen) == (Spot.EMPTY, Seen.Z_ON):
        return Spot.PASSING, (Sign.ENTERED,)
    if not approach_loop and not through and (spot, seen) == (Spot.PASSING, Seen.Z_OFF):
        return Spot.EMPTY, (Sign.BACKED_OUT,)
    same = (spot, ())
    return TABLE.get((spot, seen), same) if through else NOT_THROUGH.get((spot, seen), TABLE.get((spot, seen), same))


def blind(spot: Spot) -> Spot:
    """The approach loop is lost: what of the spot the loop under the arm alone can follow. Nothing becomes certain by it."""
    return _BLIND.get(spot, spot)


_BLIND = {
    Spot.APPROACH: Spot.EMPTY,
    Spot.BETWEEN: Spot.EMPTY,
    Spot.ENTERING: Spot.PASSING,
    Spot.FOLLOWED: Spot.PASSING,
    Spot.JOINED_FOLLOWED: Spot.JOINED,
    Spot.COMING_OUT: Spot.FAR,
    Spot.LEAVING_OUT: Spot.EMPTY,
}


def at_start(approach: bool, under: bool) -> Spot:
    """Where things stand when nobody has watched before: what is under the arm is taken to go the lane's way."""
    return {(False, False): Spot.EMPTY, (True, False): Spot.APPROACH, (False, True): Spot.PASSING}.get(
        (approach, under), Spot.ENTERING
    )
