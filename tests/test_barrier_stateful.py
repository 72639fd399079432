"""The barrier's table against a physical lane, in any order: `support_barrier` is the lane, `support_barrier_oracle` the books.

Run longer with BARRIER_EXAMPLES=20000 (and BARRIER_STEPS=80).
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from edge.domain import barrier as b
from tests.support_barrier import AWAY, FAR, HIGH, LOW, Car, World
from tests.support_barrier_oracle import Books

ALL = frozenset(b.Line)
LIMITS = frozenset({b.Line.UP_LIMIT, b.Line.DOWN_LIMIT})
LANES = (
    b.Config(),
    b.Config(lines=ALL - {b.Line.BEAM}),
    b.Config(lines=ALL - {b.Line.APPROACH}),
    b.Config(lines=ALL - {b.Line.UNDER}),
    b.Config(lines=ALL - {b.Line.UNDER, b.Line.APPROACH}),
    b.Config(lines=ALL - LIMITS, auto_close_ms=0),
    b.Config(lines=ALL - {b.Line.UP_LIMIT}),
    b.Config(lines=ALL - {b.Line.DOWN_LIMIT}, stop_relay=False),
    b.Config(auto_close=False),
)
MOMENTS = st.sampled_from((1, 20, 100, 300, 700, 1_500, 3_000, 5_000, 9_000, 31_000))
LINES = st.sampled_from(tuple(b.Line))


class BarrierMachine(RuleBasedStateMachine):
    """Everything that may happen at a gate, in any order."""

    @initialize(
        lane=st.sampled_from(LANES),
        travel=st.sampled_from((1_500, 3_000, 5_500)),
        up=st.booleans(),
        power=st.booleans(),
    )
    def build(self, lane: b.Config, travel: int, up: bool, power: bool) -> None:
        self.config = lane
        self.world = World(lane.lines, travel, angle=1.0 if up else 0.0)
        self.books = Books(lane)
        self.state = b.initial(lane)
        self.passes = 0
        self.asks: list[int] = []
        self.records_at: list[tuple[int, int]] = []
        self.recording: int | None = 20
        self.late = 0
        if power:
            self.start()

    # ---- the gate's own part

    def feed(self, given: b.Input) -> None:
        before, now = self.state, self.world.now
        self.state, out = b.step(before, given, now)
        self.books.check(before, given, self.state, out, now)
        for effect in out.effects:
            if isinstance(effect, b.Pulse):
                self.world.pulse(effect.action)
            elif isinstance(effect, b.Ask):
                self.asks.append(effect.token)
                if self.recording is not None:
                    self.records_at.append((now + self.recording, effect.token))

    def run_for(self, ms: int) -> None:
        """Time goes on; the arm moves, sensors tell, ticks and records come when they come."""
        world, end = self.world, self.world.now + ms
        while True:
            tick = None if self.state.deadline is None else self.state.deadline + self.late
            records = [due for due, _ in self.records_at]
            times = [t for t in (world.arm_event(), world.next_report(), tick, *records) if t is not None]
            world.pass_time(max(world.now, min([end, *times])))
            self.hear()
            self.write_down()
            if self.state.deadline is not None and self.state.deadline + self.late <= world.now:
                self.feed(b.Tick())
            if world.now >= end:
                return

    def hear(self) -> None:
        for line, active in self.world.take_reports():
            self.feed(b.Sensor(line, active))

    def write_down(self) -> None:
        ready = [r for r in self.records_at if r[0] <= self.world.now]
        self.records_at = [r for r in self.records_at if r[0] > self.world.now]
        for _, token in ready:
            self.feed(b.Recorded(token))

    # ---- time

    @rule(ms=MOMENTS)
    def wait(self, ms: int) -> None:
        self.run_for(ms)

    @rule(ms=st.sampled_from((60_000, 3_600_000, 31_536_000_000)))
    def the_clock_jumps(self, ms: int) -> None:
        """The process or the machine slept: the arm has long arrived, and everything is told afterwards."""
        self.world.pass_time(self.world.now + self.world.travel_ms)
        self.world.now += ms
        self.feed(b.Tick())
        self.run_for(200)

    @rule(late=st.sampled_from((0, 0, 30, 800, 4_000)))
    def ticks_come_late(self, late: int) -> None:
        self.late = late

    @rule(line=LINES, ms=st.sampled_from((0, 10, 60)))
    def a_sensor_is_late(self, line: b.Line, ms: int) -> None:
        self.world.delays[line] = ms

    # ---- the journal

    @rule(after=st.sampled_from((0, 20, 400, 6_000, None)))
    def recording_takes(self, after: int | None) -> None:
        self.recording = after

    @precondition(lambda self: self.asks)
    @rule(back=st.integers(0, 3))
    def an_old_record_comes(self, back: int) -> None:
        self.feed(b.Recorded(self.asks[-1 - min(back, len(self.asks) - 1)]))

    # ---- people

    @rule()
    def card(self) -> None:
        self.passes += 1
        self.feed(b.Authorised(self.passes))

    @precondition(lambda self: self.books.admitted)
    @rule(pick=st.integers(0, 5))
    def the_same_card_again(self, pick: int) -> None:
        passes = sorted(self.books.admitted)
        self.feed(b.Authorised(passes[pick % len(passes)]))

    @rule(command=st.sampled_from((b.Lower(), b.Lower(), b.Stop())))
    def guard(self, command: b.Input) -> None:
        self.feed(command)

    @rule(holder=st.sampled_from((b.Holder.GUARD, b.Holder.EMERGENCY)))
    def hold(self, holder: b.Holder) -> None:
        self.feed(b.Hold(holder))

    @rule(holder=st.sampled_from(tuple(b.Holder)))
    def release(self, holder: b.Holder) -> None:
        self.feed(b.Release(holder))

    @precondition(lambda self: not self.world.walker)
    @rule()
    def somebody_walks_into_the_beam(self) -> None:
        self.world.walker = True
        self.world.feel()
        self.run_for(100)

    @precondition(lambda self: self.world.walker)
    @rule()
    def and_out_of_it(self) -> None:
        self.world.walker = False
        self.world.feel()

    # ---- vehicles

    @precondition(lambda self: len(self.world.cars) < 3)
    @rule(motorcycle=st.booleans(), against=st.sampled_from((False, False, False, True)))
    def a_vehicle_comes(self, motorcycle: bool, against: bool) -> None:
        car = Car(motorcycle, -1, AWAY) if against else Car(motorcycle)
        self.world.cars.append(car)
        self.world.drive(car, car.way)

    @precondition(lambda self: self.world.cars)
    @rule(which=st.integers(0, 2), stages=st.integers(1, 6), ms=st.sampled_from((0, 50, 250, 600, 1_200)))
    def drives_on(self, which: int, stages: int, ms: int) -> None:
        self.drive(which, stages, ms, 1)

    @precondition(lambda self: self.world.cars)
    @rule(which=st.integers(0, 2), stages=st.integers(1, 4), ms=st.sampled_from((0, 250, 600)))
    def backs(self, which: int, stages: int, ms: int) -> None:
        self.drive(which, stages, ms, -1)

    def drive(self, which: int, stages: int, ms: int, way: int) -> None:
        car = self.world.cars[which % len(self.world.cars)]
        for _ in range(stages):
            if not (FAR < car.stage < AWAY and self.world.drive(car, car.way * way)):
                break
            self.run_for(ms)

    @rule(motorcycle=st.booleans(), admitted=st.booleans(), behind=st.booleans())
    def a_whole_passage(self, motorcycle: bool, admitted: bool, behind: bool) -> None:
        """What happens a thousand times a day."""
        self.a_vehicle_comes(motorcycle, False)
        if admitted:
            self.card()
        self.run_for(self.world.travel_ms + 200)
        self.drive(len(self.world.cars) - 1, 6, 400, 1)
        self.run_for(100 if behind else 2_500)

    # ---- the machine and its sensors

    @rule(way=st.sampled_from((-1, 0, 1)))
    def hand_remote(self, way: int) -> None:
        self.world.push(way, foreign=True)

    @rule()
    def the_machine_jams_or_is_freed(self) -> None:
        self.world.jammed = not self.world.jammed

    @rule()
    def fire_contact(self) -> None:
        self.world.fire = not self.world.fire
        self.world.feel()
        self.hear()

    @rule(line=LINES)
    def a_report_comes_twice(self, line: b.Line) -> None:
        self.feed(b.Sensor(line, line in self.state.active))

    @precondition(lambda self: self.world.angle <= LOW or self.world.angle >= HIGH)
    @rule()
    def a_limit_switch_bounces(self) -> None:
        line = b.Line.UP_LIMIT if self.world.angle >= HIGH else b.Line.DOWN_LIMIT
        if line in self.state.active and line not in self.world.lost:
            self.feed(b.Sensor(line, False))
            self.feed(b.Sensor(line, True))

    @rule(line=LINES)
    def a_sensor_sticks_or_is_freed(self, line: b.Line) -> None:
        """It says «there» for ever; the safe side of a broken loop or switch."""
        self.world.stuck ^= {line}
        self.world.feel()
        self.run_for(100)

    @rule(line=LINES)
    def a_sensor_is_lost(self, line: b.Line) -> None:
        if line in self.config.lines:
            self.world.lost.add(line)
        self.feed(b.SensorLost(line))

    @rule(line=LINES)
    def a_sensor_is_back(self, line: b.Line) -> None:
        self.world.lost.discard(line)
        self.world.reports = [r for r in self.world.reports if r[1] is not line]
        self.feed(b.SensorBack(line, line in self.world.levels()))

    @rule()
    def start(self) -> None:
        """Power is lost and back, or the gate's process began again; the machine goes on as it did."""
        self.world.lost.clear()
        self.world.forget_reports()
        self.world.foreign = True
        self.records_at = []
        self.feed(b.Start(self.world.levels()))

    # ---- always

    @invariant()
    def the_arm_has_come_down_on_nobody(self) -> None:
        assert not hasattr(self, "world") or not self.world.hits


LONG = int(os.environ.get("BARRIER_EXAMPLES", "0"))
TestBarrier = BarrierMachine.TestCase
TestBarrier.settings = settings(
    max_examples=LONG or 120,
    stateful_step_count=int(os.environ.get("BARRIER_STEPS", "40")),
    deadline=None,
    derandomize=not LONG,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
