"""The simulated world above real drivers: a small gate in this file opens for one card and closes when the loop is clear."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from drivers.base import Action, CardRead, DeviceFault, Edge, Line
from drivers.gpio import GpioLane
from drivers.pins import InputOptions, LaneOptions, Pins
from drivers.readers import rdm6300
from drivers.serial_port import PortOptions, SerialReader
from drivers.sim_agenda import Agenda
from drivers.sim_motion import Motion
from drivers.simulated import FAULTS, Behaviour, Manners, PtyWire, SimulatedVehicle, World, mock_pins, wire
from tests.support_drivers import Inbox, lane_options
from tests.support_time import PATIENCE

RATE = 20.0 / PATIENCE
UID = bytes.fromhex("3C00CE754C")
OTHER = bytes.fromhex("3C00CE754D")
UNKNOWN = bytes.fromhex("0000000001")
Said = CardRead | DeviceFault | Edge


class Gate:
    """A minute gate on real drivers: enough to bring the world into all its situations, deliberately without caution.

    It opens for UID and OTHER, closes when the loop under the arm has become clear, and (unless told not to) opens again when
    something comes under the falling arm.
    """

    def __init__(self, world: World, name: str, *, reopens: bool = True) -> None:
        self.world = world
        self.reopens = reopens
        self.said: Inbox[Said] = Inbox()
        self.pins: Pins = mock_pins(rate=RATE)
        self.lane = GpioLane(lane_options(), self.pins, self.hear)
        self.wire = wire(name)
        self.reader = SerialReader(
            "reader",
            PortOptions(self.wire.url, window_s=3.0 / RATE, retry_first_s=0.01, retry_longest_s=0.02),
            lambda: rdm6300.Decoder(rdm6300.Options()),
            self.hear,
        )
        world.add_lane("entry", self.lane, "in", self.wire)
        self.lane.start()
        assert self.lane.read() == {line: line is Line.DOWN_LIMIT for line in Line}
        self.reader.start()
        assert self.wire.wait_open(5)

    def hear(self, item: Said) -> None:
        match item:
            case CardRead(uid=uid) if uid in (UID, OTHER):
                self.lane.pulse(Action.OPEN)
            case Edge(line=Line.UNDER, active=False):
                self.lane.pulse(Action.CLOSE)
            case Edge(line=Line.UNDER, active=True) if self.reopens:
                self.lane.pulse(Action.OPEN)
        self.said(item)

    def wait(self, predicate: object, timeout: float = 10.0) -> None:
        assert callable(predicate)
        self.said.wait(lambda items: bool(predicate()), timeout)

    def lines(self, *lines: Line) -> list[tuple[str, bool]]:
        return [
            (item.line.value, item.active) for item in self.said.items if isinstance(item, Edge) and item.line in lines
        ]

    def cards(self) -> list[bytes]:
        return [item.uid for item in self.said.items if isinstance(item, CardRead)]

    def close(self) -> None:
        self.reader.close()
        self.lane.close()
        self.pins.close()
        self.wire.plug()


@pytest.fixture
def world() -> Iterator[World]:
    made = World(rate=RATE)
    yield made
    made.close()
    assert "world" not in [thread.name for thread in threading.enumerate()]


@pytest.fixture
def gate(world: World, request: pytest.FixtureRequest) -> Iterator[Gate]:
    made = Gate(world, request.node.name)
    yield made
    made.close()


def drive(car: SimulatedVehicle, seconds: float = 20.0) -> str:
    assert car.done.wait(seconds * PATIENCE), f"{car.phase} at {car.motion}"
    return car.outcome


LOOPS = (Line.APPROACH, Line.UNDER)
THROUGH = [("approach", True), ("under", True), ("approach", False), ("under", False)]


def test_a_car_with_its_card_goes_through(world: World, gate: Gate) -> None:
    car = world.car("entry", plate="粤B·12345", card=UID)
    assert drive(car) == "crossed"
    gate.wait(lambda: ("down_limit", True) in gate.lines(Line.DOWN_LIMIT))
    assert gate.cards() == [UID]
    assert gate.lines(*LOOPS) == THROUGH
    assert gate.lines(Line.BEAM) == [("beam", True), ("beam", False)]
    assert gate.lines(Line.UP_LIMIT, Line.DOWN_LIMIT) == [
        ("down_limit", False),
        ("up_limit", True),
        ("up_limit", False),
        ("down_limit", True),
    ]
    assert world.violations == ()
    assert world.vehicles("entry") == ()


def test_travel_times_are_real(world: World, gate: Gate) -> None:
    """Rise 3.0 s, fall 3.5 s in the world's own time; and the limit switches tell of it about so long after each other."""
    moments: Inbox[tuple[float, float]] = Inbox()
    world.on_change(lambda: moments((round(world.arm("entry"), 6), world.now())))
    gate.lane.pulse(Action.OPEN)
    items = moments.wait(lambda items: bool(items) and items[-1][0] == 1.0)
    began = max(when for angle, when in items if angle == 0.0)
    assert items[-1][1] - began == pytest.approx(3.0)
    gate.wait(lambda: gate.lane.read()[Line.UP_LIMIT])
    moments.items.clear()
    gate.lane.pulse(Action.CLOSE)
    items = moments.wait(lambda items: bool(items) and items[-1][0] == 0.0)
    began = max(when for angle, when in items if angle == 1.0)
    assert items[-1][1] - began == pytest.approx(3.5)
    gate.wait(lambda: gate.lane.read()[Line.DOWN_LIMIT])
    limits = [item for item in gate.said.items if isinstance(item, Edge)]
    left_down, up, left_up, down = limits
    assert 2.0 < (up.mono_ns - left_down.mono_ns) / 1e9 * RATE < 6.0
    assert 2.0 < (down.mono_ns - left_up.mono_ns) / 1e9 * RATE < 6.0


