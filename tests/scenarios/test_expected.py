"""Expected visitors, the watch list, who stays too long, the muster list: as stories at the desk (P3, P4, P6, P8, V3, V5)."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.desk import AppointmentInput, DocumentInput, StepInput, VisitInput, WatchInput
from edge.domain import events as ev
from edge.domain import expected as x
from edge.errors import BadInput, NotAllowed, NotFound
from edge.orders import Person
from tests.support_desk import LI, LICENCE, WU, AtTheDesk, at_the_desk, id_number, stopped

WANG = VisitInput(name="王小明", title="mr", host="周杰", unit="3-1201", companions=2, purpose="吃饭")
LEADER = Person("chen", "leader")
OFFICE = Person("zhang", "headoffice")
HOUR_MS = 3_600_000


@pytest.fixture
def at(tmp_path: Path) -> Iterator[AtTheDesk]:
    with at_the_desk(tmp_path) as desk:
        yield desk


def today(at: AtTheDesk, who: VisitInput = WANG, kind: str = "guest", hours: float = 6) -> AppointmentInput:
    now = at.clock.at
    return AppointmentInput(kind, now, now + round(hours * HOUR_MS), who)


# ---- expected ---------------------------------------------------------------------------------------------------------


def test_p4_an_expected_guest_is_one_tap_with_the_question_answered(at: AtTheDesk) -> None:
    """篇3 一 4: «请问您跟他约好没有»: the owner's call to the post has answered that already."""
    made = at.make(today(at)).about
    (row,) = at.reception.expected()
    assert (row.appointment, row.name, row.host, row.source, row.problem) == (made, "王小明", "周杰", "host", "")
    assert len(row.code) == 6
    visit = at.arrive(made).about
    shown = at.see(visit)
    assert (shown.name, shown.unit, shown.companions, shown.purpose, shown.step) == (
        "王小明",
        "3-1201",
        2,
        "吃饭",
        "host",
    )
    assert shown.say_zh.startswith("周先生（小姐），您好")
    assert at.reception.expected() == ()
    assert at.reception.appointment(made).visit == visit
    assert at.kinds()[-3:] == ["visit.opened", "visit.step", "appointment.used"]
    assert at.rules() == {"P4"}
    with stopped("appointment-used"):
        at.arrive(made, by=WU)


def test_v3_an_expected_vehicle_on_business(at: AtTheDesk) -> None:
    vehicle = VisitInput("vehicle", name="王小明", unit="管理处", plate="粤b·12345", vehicle="货车")
    visit = at.arrive(at.make(today(at, vehicle, "business"), by=OFFICE).about).about
    row = at.see(visit)
    assert (row.plate, row.vehicle, row.step) == ("粤B12345", "货车", "host")
    assert at.rules() == {"V3"}
    assert at.reception.appointment(1).source == "headoffice"


def test_p3_a_code_or_a_scanned_text_finds_the_appointment(at: AtTheDesk) -> None:
    made = at.make(today(at, kind="business"), by=LEADER).about
    row = at.reception.appointment(made)
    before = len(at.events())
    for text in (row.code, f" {row.code[:3]} {row.code[3:]} ", row.scan, row.scan.lower(), f"{row.scan}:c2lnbmF0dXJl"):
        assert at.loop.run_until_complete(at.reception.find(LI, text)) == made, text
    assert len(at.events()) == before, "what was found is no event: using it is one"


def test_p3_each_reason_has_its_own_sentence_and_is_on_record(at: AtTheDesk) -> None:
    used = at.reception.appointment(at.make(today(at)).about)
    at.arrive(used.appointment)
    cancelled = at.reception.appointment(at.make(today(at, VisitInput(name="李四"))).about)
    at.cancel(cancelled.appointment, "改期")
    short = at.reception.appointment(at.make(today(at, VisitInput(name="赵五"), hours=1)).about)
    at.clock.at += 2 * HOUR_MS
    for text, why in (
        (used.code, "used"),
        (cancelled.scan, "cancelled"),
        (short.code, "expired"),
        (short.scan, "expired"),
        (used.scan.replace(":main:", ":north:"), "other-gate"),
        (f"GE1:main:{'0' * 24}", "unknown"),
        ("GE1:main:", "unreadable"),
    ):
        with stopped(f"appointment-{why}"):
            at.loop.run_until_complete(at.reception.find(LI, text))
        assert at.events()[-1][1]["why"] == why
    with pytest.raises(NotFound):
        at.loop.run_until_complete(at.reception.find(LI, "王小明"))
    with stopped("appointment-expired"):
        at.arrive(short.appointment)
    assert at.reception.expected() == ()


