"""Whatever two guards do at the desk, in whatever order, on a real store (P3–P8, V3–V5).

A machine of random actions (hypothesis); what is possible is done, what is refused is refused politely. After each action the tables
are compared with a reckoning of the test's own, made from the journal's events alone.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from edge.desk import Acted, DocumentInput, StepInput, VisitInput
from edge.domain.courtesy import curt
from edge.domain.event import KINDS
from edge.errors import GateError
from edge.store import verify
from tests.support_desk import LI, LICENCE, WU, at_the_desk, id_number

CARDS = {"0a00000001": "visitor", "0a00000002": "visitor", "0a00000003": "vehicle", "0a00000004": "construction"}
SLOTS = 2
KIND_OF_STEP = {"document": ("document.held", "document.checked"), "card": ("card.issued",), "call": ("host.called",)}
_guard = st.sampled_from([LI, WU])
_card = st.sampled_from([*CARDS, "A99"])
_key = st.sampled_from(["", "", "k1", "k2"])


class Orders(RuleBasedStateMachine):
    """Two guards, four cards, a rack of two slots."""

    visits = Bundle("visits")

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.path = Path(folder)
        self.at = self.stack.enter_context(at_the_desk(self.path, slots=SLOTS, proven=False))
        self.named = 0
        for card, kind in CARDS.items():
            self.at.stock_card(card, kind, card[-2:])

    def teardown(self) -> None:
        try:
            assert verify.rebuild(self.at.store).changed == (), "every table comes out of the journal again"
            assert set(self.at.kinds()) <= set(KINDS)
        finally:
            self.stack.close()

    def attempt(self, action: str, *args: Any, **more: Any) -> Acted | None:
        """Do it; a refusal changes nothing, has a code and a next step, and is never curt."""
        before = len(self.at.events())
        refused: GateError | None = None
        try:
            done: Acted = getattr(self.at, action)(*args, **more)
        except GateError as e:
            refused = e
        if refused is not None:
            assert len(self.at.events()) == before
            assert refused.code
            assert refused.hint
            assert not curt(refused.message)
            assert not curt(refused.hint)
            return None
        assert done.again or len(self.at.events()) > before
        return done

    # ---- what guards do

    @rule(target=visits, kind=st.sampled_from(["business", "guest", "viewer", "salesperson"]), by=_guard)
    def somebody_on_foot(self, kind: str, by: Any) -> int:
        return self.opened(kind, VisitInput(name="王小明", unit="3-1", purpose="来访"), by)

    @rule(target=visits, kind=st.sampled_from(["business", "delivery", "construction-short", "viewer"]), by=_guard)
    def somebody_with_a_vehicle(self, kind: str, by: Any) -> int:
        self.named += 1
        given = VisitInput("vehicle", name="李", unit="3-1", company="大华", plate=f"粤B{self.named:05}", vehicle="van")
        return self.opened(kind, given, by)

    def opened(self, kind: str, given: VisitInput, by: Any) -> int:
        done = self.attempt("open_visit", kind, given, by=by)
        assert done is not None
        return done.about

    @rule(visit=visits, step=st.sampled_from(["appointment", "expected", "route", "parking", "pass"]), by=_guard)
    def answered(self, visit: int, step: str, by: Any) -> None:
        told = "told" if step in ("route", "parking") else "yes"
        self.attempt("answer", visit, step, told, StepInput(valid_until="2027-01-01", mine=True), by=by)

    @rule(visit=visits, result=st.sampled_from(["agreed", "agreed", "refused", "no-answer"]))
    def called(self, visit: int, result: str) -> None:
        self.attempt("call", visit, result, "13800138000")

    @rule(visit=visits, slot=st.sampled_from([None, 1, 2, 3]), by=_guard)
    def held(self, visit: int, slot: int | None, by: Any) -> None:
        self.attempt("hold_document", visit, DocumentInput(LICENCE, id_number()), slot, by=by)

    @rule(visit=visits)
    def checked(self, visit: int) -> None:
        self.attempt("check_document", visit, DocumentInput("resident-id", id_number()))

    @rule(visit=visits)
    def document_returned(self, visit: int) -> None:
        self.attempt("return_document", visit)

    @rule(visit=visits, card=_card, by=_guard, key=_key)
    def issued(self, visit: int, card: str, by: Any, key: str) -> None:
        self.attempt("issue_card", visit, card, by=by, key=key and f"{key}-{visit}-{card}")

    @rule(card=_card, visit=st.one_of(st.just(0), visits))
    def taken_back(self, card: str, visit: int) -> None:
        self.attempt("take_back_card", card, visit)

    @rule(card=_card, what=st.sampled_from(["lost_card", "block_card"]), again=st.booleans())
    def gone(self, card: str, what: str, again: bool) -> None:
        self.attempt(what, card, "遗失")
        if again:
            self.taken_back(card, 0)
            self.stocked(card)

    @rule(card=st.sampled_from(list(CARDS)))
    def stocked(self, card: str) -> None:
        self.attempt("stock_card", card, CARDS.get(card, "visitor"), card[-2:])

    @rule(visit=visits, by=_guard)
    def admitted(self, visit: int, by: Any) -> None:
        done = self.attempt("admit", visit, by=by)
        if done and not done.again:
            self.had_everything(visit)

    @rule(visit=visits)
    def everything(self, visit: int) -> None:
        """The guard who does it all in order, so that many visits do come inside."""
        for step in self.at.see(visit).steps:
            match step.does:
                case "question":
                    self.answered(visit, step.id, LI)
                case "tell":
                    self.answered(visit, step.id, LI)
                case "call":
                    self.called(visit, "agreed")
                case "document":
                    self.held(visit, None, LI)
                    self.checked(visit)
                case "card":
                    for card, kind in CARDS.items():
                        if kind == step.card_kind and self.at.see(visit).step == step.id:
                            self.issued(visit, card, LI, "")
        self.admitted(visit, WU)

    @rule(target=visits, kind=st.sampled_from(["business", "guest", "delivery", "construction-short"]), by=_guard)
    def comes_in(self, kind: str, by: Any) -> int:
        self.named += 1
        given = VisitInput(name=f"访客{self.named}", unit="3-1", company="大华")
        visit = self.opened(kind, given, by)
        self.everything(visit)
        return visit

    @rule(visit=visits, card=st.booleans(), document=st.booleans(), override=st.sampled_from(["", "已从北门离开"]))
    def goes(self, visit: int, card: bool, document: bool, override: str) -> None:
        if card:
            self.attempt("take_back_card", "", visit)
        if document:
            self.document_returned(visit)
        self.closed(visit, override, WU)

    @rule(visit=visits, reason=st.sampled_from(["host-refused", "no-need", "left"]))
    def declined(self, visit: int, reason: str) -> None:
        self.attempt("refuse", visit, reason)

    @rule(visit=visits)
    def directed(self, visit: int) -> None:
        self.attempt("direct", visit, "clubhouse")

    @rule(visit=consumes(visits), override=st.sampled_from(["", "", "已从北门离开"]), by=_guard)
    def closed(self, visit: int, override: str, by: Any) -> None:
        before = self.reckon()
        out = [card for card, of in before["out"].items() if of == visit]
        held = [slot for slot, of in before["slots"].items() if of == visit]
        done = self.attempt("close", visit, override, by=by)
        if done and not done.again:
            body = next(b for k, b in reversed(self.at.events()) if k == "visit.closed")
            if out or held:
                assert (body["how"], body["reason"]) == ("override", "已从北门离开")
                assert sorted(body["outstanding"]) == ["card"] * bool(out) + ["document"] * bool(held)
            else:
                assert body["how"] == "settled"

    # ---- what must hold

    def had_everything(self, visit: int) -> None:
        """Never admitted without the steps that its kind requires: looked up in the journal, not in the tables."""
        mine = [(k, b) for k, b in self.at.events()[:-1] if b.get("visit") == visit]
        opened = self.at.events()[visit - 1][1]
        kind = self.at.plan.kinds[opened["kind"]]
        assert "admit" in kind.ends
        for step in kind.of(opened["mode"]):
            if step.does in KIND_OF_STEP:
                assert any(k in KIND_OF_STEP[step.does] for k, _ in mine), step.id
            else:
                assert any(k == "visit.step" and b["step"] == step.id for k, b in mine), step.id
            if step.does == "call":
                assert [b["result"] for k, b in mine if k == "host.called"][-1] == "agreed"
            if step.does == "card":
                assert any(k == "card.issued" and b["kind"] == step.card for k, b in mine)

    def reckon(self) -> dict[str, Any]:
        """Cards out, slots, visits by state: from the events alone. Fails where a card or slot would be used twice."""
        out: dict[str, int] = {}
        slots: dict[int, int] = {}
        state: dict[int, str] = {}
        for seq, (kind, b) in enumerate(self.at.events(), 1):
            match kind:
                case "visit.opened":
                    state[seq] = "open"
                case "card.issued":
                    assert b["card"] not in out, "a card is never in two visits"
                    out[b["card"]] = b["visit"]
                case "card.returned" | "card.lost":
                    out.pop(b["card"], None)
                case "document.held":
                    assert b["slot"] not in slots, "a slot never has two documents"
                    assert b["visit"] not in slots.values()
                    slots[b["slot"]] = b["visit"]
                case "document.returned":
                    assert slots.pop(b["slot"]) == b["visit"]
                case "visit.admitted" | "visit.refused" | "visit.directed" | "visit.closed":
                    assert state[b["visit"]] in ("open", "admitted"), "no visit ends twice"
                    assert kind in ("visit.closed",) or state[b["visit"]] == "open"
                    state[b["visit"]] = kind.partition(".")[2]
                    if kind in ("visit.refused", "visit.directed") or (
                        kind == "visit.closed" and b["how"] == "settled"
                    ):
                        assert b["visit"] not in slots.values()
                        assert b["visit"] not in out.values()
        return {"out": out, "slots": slots, "state": state}

    @invariant()
    def tables_say_what_the_events_say(self) -> None:
        told = self.reckon()
        counts = self.at.desk.counts()
        assert counts["documents"] == len(told["slots"])
        assert counts["open"] == list(told["state"].values()).count("open")
        assert counts["inside"] == list(told["state"].values()).count("admitted")
        stock = {c.card: c for c in self.at.desk.stock()}
        assert {card: c.visit for card, c in stock.items() if c.state == "issued"}.items() <= told["out"].items()
        assert {s.slot: s.visit for s in self.at.desk.rack() if s.document} == told["slots"]


TestOrders = Orders.TestCase
TestOrders.settings = settings(
    max_examples=20,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
