"""The pure parts: presentations, noise, debouncing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drivers.debounce import Debouncer
from drivers.noise import NoiseMeter
from drivers.presentation import Presentations

S = 1_000_000_000
MS = 1_000_000


def test_repeats_within_a_sliding_window_are_one_presentation() -> None:
    folded = Presentations(3 * S)
    assert folded.is_new(b"A", 0)
    # 20 s near the reader: each repeat is within the window of the one before, not of the first.
    assert not any(folded.is_new(b"A", second * 2 * S) for second in range(1, 11))
    assert not folded.is_new(b"A", 20 * S + 3 * S)
    assert folded.is_new(b"A", 23 * S + 3 * S + 1)


def test_another_card_ends_a_presentation() -> None:
    folded = Presentations(3 * S)
    assert [folded.is_new(uid, 0) for uid in (b"A", b"B", b"A", b"A")] == [True, True, True, False]


def test_noise_begins_once_and_ends_with_a_good_frame() -> None:
    meter = NoiseMeter(threshold=10, window_ns=10 * S, quiet_ns=5 * S)
    assert meter.noise(10, 0) is None
    assert meter.noise(1, S) is True
    assert meter.noise(1000, 2 * S) is None
    assert meter.good() is False
    assert meter.good() is None


def test_noise_ends_after_quiet() -> None:
    meter = NoiseMeter(threshold=10, window_ns=10 * S, quiet_ns=5 * S)
    assert meter.noise(11, 0) is True
    assert meter.noise(1, 3 * S) is None
    assert meter.tick(7 * S) is None
    assert meter.tick(8 * S) is False
    assert meter.tick(9 * S) is None


def test_a_few_lost_bytes_now_and_then_are_no_fault() -> None:
    meter = NoiseMeter(threshold=10, window_ns=10 * S, quiet_ns=5 * S)
    assert [meter.noise(5, second * 6 * S) for second in range(100)] == [None] * 100


def test_a_contact_must_stay_for_its_time() -> None:
    line = Debouncer(False, 20 * MS)
    assert not line.sample(True, 0)
    assert line.deadline_ns == 20 * MS
    assert not line.sample(False, 5 * MS)
    assert line.deadline_ns is None
    assert not line.sample(True, 7 * MS)
    assert not line.sample(True, 26 * MS)
    assert line.sample(True, 27 * MS)
    assert line.active
    assert line.since_ns == 7 * MS


def test_a_safety_line_is_active_at_once_and_clear_only_after_its_time() -> None:
    line = Debouncer(False, 20 * MS, instant_on=True)
    assert line.sample(True, 0)
    assert not line.sample(False, 1 * MS)
    assert not line.sample(True, 2 * MS)
    assert line.active
    assert not line.sample(False, 3 * MS)
    assert not line.sample(False, 22 * MS)
    assert line.sample(False, 23 * MS)
    assert not line.active


levels = st.lists(st.tuples(st.booleans(), st.integers(min_value=0, max_value=40)), max_size=60)


@given(levels=levels, instant=st.booleans())
def test_debouncing_against_its_definition(levels: list[tuple[bool, int]], instant: bool) -> None:
    """Whatever a contact does: the state changes only after 20 ms without a change, and every 20 ms of rest are believed."""
    line = Debouncer(False, 20 * MS, instant_on=instant)
    now, level, since = 0, False, -(10**12)
    for new, wait in levels:
        if new != level:
            level, since = new, now
        before = line.active
        changed = line.sample(level, now)
        assert changed == (line.active != before)
        if changed:
            assert line.active == level
            assert now - since >= 20 * MS or (instant and level)
        now += wait * MS
        line.sample(level, now)
        if now - since >= 20 * MS:
            assert line.active == level
            assert line.deadline_ns is None
        elif instant and level:
            assert line.active
