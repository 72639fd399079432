"""The gate's clocks: trust, jumps, doubt, and a time that runs faster."""

from __future__ import annotations

import re
import time

import pytest

from edge.clock import BUILT_MS, DOUBT_MS, JUMP_MS, LATEST_MS, Change, Clock, boot_id, ntp_disciplined

NOW = BUILT_MS + 86_400_000
YEAR = 365 * 86_400_000


class Wall(Clock):
    """A clock whose wall and steady time a test sets."""

    def __init__(self, wall: int = NOW, *, ntp: bool = False, rate: float = 1.0) -> None:
        self.wall, self.steady, self.ntp = wall, 1_000_000, ntp
        super().__init__(rate)

    def wall_ms(self) -> int:
        return self.wall

    def mono_ms(self) -> int:
        return self.steady

    def disciplined(self) -> bool:
        return self.ntp

    def go(self, ms: int, wall: int | None = None) -> Change | None:
        """Time passes; `wall`: what the wall clock makes of it."""
        self.steady += ms
        self.wall += ms if wall is None else wall
        return self.watch()


@pytest.mark.parametrize(
    ("wall", "ntp", "trust"),
    [
        (0, False, "unset"),
        (0, True, "unset"),
        (BUILT_MS - 1, False, "unset"),
        (BUILT_MS, False, "restored"),
        (NOW, True, "ntp"),
        (LATEST_MS, False, "restored"),
        (LATEST_MS + 1, True, "unset"),
    ],
)
def test_trust(wall: int, ntp: bool, trust: str) -> None:
    clock = Wall(wall, ntp=ntp)
    assert clock.trust == trust
    assert clock.usable == (trust != "unset")
    assert clock.stamp().clock == trust


def test_a_steady_clock_says_nothing() -> None:
    clock = Wall()
    assert [clock.go(5_000) for _ in range(3)] == [None] * 3


