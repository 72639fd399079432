"""What the page gets: frozen rows of plain values (`dataclasses.asdict` makes JSON of them). No database here, no decision."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """One possible answer to a step: the word to send, its labels, and what it leads to (go, refuse, direct)."""

    answer: str
    zh: str
    en: str
    effect: str = "go"


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of a visit. `does`: question, call, document, card, check, tell. `state`: todo, next, done, failed.

    `say_zh` and `say_en` are the sentence for this visitor, with surname and title; `answer` what was answered, and when.
    """

    id: str
    does: str
    state: str
    zh: str
    en: str
    say_zh: str
    say_en: str
    salute: bool
    choices: tuple[Choice, ...] = ()
    answer: str = ""
    at_ms: int = 0
    card_kind: str = ""
    hold: bool = False


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A document of a visit. `how`: checked, held. `number` is masked unless this guard deals with the visit. `why_*`: the reason."""

    document: int
    kind: str
    how: str
    slot: int | None
    owner: str
    number: str
    since_ms: int
    by: str
    returned_ms: int | None
    why_zh: str = ""
    why_en: str = ""


@dataclass(frozen=True, slots=True)
class CardRow:
    """A card of the stock. `state`: rack, issued, lost, blocked. `visit` 0: bound to none. `until`: last local day, ISO."""

    card: str
    kind: str
    label: str
    state: str
    visit: int
    plate: str
    until: str
    since_ms: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice. `acked_ms` None: nobody has said yet that they heard it."""

    notice: int
    to: str
    about: str
    visit: int
    plate: str
    unit: str
    at_ms: int
    acked_ms: int | None
    acked_by: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One visit as the page shows it. `state`: open, admitted, refused, directed, closed.

    `step`: the id of the step that is next ("" when all are done); `outstanding`: of card, document, what has to come back
    before the visit can end; `may`: action (admit, refuse, direct, close) → "" when possible, else the code of the objection.
    """

    visit: int
    kind: str
    kind_zh: str
    kind_en: str
    mode: str
    rule: str
    state: str
    step: str
    outstanding: tuple[str, ...]
    name: str
    title: str
    phone: str
    host: str
    unit: str
    plate: str
    vehicle: str
    companions: int
    company: str
    purpose: str
    remark: str
    goods: str
    with_names: str
    place: str
    since_ms: int
    opened_by: str
    admitted_ms: int | None
    ended_ms: int | None
    how: str
    reason: str
    may: dict[str, str]
    steps: tuple[StepRow, ...] = ()
    documents: tuple[DocumentRow, ...] = ()
    cards: tuple[CardRow, ...] = ()
    notices: tuple[NoticeRow, ...] = ()
    say_zh: str = ""
    say_en: str = ""


@dataclass(frozen=True, slots=True)
class HeldRow:
    """A slot of the rack; `document` 0: free."""

    slot: int
    document: int = 0
    visit: int = 0
    kind: str = ""
    owner: str = ""
    since_ms: int = 0
    by: str = ""
    visit_state: str = ""


@dataclass(frozen=True, slots=True)
class Inside:
    """Somebody who was admitted and has not left. `people`: with companions. `overstays`: past the last day of the card."""

    visit: int
    kind: str
    mode: str
    name: str
    unit: str
    plate: str
    people: int
    since_ms: int
    until: str
    overstays: bool


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A completion. `what`: host (of the registry), visitor (seen before). `visits`: how often seen."""

    what: str
    name: str
    title: str
    unit: str
    plate: str = ""
    company: str = ""
    kind: str = ""
    last_ms: int = 0
    visits: int = 0


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A kind of document. `hold`: kept until the visitor leaves, else checked and handed straight back; `why_*`: the reason."""

    kind: str
    zh: str
    en: str
    hold: bool
    why_zh: str
    why_en: str
    number: str
    """How its number is checked: resident-id, passport, licence, permit, any."""


@dataclass(frozen=True, slots=True)
class KindRow:
    """A kind of visit, for the page's first question. `modes`: foot, vehicle; `asks`: the fields that must be typed, by mode."""

    kind: str
    zh: str
    en: str
    modes: tuple[str, ...]
    asks: dict[str, tuple[str, ...]]
    reasons: tuple[Choice, ...]
    """Reasons for a refusal."""
    directions: tuple[Choice, ...]
    """Places to which this kind is directed."""
    rule: dict[str, str]
    """Mode → rule of procedures.md."""