def test_an_unknown_card_does_not_open_and_the_driver_gives_up(world: World, gate: Gate) -> None:
    car = world.car("entry", card=UNKNOWN, manners=Manners(patience_s=5))
    assert drive(car) == "gave-up"
    assert gate.cards() == [UNKNOWN]
    assert gate.lines(*LOOPS) == [("approach", True), ("approach", False)]
    assert world.arm("entry") == 0.0


def test_a_car_turns_back_although_the_arm_is_up(world: World, gate: Gate) -> None:
    car = world.car("entry", card=UID, behaviour="turn-back")
    assert drive(car) == "turned-back"
    assert gate.lines(*LOOPS) == [("approach", True), ("approach", False)]
    assert world.arm("entry") == 1.0


def test_a_second_car_uses_the_same_opening(world: World, gate: Gate) -> None:
    car = world.car("entry", card=UID, behaviour=Behaviour.TAILGATE)
    assert drive(car) == "crossed"
    assert car.follower is not None
    assert drive(car.follower) == "crossed"
    assert gate.cards() == [UID]
    # Each loop was clear for a moment between the two.
    gate.wait(lambda: gate.lines(Line.UNDER) == [("under", True), ("under", False)] * 2)
    assert gate.lines(Line.APPROACH) == [("approach", True), ("approach", False)] * 2
    assert world.violations == ()


def test_a_car_stops_under_the_arm_and_goes_on(world: World, gate: Gate) -> None:
    car = world.car("entry", card=UID, behaviour="stop-under", manners=Manners(halts_s=20))
    assert world.wait_for(lambda: car.phase == "halted", 10)
    assert gate.lane.read()[Line.UNDER]
    gate.wait(lambda: not gate.lane.read()[Line.APPROACH])
    assert drive(car) == "crossed"
    assert gate.lines(*LOOPS) == THROUGH


