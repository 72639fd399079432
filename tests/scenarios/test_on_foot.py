"""People on foot, each rule as a story at the desk: P3 … P8 of procedures.md, on a real store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from edge.desk import DocumentInput, StepInput, VisitInput
from edge.errors import BadInput
from tests.support_desk import LI, LICENCE, TECH, WU, AtTheDesk, at_the_desk, id_number, stopped

WANG = VisitInput(
    name="王小明", title="mr", company="大华公司", purpose="送合同", host="周杰", unit="3-1201", phone="13800138000"
)


@pytest.fixture
def at(tmp_path: Path) -> Iterator[AtTheDesk]:
    with at_the_desk(tmp_path) as desk:
        yield desk


def test_p3_a_business_visitor_from_the_first_question_to_the_goodbye(at: AtTheDesk) -> None:
    card = at.stocked()
    start = len(at.events())
    visit = at.open_visit("business", WANG).about
    assert at.see(visit).say_zh == "王先生，请问您有没有预约好？"
    at.answer(visit, "appointment", "yes", StepInput())
    assert at.see(visit).say_zh == "周先生（小姐），您好，这里是正门值班室，有一位王先生说同您约好了，请问是吗？"
    at.call(visit, "agreed", "13912345678")
    assert at.see(visit).say_zh.startswith("王先生，请您留有效证件在这里登记，待您走时，我们退还给您")
    at.hold_document(visit, DocumentInput(LICENCE, id_number()))
    at.issue_card(visit, card)
    row = at.see(visit)
    assert (row.step, row.may["admit"], row.outstanding) == ("", "", ("card", "document"))
    at.admit(visit)
    assert at.desk.counts() | {"inside": 1, "documents": 1, "cards_issued": 1, "cards_rack": 0} == at.desk.counts()
    assert [(i.name, i.unit) for i in at.desk.people_inside(LI)] == [("王小明", "3-1201")]

    with stopped("outstanding-card-document"):
        at.close(visit)
    at.take_back_card(card, visit)
    with stopped("outstanding-document"):
        at.close(visit)
    at.return_document(visit)
    at.close(visit)
    row = at.see(visit)
    assert (row.state, row.how, row.outstanding) == ("closed", "settled", ())
    assert row.say_zh == "王先生，再见，谢谢您的合作。"
    assert at.desk.counts() | {"inside": 0, "documents": 0, "cards_rack": 1} == at.desk.counts()
    assert at.kinds(start) == [
        *("visit.opened", "visit.step", "host.called", "document.held", "card.issued", "visit.admitted"),
        *("card.returned", "document.returned", "visit.closed"),
    ]
    assert at.rules(start) == {"P3"}


def test_p3_nothing_is_skipped(at: AtTheDesk) -> None:
    """Nobody gets in, and nobody gets a card, before what stands before it is done."""
    card = at.stocked()
    visit = at.open_visit("business", WANG).about
    for does, step in (
        ("question", lambda: at.answer(visit, "appointment", "no", StepInput())),
        ("call", lambda: at.call(visit, "agreed")),
        ("document", lambda: at.hold_document(visit, DocumentInput(LICENCE, id_number()))),
    ):
        with stopped(f"first-{does}"):
            at.admit(visit)
        with stopped(f"first-{does}"):
            at.issue_card(visit, card)
        step()
    with stopped("first-card"):
        at.admit(visit)
    at.issue_card(visit, card)
    at.admit(visit)


def test_p3_without_an_appointment_the_host_is_asked_and_may_say_no(at: AtTheDesk) -> None:
    visit = at.open_visit("business", WANG).about
    at.answer(visit, "appointment", "no", StepInput())
    assert "还没有预约" in at.see(visit).say_zh, "the host is not told of an appointment that there is none of"
    at.call(visit, "no-answer")
    with stopped("first-call"):
        at.admit(visit)
    at.call(visit, "refused")
    at.refuse(visit, "host-refused")
    row = at.see(visit)
    assert (row.state, row.reason) == ("refused", "host-refused")
    assert row.say_zh == "王先生，很抱歉，被访人现在不便接待，请您同他另约时间，好吗？"
    assert [body["result"] for kind, body in at.events() if kind == "host.called"] == ["no-answer", "refused"]


def test_p3_a_document_goes_back_before_a_visitor_is_declined(at: AtTheDesk) -> None:
    visit = at.open_visit("business", WANG).about
    at.hold_document(visit, DocumentInput(LICENCE, id_number()))
    at.call(visit, "refused")
    with stopped("outstanding-document"):
        at.refuse(visit, "host-refused")
    at.return_document(visit)
    at.refuse(visit, "host-refused")


def test_p3_an_identity_card_is_checked_and_handed_straight_back(at: AtTheDesk) -> None:
    """居民身份证法 art. 15: it may not be held; the page has the reason; the visit goes on with it."""
    visit = at.open_visit("business", WANG).about
    with stopped("not-held"):
        at.hold_document(visit, DocumentInput("resident-id", id_number()))
    at.check_document(visit, DocumentInput("resident-id", id_number()))
    (document,) = at.see(visit).documents
    assert (document.how, document.slot) == ("checked", None)
    assert "第十五条" in document.why_zh
    assert at.see(visit).outstanding == ()
    with stopped("to-be-held"):
        at.check_document(visit, DocumentInput(LICENCE, id_number()))
    with pytest.raises(BadInput) as wrong:
        at.check_document(visit, DocumentInput("resident-id", id_number()[:-1] + "0"))
    assert wrong.value.code == "id-check"


def test_p3_nobody_is_turned_away_because_the_rack_is_full(at: AtTheDesk) -> None:
    """In the rush there are more visitors than slots: the document is looked at, handed straight back, and the journal says why."""
    others = [at.open_visit("business", replace(WANG, name=f"李{n}")).about for n in range(at.desk.plan.slots)]
    for other in others:
        at.hold_document(other, DocumentInput(LICENCE, id_number()))
    card = at.stocked()
    visit = at.open_visit("business", WANG).about
    at.answer(visit, "appointment", "yes", StepInput())
    at.call(visit, "agreed")
    row = at.see(visit)
    (step,) = (one for one in row.steps if one.id == "document")
    assert (step.hold, step.rack_full) == (False, True)
    assert row.say_zh == step.say_zh == "王先生，请您出示证件登记，登记好马上交还给您。"
    with stopped("rack-full"):
        at.hold_document(visit, DocumentInput(LICENCE, id_number()))
    at.check_document(visit, DocumentInput(LICENCE, id_number()))
    assert "证件架已满" in at.events()[-1][1]["why"]
    at.issue_card(visit, card)
    at.admit(visit)
    assert at.see(visit).outstanding == ("card",), "nothing is to be given back but the card"
    at.return_document(others[0])
    late = at.open_visit("business", replace(WANG, name="赵小明")).about
    (step,) = (one for one in at.see(late).steps if one.id == "document")
    assert (step.hold, step.rack_full) == (True, False)
    with stopped("to-be-held"):
        at.check_document(late, DocumentInput(LICENCE, id_number()))


def test_p3_left_without_card_and_document_only_with_a_reason(at: AtTheDesk) -> None:
    """The override is on record with what was missing; the card opens nothing any more; the document waits in its slot."""
    card = at.stocked()
    visit = admitted(at, card)
    at.close(visit, "来访者从北门离开")
    (kind, body) = next((k, b) for k, b in at.events() if k == "visit.closed")
    assert kind == "visit.closed"
    assert (body["how"], body["reason"], body["outstanding"]) == (
        "override",
        "来访者从北门离开",
        ["card", "document"],
    )
    assert [c.state for c in at.desk.stock()] == ["lost"]
    assert [(s.visit, s.visit_state) for s in at.desk.rack(LI) if s.document] == [(visit, "closed")]
    at.take_back_card(card)
    at.return_document(visit)
    assert at.desk.counts() | {"documents": 0, "cards_rack": 1, "cards_lost": 0} == at.desk.counts()


def admitted(at: AtTheDesk, card: str) -> int:
    visit: int = at.open_visit("business", WANG).about
    at.answer(visit, "appointment", "yes", StepInput())
    at.call(visit, "agreed")
    at.hold_document(visit, DocumentInput(LICENCE, id_number()))
    at.issue_card(visit, card)
    at.admit(visit)
    return visit


def test_p4_a_guest_only_with_the_owners_yes(at: AtTheDesk) -> None:
    card = at.stocked()
    visit = at.open_visit("guest", VisitInput(name="欧阳雪晴", title="ms", host="周杰", unit="3-1201")).about
    assert at.see(visit).say_zh == "欧阳小姐，请问您跟他约好没有？"
    at.answer(visit, "expected", "yes", StepInput())
    at.call(visit, "no-answer")
    with stopped("first-call"):
        at.issue_card(visit, card)
    assert at.see(visit).say_zh.endswith("这里有一位欧阳小姐有事找您，我们现在让他进去，可以吗？")
    at.call(visit, "agreed")
    at.issue_card(visit, card)
    at.answer(visit, "route", "told", StepInput(place="沿左侧步道直行，3栋"))
    at.admit(visit)
    assert at.see(visit).place == "沿左侧步道直行，3栋"
    at.take_back_card(visit=visit)
    at.close(visit)
    assert at.rules(1) == {"P4"}


def test_p5_a_viewer_is_sent_to_the_clubhouse_and_sales_are_told(at: AtTheDesk) -> None:
    visit = at.open_visit("viewer", VisitInput()).about
    with stopped("not-admitted"):
        at.admit(visit)
    before = len(at.events())
    at.direct(visit, "clubhouse")
    assert at.kinds(before) == ["visit.directed", "notice.sent"], "in one transaction"
    assert at.see(visit).say_zh == "先生（小姐），请您到会所，我们会有售楼部人员带您去参观。"
    (notice,) = at.desk.notices()
    assert (notice.to, notice.acked_ms) == ("sales", None)
    assert at.desk.counts()["notices"] == 1
    at.acknowledge(notice.notice, by=WU)
    assert at.desk.notices()[0].acked_by == "wu"
    assert at.acknowledge(notice.notice).again
    assert at.rules() == {"P5", "P5 V4 V5"}


@pytest.mark.parametrize(
    ("reason", "said"),
    [("person-away", "不好意思，您所要找的人不在。"), ("no-need", "我们公司暂不需要这样的产品。")],
)
def test_p6_a_salesperson_is_declined_with_the_seeds_phrases(at: AtTheDesk, reason: str, said: str) -> None:
    visit = at.open_visit("salesperson", VisitInput(mode="foot")).about
    with stopped("first-purpose"):
        at.refuse(visit, reason)
    at.note(visit, VisitInput(purpose="推销净水器"))
    at.refuse(visit, reason)
    row = at.see(visit)
    assert row.say_zh.endswith(said)
    assert (row.state, row.purpose) == ("refused", "推销净水器")
    with stopped("visit-over"):
        at.admit(visit)


def test_p7_a_short_construction_pass_of_three_days_at_most(at: AtTheDesk) -> None:
    card = at.stocked("construction", "施01")
    visit = at.open_visit("construction-short", VisitInput(name="陈工", company="宏图装修", unit="2-301")).about
    with stopped("first-document"):
        at.issue_card(visit, card)
    at.hold_document(visit, DocumentInput("work-permit", "HT-0031"))
    with stopped("until-late"):
        at.issue_card(visit, card, (at.today + timedelta(days=3)).isoformat())
    with stopped("until-past"):
        at.issue_card(visit, card, (at.today - timedelta(days=1)).isoformat())
    at.issue_card(visit, card, (at.today + timedelta(days=2)).isoformat())
    at.admit(visit)
    assert at.see(visit).cards[0].until == (at.today + timedelta(days=2)).isoformat()
    at.clock.at += 3 * 86_400_000
    assert [i.overstays for i in at.desk.people_inside(LI)] == [True]
    at.take_back_card(card)
    at.return_document(visit)
    at.close(visit)
    assert at.rules(1) == {"P7"}


def test_p7_while_the_clock_is_wrong_the_guard_writes_the_last_day(at: AtTheDesk) -> None:
    """A pass without its end date is never issued; a visitor's card of one day needs none."""
    at.stocked("construction", "施01")
    at.stocked("visitor", "A01", "0a00000001")
    at.clock.worth = "unset"
    visit = at.open_visit("construction-short", VisitInput(name="陈工", company="宏图装修", unit="2-301")).about
    at.hold_document(visit, DocumentInput("work-permit", "HT-0031"))
    with stopped("until-needed"):
        at.issue_card(visit, "施01")
    with pytest.raises(BadInput):
        at.issue_card(visit, "施01", "后天")
    at.issue_card(visit, "施01", "2026-11-25")
    assert at.see(visit).cards[0].until == "2026-11-25"
    guest = at.open_visit("guest", VisitInput(name="刘", unit="3-1")).about
    at.answer(guest, "expected", "yes", StepInput())
    at.call(guest, "agreed")
    at.issue_card(guest, "A01")
    assert at.see(guest).cards[0].until == ""


