"""May a plate open by itself, without a card? Pure; the card stays the default (V2, V6).

A plate is painted tin: it can be copied with a printer, so this is only for lanes whose configuration says so and for whom it says
(`[lane.plates] open`), and only when the reading leaves no doubt:

    1. certain, and on two frames by themselves
    2. emergency (V6): a plate of the fire brigade (…应急), or one of the list `[plates] emergency`: always, both ways
    3. company, owners (V2): the plate is bound to a credential of that category, and its card would be granted at this lane, at this
       hour, by every check that a card goes through; anti-passback is hard here whatever it is for cards
    4. never a plate that is inside already and comes in: the second of two is a copy, or the first left unseen. A person looks.

Convoys (V8) have their own list and window (desk/convoying.py); here they only have to be allowed. What is not granted is not refused:
the barrier waits for the card as ever, and the word why is on record.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.domain.credentials import CardFacts, Category, Status
from edge.domain.policy import Answer, Decision, Presented, Reason, Rules, decide

EMERGENCY, CONVOYS = "emergency", "convoys"
OF_CARDS = {"company": Category.COMPANY, "owners": Category.OWNER}
GROUPS = (*OF_CARDS, CONVOYS, EMERGENCY)
"""What `[lane.plates] open` may name."""
FRAMES = 2
FIRE = "应急"

OFF, UNSURE, ONE_FRAME, NOT_LISTED, NOT_HERE, INSIDE, CONVOY = (
    "off", "unsure", "one-frame", "not-listed", "not-allowed-here", "already-inside", "convoy",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """A reading."""

    text: str
    certain: bool
    frames: int
    """So many frames gave it as certain by themselves."""


@dataclass(frozen=True, slots=True)
class PlateFacts:
    """All that is known of a plate at this moment. `cards`: of each credential that it is bound to."""

    cards: tuple[CardFacts, ...] = ()
    inside: bool = False
    convoy: bool = False
    emergency: bool = False
    """It stands on the gate's own list."""


@dataclass(frozen=True, slots=True)
class Alone:
    """The answer: a decision that opens and whose credential it was, or the word why not."""

    decision: Decision | None = None
    facts: CardFacts | None = None
    why: str = ""


def sure(seen: Seen) -> str:
    """Why a reading opens nothing, whatever is on the list; empty when it may."""
    if not seen.text or not seen.certain:
        return UNSURE
    return ONE_FRAME if seen.frames < FRAMES else ""


def decide_plate(presented: Presented, seen: Seen, facts: PlateFacts, opens: frozenset[str], rules: Rules) -> Alone:
    """Whether this plate opens this lane by itself."""
    if not opens:
        return Alone(why=OFF)
    if doubt := sure(seen):
        return Alone(why=doubt)
    if facts.emergency or seen.text.endswith(FIRE):
        if EMERGENCY not in opens:
            return Alone(why=NOT_HERE)
        return Alone(Decision(Answer.GRANTED, Reason.OK_EMERGENCY_PLATE, "match", "V6", salute=True))
    if facts.convoy:
        return Alone(why=CONVOY if CONVOYS in opens else NOT_HERE)
    if presented.direction == "in" and facts.inside:
        return Alone(why=INSIDE)
    return _as_its_card(presented, seen, facts, opens, rules)


def _as_its_card(presented: Presented, seen: Seen, facts: PlateFacts, opens: frozenset[str], rules: Rules) -> Alone:
    """Its card would open: so may the plate. One card that was lost does not stop the one that took its place; a blocked one does."""
    held = [card for card in facts.cards if card.credential is not None and card.credential.status is not Status.LOST]
    if not held:
        return Alone(why=NOT_LISTED)
    if any(card.credential is not None and card.credential.status is Status.BLOCKED for card in held):
        return Alone(why=Reason.BLOCKED.value)
    allowed = {OF_CARDS[name] for name in opens if name in OF_CARDS}
    why = NOT_HERE
    for card in held:
        if card.credential is None or card.credential.category not in allowed:
            continue
        known = replace(card, plate_read=seen.text)
        decision = decide(presented, known, replace(rules, anti_passback="hard"))
        if decision.answer is Answer.GRANTED:
            return Alone(replace(decision, reason=Reason.OK_PLATE), known)
        why = decision.reason.value
    return Alone(why=why)
