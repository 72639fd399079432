"""Scenarios: how a file is read, who is chosen to play, and what is found to be wrong."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from edge.domain import barrier as b
from edge.errors import BadInput, NotAllowed, NotFound
from edge.scenario import Scenario, Step, load
from edge.simulation import Told
from tests.support_gate import CONFIG, whole, without_cameras


@pytest.mark.parametrize("path", sorted((CONFIG / "scenarios").glob("*.toml")), ids=lambda p: p.stem)
def test_every_scenario_that_we_ship_can_be_read(path: Path) -> None:
    scenario = load(path)
    assert scenario.title
    named = {step.name for step in scenario.step if step.name}
    assert {step.after for step in scenario.step if step.after} <= named
    assert {step.same for step in scenario.step if step.same} <= named


def test_when_a_step_begins() -> None:
    assert Step(at="01:02:03.5").begins_s == 3723.5
    assert Step(at_s=4, pause_s=2).begins_s == 6
    assert Step().begins_s == 0


@pytest.mark.parametrize(
    ("expect", "outcome", "wrong"),
    [
        ("granted", "crossed", ""),
        ("ok", "", ""),
        ("", "", ""),
        ("refused", "crossed", "expected refused, the gate said granted ok"),
        ("granted", "turned-back", "expected turned-back, the vehicle crossed"),
    ],
)
def test_what_is_wrong_with_a_step(expect: str, outcome: str, wrong: str) -> None:
    told = Told(Step(expect=expect, outcome=outcome), "entry", decision="granted", reason="ok", outcome="crossed")
    assert told.wrong == wrong


def test_a_vehicle_that_never_left_is_wrong() -> None:
    assert "never left" in Told(Step(outcome="crossed"), "entry").wrong
    assert "nothing" in Told(Step(expect="granted"), "entry").wrong


def test_who_plays(tmp_path: Path) -> None:
    """Somebody of that kind on the right side; nobody twice at once; and a kind that nobody is of is said in words."""

    async def run() -> None:
        async with whole(tmp_path, without_cameras) as gate:
            steps = [
                {"who": "owner", "behaviour": "turn-back"},
                {"who": "owner", "lane": "out", "behaviour": "turn-back"},
            ]
            first, second = await gate.steps(*steps)
            assert first.card != second.card
            (nobody,) = await gate.steps({"who": "dragon"})
            assert "dragon" in nobody.wrong
            with pytest.raises(NotFound, match="north") as lost:
                await gate.steps({"lane": "north"})
            assert "exit" in lost.value.hint

    asyncio.run(run())


def test_an_answer_that_comes_after_the_vehicle_has_gone_is_heard(tmp_path: Path) -> None:
    """A day at a hundred times its speed: the arm is up for somebody else, and the disk answers when the vehicle is away."""

    async def run() -> None:
        async with whole(tmp_path, without_cameras) as gate:
            gate.gate.lanes["entry"].feed(b.Hold(b.Holder.GUARD))
            decide, gone = gate.gate.card, asyncio.Event()

            async def late(lane: str, device: str, uid: bytes) -> None:
                await gone.wait()
                await decide(lane, device, uid)

            gate.gate.card = late
            assert gate.world is not None
            step = asyncio.create_task(gate.steps({"who": "owner", "expect": "granted", "outcome": "crossed"}))
            await gate.event("vehicle.crossed")
            assert not step.done()
            gone.set()
            (told,) = await step
            assert not told.wrong

    asyncio.run(run())


def test_what_a_page_may_play(tmp_path: Path) -> None:
    async def run() -> None:
        async with whole(tmp_path, without_cameras) as gate:
            names = gate.live.snapshot()["simulation"]["names"]
            assert "owner" in names
            assert "morning" not in names, "half an hour is for the command line"
            begun = await gate.live.simulate("unknown-card", "exit")
            assert begun["steps"] == 1
            decided = await gate.event("access.decided")
            assert (decided.lane, decided.reason) == ("exit", "unknown-card")
            with pytest.raises(NotFound, match="morning"):
                await gate.live.simulate("morning", None)
            with pytest.raises(NotFound):
                await gate.live.simulate("../../etc/passwd", None)
            gate.live.stage = None
            with pytest.raises(NotAllowed):
                await gate.live.simulate("owner", None)

    asyncio.run(run())


def test_unknown_faults_and_behaviours_are_named(tmp_path: Path) -> None:
    async def run() -> None:
        async with whole(tmp_path, without_cameras) as gate:
            fault, behaviour, camera = await gate.steps(
                {"fault": "loop-stuk"}, {"who": "owner", "behaviour": "fly"}, {"fault": "camera-gone"}
            )
            assert "loop-stuck" in fault.wrong
            assert "fly" in behaviour.wrong
            assert camera.wrong, "this gate has no cameras"

    asyncio.run(run())


@pytest.mark.parametrize(
    ("steps", "named"),
    [
        ("", "step"),
        ('[[step]]\nat = "7 pm"', "step.0.at"),
        ('[[step]]\nname = "a"\nafter = "a"', "no step before it is named 'a'"),
    ],
)
def test_what_is_wrong_with_a_scenario_is_named(tmp_path: Path, steps: str, named: str) -> None:
    path = tmp_path / "s.toml"
    path.write_text(f'title = "t"\n{steps}', "utf-8")
    with pytest.raises(BadInput, match=named):
        load(path)


def test_a_step_of_nobody_in_particular() -> None:
    assert Scenario.model_validate({"title": "t", "step": [{}]}).step[0].who == "none"