def test_p8_a_long_pass_is_checked_by_its_dates_and_its_owner(at: AtTheDesk) -> None:
    visit = at.open_visit("construction-long", VisitInput(name="陈工", company="宏图装修")).about
    day = timedelta(days=1)
    until, over, later = ((at.today + n * day).isoformat() for n in (30, -1, 5))
    with pytest.raises(BadInput):
        at.answer(visit, "pass", "", StepInput(mine=True))
    for given, worth in (
        (StepInput(valid_until=over, mine=True), "expired"),
        (StepInput(valid_until=until, mine=False), "another's"),
        (StepInput(valid_from=later, valid_until=until, mine=True), "not-yet"),
    ):
        at.answer(visit, "pass", "", given)
        (step,) = at.see(visit).steps
        assert (step.answer, step.state) == (worth, "failed")
        with stopped("first-check"):
            at.admit(visit)
    at.answer(visit, "pass", "", StepInput(number="C-118", valid_until=at.today.isoformat(), mine=True))
    at.admit(visit)
    at.close(visit)
    other = at.open_visit("construction-long", VisitInput(name="刘工", company="宏图装修")).about
    at.answer(other, "pass", "", StepInput(valid_until=over, mine=True))
    at.refuse(other, "pass-expired")
    assert at.see(other).state == "refused"


