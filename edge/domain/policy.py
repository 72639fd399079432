"""Who may pass: one pure function, one reason for each answer.

Three answers. *granted* opens the barrier. *refused* is certain: the card is blocked, expired, not known … *ask* is
uncertain: the card would be good, but something speaks against it that only a person can judge, so the guard gets a
sentence. A refusal is put before the guard as well: nobody is ever left standing before a silent barrier (D7).

The checks stand in one list, in the order in which they are told: the first that speaks decides. Rules: P1 (staff,
strictly checked), P2 and V2 (owners and company vehicles pass with no question), V1 (every vehicle is saluted).
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from edge.domain.card_counter import Said
from edge.domain.credentials import CardFacts, Category, Credential, Status, Where
from edge.domain.goods import DUE, GOODS
from edge.domain.plates import compare


class Answer(enum.StrEnum):
    """What becomes of the presentation."""

    GRANTED = "granted"
    REFUSED = "refused"
    ASK = "ask"


class Reason(enum.StrEnum):
    """Why. The page and the phrases have a sentence for each."""

    OK = "ok"
    OK_SOFT_PASSBACK = "ok-soft-passback"
    OK_FORGIVEN = "ok-forgiven"
    OK_PLATE_DIFFERS = "ok-plate-differs"
    OK_CONVOY = "ok-convoy"
    OK_PLATE = "ok-plate"
    OK_EMERGENCY_PLATE = "ok-emergency-plate"
    OK_CODE = "ok-code"
    UNKNOWN_CARD = "unknown-card"
    BLOCKED = "blocked"
    LOST = "lost"
    NOT_YET_VALID = "not-yet-valid"
    EXPIRED = "expired"
    OUTSIDE_SCHEDULE = "outside-schedule"
    SCHEDULE_MISSING = "schedule-missing"
    CLOCK_UNSET = "clock-unset"
    ALREADY_INSIDE = "already-inside"
    ALREADY_OUTSIDE = "already-outside"
    PLATE_DIFFERS = "plate-differs"
    TWO_PLACES = "two-places"
    NOT_ISSUED = "not-issued"
    NOT_FOR_VEHICLES = "not-for-vehicles"
    NOT_ADMITTED = "not-admitted"
    ENTERED_ONCE = "entered-once"
    CARD_OUTSTANDING = "card-outstanding"
    DOCUMENT_OUTSTANDING = "document-outstanding"
    COUNTER_COPY = "counter-copy"
    COUNTER_SUSPECT = "counter-suspect"
    COUNTER_UNREADABLE = "counter-unreadable"
    COUNTER_UNREAD = "counter-unread"
    LOAD_UNCHECKED = "load-unchecked"
    LOAD_KEPT = "load-kept"


@dataclass(frozen=True, slots=True)
class Rules:
    """What the community has decided ([policy] of the configuration)."""

    anti_passback: str = "hard"
    plate_differs: str = "ask"
    two_places_ms: int = 20_000
    exit_tap: str = "ask"
    """What a temporary card at the exit means when nothing but the card is outstanding: ask, collect (config/visits.toml)."""
    trucks: frozenset[str] = frozenset()
    """Every word by which registry and visits call a truck (config/visits.toml)."""
    load_ms: int = 15 * 60_000
    """So long before its departure a truck's load may have been checked (config/goods.toml)."""


@dataclass(frozen=True, slots=True)
class Presented:
    """A card at a lane. `local` is None when the wall clock is not to be relied on."""

    lane: str
    direction: str
    local: datetime | None


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, its reason, how plate and card compare, the procedure's rule, and whether to salute (V1, P1)."""

    answer: Answer
    reason: Reason
    plate_match: str
    rule: str
    salute: bool


def decide_convoy(presented: Presented, listed: bool) -> Decision | None:
    """A plate that was read or typed: a listed car of a convoy in its window passes, alone too (V8). None: it is none of them.

    By a clock that is wrong no window can be judged: then a person must.
    """
    if not listed:
        return None
    if presented.local is None:
        return Decision(Answer.ASK, Reason.CLOCK_UNSET, "match", "V8", salute=True)
    return Decision(Answer.GRANTED, Reason.OK_CONVOY, "match", "V8", salute=True)


_RULE = {Category.OWNER: "V2", Category.COMPANY: "V2", Category.STAFF: "P1", Category.TEMPORARY: "V3"}
_Said = tuple[Answer, Reason] | None
_Check = Callable[[Presented, CardFacts, Credential, Rules], _Said]


def decide(presented: Presented, facts: CardFacts, rules: Rules) -> Decision:
    """The answer to one presentation of one card."""
    credential = facts.credential
    if credential is None:
        return Decision(Answer.REFUSED, Reason.UNKNOWN_CARD, "unbound", "V3", salute=True)
    match = compare(credential.plates, facts.plate_read)
    for check in _CHECKS:
        said = check(presented, facts, credential, rules)
        if said is not None:
            rule = "G2" if said[1] in _LOADS.values() else _RULE[credential.category]
            return Decision(*said, match, rule, salute=True)
    return Decision(
        Answer.GRANTED, _note(presented, facts, credential, rules), match, _RULE[credential.category], salute=True
    )


def _status(_p: Presented, _f: CardFacts, c: Credential, _r: Rules) -> _Said:
    if c.status is Status.BLOCKED:
        return Answer.REFUSED, Reason.BLOCKED
    return (Answer.REFUSED, Reason.LOST) if c.status is Status.LOST else None


