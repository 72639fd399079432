"""What of OSDP is pure: frames on the line, bits of a card, options."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.osdp import frames
from drivers.osdp.cards import Options, raw, uid


def test_the_broadcast_id_frame_that_finds_readers() -> None:
    """The frame that shared notes (readers.md) measured on a line."""
    assert frames.encode(frames.BROADCAST, 0x04, b"\x61\x00") == bytes.fromhex("537f09000461005fe6")


@settings(max_examples=50, deadline=None)
@given(
    payload=st.binary(min_size=1, max_size=60),
    address=st.integers(0, 126),
    crc=st.booleans(),
    split=st.integers(1, 20),
    before=st.binary(max_size=20),
)
def test_a_frame_is_found_in_any_pieces(payload: bytes, address: int, crc: bool, split: int, before: bytes) -> None:
    frame = frames.encode(address, 0x04 if crc else 0, payload, reply=True)
    framer, found = frames.Framer(), []
    stream = b"\xff" + before.replace(b"\x53", b"") + frame
    for start in range(0, len(stream), split):
        found += framer.feed(stream[start : start + split])
    assert found == [frames.Frame(address, True, frame)]
    assert framer.buffered == 0


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=4000))
def test_noise_is_bounded_and_counted(noise: bytes) -> None:
    framer = frames.Framer()
    found = [frame for start in range(0, len(noise), 100) for frame in framer.feed(noise[start : start + 100])]
    assert framer.buffered <= frames.LIMIT
    assert framer.noise() + framer.buffered + sum(len(f.data) for f in found) + noise.count(0xFF) >= len(noise)


def test_a_damaged_frame_is_noise() -> None:
    frame = bytearray(frames.encode(1, 0x04, b"\x40", reply=True))
    frame[5] ^= 1
    framer = frames.Framer()
    assert framer.feed(bytes(frame)) == []
    assert framer.noise() == len(frame)


@given(st.binary(min_size=1, max_size=10), st.sampled_from(["msb", "lsb"]), st.booleans())
def test_cards_round_trip(card: bytes, order: str, parity: bool) -> None:
    options = Options(order=order, parity=parity)
    assert uid(*raw(card, options), options) == card


def test_wiegand_26_with_its_parity() -> None:
    """0.0000 0001.0000 0010 0000 0011.1: even parity over the first 12 bits, odd over the last."""
    data, bits = raw(b"\x01\x02\x03", Options())
    assert bits == 26
    assert uid(data, bits, Options()) == b"\x01\x02\x03"
    for place in range(26):
        damaged = bytearray(data)
        damaged[place // 8] ^= 0x80 >> place % 8
        assert uid(bytes(damaged), 26, Options()) is None


@pytest.mark.parametrize("bits", [0, -1, 33])
def test_nonsense_is_no_card(bits: int) -> None:
    assert uid(b"\x01\x02\x03\x04", bits, Options()) is None


@pytest.mark.parametrize("wrong", [{"address": 127}, {"address": -1}, {"order": "middle"}, {"led": 99}])
def test_options_refuse_nonsense(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=str(next(iter(wrong.values())))):
        Options(**wrong)
