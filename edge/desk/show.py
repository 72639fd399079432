"""Rows for the page, made of the tables' rows, the plan and the phrases; the sentence to say stands ready in both languages."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from edge.desk.picturing import of_visit
from edge.desk.saying import Saying
from edge.desk.show_visits import watched
from edge.desk.viewer import Viewer
from edge.desk.views import (
    CardRow,
    Choice,
    DocumentRow,
    HeldRow,
    Inside,
    KindRow,
    NoticeRow,
    PaperRow,
    PictureRow,
    StepRow,
    VisitRow,
)
from edge.domain import custody
from edge.domain import visits as v
from edge.domain.courtesy import Phrases
from edge.domain.documents import masked, masked_name, masked_phone
from edge.domain.expected import due_ms
from edge.domain.plan import Kind, Plan, Step, Word
from edge.orders import Person
from edge.store import queries_desk as q
from edge.store.hosts import Hosts

Row = q.Row
ENDS = ("admit", "refuse", "direct", "close")


class Show:
    """Makes rows."""

    def __init__(self, plan: Plan, phrases: Mapping[str, Phrases], hosts: Hosts) -> None:
        self._plan, self._phrases, self._hosts = plan, phrases, hosts
        self._saying = Saying(plan, phrases)

    # ---- the plan

    def kinds(self) -> tuple[KindRow, ...]:
        """For the first question."""
        plan = self._plan
        return tuple(
            KindRow(
                k.id,
                k.zh,
                k.en,
                tuple(k.rule),
                dict(k.asks),
                tuple(_choice(plan.reasons[r], "refuse") for r in k.reasons),
                tuple(_choice(plan.places[p], "direct") for p in k.directions),
                dict(k.rule),
            )
            for k in plan.kinds.values()
        )

    def papers(self) -> tuple[PaperRow, ...]:
        """The kinds of documents."""
        return tuple(
            PaperRow(p.id, p.zh, p.en, p.hold, p.why_zh, p.why_en, p.number) for p in self._plan.papers.values()
        )

    # ---- visits

    def visit(self, con: sqlite3.Connection, row: Row, viewer: Viewer, *, whole: bool) -> VisitRow:
        """One visit; `whole` with steps, documents, cards, notices."""
        facts = q.visit(con, row["visit"])
        assert facts is not None
        kind = self._plan.kinds.get(row["kind"]) or _gone(row["kind"])
        next_ = v.next_step(kind, facts)
        name = row["name"] if viewer.names else masked_name(row["name"])
        phone = row["phone"] if viewer.names else masked_phone(row["phone"])
        cards = tuple(card(c) for c in q.card_rows(con, "visit = ?", row["visit"]))
        row["until"] = max((c.until for c in cards), default="")
        calls = next_ is not None and next_.does == "call" and viewer.names
        row["host_title"] = self._hosts.title(con, row["unit"], row["host"]) if calls and row["host"] else ""
        answers = q.step_rows(con, row["visit"]) if whole else {}
        full = next_ is not None and next_.hold and custody.full(q.taken_slots(con), self._plan.slots)
        key = self._saying.moment(row, facts, next_, full)
        return VisitRow(
            visit=row["visit"],
            kind=row["kind"],
            kind_zh=kind.zh,
            kind_en=kind.en,
            mode=row["mode"],
            rule=kind.rule.get(row["mode"], ""),
            state=row["state"],
            step=next_.id if next_ and row["state"] == v.State.OPEN else "",
            outstanding=v.outstanding(facts),
            name=name,
            title=row["title"],
            phone=phone,
            host=row["host"] if viewer.names else masked_name(row["host"]),
            unit=row["unit"],
            plate=row["plate"],
            vehicle=row["vehicle"],
            companions=row["companions"],
            company=row["company"],
            purpose=row["purpose"],
            remark=row["remark"] if viewer.names else "",
            goods=row["goods"],
            names=row["names"] if viewer.names else "",
            place=row["place"],
            since_ms=row["opened_ms"],
            opened_by=row["opened_by"].removeprefix("user:"),
            admitted_ms=row["admitted_ms"],
            ended_ms=row["ended_ms"],
            how=row["how"],
            reason=row["reason"],
            may={
                "admit": v.may_admit(kind, facts),
                "refuse": v.may_refuse(kind, facts),
                "direct": v.may_direct(kind, facts),
                "close": v.may_close(facts),
            },
            steps=tuple(
                self._step(s, facts, row, answers.get(s.id), next_, full and s is next_, viewer)
                for s in kind.of(row["mode"])
            )
            if whole
            else (),
            documents=tuple(self._document(d, row, viewer) for d in q.document_rows(con, "d.visit = ?", row["visit"]))
            if whole
            else (),
            cards=cards,
            notices=tuple(self.notice(n) for n in q.notice_rows(con, "visit = ?", row["visit"])) if whole else (),
            say_zh=self._saying.say("zh", key, row, viewer, next_),
            say_en=self._saying.say("en", key, row, viewer, next_),
            due_ms=_due(kind, row),
            alarm_ms=self._alarm(row),
            watched=facts.watched,
            watch=watched(con, row["visit"]) if facts.watched and viewer.role == "leader" else (),
            pictures=tuple(
                PictureRow(of, digest)
                for of, digest in (
                    of_visit(con, row["visit"], Person(viewer.user, viewer.role)) if whole and viewer.names else ()
                )
            ),
        )

    def _alarm(self, row: Row) -> int | None:
        """When the page says (again) that this visitor is still inside."""
        if row["state"] != v.State.ADMITTED or not row["over_ms"]:
            return None
        again_ms = self._plan.overstay_again_min * 60_000
        return int(row["heard_ms"] + again_ms if row["heard_ms"] else row["over_ms"])

    def _step(
        self,
        step: Step,
        facts: v.Visit,
        row: Row,
        answered: Row | None,
        next_: Step | None,
        full: bool,
        viewer: Viewer,
    ) -> StepRow:
        say = self._saying.of_step(facts, step, full)
        state = v.step_state(step, facts)
        at = answered["at_ms"] if answered else row["call_ms"] if step.does == "call" else 0
        return StepRow(
            id=step.id,
            does=step.does,
            state="next" if next_ is step and state == "todo" else state,
            zh=step.zh,
            en=step.en,
            say_zh=self._saying.say("zh", say, row, viewer, step),
            say_en=self._saying.say("en", say, row, viewer, step),
            salute=say in self._phrases["zh"].salute,
            choices=tuple(_choice(c, c.effect) for c in step.choices),
            answer=row["call"] if step.does == "call" else facts.answers.get(step.id, ""),
            at_ms=at,
            card_kind=step.card,
            hold=step.hold and not full,
            rack_full=step.hold and full,
        )

    def _document(self, d: Row, visit: Row, viewer: Viewer) -> DocumentRow:
        mine = viewer.role == "leader" or f"user:{viewer.user}" in (d["actor"], visit["opened_by"])
        paper = self._plan.papers.get(d["kind"])
        return DocumentRow(
            document=d["document"],
            kind=d["kind"],
            how=d["how"],
            slot=d["slot"],
            owner=d["owner"] if viewer.names else masked_name(d["owner"]),
            number=d["number"] if mine and viewer.names else masked(d["number"]),
            since_ms=d["at_ms"],
            by=d["actor"].removeprefix("user:"),
            returned_ms=d["returned_ms"],
            why_zh=paper.why_zh if paper else "",
            why_en=paper.why_en if paper else "",
        )

    # ---- the rest

    def rack(self, con: sqlite3.Connection, viewer: Viewer) -> tuple[HeldRow, ...]:
        """Every slot."""
        held = {d["slot"]: d for d in q.document_rows(con, "d.how = 'held' AND d.returned_ms IS NULL")}
        states = q.states(con)
        slots = sorted(
            {*range(1, self._plan.slots + 1), *held}
        )  # a rack that was made smaller still shows what is in it
        return tuple(
            HeldRow(
                slot,
                d["document"],
                d["visit"],
                d["kind"],
                d["owner"] if viewer.names else masked_name(d["owner"]),
                d["at_ms"],
                d["actor"].removeprefix("user:"),
                states.get(d["visit"], ""),
            )
            if (d := held.get(slot))
            else HeldRow(slot)
            for slot in slots
        )

    def inside(self, row: Row, cards: tuple[CardRow, ...], viewer: Viewer) -> Inside:
        """An admitted visitor."""
        until = min((c.until for c in cards if c.until), default="")
        kind = self._plan.kinds.get(row["kind"]) or _gone(row["kind"])
        past = bool(until) and viewer.local is not None and viewer.local.date().isoformat() > until
        late = past or bool(row["over_ms"])
        name = row["name"] if viewer.names else masked_name(row["name"])
        return Inside(
            row["visit"],
            row["kind"],
            row["mode"],
            name,
            row["unit"],
            row["plate"],
            1 + row["companions"],
            row["admitted_ms"],
            until,
            late,
            kind.zh,
            kind.en,
            row["names"] if viewer.names else "",
            _due(kind, row),
            self._alarm(row),
        )

    def notice(self, n: Row) -> NoticeRow:
        """A notice with its words."""
        about = self._plan.notices.get(n["about"])
        return NoticeRow(
            n["notice"],
            n["recipient"],
            n["about"],
            n["visit"],
            n["plate"],
            n["unit"],
            n["at_ms"],
            n["acked_ms"],
            n["acked_by"].removeprefix("user:"),
            about.zh if about else n["about"],
            about.en if about else n["about"],
        )


def card(c: Row) -> CardRow:
    """A card of the stock."""
    return CardRow(
        c["card"], c["kind"], c["label"], c["state"], c["visit"], c["plate"], c["until"], c["since_ms"], c["reason"]
    )


def _due(kind: Kind, row: Row) -> int | None:
    return due_ms(row["admitted_ms"], kind.stay_h) if row["state"] == v.State.ADMITTED else None


def _choice(word: Word, effect: str) -> Choice:
    return Choice(word.id, word.zh, word.en, effect)


def _gone(kind: str) -> Kind:
    """A kind that the plan has no more, of an old visit."""
    return Kind(kind, kind, kind, {}, (), {}, ())
