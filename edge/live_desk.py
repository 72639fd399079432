"""The desk as pages see it (edge.api.port_rooms.DeskPort): rows become JSON, requests become calls of `edge.desk.Desk`."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import asdict
from typing import Any

from edge.api.who import Who
from edge.desk import Acted, Desk, DocumentInput, StepInput, VisitInput
from edge.desk.issuing import Issuing
from edge.live_rows import Actions, carried_out, person_of, rows_of
from edge.orders import Person
from sync.surnames import surname_of

Row = dict[str, Any]
FIRST = {"welcome": "welcome", "whom": "ask-whom"}
LEAVING = {"card": "take-back-card", "document": "return-document", "": "goodbye"}
"""What is said to somebody who leaves, by what is outstanding first."""


class LiveDesk:
    """Satisfies edge.api.port_rooms.DeskPort."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.issuing: Issuing | None = None
        """The desk's reader, where there is one."""
        self._actions: Actions = {
            "open": lambda p, g, key: desk.open_visit(p, g.pop("kind"), VisitInput(**g), key),
            "note": lambda p, g, key: desk.note(p, g.pop("visit"), VisitInput(**g), key),
            "answer": self._answer,
            "call": lambda p, g, key: desk.call(p, **g, key=key),
            "hold": lambda p, g, key: desk.hold_document(
                p, g.pop("visit"), slot=g.pop("slot"), document=DocumentInput(**g), key=key
            ),
            "check": self._check,
            "return-document": lambda p, g, key: desk.return_document(p, **g, key=key),
            "issue": self._issue,
            "take-back": lambda p, g, key: desk.take_back_card(p, **g, key=key),
            "lost": lambda p, g, key: desk.lost_card(p, **g, key=key),
            "block": lambda p, g, key: desk.block_card(p, **g, key=key),
            "trust": lambda p, g, key: desk.trust_card(p, **g, key=key),
            "stock": lambda p, g, key: desk.stock_card(p, **g, key=key),
            "admit": lambda p, g, key: desk.admit(p, **g, key=key),
            "refuse": lambda p, g, key: desk.refuse(p, **g, key=key),
            "direct": lambda p, g, key: desk.direct(p, **g, key=key),
            "close": lambda p, g, key: desk.close(p, **g, key=key),
            "acknowledge": lambda p, g, key: desk.acknowledge(p, **g, key=key),
        }

    def _answer(self, person: Person, given: Row, key: str) -> Awaitable[Acted]:
        visit, step, answer = given.pop("visit"), given.pop("step"), given.pop("answer")
        return self._desk.answer(person, visit, step, answer, StepInput(**given), key)

    def _issue(self, person: Person, given: Row, key: str) -> Awaitable[Acted]:
        issuing = self.issuing if given.pop("at_reader", False) else None
        return issuing.issue(person, **given, key=key) if issuing else self._desk.issue_card(person, **given, key=key)

    def _check(self, person: Person, given: Row, key: str) -> Awaitable[Acted]:
        del given["slot"]
        return self._desk.check_document(person, given.pop("visit"), DocumentInput(**given), key)

    async def act(self, who: Who, action: str, given: Row, key: str) -> Row:
        """One action. Raises GateError."""
        return await carried_out(self._actions, who, action, given, key, about="visit")

    def says(self) -> dict[str, Row]:
        """The first sentences, before anything is known of the visitor (篇3 一 3)."""
        return {
            name: {lang: said.sentence(key) for lang, said in self._desk.phrases.items()}
            | {"salute": key in self._desk.phrases["zh"].salute}
            for name, key in FIRST.items()
        }

    def kinds(self) -> list[Row]:
        """The kinds of visits."""
        return rows_of(self._desk.kinds())

    def may(self, who: Who) -> dict[str, bool]:
        """What this person may, of what a community gives to one role or another (config/visits.toml)."""
        return {act: who.role in roles for act, roles in self._desk.plan.may.items()}

    def vehicles(self) -> list[Row]:
        """What a vehicle can be."""
        return [{"vehicle": v.id, "zh": v.zh, "en": v.en, "truck": v.truck} for v in self._desk.plan.vehicles.values()]

    def documents(self) -> list[Row]:
        """The kinds of documents."""
        return rows_of(self._desk.documents())

    def visits(self, who: Who) -> list[Row]:
        """Visits that have not ended."""
        return rows_of(self._desk.visits(person_of(who)))

    def visit(self, who: Who, visit: int) -> Row:
        """One visit, with the sentence for its leaving. Raises NotFound."""
        row = self._desk.visit(person_of(who), visit)
        held = any(paper.how == "held" for paper in row.documents)
        key = LEAVING[next(iter(row.outstanding), "document" if held else "")]
        return asdict(row) | {
            f"leave_{lang}": said.sentence(key, who=said.address(surname_of(row.name), row.title))
            for lang, said in self._desk.phrases.items()
        }

    def telephones(self, who: Who, visit: int) -> list[Row]:
        """Names and numbers of its host."""
        return [{"name": name, "phone": phone} for name, phone in self._desk.telephones(person_of(who), visit)]

    def stock(self) -> list[Row]:
        """All cards."""
        return rows_of(self._desk.stock())

    def suspects(self) -> list[Row]:
        """Cards of which there are two."""
        return self._desk.suspects()

    def rack(self, who: Who) -> list[Row]:
        """Every slot."""
        return rows_of(self._desk.rack(person_of(who)))

    def people_inside(self, who: Who) -> list[Row]:
        """Visitors inside."""
        return rows_of(self._desk.people_inside(person_of(who)))

    def suggest(self, who: Who, text: str) -> list[Row]:
        """Completions."""
        return rows_of(self._desk.suggest(person_of(who), text))

    def notices(self) -> list[Row]:
        """Notices."""
        return rows_of(self._desk.notices())

    def counts(self) -> dict[str, int]:
        """Counts."""
        return self._desk.counts()
