"""GpioLane on gpiozero's MockFactory: pulses end by themselves and never overlap; inputs are debounced; pins are given back."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gpiozero import DigitalInputDevice

from drivers.base import Action, CardRead, DeviceFault, DeviceGone, Edge, LaneIO, Line
from drivers.gpio import GpioLane
from drivers.pins import Heard, InputOptions, LaneOptions, Pins, RelayOptions, raspberry_pi
from drivers.sim_pins import LanePins, mock_pins
from drivers.timers import Timers
from tests.support_drivers import Inbox, lane_options

Said = CardRead | DeviceFault | Edge
OPEN, CLOSE, STOP = 5, 6, 7
MS = 1_000_000


@pytest.fixture
def pins() -> Iterator[Pins]:
    before = set(threading.enumerate())
    made = mock_pins()
    yield made
    made.close()
    assert not [thread for thread in set(threading.enumerate()) - before if thread.name.startswith("gate-")]


@pytest.fixture
def inbox() -> Inbox[Said]:
    return Inbox()


@pytest.fixture
def lane(pins: Pins, inbox: Inbox[Said]) -> Iterator[GpioLane]:
    made = GpioLane(lane_options(), pins, inbox)
    yield made
    made.close()


class Relays:
    """Hears every change of a lane's relay pins."""

    def __init__(self, pins: Pins) -> None:
        self.changes: Inbox[tuple[str, bool, float]] = Inbox()
        for name, number in (("open", OPEN), ("close", CLOSE), ("stop", STOP)):
            pins.factory.pin(number).watcher = lambda level, name=name: self.changes((name, level, time.monotonic()))

    def wait(self, *expected: tuple[str, bool]) -> list[float]:
        items = self.changes.wait_count(len(expected))
        assert [(name, level) for name, level, _ in items] == list(expected)
        return [when for _, _, when in items]


def test_it_is_a_lane(lane: GpioLane) -> None:
    port: LaneIO = lane
    assert set(port.read()) == set(Line)


def test_relays_begin_and_end_released(pins: Pins, lane: GpioLane) -> None:
    for number in (OPEN, CLOSE, STOP):
        pin = pins.factory.pin(number)
        assert (pin.function, pin.state) == ("output", False)
    lane.pulse(Action.OPEN)
    assert pins.factory.pin(OPEN).state
    lane.close()
    assert not pins.factory.pin(OPEN).state
    with pytest.raises(DeviceGone):
        lane.pulse(Action.OPEN)


def test_an_active_low_relay_is_high_when_released(pins: Pins, inbox: Inbox[Said]) -> None:
    lane = GpioLane(LaneOptions("x", {Action.OPEN: RelayOptions(20, 50, active_high=False)}), pins, inbox)
    pin = pins.factory.pin(20)
    assert pin.state
    lane.pulse(Action.OPEN)
    assert not pin.state
    lane.close()


def test_a_pulse_is_there_when_the_call_returns_and_ends_by_itself(pins: Pins, lane: GpioLane) -> None:
    relays = Relays(pins)
    lane.pulse(Action.OPEN)
    assert pins.factory.pin(OPEN).state
    began, ended = relays.wait(("open", True), ("open", False))
    assert 0.29 < ended - began < 2.0


def test_both_ends_of_a_pulse_are_on_the_relays_own_thread(pins: Pins, lane: GpioLane) -> None:
    """Whatever holds up the caller, at whatever point, lengthens no pulse."""
    threads: Inbox[str] = Inbox()
    pins.factory.pin(OPEN).watcher = lambda _level: threads(threading.current_thread().name)
    lane.pulse(Action.OPEN)
    assert threads.wait_count(2) == ["gate-relays"] * 2