def test_p3_codes_are_not_found_by_trying(at: AtTheDesk) -> None:
    """Five wrong ones by one person within ten minutes, each on record; then typing rests, while the QR code goes on."""
    row = at.reception.appointment(at.make(today(at)).about)
    wrong = [code for code in ("100000", "100001", "100002", "100003", "100004", "100005") if code != row.code][
        : x.TRIES
    ]

    def find(text: str, by: Person = LI) -> int:
        return at.loop.run_until_complete(at.reception.find(by, text))

    for code in wrong:
        with stopped("appointment-unknown"):
            find(code)
    with stopped("codes-rest"):
        find(row.code)
    assert find(row.code, WU) == find(row.scan) == row.appointment
    assert at.kinds().count("appointment.tried") == x.TRIES
    assert all(code not in str(at.events()) for code in wrong), "what was typed may be one digit beside somebody's code"
    at.clock.at += x.TRIES_MS
    assert find(row.code) == row.appointment


def test_p3_what_head_office_made_is_head_offices_to_change(at: AtTheDesk) -> None:
    """Who may at the gate is data; head office's entries are nobody's there."""
    hers, ours = at.make(today(at), by=OFFICE).about, at.make(today(at, VisitInput(name="客一"))).about
    for act in (lambda: at.change(hers, today(at), by=LEADER), lambda: at.cancel(hers, by=LEADER)):
        with stopped("appointment-headoffice"):
            act()
    at.change(hers, today(at, hours=2), by=OFFICE)
    plan = at.reception._plan
    at.reception._plan = replace(plan, may={"appointment": ("leader",)})
    for act in (lambda: at.make(today(at)), lambda: at.change(ours, today(at)), lambda: at.cancel(ours)):
        with pytest.raises(NotAllowed):
            act()
    at.cancel(ours, by=LEADER)
    assert at.reception.appointment(ours).state == "cancelled"
    later = at.clock.at + 20 * HOUR_MS
    at.make(AppointmentInput("guest", later, later + HOUR_MS, VisitInput(name="明天来的")), by=LEADER)
    assert [row.appointment for row in at.reception.expected()] == [hers]
    assert at.reception.later() == 1
    assert [row.name for row in at.reception.expected(later=True)] == ["王小明", "明天来的"]


def test_appointments_have_codes_of_their_own_and_can_be_changed(at: AtTheDesk) -> None:
    made = [at.make(today(at, VisitInput(name=f"客{n}"))).about for n in range(30)]
    rows = {row.appointment: row for row in at.reception.expected()}
    assert len({row.code for row in rows.values()}) == len(made)
    later = today(at, VisitInput(name="客零", unit="5-101"), hours=9)
    at.change(made[0], later)
    row = at.reception.appointment(made[0])
    assert (row.name, row.unit, row.until_ms, row.code) == ("客零", "5-101", later.until_ms, rows[made[0]].code)
    for given, code in (
        (AppointmentInput("guest", at.clock.at, at.clock.at - 1, WANG), "until-before"),
        (AppointmentInput("guest", 0, at.clock.at - 5, WANG), "until-over"),
        (AppointmentInput("guest", at.clock.at, at.clock.at + 32 * 86_400_000, WANG), "until-far"),
        (today(at, VisitInput(unit="3-1")), "who-needed"),
    ):
        with pytest.raises(BadInput) as wrong:
            at.make(given)
        assert wrong.value.code == code


# ---- correcting ----------------------------------------------------------------------------------------------------------


