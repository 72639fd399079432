"""Every phase × every kind of input, over what a lane may have and may be in: the table is total, honest and agrees with itself."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest

from edge.domain import barrier as b
from edge.domain.barrier_state import ZONE, BarrierState, unsafe
from edge.domain.crossing import Spot, at_start

NOW = 1_000_000
ALL = frozenset(b.Line)
LIMITS = frozenset({b.Line.UP_LIMIT, b.Line.DOWN_LIMIT})
LANES = {
    "everything": b.Config(),
    "no approach loop": b.Config(lines=ALL - {b.Line.APPROACH}),
    "beam only": b.Config(lines=ALL - {b.Line.APPROACH, b.Line.UNDER}),
    "no beam, no stop": b.Config(lines=ALL - {b.Line.BEAM}, stop_relay=False),
    "no limit switches": b.Config(lines=ALL - LIMITS),
    "upper limit only": b.Config(lines=ALL - {b.Line.DOWN_LIMIT}),
    "lower limit only": b.Config(lines=ALL - {b.Line.UP_LIMIT}),
    "relays alone": b.Config(lines=frozenset(), auto_close=False),
}
COLUMNS = tuple(dict.fromkeys(column for _, column in b.TABLE))
QUEUES = {
    "nobody": (),
    "one": (b.Admission(7, NOW + 5),),
    "late": (b.Admission(7, NOW), b.Admission(8, NOW + 5)),
}
NOBODY = frozenset[b.Holder]()
NOBODY_THERE = frozenset[b.Line]()
UP_IN_FIRE = frozenset({b.Line.UP_LIMIT, b.Line.FIRE})
CIRCUMSTANCES = (
    # who holds it up, who is admitted, what is lost
    (NOBODY, "nobody", NOBODY_THERE),
    (NOBODY, "one", NOBODY_THERE),
    (NOBODY, "late", LIMITS),
    (NOBODY, "nobody", frozenset({b.Line.UNDER})),
    (frozenset({b.Holder.GUARD}), "one", NOBODY_THERE),
    (frozenset({b.Holder.FIRE}), "nobody", frozenset({b.Line.UNDER})),
    (frozenset({b.Holder.GUARD, b.Holder.FIRE}), "late", NOBODY_THERE),
)


def _inputs() -> dict[str, tuple[b.Input, ...]]:
    """All that may be said, by column."""
    said: tuple[b.Input, ...] = (
        *(b.Sensor(line, on) for line in b.Line for on in (True, False)),
        *(b.SensorLost(line) for line in b.Line),
        *(b.SensorBack(line, on) for line in b.Line for on in (True, False)),
        *(b.Authorised(7), b.Authorised(9), b.Lower(), b.Stop(), b.Recorded(1), b.Recorded(2), b.Tick()),
        *(b.Hold(h) for h in b.Holder),
        *(b.Release(h) for h in b.Holder),
        *(
            b.Start(a)
            for a in (NOBODY_THERE, frozenset({b.Line.UP_LIMIT}), frozenset({b.Line.DOWN_LIMIT}), LIMITS, ALL)
        ),
    )
    columns: dict[str, tuple[b.Input, ...]] = {}
    for each in said:
        columns[b.kind(each)] = (*columns.get(b.kind(each), ()), each)
    return columns


INPUTS = _inputs()


def subsets(lines: frozenset[b.Line]) -> Iterator[frozenset[b.Line]]:
    """Every choice among these lines."""
    ordered = sorted(lines)
    for flags in itertools.product((False, True), repeat=len(ordered)):
        yield frozenset(line for line, on in zip(ordered, flags, strict=True) if on)


def states(phase: b.Phase, config: b.Config) -> Iterator[BarrierState]:
    """What a lane may be in: the zone, the switches, what is lost, who holds, who is admitted, who is under the arm."""
    for seen, ends in itertools.product(subsets(config.lines - LIMITS - {b.Line.FIRE}), subsets(config.lines & LIMITS)):
        for holders, queued, lost in CIRCUMSTANCES:
            queue = QUEUES[queued]
            active = (seen | ends) - (lost & LIMITS)
            if b.Holder.FIRE in holders and len(holders) == 1 and b.Line.FIRE in config.lines:
                active |= {b.Line.FIRE}
            state = BarrierState(config, phase, active, lost & config.lines, holders)
            covered = state.vehicle_line in active
            state = replace(
                state,
                spot=at_start(state.approach, covered),
                queue=queue,
                using=6 if covered else None,
                last_pass=6 if covered else 0,
                over=phase is b.Phase.UP and not queue,
                pending=1 if phase is b.Phase.UP and not queue else None,
                ask_due=NOW if phase is b.Phase.UP and not queue else None,
                move_due=NOW if phase in (b.Phase.RISING, b.Phase.FALLING) else None,
                closing=NOW if phase is b.Phase.FALLING else None,
                fire_due=NOW if phase is b.Phase.FAULT and b.Holder.FIRE in holders else None,
            )
            yield from in_fault(state, NOW + 100) if phase is b.Phase.FAULT else (state,)


def in_fault(state: BarrierState, closing: int) -> Iterator[BarrierState]:
    """The ways in which a place can be in doubt: it does not rise, or it was coming down, or its switches contradict."""
    if state.says_up and state.says_down:
        both = replace(state, faults=((b.FaultCode.CONTRADICTION, NOW),))
        yield both
        yield replace(both, closing=None if state.holders else closing)
        yield replace(both, active=state.active - {b.Line.DOWN_LIMIT}, lost=frozenset({b.Line.DOWN_LIMIT}))
        yield replace(both, active=state.active - {b.Line.UP_LIMIT}, lost=frozenset({b.Line.UP_LIMIT}))
        if not state.holders:  # while it was coming down, and now the lower one is lost
            yield replace(
                both, active=state.active - {b.Line.DOWN_LIMIT}, lost=frozenset({b.Line.DOWN_LIMIT}), closing=closing
            )
        return
    yield replace(state, faults=((b.FaultCode.DID_NOT_RISE, NOW),))
    if not state.holders:
        yield replace(state, faults=((b.FaultCode.DID_NOT_FALL, NOW),), closing=closing)


def possible(state: BarrierState) -> bool:
    """What can never be is left out (the stateful test proves that it never is)."""
    s = state
    if b.Holder.FIRE in s.holders and not (s.raised or s.phase is b.Phase.FAULT):
        return False
    match s.phase:
        case b.Phase.FALLING:
            return unsafe(s) is None
        case b.Phase.UP:
            return not s.holders and not s.says_down
        case b.Phase.HELD:
            return bool(s.holders) and not s.says_down
        case b.Phase.DOWN:
            return not s.says_up
        case b.Phase.UNKNOWN:
            return not (s.says_up or s.says_down)
        case _:
            return True


def given(state: BarrierState, column: str) -> Iterator[b.Input]:
    """The inputs of a column that say something new in this state."""
    for each in INPUTS[column]:
        if isinstance(each, b.Sensor) and (each.line in state.active) == each.active:
            continue
        yield each


def pulses(out: b.Out) -> list[b.Action]:
    return [e.action for e in out.effects if isinstance(e, b.Pulse)]


def test_the_table_is_complete() -> None:
    assert len(COLUMNS) == 24
    assert set(b.TABLE) == set(itertools.product(b.Phase, COLUMNS))
    assert set(INPUTS) == set(COLUMNS)


@pytest.mark.parametrize("phase", b.Phase)
def test_every_phase_takes_every_input(phase: b.Phase) -> None:
    """It never raises, goes where its row says and to all of that, tells its moves in order, never closes on anybody."""
    reached: dict[str, set[b.Phase]] = {column: set() for column in COLUMNS}
    for config in LANES.values():
        for state in filter(possible, states(phase, config)):
            for column in COLUMNS:
                for each in given(state, column):
                    after, out = b.step(state, each, NOW)
                    reached[column].add(after.phase)
                    honest(state, after, out)
    for column in COLUMNS:
        assert reached[column] - {phase} == b.TABLE[phase, column].to - {phase}, column


def honest(state: BarrierState, after: BarrierState, out: b.Out) -> None:
    """What must hold of one step."""
    at = state.phase
    for moved in (e for e in out.effects if isinstance(e, b.Moved)):
        assert moved.was is at
        assert moved.now is not at
        at = moved.now
    assert at is after.phase
    if b.Action.CLOSE in pulses(out):
        assert unsafe(state) is None
        assert not ZONE & (after.active | after.lost)
        assert not after.holders
    if after.phase is b.Phase.FALLING:
        assert unsafe(after) is None


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("phase", b.Phase)
def test_objection_and_step_agree(phase: b.Phase, lane: str) -> None:
    """What a guard is told before the command is recorded is what the table does with it after."""
    for state in filter(possible, states(phase, LANES[lane])):
        lower, lowered = b.objection(state, b.Lower()), b.step(state, b.Lower(), NOW)[1]
        stop, stopped = b.objection(state, b.Stop()), b.step(state, b.Stop(), NOW)[1]
        assert pulses(lowered) == ([] if lower else [b.Action.CLOSE]), (state, lower)
        assert pulses(stopped) == ([] if stop else [b.Action.STOP]), (state, stop)
        if lower:
            assert lowered.effects == (b.Withheld(b.Action.CLOSE, lower.value),)
        if stop:
            assert stopped.effects == (b.Withheld(b.Action.STOP, stop.value),)
        for holder in b.Holder:
            held, hold = b.step(state, b.Hold(holder), NOW)[0], b.objection(state, b.Hold(holder))
            assert holder in held.holders
            assert hold or (held.raised and held != state)
            released, out = b.step(state, b.Release(holder), NOW)
            assert pulses(out) == []
            assert (b.objection(state, b.Release(holder)) is None) == (released.holders < state.holders)


@pytest.mark.parametrize("lane", LANES)
def test_a_report_that_says_nothing_new_changes_nothing(lane: str) -> None:
    for phase in b.Phase:
        for state in filter(possible, states(phase, LANES[lane])):
            for line in b.Line:
                again = b.Sensor(line, line in state.active)
                assert b.step(state, again, NOW) == (state, b.Out())


def test_a_line_that_the_lane_does_not_have_says_nothing() -> None:
    bare = b.initial(LANES["relays alone"])
    for line in b.Line:
        assert b.step(bare, b.Sensor(line, True), NOW) == (bare, b.Out())
        assert b.step(bare, b.SensorLost(line), NOW) == (bare, b.Out())
        assert b.step(bare, b.SensorBack(line, True), NOW) == (bare, b.Out())


def test_nobody_who_is_admitted_is_forgotten_by_a_guards_lower() -> None:
    """Lowering cancels the admissions of vehicles that are not there, and says so."""
    state = replace(
        b.initial(b.Config()),
        phase=b.Phase.UP,
        spot=Spot.EMPTY,
        queue=(b.Admission(3, NOW + 9), b.Admission(4, NOW + 9)),
    )
    after, out = b.step(state, b.Lower(), NOW)
    assert after.queue == ()
    assert out.effects[:2] == (b.AuthorisationLapsed(3), b.AuthorisationLapsed(4))
