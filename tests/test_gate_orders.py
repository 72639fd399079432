"""A guard's commands on a whole gate: what is done, what is refused with its reason on record, and what is never done twice or later."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from gpiozero import DigitalOutputDevice

from edge.domain import barrier as b
from edge.errors import BadInput, NotExecuted, NotFound
from edge.store import verify
from tests.support_gate import LEADER, Whole, whole, without_cameras

OWNER, OWNER_PLATE = "0a003f8a11", "粤BT1590"
UNKNOWN = "7f00000001"
EXPIRED_CREDENTIAL = "P0091"


def on_a_gate(data: Path, test: Callable[[Whole], Awaitable[None]]) -> None:
    """Run it on a gate without cameras; afterwards the journal is sound and nobody was hit."""

    async def run() -> None:
        async with whole(data, without_cameras) as gate:
            await test(gate)

    asyncio.run(run())
    report = verify.verify_file(data / "gate.sqlite")
    assert report.ok, report.text()


def told_soon(raw: dict[str, Any]) -> None:
    """The guard hears of an open arm after 5 s."""
    without_cameras(raw)
    raw["lane"][0]["sensors"]["left_open_s"] = 5


async def refused(gate: Whole, action: str, why: str, **more: Any) -> None:
    """The order is refused with that reason, in words, and the refusal is on record with who gave it."""
    before = gate.head()
    with pytest.raises(NotExecuted) as said:
        await gate.order(action, **more)
    assert said.value.code == why
    assert said.value.message
    assert said.value.hint
    (event,) = gate.all("command.refused", before)
    assert (event.why, event.action, event.lane, event.actor) == (why, action, "entry", "user:leader")
    assert gate.all("barrier.commanded", before) == []


async def up(gate: Whole) -> dict[str, Any]:
    """Raised by a guard."""
    done = await gate.order("open")
    await gate.until(lambda: gate.phase() == "up")
    return done


def test_raise_says_sent_and_the_limit_switch_says_open(tmp_path: Path) -> None:
    async def story(gate: Whole) -> None:
        done = await gate.order("open", reason="visitor", plate="粤b·12345")
        assert (done["result"], done["phase"]) == ("pulsed", "rising"), "sent is not open"
        opened, commanded = gate.journal(done["seq"] - 1)[:2]
        assert (opened.kind, opened.actor, opened.reason, opened.plate) == (
            *("pass.opened", "user:leader", "visitor"),
            "粤B12345",
        )
        assert (commanded.kind, commanded.action, commanded.cause) == ("barrier.commanded", "open", "guard")
        assert commanded.pass_seq == opened.seq == done["seq"]
        answer = await gate.live.arm_up("entry", done["seq"], 10)
        assert answer["phase"] == "up"
        assert 2_000 < answer["ms"] < 8_000, "the arm's own time"
        assert (await gate.event("barrier.observed", now="up")).pass_seq == done["seq"]

    on_a_gate(tmp_path, story)


def test_an_arm_that_does_not_rise_is_never_said_to_be_open(tmp_path: Path) -> None:
    async def story(gate: Whole) -> None:
        assert gate.world is not None
        gate.world.fault("entry", "stuck-down", True)
        done = await gate.order("open")
        answer = await gate.live.arm_up("entry", done["seq"], 0.3)
        assert answer["ms"] is None
        assert answer["phase"] != "up"
        fault = await gate.event("fault.began", code="did-not-rise")
        assert fault.lane == "entry"
        assert ("entry.barrier", "did-not-rise") in gate.faults()
        gate.world.fault("entry", "stuck-down", False)
        await gate.order("open")
        await gate.event("fault.ended", code="did-not-rise")
        assert gate.faults() == set()

    on_a_gate(tmp_path, story)


def test_lower_stop_hold_release(tmp_path: Path) -> None:
    async def story(gate: Whole) -> None:
        await up(gate)
        done = await gate.order("close", reason="gone")
        assert (done["result"], done["phase"]) == ("pulsed", "falling")
        await gate.until(lambda: b.Line.UP_LIMIT not in gate.gate.lanes["entry"].state.active, "it has left its end")
        done = await gate.order("stop", reason="child")
        assert (done["result"], done["phase"]) == ("pulsed", "stopped")
        commanded = gate.all("barrier.commanded")
        assert [(e.action, e.cause) for e in commanded] == [("open", "guard"), ("close", "guard"), ("stop", "guard")]
        assert commanded[1].reopen, "a close carries its standing instruction"
        done = await gate.order("hold", reason="ambulance")
        assert (done["result"], done["phase"]) == ("pulsed", "rising")
        await gate.until(lambda: gate.phase() == "held")
        held = await gate.event("barrier.held")
        assert (held.by, held.reason, held.actor) == ("guard", "ambulance", "user:leader")
        assert gate.lane()["held_by"] == ["guard"]
        await refused(gate, "close", "held")
        await gate.order("release")
        assert (await gate.event("barrier.released")).by == "guard"
        await gate.until(lambda: gate.phase() == "down")
        assert gate.lane()["held_by"] == []

    on_a_gate(tmp_path, story)


@pytest.mark.parametrize(("back", "age"), [(2_500, 0), (0, 5_001), (-60_000, 0)])
def test_late_by_the_gates_clock_is_not_executed_and_recorded(back: int, age: int, tmp_path: Path) -> None:
    """tablet.md 1: 2 s after the press, a page without a heartbeat for 5 s, and a clock from the future."""

    async def story(gate: Whole) -> None:
        await refused(gate, "open", "late", tick=gate.live.now_tick() - back, age_ms=age)
        assert gate.all("command.refused")[0].late_ms > 0
        assert gate.phase() == "down"
        done = await gate.order("open", age_ms=50)
        assert done["result"] == "pulsed"

    on_a_gate(tmp_path, story)


def test_one_key_is_one_pulse_and_the_old_answer(tmp_path: Path) -> None:
    async def story(gate: Whole) -> None:
        first, again = await asyncio.gather(gate.order("open", key="k1"), gate.order("open", key="k1"))
        later = await gate.order("open", key="k1")
        results = sorted(done["result"] for done in (first, again, later))
        assert results == ["again", "again", "pulsed"]
        assert len({done["seq"] for done in (first, again, later)}) == 1
        assert len(gate.all("pass.opened")) == len(gate.all("barrier.commanded")) == 1
        late = await gate.order("open", key="k1", tick=0)
        assert late["result"] == "again", "its answer is the old one however late it is repeated"

    on_a_gate(tmp_path, story)


def test_lower_with_a_car_under_the_arm_is_refused_and_never_done_later(tmp_path: Path) -> None:
    async def story(gate: Whole) -> None:
        assert gate.world is not None
        await gate.order("hold", reason="moving")
        await gate.until(lambda: gate.phase() == "held")
        gate.world.fault("entry", "loop-stuck", True)
        await gate.until(lambda: gate.lane()["under"])
        await gate.order("release")
        await gate.until(lambda: gate.phase() == "up")
        assert gate.lane()["may"]["close"] == "occupied"
        await refused(gate, "close", "occupied", key="lower")
        before = gate.head()
        gate.world.fault("entry", "loop-stuck", False)
        await gate.until(lambda: not gate.lane()["under"])
        with pytest.raises(NotExecuted) as said:
            await gate.order("close", key="lower")  # bad Wi-Fi repeats the press: the old answer, not the arm
        assert said.value.code == "occupied"
        assert gate.all("command.refused", before) == []
        assert gate.all("barrier.commanded", before, cause="guard") == []

    on_a_gate(tmp_path, story)


def test_a_refused_card_that_the_guard_admits_goes_on_as_the_same_pass(tmp_path: Path) -> None:
    """P: already inside → refused; the guard raises → pass.admitted, one row, and anti-passback follows what was seen."""

    async def story(gate: Whole) -> None:
        (told,) = await gate.steps({"who": "owner", "expect": "granted", "outcome": "crossed"})
        before = gate.head()
        again = asyncio.create_task(gate.steps({"card": told.card, "plate": told.plate}))
        decided = await gate.event("access.decided", before)
        assert (decided.decision, decided.reason) == ("refused", "already-inside")
        await gate.says("refused.already-inside")
        await gate.order("open", reason="told-by-owner")
        await again
        (admitted,) = gate.all("pass.admitted")
        assert (admitted.pass_seq, admitted.reason, admitted.actor) == (
            decided.seq,
            "told-by-owner",
            "user:leader",
        )
        assert gate.all("pass.opened") == []
        assert gate.all("barrier.commanded", before, action="open")[0].pass_seq == decided.seq
        assert gate.all("vehicle.crossed", before)[0].pass_seq == decided.seq
        row = gate.passes()[-1]
        assert (row["pass_seq"], row["decision"], row["outcome"]) == (decided.seq, "refused", "crossed")
        assert (row["admitted_by"], row["admitted_reason"]) == ("user:leader", "told-by-owner")
        assert gate.live.snapshot()["inside"]["total"] == 1, "the same vehicle is inside once"
        assert gate.lane()["prompt"] is None

    on_a_gate(tmp_path, story)


def test_a_guards_yes_is_never_put_down_to_an_earlier_card(tmp_path: Path) -> None:
    """A passer-by holds an unknown card to the reader and goes; the visitor who comes later is a pass of his own."""

    async def story(gate: Whole) -> None:
        gate.tap(UNKNOWN)
        decided = await gate.event("access.decided")
        await gate.says("refused.unknown-card")
        await gate.until(lambda: gate.lane()["prompt"] is None, "the sentence goes when nobody stands there")
        visitor = asyncio.create_task(gate.steps({"plate": "粤B11111"}))
        await gate.event("vehicle.waiting")
        await gate.order("open", reason="visitor")
        await visitor
        (opened,) = gate.all("pass.opened")
        assert gate.all("vehicle.crossed")[0].pass_seq == opened.seq != decided.seq
        first, second = gate.passes()
        assert (first["outcome"], first["crossed_ms"]) == ("refused", None)
        assert (second["category"], second["outcome"]) == ("by-hand", "crossed")

    on_a_gate(tmp_path, story)


def test_two_cards_in_one_wallet_are_one_vehicle(tmp_path: Path) -> None:
    """The reader sees both by turns, faster than a commit; the guard's next yes is neither card's."""

    async def story(gate: Whole) -> None:
        car = asyncio.create_task(gate.steps({"plate": OWNER_PLATE, "card": UNKNOWN}))
        await gate.event("access.decided", decision="refused")
        gate.tap(OWNER)
        granted = await gate.event("access.decided", decision="granted")
        await car
        assert gate.all("access.decided", decision="granted") == [granted]
        assert gate.all("vehicle.crossed")[0].pass_seq == granted.seq
        assert gate.lane()["prompt"] is None
        done = await gate.order("open")
        assert gate.all("pass.opened")[0].seq == done["seq"]

    on_a_gate(tmp_path, story)


def test_the_sentence_for_the_next_car_stays_when_the_first_is_through(tmp_path: Path) -> None:
    """D7: nobody stands before a silent barrier."""

    async def story(gate: Whole) -> None:
        assert gate.world is not None
        first = asyncio.create_task(gate.steps({"who": "owner"}))
        await gate.until(lambda: gate.lane()["under"])
        gate.world.fault("entry", "approach-stuck", True)
        gate.tap(UNKNOWN)
        await gate.event("access.decided", decision="refused")
        await gate.event("vehicle.crossed")
        await gate.until(lambda: gate.phase() == "down")
        await gate.says("refused.unknown-card")
        gate.world.fault("entry", "approach-stuck", False)
        gone = await gate.event("vehicle.turned-back")
        assert gone.pass_seq == gate.all("access.decided", decision="refused")[-1].seq
        assert gate.lane()["prompt"] is None
        await first

    on_a_gate(tmp_path, story)


def test_the_guard_hears_of_a_tailgater_until_the_next_vehicle(tmp_path: Path) -> None:
    async def story(gate: Whole) -> None:
        await gate.steps({"who": "owner", "behaviour": "tailgate"})
        await gate.says("tailgated")
        (told,) = await gate.steps({"who": "owner"})
        assert told.decision == "granted"
        assert gate.lane()["prompt"] is None

    on_a_gate(tmp_path, story)


def test_the_same_card_again_while_it_is_let_through_is_one_vehicle(tmp_path: Path) -> None:
    """After repeat_s the reader reports it again; it stays one pass, and the arm is not told anything new."""

    async def story(gate: Whole) -> None:
        gate.tap(OWNER)
        granted = await gate.event("access.decided")
        await gate.event("barrier.left-open")  # 5 s later, so the reader reports it again
        gate.tap(OWNER)
        lapsed = await gate.event("access.lapsed")
        assert lapsed.pass_seq == granted.seq
        assert len(gate.all("access.decided")) == 1
        assert len(gate.all("barrier.commanded", action="open")) == 1
        (row,) = gate.passes()
        assert row["outcome"] == "expired"
        assert gate.lane()["prompt"] is None

    async def run() -> None:
        async with whole(tmp_path, told_soon) as gate:
            await story(gate)

    asyncio.run(run())


def test_forgiven_the_next_presentation_is_accepted(tmp_path: Path) -> None:
    async def story(gate: Whole) -> None:
        (told,) = await gate.steps({"who": "owner"})
        credential = gate.passes()[-1]["credential"]
        seq = (await gate.live.forgive(LEADER, credential, "left on foot", "f1"))["seq"]
        assert (await gate.live.forgive(LEADER, credential, "left on foot", "f1"))["seq"] == seq
        (forgiven,) = gate.all("passback.forgiven")
        assert (forgiven.was, forgiven.actor) == ("inside", "user:leader")
        (again,) = await gate.steps({"card": told.card, "plate": told.plate})
        assert (again.decision, again.reason, again.outcome) == ("granted", "ok-forgiven", "crossed")
        (third,) = await gate.steps({"card": told.card, "plate": told.plate, "behaviour": "turn-back"})
        assert (third.decision, third.reason) == ("refused", "already-inside"), "forgiven once"
        with pytest.raises(NotFound) as said:
            await gate.live.forgive(LEADER, EXPIRED_CREDENTIAL, "?", "f2")
        assert said.value.hint

    on_a_gate(tmp_path, story)


def test_what_a_guard_notes_keeps_the_first_reading(tmp_path: Path) -> None:
    async def story(gate: Whole) -> None:
        await gate.steps({"who": "owner"})
        pass_seq = gate.passes()[-1]["pass_seq"]
        before = gate.passes()[-1]["plate"]
        first = await gate.live.note_pass(LEADER, pass_seq, "粤b·99999", "王师傅", 2, "n1")
        assert await gate.live.note_pass(LEADER, pass_seq, "粤b·99999", "王师傅", 2, "n1") == first
        (noted,) = gate.all("pass.noted")
        assert (noted.pass_seq, noted.plate, noted.plate_was, noted.passengers) == (pass_seq, "粤B99999", before, 2)
        assert "driver" not in noted.body, "a person's name is apart"
        row = gate.passes()[-1]
        assert (row["plate"], row["plate_bound"], row["driver"], row["passengers"]) == (
            *("粤B99999", before, "王师傅"),
            2,
        )
        await gate.live.note_pass(LEADER, pass_seq, None, None, 3, "n2")
        row = gate.passes()[-1]
        assert (row["plate"], row["driver"], row["passengers"]) == ("粤B99999", "王师傅", 3)
        with pytest.raises(NotFound):
            await gate.live.note_pass(LEADER, 9999, "粤B1", None, None, "n3")

    on_a_gate(tmp_path, story)


def test_a_relay_that_is_gone_is_a_fault_and_an_honest_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal says what was wanted, the fault what became of it; nobody is told that it was raised."""
    closes = DigitalOutputDevice.on

    def on(relay: DigitalOutputDevice) -> None:
        if relay.pin.info.name == "GPIO17":
            raise OSError(errno.EIO, "the chip does not answer")
        closes(relay)

    async def story(gate: Whole) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(DigitalOutputDevice, "on", on)
            await gate.order("open")
            fault = await gate.event("fault.began", code="gone")
            assert (fault.device, fault.lane) == ("entry.relays", "entry")
            assert "does not answer" in fault.detail
            assert ("entry.relays", "gone") in gate.faults()
            assert (await gate.live.arm_up("entry", 0, 0.05))["ms"] is None
            await gate.event("fault.began", code="did-not-rise")
            (told,) = await gate.steps({"who": "owner", "lane": "out", "outcome": "crossed"})
            assert told.wrong == "", "the other lane is not affected"
        assert gate.all("barrier.observed", lane="entry", now="up") == []
        await gate.order("open")
        await gate.until(lambda: gate.phase() == "up")
        await gate.event("fault.ended", device="entry.relays", code="gone")
        await gate.until(lambda: not gate.faults() and len(gate.all("fault.")) == 4)

    on_a_gate(tmp_path, story)


