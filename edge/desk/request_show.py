"""Requests as the page shows them: rows with names of departments and the sentence to say, in both languages."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from edge.domain import requests as r
from edge.domain.courtesy import Phrases, daypart
from edge.domain.documents import masked_name, masked_phone
from edge.domain.post_plan import Category, Department, PostPlan
from edge.orders import HEAD_OFFICE, Person
from edge.store import queries_post as q
from sync.surnames import surname_of

SEES_NAMES = ("guard", "leader", HEAD_OFFICE)


@dataclass(frozen=True, slots=True)
class RequestKind:
    """A tile. `phrases`: of a violation, the sentences to choose from (key, Chinese, English)."""

    category: str
    sort: str
    rule: str
    zh: str
    en: str
    department: str
    minutes: int
    follow_up: bool
    say_zh: str
    say_en: str
    phrases: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RequestStep:
    """Something that happened: who, when, and the note. `step`: received, passed, reported, done, asked, sent-back, noted, …"""

    seq: int
    step: str
    at_ms: int
    by: str
    round: int = 0
    department_zh: str = ""
    department_en: str = ""
    to: str = ""
    answer: str = ""
    note: str = ""
    acked_ms: int | None = None


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request. `due_ms`: until when what is next should be done (0: none); `alarm`: overdue, and nobody has seen that yet.

    `may`: action (pass, done, ask, withdraw) → "" when possible, else the code of the objection.
    """

    request: int
    sort: str
    category: str
    rule: str
    zh: str
    en: str
    state: str
    round: int
    department: str
    department_zh: str
    department_en: str
    due_ms: int
    overdue: bool
    alarm: bool
    source: str
    name: str
    title: str
    unit: str
    phone: str
    words: str
    picture: str
    at_ms: int
    by: str
    ended_ms: int | None
    may: dict[str, str]
    say_zh: str
    say_en: str
    steps: tuple[RequestStep, ...] = ()


class RequestShow:
    """Makes rows. `place`: what this post calls itself on the telephone (the seed's «z豪园××值班室»)."""

    def __init__(self, plan: PostPlan, said: Mapping[str, Phrases], place: str) -> None:
        self._plan, self._said, self._place = plan, said, place

    def category(self, name: str, sort: str) -> Category:
        """A category; one that the file has no more goes on under its own name."""
        known = self._plan.categories.get(name)
        return known or Category(name, sort, name, name, "", 0, "post-report-up", follow_up=True)

    def _department(self, name: str) -> Department:
        return self._plan.departments.get(name) or Department(name, name, name)

    def kinds(self, local: datetime | None) -> tuple[RequestKind, ...]:
        """The tiles, with the sentence before anything is known of the caller."""
        return tuple(self._kind(c, local) for c in self._plan.categories.values())

    def _kind(self, c: Category, local: datetime | None) -> RequestKind:
        zh, en = (self._say(lang, c.say, c, local=local) for lang in ("zh", "en"))
        phrases = (
            tuple((p, self._say("zh", p, c), self._say("en", p, c)) for p in self._plan.phrases)
            if c.sort == "violation"
            else ()
        )
        return RequestKind(c.id, c.sort, c.rule, c.zh, c.en, c.department, c.minutes, c.follow_up, zh, en, phrases)

    def row(
        self, con: sqlite3.Connection, row: q.Row, viewer: Person, now_ms: int, *, clock: bool, whole: bool
    ) -> RequestRow:
        """One request; `whole` with its steps."""
        facts = q.request(con, row["request"])
        assert facts is not None
        category, department = self.category(row["category"], row["sort"]), self._department(row["department"])
        names = viewer.role in SEES_NAMES
        key = self._key(facts, category, row["phrase"])
        who = (row["name"] if names else "", row["title"])
        return RequestRow(
            request=row["request"],
            sort=row["sort"],
            category=row["category"],
            rule=category.rule,
            zh=category.zh,
            en=category.en,
            state=row["state"],
            round=row["round"],
            department=row["department"],
            department_zh=department.zh,
            department_en=department.en,
            due_ms=row["due_ms"],
            overdue=clock and r.overdue(facts, now_ms),
            alarm=r.alarms(facts),
            source=row["source"],
            name=row["name"] if names else masked_name(row["name"]),
            title=row["title"],
            unit=row["unit"],
            phone=row["phone"] if names else masked_phone(row["phone"]),
            words=row["words"] if names else "",
            picture=row["picture"],
            at_ms=row["at_ms"],
            by=_who(row["by"]),
            ended_ms=row["ended_ms"],
            may={
                "pass": r.may_pass(facts, ""),
                "done": r.may_finish(facts),
                "ask": r.may_ask(facts),
                "withdraw": r.may_withdraw(facts),
            },
            say_zh=self._say("zh", key, category, who, department.zh),
            say_en=self._say("en", key, category, who, department.en),
            steps=self._steps(con, row, names) if whole else (),
        )

    def _key(self, facts: r.Request, category: Category, phrase: str) -> str:
        """The sentence of the moment."""
        if phrase:
            return phrase
        if facts.state is r.State.DONE:
            return "ask-satisfied"
        if facts.ended:
            return "goodbye"
        return "sent-back" if facts.round > 1 else category.say

    def _say(
        self,
        lang: str,
        key: str,
        category: Category,
        who: tuple[str, str] = ("", ""),
        department: str = "",
        local: datetime | None = None,
    ) -> str:
        said, of = self._said[lang], self._department(category.department)
        return said.sentence(
            key,
            who=said.address(surname_of(who[0]), who[1]),
            hello=said.hello(daypart(local)),
            place=self._place,
            what=category.zh if lang == "zh" else category.en,
            department=department or (of.zh if lang == "zh" else of.en),
        )

    def _steps(self, con: sqlite3.Connection, row: q.Row, names: bool) -> tuple[RequestStep, ...]:
        received = RequestStep(row["request"], "received", row["at_ms"], _who(row["by"]), 1)
        return (received, *(self._step(step, names) for step in q.step_rows(con, row["request"])))

    def _step(self, step: q.Row, names: bool) -> RequestStep:
        reported = step["step"] == "reported"
        department = self._department("" if reported else step["department"])
        return RequestStep(
            seq=step["seq"],
            step=step["step"],
            at_ms=step["at_ms"],
            by=_who(step["actor"]),
            round=step["round"],
            department_zh=department.zh,
            department_en=department.en,
            to=step["department"] if reported else "",
            answer=step["answer"],
            note=step["note"] if names else "",
            acked_ms=step["acked_ms"],
        )


def _who(actor: str) -> str:
    return actor.removeprefix("user:")
