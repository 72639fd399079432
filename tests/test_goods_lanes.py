"""Trucks and goods at the exit of a whole gate (G1, G2, V3): real readers' bytes in, the arm's pins out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from edge.desk.goods_permits import ItemInput, PermitInput
from edge.domain.goods import Counted
from edge.errors import GateError, NotExecuted
from edge.orders import Person
from edge.store import registry, verify
from tests.support_desk import LICENCE, id_number
from tests.support_gate import Whole, whole, without_cameras

LI, GUARD = Person("leader", "leader"), Person("li", "guard")
TRUCK_CARD, CAR_CARD, VISIT_CARD = "0a00c70001", "0a00c70002", "0a00c70003"
TRUCK, CAR = "粤BH0001", "粤BC0002"
ROSTER = (
    f"卡号,类别,编号,姓名,车牌,车型\n{TRUCK_CARD},公司,T1,陈师傅,{TRUCK},货车\n{CAR_CARD},业主,C1,周杰,{CAR},小车\n"
)
Story = Callable[[Whole], Awaitable[None]]


def quick(raw: dict[str, Any]) -> None:
    """No cameras; and a card at two lanes within twenty seconds is no copy here."""
    without_cameras(raw)
    raw["policy"] = raw.get("policy", {}) | {"two_places_s": 0, "anti_passback": "off"}


def at_a_gate(data: Path, story: Story, change: Callable[[dict[str, Any]], None] = quick) -> None:
    async def run() -> None:
        async with whole(data, change) as gate:
            house = gate.house
            await asyncio.to_thread(
                registry.import_bytes, house.store, ROSTER.encode(), "list.csv", stamp=house.clock.stamp()
            )
            await story(gate)

    asyncio.run(run())
    report = verify.verify_file(data / "gate.sqlite")
    assert report.ok, report.text()


async def presented(gate: Whole, card: str, lane: str = "exit", *, again: bool = False) -> Any:
    """A card at the reader. `again`: after the seconds in which a reader takes the same card for the same presentation."""
    seq = gate.head()
    if again:
        await gate.gate.card(lane, f"{lane}.reader", bytes.fromhex(card))
    else:
        gate.tap(card, lane)
    said = await gate.event("access.decided", seq, lane=lane, card=card)
    await gate.until(lambda: (gate.lane(lane)["prompt"] or {}).get("code") and not gate.gate.lanes[lane].deciding)
    return said


async def stays_down(gate: Whole, code: str, action: str = "open") -> None:
    with pytest.raises(NotExecuted) as refused:
        await gate.order(action, "exit")
    assert refused.value.code == code
    assert gate.phase("exit") == "down"
    assert gate.all("command.refused", why=code)


def test_g2_a_trucks_card_is_asked_about_until_its_load_was_checked(tmp_path: Path) -> None:
    """The whole way: asked, refused to the guard, checked, driven out over the loops; and the next time asked again."""

    async def story(gate: Whole) -> None:
        goods = gate.house.post.goods
        mine = {"card": TRUCK_CARD, "plate": TRUCK, "lane": "out"}
        seq = gate.head()
        leaving = asyncio.create_task(gate.steps({**mine, "expect": "ask", "outcome": "crossed"}))
        said = await gate.event("access.decided", seq, card=TRUCK_CARD)
        assert (said.decision, said.reason, said.rule) == ("ask", "load-unchecked", "G2")
        await gate.says("ask.load-unchecked", "exit")
        assert gate.lane("exit")["prompt"]["params"]["outstanding"] == ["load"]
        await stays_down(gate, "load-unchecked")
        await stays_down(gate, "load-unchecked", "hold")
        ((row,),) = (goods.trucks(),)
        assert (row.lane, row.plate, row.load) == ("exit", TRUCK, "due")
        await goods.check_load(GUARD, "exit", "empty")
        checked = await gate.event("load.checked", seq)
        assert (checked.plate, checked.credential, checked.result, checked.rule) == (TRUCK, "T1", "empty", "G2")
        await gate.says("load-done", "exit")
        await gate.order("open", "exit", reason="")
        (told,) = await leaving
        assert told.wrong == ""
        with gate.house.store.reader() as con:
            assert con.execute("SELECT used_ms IS NOT NULL FROM load_checks").fetchall() == [(1,)]
        said = await presented(gate, TRUCK_CARD, again=True)
        assert (said.decision, said.reason) == ("ask", "load-unchecked"), "a check serves one departure"
        said = await presented(gate, CAR_CARD)
        assert said.decision == "granted", "an owner's car is not a truck"

    at_a_gate(tmp_path, story)


def test_g2_once_checked_the_card_itself_opens(tmp_path: Path) -> None:
    async def story(gate: Whole) -> None:
        await presented(gate, TRUCK_CARD)
        await gate.house.post.goods.check_load(GUARD, "exit", "empty")
        said = await presented(gate, TRUCK_CARD, again=True)
        assert (said.decision, said.reason) == ("granted", "ok")
        await gate.event("barrier.observed", said.seq, lane="exit", now="up")

    at_a_gate(tmp_path, story)


def test_g2_a_truck_that_the_guard_announces_waits_is_unloaded_and_is_known_next_time(tmp_path: Path) -> None:
    async def story(gate: Whole) -> None:
        goods = gate.house.post.goods
        with pytest.raises(NotExecuted) as wrong:
            await goods.check_load(GUARD, "exit", "empty")
        assert wrong.value.code == "no-truck"
        with pytest.raises(NotExecuted) as wrong:
            await goods.mark_truck(GUARD, "entry")
        assert wrong.value.code == "not-an-exit"
        await goods.mark_truck(GUARD, "exit", plate="粤b·77777")
        assert (await goods.mark_truck(GUARD, "exit")).again
        assert gate.lane("exit")["prompt"]["code"] == "truck"
        assert gate.live.snapshot()["goods"]["here"][0]["load"] == "due"
        await stays_down(gate, "load-unchecked")
        await goods.check_load(GUARD, "exit", "unpermitted", extra=[ItemInput("空调外机", 2, "台")])
        assert gate.lane("exit")["prompt"]["code"] == "load-goods"
        await stays_down(gate, "load-kept")
        assert [(k.what, k.name) for k in goods.kept()] == [("kept", "空调外机")]
        await goods.check_load(GUARD, "exit", "empty")
        seq = gate.head()
        await gate.order("open", "exit", plate="粤B77777")
        await gate.event("barrier.observed", seq, lane="exit", now="up")
        await gate.order("close", "exit")
        await gate.event("barrier.observed", seq, lane="exit", now="down")
        assert goods.trucks() == ()
        await gate.order("open", "exit", plate="粤B11111")
        with gate.house.store.reader() as con:
            assert con.execute("SELECT vehicle FROM trucks").fetchall() == [("粤B77777",)]

    at_a_gate(tmp_path, story)


def test_g2_a_tap_by_mistake_is_taken_back(tmp_path: Path) -> None:
    async def story(gate: Whole) -> None:
        goods = gate.house.post.goods
        await goods.mark_truck(GUARD, "exit", plate=CAR)
        said = await presented(gate, CAR_CARD)
        assert said.reason == "load-unchecked"
        await goods.mark_truck(GUARD, "exit", truck=False, plate=CAR)
        said = await presented(gate, CAR_CARD, again=True)
        assert said.decision == "granted"

    at_a_gate(tmp_path, story)


def test_g2_only_a_leader_overrides_and_says_why_and_fire_opens_whatever_stands_there(tmp_path: Path) -> None:
    async def story(gate: Whole) -> None:
        goods = gate.house.post.goods
        await goods.mark_truck(GUARD, "exit")
        for person, reason in ((GUARD, "救火"), (LI, " ")):
            with pytest.raises(GateError) as wrong:
                await goods.check_load(person, "exit", "override", reason=reason)
            assert wrong.value.hint
        seq = gate.head()
        await stays_down(gate, "load-unchecked")
        await goods.check_load(LI, "exit", "override", reason="管理中心电话同意")
        checked = await gate.event("load.checked", seq)
        assert (checked.result, checked.reason, checked.actor) == ("override", "管理中心电话同意", "user:leader")
        await gate.order("open", "exit")
        await gate.event("barrier.observed", seq, lane="exit", now="up")
        await gate.order("close", "exit")
        await gate.event("barrier.observed", seq, lane="exit", now="down")
        await goods.mark_truck(GUARD, "exit")
        await stays_down(gate, "load-unchecked")
        assert gate.world is not None
        gate.world.world.fault("exit", "fire", True)
        await gate.event("barrier.observed", seq, lane="exit", now="held")

    at_a_gate(tmp_path, story)


def test_g2_goods_on_a_truck_go_through_their_permit(tmp_path: Path) -> None:
    """G1 and G2 at once: the check of the permit is the check of the load; what differs is unloaded, and looked into again."""

    async def story(gate: Whole) -> None:
        goods, items = gate.house.post.goods, (ItemInput("瓷砖", 20, "箱", "material"),)
        today = gate.gate.local(gate.gate.clock.stamp())
        assert today is not None
        given = PermitInput(
            "contractor", today.date().isoformat(), items, company="宏图装修", plate=TRUCK, stamped=True
        )
        permit = (await goods.register(LI, given)).about
        await presented(gate, TRUCK_CARD)
        seq = gate.head()
        with pytest.raises(NotExecuted) as wrong:
            await goods.release(GUARD, permit, [Counted(0, 5)], genuine=True, lane="exit", plate=CAR)
        assert wrong.value.code == "permit-another"
        more = {"genuine": True, "lane": "exit", "plate": TRUCK}
        await goods.release(GUARD, permit, [Counted(0, 12)], extra=[ItemInput("电线", 1, "卷")], **more)
        assert [e.kind for e in gate.journal(seq) if e.kind[:5] in ("goods", "load.")] == [
            *("goods.released", "goods.kept", "load.checked")
        ]
        assert gate.lane("exit")["prompt"]["code"] == "load-goods"
        await stays_down(gate, "load-kept")
        await goods.release(GUARD, permit, [Counted(0, 3)], **more)
        released = gate.all("goods.released", seq)[-1]
        assert (released.way, released.plate, released.taken) == ("vehicle", TRUCK, [3])
        assert goods.permit(LI, permit).items[0].left == 5
        said = await presented(gate, TRUCK_CARD, again=True)
        assert said.decision == "granted"

    at_a_gate(tmp_path, story)


async def in_by_truck(gate: Whole) -> int:
    """V5: a delivery by truck has come in with its card."""
    from edge.desk import DocumentInput, StepInput, VisitInput

    desk = gate.house.post.desk
    await desk.stock_card(LI, VISIT_CARD, "vehicle", "车01")
    given = VisitInput("vehicle", name="李师傅", unit="3-1201", plate="粤B12345", vehicle="truck")
    visit = (await desk.open_visit(LI, "delivery", given)).about
    await desk.hold_document(LI, visit, DocumentInput(LICENCE, id_number()))
    await desk.issue_card(LI, visit, "车01")
    await desk.answer(LI, visit, "route", "told", StepInput(place="东侧车道"))
    await desk.admit(LI, visit)
    mine = {"card": VISIT_CARD, "plate": "粤B12345", "lane": "in", "expect": "granted", "outcome": "crossed"}
    (told,) = await gate.steps(mine)
    assert told.wrong == ""
    return visit


def test_v3_g2_a_delivery_truck_leaves_when_card_document_and_load_are_settled_and_its_plate_agrees(
    tmp_path: Path,
) -> None:
    def with_exit_camera(raw: dict[str, Any]) -> None:
        raw["policy"] = raw.get("policy", {}) | {"two_places_s": 0}

    async def story(gate: Whole) -> None:
        desk, goods = gate.house.post.desk, gate.house.post.goods
        await gate.frames()
        visit = await in_by_truck(gate)
        with pytest.raises(NotExecuted) as wrong:
            await goods.compare_plates(GUARD, visit, "粤B12345")
        assert wrong.value.code == "nothing-leaving"
        said = await presented(gate, VISIT_CARD)
        assert said.reason == "document-outstanding"
        assert gate.lane("exit")["prompt"]["params"]["outstanding"] == ["card", "document", "load"]
        await gate.event("picture.taken", said.seq, lane="exit", moment="card")
        seen = goods.passages(visit)
        assert seen["entry"]["outcome"] == "crossed"
        assert seen["entry"]["picture_card"]
        assert seen["exit"]["picture_card"]
        assert seen["compared"] is None
        await goods.compare_plates(GUARD, visit, "粤B·1234S")
        assert goods.passages(visit)["compared"]["agrees"] == 0
        await goods.compare_plates(GUARD, visit, "粤b12345")
        assert (await goods.compare_plates(GUARD, visit, "粤B12345")).again
        assert goods.passages(visit)["compared"]["agrees"] == 1
        await desk.return_document(LI, visit)
        await desk.take_back_card(LI, visit=visit)
        await desk.close(LI, visit)
        await stays_down(gate, "load-unchecked")
        seq = gate.head()
        await goods.check_load(GUARD, "exit", "unpermitted")
        taken = await gate.event("picture.taken", seq, moment="goods")
        assert taken.pass_seq == gate.all("load.checked", seq)[0].seq
        await goods.check_load(GUARD, "exit", "empty")
        await gate.order("open", "exit")
        await gate.event("barrier.observed", seq, lane="exit", now="up")

    at_a_gate(tmp_path, story, with_exit_camera)
