"""How long somebody waits at a gate, out of its events: a small table for each lane. Pure, no database.

    vehicle.waiting (the loop), or without a loop the card       ─▶ the wait begins
    access.decided granted, pass.opened, pass.admitted           ─▶ answered: it ends when the arm is up (at once, if it is up already)
    access.decided refused                                       ─▶ it ends here, «refused»
    barrier.observed up, or the crossing itself, once answered   ─▶ it ends, «open»
    a crossing without an answer, turned back, lapsed            ─▶ nothing is counted

Times are the gate's steady clock (`mono_ms`), within one boot: a wall clock that is set meanwhile makes no wait. A guard who raises the arm with no
vehicle on a loop ends no wait, because nobody knows since when somebody stood there.

Waits are kept as counts by their length, in `BOUNDS`: so the median of a year costs as many rows as there are hours, not as there were cars.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

BOUNDS = (
    *(500 * n for n in range(1, 13)),
    *(1000 * n for n in (7, 8, 9, 10, 12, 14, 16, 18, 20, 25, 30, 35, 40, 50, 60, 75, 90, 120, 150, 180, 240, 300)),
    *(60_000 * n for n in (7, 10, 15, 20, 30, 60, 240)),
)
"""Milliseconds: a wait is counted under the first of these that is not below it; a longer one is no wait, somebody has forgotten something."""
KINDS = frozenset(
    [
        "vehicle.waiting",
        "access.decided",
        "pass.opened",
        "pass.admitted",
        "barrier.observed",
        "vehicle.crossed",
        "vehicle.turned-back",
        "access.lapsed",
    ]
)
_ANSWERED = ("pass.opened", "pass.admitted")


@dataclass(frozen=True, slots=True)
class Lane:
    """What is known of a lane. `since`: `mono_ms` of the wait's beginning in this `boot`, -1 none; `answered`: it may pass, the arm is awaited."""

    boot: str = ""
    since: int = -1
    answered: bool = False
    up: bool = False


def step(lane: Lane, said: Mapping[str, Any]) -> tuple[Lane, str, int]:
    """The lane after an event of one of `KINDS`; how a wait has ended («open», «refused», empty: none did) and how long it was, ms."""
    kind, body, now, boot = said.get("kind"), said.get("body"), said.get("mono_ms"), str(said.get("boot"))
    if not isinstance(body, dict) or not isinstance(now, int):
        return lane, "", 0
    if boot != lane.boot:
        lane = Lane(boot)
    if kind == "vehicle.waiting":
        return (lane if lane.answered else replace(lane, since=now)), "", 0
    if kind == "barrier.observed":
        lane = replace(lane, up=body.get("now") in ("up", "held"))
        return _open(lane, now) if lane.up and lane.answered else (lane, "", 0)
    if kind == "vehicle.crossed":
        return _open(lane, now) if lane.answered else (replace(lane, since=-1), "", 0)
    if kind == "access.decided":
        return _decided(replace(lane, since=lane.since if lane.since >= 0 else now), str(body.get("decision")), now)
    if kind in _ANSWERED:
        return _answer(lane, now)
    return replace(lane, since=-1, answered=False), "", 0


def _decided(lane: Lane, decision: str, now: int) -> tuple[Lane, str, int]:
    if decision == "refused":
        return replace(lane, since=-1, answered=False), "refused", now - lane.since
    return _answer(lane, now) if decision == "granted" else (lane, "", 0)


def _answer(lane: Lane, now: int) -> tuple[Lane, str, int]:
    if lane.since < 0:
        return lane, "", 0
    lane = replace(lane, answered=True)
    return _open(lane, now) if lane.up else (lane, "", 0)


def _open(lane: Lane, now: int) -> tuple[Lane, str, int]:
    return replace(lane, since=-1, answered=False), "open", now - lane.since


def bound(ms: int) -> int:
    """Under what a wait is counted; 0: not at all."""
    place = bisect_left(BOUNDS, ms)
    return BOUNDS[place] if ms >= 0 and place < len(BOUNDS) else 0


def percentile(counts: Mapping[int, int], part: float) -> int:
    """Of waits counted by `bound`: the length (ms) that `part` of them do not exceed, within its step taken as evenly spread; -1 of none."""
    total = sum(counts.values())
    wanted, below = part * total, 0
    for upto in sorted(counts):
        if below + counts[upto] >= wanted and counts[upto]:
            place = BOUNDS.index(upto)
            low = BOUNDS[place - 1] if place else 0
            return round(low + (upto - low) * (wanted - below) / counts[upto])
        below += counts[upto]
    return -1


def summary(counts: Mapping[int, int]) -> Sequence[int]:
    """How many, median and nine tenths (ms)."""
    return [sum(counts.values()), percentile(counts, 0.5), percentile(counts, 0.9)]
