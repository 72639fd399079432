"""Stories of the barrier's machine: fire, power, hands on the arm, switches that lie, one test each."""

from __future__ import annotations

import pytest

from edge.domain import barrier as b
from edge.domain.barrier import Line, Phase
from tests.support_barrier_story import OPEN_FOR_CARD, REOPEN, Lane


@pytest.mark.parametrize("line", [Line.UNDER, Line.BEAM])
def test_losing_what_guards_the_arm_while_it_falls_raises_it(line: Line) -> None:
    lane = Lane(up=True)
    lane.feed(b.Lower())
    lane.heard(b.Pulse)
    lane.feed(b.SensorLost(line))
    assert lane.heard(b.Pulse) == [REOPEN]
    lane.on(Line.UP_LIMIT)
    assert b.objection(lane.state, b.Lower()) is b.Objection.SENSOR_LOST


def test_fire_raises_and_holds_until_a_guard_releases() -> None:
    lane = Lane()
    lane.on(Line.FIRE)
    assert lane.heard(b.Pulse) == [b.Pulse(b.Action.OPEN, "fire")]
    lane.rises()
    assert lane.state.phase is Phase.HELD
    for forbidden in (b.Lower(), b.Stop(), b.Release(b.Holder.GUARD)):
        assert b.objection(lane.state, forbidden) is b.Objection.FIRE
    lane.off(Line.FIRE)
    lane.wait(3_600_000)
    assert lane.state.phase is Phase.HELD
    lane.feed(b.Release(b.Holder.GUARD))
    assert lane.state.phase is Phase.UP
    lane.asks_and_closes()
    assert lane.state.phase is Phase.FALLING


def test_in_a_fire_an_arm_that_somebody_lowers_rises_again() -> None:
    lane = Lane(up=True)
    lane.on(Line.FIRE)
    lane.off(Line.UP_LIMIT)
    assert lane.state.phase is Phase.RISING
    lane.wait(lane.config.rise_ms)
    assert lane.state.phase is Phase.FAULT
    lane.heard(b.Pulse)
    lane.wait(lane.config.fire_again_ms)
    assert lane.heard(b.Pulse) == [b.Pulse(b.Action.OPEN, "fire")]


def test_a_restart_with_a_car_under_the_arm_moves_nothing() -> None:
    lane = Lane()
    lane.opened_for(1)
    lane.on(Line.UNDER)
    lane.heard(object)
    lane.feed(b.Start(frozenset({Line.APPROACH, Line.UNDER, Line.UP_LIMIT})))
    assert lane.of(b.AuthorisationLapsed) == [b.AuthorisationLapsed(1)]
    lane.wait(600)
    lane.off(Line.APPROACH)
    lane.leaves()
    assert [c.pass_seq for c in lane.of(b.Crossed)] == [0]
    lane.wait(3_600_000)
    assert lane.of(b.Pulse) == []
    assert lane.of(b.LeftOpen) == [b.LeftOpen(30)]


def test_a_restart_with_the_arm_between_its_ends_knows_nothing() -> None:
    lane = Lane()
    lane.feed(b.Start())
    assert lane.state.phase is Phase.UNKNOWN
    lane.wait(3_600_000)
    assert lane.heard(b.Pulse) == []
    lane.card(1)
    assert lane.heard(b.Pulse) == [OPEN_FOR_CARD]


def test_the_hand_remote_is_seen() -> None:
    lane = Lane()
    lane.rises()
    assert [f.code for f in lane.of(b.FaultBegan)] == [b.FaultCode.FORCED, b.FaultCode.MOVED_BY_HAND]
    lane.comes()
    lane.passes()
    lane.wait(60_000)
    assert lane.of(b.Pulse) == []
    lane.off(Line.UP_LIMIT)
    lane.on(Line.DOWN_LIMIT)
    assert lane.state.phase is Phase.DOWN
    assert lane.state.faults == ()


def test_the_hand_remote_does_not_lower_the_arm_onto_a_car() -> None:
    lane = Lane()
    lane.opened_for(1)
    lane.on(Line.UNDER)
    lane.heard(b.Pulse)
    lane.off(Line.UP_LIMIT)
    assert lane.heard(b.Pulse) == [REOPEN]


def test_an_arm_that_is_forced_up_is_a_fault() -> None:
    lane = Lane()
    lane.off(Line.DOWN_LIMIT)
    assert lane.of(b.FaultBegan) == [b.FaultBegan(b.FaultCode.FORCED, "left its lower limit")]
    lane.wait(2_500)
    lane.on(Line.DOWN_LIMIT)
    assert lane.of(b.FaultEnded) == [b.FaultEnded(b.FaultCode.FORCED, 2)]
    assert lane.of(b.Pulse) == []


def test_it_did_not_rise_and_the_next_card_tries_again() -> None:
    lane = Lane()
    lane.comes()
    lane.card(1)
    lane.wait(lane.config.rise_ms)
    assert lane.of(b.FaultBegan) == [b.FaultBegan(b.FaultCode.DID_NOT_RISE, "after 8 s")]
    lane.heard(b.Pulse)
    lane.card(1)  # the same card: the same vehicle
    assert lane.heard(b.Pulse) == [OPEN_FOR_CARD]
    lane.rises()
    lane.passes()
    assert [c.pass_seq for c in lane.of(b.Crossed)] == [1]
    assert lane.state.faults == ()


def test_it_did_not_fall_and_is_not_told_again_until_somebody_asks() -> None:
    lane = Lane()
    lane.opened_for(1)
    lane.passes()
    lane.asks_and_closes()
    lane.heard(b.Pulse)
    lane.wait(lane.config.fall_ms)
    assert lane.of(b.FaultBegan) == [b.FaultBegan(b.FaultCode.DID_NOT_FALL, "after 8 s")]
    lane.wait(3_600_000)
    assert lane.heard(b.Pulse) == []
    lane.on(Line.BEAM)  # it hangs half way: whoever goes under it raises it
    assert lane.heard(b.Pulse) == [REOPEN]


def test_both_switches_at_once_contradict_until_one_lets_go() -> None:
    lane = Lane()
    lane.on(Line.UP_LIMIT)
    assert lane.state.phase is Phase.FAULT
    assert lane.of(b.FaultBegan) == [b.FaultBegan(b.FaultCode.CONTRADICTION, "up and down at once")]
    lane.off(Line.UP_LIMIT)
    assert lane.state.phase is Phase.DOWN
    assert [f.code for f in lane.of(b.FaultEnded)] == [b.FaultCode.CONTRADICTION]


def test_without_limit_switches_a_person_who_asks_again_is_heard_again() -> None:
    lane = Lane(b.Config(lines=frozenset({Line.UNDER, Line.APPROACH})))
    lane.card(1)
    lane.wait(lane.config.rise_ms)
    assert lane.of(b.Moved)[-1] == b.Moved(Phase.RISING, Phase.UP, "assumed", lane.config.rise_ms)
    lane.heard(b.Pulse)
    lane.card(2)
    assert lane.heard(b.Pulse) == [OPEN_FOR_CARD]
    assert lane.state.phase is Phase.UP


def test_a_contradiction_ends_when_a_switch_lets_go_whatever_the_arm_does_meanwhile() -> None:
    lane = Lane()
    lane.on(Line.UP_LIMIT)
    lane.card(1)  # told to rise all the same
    assert lane.state.phase is Phase.RISING
    lane.off(Line.UP_LIMIT)
    assert [f.code for f in lane.of(b.FaultEnded)] == [b.FaultCode.CONTRADICTION]
