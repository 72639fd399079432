"""At the post, each rule as a story: D1–D4 (telephone, owners' requests, complaints, violations) and D5 (notices), on a real store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.desk.bulletins import BulletinInput
from edge.desk.requests import RequestInput
from edge.domain.courtesy import curt
from edge.domain.pictures import Stored
from edge.errors import BadInput, NotFound
from edge.store import journal
from tests.support_desk import LI, TECH, WU, stopped
from tests.support_post import BOSS, DAY, HOUR, MINUTE, ZHANG, AtThePost, at_the_post


@pytest.fixture
def post(tmp_path: Path) -> Iterator[AtThePost]:
    with at_the_post(tmp_path) as made:
        yield made


# ---- D1, D2 ----------------------------------------------------------------------------------------------------------


def test_d1_a_call_is_answered_logged_and_passed_on(post: AtThePost) -> None:
    tile = next(k for k in post.requests.kinds() if k.category == "call")
    assert (tile.say_zh, tile.rule) == ("您好，这里是臻园正门值班室，请问有什么可以帮到您？", "D1")
    call = post.taken("call", words="问会所几点开门")
    row = post.see(call)
    assert (row.state, row.department_zh, row.name, row.words) == ("passed", "管理中心", "周杰", "问会所几点开门")
    assert row.due_ms - row.at_ms == HOUR
    post.do("finish", call, note="已回电")
    row = post.see(call)
    assert (row.state, row.ended_ms is not None) == ("closed", True), "nobody needs to be asked about a call"
    assert [(s.step, s.by, s.note) for s in row.steps] == [
        ("received", "li", ""),
        ("passed", "li", ""),
        ("done", "li", "已回电"),
    ]
    assert post.at.rules() >= {"D1"}


def test_d1_answered_on_the_spot_is_one_record(post: AtThePost) -> None:
    call = post.taken("call", then="done", words="问会所几点开门", note="告诉了营业时间")
    assert post.see(call).state == "closed"
    assert post.at.kinds() == ["request.received", "request.done"]


def test_d2_promised_passed_on_done_and_asked_until_the_owner_is_satisfied(post: AtThePost) -> None:
    request = post.taken("repair")
    row = post.see(request)
    assert row.say_zh == "周先生，可以，我帮您联系工程部做。"
    assert (row.state, row.round, row.department, row.due_ms - row.at_ms) == ("passed", 1, "engineering", 120 * MINUTE)
    with stopped("request-open"):
        post.do("ask", request, "satisfied")
    post.do("finish", request, by=ZHANG)
    assert post.see(request).say_zh == "周先生，您好，这里是臻园正门值班室，您要求的报修已经办好，请问您满意吗？"
    post.do("ask", request, "unreached")
    assert post.see(request).state == "done", "asked again later"
    post.do("ask", request, "unsatisfied", note="还在滴水", by=WU)
    row = post.see(request)
    assert (row.state, row.round, row.department) == ("passed", 2, "engineering")
    assert row.say_zh.startswith("周先生，很抱歉，我马上联系工程部再次解决")
    assert row.due_ms == row.steps[-1].at_ms + 120 * MINUTE, "a new deadline for the new round"
    post.do("finish", request)
    post.do("ask", request, "satisfied")
    row = post.see(request)
    assert (row.state, row.round) == ("satisfied", 2)
    assert [s.step for s in row.steps] == ["received", "passed", "done", "asked", "asked", "sent-back", "done", "asked"]
    assert [s.by for s in row.steps][2:5] == ["headoffice:zhang", "li", "wu"]
    with stopped("request-over"):
        post.do("finish", request)


def test_d2_every_category_promises_and_never_says_no(post: AtThePost) -> None:
    kinds = post.requests.kinds()
    assert len(kinds) == 11
    wanted = {"repair", "gardening", "cleaning", "laundry", "complaint", "gas-check", "carrying", "care", "other"}
    assert wanted <= {k.category for k in kinds}
    for kind in kinds:
        assert kind.say_zh
        assert kind.say_en
        assert not curt(kind.say_zh)
        assert not curt(kind.say_en)
        assert "⟦" not in kind.say_zh


def test_d2_overdue_stands_out_is_on_record_once_a_deadline_and_rests_when_seen(post: AtThePost) -> None:
    slow, quick = post.taken("repair"), post.taken("carrying")
    assert [row.request for row in post.requests.rows(LI)] == [quick, slow], "by deadline"
    post.clock.at += 121 * MINUTE
    post.run(post.requests.watch())
    post.run(post.requests.watch())
    told = [body for kind, body in post.at.events() if kind == "request.overdue"]
    assert [(b["request"], b["round"]) for b in told] == [(slow, 1), (quick, 1)]
    assert all(row.overdue and row.alarm for row in post.requests.rows(LI))
    post.do("seen", slow)
    assert post.do("seen", slow).again
    assert (post.see(slow).overdue, post.see(slow).alarm) == (True, False)
    post.do("finish", slow)
    assert not post.see(slow).overdue, "now the owner is to be asked, within a day"
    post.clock.at += DAY + MINUTE
    post.run(post.requests.watch())
    assert post.see(slow).alarm
    post.do("finish", quick)
    assert [row.request for row in post.requests.rows(LI)] == [slow, quick], "what has ended comes last"
    post.do("ask", slow, "unsatisfied")
    assert not post.see(slow).overdue
    post.clock.at += 121 * MINUTE
    post.run(post.requests.watch())
    rounds = [b["round"] for k, b in post.at.events() if k == "request.overdue" and b["request"] == slow]
    assert rounds == [1, 1, 2], "one for each deadline"


def test_d2_while_the_clock_is_wrong_nothing_is_overdue_and_nothing_promised_for_a_time(post: AtThePost) -> None:
    early = post.taken("repair")
    post.clock.worth = "unset"
    late = post.taken("repair")
    post.clock.at += 3 * HOUR
    post.run(post.requests.watch())
    assert [row.overdue for row in post.requests.rows(LI)] == [False, False]
    assert post.see(late).due_ms == 0
    post.clock.worth = "ntp"
    post.run(post.requests.watch())
    assert (post.see(early).overdue, post.see(late).overdue) == (True, False)


def test_d2_passed_to_another_department_with_a_reminder_and_withdrawn(post: AtThePost) -> None:
    request = post.taken("other", then="keep")
    assert post.see(request).state == "received"
    post.do("pass_on", request, "cleaning", 30)
    row = post.see(request)
    assert (row.state, row.department_zh, row.due_ms - row.steps[-1].at_ms) == ("passed", "清洁部", 30 * MINUTE)
    assert post.do("pass_on", request, "cleaning").again
    post.do("pass_on", request, "gardening", by=ZHANG)
    post.do("note", request, "业主来电催办")
    post.do("withdraw", request, "业主已自行解决")
    assert post.do("withdraw", request, "再按一次").again
    assert post.see(request).state == "withdrawn"
    with stopped("request-over"):
        post.do("note", request, "再补一句")


def test_d2_two_guards_and_two_taps_do_it_once(post: AtThePost) -> None:
    given = RequestInput("repair", unit="3-1", words="漏水")
    first = post.run(post.requests.receive(LI, given, "k-1"))
    assert post.run(post.requests.receive(LI, given, "k-1")).about == first.about
    assert len(post.requests.rows(LI)) == 1
    post.do("finish", first.about, by=LI)
    assert post.do("finish", first.about, by=WU).again
    assert post.at.kinds().count("request.done") == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (RequestInput("repair", words="漏水"), "request-whom"),
        (RequestInput("complaint", unit="3-1"), "request-words"),
        (RequestInput("repair", unit="3-1", words="长" * 401), "too-long"),
        (RequestInput("repair", unit="3-1", minutes=-1), "minutes"),
        (RequestInput("repair", unit="3-1", department="nobody"), "bad-input"),
        (RequestInput("tea", unit="3-1"), "bad-input"),
    ],
)
def test_d2_what_is_missing_is_said_with_a_next_step(post: AtThePost, given: RequestInput, code: str) -> None:
    with pytest.raises(BadInput) as wrong:
        post.run(post.requests.receive(LI, given))
    assert wrong.value.code == code
    assert wrong.value.hint
    assert post.at.kinds() == []


def test_names_are_for_guards_and_gone_when_their_time_is_over(post: AtThePost) -> None:
    request = post.taken("repair", phone="13800138000")
    row = post.see(request, TECH)
    assert (row.name, row.words, row.phone) == ("周*", "", "138****8000")
    with post.at.store.reader() as con:
        body = con.execute("SELECT data FROM journal WHERE seq = ?", (request,)).fetchone()[0]
    assert "周杰".encode() not in body
    assert "漏水".encode() not in body
    post.at.store.transact_sync(lambda tx: journal.erase(tx.con, range(1, 10)))
    row = post.see(request)
    assert (row.name, row.words, row.unit, row.state) == ("", "", "3-1201", "passed")
    assert row.say_zh.startswith("先生，可以"), "the polite general form"


# ---- D3, D4 ----------------------------------------------------------------------------------------------------------


def test_d3_a_complaint_is_reported_up_at_once(post: AtThePost) -> None:
    request = post.taken("complaint", words="楼上深夜装修")
    row = post.see(request)
    assert (row.rule, row.state, row.department) == ("D3", "passed", "management")
    assert "我都记下来，马上为您处理" in row.say_zh
    assert [(s.step, s.to) for s in row.steps if s.step == "reported"] == [
        ("reported", "leader"),
        ("reported", "headoffice"),
    ]
    told = post.at.desk.notices()
    assert sorted(n.to for n in told) == ["headoffice", "leader"]
    assert all(n.zh.startswith("业主投诉") for n in told)
    post.at.acknowledge(next(n.notice for n in told if n.to == "leader"))
    acked = {s.to: s.acked_ms for s in post.see(request).steps if s.step == "reported"}
    assert acked["leader"]
    assert acked["headoffice"] is None
    assert post.at.rules() == {"D3", "P5 V4 V5"}


def test_d3_what_is_within_the_guards_duty_is_handled_at_once_and_the_owner_asked(post: AtThePost) -> None:
    request = post.taken("complaint", then="done", words="门口有车堵路", note="已请司机挪车")
    assert "notice.sent" not in post.at.kinds()
    assert post.see(request).state == "done"
    post.do("ask", request, "satisfied")
    assert post.see(request).state == "satisfied"


@pytest.mark.parametrize(
    ("phrase", "said"),
    [("post-violation", "周先生，请您不要这样做，这样违反公司管理规定。"), ("stop-should", "周先生，您应该这样做。")],
)
def test_d4_a_violation_is_stopped_with_a_phrase_of_the_seed_and_recorded_with_a_picture(
    post: AtThePost, phrase: str, said: str
) -> None:
    async def camera(lane: str, keep: str) -> Stored | None:
        return Stored("ab" * 32, 1234, keep) if lane == "entry" else None

    post.requests.photograph = camera
    request = post.taken("violation", phrase=phrase, lane="entry", words="在草坪上踢球")
    row = post.see(request)
    assert (row.rule, row.state, row.say_zh, row.picture) == ("D4", "closed", said, "ab" * 32)
    assert post.at.kinds() == ["request.received", "picture.taken", "request.done"]
    assert post.at.rules() == {"D4"}
    assert post.see(post.taken("violation", lane="exit", words="吸烟")).picture == "", (
        "no camera there: recorded all the same"
    )


# ---- D5 --------------------------------------------------------------------------------------------------------------


def test_d5_a_water_cut_is_shown_from_when_it_begins_until_it_ends(post: AtThePost) -> None:
    post.at_time(9, 0)
    begin = post.clock.at + HOUR
    cut = post.posted(begin=HOUR, hours=4, text="水管检修", restored_ms=begin + 4 * HOUR)
    assert post.shown() == []
    post.clock.at = begin
    (row,) = post.shown()
    assert (
        row.say_zh == "先生（小姐），您好，今天10:00到14:00停水，事由是水管检修，预计今天14:00恢复，不便之处请您见谅。"
    )
    assert row.say_en.startswith(
        "Sir or Madam, hello, the water is cut off today at 10:00 to 14:00. The reason is: 水管检修."
    )
    post.clock.at = begin + 4 * HOUR
    assert post.shown() == []
    assert post.bulletin(cut).phase == "over"


def test_d5_pest_control_is_shown_a_day_before(post: AtThePost) -> None:
    post.at_time(8, 0)
    pest = post.posted("pest-control", begin=25 * HOUR, hours=2)
    assert post.bulletin(pest).phase == "coming"
    post.clock.at += HOUR
    (row,) = post.shown()
    assert row.say_zh.startswith("先生（小姐），您好，明天09:00到11:00园区杀虫灭鼠")


def test_d5_read_by_whom_corrected_and_read_again_then_withdrawn(post: AtThePost) -> None:
    cut = post.posted("power-cut", text="变压器故障")
    assert "恢复时间我们正在联系了解" in post.shown()[0].say_zh
    post.run(post.bulletins.read(LI, cut, 1, "tablet-1"))
    assert post.run(post.bulletins.read(LI, cut, 1, "tablet-1")).again
    post.run(post.bulletins.read(WU, cut, 1, "tablet-2"))
    assert [(r["actor"], r["device"]) for r in post.bulletin(cut).reads] == [("li", "tablet-1"), ("wu", "tablet-2")]
    was = post.bulletin(cut)
    later = BulletinInput("power-cut", "变压器故障", was.from_ms, was.until_ms + HOUR, was.until_ms + HOUR)
    post.run(post.bulletins.correct(BOSS, cut, later))
    assert post.run(post.bulletins.correct(BOSS, cut, later)).again
    row = post.bulletin(cut)
    assert (row.version, row.reads, row.by) == (2, (), "ban")
    assert "预计今天" in row.say_zh
    post.run(post.bulletins.withdraw(ZHANG, cut, "已恢复供电"))
    assert post.run(post.bulletins.withdraw(ZHANG, cut)).again
    assert post.shown() == []
    assert post.bulletin(cut).phase == "withdrawn"
    with stopped("bulletin-over"):
        post.run(post.bulletins.correct(BOSS, cut, later))
    post.clock.at += DAY + HOUR
    assert post.bulletins.rows() == (), "off the list a day later"


def test_d5_only_head_office_and_leaders_post_and_times_are_looked_at(post: AtThePost) -> None:
    now = post.clock.at
    with stopped("bulletin-by"):
        post.run(post.bulletins.post(LI, BulletinInput("festival", "中秋快乐", now)))
    for given, code in (
        (BulletinInput("festival", "中秋快乐"), "bulletin-begin"),
        (BulletinInput("festival", "", now), "bulletin-text"),
        (BulletinInput("gas", "检修", now, now - 1), "bulletin-until"),
        (BulletinInput("gas", "检修", now, now + HOUR, now - 1), "bulletin-restored"),
        (BulletinInput("festival", "中秋快乐", now, 0, now + HOUR), "bulletin-restored"),
        (BulletinInput("rain", "下雨", now), "bad-input"),
    ):
        with pytest.raises(BadInput) as wrong:
            post.run(post.bulletins.post(BOSS, given))
        assert wrong.value.code == code
    with pytest.raises(NotFound):
        post.run(post.bulletins.read(LI, 999, 1))
    post.run(post.bulletins.post(BOSS, BulletinInput("festival", "中秋快乐", now)))
    assert post.shown()[0].say_zh == "先生（小姐），您好，中秋快乐。"
    post.clock.at += 300 * DAY
    assert post.shown(), "until it is withdrawn"


def test_d5_with_the_clock_unset_everything_that_stands_is_shown(post: AtThePost) -> None:
    post.posted(begin=48 * HOUR)
    assert post.shown() == []
    post.clock.worth = "unset"
    assert len(post.shown()) == 1