def test_a_relays_thread_that_does_not_answer_moves_nothing(
    pins: Pins, lane: GpioLane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drivers.gpio.ANSWER_S", 0.05)
    blocked, go = threading.Event(), threading.Event()

    def busy() -> None:
        blocked.set()
        go.wait(10)

    pins.relay_timers.at(0, busy)
    assert blocked.wait(5)
    with pytest.raises(DeviceGone, match="does not answer"):
        lane.pulse(Action.OPEN)
    over = threading.Event()
    go.set()
    pins.relay_timers.at(time.monotonic_ns(), over.set)
    assert over.wait(5)
    assert not pins.factory.pin(OPEN).state, "nor later"


def test_an_open_ends_a_running_close_at_once_and_before_it_begins(pins: Pins, lane: GpioLane) -> None:
    relays = Relays(pins)
    lane.pulse(Action.CLOSE)
    lane.pulse(Action.OPEN)
    times = relays.wait(("close", True), ("close", False), ("open", True), ("open", False))
    assert times[2] - times[0] < 0.29
    assert times[3] - times[2] > 0.29


def test_the_same_action_again_lengthens_the_pulse_without_a_gap(pins: Pins, lane: GpioLane) -> None:
    relays = Relays(pins)
    lane.pulse(Action.OPEN)
    again = threading.Timer(0.15, lambda: lane.pulse(Action.OPEN))
    again.start()
    began, ended = relays.wait(("open", True), ("open", False))
    assert ended - began > 0.44
    again.join()


def test_never_two_relays_at_once_whoever_calls(pins: Pins, inbox: Inbox[Said]) -> None:
    options = LaneOptions("x", {action: RelayOptions(20 + n, 1.0) for n, action in enumerate(Action)})
    lane = GpioLane(options, pins, inbox)
    closed: set[int] = set()
    most = 0

    def watch(level: bool, number: int) -> None:
        nonlocal most
        (closed.add if level else closed.discard)(number)
        most = max(most, len(closed))

    for number in range(20, 23):
        pins.factory.pin(number).watcher = lambda level, number=number: watch(level, number)
    callers = [
        threading.Thread(target=lambda: [lane.pulse(action) for _ in range(100) for action in Action]) for _ in range(3)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    lane.close()
    assert most == 1
    assert not closed


def test_an_action_without_a_relay(pins: Pins, inbox: Inbox[Said]) -> None:
    lane = GpioLane(LaneOptions("x", {Action.OPEN: RelayOptions(20)}), pins, inbox)
    with pytest.raises(DeviceGone, match="no relay for stop") as caught:
        lane.pulse(Action.STOP)
    assert "configuration" in caught.value.hint
    assert lane.read() == {}
    lane.close()


def test_a_pin_that_is_in_use_is_named_and_nothing_is_kept(pins: Pins, lane: GpioLane, inbox: Inbox[Said]) -> None:
    clash = LaneOptions("exit", {Action.OPEN: RelayOptions(20), Action.CLOSE: RelayOptions(CLOSE)})
    with pytest.raises(DeviceGone, match=r"exit: pin 6 \(close\)") as caught:
        GpioLane(clash, pins, inbox)
    assert "GPIO 6" in caught.value.hint
    # 20 was given back, and the first lane still works.
    GpioLane(LaneOptions("exit", {Action.OPEN: RelayOptions(20)}), pins, inbox).close()
    lane.pulse(Action.CLOSE)


def test_a_lane_that_cannot_be_made_closes_no_input(pins: Pins, lane: GpioLane, inbox: Inbox[Said]) -> None:
    """Under lgpio, closing one input ends the edges of all others (gpiozero issue 1189): so none is closed, and it is silent."""
    clash = LaneOptions("exit", {}, {Line.UNDER: InputOptions(20), Line.APPROACH: InputOptions(CLOSE)})
    with pytest.raises(DeviceGone, match=r"exit: pin 6 \(approach\)"):
        GpioLane(clash, pins, inbox)
    (kept,) = pins.kept
    assert kept.pin.info.name == "GPIO20"
    assert not kept.closed
    assert kept.seen is None


def test_a_pin_that_is_still_busy_is_given_back_a_moment_later(
    pins: Pins, inbox: Inbox[Said], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """lgpio's thread holds a line a little longer than we do."""
    lane = GpioLane(LaneOptions("x", inputs={Line.UNDER: InputOptions(20)}), pins, inbox)
    refusals = iter([OSError("GPIO busy"), OSError("GPIO busy")])
    really = DigitalInputDevice.close

    def close(device: DigitalInputDevice) -> None:
        for refusal in refusals:
            raise refusal
        really(device)

    monkeypatch.setattr(DigitalInputDevice, "close", close)
    lane.close()
    assert not caplog.records
    GpioLane(LaneOptions("x", inputs={Line.UNDER: InputOptions(20)}), pins, inbox).close()


def test_a_pin_that_this_board_does_not_have(pins: Pins, inbox: Inbox[Said]) -> None:
    with pytest.raises(DeviceGone, match="pin 77"):
        GpioLane(LaneOptions("x", inputs={Line.FIRE: InputOptions(77)}), pins, inbox)


def test_no_pins_on_this_machine_is_an_error_and_no_simulation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LG_WD", str(tmp_path))  # lgpio writes a pipe where it is imported
    before = Path.cwd()
    with pytest.raises(DeviceGone) as caught:
        raspberry_pi()
    assert caught.value.hint
    assert Path.cwd() == before, "lgpio goes to LG_WD when it is imported; the gate does not"


def fake_chip(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    driven: list[tuple[int, int]] | None = None,
    outputs: set[int] | None = None,
) -> Any:
    """The real lgpio with its pipe and thread, and no chip below it. What is driven, in order, and which pins are outputs."""
    driven = [] if driven is None else driven
    outputs = set() if outputs is None else outputs
    monkeypatch.setenv("LG_WD", str(tmp_path))
    with contextlib.chdir(Path.cwd()):
        lgpio = pytest.importorskip("lgpio")
        from drivers import pi_factory

    def claim_output(_handle: int, pin: int, level: int = 0, _flags: int = 0) -> None:
        outputs.add(pin)
        driven.append((pin, level))

    monkeypatch.setattr(lgpio, "gpiochip_open", lambda chip: chip << 16 | 7)
    monkeypatch.setattr(lgpio, "gpiochip_close", lambda _handle: None)
    monkeypatch.setattr(lgpio, "gpio_claim_input", lambda _handle, pin, _flags=0: outputs.discard(pin))
    monkeypatch.setattr(lgpio, "gpio_claim_output", claim_output)
    monkeypatch.setattr(lgpio, "gpio_write", lambda _handle, pin, level: driven.append((pin, int(level))))
    monkeypatch.setattr(lgpio, "gpio_read", lambda _handle, pin: dict(driven)[pin])
    monkeypatch.setattr(lgpio, "gpio_get_mode", lambda _handle, pin: 2 if pin in outputs else 0)
    monkeypatch.setattr(pi_factory.PiFactory, "_get_revision", lambda _self: 0xA03111)
    return lgpio


def test_a_real_relay_has_its_level_from_its_first_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """gpiozero's own way makes an output low and writes the level then: an active-low relay would be closed in between."""
    driven: list[tuple[int, int]] = []
    outputs: set[int] = set()
    fake_chip(tmp_path, monkeypatch, driven, outputs)
    from drivers import pi_factory

    pins = Pins(pi_factory.PiFactory())
    relays = {Action.OPEN: RelayOptions(7, 60_000, active_high=False), Action.CLOSE: RelayOptions(17, 60_000)}
    lane = GpioLane(LaneOptions("exit", relays), pins, lambda _said: None)
    assert driven == [(7, 1), (17, 0)]
    lane.pulse(Action.OPEN)
    assert driven[2:] == [(7, 0)]
    lane.close()
    assert driven[3:] == [(7, 1), (17, 0)]
    assert outputs == {7, 17}, "still driven"
    pins.close()


def test_a_pin_twice_in_one_lane() -> None:
    with pytest.raises(ValueError, match="pin 5 is both open and fire"):
        LaneOptions("x", {Action.OPEN: RelayOptions(5)}, {Line.FIRE: InputOptions(5)})


def test_a_relay_that_would_close_by_itself_is_refused() -> None:
    """GPIO 2 and 3 have pull-ups on the board: with nobody driving them they are high."""
    with pytest.raises(ValueError, match="GPIO 2 has a pull-up"):
        LaneOptions("x", {Action.OPEN: RelayOptions(2)})
    LaneOptions("x", {Action.OPEN: RelayOptions(2, active_high=False)})


@pytest.mark.parametrize(
    ("pull", "normally", "high_is_active"),
    [
        ("up", "open", False),
        ("up", "closed", True),
        ("down", "open", True),
        ("down", "closed", False),
        ("none", "open", False),
    ],
)
def test_levels_and_meanings(pins: Pins, inbox: Inbox[Said], pull: str, normally: str, high_is_active: bool) -> None:
    options = InputOptions(20, pull=pull, normally=normally, debounce_ms=1)
    lane = GpioLane(LaneOptions("x", inputs={Line.APPROACH: options}), pins, inbox)
    lane.start()
    pin = pins.factory.pin(20)
    pin.drive_high() if not pin.state else pin.drive_low()
    (edge,) = inbox.wait_count(1)
    assert isinstance(edge, Edge)
    assert edge.active == (pin.state == high_is_active)
    assert lane.read() == {Line.APPROACH: edge.active}
    lane.close()


def test_a_broken_wire_on_a_normally_closed_line_is_active(lane: GpioLane) -> None:
    """Nothing drives the pins: the pull-ups hold them high, as with every wire cut."""
    assert {line for line, active in lane.read().items() if active} == {Line.UNDER, Line.BEAM}


def test_a_debounced_edge_has_the_time_of_the_contact(lane: GpioLane, inbox: Inbox[Said]) -> None:
    world = LanePins(lane)
    lane.start()
    before = time.monotonic_ns()
    world.drive(Line.APPROACH, True)
    touched = time.monotonic_ns()
    assert not lane.read()[Line.APPROACH]
    (edge,) = inbox.wait_count(1)
    seen = time.monotonic_ns()
    assert isinstance(edge, Edge)
    assert (edge.lane, edge.line, edge.active) == ("entry", Line.APPROACH, True)
    assert before <= edge.mono_ns <= touched
    assert seen - before >= 20_000_000


def test_bounces_shorter_than_the_time_are_one_edge(lane: GpioLane, inbox: Inbox[Said]) -> None:
    world = LanePins(lane)
    lane.start()
    for active in (True, False, True, False, True):
        world.drive(Line.APPROACH, active)
    world.drive(Line.UP_LIMIT, True)
    world.drive(Line.UP_LIMIT, False)  # a spike: nothing at all
    world.drive(Line.DOWN_LIMIT, True)
    edges = inbox.wait_count(2)
    assert [(edge.line, edge.active) for edge in edges if isinstance(edge, Edge)] == [
        (Line.APPROACH, True),
        (Line.DOWN_LIMIT, True),
    ]


def test_a_safety_line_is_active_before_the_call_returns(lane: GpioLane, inbox: Inbox[Said]) -> None:
    world = LanePins(lane)
    lane.start()
    for line in (Line.UNDER, Line.BEAM):
        world.drive(line, False)
    inbox.wait_count(2)  # becoming clear is debounced
    for line in (Line.UNDER, Line.BEAM, Line.FIRE):
        world.drive(line, True)
        assert lane.read()[line]
        last = inbox.items[-1]
        assert isinstance(last, Edge)
        assert (last.line, last.active) == (line, True)


def test_an_edge_that_was_lost_is_found_by_looking_again(lane: GpioLane, pins: Pins, inbox: Inbox[Said]) -> None:
    lane.start()
    pin = pins.factory.pin(lane.options.inputs[Line.APPROACH].pin)
    pin._change_state(False)  # the level changed, and no edge was told
    (edge,) = inbox.wait_count(1)
    assert isinstance(edge, Edge)
    assert (edge.line, edge.active) == (Line.APPROACH, True)


def test_a_look_does_not_overtake_edges_that_are_under_way(pins: Pins, inbox: Inbox[Said]) -> None:
    """On a busy machine edges are told late. What the pin says meanwhile counts up to the last edge that was heard, no further."""
    asked: Inbox[Heard] = Inbox()
    pins.when_heard = asked
    lane = GpioLane(LaneOptions("x", inputs={Line.UP_LIMIT: InputOptions(20)}), pins, inbox)
    lane.start()
    pin, contact = pins.factory.pin(20), lane._inputs[Line.UP_LIMIT].device
    began = time.monotonic_ns()
    pin.drive_low()  # the contact closes
    asked.wait_count(2)  # the first look of `start`, and the one at the end of its 20 ms
    assert time.monotonic_ns() - began >= 20_000_000
    for answer in asked.items:
        answer(began + 5 * MS)  # so far edges were heard
    assert not lane.read()[Line.UP_LIMIT]
    for at, closed in ((9, False), (18, True)):  # what was under way comes now, with its own time
        contact._fire_events((began + at * MS) / 1e9, closed)
    for answer in asked.items:
        answer(began + 37 * MS)
    assert not lane.read()[Line.UP_LIMIT]
    for answer in asked.items:
        answer(began + 39 * MS)
    (edge,) = inbox.wait_count(1)
    assert isinstance(edge, Edge)
    assert edge.active
    assert edge.mono_ns == pytest.approx(began + 18 * MS, abs=1_000)
    lane.close()


@pytest.mark.parametrize("by", ["a look at all", "the next edge"])
def test_changes_come_in_the_order_in_which_they_happened(pins: Pins, inbox: Inbox[Said], by: str) -> None:
    """After a stall everything is late at once. An arm that rose meanwhile left its lower end first (seen in a soak: «contradiction»)."""
    heard: Inbox[Heard] = Inbox()
    pins.when_heard = heard
    contacts = {Line.UP_LIMIT: InputOptions(20), Line.DOWN_LIMIT: InputOptions(21)}
    lane = GpioLane(LaneOptions("x", inputs=contacts), pins, inbox)
    upper, lower = pins.factory.pin(20), pins.factory.pin(21)
    lower.drive_low()
    lane.start()
    began = time.monotonic_ns()
    lower.drive_high()
    upper.drive_low()
    if by == "a look at all":
        lane._look_at_all(began + 500 * MS)
    else:
        lane._inputs[Line.UP_LIMIT].device._fire_events((began + 500 * MS) / 1e9, True)
        lane._inputs[Line.UP_LIMIT].device._fire_events((began + 501 * MS) / 1e9, False)
        lane._look_at_all(began + 501 * MS)
    first, *_ = inbox.wait_count(2)
    assert isinstance(first, Edge)
    assert (first.line, first.active) == (Line.DOWN_LIMIT, False)
    lane.close()


def test_pins_are_looked_at_when_the_edges_thread_is_dead(pins: Pins, inbox: Inbox[Said]) -> None:
    pins.when_heard = lambda _call: None
    lane = GpioLane(LaneOptions("x", inputs={Line.UP_LIMIT: InputOptions(20)}), pins, inbox)
    lane.start()
    pins.factory.pin(20)._change_state(False)  # and no edge was told
    (edge,) = inbox.wait_count(1)
    assert isinstance(edge, Edge)
    assert edge.active
    lane.close()


def test_lgpios_thread_is_asked_through_its_own_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer comes behind every edge that was in the pipe before the question."""
    lgpio = fake_chip(tmp_path, monkeypatch)
    from drivers import pi_factory

    factory = pi_factory.PiFactory()
    told: Inbox[object] = Inbox()
    edge = lgpio.callback(factory._handle, 20, lgpio.BOTH_EDGES, lambda _chip, pin, level, _tick: told((pin, level)))
    for level in (1, 0, 1):
        os.write(factory._pipe, pi_factory._MESSAGE.pack(1, 0, 20, level, 0, 0))
    before = time.monotonic_ns()
    factory.when_heard(told)
    heard = told.wait_count(4)[-1]
    assert told.items[:3] == [(20, 1), (20, 0), (20, 1)]
    assert isinstance(heard, int)
    assert before <= heard + pi_factory.TRANSIT_NS <= time.monotonic_ns()
    edge.cancel()
    factory.close()
    factory.when_heard(told)  # nobody listens any more
    assert len(told.items) == 4


def test_nothing_is_reported_before_start_and_after_close(lane: GpioLane, pins: Pins, inbox: Inbox[Said]) -> None:
    world = LanePins(lane)
    world.drive(Line.FIRE, True)
    assert lane.read()[Line.FIRE]
    lane.start()
    lane.close()
    world.drive(Line.FIRE, False)
    flushed = threading.Event()
    pins.input_timers.at(time.monotonic_ns() + 60_000_000, flushed.set)
    assert flushed.wait(5)
    assert inbox.items == []


def test_rate_shortens_pulses(inbox: Inbox[Said]) -> None:
    pins = mock_pins(rate=100)
    lane = GpioLane(lane_options(), pins, inbox)
    relays = Relays(pins)
    lane.pulse(Action.OPEN)
    began, ended = relays.wait(("open", True), ("open", False))
    assert ended - began < 0.29
    lane.close()
    pins.close()


def test_timers_call_in_order_and_not_what_was_cancelled() -> None:
    timers = Timers("test-timers")
    called: Inbox[str] = Inbox()
    now = time.monotonic_ns()
    timers.at(now + 40_000_000, lambda: called("late"))
    timers.at(now + 20_000_000, lambda: called("early"))
    timers.at(now + 30_000_000, lambda: called("never")).cancel()
    timers.at(now - 1, lambda: called("past"))
    assert called.wait_count(3) == ["past", "early", "late"]
    timers.close()
    assert "test-timers" not in [thread.name for thread in threading.enumerate()]