def test_a_clock_that_is_slewed_all_day_never_jumps() -> None:
    clock = Wall(ntp=True)
    assert not any(clock.go(5_000, 5_000 + JUMP_MS // 2) for _ in range(100))


@pytest.mark.parametrize("jump", [JUMP_MS + 1, -JUMP_MS - 1, 60_000, -60_000])
def test_a_small_jump_is_an_event_and_no_fault(jump: int) -> None:
    clock = Wall()
    assert clock.go(5_000, 5_000 + jump) == Change("restored", "restored", jump)
    assert clock.go(5_000) is None, "once"
    assert clock.usable


@pytest.mark.parametrize("jump", [YEAR, -20 * 3_600_000, DOUBT_MS + 1])
def test_a_jump_that_nobody_vouches_for_leaves_it_doubtful_until_it_jumps_back(jump: int) -> None:
    clock = Wall(NOW + 30 * 86_400_000)
    assert clock.go(5_000, 5_000 + jump) == Change("restored", "restored", jump)
    assert (clock.usable, clock.doubt_ms) == (False, jump)
    assert clock.go(5_000, 5_000 - jump) == Change("restored", "restored", -jump)
    assert (clock.usable, clock.doubt_ms) == (True, 0)


def test_a_time_server_ends_the_doubt() -> None:
    clock = Wall()
    clock.go(5_000, YEAR)
    clock.ntp = True
    change = clock.go(5_000)
    assert change == Change("restored", "ntp", 0)
    assert clock.usable
    assert clock.go(5_000, YEAR) == Change("ntp", "ntp", YEAR - 5_000), "a time server may step: it is vouched for"
    assert clock.usable


def test_waking_up_in_1970_and_being_set_right() -> None:
    clock = Wall(17_000)
    assert not clock.usable
    assert clock.go(5_000) is None
    clock.ntp = True
    change = clock.go(5_000, NOW)
    assert change == Change("unset", "ntp", NOW - 5_000)
    assert clock.usable


def test_falling_back_to_1970() -> None:
    clock = Wall(NOW, ntp=True)
    change = clock.go(5_000, -NOW)
    assert change is not None
    assert (change.was, change.trust) == ("ntp", "unset")
    assert not clock.usable
    assert clock.stamp().clock == "unset"


def test_simulated_time_runs_faster_and_never_back() -> None:
    clock = Clock(50.0)
    began, wall, steady = time.monotonic(), clock.now_ms(), clock.mono_ms()
    seen = [clock.mono_ms() for _ in range(1_000)]
    while time.monotonic() - began < 0.02:
        seen.append(clock.mono_ms())
    passed = (time.monotonic() - began) * 1_000 * 50
    assert seen == sorted(seen)
    assert clock.mono_ms() - steady == pytest.approx(passed, rel=0.3)
    assert clock.now_ms() - wall == pytest.approx(passed, rel=0.3)
    assert clock.seconds(5_000) == pytest.approx(0.1)


def test_this_machines_own_clock() -> None:
    clock = Clock()
    assert abs(clock.now_ms() - time.time() * 1_000) < 1_000
    stamp = clock.stamp()
    assert (stamp.boot, stamp.clock) == (boot_id(), clock.trust)
    assert re.fullmatch("[0-9a-f]{12}", stamp.boot)
    assert ntp_disciplined() in (True, False)
    assert clock.disciplined() == ntp_disciplined()


HOUR = 3_600_000


@pytest.mark.parametrize(
    ("away", "ntp", "astray"),
    [
        (HOUR, False, 0),
        (0, False, 0),
        (-JUMP_MS, False, 0),
        (-JUMP_MS - 1, False, -JUMP_MS - 1),
        (-30 * 86_400_000, False, -30 * 86_400_000),
        (YEAR - HOUR, False, 0),
        (2 * YEAR, False, 2 * YEAR),
        (-HOUR, True, 0),
        (2 * YEAR, True, 0),
    ],
)
def test_the_journals_last_event_says_what_time_it_must_be_at_least(away: int, ntp: bool, astray: int) -> None:
    last = NOW + 2 * YEAR
    clock = Wall(last + away, ntp=ntp)
    assert clock.doubt_ms == 0
    clock.compare(last)
    assert (clock.astray_ms, clock.doubt_ms, clock.usable) == (astray, astray, astray == 0)


@pytest.mark.parametrize("last", [0, 17_000, BUILT_MS - 1, LATEST_MS + 1])
def test_an_event_without_a_time_says_nothing(last: int) -> None:
    clock = Wall(NOW)
    clock.compare(last)
    assert clock.usable


def test_a_clock_that_is_behind_stays_so_however_long_it_runs_until_a_time_server_comes() -> None:
    """It woke up ten minutes before the last event; how long the power was away, nobody knows."""
    clock = Wall(NOW - 600_000)
    clock.compare(NOW)
    for _ in range(200):
        assert clock.go(5_000) is None
    assert not clock.usable
    clock.ntp = True
    assert clock.go(5_000, 6 * HOUR) == Change("restored", "ntp", 6 * HOUR - 5_000)
    assert clock.usable


@pytest.mark.parametrize(("wakes", "set_by"), [(-600_000, 6 * HOUR), (2 * YEAR, -2 * YEAR + 30 * 86_400_000)])
def test_a_clock_astray_that_is_set_by_hand_to_what_can_be_is_used(wakes: int, set_by: int) -> None:
    last = NOW + YEAR
    clock = Wall(last + wakes)
    clock.compare(last)
    assert not clock.usable
    assert clock.go(5_000, 5_000 + set_by) == Change("restored", "restored", set_by)
    assert (clock.usable, clock.doubt_ms) == (True, 0)
    assert clock.go(5_000, 5_000 + 2 * HOUR) is not None
    assert not clock.usable, "and from then on it is a clock like any other"


def test_set_by_hand_to_what_cannot_be_either() -> None:
    clock = Wall(17_000)
    clock.compare(NOW)
    assert (clock.trust, clock.astray_ms) == ("unset", 0)
    clock.go(5_000, NOW - HOUR)
    assert clock.trust == "restored"
    assert clock.astray_ms == pytest.approx(-HOUR, abs=60_000)
    assert not clock.usable


def test_in_a_faster_time_nothing_follows_from_the_journal() -> None:
    clock = Wall(NOW, rate=60.0)
    clock.compare(NOW + YEAR)
    assert clock.usable