def test_p3_data_are_set_right_and_what_was_before_is_kept(at: AtTheDesk) -> None:
    visit = at.open_visit("business", VisitInput(name="王小明", unit="3-1201", companions=2)).about
    said = {"name": "王晓明", "companions": 0, "goods": "电脑一台", "names": "", "vehicle": "面包车"}
    at.correct(visit, said)
    row = at.see(visit)
    assert (row.name, row.companions, row.goods, row.vehicle, row.unit) == ("王晓明", 0, "电脑一台", "面包车", "3-1201")
    assert at.correct(visit, said).again
    story = at.reception.story(LI, visit)
    assert [(e["kind"], e["personal"]["name"]) for e in story] == [
        ("visit.opened", "王小明"),
        ("visit.noted", "王晓明"),
    ]
    at.refuse(visit, "left")
    with stopped("visit-over"):
        at.correct(visit, {"name": "王"})


# ---- watch list ------------------------------------------------------------------------------------------------------------


def test_p6_who_is_watched_for_waits_for_the_leaders_word(at: AtTheDesk) -> None:
    reason = "曾冒充快递员进入园区"
    entry = at.watch(WatchInput(name="王小明", reason=reason), by=LEADER).about
    visit = at.open_visit("construction-long", VisitInput(name="王小明", company="宏达")).about
    assert at.kinds()[-3:] == ["visit.opened", "watch.matched", "notice.sent"]
    (notice,) = at.desk.notices()
    assert (notice.to, notice.about) == ("leader", "help-at-gate")
    at.answer(visit, "pass", "", StepInput(valid_until="2026-12-31", mine=True))
    with stopped("wait-leader"):
        at.admit(visit)
    mine, leaders = at.see(visit), at.see(visit, LEADER)
    assert (mine.watched, mine.watch) == ("waiting", ())
    assert reason not in str(mine)
    assert [(w.entry, w.reason, w.by) for w in leaders.watch] == [(entry, reason, "name")]
    at.decide(visit, "decline", "请到管理中心", by=LEADER)
    with stopped("leader-declined"):
        at.admit(visit)
    at.decide(visit, "admit", by=LEADER)
    at.admit(visit)
    assert [body["decision"] for kind, body in at.events() if kind == "watch.decided"] == ["decline", "admit"]
    assert reason not in str(at.events())
    assert reason not in str(at.reception.story(LI, visit))


def test_p6_the_list_looks_at_documents_plates_and_telephones_too(at: AtTheDesk) -> None:
    number = id_number()
    at.watch(WatchInput(number=number, reason="盗窃"), by=OFFICE)
    at.watch(WatchInput(plate="粤b·66666", phone="138 0013 8000", reason="纠纷"), by=LEADER)
    with at.store.reader() as con:
        assert number.encode() not in b"".join(part for (part,) in con.execute("SELECT bytes FROM personal"))
    first = at.open_visit("business", VisitInput(name="某人")).about
    assert at.see(first).watched == ""
    at.check_document(first, DocumentInput("resident-id", number))
    assert at.see(first, LEADER).watch[0].by == "number"
    second = at.open_visit(
        "business", VisitInput("vehicle", name="另一人", plate="粤B66666", phone="13800138000")
    ).about
    assert at.see(second, LEADER).watch[0].by == "plate,phone"
    third = at.open_visit("business", VisitInput(name="路人")).about
    at.correct(third, {"phone": "13800138000"})
    assert at.see(third).watched == "waiting"
    assert len(at.desk.notices()) == 3


def test_p6_an_entry_ends_by_its_date_or_by_a_leader(at: AtTheDesk) -> None:
    until = at.today.isoformat()
    at.watch(WatchInput(name="甲", reason="x", until=until), by=LEADER)
    gone = at.watch(WatchInput(name="乙", reason="x"), by=LEADER).about
    at.unwatch(gone, "误会", by=LEADER)
    assert [w.name for w in at.reception.watch_list()] == ["甲"]
    assert at.see(at.open_visit("business", VisitInput(name="乙")).about).watched == ""
    at.clock.at += 86_400_000
    assert at.see(at.open_visit("business", VisitInput(name="甲")).about).watched == ""
    wrong = [WatchInput(name="丙", reason="x", until=day) for day in ("明天", until)]  # `until` is yesterday by now
    for given in (WatchInput(reason="x"), WatchInput(name="丙"), *wrong):
        with pytest.raises(BadInput):
            at.watch(given, by=LEADER)


