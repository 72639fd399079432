"""The desk's service: what a guard can do, each action one transaction.

    facts (within the transaction) → edge.domain.visits (pure) → events

An action that is not possible raises an error of edge.errors with a code, a sentence and what to do next (Chinese first): BadInput
for what was typed, NotExecuted for what stands against it, NotFound. The same `key` of the same person gets the old answer again.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.desk.views import CardRow, HeldRow, Inside, KindRow, NoticeRow, Suggestion, VisitRow
from edge.gate import Gate, Person


@dataclass(frozen=True, slots=True)
class VisitInput:
    """What is known of a visitor. `mode`: foot, vehicle. `title`: mr, ms, "". `unit`: of the host."""

    mode: str = "foot"
    name: str = ""
    title: str = ""
    phone: str = ""
    company: str = ""
    purpose: str = ""
    host: str = ""
    unit: str = ""
    plate: str = ""
    vehicle: str = ""
    companions: int = 0
    remark: str = ""


@dataclass(frozen=True, slots=True)
class StepInput:
    """What goes with an answer: the place told (tell), or the pass that was checked (check, P8: `mine` is «it is this person's»)."""

    place: str = ""
    number: str = ""
    valid_from: str = ""
    valid_until: str = ""
    mine: bool = False
    remark: str = ""


@dataclass(frozen=True, slots=True)
class DocumentInput:
    """A document. `kind`: resident-id, passport, driving-licence … (config/visits.toml); `owner`: the name on it."""

    kind: str
    number: str
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Acted:
    """What was done: number of the (first) event, the visit (0: none), and whether it was done already."""

    seq: int
    visit: int = 0
    again: bool = False


class Desk:
    """Over a Gate; lives in its loop."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    # ---- looking (any thread; each opens a reader) -----------------------------------------------------------------

    def kinds(self) -> tuple[KindRow, ...]:
        """The kinds of visits, in the order of the page."""
        raise NotImplementedError

    def visits(self, person: Person) -> tuple[VisitRow, ...]:
        """Visits that have not ended, the newest first (no steps, no documents: see `visit`). Names masked for technicians."""
        raise NotImplementedError

    def visit(self, person: Person, visit: int) -> VisitRow:
        """One visit with steps, documents, cards, notices. Raises NotFound."""
        raise NotImplementedError

    def stock(self) -> tuple[CardRow, ...]:
        """All cards of the stock."""
        raise NotImplementedError

    def rack(self) -> tuple[HeldRow, ...]:
        """Every slot of the document rack, in order."""
        raise NotImplementedError

    def people_inside(self, person: Person) -> tuple[Inside, ...]:
        """Visitors who are inside, the longest first."""
        raise NotImplementedError

    def suggest(self, person: Person, text: str) -> tuple[Suggestion, ...]:
        """Hosts by name, unit or pinyin initials, then visitors seen before by name, company or plate; at most 10."""
        raise NotImplementedError

    def notices(self) -> tuple[NoticeRow, ...]:
        """Notices of the last day, and older ones that nobody acknowledged; newest first."""
        raise NotImplementedError

    def counts(self) -> dict[str, int]:
        """For the live snapshot: open, inside, people, documents, cards_rack, cards_issued, cards_lost, notices (unacknowledged)."""
        raise NotImplementedError

    # ---- a visit ---------------------------------------------------------------------------------------------------

    async def open_visit(self, person: Person, kind: str, given: VisitInput, key: str = "") -> Acted:
        """Begin one. The same visitor a second time (two guards at once) gives the visit that is there, with `again`."""
        raise NotImplementedError

    async def note(self, person: Person, visit: int, given: VisitInput, key: str = "") -> Acted:
        """Set the visit's data right; empty fields stay as they are."""
        raise NotImplementedError

    async def answer(
        self, person: Person, visit: int, step: str, answer: str, given: StepInput, key: str = ""
    ) -> Acted:
        """Answer a question, tell the way (answer "told"), or check a pass (answer "": it is judged by its dates and `mine`)."""
        raise NotImplementedError

    async def call(self, person: Person, visit: int, result: str, number: str = "", key: str = "") -> Acted:
        """The host was called: agreed, refused, no-answer."""
        raise NotImplementedError

    async def admit(self, person: Person, visit: int, key: str = "") -> Acted:
        """Let the visitor in; those who follow up are told (V5)."""
        raise NotImplementedError

    async def refuse(self, person: Person, visit: int, reason: str, key: str = "") -> Acted:
        """Decline politely; the reason is one of the kind's."""
        raise NotImplementedError

    async def direct(self, person: Person, visit: int, where: str, key: str = "") -> Acted:
        """Send to another place (P5, V4: clubhouse); sales are told at once."""
        raise NotImplementedError

    async def close(self, person: Person, visit: int, override: str = "", key: str = "") -> Acted:
        """The visitor has left. With something outstanding only with an override's reason; a card that is out is then lost."""
        raise NotImplementedError

    # ---- documents -------------------------------------------------------------------------------------------------

    async def check_document(self, person: Person, visit: int, document: DocumentInput, key: str = "") -> Acted:
        """Looked at and handed straight back."""
        raise NotImplementedError

    async def hold_document(
        self, person: Person, visit: int, document: DocumentInput, slot: int | None = None, key: str = ""
    ) -> Acted:
        """Keep it in a slot of the rack (None: the first free one)."""
        raise NotImplementedError

    async def return_document(self, person: Person, visit: int, to: str = "owner", key: str = "") -> Acted:
        """Give it back; possible after an override's close as well."""
        raise NotImplementedError

    # ---- cards -----------------------------------------------------------------------------------------------------

    async def issue_card(self, person: Person, visit: int, card: str, until: str = "", key: str = "") -> Acted:
        """Bind a card (UID in hex, printed number or label) to the visit. `until`: ISO date, for passes of several days."""
        raise NotImplementedError

    async def take_back_card(self, person: Person, card: str = "", visit: int = 0, key: str = "") -> Acted:
        """The card is in the guard's hand again: named by itself or by its visit."""
        raise NotImplementedError

    async def lost_card(self, person: Person, card: str, reason: str, key: str = "") -> Acted:
        """Blocked at once at all lanes."""
        raise NotImplementedError

    async def block_card(self, person: Person, card: str, reason: str, key: str = "") -> Acted:
        """Out of use until it is stocked anew."""
        raise NotImplementedError

    async def stock_card(self, person: Person, card: str, kind: str, label: str = "", key: str = "") -> Acted:
        """Put a card into the stock: visitor, vehicle, construction."""
        raise NotImplementedError

    # ---- notices ---------------------------------------------------------------------------------------------------

    async def acknowledge(self, person: Person, notice: int, by: str = "radio", key: str = "") -> Acted:
        """They have heard it."""
        raise NotImplementedError