def test_a_car_against_the_direction(world: World, gate: Gate) -> None:
    gate.lane.pulse(Action.OPEN)
    car = world.car("entry", behaviour="wrong-way")
    assert drive(car) == "crossed"
    assert gate.lines(*LOOPS) == [("under", True), ("approach", True), ("under", False), ("approach", False)]


def test_two_cars_queue_and_each_shows_its_card(world: World, gate: Gate) -> None:
    first = world.car("entry", plate="A", card=UID)
    second = world.car("entry", plate="B", card=OTHER)
    assert world.wait_for(lambda: [each.plate for each in world.vehicles("entry")] == ["A", "B"], 5)
    assert (drive(first), drive(second)) == ("crossed", "crossed")
    assert gate.lines(Line.UNDER) == [("under", True), ("under", False)] * 2


def test_a_gate_that_closes_on_a_car_is_caught(world: World, gate: Gate) -> None:
    gate.reopens = False
    car = world.car("entry", plate="粤B·66666", card=UID, behaviour="stop-under")
    assert world.wait_for(lambda: car.phase == "halted", 10)
    gate.lane.pulse(Action.CLOSE)
    assert world.wait_for(lambda: len(world.violations) > 0, 10)
    (violation,) = world.violations
    assert (violation.lane, violation.plate) == ("entry", "粤B·66666")
    assert 0.7 < violation.angle <= 0.8 + 1e-6


def test_an_arm_that_is_reopened_in_time_hits_nobody(world: World, gate: Gate) -> None:
    car = world.car("entry", card=UID, behaviour="stop-under")
    assert world.wait_for(lambda: car.phase == "halted", 10)
    reopened = threading.Event()

    def reopen() -> None:
        if world.arm("entry") < 0.99 and not reopened.is_set():
            reopened.set()
            gate.lane.pulse(Action.OPEN)

    world.on_change(reopen)
    gate.lane.pulse(Action.CLOSE)
    assert drive(car) == "crossed"
    assert reopened.is_set()
    assert world.violations == ()


def test_a_driver_brakes_before_an_arm_that_falls(world: World, gate: Gate) -> None:
    """The arm is ordered down at the very moment at which the driver sets off: the car stops before the loop."""
    car = world.car("entry", card=UID, manners=Manners(patience_s=8))
    closed = threading.Event()

    def close() -> None:
        if car.phase == "going" and not closed.is_set():
            closed.set()
            gate.lane.pulse(Action.CLOSE)

    world.on_change(close)
    assert drive(car) == "gave-up"
    assert closed.is_set()
    assert gate.lines(Line.UNDER) == []
    assert world.violations == ()


def test_stop_and_reversals(world: World, gate: Gate) -> None:
    gate.lane.pulse(Action.OPEN)
    gate.wait(lambda: not gate.lane.read()[Line.DOWN_LIMIT])
    gate.lane.pulse(Action.STOP)
    assert world.wait_for(lambda: 0 < world.arm("entry") < 1, 5)
    stopped: list[float] = []
    assert world.wait_for(lambda: stopped.append(world.arm("entry")) is None and 0 < stopped[-1] < 1, 5)
    gate.lane.pulse(Action.CLOSE)
    gate.wait(lambda: gate.lane.read()[Line.DOWN_LIMIT])
    gate.lane.pulse(Action.OPEN)
    gate.wait(lambda: gate.lane.read()[Line.UP_LIMIT])
    gate.lane.pulse(Action.CLOSE)
    gate.wait(lambda: not gate.lane.read()[Line.UP_LIMIT])
    gate.lane.pulse(Action.OPEN)
    gate.wait(lambda: gate.lane.read()[Line.UP_LIMIT])
    # A fall that was reversed never came down.
    assert gate.lines(Line.DOWN_LIMIT)[-1] == ("down_limit", False)


