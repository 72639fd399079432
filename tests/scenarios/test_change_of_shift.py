"""The change of shift (D6) as stories: counted before compared, differences on record, cards blocked, sessions ended, reminders, cards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.desk import VisitInput
from edge.desk.sign_on import SignOn
from edge.domain import events as ev
from edge.errors import BadInput, SignInNeeded
from edge.store import registry
from edge.store.users import UserChange, Users
from tests.support_desk import LI, stopped
from tests.support_post import COUNTED, DAY, MINUTE, AtThePost, at_the_post


@pytest.fixture
def post(tmp_path: Path) -> Iterator[AtThePost]:
    with at_the_post(tmp_path) as made:
        made.at_time(14, 30)
        yield made


def test_d6_taken_over_by_a_right_count(post: AtThePost) -> None:
    chen, sun = post.somebody("chen"), post.somebody("sun")
    post.at.stocked()
    post.at.stock_card("0a00000002", "visitor", "A02")
    post.admitted("A01")
    post.taken("repair")
    assert post.on_duty() == ["chen", "sun"]
    assert post.shifts.duty(sun)["count"] is None
    count = post.count(sun)
    pending = post.shifts.duty(sun)["count"]
    assert pending is not None
    assert dict(zip(pending["items"], pending["known"], strict=True)) == {
        "documents": 1,
        "cards_rack": 1,
        "cards_out": 1,
        "visitors": 1,
        "requests": 1,
        "unsent": pending["known"][-1],
    }
    assert pending["counted"][:-1] == pending["known"][:-1]
    assert pending["counted"][-1] == -1, "what waits to be sent is read off"
    assert pending["differences"] == []
    post.run(post.shifts.hand_over(sun, count, ("chen",)))
    assert post.on_duty() == ["sun"], "who has handed over is off duty"
    (last,) = post.shifts.duty(sun)["handovers"]
    assert (last["outgoing"], last["incoming"], last["differences"], last["cards"]) == (["chen"], ["sun"], [], [])
    assert post.at.kinds()[-2:] == ["shift.handed_over", "session.ended"]
    ended = [body["why"] for kind, body in post.at.events() if kind == "session.ended"]
    assert ended == ["handed-over"]
    assert [s.state for s in post.at.desk.stock()] == ["issued", "rack"], "the card of a visitor inside stays good"
    assert post.shifts.duty(sun)["count"] is None
    with stopped("count-used"):
        post.run(post.shifts.hand_over(sun, count, ()))
    assert chen.user == "chen"


def test_d6_a_difference_needs_a_reason_and_stays_on_record(post: AtThePost) -> None:
    post.somebody("chen")
    sun = post.somebody("sun")
    post.at.stocked()
    count = post.count(sun, cards_rack=0, documents=2)
    with stopped("difference-reason"):
        post.run(post.shifts.hand_over(sun, count, ("chen",)))
    assert post.on_duty() == ["chen", "sun"]
    again = post.count(sun, cards_rack=0)
    post.run(post.shifts.hand_over(sun, again, ("chen",), "A01 在班长处维修"))
    (last,) = post.shifts.duty(sun)["handovers"]
    assert (last["differences"], last["reason"]) == (["cards_rack"], "A01 在班长处维修")
    counts = [body["counted"] for kind, body in post.at.events() if kind == "shift.counted"]
    assert [c[:2] for c in counts] == [[2, 0], [0, 0]], "the first count is on record as it was made"
    body = next(body for kind, body in post.at.events() if kind == "shift.handed_over")
    assert "reason" not in body, "a reason may name people"


def test_d6_cards_that_should_be_back_are_blocked_those_of_visitors_inside_stay_good(post: AtThePost) -> None:
    post.somebody("chen")
    for n in (1, 2):
        post.at.stock_card(f"0a0000000{n}", "visitor", f"A0{n}")
    post.admitted("A01", name="昨天来的")
    post.clock.at += DAY
    visit = post.admitted("A02", name="今天来的", unit="3-2")
    sun = post.somebody("sun")
    out = {row["label"]: row["not_back"] for row in post.shifts.overview()["cards_out"]}
    assert out == {"A01": True}
    post.run(post.shifts.hand_over(sun, post.count(sun), ("chen",)))
    assert {c.label: (c.state, c.reason) for c in post.at.desk.stock()} == {
        "A01": ("blocked", "shift-end"),
        "A02": ("issued", ""),
    }
    assert post.shifts.duty(sun)["handovers"][0]["cards"] == ["0a00000001"]
    assert post.at.see(visit).cards[0].state == "issued"
    post.at.take_back_card("A01")
    assert post.at.desk.stock()[0].state == "blocked", "back, and in use again only when stocked anew"


def test_d6_who_counts_is_who_takes_over_and_soon(post: AtThePost) -> None:
    post.somebody("chen")
    sun, he = post.somebody("sun"), post.somebody("he")
    count = post.count(sun)
    with stopped("count-of-another"):
        post.run(post.shifts.hand_over(he, count, ("chen",)))
    for nobody in ((), ("sun",), ("ghost",)):
        with stopped("outgoing"):
            post.run(post.shifts.hand_over(sun, count, nobody))
    post.clock.at += 31 * MINUTE
    assert post.shifts.duty(sun)["count"] is None
    with stopped("count-old"):
        post.run(post.shifts.hand_over(sun, count, ("chen",)))


@pytest.mark.parametrize(
    ("counted", "code"),
    [({"documents": 1}, "count-incomplete"), (dict.fromkeys(COUNTED, 0) | {"documents": -1}, "count-range")],
)
def test_d6_every_number_is_counted(post: AtThePost, counted: dict[str, int], code: str) -> None:
    with pytest.raises(BadInput) as wrong:
        post.run(post.shifts.count(LI, counted))
    assert wrong.value.code == code


def test_d6_nobody_handed_over_is_said_and_on_record_once(post: AtThePost) -> None:
    post.somebody("chen")

    def due() -> bool:
        return bool(post.shifts.duty(LI)["shift"]["due"])

    post.run(post.shifts.watch())
    assert not due()
    post.at_time(15, 1)
    post.run(post.shifts.watch())
    post.run(post.shifts.watch())
    assert due()
    assert [body["boundary"][-5:] for kind, body in post.at.events() if kind == "shift.due"] == ["15:00"]
    sun = post.somebody("sun")
    post.run(post.shifts.hand_over(sun, post.count(sun), ("chen",)))
    assert not due()
    post.at_time(22, 10)
    he = post.somebody("he")
    post.run(post.shifts.hand_over(he, post.count(he), ("sun",)))
    post.at_time(23, 30)
    assert not due(), "an hour early is that shift's hand-over"
    post.at_time(7, 5, days=1)
    post.run(post.shifts.watch())
    assert due()
    assert post.at.kinds().count("shift.due") == 2


def test_d6_the_leaders_view_has_lifts_by_reason_overrides_refusals_and_cards(post: AtThePost) -> None:
    post.somebody("chen")
    post.at.append(ev.PassOpened("entry", "in", "visitor"))
    sun = post.somebody("sun")
    post.run(post.shifts.hand_over(sun, post.count(sun), ("chen",)))
    post.at.stocked()
    visit = post.admitted("A01")
    post.at.append(
        ev.PassOpened("entry", "in", "delivery"),
        ev.PassOpened("entry", "in", "delivery"),
        ev.PassOpened("exit", "out", "other"),
        ev.PassAdmitted("exit", 5, "known"),
        ev.AccessDecided("entry", "in", "entry.reader", "00", "", "", "refused", "unknown-card"),
    )
    post.at.close(visit, "来访者从北门离开")
    seller = post.at.open_visit("salesperson", VisitInput(purpose="推销")).about
    post.at.refuse(seller, "no-need")
    seen = post.shifts.overview()
    assert seen["lifts_by_reason"] == {"delivery": 2, "other": 1}, "the lift of the shift before is not this one's"
    assert [(o["kind"], o["reason"]) for o in seen["overrides"]] == [
        ("visit.closed", "来访者从北门离开"),
        ("pass.admitted", "known"),
    ]
    assert [r["reason"] for r in seen["refusals"]] == ["no-need", "unknown-card"]
    assert seen["totals"] == {"lifts": 3, "overrides": 2, "refusals": 2}
    assert seen["known"]["documents"] == 1


# ---- signing on by staff card ----------------------------------------------------------------------------------------

HEAD = "卡号,类别,状态,编号,姓名,称呼,主管,房号,车牌,生效日期,截止日期,时段"
MINE = "0a003f8b01"


def told(post: AtThePost, folder: Path, state: str = "正常", until: str = "", kind: str = "员工") -> None:
    """Head office's registry has this one card."""
    file = folder / "registry.csv"
    file.write_text(f"{HEAD}\n{MINE},{kind},{state},S0001,陈立,先生,,保安部,,,{until},\n", "utf-8")
    registry.import_file(post.at.store, file, actor="gate", stamp=post.clock.stamp())