_COUNTERS: dict[Said, tuple[Answer, Reason]] = {
    Said.COPY: (Answer.REFUSED, Reason.COUNTER_COPY),
    Said.SUSPECT: (Answer.REFUSED, Reason.COUNTER_SUSPECT),
    Said.UNREADABLE: (Answer.ASK, Reason.COUNTER_UNREADABLE),
    Said.UNREAD: (Answer.ASK, Reason.COUNTER_UNREAD),
}


def _counter(_p: Presented, f: CardFacts, _c: Credential, _r: Rules) -> _Said:
    """A copy is betrayed by its old number, on both sides of the gate."""
    return _COUNTERS.get(f.counter)


def _dates(p: Presented, f: CardFacts, c: Credential, _r: Rules) -> _Said:
    """A limit in time cannot be judged by a clock that is wrong: then a person must. A visitor who stayed too long may leave."""
    if f.bound is not None and p.direction == "out":
        return None
    if p.local is None:
        limited = c.valid_from or c.valid_until or c.schedule
        return (Answer.ASK, Reason.CLOCK_UNSET) if limited else None
    today = p.local.date()
    if c.valid_from and today < c.valid_from:
        return Answer.REFUSED, Reason.NOT_YET_VALID
    return (Answer.REFUSED, Reason.EXPIRED) if c.valid_until and today > c.valid_until else None


def _hours(p: Presented, f: CardFacts, c: Credential, _r: Rules) -> _Said:
    """Leaving is never refused for the hour: nobody is locked in."""
    if p.direction == "out":
        return None
    if c.schedule_missing:
        return Answer.ASK, Reason.SCHEDULE_MISSING
    if c.schedule and p.local and not c.schedule.allows(p.local, f.holidays):
        return Answer.REFUSED, Reason.OUTSIDE_SCHEDULE
    return None


def _two_places(p: Presented, f: CardFacts, _c: Credential, r: Rules) -> _Said:
    near = f.last_ago_ms is not None and f.last_ago_ms < r.two_places_ms
    return (Answer.ASK, Reason.TWO_PLACES) if near and f.last_lane not in ("", p.lane) else None


def _passback(p: Presented, f: CardFacts, _c: Credential, r: Rules) -> _Said:
    wrong = _wrong_side(p, f)
    return (Answer.REFUSED, wrong) if wrong and r.anti_passback == "hard" and not f.forgiven else None


def _plate(_p: Presented, f: CardFacts, c: Credential, r: Rules) -> _Said:
    differs = compare(c.plates, f.plate_read) == "differs"
    return (Answer.ASK, Reason.PLATE_DIFFERS) if differs and r.plate_differs == "ask" else None


def _issued(_p: Presented, f: CardFacts, _c: Credential, _r: Rules) -> _Said:
    """A card of the stock serves while it is out with a visit, and at this lane only if it is a vehicle's."""
    if f.bound is None:
        return None
    if not f.bound.visit:
        return Answer.REFUSED, Reason.NOT_ISSUED
    return None if f.bound.kind == "vehicle" else (Answer.REFUSED, Reason.NOT_FOR_VEHICLES)


def _visit(p: Presented, f: CardFacts, _c: Credential, r: Rules) -> _Said:
    """V3, V5: in once, when the guard has admitted; out when the document is back and the card in the guard's hand."""
    if f.bound is None:
        return None
    if p.direction == "in":
        if not f.bound.admitted:
            return Answer.ASK, Reason.NOT_ADMITTED
        return (Answer.ASK, Reason.ENTERED_ONCE) if f.where is Where.OUTSIDE and not f.forgiven else None
    if "document" in f.bound.outstanding:
        return Answer.ASK, Reason.DOCUMENT_OUTSTANDING
    collected = r.exit_tap == "collect" and "card" not in f.bound.outstanding
    return None if collected else (Answer.ASK, Reason.CARD_OUTSTANDING)


_LOADS = {DUE: Reason.LOAD_UNCHECKED, GOODS: Reason.LOAD_KEPT}


def _load(p: Presented, f: CardFacts, _c: Credential, _r: Rules) -> _Said:
    """G2: a truck leaves after its load space was looked into, and without goods that have no permit."""
    return (Answer.ASK, _LOADS[f.load]) if p.direction == "out" and f.load in _LOADS else None


_CHECKS: tuple[_Check, ...] = (
    _status,
    _counter,
    _issued,
    _dates,
    _hours,
    _two_places,
    _passback,
    _visit,
    _plate,
    _load,
)


def _wrong_side(p: Presented, f: CardFacts) -> Reason | None:
    if p.direction == "in" and f.where is Where.INSIDE:
        return Reason.ALREADY_INSIDE
    return Reason.ALREADY_OUTSIDE if p.direction == "out" and f.where is Where.OUTSIDE else None


def _note(p: Presented, f: CardFacts, c: Credential, r: Rules) -> Reason:
    """Why it was granted although something was remarkable."""
    if r.anti_passback != "off":
        if f.forgiven:
            return Reason.OK_FORGIVEN
        if _wrong_side(p, f):
            return Reason.OK_SOFT_PASSBACK
    return Reason.OK_PLATE_DIFFERS if compare(c.plates, f.plate_read) == "differs" else Reason.OK
