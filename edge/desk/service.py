"""The desk's service: what a guard can do, each action one transaction.

    facts (within the transaction) → edge.domain.visits (pure) → events

An action that is not possible raises an error of edge.errors with a code, a sentence and what to do next (Chinese first): BadInput
for what was typed, NotExecuted for what stands against it, NotFound. The same `key` of the same person gets the old answer again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from edge.desk import handing, leaving, show, visiting, watching, words
from edge.desk.act import Act, Acted, DocumentInput, StepInput, VisitInput
from edge.desk.complete import MOST, suggestions
from edge.desk.show import Show
from edge.desk.viewer import Viewer
from edge.desk.views import CardRow, HeldRow, Inside, KindRow, NoticeRow, PaperRow, Suggestion, VisitRow
from edge.domain import plan as plans
from edge.domain.courtesy import Phrases
from edge.gate import Gate
from edge.orders import Person
from edge.service import Service
from edge.store import queries_desk as q
from edge.store import queries_office, tables_cards
from edge.store.hosts import Hosts
from edge.store.queries_find import seen_before

DAY_MS = 24 * 3_600_000


class Desk(Service):
    """Over a Gate; lives in its loop."""

    def __init__(self, gate: Gate, plan: plans.Plan, said: Mapping[str, Phrases]) -> None:
        super().__init__(gate)
        self.plan, self.phrases = plan, said
        self.hosts = Hosts()
        self._show = Show(plan, said, self.hosts)

    def _viewer(self, person: Person) -> Viewer:
        return Viewer(person.user, person.role, self._gate.local(self._gate.clock.stamp()))

    async def _do(self, person: Person, key: str, action: Callable[[Act], Acted]) -> Acted:
        """One transaction, once for each key of this person."""
        return await self.do(person, key, lambda d: action(Act(d.tx, d.person, d.stamp, d.local, self.plan)))

    async def _leaving(self, person: Person, key: str, action: Callable[[Act], Acted]) -> Acted:
        """The same of what belongs to somebody's leaving: the exit where they wait hears of it."""
        done = await self._do(person, key, action)
        leaving.tell(self._gate, done.about)
        return done

    # ---- looking (any thread; each opens a reader) -----------------------------------------------------------------

    def kinds(self) -> tuple[KindRow, ...]:
        """The kinds of visits, in the order of the page."""
        return self._show.kinds()

    def documents(self) -> tuple[PaperRow, ...]:
        """The kinds of documents, whether each is held, and why."""
        return self._show.papers()

    def visits(self, person: Person) -> tuple[VisitRow, ...]:
        """Visits that have not ended, the newest first (no steps, no documents: see `visit`). Names masked for technicians."""
        viewer = self._viewer(person)
        with self._gate.store.reader() as con:
            return tuple(self._show.visit(con, row, viewer, whole=False) for row in q.visit_rows(con))

    def visit(self, person: Person, visit: int) -> VisitRow:
        """One visit with steps, documents, cards, notices. Raises NotFound."""
        with self._gate.store.reader() as con:
            rows = q.visit_rows(con, "v.visit = ?", visit)
            if not rows:
                raise words.not_found("visit", visit)
            return self._show.visit(con, rows[0], self._viewer(person), whole=True)

    def telephones(self, person: Person, visit: int) -> tuple[tuple[str, str], ...]:
        """Whom to call for this visit (P3, P4): names and numbers of head office's list, the host first. Only while the host is to be called, and
        only for who sees names: a telephone book for looking about is nobody's. Raises NotFound."""
        row = self.visit(person, visit)
        if not self._viewer(person).names or not any(s.id == row.step and s.does == "call" for s in row.steps):
            return ()
        with self._gate.store.reader() as con:
            return queries_office.telephones(con, row.unit, row.host)

    def stock(self) -> tuple[CardRow, ...]:
        """All cards of the stock."""
        with self._gate.store.reader() as con:
            return tuple(show.card(row) for row in q.card_rows(con))

    def rack(self, person: Person | None = None) -> tuple[HeldRow, ...]:
        """Every slot of the document rack, in order; names masked when nobody is named who looks."""
        with self._gate.store.reader() as con:
            return self._show.rack(con, self._viewer(person or Person("", "")))

    def people_inside(self, person: Person) -> tuple[Inside, ...]:
        """Visitors who are inside, the longest first."""
        viewer = self._viewer(person)
        with self._gate.store.reader() as con:
            rows = q.visit_rows(con, "v.state = 'admitted'", limit=5_000)[::-1]
            cards = [tuple(map(show.card, q.card_rows(con, "visit = ?", row["visit"]))) for row in rows]
        return tuple(self._show.inside(row, has, viewer) for row, has in zip(rows, cards, strict=True))

    def suggest(self, person: Person, text: str) -> tuple[Suggestion, ...]:
        """Hosts by name, unit or pinyin initials, then visitors seen before by name, company or plate; 10 of each."""
        if not self._viewer(person).names:
            return ()
        with self._gate.store.reader() as con:
            return suggestions(self.hosts.find(con, text, MOST), seen_before(con, text, MOST))

    def warm(self) -> None:
        """Make the index of hosts when the registry is another one; on a thread, before a guard types."""
        with self._gate.store.reader() as con:
            self.hosts.fresh(con)

    def notices(self) -> tuple[NoticeRow, ...]:
        """Notices of the last day, and older ones that nobody acknowledged; newest first."""
        since = self._gate.clock.now_ms() - DAY_MS
        with self._gate.store.reader() as con:
            return tuple(self._show.notice(n) for n in q.notice_rows(con, "acked_ms IS NULL OR at_ms > ?", since))

    def counts(self) -> dict[str, int]:
        """For the live snapshot: open, inside, people, documents, cards_rack, cards_issued, cards_lost, notices (unacknowledged)."""
        with self._gate.store.reader() as con:
            return q.counts(con)

    # ---- a visit ---------------------------------------------------------------------------------------------------

    async def open_visit(self, person: Person, kind: str, given: VisitInput, key: str = "") -> Acted:
        """Begin one. The same visitor a second time (two guards at once) gives the visit that is there, with `again`."""
        return await self._do(person, key, lambda act: watching.look(act, visiting.open_visit(act, kind, given)))

    async def note(self, person: Person, visit: int, given: VisitInput, key: str = "") -> Acted:
        """Set the visit's data right; empty fields stay as they are."""
        return await self._do(person, key, lambda act: watching.look(act, visiting.note(act, visit, given)))

    async def correct(self, person: Person, visit: int, said: Mapping[str, Any], key: str = "") -> Acted:
        """更正: exactly these fields, empty ones as well, until the visit has ended."""
        return await self._do(person, key, lambda act: watching.look(act, visiting.correct(act, visit, said)))

    async def answer(
        self, person: Person, visit: int, step: str, answer: str, given: StepInput, key: str = ""
    ) -> Acted:
        """Answer a question, tell the way (answer "told"), or check a pass (answer "": it is judged by its dates and `mine`)."""
        return await self._do(person, key, lambda act: visiting.answer(act, visit, step, answer, given))

    async def call(self, person: Person, visit: int, result: str, number: str = "", key: str = "") -> Acted:
        """The host was called: agreed, refused, no-answer."""
        return await self._do(person, key, lambda act: visiting.call(act, visit, result, number))

    async def admit(self, person: Person, visit: int, key: str = "") -> Acted:
        """Let the visitor in; those who follow up are told (V5)."""
        return await self._do(person, key, lambda act: visiting.admit(act, visit))

    async def refuse(self, person: Person, visit: int, reason: str, key: str = "") -> Acted:
        """Decline politely; the reason is one of the kind's."""
        return await self._do(person, key, lambda act: visiting.refuse(act, visit, reason))

    async def direct(self, person: Person, visit: int, where: str, key: str = "") -> Acted:
        """Send to another place (P5, V4: clubhouse); sales are told at once."""
        return await self._do(person, key, lambda act: visiting.direct(act, visit, where))

    async def close(self, person: Person, visit: int, override: str = "", key: str = "") -> Acted:
        """The visitor has left. With something outstanding only with an override's reason; a card that is out is then lost."""
        return await self._leaving(person, key, lambda act: visiting.close(act, visit, override))

    # ---- documents -------------------------------------------------------------------------------------------------

    async def check_document(self, person: Person, visit: int, document: DocumentInput, key: str = "") -> Acted:
        """Looked at and handed straight back."""
        return await self._do(person, key, lambda act: watching.look(act, handing.check_document(act, visit, document)))

    async def hold_document(
        self, person: Person, visit: int, document: DocumentInput, slot: int | None = None, key: str = ""
    ) -> Acted:
        """Keep it in a slot of the rack (None: the first free one)."""
        return await self._do(
            person, key, lambda act: watching.look(act, handing.hold_document(act, visit, document, slot))
        )

    async def return_document(self, person: Person, visit: int, to: str = "owner", key: str = "") -> Acted:
        """Give it back; possible after an override's close as well."""
        return await self._leaving(person, key, lambda act: handing.return_document(act, visit, to))

    # ---- cards -----------------------------------------------------------------------------------------------------

    async def issue_card(self, person: Person, visit: int, card: str, until: str = "", key: str = "") -> Acted:
        """Bind a card (UID in hex, printed number or label) to the visit. `until`: ISO date, for passes of several days."""
        return await self._do(person, key, lambda act: handing.issue_card(act, visit, card, until))

    async def check_card(self, person: Person, visit: int, card: str, until: str = "") -> None:
        """Whether a card may be issued to a visit. Raises what stands against it; records nothing."""

        def check(act: Act) -> Acted:
            found = handing.may_issue(act, visit, card, until)
            return found if isinstance(found, Acted) else Acted(0, visit)

        await self._do(person, "", check)

    async def take_back_card(self, person: Person, card: str = "", visit: int = 0, key: str = "") -> Acted:
        """The card is in the guard's hand again: named by itself or by its visit."""
        return await self._leaving(person, key, lambda act: handing.take_back(act, card, visit))

    async def lost_card(self, person: Person, card: str, reason: str, key: str = "") -> Acted:
        """Blocked at once at all lanes."""
        return await self._do(person, key, lambda act: handing.lost(act, card, reason))

    async def block_card(self, person: Person, card: str, reason: str, key: str = "") -> Acted:
        """Out of use until it is stocked anew."""
        return await self._do(person, key, lambda act: handing.block(act, card, reason))

    async def trust_card(self, person: Person, card: str, reason: str, key: str = "") -> Acted:
        """A copied card is in order again; by a shift leader."""
        return await self._do(person, key, lambda act: handing.trust(act, card, reason))

    def suspects(self) -> list[dict[str, Any]]:
        """Cards of which there are two."""
        with self._gate.store.reader() as con:
            return tables_cards.suspects(con)

    async def stock_card(self, person: Person, card: str, kind: str, label: str = "", key: str = "") -> Acted:
        """Put a card into the stock: visitor, vehicle, construction."""
        return await self._do(person, key, lambda act: handing.stock(act, card, kind, label))

    # ---- notices ---------------------------------------------------------------------------------------------------

    async def acknowledge(self, person: Person, notice: int, by: str = "radio", key: str = "") -> Acted:
        """They have heard it."""
        return await self._do(person, key, lambda act: handing.acknowledge(act, notice, by))
