"""P1, P2, V1, V2: who may pass, and why not. The decision is pure, so each story is a line."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.credentials import CardFacts, Category, Credential, Schedule, Span, Status, Where
from edge.domain.plates import compare, normal
from edge.domain.policy import Answer, Presented, Reason, Rules, decide

NOW = datetime(2026, 11, 23, 8, 30)  # noqa: DTZ001 - local time of the gate, a Monday
OWNER = Credential("C1", Category.OWNER, plates=("粤B12345",), holder="周建国", surname="周", title="mr")
DAY = Schedule("day", (Span(frozenset(range(5)), 7 * 60, 19 * 60),))
NIGHT = Schedule("night", (Span(frozenset({4}), 22 * 60, 6 * 60),))


def at(direction="in", local=NOW, lane="entry"):
    return Presented(lane, direction, local)


@pytest.mark.parametrize(
    ("story", "facts", "presented", "answer", "reason"),
    [
        ("P2 V2 an owner passes with no question", CardFacts(OWNER), at(), "granted", "ok"),
        ("an unknown card", CardFacts(None), at(), "refused", "unknown-card"),
        ("blocked", CardFacts(replace(OWNER, status=Status.BLOCKED)), at(), "refused", "blocked"),
        ("lost", CardFacts(replace(OWNER, status=Status.LOST)), at("out"), "refused", "lost"),
        ("last day counts", CardFacts(replace(OWNER, valid_until=NOW.date())), at(), "granted", "ok"),
        ("P1 expired", CardFacts(replace(OWNER, valid_until=date(2026, 11, 22))), at(), "refused", "expired"),
        ("not yet", CardFacts(replace(OWNER, valid_from=date(2026, 11, 24))), at(), "refused", "not-yet-valid"),
        ("within hours", CardFacts(replace(OWNER, schedule=DAY)), at(), "granted", "ok"),
        ("outside hours", CardFacts(replace(OWNER, schedule=NIGHT)), at(), "refused", "outside-schedule"),
        ("nobody is locked in", CardFacts(replace(OWNER, schedule=NIGHT)), at("out"), "granted", "ok"),
        ("a schedule nobody has", CardFacts(replace(OWNER, schedule_missing=True)), at(), "ask", "schedule-missing"),
        (
            "clock unset, dated card",
            CardFacts(replace(OWNER, valid_until=date(2027, 1, 1))),
            at(local=None),
            "ask",
            "clock-unset",
        ),
        ("clock unset, undated card", CardFacts(OWNER), at(local=None), "granted", "ok"),
        ("already inside", CardFacts(OWNER, Where.INSIDE), at(), "refused", "already-inside"),
        ("already outside", CardFacts(OWNER, Where.OUTSIDE), at("out"), "refused", "already-outside"),
        ("leaving after entering", CardFacts(OWNER, Where.INSIDE), at("out"), "granted", "ok"),
        ("forgiven", CardFacts(OWNER, Where.INSIDE, forgiven=True), at(), "granted", "ok-forgiven"),
        ("whereabouts unknown", CardFacts(OWNER, Where.UNKNOWN), at("out"), "granted", "ok"),
        ("two places", CardFacts(OWNER, last_lane="exit", last_ago_ms=3_000), at(), "ask", "two-places"),
        ("same lane again", CardFacts(OWNER, last_lane="entry", last_ago_ms=3_000), at(), "granted", "ok"),
        ("two places, long ago", CardFacts(OWNER, last_lane="exit", last_ago_ms=30_000), at(), "granted", "ok"),
        ("plate agrees", CardFacts(OWNER, plate_read="粤b·12345"), at(), "granted", "ok"),
        ("plate differs", CardFacts(OWNER, plate_read="粤B99999"), at(), "ask", "plate-differs"),
    ],
)
def test_who_may_pass(story, facts, presented, answer, reason):
    decision = decide(presented, facts, Rules())
    assert (decision.answer.value, decision.reason.value) == (answer, reason), story
    assert decision.salute, "V1: every vehicle through the main gate is saluted"


def test_soft_and_no_antipassback_let_pass_and_soft_says_so():
    inside = CardFacts(OWNER, Where.INSIDE)
    assert decide(at(), inside, Rules(anti_passback="soft")).reason is Reason.OK_SOFT_PASSBACK
    assert decide(at(), inside, Rules(anti_passback="off")).reason is Reason.OK


def test_a_plate_that_differs_may_be_only_noted():
    facts = CardFacts(OWNER, plate_read="粤B99999")
    decision = decide(at(), facts, Rules(plate_differs="note"))
    assert (decision.answer, decision.reason, decision.plate_match) == (
        Answer.GRANTED,
        Reason.OK_PLATE_DIFFERS,
        "differs",
    )


def test_the_rule_is_the_credentials():
    rules = {c: decide(at(), CardFacts(replace(OWNER, category=c)), Rules()).rule for c in Category}
    assert rules == {Category.OWNER: "V2", Category.COMPANY: "V2", Category.STAFF: "P1", Category.TEMPORARY: "V3"}


@pytest.mark.parametrize(
    ("when", "allowed"),
    [
        (datetime(2026, 11, 27, 22, 0), True),  # noqa: DTZ001 - Friday night
        (datetime(2026, 11, 28, 5, 59), True),  # noqa: DTZ001 - Saturday morning still belongs to it
        (datetime(2026, 11, 28, 6, 0), False),  # noqa: DTZ001 - Saturday morning is over
        (datetime(2026, 11, 28, 22, 0), False),  # noqa: DTZ001 - Saturday night does not
    ],
)
def test_hours_past_midnight_belong_to_the_day_they_began(when, allowed):
    assert NIGHT.allows(when, frozenset()) is allowed


def test_a_holiday_has_its_own_hours_when_the_schedule_says_so():
    holiday = frozenset({NOW.date()})
    assert DAY.allows(NOW, holiday), "no hours for holidays: the weekday's hold"
    with_holidays = Schedule("d", (*DAY.spans, Span(frozenset({7}), 10 * 60, 12 * 60)))
    assert not with_holidays.allows(NOW, holiday)
    assert with_holidays.allows(NOW.replace(hour=11), holiday)


@given(
    st.builds(
        CardFacts,
        st.none()
        | st.builds(
            replace, st.just(OWNER), status=st.sampled_from(Status), schedule=st.sampled_from([None, DAY, NIGHT])
        ),
        st.sampled_from(Where),
        st.booleans(),
        st.sampled_from(["", "entry", "exit"]),
        st.none() | st.integers(0, 60_000),
        st.just(frozenset()),
        st.sampled_from(["", "粤B12345", "京A00000"]),
    ),
    st.sampled_from(["in", "out"]),
    st.none() | st.datetimes(),
)
def test_every_question_has_an_answer_and_a_bad_card_never_opens(facts, direction, local):
    decision = decide(at(direction, local), facts, Rules())
    if facts.credential is None or facts.credential.status is not Status.ACTIVE:
        assert decision.answer is Answer.REFUSED
    if decision.answer is Answer.GRANTED:
        assert decision.reason.value.startswith("ok")
    else:
        assert not decision.reason.value.startswith("ok")


def test_plates_are_compared_in_one_form():
    assert normal(" 粤ｂ·１２３４５ ") == "粤B12345"
    assert compare(("粤B12345", "粤BD12345"), "粤B·D12345") == "match"
    assert compare((), "粤B12345") == "unbound"
    assert compare(("粤B12345",), "") == "unread"