# ---- inside ------------------------------------------------------------------------------------------------------------------


def admitted(at: AtTheDesk, kind: str = "construction-long", **who: object) -> int:
    visit = at.open_visit(kind, VisitInput(**{"name": "王小明", "company": "宏达", **who})).about
    at.answer(visit, "pass", "", StepInput(valid_until="2026-12-31", mine=True))
    at.admit(visit)
    return visit


def test_v5_a_visit_past_its_planned_stay_is_said_until_somebody_sees_to_it_and_again(at: AtTheDesk) -> None:
    card = at.stocked()
    visit = at.open_visit("delivery", VisitInput(name="李师傅", unit="3-1201")).about
    at.hold_document(visit, DocumentInput(LICENCE, id_number()))
    at.issue_card(visit, card)
    at.answer(visit, "route", "told", StepInput(place="直行"))
    at.admit(visit)
    chore = at.reception.overstayed
    (inside,) = at.desk.people_inside(LI)
    stay_ms = round(at.plan.kinds["delivery"].stay_h * HOUR_MS)
    assert inside.due_ms == inside.since_ms + stay_ms == at.see(visit).due_ms
    assert at.loop.run_until_complete(chore()) == 0
    at.clock.at += stay_ms + 60_000
    assert [at.loop.run_until_complete(chore()) for _ in range(2)] == [1, 0], "on record once"
    row = at.see(visit)
    assert row.alarm_ms is not None
    assert row.alarm_ms <= at.clock.at
    assert at.desk.people_inside(LI)[0].overstays
    at.heard(visit)
    again = at.see(visit).alarm_ms
    assert again is not None
    assert again - at.clock.at == pytest.approx(at.plan.overstay_again_min * 60_000, abs=100)
    at.take_back_card(card)
    at.return_document(visit)
    at.close(visit)
    assert at.see(visit).alarm_ms is None
    other = admitted(at)
    with stopped("not-inside"):
        at.heard(other)


def test_the_muster_list_is_sorted_as_people_are_looked_for_and_lies_in_the_data_folder(
    at: AtTheDesk, tmp_path: Path
) -> None:
    for name, unit, others in (("甲", "11栋201", 0), ("乙", "2栋1402", 3), ("丙<b>", "", 0), ("丁", "2栋404", 0)):
        visit = admitted(at, name=name, unit=unit, companions=others)
        if others:
            at.correct(visit, {"names": "小红、小明"})
    at.append(ev.AccessDecided("entry", "in", "r", "0a", "C1", "owner", "granted", "ok", "粤B12345"))
    at.append(ev.VehicleCrossed("entry", "in", len(at.events())))
    made = at.reception.muster()
    assert [(line.unit, line.people) for line in made["people"]] == [
        ("2栋404", 1),
        ("2栋1402", 4),
        ("11栋201", 1),
        ("", 1),
    ]
    assert "7 人" in made["head"]
    assert "1 辆车" in made["head"]
    assert at.reception.write_muster(tmp_path)
    assert not at.reception.write_muster(tmp_path), "only when something changed"
    page, text = (tmp_path / "muster.html").read_text(), (tmp_path / "muster.txt").read_text()
    for shown in ("乙、小红、小明", "2栋1402", "粤B12345", made["head"]):
        assert shown in page
        assert shown in text
    assert "丙&lt;b&gt;" in page
    assert page.index("2栋404") < page.index("2栋1402") < page.index("11栋201")
    assert stat.S_IMODE((tmp_path / "muster.txt").stat().st_mode) == 0o600
    for row in at.desk.people_inside(LI):
        at.close(row.visit)
    at.append(ev.AccessDecided("exit", "out", "r", "0a", "C1", "owner", "granted", "ok", "粤B12345"))
    at.append(ev.VehicleCrossed("exit", "out", len(at.events())))
    assert at.reception.write_muster(tmp_path)
    assert not list(tmp_path.glob("muster.*")), "nobody inside, nothing left lying about"
