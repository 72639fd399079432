"""V3, V5: a temporary card at a lane. The decision is pure, so each story is a line."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.credentials import Bound, CardFacts, Category, Credential, Status, Where
from edge.domain.policy import Answer, Presented, Reason, Rules, decide

NOW = datetime(2026, 11, 23, 8, 30)  # noqa: DTZ001 - local time of the gate
CARD = Credential("visit:7", Category.TEMPORARY, plates=("粤B12345",), valid_until=NOW.date(), surname="王")
OVER = replace(CARD, valid_until=date(2026, 11, 22))
BOUND = Bound(7, "vehicle", admitted=True)
HELD = replace(BOUND, outstanding=("document",))
COLLECT = Rules(exit_tap="collect")


def at(direction: str = "in", local: datetime | None = NOW) -> Presented:
    return Presented("lane", direction, local)


@pytest.mark.parametrize(
    ("story", "facts", "presented", "rules", "said"),
    [
        ("V3 admitted: in", CardFacts(CARD, bound=HELD), at(), Rules(), "granted ok"),
        ("not yet admitted", CardFacts(CARD, bound=Bound(7, "vehicle", False)), at(), Rules(), "ask not-admitted"),
        ("inside already", CardFacts(CARD, Where.INSIDE, bound=HELD), at(), Rules(), "refused already-inside"),
        ("in once", CardFacts(CARD, Where.OUTSIDE, bound=HELD), at(), Rules(), "ask entered-once"),
        ("forgiven", CardFacts(CARD, Where.OUTSIDE, True, bound=HELD), at(), Rules(), "granted ok-forgiven"),
        ("in the rack", CardFacts(CARD, bound=Bound(0, "vehicle", False)), at(), Rules(), "refused not-issued"),
        (
            "in the rack, out",
            CardFacts(CARD, bound=Bound(0, "vehicle", False)),
            at("out"),
            COLLECT,
            "refused not-issued",
        ),
        ("a card on foot", CardFacts(CARD, bound=Bound(7, "visitor", True)), at(), Rules(), "refused not-for-vehicles"),
        ("lost", CardFacts(replace(CARD, status=Status.LOST), bound=BOUND), at("out"), COLLECT, "refused lost"),
        ("blocked", CardFacts(replace(CARD, status=Status.BLOCKED), bound=BOUND), at(), Rules(), "refused blocked"),
        ("over: in", CardFacts(OVER, bound=BOUND), at(), Rules(), "refused expired"),
        ("over: out all the same", CardFacts(OVER, Where.INSIDE, bound=BOUND), at("out"), COLLECT, "granted ok"),
        ("no clock: in", CardFacts(CARD, bound=BOUND), at(local=None), Rules(), "ask clock-unset"),
        ("no clock: out", CardFacts(CARD, bound=BOUND), at("out", None), COLLECT, "granted ok"),
        ("out, document held", CardFacts(CARD, bound=HELD), at("out"), Rules(), "ask document-outstanding"),
        ("out, held, swallowing", CardFacts(CARD, bound=HELD), at("out"), COLLECT, "ask document-outstanding"),
        ("out, card in hand", CardFacts(CARD, bound=BOUND), at("out"), Rules(), "ask card-outstanding"),
        ("out, swallowed", CardFacts(CARD, bound=BOUND), at("out"), COLLECT, "granted ok"),
        (
            "out, swallowed, another card is out",
            CardFacts(CARD, bound=replace(BOUND, outstanding=("card",))),
            at("out"),
            COLLECT,
            "ask card-outstanding",
        ),
        ("another plate", CardFacts(CARD, bound=HELD, plate_read="粤B99999"), at(), Rules(), "ask plate-differs"),
    ],
)
def test_a_temporary_card(story: str, facts: CardFacts, presented: Presented, rules: Rules, said: str) -> None:
    decision = decide(presented, facts, rules)
    assert f"{decision.answer} {decision.reason}" == said, story
    assert decision.rule == "V3"


_bound = st.builds(
    Bound,
    st.sampled_from([0, 7]),
    st.sampled_from(["vehicle", "visitor"]),
    st.booleans(),
    st.sampled_from([(), ("card",), ("document",), ("card", "document")]),
)


@given(
    _bound,
    st.sampled_from(Where),
    st.booleans(),
    st.sampled_from(Status),
    st.sampled_from(["in", "out"]),
    st.booleans(),
)
def test_never_granted_without_its_visit(
    bound: Bound, where: Where, forgiven: bool, status: Status, direction: str, collect: bool
) -> None:
    facts = CardFacts(replace(CARD, status=status), where, forgiven, bound=bound)
    decision = decide(at(direction), facts, COLLECT if collect else Rules())
    if decision.answer is Answer.GRANTED:
        assert status is Status.ACTIVE
        assert bound.visit
        assert bound.kind == "vehicle"
        assert bound.admitted if direction == "in" else collect and not bound.outstanding
    else:
        assert decision.reason is not Reason.OK
