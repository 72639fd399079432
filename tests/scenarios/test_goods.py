"""G1: goods leave with a permit that was checked, or they stay; every case is on record. At the desk; with lanes: test_goods_lanes.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.desk.goods_permits import ItemInput
from edge.domain.goods import Counted
from tests.support_desk import LI, TECH, WU
from tests.support_goods import BOSS, BOXES, DRILL, JPEG, OFFICE, SOFA, WithGoods, refused, with_goods


@pytest.fixture
def at(tmp_path: Path) -> Iterator[WithGoods]:
    with with_goods(tmp_path, camera=True) as made:
        yield made


def test_g1_a_permit_on_paper_is_typed_in_checked_and_used_up(at: WithGoods) -> None:
    start = len(at.at.events())
    permit = at.permit()
    row = at.see(permit)
    assert (row.findings, row.source, row.role_zh, row.signer) == ((), "paper", "业主", "周杰")
    assert row.say_zh == "王先生（小姐），谢谢，请您稍等，我同您一起核对一下物品的名称和数量。"
    with refused("first-genuine"):
        at.out(permit, 1, 5, genuine=False)
    with refused("first-count"):
        at.out(permit, 0, 0)
    at.out(permit, 1, 5)
    row = at.see(permit)
    assert (row.state, row.stops, [item.left for item in row.items]) == ("used", "used", [0, 0])
    assert "已经放行过了" in row.say_zh
    assert [(g.what, g.name, g.quantity) for g in row.log] == [("released", "沙发", 1), ("released", "纸箱", 5)]
    assert at.at.kinds(start) == ["permit.registered", "goods.released"]
    assert at.at.rules(start) == {"G1"}
    with refused("permit-used"):
        at.out(permit, 1, 0)


def test_g1_a_part_leaves_now_and_the_rest_until_its_date(at: WithGoods) -> None:
    permit = at.permit(until=at.day(2))
    at.out(permit, 1, 2)
    assert [item.left for item in at.see(permit).items] == [0, 3]
    assert [row.permit for row in at.goods.permits(LI)] == [permit]
    at.at.clock.at += 2 * 86_400_000
    at.out(permit, 0, 1)
    at.at.clock.at += 86_400_000
    assert at.see(permit).findings == ("expired",)
    with refused("permit-expired"):
        at.out(permit, 0, 1)
    assert at.goods.permits(LI) == ()
    released = [body["taken"] for kind, body in at.at.events() if kind == "goods.released"]
    assert released == [[1, 2], [0, 1]]


def test_g1_what_differs_stays_and_is_on_record_with_a_picture(at: WithGoods) -> None:
    """Seven boxes instead of five, another sofa than the permit says, and a television that it does not name."""
    permit = at.permit()
    before = len(at.at.events())
    counted = [Counted(0, 1, other=True), Counted(1, 7)]
    at.release(permit, counted, genuine=True, extra=[ItemInput("电视机", 1, "台")])
    assert at.at.kinds(before) == ["goods.released", "goods.kept", "goods.kept", "goods.kept"]
    row = at.see(permit)
    assert [(g.name, g.quantity, g.why) for g in row.log if g.what == "kept"] == [
        ("沙发", 1, "other"),
        ("纸箱", 2, "more"),
        ("电视机", 1, "not-listed"),
    ]
    assert [item.left for item in row.items] == [1, 0]
    kept = [seq for seq, (kind, _) in enumerate(at.at.events(), 1) if kind == "goods.kept"]
    assert at.snapped == [("exit", "goods", kept[0])]
    assert [g.camera for g in at.goods.kept()] == ["same", "same", "asked"]


def test_g1_without_a_camera_the_record_says_so(tmp_path: Path) -> None:
    with with_goods(tmp_path) as at:
        at.out(at.permit(), 1, 6)
        (kept,) = at.goods.kept()
        assert (kept.camera, kept.picture) == ("none", "")


@pytest.mark.parametrize(
    ("more", "finding", "said"),
    [
        ({"until": "2026-01-31"}, "expired", "已经过了有效日期"),
        ({"stamped": False}, "unstamped", "还需要加盖管理中心印章"),
        ({"plate": "粤B99999"}, "another", "登记的是另一位（另一辆车）"),
    ],
)
def test_g1_a_permit_that_is_not_good_has_its_own_sentence(
    at: WithGoods, more: dict[str, object], finding: str, said: str
) -> None:
    permit = at.permit(**more)
    row = at.see(permit, plate="粤B12345")
    assert row.stops == finding
    assert said in row.say_zh
    assert "管理中心" in row.do_zh or "联系" in row.do_zh
    before = len(at.at.events())
    at.refuse(permit, finding)
    ((kind, body),) = at.at.events(before)
    assert (kind, body["finding"], body["permit"]) == ("permit.refused", finding, permit)
    assert [g.why for g in at.see(permit).log] == [finding]


@pytest.mark.parametrize(("judged", "said"), [("signature", "签名需要再核实"), ("stamp", "印章需要再核实")])
def test_g1_a_doubtful_signature_or_stamp_stops_the_permit_until_it_is_verified(
    at: WithGoods, judged: str, said: str
) -> None:
    permit = at.permit()
    say = {f["finding"]: f["say_zh"] for f in at.goods.show.words("guard")["findings"]}
    assert said in say[judged]
    at.refuse(permit, judged)
    row = at.see(permit)
    assert (row.state, row.stops, row.reason) == ("stopped", "stopped", judged)
    with refused("permit-stopped"):
        at.out(permit, 1, 5)
    with refused("not-allowed"):
        at.restore(permit, "管理中心电话核实")
    at.restore(permit, "管理中心电话核实", by=BOSS)
    at.out(permit, 1, 5)


def test_g1_an_owner_may_not_sign_for_tools_and_they_stay(at: WithGoods) -> None:
    permit = at.permit(items=(SOFA, DRILL))
    row = at.see(permit)
    assert (row.findings, row.stops) == (("authority",), "")
    assert "需要施工单位负责人或管理中心签名" in row.say_zh
    assert [item.may for item in row.items] == [True, False]
    at.out(permit, 1, 2)
    row = at.see(permit)
    assert [(g.what, g.name, g.why) for g in row.log] == [("released", "沙发", ""), ("kept", "电锤", "authority")]
    assert row.state == "open"


def test_g1_a_contractor_signs_for_tools(at: WithGoods) -> None:
    with refused("of-company"):
        at.permit(role="contractor", unit="", items=(DRILL,))
    permit = at.permit(role="contractor", company="宏图装修", items=(DRILL,))
    at.out(permit, 2)
    assert at.see(permit).state == "used"


def test_g1_goods_without_any_permit_stay(at: WithGoods) -> None:
    at.refuse(0, "none", extra=[ItemInput("空调外机", 2, "台")])
    assert [(g.what, g.name, g.quantity, g.why) for g in at.goods.kept()] == [
        ("kept", "空调外机", 2, "not-listed"),
        ("refused", "", 0, "none"),
    ]


def test_g1_registered_beforehand_by_head_office_and_found_by_everything(at: WithGoods) -> None:
    given = at.paper(plate="粤b·12345", number="cz-88", paper=False)
    permit = at.register(given, by=OFFICE).about
    with at.at.store.reader() as con:
        (actor,) = con.execute("SELECT actor FROM permits WHERE permit = ?", (permit,)).fetchone()
    assert (actor, at.see(permit).source) == ("headoffice:zhang", "headoffice")
    for text in ("CZ-88", "cz-8", "粤B12", "粤B·12345", "11栋", "王小明", "周杰"):
        assert [row.permit for row in at.goods.permits(LI, text)] == [permit], text
    assert at.goods.permits(LI, "9栋") == ()
    again = at.register(at.paper(number="CZ-88"))
    assert (again.about, again.again) == (permit, True), "the paper of a permit that is known is that permit"


def test_g1_the_specimen_is_beside_the_permit_the_signers_first(at: WithGoods) -> None:
    with refused("not-allowed"):
        at.file_specimen("owner", JPEG, unit="11栋201", name="周杰")
    with refused("picture-form"):
        at.file_specimen("owner", b"GIF89a", unit="11栋201", by=BOSS)
    at.file_specimen("owner", JPEG + b"1", unit="11栋201", name="周太", by=BOSS)
    mine = at.file_specimen("owner", JPEG, unit="11栋201", name="周杰", by=OFFICE).about
    other = at.file_specimen("owner", JPEG + b"2", unit="11栋202", name="别家", by=BOSS).about
    permit = at.permit()
    shown = at.see(permit).specimens
    assert [(s.name, s.mine) for s in shown] == [("周杰", True), ("周太", False)]
    assert at.goods.photos.get(shown[0].digest) == JPEG
    assert at.see(permit, TECH).specimens == ()
    at.withdraw_specimen(mine, "换了签名", by=BOSS)
    assert at.withdraw_specimen(mine, "换了签名", by=BOSS).again
    assert [s.name for s in at.see(permit).specimens] == ["周太"]
    assert at.goods.photos.get(shown[0].digest) is None, "the picture goes with it"
    with refused("not-found"):
        at.withdraw_specimen(other + 99, "没有", by=BOSS)


def test_g1_two_guards_with_one_permit_do_not_both_release_the_same(at: WithGoods) -> None:
    permit = at.permit()
    first = at.out(permit, 1, 2, gone=0, key="tap")
    assert at.out(permit, 1, 2, gone=0, key="tap").seq == first.seq
    with refused("permit-changed"):
        at.out(permit, 0, 3, gone=0, by=WU)
    at.out(permit, 0, 3, gone=3, by=WU)
    assert at.see(permit).state == "used"


def test_g1_what_is_written_wrongly_is_named(at: WithGoods) -> None:
    for more, code in (
        ({"items": ()}, "items-none"),
        ({"items": (ItemInput(" ", 1, "件", "household"),)}, "items-none"),
        ({"items": (ItemInput("箱", 0, "件", "household"),)}, "item-count"),
        ({"items": (ItemInput("箱", 1, "件", "gold"),)}, "bad-input"),
        ({"items": (BOXES,) * 61}, "items-many"),
        ({"until": "明天"}, "until-form"),
        ({"unit": ""}, "of-unit"),
        ({"role": "thief"}, "bad-input"),
        ({"remark": "长" * 61}, "too-long"),
    ):
        with refused(code):
            at.permit(**more)
    permit = at.permit()
    with refused("item-unknown"):
        at.release(permit, [Counted(2, 1)], genuine=True)
    with refused("item-count"):
        at.release(permit, [Counted(0, -1)], genuine=True)
    with refused("bad-input"):
        at.refuse(permit, "difference")
    with refused("reason-needed"):
        at.stop(permit, " ", by=BOSS)
    with refused("permit-open"):
        at.restore(permit, "好", by=BOSS)
    with refused("not-found"):
        at.see(permit + 500)


def test_g1_while_the_clock_is_wrong_the_guard_reads_the_date(at: WithGoods) -> None:
    permit = at.permit(until="2026-01-31")
    at.at.clock.worth = "unset"
    assert at.see(permit).findings == ()
    assert [row.permit for row in at.goods.permits(LI)] == [permit]
    at.out(permit, 1, 5)


def test_g1_names_stand_in_personal_parts_alone(at: WithGoods) -> None:
    permit = at.permit(remark="王小明的母亲来取")
    at.file_specimen("owner", JPEG, unit="11栋201", name="周杰", by=BOSS)
    at.out(permit, 1, 5)
    with at.at.store.reader() as con:
        journal = b"".join(data for (data,) in con.execute("SELECT data FROM journal")).decode()
        tables = "".join(
            str(row)
            for table in ("permits", "permit_items", "goods_log", "specimens")
            for row in con.execute(f"SELECT * FROM {table}")
        )
    for name in ("王小明", "周杰"):
        assert name not in journal
        assert name not in tables
    row = at.see(permit, TECH)
    assert (row.signer, row.bearer, row.remark) == ("周*", "王**", "")
