"""Green way (V6, V7) on a whole gate: simulated arms, loops and vehicles, real pins; one touch opens, another releases."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from edge.errors import BadInput, NotExecuted
from edge.orders import Order, Person
from edge.store import verify
from tests.support_gate import Whole, whole, without_cameras

LI, WU = Person("li", "guard"), Person("wu", "guard")
LANES = ("entry", "exit")
Story = Callable[[Whole], Awaitable[None]]


def on_a_gate(data: Path, story: Story, change: Callable[[dict[str, Any]], None] | None = None) -> None:
    """Tell it on a gate without cameras; afterwards the chain verifies and every table comes out of the journal again."""

    def changed(raw: dict[str, Any]) -> None:
        without_cameras(raw)
        if change:
            change(raw)

    async def run() -> None:
        async with whole(data, changed) as gate:
            await story(gate)
            assert verify.rebuild(gate.house.store).changed == ()

    asyncio.run(run())
    assert verify.verify_file(data / "gate.sqlite").ok


def press(gate: Whole, key: str = "", *, old_ms: int = 0) -> Order:
    """A touch, `old_ms` before now (a gate at ten times the speed gives it the rest of its two seconds)."""
    ahead = 1_900 if not old_ms else -old_ms
    return Order("", "green-way", tick=gate.live.now_tick() + ahead, key=key)


async def both(gate: Whole, *phases: str) -> None:
    await gate.until(lambda: all(gate.phase(lane) in phases for lane in LANES), f"both {phases}")


def green(gate: Whole) -> Any:
    return gate.live.snapshot()["escort"]["green"]


def drive(gate: Whole, lane: str, plate: str) -> None:
    assert gate.world is not None
    gate.world.world.car(lane, plate)


def test_v6_one_touch_holds_both_lanes_and_counts_what_passes(tmp_path: Path) -> None:
    async def story(gate: Whole) -> None:
        done = await gate.house.post.green.open(LI, press(gate, "touch-one"))
        opened, *holds = gate.journal(done.seq - 1)[:5]
        assert (opened.kind, opened.actor, opened.rule, opened.body["kind"]) == (
            *("green.opened", "user:li", "V6"),
            "ambulance",
        )
        assert opened.lanes == list(LANES)
        told = [(e.kind, e.lane) for e in holds]
        assert told == [(kind, lane) for lane in LANES for kind in ("barrier.held", "barrier.commanded")]
        await both(gate, "held")
        assert gate.lane("entry")["prompt"] == {"code": "green.ambulance", "params": {}, "salute": True}
        with pytest.raises(NotExecuted) as refused:
            await gate.order("close")
        assert refused.value.code == "held"
        for lane, plate in (("entry", "粤B12012"), ("exit", "粤B12013")):
            drive(gate, lane, plate)
        await gate.until(lambda: green(gate)["crossings"] == 2, "two crossings")
        assert gate.phase("entry") == gate.phase("exit") == "held"
        (row,) = gate.house.post.green.rows()
        assert [(p["lane"], p["direction"]) for p in sorted(row["passed"], key=lambda p: p["lane"])] == [
            ("entry", "in"),
            ("exit", "out"),
        ]
        await gate.house.post.green.release(WU, done.about, press(gate, "touch-two"))
        await both(gate, "down")
        (released,) = gate.all("green.released")
        assert (released.actor, released.crossings, released.why) == ("user:wu", 2, "asked")
        assert green(gate) is None

    on_a_gate(tmp_path, story)


def test_v6_the_car_under_the_arm_is_respected_at_the_release_and_counted(tmp_path: Path) -> None:
    async def story(gate: Whole) -> None:
        done = await gate.house.post.green.open(LI, press(gate))
        await both(gate, "held")
        drive(gate, "entry", "粤B12012")
        await gate.until(lambda: gate.gate.lanes["entry"].state.under, "under the arm")
        await gate.house.post.green.release(LI, done.about, press(gate))
        assert gate.phase("entry") == "up"
        crossed = await gate.event("vehicle.crossed", lane="entry")
        await both(gate, "down")
        (row,) = gate.house.post.green.rows()
        assert [p["seq"] for p in row["passed"]] == [crossed.seq]
        assert row["crossings"] == 1

    on_a_gate(tmp_path, story)


def test_v7_named_afterwards_a_funeral_passes_quietly(tmp_path: Path) -> None:
    async def story(gate: Whole) -> None:
        green_way = gate.house.post.green
        done = await green_way.open(LI, press(gate))
        with pytest.raises(BadInput):
            await green_way.name(LI, done.about, "parade")
        named = await green_way.name(WU, done.about, "funeral", "key-name")
        assert (await green_way.name(WU, done.about, "funeral", "key-name")).again
        (event,) = gate.all("green.named")
        assert (event.seq, event.rule, event.body["kind"], event.was) == (named.seq, "V7", "funeral", "ambulance")
        await gate.until(lambda: green(gate)["kind"] == "funeral")
        assert gate.lane("exit")["prompt"]["code"] == "green.funeral"
        await green_way.release(LI, done.about, press(gate))
        assert gate.all("green.released")[0].rule == "V7"
        with pytest.raises(NotExecuted):
            await green_way.name(LI, done.about, "ambulance")

    on_a_gate(tmp_path, story)


def test_v6_two_tablets_at_once_and_a_repeated_key_are_one_opening(tmp_path: Path) -> None:
    async def story(gate: Whole) -> None:
        green_way, seq = gate.house.post.green, gate.head()
        one, two = await asyncio.gather(
            green_way.open(LI, press(gate, "key-li")), green_way.open(WU, press(gate, "key-wu"))
        )
        assert one.about == two.about
        assert [one.again, two.again].count(True) == 1
        assert (await green_way.open(LI, press(gate, "key-li"))).again
        assert len(gate.all("green.opened", seq)) == 1
        assert len(gate.all("barrier.commanded", seq, action="open")) == 2
        await green_way.release(LI, one.about, press(gate, "rel-li"))
        assert (await green_way.release(WU, one.about, press(gate, "rel-wu"))).again
        assert (await green_way.open(LI, press(gate, "key-li"))).again, "an old key opens nothing anew"
        assert len(gate.all("green.opened", seq)) == len(gate.all("green.released", seq)) == 1

    on_a_gate(tmp_path, story)


def test_v6_a_late_press_opens_nothing_now_or_later(tmp_path: Path) -> None:
    async def story(gate: Whole) -> None:
        for _ in range(2):  # the second one is the same press, repeated by bad Wi-Fi
            with pytest.raises(NotExecuted) as refused:
                await gate.house.post.green.open(LI, press(gate, "late-key", old_ms=2_100))
            assert refused.value.code == "late"
            assert refused.value.hint
        with pytest.raises(NotExecuted):
            await gate.house.post.green.open(LI, press(gate, "late-key"))
        (event,) = gate.all("command.refused")
        assert (event.action, event.why, event.actor) == ("green-way", "late", "user:li")
        assert gate.all("green.") == gate.all("barrier.held") == []
        assert gate.phase("entry") == "down"

    on_a_gate(tmp_path, story)


def test_v6_a_guards_hold_and_the_green_way_let_go_each_for_itself(tmp_path: Path) -> None:
    async def story(gate: Whole) -> None:
        await gate.order("hold", reason="rush")
        done = await gate.house.post.green.open(LI, press(gate))
        await both(gate, "held")
        assert set(gate.lane("entry")["held_by"]) == {"guard", "emergency"}
        await gate.house.post.green.release(LI, done.about, press(gate))
        await gate.until(lambda: gate.phase("exit") == "down")
        assert gate.phase("entry") == "held"
        await gate.order("release")
        await both(gate, "down")

    on_a_gate(tmp_path, story)


def test_v6_only_the_lanes_of_the_configuration(tmp_path: Path) -> None:
    async def story(gate: Whole) -> None:
        await gate.house.post.green.open(LI, press(gate))
        await gate.until(lambda: gate.phase("entry") == "held")
        assert gate.phase("exit") == "down"
        assert green(gate)["lanes"] == ["entry"]

    on_a_gate(tmp_path, story, lambda raw: raw["green_way"].update(lanes=["entry"]))


def test_v6_the_button_at_the_post_works_with_the_tablet_dead(tmp_path: Path) -> None:
    async def story(gate: Whole) -> None:
        assert gate.world is not None
        world = gate.world.world
        world.button(True)
        opened = await gate.event("green.opened")
        assert (opened.actor, opened.source) == ("device:green-way.button", "button")
        world.button(False)
        await both(gate, "held")
        ends = gate.live.now_tick() + 3_500  # a second press in haste is the same one; this is a new one
        await gate.until(lambda: gate.live.now_tick() > ends or gate.gate.changed(), timeout_s=5)
        world.button(True)
        assert (await gate.event("green.released")).actor == "device:green-way.button"
        world.button(False)
        await both(gate, "down")

    on_a_gate(tmp_path, story)


def test_v6_after_a_restart_nothing_moves_until_it_is_pressed_again(tmp_path: Path) -> None:
    async def first() -> int:
        async with whole(tmp_path, without_cameras) as gate:
            done = await gate.house.post.green.open(LI, press(gate))
            await both(gate, "held")
            return done.about

    async def second(old: int) -> None:
        async with whole(tmp_path, without_cameras) as gate:
            seq = gate.head()
            assert (green(gate)["escort"], green(gate)["state"]) == (old, "interrupted")
            assert gate.lane("entry")["held_by"] == []
            assert gate.all("barrier.commanded", seq) == []
            drive(gate, "entry", "粤B12012")
            done = await gate.house.post.green.open(WU, press(gate))
            (ended,) = gate.all("green.released")
            assert (ended.green, ended.why) == (old, "restart")
            assert done.about != old
            await gate.until(lambda: green(gate)["escort"] == done.about)
            await both(gate, "held")
            await gate.event("vehicle.crossed", seq)
            await gate.house.post.green.release(WU, done.about, press(gate))
            rows = gate.house.post.green.rows()
            assert [row["crossings"] for row in rows] == [1, 0]
            assert verify.rebuild(gate.house.store).changed == ()

    asyncio.run(second(asyncio.run(first())))
