"""Contacts of people and doors: the switch at the machine, a button that raises, doors that are opened; sensors that contradict each
other; and a gate of eight lanes, each of which moves its own pins."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from drivers.base import Line as Contact
from drivers.sim_pins import WatchedPin
from edge.domain import barrier as b
from edge.domain.barrier import Line, Phase
from edge.settings import Settings
from edge.wiring import House
from tests.support_barrier_story import Lane
from tests.support_gate import RATE, Whole, laptop, whole, without_cameras

MINUTES_5 = 300_000


# ---- the table -----------------------------------------------------------------------------------------------------


def faults(lane: Lane) -> list[b.FaultCode]:
    return [code for code, _ in lane.state.faults]


@pytest.mark.parametrize(("touched", "code"), [(False, b.FaultCode.FORCED), (True, b.FaultCode.MOVED_BY_HAND)])
def test_an_arm_that_its_own_switch_raises_is_not_forced(touched: bool, code: b.FaultCode) -> None:
    lane = Lane()
    if touched:  # a button: on and off again, and the arm sets out a moment later
        lane.on(Line.HAND)
        lane.off(Line.HAND)
        lane.wait(lane.config.hand_ms - 1)
    lane.off(Line.DOWN_LIMIT)
    assert faults(lane) == [code]
    assert lane.of(b.Pulse) == []


def test_what_the_switch_explains_ends_after_a_while() -> None:
    lane = Lane()
    lane.on(Line.HAND)
    lane.off(Line.HAND)
    lane.wait(lane.config.hand_ms)
    lane.off(Line.DOWN_LIMIT)
    assert faults(lane) == [b.FaultCode.FORCED]


def test_up_by_the_switch_is_up_and_nobody_lowers_it_unasked() -> None:
    lane = Lane()
    lane.on(Line.HAND)
    lane.rises()
    assert lane.state.phase is Phase.UP
    assert faults(lane) == []
    lane.off(Line.HAND)
    lane.wait(3_600_000)
    assert lane.of(b.Ask) == lane.of(b.Pulse) == []


def test_while_the_switch_is_on_the_arm_does_not_close_by_itself() -> None:
    lane = Lane()
    lane.opened_for(7)
    lane.on(Line.HAND)
    lane.passes()
    lane.wait(3_600_000)
    assert lane.of(b.Ask) == []
    assert b.objection(lane.state, b.Lower()) is None, "a guard may: by eye, and at that moment"
    lane.off(Line.HAND)
    lane.asks_and_closes()
    assert lane.state.phase is Phase.FALLING


def test_a_close_that_was_being_recorded_when_somebody_took_the_switch_is_not_given() -> None:
    lane = Lane()
    lane.opened_for(7)
    lane.passes()
    lane.wait(lane.config.auto_close_ms)
    [ask] = lane.of(b.Ask)
    lane.heard(object)
    lane.on(Line.HAND)
    lane.feed(b.Recorded(ask.token))
    assert lane.of(b.Pulse) == []
    assert lane.of(b.Withheld)


@pytest.mark.parametrize("line", [Line.UNDER, Line.BEAM])
def test_something_under_an_arm_that_is_down_is_a_contradiction(line: Line) -> None:
    """Of the loop (or beam) and the lower limit, one is wrong; a car that stopped a little too far goes away before."""
    lane = Lane()
    lane.on(line)
    lane.wait(MINUTES_5 - 1)
    lane.off(line)
    lane.on(line)
    lane.wait(MINUTES_5 - 1)
    assert faults(lane) == []
    lane.wait(1)
    assert faults(lane) == [b.FaultCode.STUCK]
    assert [f.detail for f in lane.of(b.FaultBegan)] == [f"{line.value} against down_limit"]
    lane.wait(3_600_000)
    assert len(lane.of(b.FaultBegan)) == 1
    lane.off(line)
    assert faults(lane) == []


def test_without_a_lower_limit_nothing_contradicts_the_loop() -> None:
    lane = Lane(b.Config(lines=frozenset(Line) - {Line.DOWN_LIMIT}))
    lane.on(Line.UNDER)
    lane.wait(3_600_000)
    assert faults(lane) == []


# ---- a whole gate --------------------------------------------------------------------------------------------------


def contacts(raw: dict[str, Any]) -> None:
    """The way in: a key switch that works the machine, and its door; the way out: a button that asks the gate; the cabinet's door."""
    without_cameras(raw)
    entry, leave = (lane["barrier"] for lane in raw["lane"])
    entry["hand"], entry["tamper"] = {"pin": 2}, {"pin": 3, "contact": "closed"}
    leave["hand"], leave["hand_raises"] = {"pin": 8}, True
    raw["post"] = {"tamper": {"pin": 9, "contact": "closed"}}


def press(gate: Whole, number: int, down: bool) -> None:
    """A contact to ground."""
    assert gate.house.devices.pins is not None
    pin: WatchedPin = gate.house.devices.pins.factory.pin(number)
    (pin.drive_low if down else pin.drive_high)()


