"""A visit: which step is next, what is outstanding, and what may be done (P3–P8, V3–V5). Pure.

    open ──admit──▶ admitted ──close──▶ closed        admit: every step of the kind is done
      ├──refuse──▶ refused                            close, refuse, direct: nothing outstanding,
      ├──direct──▶ directed                           or (close only) a guard records why not
      └──close───▶ closed (went away)

Outstanding is what has to change hands before the end: a card that is out, a document that is held. Which steps there are is the
plan's (config/visits.toml); what makes a step done is here, one line for each sort of step.

Each question returns "" for yes, or the code of the objection: the sentence and the next step for the guard are in edge/desk/words.py.
"""

from __future__ import annotations

import enum
import itertools
from dataclasses import dataclass, field
from datetime import date

from edge.domain.cards import Card, Stock
from edge.domain.plan import Kind, Step


class State(enum.StrEnum):
    """Where a visit stands."""

    OPEN = "open"
    ADMITTED = "admitted"
    REFUSED = "refused"
    DIRECTED = "directed"
    CLOSED = "closed"


ENDED = frozenset({State.REFUSED, State.DIRECTED, State.CLOSED})
AGREED = "agreed"
CALLS = (AGREED, "refused", "no-answer")
TOLD = "told"
VALID = "valid"
WATCHED = {"waiting": "wait-leader", "decline": "leader-declined"}
"""What a visit that fits the watch list waits for."""


@dataclass(frozen=True, slots=True)
class Visit:
    """The facts of a visit. `answers`: step → last answer; `call`: the last call's result; `cards`: all that are bound to it."""

    id: int
    kind: str
    mode: str
    state: State
    unit: str = ""
    plate: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    call: str = ""
    checked: bool = False
    held: int = 0
    """The held document's number, 0: none lies in the rack."""
    cards: tuple[Card, ...] = ()
    vehicle: str = ""
    """What kind of vehicle, in a word of the plan or in the guard's own."""
    watched: str = ""
    """It fits the watch list: waiting (for a leader's word), admit, decline; "" : it does not."""

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.state in ENDED


def outstanding(visit: Visit) -> tuple[str, ...]:
    """What has to come back: of card, document."""
    card = any(c.state is not Stock.RACK and c.state is not Stock.LOST for c in visit.cards)
    return (*(("card",) if card else ()), *(("document",) if visit.held else ()))


def step_state(step: Step, visit: Visit) -> str:
    """todo, done or failed (answered so that the visitor cannot be admitted)."""
    if step.does == "document":
        return "done" if visit.held or visit.checked else "todo"
    if step.does == "card":
        return "done" if any(c.kind == step.card and c.state is Stock.ISSUED for c in visit.cards) else "todo"
    if step.does == "call":
        return _by_answer(visit.call, good=visit.call == AGREED)
    answer = visit.answers.get(step.id, "")
    if step.does == "check":
        return _by_answer(answer, good=answer == VALID)
    if step.does == "question":
        return _by_answer(answer, good=any(c.id == answer and c.effect == "go" for c in step.choices))
    return "done" if answer else "todo"


def _by_answer(answer: str, *, good: bool) -> str:
    return "done" if good else "failed" if answer else "todo"


def next_step(kind: Kind, visit: Visit) -> Step | None:
    """The first step that is not done."""
    return next((s for s in kind.of(visit.mode) if step_state(s, visit) != "done"), None)


def step_of(kind: Kind, visit: Visit, does: str, step: str = "") -> Step | None:
    """A step of the visit by its sort (and id)."""
    return next((s for s in kind.of(visit.mode) if s.does == does and step in ("", s.id)), None)


def said_at(kind: Kind | None, visit: Visit, step: Step) -> str:
    """What is said at a call instead of its own sentence, because of what was answered before it; "": nothing else."""
    if kind is None or step.does != "call":
        return ""
    before = itertools.takewhile(lambda s: s is not step, kind.of(visit.mode))
    given = (c for s in before for c in s.choices if c.id == visit.answers.get(s.id))
    return next((c.say for c in given if c.say), "")


def cards_wanted(kind: Kind, visit: Visit) -> frozenset[str]:
    """The kinds of card that are still to be issued; the guard may prepare them in any order, but only once the host agreed."""
    return frozenset(s.card for s in kind.of(visit.mode) if s.does == "card" and step_state(s, visit) == "todo")


# ---- what may be done --------------------------------------------------------------------------------------------


def may_change(visit: Visit) -> str:
    """Steps are answered while the visitor stands at the gate."""
    return "" if visit.state is State.OPEN else "visit-over" if visit.ended else "visit-admitted"


def may_hand_over(kind: Kind, visit: Visit) -> str:
    """A card is handed over when everything before it in the plan is done: nobody gets a card whose host said no."""
    if objection := may_change(visit):
        return objection
    for step in kind.of(visit.mode):
        if step.does == "card":
            return ""
        if step_state(step, visit) != "done":
            return f"first-{step.does}"
    return ""


def may_admit(kind: Kind, visit: Visit) -> str:
    """Every step is done, and the kind is one that is admitted at all (a viewer is not, P5)."""
    if objection := may_change(visit):
        return objection
    if "admit" not in kind.ends:
        return "not-admitted"
    step = next_step(kind, visit)
    return f"first-{step.does}" if step else WATCHED.get(visit.watched, "")


def may_refuse(kind: Kind, visit: Visit) -> str:
    """Anybody can be declined until admitted, once everything has changed hands back."""
    return may_change(visit) or ("" if "refuse" in kind.ends else "not-refused") or _settled(visit)


def may_direct(kind: Kind, visit: Visit) -> str:
    """Only a kind that has places to be sent to."""
    return may_change(visit) or ("" if "direct" in kind.ends else "not-directed") or _settled(visit)


def may_close(visit: Visit, override: str = "") -> str:
    """An end with something outstanding needs a reason."""
    return "visit-over" if visit.ended else "" if override.strip() else _settled(visit)


def _settled(visit: Visit) -> str:
    left = outstanding(visit)
    return f"outstanding-{'-'.join(left)}" if left else ""


# ---- passes of others (P8) ---------------------------------------------------------------------------------------


def judge_pass(today: date | None, valid_from: str, valid_until: str, mine: bool) -> str:
    """What a long-term construction pass is worth: valid, expired, not-yet, another's, unknown (no date, or no clock).

    Raises ValueError for a date that is none.
    """
    first = date.fromisoformat(valid_from) if valid_from else None
    last = date.fromisoformat(valid_until) if valid_until else None
    if not mine:
        return "another's"
    if today is None or last is None:
        return "unknown"
    if today > last:
        return "expired"
    return "not-yet" if first is not None and today < first else VALID
