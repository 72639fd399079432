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
    rack_full: bool = False
    """It would be held, and there is no slot: looked at and handed straight back."""


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
class PictureRow:
    """A picture of a visit. `of`: person, document, pass; its small one (of a document: the face on it) is asked for with ?size=small."""

    of: str
    digest: str


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
class WatchRow:
    """An entry of the watch list. `number`: whether a document's number is known (its digest is kept, never the number).
    `by`: with a visit, by what it fits."""

    entry: int
    name: str
    plate: str
    phone: str
    number: bool
    reason: str
    until: str
    added_ms: int
    added_by: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class AppointmentRow:
    """Somebody expected. `scan`: what a QR code says. `problem`: why it cannot be used now ("" : it can)."""

    appointment: int
    kind: str
    kind_zh: str
    kind_en: str
    mode: str
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
    from_ms: int
    until_ms: int
    code: str
    scan: str
    source: str
    state: str
    visit: int
    made_by: str
    problem: str


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A visit or pass that a search found. `via`: plate, alike, name, unit, company, card. `state`: of the visit, or the pass's outcome."""

    what: str
    number: int
    via: str
    at_ms: int
    name: str
    title: str
    plate: str
    unit: str
    kind: str
    zh: str
    en: str
    state: str
    lane: str
    direction: str
    card: str
    host: str
    company: str


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
    names: str
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
    due_ms: int | None = None
    """When they are expected to have left; only of somebody inside."""
    alarm_ms: int | None = None
    """They have overstayed: from then on the page says so (again)."""
    watched: str = ""
    """waiting for the shift leader's word, admit, decline; "" : nothing."""
    watch: tuple[WatchRow, ...] = ()
    """Why; for shift leaders alone."""
    pictures: tuple[PictureRow, ...] = ()
    """A document's for shift leaders and the guard who deals with the visit."""


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
    kind_zh: str = ""
    kind_en: str = ""
    names: str = ""
    due_ms: int | None = None
    alarm_ms: int | None = None


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
    host: str = ""
    purpose: str = ""
    vehicle: str = ""
    phone: str = ""


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
