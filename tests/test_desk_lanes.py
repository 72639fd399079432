"""Temporary vehicle cards at the lanes of a whole gate (V3, V5): real readers' bytes in, the arm's pins out."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from edge.desk import Desk, DocumentInput, StepInput, VisitInput
from edge.errors import NotExecuted
from edge.orders import Person
from edge.store import verify
from edge.wiring import House
from tests.support_desk import LICENCE, id_number
from tests.support_gate import Whole, laptop, whole, without_cameras

LI = Person("leader", "leader")
CARD = "0a003f8a21"
PLATE = "粤B12345"
RATE = 10.0


async def register(desk: Desk, card: str = CARD, *, admit: bool = True) -> int:
    """V3 at the desk: everything up to the gate's «please come in»."""
    await desk.stock_card(LI, card, "vehicle", "车01")
    given = VisitInput("vehicle", name="王小明", title="mr", unit="3-1201", plate=PLATE)
    visit = (await desk.open_visit(LI, "business", given)).about
    await desk.answer(LI, visit, "appointment", "yes", StepInput())
    await desk.call(LI, visit, "agreed")
    await desk.hold_document(LI, visit, DocumentInput(LICENCE, id_number()))
    await desk.issue_card(LI, visit, "车01")
    await desk.answer(LI, visit, "parking", "told", StepInput())
    if admit:
        await desk.admit(LI, visit)
    return visit


async def decided(gate: Whole, lane: str, after: int, card: str = CARD) -> Any:
    gate.tap(card, lane)
    return await gate.event("access.decided", after, lane=lane, card=card)


def quick(raw: dict[str, Any]) -> None:
    """No cameras; and a visit here is over in less than the twenty seconds in which a card at two lanes is a copy."""
    without_cameras(raw)
    raw["policy"] = raw.get("policy", {}) | {"two_places_s": 0}


def proven(data: Path) -> None:
    report = verify.verify_file(data / "gate.sqlite")
    assert report.ok, report.text()


def test_v3_in_once_and_out_when_card_and_document_are_settled(tmp_path: Path) -> None:
    async def run() -> None:
        async with whole(tmp_path, quick, rate=RATE) as gate:
            desk = gate.house.post.desk
            visit = await register(desk)
            seq = gate.head()
            said = await decided(gate, "entry", seq)
            assert (said.decision, said.reason, said.category) == ("granted", "ok", "temporary")
            assert (said.credential, said.plate_bound, said.rule) == (f"visit:{visit}", PLATE, "V3")
            assert gate.lane("entry")["prompt"]["params"]["surname"] == "王"
            await gate.event("barrier.observed", seq, lane="entry", now="up")

            seq = gate.head()
            said = await decided(gate, "exit", seq)
            assert (said.decision, said.reason) == ("ask", "document-outstanding")
            prompt = gate.lane("exit")["prompt"]
            assert prompt["code"] == "ask.document-outstanding"
            assert prompt["params"]["outstanding"] == ["card", "document"]
            with pytest.raises(NotExecuted) as refused:
                await gate.order("open", "exit")
            assert refused.value.code == "outstanding-card-document"
            assert gate.phase("exit") == "down"

            await desk.return_document(LI, visit)
            with pytest.raises(NotExecuted) as refused:
                await gate.order("open", "exit")
            assert refused.value.code == "outstanding-card"
            await desk.take_back_card(LI, visit=visit)
            assert gate.lane("exit")["prompt"]["code"] == "ask.card-outstanding"
            await desk.close(LI, visit)
            prompt = gate.lane("exit")["prompt"]
            assert (prompt["code"], prompt["params"]["outstanding"]) == ("settled", []), (
                "the card is not asked for again"
            )
            await gate.order("open", "exit")
            opened = await gate.event("pass.admitted", seq, lane="exit")
            assert opened.pass_seq == said.seq
            await gate.event("barrier.observed", seq, lane="exit", now="up")

    asyncio.run(run())
    proven(tmp_path)


def test_v3_a_swallowing_reader_ends_the_visit_itself(tmp_path: Path) -> None:
    async def run() -> None:
        settings = laptop(tmp_path, quick)
        async with whole(tmp_path, settings=settings, rate=RATE) as gate:
            collect(gate.house)
            desk = gate.house.post.desk
            visit = await register(desk)
            await desk.return_document(LI, visit)
            seq = gate.head()
            said = await decided(gate, "exit", seq)
            assert said.decision == "granted"
            returned = await gate.event("card.returned", seq)
            closed = await gate.event("visit.closed", seq)
            assert (returned.card, returned.at, closed.how) == (CARD, "exit", "settled")
            assert desk.visit(LI, visit).state == "closed"
            assert [c.state for c in desk.stock()] == ["rack"]
            await gate.event("barrier.observed", seq, lane="exit", now="up")

    asyncio.run(run())
    proven(tmp_path)