@pytest.mark.parametrize("name", ["stuck-down", "up-limit-broken"])
def test_an_arm_whose_rise_is_never_seen(world: World, gate: Gate, name: str) -> None:
    world.fault("entry", name, True)
    car = world.car("entry", card=UID, manners=Manners(patience_s=6))
    assert drive(car) == ("gave-up" if name == "stuck-down" else "crossed")
    assert gate.lines(Line.UP_LIMIT) == []
    world.fault("entry", name, False)
    gate.lane.pulse(Action.OPEN)
    gate.wait(lambda: gate.lane.read()[Line.UP_LIMIT])


def test_an_arm_that_is_stuck_up(world: World, gate: Gate) -> None:
    gate.lane.pulse(Action.OPEN)
    gate.wait(lambda: gate.lane.read()[Line.UP_LIMIT])
    world.fault("entry", "stuck-up", True)
    gate.lane.pulse(Action.CLOSE)
    marker = threading.Event()
    world._agenda.after(5.0, marker.set)
    assert marker.wait(5)
    assert world.arm("entry") == 1.0
    world.fault("entry", "stuck-up", False)
    gate.lane.pulse(Action.CLOSE)
    gate.wait(lambda: gate.lane.read()[Line.DOWN_LIMIT])


def test_an_arm_that_is_moved_by_hand(world: World, gate: Gate) -> None:
    world.fault("entry", "hand-moved", True)
    gate.wait(lambda: gate.lane.read()[Line.UP_LIMIT])
    world.fault("entry", "hand-moved", False)
    gate.wait(lambda: gate.lane.read()[Line.DOWN_LIMIT])


def test_a_slow_arm(world: World, gate: Gate) -> None:
    world.fault("entry", "slow", True)
    gate.lane.pulse(Action.OPEN)
    gate.wait(lambda: gate.lane.read()[Line.UP_LIMIT])
    down, up = [
        item for item in gate.said.items if isinstance(item, Edge) and item.line in (Line.DOWN_LIMIT, Line.UP_LIMIT)
    ][-2:]
    assert 9 < (up.mono_ns - down.mono_ns) / 1e9 * RATE < 20


@pytest.mark.parametrize(
    ("name", "line"),
    [("fire", Line.FIRE), ("loop-stuck", Line.UNDER), ("beam-broken", Line.BEAM), ("approach-stuck", Line.APPROACH)],
)
def test_inputs_that_are_held(world: World, gate: Gate, name: str, line: Line) -> None:
    world.fault("entry", name, True)
    gate.wait(lambda: gate.lane.read()[line])
    world.fault("entry", name, False)
    gate.wait(lambda: not gate.lane.read()[line])


def test_a_reader_that_is_pulled_out(world: World, gate: Gate) -> None:
    world.fault("entry", "reader-gone", True)
    gate.wait(lambda: any(isinstance(item, DeviceFault) and item.active for item in gate.said.items))
    world.fault("entry", "reader-gone", False)
    gate.wait(lambda: any(isinstance(item, DeviceFault) and not item.active for item in gate.said.items))
    world.tap("entry", UID)
    gate.wait(lambda: gate.cards() == [UID])


def test_a_tap_is_one_read_of_many_frames(world: World, gate: Gate) -> None:
    frames: Inbox[bytes] = Inbox()
    gate.reader.tap(lambda data, mono_ns: frames(data))
    world.tap("entry", UID)
    frames.wait(lambda items: b"".join(items).count(b"3C00CE754C") == 6)
    assert gate.cards() == [UID]


def test_the_scene_follows_the_car_and_the_arm(world: World, gate: Gate) -> None:
    scene = world.scene("entry")
    assert (scene.plate, scene.position, scene.arm, scene.night) == ("", 0.0, 0.0, False)
    world.night = True
    car = world.car("entry", plate="京A·88888", card=UID, colour="green", body="red")
    seen: list[float] = []

    def look() -> None:
        scene = world.scene("entry")
        if scene.plate:
            assert (scene.plate, scene.colour, scene.body, scene.night) == ("京A·88888", "green", "red", True)
            seen.append(scene.position)

    world.on_change(look)
    assert drive(car) == "crossed"
    assert seen == sorted(seen)
    assert seen[0] < 0.9 < seen[-1] <= 1.0
    assert world.scene("entry").plate == ""


