"""The pure parts: presentations, noise, debouncing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from drivers.debounce import Change, Debouncer
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
    assert line.edge(True, 0) == ()
    assert line.deadline_ns == 20 * MS
    assert line.edge(False, 5 * MS) == ()
    assert line.deadline_ns is None
    assert line.edge(True, 7 * MS) == ()
    assert line.look(True, 26 * MS) == ()
    assert line.look(True, 27 * MS) == (Change(True, 7 * MS),)
    assert line.active


def test_a_safety_line_is_active_at_once_and_clear_only_after_its_time() -> None:
    line = Debouncer(False, 20 * MS, instant_on=True)
    assert line.edge(True, 0) == (Change(True, 0),)
    assert line.edge(False, 1 * MS) == ()
    assert line.edge(True, 2 * MS) == ()
    assert line.active
    assert line.edge(False, 3 * MS) == ()
    assert line.look(False, 22 * MS) == ()
    assert line.look(False, 23 * MS) == (Change(False, 3 * MS),)
    assert not line.active


def test_a_chattering_contact_whose_edges_come_late_is_not_believed() -> None:
    """As seen on the rig: never closed for more than 9 ms, edges up to 62 ms late. By the time of their arrival the first one
    stood for 20 ms, and the pin happened to say the same: an arm that was down «was up» as well."""
    line = Debouncer(False, 20 * MS)
    edges = [(n % 2 == 0, n * 9 * MS) for n in range(12)]
    line.edge(*edges[0])
    for heard in (0, 8 * MS):  # it is 30 ms and more; nothing after the first edge has been heard
        assert line.look(True, heard) == ()
    assert [line.edge(*edge) for edge in edges[1:]] == [()] * 11
    assert line.look(False, 200 * MS) == ()
    assert not line.active


def test_what_lasted_counts_when_it_is_heard_of_late() -> None:
    """A loop that was covered for 30 ms while this process was held up for a second: both changes, with their times."""
    line = Debouncer(False, 20 * MS)
    assert line.edge(True, 100 * MS) == ()
    assert line.edge(False, 130 * MS) == (Change(True, 100 * MS),)
    assert line.look(False, 1_000 * MS) == (Change(False, 130 * MS),)


def test_a_lost_edge_begins_the_time_anew() -> None:
    line = Debouncer(False, 20 * MS)
    line.edge(True, 0)
    assert line.edge(True, 30 * MS) == (), "it was open in between, nobody knows when"
    assert line.look(True, 49 * MS) == ()
    assert line.look(False, 51 * MS) == (), "and here again"
    assert line.look(True, 60 * MS) == ()
    assert line.look(True, 80 * MS) == (Change(True, 60 * MS),)


contacts = st.lists(st.integers(min_value=1, max_value=45), max_size=40)
"""How long each level of a contact lasts, ms, from its first closing on; the last one lasts for ever."""


@given(lasts=contacts, every=st.integers(min_value=1, max_value=50), instant=st.booleans())
def test_debouncing_against_its_definition_however_late_edges_come(lasts: list[int], every: int, instant: bool) -> None:
    """What is reported depends on the contact alone: every 20 ms of rest, and nothing shorter (but a safety line's beginning)."""
    edges = [(n % 2 == 0, sum(lasts[:n]) * MS) for n in range(len(lasts))]
    wanted: list[Change] = []
    state = False
    for (level, at), long in zip(edges, [*lasts[:-1], 10**6], strict=False):
        if level != state and (long >= 20 or (instant and level)):
            state = level
            wanted.append(Change(level, at))
    line = Debouncer(False, 20 * MS, instant_on=instant)
    found: list[Change] = []
    before, said = 0, False
    for level, at in edges:
        for heard in range(before, at, every * MS):  # looks while this edge has not come; the edges so far say `said`
            found += line.look(said, heard)
        found += line.edge(level, at)
        before, said = at, level
    found += line.look(said, before + S)
    assert found == wanted
    assert line.active == state