def test_switch_button_and_doors(tmp_path: Path) -> None:
    async def run() -> None:
        async with whole(tmp_path, contacts, rate=2.0) as gate:
            assert gate.faults() == set(), "closed doors, nobody at the switch"
            assert gate.world is not None
            began = gate.head()

            gate.world.fault("entry", "hand-switch", True)
            await gate.until(lambda: gate.phase() == "up", "the key switch has raised the arm")
            assert ("entry.barrier", "hand-switch") in gate.faults()
            gate.world.fault("entry", "hand-switch", False)
            ended = await gate.event("fault.ended", code="hand-switch")
            assert ended.lane == "entry"
            assert gate.all("barrier.commanded", began) == [], "nobody had told it to"
            assert gate.all("fault.began", code="forced") == []
            by_hand = await gate.event("fault.began", code="moved-by-hand")
            assert by_hand.device == "entry.barrier"

            for down in (True, False, True):  # twice in haste
                press(gate, 8, down)
                await gate.until(lambda on=down: (Line.HAND in gate.gate.lanes["exit"].state.active) is on)
            opened = await gate.event("pass.opened", began)
            assert (opened.lane, opened.reason, opened.actor) == ("exit", "hand-switch", "device:exit.hand")
            commanded = await gate.event("barrier.commanded", began, lane="exit")
            assert commanded.seq == opened.seq + 1, "on record before the relay"
            await gate.until(lambda: gate.phase("exit") == "up")
            assert ("exit.barrier", "hand-switch") not in gate.faults(), "a press is no fault"

            for device, number in (("entry.barrier", 3), ("post.cabinet", 9)):
                press(gate, number, False)  # the door opens, and so does its contact
                await gate.until(lambda d=device: (d, "tamper") in gate.faults(), f"{device} is open")
                press(gate, number, True)
                await gate.until(lambda d=device: (d, "tamper") not in gate.faults(), f"{device} is shut")
                await gate.event("fault.ended", device=device, code="tamper")
                assert len(gate.all("fault.", device=device, code="tamper")) == 2
            assert len(gate.all("pass.opened", began)) == 1, "one vehicle"

    asyncio.run(run())


def test_doors_and_switches_as_they_are_found_at_the_start(tmp_path: Path) -> None:
    """An open door and a switch that is on are said; a button that is held, or wired wrong, moves nothing."""

    async def run() -> None:
        house = await House.build(laptop(tmp_path, contacts), rate=RATE)
        gate = Whole(house, tmp_path)
        try:
            press(gate, 2, True)
            press(gate, 8, True)
            press(gate, 3, False)
            press(gate, 9, False)
            await house.start()
            assert gate.faults() >= {
                ("entry.barrier", "hand-switch"),
                ("entry.barrier", "tamper"),
                ("post.cabinet", "tamper"),
            }
            await gate.event("fault.began", device="post.cabinet", code="tamper")
            assert gate.all("barrier.commanded") == gate.all("pass.opened") == []
        finally:
            await house.stop("asked")

    asyncio.run(run())


# ---- eight lanes ---------------------------------------------------------------------------------------------------


def eight(data: Path) -> Settings:
    """As many lanes as there may be, on as many pins as there are: two relays and a loop each make 24 of 26, fire and a button the rest."""
    raw = laptop(data).model_dump(mode="json", exclude_none=True)
    pattern = raw["lane"][0]
    raw["lane"] = []
    for n in range(8):
        pins = iter(range(4 + 3 * n, 7 + 3 * n) if n < 7 else (25, 26, 27))
        barrier = pattern["barrier"] | {"open": {"pin": next(pins)}, "close": {"pin": next(pins)}}
        for absent in ("stop", "up_limit", "down_limit"):
            barrier.pop(absent, None)
        reader = pattern["reader"] | {"port": f"sim://eight-{n}"}
        lane = {"id": f"lane-{n + 1}", "name": f"{n + 1}号道", "direction": ("in", "out")[n % 2], "barrier": barrier}
        raw["lane"].append(lane | {"sensors": {"under": {"pin": next(pins)}}, "reader": reader})
    raw["fire"], raw["green_way"] = {"input": {"pin": 2}}, {"input": {"pin": 3}}
    return Settings.model_validate(raw)


def test_eight_lanes_fill_the_board_and_each_moves_its_own_pins(tmp_path: Path) -> None:
    settings = eight(tmp_path)
    used = Counter(pin for lane in settings.lane for pin in _pins(lane))
    assert sorted([*used, 2, 3]) == list(range(2, 28)), "every pin of the board has its use"

    async def run() -> None:
        house = await House.build(settings, rate=RATE)
        gate = Whole(house, tmp_path)
        try:
            await house.start()
            assert house.devices.pins is not None
            moved: list[int] = []
            for lane in settings.lane:
                for relay in (lane.barrier.open, lane.barrier.close):
                    pin: WatchedPin = house.devices.pins.factory.pin(relay.pin)
                    _also(pin, relay.pin, moved)
            for lane in settings.lane:
                moved.clear()
                await gate.order("open", lane.id)
                await gate.until(lambda name=lane.id: gate.phase(name) in ("rising", "up"), f"{lane.id} rises")
                assert moved == [lane.barrier.open.pin]
            assert len({e.lane for e in gate.all("barrier.commanded")}) == 8
        finally:
            await house.stop("asked")

    asyncio.run(run())


def _pins(lane: Any) -> list[int]:
    return [lane.barrier.open.pin, lane.barrier.close.pin, lane.sensors.under.pin]


def _also(pin: WatchedPin, number: int, moved: list[int]) -> None:
    """Hear it, and let the world hear it as before."""
    then = pin.watcher

    def watcher(level: bool) -> None:
        if level:
            moved.append(number)
        if then is not None:
            then(level)

    pin.watcher = watcher


def test_the_lines_of_table_and_drivers_have_the_same_words() -> None:
    assert {line.value for line in Line} <= {contact.value for contact in Contact}