def test_names_that_there_are_not(world: World, gate: Gate) -> None:
    with pytest.raises(ValueError, match="did you mean 'turn-back'"):
        world.car("entry", behaviour="turnback")
    with pytest.raises(ValueError, match="did you mean 'stuck-down'"):
        world.fault("entry", "stuckdown", True)
    with pytest.raises(KeyError):
        world.car("nowhere")
    with pytest.raises(ValueError, match="5 bytes"):
        world.tap("entry", b"\x01")
    assert len(set(FAULTS)) == len(FAULTS)


def test_a_car_under_way_when_the_world_ends_is_done(world: World, gate: Gate) -> None:
    car = world.car("entry", card=UNKNOWN)
    assert world.wait_for(lambda: len(world.vehicles("entry")) == 1, 5)
    world.close()
    assert car.done.is_set()
    assert car.outcome == "removed"


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    """What a test opens itself is closed even when it fails."""
    with ExitStack() as stack:
        yield stack


def open_lane(opened: ExitStack, pins: Pins, said: Inbox[Said], name: str = "entry", first_pin: int = 5) -> GpioLane:
    lane = GpioLane(lane_options(name, first_pin), pins, said)
    opened.callback(lane.close)
    return lane


def open_pins(opened: ExitStack, rate: float) -> Pins:
    pins = mock_pins(rate=rate)
    opened.callback(pins.close)
    return pins


def test_two_lanes_of_one_gate_do_not_disturb_each_other(world: World, opened: ExitStack) -> None:
    said: Inbox[Said] = Inbox()
    pins = open_pins(opened, RATE)
    lanes = {name: open_lane(opened, pins, said, name, first) for name, first in (("entry", 4), ("exit", 16))}
    for name, lane in lanes.items():
        world.add_lane(name, lane, "in" if name == "entry" else "out")
        lane.start()
    assert world.lanes == ("entry", "exit")
    assert [world.direction(name) for name in world.lanes] == ["in", "out"]
    cars = [world.car(name, plate=name, manners=Manners(patience_s=600)) for name in world.lanes]
    assert world.wait_for(lambda: all(car.phase == "waiting" for car in cars), 10)
    lanes["exit"].pulse(Action.OPEN)
    assert drive(cars[1]) == "crossed"
    assert world.arm("entry") == 0.0
    assert cars[0].phase == "waiting"
    lanes["entry"].pulse(Action.OPEN)
    assert drive(cars[0]) == "crossed"
    edges = [item for item in said.items if isinstance(item, Edge)]
    for name in world.lanes:
        assert [(e.line.value, e.active) for e in edges if e.lane == name and e.line in LOOPS] == THROUGH


def test_a_fire_contact_of_the_whole_gate(world: World, opened: ExitStack) -> None:
    said: Inbox[Said] = Inbox()
    pins = open_pins(opened, RATE)
    world.add_lane("entry", open_lane(opened, pins, said))
    options = LaneOptions("fire", inputs={Line.FIRE: InputOptions(20, normally="closed")})
    fire = GpioLane(options, pins, said)
    opened.callback(fire.close)
    world.add_fire(fire)
    fire.start()
    assert fire.read() == {Line.FIRE: False}
    world.fault("entry", "fire", True)
    said.wait(lambda items: fire.read()[Line.FIRE])
    world.fault("entry", "fire", False)
    said.wait(lambda items: not fire.read()[Line.FIRE])