# ---- two guards, privacy -----------------------------------------------------------------------------------------


def test_two_guards_at_once_do_not_double_a_visit(at: AtTheDesk) -> None:
    async def both() -> list[int]:
        done = await asyncio.gather(
            at.desk.open_visit(LI, "business", WANG, "k1"),
            at.desk.open_visit(WU, "business", WANG, "k1"),
            at.desk.open_visit(LI, "business", WANG, "k1"),
        )
        return [d.about for d in done]

    visits = at.loop.run_until_complete(both())
    assert len(set(visits)) == 1
    assert at.kinds().count("visit.opened") == 1


def test_two_taps_on_one_visit_are_one(at: AtTheDesk) -> None:
    card = at.stocked()
    visit = admitted(at, card)
    before = at.kinds()
    assert at.admit(visit, by=WU).again
    with stopped("visit-admitted"):
        at.refuse(visit, "left", by=WU)
    assert at.kinds() == before
    first = at.take_back_card(card, key="tap")
    again = at.take_back_card(card, key="tap")
    assert (again.seq, again.again) == (first.seq, True)


def test_what_two_guards_record_alike_is_recorded_once(at: AtTheDesk) -> None:
    visit = at.open_visit("guest", WANG).about
    paper = DocumentInput("resident-id", id_number())
    for by in (LI, WU):
        at.answer(visit, "expected", "yes", StepInput(), by=by)
        at.answer(visit, "route", "told", StepInput(place="左转"), by=by)
        at.call(visit, "agreed", by=by)
        at.check_document(visit, paper, by=by)
    assert at.kinds() == ["visit.opened", "visit.step", "visit.step", "host.called", "document.checked"]
    at.answer(visit, "route", "told", StepInput(place="右转"), by=WU)
    assert at.see(visit).place == "右转"


def test_a_namesake_may_come_while_the_first_is_inside(at: AtTheDesk) -> None:
    first = admitted(at, at.stocked())
    second = at.open_visit("business", WANG)
    assert second.about != first
    assert at.open_visit("business", WANG, by=WU).about == second.about


def test_names_and_numbers_stand_in_personal_parts_alone(at: AtTheDesk) -> None:
    visit = admitted(at, at.stocked())
    with at.store.reader() as con:
        journal = b"".join(data for (data,) in con.execute("SELECT data FROM journal"))
        tables = "".join(
            str(row)
            for table in ("visits", "visit_steps", "documents", "cards", "notices")
            for row in con.execute(f"SELECT * FROM {table}")
        )
    for secret in ("王小明", "周杰", id_number(), "13800138000"):
        assert secret.encode() not in journal
        assert secret not in tables
    dealing, other, technician = at.see(visit), at.see(visit, WU), at.see(visit, TECH)
    assert dealing.documents[0].number == id_number()
    assert other.documents[0].number == f"440***********{id_number()[-4:]}"
    assert (other.name, technician.name, technician.phone) == ("王小明", "王**", "138****8000")
    assert at.desk.rack()[0].owner == "王**"
