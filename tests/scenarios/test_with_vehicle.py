"""Vehicles of visitors at the desk: V3, V4, V5 of procedures.md, on a real store. Their cards at lanes: test_desk_lanes.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.desk import DocumentInput, StepInput, VisitInput
from tests.support_desk import LICENCE, WU, AtTheDesk, at_the_desk, id_number, stopped


@pytest.fixture
def at(tmp_path: Path) -> Iterator[AtTheDesk]:
    with at_the_desk(tmp_path) as desk:
        yield desk


def test_v3_an_outside_vehicle_on_business(at: AtTheDesk) -> None:
    card = at.stocked("vehicle", "车01")
    given = VisitInput("vehicle", name="王小明", title="mr", unit="管理处", companions=2, vehicle="小型客车")
    visit = at.open_visit("business", given).about
    at.answer(visit, "appointment", "yes", StepInput())
    at.call(visit, "agreed")
    at.hold_document(visit, DocumentInput(LICENCE, id_number()), 7)
    with stopped("first-plate"):
        at.issue_card(visit, card)
    at.note(visit, VisitInput(plate="粤b·12345"))
    at.issue_card(visit, card)
    with stopped("card-bound-plate"):
        at.note(visit, VisitInput(plate="粤B99999"))
    with stopped("first-tell"):
        at.admit(visit)
    assert at.see(visit).say_zh == "王先生，请您把车停放在访客停车场，谢谢您的合作。"
    at.answer(visit, "parking", "told", StepInput(place="B区"))
    at.admit(visit)
    row = at.see(visit)
    assert (row.plate, row.place, row.companions, row.cards[0].plate) == ("粤B12345", "B区", 2, "粤B12345")
    assert [(i.people, i.plate) for i in at.desk.people_inside(WU)] == [(3, "粤B12345")]
    at.take_back_card(card)
    at.return_document(visit)
    at.close(visit)
    assert at.see(visit).say_zh == "谢谢您的合作。"
    assert at.rules(1) == {"V3"}


def test_v3_one_vehicle_is_one_visit_whatever_the_guard_types(at: AtTheDesk) -> None:
    first = at.open_visit("business", VisitInput("vehicle", name="王小明", plate="粤B12345")).about
    second = at.open_visit("delivery", VisitInput("vehicle", name="王明", plate="粤B 12345"), by=WU)
    assert (second.about, second.again) == (first, True)


def test_v4_a_viewers_vehicle_parks_at_the_clubhouse(at: AtTheDesk) -> None:
    visit = at.open_visit("viewer", VisitInput("vehicle")).about
    with stopped("first-plate"):
        at.direct(visit, "clubhouse")
    at.note(visit, VisitInput(plate="粤B12345"))
    at.direct(visit, "clubhouse")
    assert at.see(visit).say_zh == "先生（小姐），请您把车按秩序停放在会所正门口，我们会有售楼部人员带您去参观。"
    assert [(n.to, n.plate) for n in at.desk.notices()] == [("sales", "粤B12345")]
    assert at.rules() == {"V4"}


def test_v5_a_delivery_is_registered_told_the_way_and_followed_up(at: AtTheDesk) -> None:
    card = at.stocked("vehicle", "车01")
    given = VisitInput("vehicle", name="李师傅", unit="3-1201", plate="粤B12345", vehicle="truck", purpose="家具")
    visit = at.open_visit("delivery", given).about
    at.hold_document(visit, DocumentInput(LICENCE, id_number()))
    at.issue_card(visit, card)
    said = at.see(visit).say_zh
    assert all(part in said for part in ("路线", "卸货", "刷这张IC卡"))
    at.answer(visit, "route", "told", StepInput(place="走东侧车道到3栋"))
    before = len(at.events())
    at.admit(visit)
    assert at.kinds(before) == ["visit.admitted", "notice.sent", "notice.sent"]
    assert sorted(n.to for n in at.see(visit).notices) == ["leader", "patrol"]
    with stopped("outstanding-card-document"):
        at.close(visit)
    at.return_document(visit)
    at.take_back_card(card)
    at.close(visit)


def test_a_lost_card_of_a_visit_lets_it_close_and_is_found_again(at: AtTheDesk) -> None:
    card = at.stocked("vehicle", "车01")
    visit = at.open_visit(
        "delivery", VisitInput("vehicle", name="李师傅", unit="3-1", plate="粤B12345", vehicle="van")
    ).about
    at.hold_document(visit, DocumentInput(LICENCE, id_number()))
    at.issue_card(visit, card)
    at.answer(visit, "route", "told", StepInput())
    at.admit(visit)
    at.lost_card(card, "司机遗失")
    at.return_document(visit)
    at.close(visit)
    assert at.see(visit).how == "settled"
    other = at.open_visit("delivery", VisitInput("vehicle", name="赵", unit="3-2", plate="粤B22222")).about
    at.hold_document(other, DocumentInput(LICENCE, id_number()))
    with stopped("card-lost"):
        at.issue_card(other, card)
    at.take_back_card(card)
    at.issue_card(other, card)
    third = at.open_visit("delivery", VisitInput("vehicle", name="钱", unit="3-3", plate="粤B33333")).about
    at.hold_document(third, DocumentInput(LICENCE, id_number()))
    with stopped("card-out"):
        at.issue_card(third, card)
