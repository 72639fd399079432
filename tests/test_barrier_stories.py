"""Stories of vehicles and guards at the barrier, one test each."""

from __future__ import annotations

from edge.domain import barrier as b
from edge.domain.barrier import Line, Phase
from tests.support_barrier_story import CLOSE_BY_ITSELF, OPEN_FOR_CARD, REOPEN, TO_PASS, TRAVEL, Lane


def test_an_owners_car_goes_through() -> None:
    lane = Lane()
    lane.comes()
    assert lane.heard(object) == [b.Waiting()]
    lane.card(41)
    assert lane.state.phase is Phase.RISING
    assert lane.heard(b.Pulse) == [OPEN_FOR_CARD]
    lane.rises()
    assert lane.heard(b.Moved) == [b.Moved(Phase.RISING, Phase.UP, "card", TRAVEL)]
    lane.enters()
    assert lane.heard(b.Snap) == [b.Snap("crossing", 41)]
    lane.leaves()
    assert lane.of(b.Crossed) == [b.Crossed(41, 2 * TO_PASS)]
    lane.asks_and_closes()
    assert lane.heard(b.Pulse) == [CLOSE_BY_ITSELF]
    lane.wait(TRAVEL)
    lane.on(Line.DOWN_LIMIT)
    assert lane.heard(b.Moved) == [b.Moved(Phase.FALLING, Phase.DOWN, "auto", TRAVEL)]
    assert lane.state.deadline is None


def test_the_close_waits_for_its_record_and_is_asked_for_again() -> None:
    lane = Lane()
    lane.opened_for(1)
    lane.passes()
    lane.wait(lane.config.auto_close_ms + lane.config.ask_again_ms)
    first, second = lane.of(b.Ask)
    assert CLOSE_BY_ITSELF not in lane.heard(b.Pulse)
    lane.feed(b.Recorded(first.token))
    assert lane.heard(object) == [b.Withheld(b.Action.CLOSE, "late")]
    lane.feed(b.Recorded(second.token))
    assert lane.heard(b.Pulse) == [CLOSE_BY_ITSELF]


def test_a_second_authorised_car_queues_and_the_arm_stays_up_between() -> None:
    lane = Lane()
    lane.opened_for(1)
    lane.enters()
    lane.comes()  # the next one, behind it
    lane.card(2)
    lane.leaves()
    lane.wait(20_000)
    assert lane.of(b.Ask) == []
    assert [c.pass_seq for c in lane.of(b.Crossed)] == [1]
    lane.passes()
    assert [c.pass_seq for c in lane.of(b.Crossed)] == [1, 2]
    assert lane.of(b.Tailgated) == []
    lane.asks_and_closes()
    assert lane.of(b.Pulse) == [OPEN_FOR_CARD, CLOSE_BY_ITSELF]


def test_a_second_car_is_admitted_while_the_close_is_being_recorded() -> None:
    lane = Lane()
    lane.opened_for(1)
    lane.passes()
    lane.wait(lane.config.auto_close_ms)
    [ask] = lane.heard(b.Ask)
    lane.comes()
    lane.card(2)
    lane.feed(b.Recorded(ask.token))
    assert lane.of(b.Withheld) == [b.Withheld(b.Action.CLOSE, "vehicle-expected")]
    assert lane.of(b.Pulse) == []
    assert lane.state.phase is Phase.UP


def test_an_admission_while_the_arm_falls_raises_it_again() -> None:
    lane = Lane()
    lane.opened_for(1)
    lane.passes()
    lane.asks_and_closes()
    lane.heard(b.Pulse)
    lane.card(2)
    assert lane.heard(b.Pulse) == [OPEN_FOR_CARD]
    assert lane.state.phase is Phase.RISING


def test_who_follows_without_a_card_is_told() -> None:
    lane = Lane()
    lane.opened_for(1)
    lane.passes()
    lane.comes()
    lane.passes()
    assert lane.of(b.Tailgated) == [b.Tailgated(1)]
    assert [c.pass_seq for c in lane.of(b.Crossed)] == [1, 0]
    lane.asks_and_closes()
    assert lane.state.phase is Phase.FALLING


def test_bumper_to_bumper_are_two() -> None:
    lane = Lane()
    lane.opened_for(1)
    lane.enters()
    lane.comes()
    lane.off(Line.APPROACH)
    lane.leaves()
    assert [c.pass_seq for c in lane.of(b.Crossed)] == [1, 0]
    assert lane.of(b.Tailgated) == [b.Tailgated(1)]


def test_who_turns_back_lets_the_arm_down() -> None:
    lane = Lane()
    lane.opened_for(5)
    lane.off(Line.APPROACH)
    lane.wait(1_500)
    assert lane.of(b.TurnedBack) == [b.TurnedBack(5)]
    lane.asks_and_closes()
    assert lane.state.phase is Phase.FALLING


