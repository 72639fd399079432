"""Requests and calls (D1–D4): taken down, passed on, done, the owner asked, until satisfied. Each action is one transaction.

The guard, the shift leader and head office (a Person of the role `headoffice`) move a request with the same methods.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import fields, replace
from typing import Any

from edge.desk import words
from edge.desk.post_words import bad, require, short
from edge.desk.request_input import RequestInput, no_camera
from edge.desk.request_show import RequestKind, RequestRow, RequestShow
from edge.domain import events as ev
from edge.domain import events_requests as er
from edge.domain import requests as r
from edge.domain.courtesy import Phrases
from edge.domain.events_desk import NoticeSent
from edge.domain.pictures import Stored, class_of
from edge.domain.post_plan import Category, PostPlan
from edge.gate import Gate
from edge.orders import HEAD_OFFICE, Person
from edge.service import Acted, Doing, Service
from edge.store import queries_post as q
from edge.store.db import Tx

__all__ = ["RequestInput", "Requests"]
LONGEST, SHORT = 400, 60
TITLES = ("", "mr", "ms")
REPORTED_TO = ("leader", "headoffice")
"""Who is told of a complaint at once (D3)."""
COMPLAINT = "complaint"
MOST_MINUTES = 7 * 24 * 60


class Requests(Service):
    """Over a Gate; lives in its loop."""

    def __init__(self, gate: Gate, plan: PostPlan, said: Mapping[str, Phrases], place: str) -> None:
        super().__init__(gate)
        self.plan, self._show = plan, RequestShow(plan, said, place)
        self.photograph: Callable[[str, str], Awaitable[Stored | None]] = no_camera
        """Takes a picture of a lane's camera and keeps it in a class; None where there is none."""

    # ---- looking (any thread) --------------------------------------------------------------------------------------

    def kinds(self) -> tuple[RequestKind, ...]:
        """The categories in the order of the page, each with its sentence."""
        return self._show.kinds(self._gate.local(self._gate.clock.stamp()))

    def rows(self, person: Person) -> tuple[RequestRow, ...]:
        """Open ones, overdue first, then by deadline; after them the last ones that ended."""
        now, clock = self._gate.clock.now_ms(), self._gate.clock.usable
        with self._gate.store.reader() as con:
            found = [self._show.row(con, row, person, now, clock=clock, whole=False) for row in q.listed(con)]
        return tuple(sorted(found, key=_rank))

    def one(self, person: Person, request: int) -> RequestRow:
        """One request with all its steps. Raises NotFound."""
        now, clock = self._gate.clock.now_ms(), self._gate.clock.usable
        with self._gate.store.reader() as con:
            found = q.request_rows(con, "request = ?", request)
            if not found:
                raise words.not_found("request", request)
            return self._show.row(con, found[0], person, now, clock=clock, whole=True)

    # ---- doing -----------------------------------------------------------------------------------------------------

    async def receive(self, person: Person, given: RequestInput, key: str = "") -> Acted:
        """Take it down, and pass it on, keep it, or record that it was done on the spot. A complaint that is not is reported up."""
        category, given = self._checked(given, person)
        photo = await self.photograph(given.lane, class_of(category.sort)) if given.lane else None

        def action(act: Doing) -> Acted:
            department = given.department or category.department
            due = self._due(act, given.minutes or category.minutes)
            received = er.RequestReceived(
                sort=category.sort,
                category=category.id,
                department=department,
                source=given.source,
                unit=given.unit,
                title=given.title,
                due_ms=due,
                follow_up=category.follow_up,
                phrase=given.phrase,
                picture=photo.digest if photo else "",
                name=given.name,
                phone=given.phone,
                words=given.words,
            )
            seq = act.append(received, category.rule)
            if photo:
                taken = ev.PictureTaken(
                    given.lane, category.sort, photo.digest, photo.size, seq, photo.keep, photo.thumbnail
                )
                act.append(taken, category.rule)
            if given.then == "done":
                self._finished(act, seq, 1, category.follow_up, category.rule, given.note, at_once=True)
            elif category.sort == COMPLAINT:
                _report(act, seq, given.unit)
            if given.then == "pass":
                act.append(er.RequestPassed(seq, department, 1, due, given.note), category.rule)
            return Acted(seq, seq)

        return await self.do(person, key, action)

    async def pass_on(
        self,
        person: Person,
        request: int,
        department: str = "",
        minutes: int = 0,
        note: str = "",
        key: str = "",
        seen: int = 0,
    ) -> Acted:
        """To a department ("": the one that has it); `minutes` 0 leaves the deadline. Raises NotExecuted.

        `seen`, here and below: up to which event of the request whoever acts from afar has seen it; where somebody here has moved it on
        since, the act is refused.
        """
        self._known(department, minutes, note)

        def action(act: Doing) -> Acted:
            was, category = self._request(act, request, seen)
            to = department or was.department
            objection = r.may_pass(was, to)
            if objection == "request-there":
                return Acted(request, request, again=True)
            require(objection)
            due = self._due(act, minutes) if minutes else was.due_ms
            return Acted(
                act.append(er.RequestPassed(request, to, was.round, due, note.strip()), category.rule), request
            )

        return await self.do(person, key, action)

    async def finish(self, person: Person, request: int, note: str = "", key: str = "", seen: int = 0) -> Acted:
        """The work is done; whoever asked for it is to be asked, where the category has a follow-up."""
        short(LONGEST, note)

        def action(act: Doing) -> Acted:
            was, category = self._request(act, request, seen)
            if was.state in (r.State.DONE, r.State.CLOSED):
                return Acted(request, request, again=True)
            require(r.may_finish(was))
            at_once = was.state is r.State.RECEIVED
            seq = self._finished(act, request, was.round, was.follow_up, category.rule, note.strip(), at_once=at_once)
            return Acted(seq, request)

        return await self.do(person, key, action)

    async def ask(
        self, person: Person, request: int, answer: str, note: str = "", key: str = "", seen: int = 0
    ) -> Acted:
        """回访. Not satisfied: it goes back to its department within the same transaction, as the next round with a new deadline."""
        short(LONGEST, note)
        if answer not in r.ANSWERS:
            raise words.one_of("answer", answer, list(r.ANSWERS))

        def action(act: Doing) -> Acted:
            was, category = self._request(act, request, seen)
            if was.state is r.State.SATISFIED and answer == r.SATISFIED:
                return Acted(request, request, again=True)
            require(r.may_ask(was))
            asked = er.RequestAsked(request, was.round, answer, note.strip())
            seq = act.append(asked, category.rule)
            if answer == r.UNSATISFIED:
                due = self._due(act, category.minutes)
                back = er.RequestSentBack(request, was.department, was.round + 1, due, note.strip())
                act.append(back, category.rule)
            return Acted(seq, request)

        return await self.do(person, key, action)

    async def note(self, person: Person, request: int, note: str, key: str = "") -> Acted:
        """Add something: the owner called again, the engineer has an appointment."""
        short(LONGEST, note)
        if not note.strip():
            raise bad("note-needed")

        def action(act: Doing) -> Acted:
            was, category = self._request(act, request)
            require("request-over" if was.ended else "")
            return Acted(act.append(er.RequestNoted(request, note.strip()), category.rule), request)

        return await self.do(person, key, action)

    async def withdraw(self, person: Person, request: int, note: str, key: str = "", seen: int = 0) -> Acted:
        """The caller takes it back; a word on why is needed."""
        short(LONGEST, note)
        if not note.strip():
            raise bad("note-needed")

        def action(act: Doing) -> Acted:
            was, category = self._request(act, request, seen)
            if was.state is r.State.WITHDRAWN:
                return Acted(request, request, again=True)
            require(r.may_withdraw(was))
            return Acted(act.append(er.RequestWithdrawn(request, note.strip()), category.rule), request)

        return await self.do(person, key, action)

    async def seen(self, person: Person, request: int, key: str = "") -> Acted:
        """Somebody has seen that it is overdue: its alarm rests until the next deadline."""

        def action(act: Doing) -> Acted:
            was, category = self._request(act, request)
            if not r.alarms(was):
                return Acted(request, request, again=True)
            return Acted(act.append(er.RequestSeen(request, was.due_ms), category.rule), request)

        return await self.do(person, key, action)

    async def watch(self) -> None:
        """A chore: put on record, once for each deadline, what is overdue. While the clock is wrong nothing is judged."""
        if not self._gate.clock.usable:
            return
        now, stamp = self._gate.clock.now_ms(), self._gate.clock.stamp()
        with self._gate.store.reader() as con:
            if not any(r.to_alarm(one, now) for one in q.open_requests(con)):
                return

        def work(tx: Tx) -> None:
            for one in q.open_requests(tx.con):
                if r.to_alarm(one, now):
                    rule = self.plan.categories[one.category].rule if one.category in self.plan.categories else ""
                    tx.append(er.RequestOverdue(one.id, one.round, one.due_ms), actor="gate", stamp=stamp, rule=rule)

        await self._gate.store.transact(work)

    # ---- checks ----------------------------------------------------------------------------------------------------

    def _checked(self, given: RequestInput, person: Person) -> tuple[Category, RequestInput]:
        category = self.plan.categories.get(given.category)
        if category is None:
            raise words.one_of("category", given.category, list(self.plan.categories))
        said: dict[str, Any] = {f.name: getattr(given, f.name).strip() for f in fields(given) if f.name != "minutes"}
        short(LONGEST, said["words"], said["note"])
        short(SHORT, *(said[name] for name in ("name", "unit", "phone", "lane")))
        violation = category.sort == "violation"
        said["source"] = HEAD_OFFICE if person.role == HEAD_OFFICE else said["source"]
        said["then"] = "done" if violation else said["then"]
        said["phrase"] = (said["phrase"] or self.plan.phrases[0]) if violation else ""
        for what, known in (("title", TITLES), ("then", r.THEN), ("source", r.SOURCES)):
            if said[what] not in known:
                raise words.one_of(what, said[what], list(known))
        if violation and person.role == HEAD_OFFICE:
            raise bad("request-at-post")
        if violation and said["phrase"] not in self.plan.phrases:
            raise words.one_of("phrase", said["phrase"], list(self.plan.phrases))
        if not said["words"] and category.sort in ("complaint", "call"):
            raise bad("request-words")
        if category.follow_up and not (said["name"] or said["unit"]):
            raise bad("request-whom")
        self._known(said["department"], given.minutes)
        return category, replace(given, **said)

    def _known(self, department: str, minutes: int, note: str = "") -> None:
        short(LONGEST, note)
        if department and department not in self.plan.departments:
            raise words.one_of("department", department, list(self.plan.departments))
        if not 0 <= minutes <= MOST_MINUTES:
            raise bad("minutes")

    def _request(self, act: Doing, number: int, seen: int = 0) -> tuple[r.Request, Category]:
        found = q.request(act.con, number)
        if found is None:
            raise words.not_found("request", number)
        require("request-moved" if seen and q.moved_since(act.con, number, seen) else "")
        return found, self._show.category(found.category, found.sort)

    def _due(self, act: Doing, minutes: int) -> int:
        return r.deadline(act.stamp.at_ms, minutes, clock=act.local is not None)

    def _finished(
        self, act: Doing, request: int, round_: int, follow_up: bool, rule: str, note: str, *, at_once: bool
    ) -> int:
        due = self._due(act, self.plan.follow_up_min) if follow_up else 0
        done = er.RequestDone(request, round_, at_once, final=not follow_up, due_ms=due, note=note)
        return act.append(done, rule)


def _rank(row: RequestRow) -> tuple[int, int]:
    """Overdue, then open by deadline, then ended with the last one first."""
    if row.ended_ms is not None:
        return 2, -row.ended_ms
    return (0 if row.overdue else 1), row.due_ms or 1 << 60


def _report(act: Doing, request: int, unit: str) -> None:
    """D3: the shift leader and head office are told at once; each acknowledges the notice."""
    for to in REPORTED_TO:
        notice = act.append(NoticeSent(to, 0, COMPLAINT, "", unit), "D3")
        act.append(er.RequestReported(request, to, notice), "D3")