def test_unknown_orders_and_lanes_are_named(tmp_path: Path) -> None:
    async def story(gate: Whole) -> None:
        with pytest.raises(BadInput, match="explode") as said:
            await gate.order("explode")
        assert "open" in said.value.hint
        with pytest.raises(NotFound, match="north") as lost:
            await gate.order("open", "north")
        assert "entry" in lost.value.hint
        assert gate.all("barrier.commanded") == gate.all("command.") == gate.all("pass.") == []

    on_a_gate(tmp_path, story)


def test_fire_raises_and_holds_both_lanes_and_a_guard_cannot_lower(tmp_path: Path) -> None:
    async def story(gate: Whole) -> None:
        assert gate.world is not None
        gate.world.fault("entry", "fire", True)
        await gate.until(lambda: gate.phase("entry") == gate.phase("exit") == "held")
        await gate.until(lambda: {e.cause for e in gate.all("barrier.commanded")} == {"fire"})
        await refused(gate, "close", "fire")
        await refused(gate, "release", "fire")
        gate.world.fault("entry", "fire", False)
        await gate.until(lambda: not any(lane.state.fire for lane in gate.gate.lanes.values()))
        await gate.order("release")
        await gate.order("release", "exit")
        await gate.until(lambda: gate.phase("entry") == gate.phase("exit") == "down")

    on_a_gate(tmp_path, story)