def test_a_nose_on_the_loop_before_the_card_is_the_same_vehicle() -> None:
    lane = Lane()
    lane.comes()
    lane.on(Line.UNDER)  # it stopped a little too far
    lane.card(8)
    lane.rises()
    lane.wait(5_000)
    lane.off(Line.APPROACH)
    lane.leaves()
    assert [c.pass_seq for c in lane.of(b.Crossed)] == [8]
    lane.asks_and_closes()
    assert lane.state.phase is Phase.FALLING


def test_a_nose_on_the_loop_that_goes_back_has_not_crossed() -> None:
    lane = Lane()
    lane.comes()
    lane.on(Line.UNDER)
    lane.wait(3_000)
    lane.off(Line.UNDER)
    lane.off(Line.APPROACH)
    lane.wait(1_500)
    assert lane.of(b.Crossed) == []
    assert lane.of(b.TurnedBack) == [b.TurnedBack(0)]


def test_a_car_that_stops_under_the_falling_arm_raises_it() -> None:
    lane = Lane()
    lane.opened_for(1)
    lane.passes()
    lane.asks_and_closes()
    lane.heard(b.Pulse)
    lane.comes()
    lane.on(Line.UNDER)
    assert lane.of(b.Pulse) == [REOPEN]
    lane.wait(400)
    lane.on(Line.UP_LIMIT)
    assert lane.state.phase is Phase.UP
    lane.wait(20_000)
    assert lane.of(b.StoppedUnder) == [b.StoppedUnder(0, 15)]
    lane.feed(b.Lower())
    assert lane.heard(b.Withheld) == [b.Withheld(b.Action.CLOSE, "occupied")]
    lane.off(Line.APPROACH)
    lane.off(Line.UNDER)
    assert lane.of(b.Tailgated) == [b.Tailgated(1)]
    lane.asks_and_closes()
    assert lane.state.phase is Phase.FALLING


def test_the_same_card_twice_is_one_vehicle() -> None:
    lane = Lane()
    lane.comes()
    for _ in range(3):
        lane.card(1)
    lane.rises()
    lane.card(1)
    lane.on(Line.UNDER)
    lane.card(1)
    lane.wait(TO_PASS)
    lane.off(Line.APPROACH)
    lane.leaves()
    assert [c.pass_seq for c in lane.of(b.Crossed)] == [1]
    assert lane.of(b.Pulse) == [OPEN_FOR_CARD]
    lane.asks_and_closes()
    assert lane.state.phase is Phase.FALLING


def test_two_cards_in_one_car_let_the_arm_down_when_the_second_lapses() -> None:
    lane = Lane()
    lane.opened_for(1)
    lane.card(2)
    lane.passes()
    lane.wait(lane.config.authorisation_ms)
    assert lane.of(b.AuthorisationLapsed) == [b.AuthorisationLapsed(2)]
    lane.asks_and_closes()
    assert lane.state.phase is Phase.FALLING


def test_an_admitted_vehicle_that_never_comes_lapses_and_the_guard_is_told() -> None:
    lane = Lane()
    lane.card(1)
    lane.rises()
    lane.wait(60_000)
    assert lane.of(b.AuthorisationLapsed) == [b.AuthorisationLapsed(1)]
    assert lane.of(b.LeftOpen) == [b.LeftOpen(30)]
    assert lane.of(b.Ask) == []
    lane.feed(b.Lower())
    assert lane.state.phase is Phase.FALLING


def test_who_stands_before_the_arm_has_all_the_time_but_binds_the_guard_only_so_long() -> None:
    lane = Lane()
    lane.opened_for(1)
    assert b.objection(lane.state, b.Lower()) is b.Objection.EXPECTED
    lane.wait(lane.config.authorisation_ms)
    assert lane.of(b.AuthorisationLapsed) == []
    assert b.objection(lane.state, b.Lower()) is None
    lane.passes()
    assert [c.pass_seq for c in lane.of(b.Crossed)] == [1]


def test_somebody_on_foot_in_the_beam_is_no_vehicle() -> None:
    lane = Lane(b.Config(lines=frozenset(Line) - {Line.UNDER}))
    lane.opened_for(1)
    lane.on(Line.BEAM)
    lane.wait(300)
    lane.off(Line.BEAM)
    assert lane.of(b.Crossed) == []
    lane.on(Line.BEAM)
    lane.wait(TO_PASS)
    lane.off(Line.APPROACH)
    lane.wait(TO_PASS)
    lane.off(Line.BEAM)
    assert [c.pass_seq for c in lane.of(b.Crossed)] == [1]


def test_a_clock_that_jumps_a_year_ends_what_was_due_and_no_more() -> None:
    lane = Lane()
    lane.opened_for(1)
    lane.off(Line.APPROACH)
    lane.now += 365 * 86_400_000
    lane.feed(b.Tick())
    assert lane.heard(b.Pulse) == [OPEN_FOR_CARD]
    assert lane.state.queue == ()
    assert lane.state.deadline is not None
    assert lane.state.deadline > lane.now