def collect(house: House) -> None:
    """The community has exits that keep temporary cards."""
    house.gate.rules = type(house.gate.rules)(exit_tap="collect")


def test_before_the_guard_has_admitted_the_entry_asks_and_the_exit_is_blocked_when_lost(tmp_path: Path) -> None:
    async def run() -> None:
        async with whole(tmp_path, quick, rate=RATE) as gate:
            desk = gate.house.post.desk
            await register(desk, admit=False)
            said = await decided(gate, "entry", gate.head())
            assert (said.decision, said.reason) == ("ask", "not-admitted")
            await desk.lost_card(LI, "车01", "司机遗失")
            said = await decided(gate, "exit", gate.head())
            assert (said.decision, said.reason) == ("refused", "lost")
            assert {gate.phase(lane) for lane in ("entry", "exit")} == {"down"}

    asyncio.run(run())
    proven(tmp_path)


def test_cards_that_open_no_lane(tmp_path: Path) -> None:
    """In the rack, a visitor's card on foot, at the exit before the document is back, lost."""

    async def run() -> None:
        async with whole(tmp_path, quick, rate=RATE) as gate:
            desk = gate.house.post.desk
            await desk.stock_card(LI, "0a00000001", "vehicle", "车02")
            said = await decided(gate, "entry", gate.head(), "0a00000001")
            assert (said.decision, said.reason) == ("refused", "not-issued")

            await desk.stock_card(LI, "0a00000002", "visitor", "A01")
            guest = (await desk.open_visit(LI, "guest", VisitInput(name="李", unit="3-1"))).about
            await desk.answer(LI, guest, "expected", "yes", StepInput())
            await desk.call(LI, guest, "agreed")
            await desk.issue_card(LI, guest, "A01")
            said = await decided(gate, "entry", gate.head(), "0a00000002")
            assert (said.decision, said.reason) == ("refused", "not-for-vehicles")

            visit = await register(desk, admit=False)
            said = await decided(gate, "exit", gate.head())
            assert (said.decision, said.reason) == ("ask", "document-outstanding")
            await desk.admit(LI, visit)
            await desk.lost_card(LI, "车01", "司机遗失")
            said = await decided(gate, "entry", gate.head())
            assert (said.decision, said.reason) == ("refused", "lost")
            assert {gate.phase(lane) for lane in ("entry", "exit")} == {"down"}
            counts = gate.live.snapshot()["desk"]
            assert (counts["cards_lost"], counts["cards_rack"], counts["documents"], counts["inside"]) == (1, 1, 1, 1)

    asyncio.run(run())
    proven(tmp_path)


def test_v5_a_delivery_drives_in_and_out_with_its_card(tmp_path: Path) -> None:
    """The vehicle itself: over the loops in, into the register with its visitor's name, waiting at the exit until all is settled."""

    async def run() -> None:
        async with whole(tmp_path, quick, rate=RATE) as gate:
            desk = gate.house.post.desk
            await desk.stock_card(LI, CARD, "vehicle", "车01")
            given = VisitInput("vehicle", name="李师傅", unit="3-1201", plate=PLATE, vehicle="van")
            visit = (await desk.open_visit(LI, "delivery", given)).about
            await desk.hold_document(LI, visit, DocumentInput(LICENCE, id_number()))
            await desk.issue_card(LI, visit, CARD)
            await desk.answer(LI, visit, "route", "told", StepInput(place="东侧车道"))
            await desk.admit(LI, visit)
            mine = {"card": CARD, "plate": PLATE}
            (told,) = await gate.steps({**mine, "lane": "in", "expect": "granted", "outcome": "crossed"})
            assert told.wrong == ""
            row = gate.passes()[-1]
            assert (row["credential"], row["category"], row["plate"]) == (f"visit:{visit}", "temporary", PLATE)
            assert row["holder"] == "李师傅"
            assert gate.live.snapshot()["inside"] == {"total": 1, "by_category": {"temporary": 1}}

            seq = gate.head()
            leaving = asyncio.create_task(gate.steps({**mine, "lane": "out", "expect": "ask", "outcome": "crossed"}))
            await gate.event("access.decided", seq, lane="exit", decision="ask")
            await desk.return_document(LI, visit)
            await desk.take_back_card(LI, CARD)
            await desk.close(LI, visit)
            await gate.order("open", "exit")
            (told,) = await leaving
            assert told.wrong == ""
            row = gate.passes()[-1]
            assert (row["outcome"], row["admitted_by"], row["reason"]) == (
                "crossed",
                "user:leader",
                "document-outstanding",
            )
            snapshot = gate.live.snapshot()
            assert snapshot["inside"]["total"] == 0
            assert (snapshot["desk"]["inside"], snapshot["desk"]["documents"], snapshot["desk"]["cards_rack"]) == (
                0,
                0,
                1,
            )

    asyncio.run(run())
    proven(tmp_path)
