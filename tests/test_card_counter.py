"""A counter on a card: the copy is found, a torn write never sends the true card away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain import card_counter as cc
from edge.domain.card_counter import Stored, Verdict

UID = bytes.fromhex("3F8A21C4")
KEY = b"site key of this gate"
uids = st.binary(min_size=4, max_size=10)
counters = st.integers(min_value=0, max_value=cc.LARGEST - 1)


class OnCard:
    """Two slots of a card's memory; a write may be torn at any byte of any slot, and leaves rubbish where it stopped."""

    def __init__(self, uid: bytes = UID, key: bytes = b"") -> None:
        self.uid, self.key = uid, key
        self.slots = [bytes(16), bytes(16)]

    def read(self) -> int | None:
        return cc.read(self.slots, self.uid, self.key)

    def write(self, counter: int, torn_after: int = 99, rubbish: bytes = b"") -> bool:
        """Whole only when not torn: `torn_after` counts the bytes that reach the card."""
        for n, data in cc.writes(self.slots, self.uid, counter, self.key):
            reached = min(len(data), max(0, torn_after))
            if reached < len(data):
                edge = (rubbish + self.slots[n][reached:])[: len(data) - reached]
                self.slots[n] = data[:reached] + edge
                return False
            self.slots[n] = data
            torn_after -= len(data)
        return True


@given(uid=uids, counter=counters, key=st.binary(max_size=32))
def test_round_trip(uid: bytes, counter: int, key: bytes) -> None:
    assert cc.counter_in(cc.slot(uid, counter, key), uid, key) == counter


@given(uid=uids, counter=counters, place=st.integers(0, 15), damage=st.integers(1, 255))
def test_a_damaged_slot_says_nothing(uid: bytes, counter: int, place: int, damage: int) -> None:
    data = bytearray(cc.slot(uid, counter))
    data[place] ^= damage
    assert cc.counter_in(bytes(data), uid) is None


def test_a_slot_belongs_to_its_card_and_to_the_sites_key() -> None:
    data = cc.slot(UID, 7, KEY)
    assert cc.counter_in(data, b"\x3f\x8a\x21\xc5", KEY) is None
    assert cc.counter_in(data, UID, b"another") is None
    assert cc.counter_in(data[:15], UID, KEY) is None


@given(
    old=counters,
    torn_after=st.integers(0, 31),
    rubbish=st.binary(max_size=4),
    key=st.sampled_from([b"", KEY]),
)
def test_a_torn_write_leaves_the_old_or_the_new(old: int, torn_after: int, rubbish: bytes, key: bytes) -> None:
    card = OnCard(key=key)
    assert card.write(old)
    assert not card.write(old + 1, torn_after, rubbish)
    assert card.read() in ((old + 1,) if torn_after >= 16 else (old, old + 1))


passes = st.lists(st.one_of(st.none(), st.tuples(st.integers(0, 31), st.binary(max_size=4))), max_size=30)


@given(story=passes)
def test_the_true_card_always_passes_however_often_it_is_torn(story: list[tuple[int, bytes] | None]) -> None:
    card, stored = OnCard(), Stored(0, 0)
    assert card.write(0)
    for torn in story:
        found = card.read()
        assert found is not None
        assert cc.judge(stored, found) in (Verdict.OK, Verdict.TORN_ACCEPTED)
        stored = cc.begin(stored, found)
        if torn is None:
            assert card.write(stored.begun)
            stored = cc.confirm(stored)
        else:
            card.write(stored.begun, *torn)


@given(before=st.integers(0, 5), after=st.integers(1, 5), last_is_torn=st.booleans())
def test_a_copy_is_found_once_the_true_card_has_passed(before: int, after: int, last_is_torn: bool) -> None:
    card, stored = OnCard(), Stored(0, 0)
    card.write(0)

    def passes_once(torn: bool = False) -> None:
        nonlocal stored
        found = card.read()
        assert found is not None
        stored = cc.begin(stored, found)
        if card.write(stored.begun, 0 if torn else 99):
            stored = cc.confirm(stored)

    for _ in range(before):
        passes_once()
    copy = OnCard()
    copy.slots = list(card.slots)
    for _ in range(after):
        passes_once()
    if last_is_torn:
        passes_once(torn=True)
    assert cc.judge(stored, copy.read()) is Verdict.COPY


def test_when_the_copy_passes_first_the_true_card_betrays_it() -> None:
    card, stored = OnCard(), Stored(0, 0)
    card.write(0)
    copy = OnCard()
    copy.slots = list(card.slots)
    stored = cc.begin(stored, 0)
    copy.write(stored.begun)
    stored = cc.confirm(stored)
    assert cc.judge(stored, card.read()) is Verdict.COPY


@pytest.mark.parametrize(
    ("stored", "found", "verdict"),
    [
        (Stored(5, 5), 5, Verdict.OK),
        (Stored(5, 5), 4, Verdict.COPY),
        (Stored(5, 5), 6, Verdict.COPY),
        (Stored(5, 6), 6, Verdict.OK),
        (Stored(5, 6), 5, Verdict.TORN_ACCEPTED),
        (Stored(5, 6), 4, Verdict.COPY),
        (Stored(5, 6), 7, Verdict.COPY),
        (Stored(5, 6), None, Verdict.UNREADABLE),
    ],
)
def test_the_table(stored: Stored, found: int | None, verdict: Verdict) -> None:
    assert cc.judge(stored, found) is verdict


def test_what_there_is_not() -> None:
    for confirmed, begun in ((-1, 0), (5, 4), (5, 7)):
        with pytest.raises(ValueError, match="counter"):
            Stored(confirmed, begun)
    with pytest.raises(ValueError, match="not accepted"):
        cc.begin(Stored(5, 5), 4)
    with pytest.raises(ValueError, match="counter"):
        cc.begin(Stored(cc.LARGEST, cc.LARGEST), cc.LARGEST)
    with pytest.raises(ValueError, match="counter"):
        cc.slot(UID, cc.LARGEST + 1)