def test_a_card_on_a_pty(world: World, tmp_path: Path, opened: ExitStack) -> None:
    """The same world, with the kernel's own serial line instead of sim://."""
    said: Inbox[Said] = Inbox()
    line = PtyWire(tmp_path / "reader")
    opened.callback(line.unplug)
    world.add_lane("entry", open_lane(opened, open_pins(opened, RATE), said), "in", line)
    reader = SerialReader("r", PortOptions(line.url), lambda: rdm6300.Decoder(rdm6300.Options()), said)
    opened.callback(reader.close)
    heard = threading.Event()
    reader.tap(lambda data, mono_ns: heard.set())
    reader.start()
    while not heard.is_set():
        line.write(b"\n")
        heard.wait(0.05)
    world.tap("entry", UID)
    assert [item.uid for item in said.wait_count(1) if isinstance(item, CardRead)] == [UID]


def test_a_hundred_times_as_fast(opened: ExitStack) -> None:
    """A replay at 100×: a car is through in a third of a second, with the edges in the same order."""
    world = World(rate=100.0)
    opened.callback(world.close)
    said: Inbox[Said] = Inbox()
    lane = open_lane(opened, open_pins(opened, 100.0), said)
    world.add_lane("entry", lane)
    lane.start()
    for _ in range(3):  # the arm stays up after the first
        car = world.car("entry", manners=Manners(patience_s=1000))
        if world.arm("entry") == 0.0:
            assert world.wait_for(lambda car=car: car.phase == "waiting", 10)
            lane.pulse(Action.OPEN)
        assert drive(car) == "crossed"
    edges = [(item.line.value, item.active) for item in said.items if isinstance(item, Edge) and item.line in LOOPS]
    assert edges == THROUGH * 3


def test_things_happen_in_the_order_of_their_time_and_at_it() -> None:
    """The agenda: each thing sees its own moment, however late the machine is."""
    agenda = Agenda(rate=50.0)
    happened: Inbox[tuple[str, float]] = Inbox()
    start = agenda.now() + 1.0
    for name, when in (("c", 3.0), ("a", 1.0), ("b", 2.0)):
        agenda.at(start + when, lambda name=name: happened((name, agenda.now() - start)))
    agenda.at(start + 2.5, lambda: happened(("never", 0.0))).cancel()
    items = happened.wait_count(3)
    assert [name for name, _ in items] == ["a", "b", "c"]
    assert [round(when, 6) for _, when in items] == [1.0, 2.0, 3.0]
    agenda.close()


@pytest.mark.parametrize(
    ("motion", "place", "when"),
    [
        (Motion(0.0, 10.0, 2.0, 5.0), 4.0, 7.0),
        (Motion(0.0, -10.0, 2.0, 5.0), -4.0, 7.0),
        (Motion(0.0, 10.0, 2.0, 5.0), 11.0, None),
        (Motion(0.0, 10.0, 2.0, 5.0), -1.0, None),
        (Motion.rest(3.0), 3.0, None),
    ],
)
def test_motion_reaches(motion: Motion, place: float, when: float | None) -> None:
    assert motion.reaches(place) == when
    if when is not None:
        assert motion.place(when) == place
    assert motion.place(motion.ends + 1) == motion.target


@pytest.mark.parametrize("answer", [True, False])
def test_a_driver_waits_for_the_answer_to_the_card(world: World, gate: Gate, answer: bool) -> None:
    """The arm is up for somebody else. Whoever holds a card to the reader goes on when the gate has answered, or after a while."""
    answered = world.answers("entry")
    gate.lane.pulse(Action.OPEN)
    gate.wait(lambda: ("up_limit", True) in gate.lines(Line.UP_LIMIT))
    patience = Manners(presents_after_s=0.1, reacts_after_s=0.1, patience_s=1e6, listens_s=1e6 if answer else 4.0)
    car = world.car("entry", card=UNKNOWN, manners=patience)
    gate.wait(lambda: UNKNOWN in gate.cards())
    began = world.now()
    assert world.wait_for(lambda: world.now() > began + 2.0, 10)
    assert car.phase == "waiting"
    if answer:
        answered()
    assert drive(car) == "crossed"