def test_d6_a_staff_card_says_who_and_the_pin_is_asked(post: AtThePost, tmp_path: Path) -> None:
    told(post, tmp_path)
    post.somebody("chen", card=MINE)
    known = post.run(post.sign_on.by_card(MINE))
    assert known is not None
    assert (known.user, known.ticket) == ("chen", "")
    assert post.sign_on.presented() == known
    with pytest.raises(SignInNeeded):
        post.run(post.sign_on.redeem("", "tablet"))
    post.clock.at += 11_000
    assert post.sign_on.presented() is None, "ten seconds"
    assert [b["answer"] for k, b in post.at.events() if k == "staff-card.presented"] == ["known"]


def test_d6_where_the_community_says_so_the_card_is_enough_once(post: AtThePost, tmp_path: Path) -> None:
    told(post, tmp_path)
    post.somebody("chen", card=MINE)
    post.run(post.users.hand_over(("chen",)))
    enough = SignOn(post.at.gate, post.users, card_is_enough=True)
    known = post.run(enough.by_card(MINE))
    assert known is not None
    token, session = post.run(enough.redeem(known.ticket, "tablet"))
    assert (session.user, post.on_duty()) == ("chen", ["chen"])
    assert post.users.session(token)
    with pytest.raises(SignInNeeded) as again:
        post.run(enough.redeem(known.ticket))
    assert again.value.code == "card-over"


@pytest.mark.parametrize(
    ("state", "until", "kind", "answer"),
    [
        ("挂失", "", "员工", "not-good"),
        ("正常", "2026-01-31", "员工", "not-good"),
        ("正常", "", "业主", ""),
    ],
)
def test_d6_a_lost_or_expired_card_or_an_owners_signs_nobody_on(
    post: AtThePost, tmp_path: Path, state: str, until: str, kind: str, answer: str
) -> None:
    told(post, tmp_path, state, until, kind)
    post.somebody("chen", card=MINE)
    assert post.run(post.sign_on.by_card(MINE)) is None
    assert post.sign_on.presented() is None
    assert [b["answer"] for k, b in post.at.events() if k == "staff-card.presented"] == ([answer] if answer else [])


def test_d6_a_card_is_one_persons_and_an_account_out_of_service_stays_out(post: AtThePost, tmp_path: Path) -> None:
    told(post, tmp_path)
    assert post.run(post.sign_on.by_card("0a00000099")) is None, "no card of the registry: no record"
    post.somebody("chen", card=MINE)
    with pytest.raises(BadInput) as taken:
        post.somebody("sun", card=MINE)
    assert taken.value.code == "card-taken"
    post.run(post.users.save("leader", UserChange("chen", "chen", "guard", enabled=False), ""))
    assert post.run(post.sign_on.by_card(MINE)) is None
    post.run(post.users.save("leader", UserChange("chen", "chen", "guard", card=""), ""))
    assert post.run(post.sign_on.by_card(MINE)) is None
    answers = [b["answer"] for k, b in post.at.events() if k == "staff-card.presented"]
    assert answers == ["disabled", "nobody's"]


def test_d6_cards_and_people_survive_a_restart(post: AtThePost) -> None:
    post.somebody("chen", card=MINE)
    again = Users(post.at.store, post.clock)
    try:
        assert [a.card for a in again.accounts() if a.user == "chen"] == [MINE]
        assert again.by_card(f"00{MINE}") is None
    finally:
        again.close()
