"""Every reader in drivers/readers, found by listing the folder, has to bear the same bad lines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import loader
from drivers.base import Card, Noise
from drivers.readers import PollingDecoder, ReaderModule, Sample


def _cases() -> Iterator[Any]:
    for name in loader.names():
        module = loader.load(name)
        for number, sample in enumerate(module.SAMPLES):
            yield pytest.param(module, sample, id=f"{name}-{number}-{getattr(sample.options, 'variant', '')}")


CASES = list(_cases())
every_reader = pytest.mark.parametrize(("module", "sample"), CASES)


def feed(module: ReaderModule, sample: Sample, *chunks: bytes) -> tuple[list[Card], bytes]:
    """All cards, and all noise in one piece."""
    decoder = module.Decoder(sample.options)
    found = [each for chunk in chunks for each in decoder.feed(chunk)]
    return [each for each in found if isinstance(each, Card)], b"".join(
        each.data for each in found if isinstance(each, Noise)
    )


def test_there_are_readers_and_each_has_samples() -> None:
    assert "rdm6300" in loader.names()
    for name in loader.names():
        module = loader.load(name)
        assert module.NAME
        assert module.DEFAULT_BAUD > 0
        assert len(module.SAMPLES) >= 1
        assert module.Options() is not None


@every_reader
def test_real_sample(module: ReaderModule, sample: Sample) -> None:
    cards, noise = feed(module, sample, sample.frame)
    assert [(card.uid, card.frame) for card in cards] == [(sample.uid, sample.frame)]
    assert noise == b""
    assert module.encode(sample.uid, sample.options) == sample.frame


@every_reader
@given(data=st.data())
def test_round_trip(module: ReaderModule, sample: Sample, data: st.DataObject) -> None:
    uid = data.draw(st.binary(min_size=len(sample.uid), max_size=len(sample.uid)))
    cards, noise = feed(module, sample, module.encode(uid, sample.options))
    assert [card.uid for card in cards] == [uid]
    assert noise == b""


@every_reader
def test_a_byte_at_a_time(module: ReaderModule, sample: Sample) -> None:
    cards, noise = feed(module, sample, *(bytes([byte]) for byte in sample.frame * 3))
    assert [card.uid for card in cards] == [sample.uid] * 3
    assert noise == b""


@every_reader
def test_repeats_are_all_decoded(module: ReaderModule, sample: Sample) -> None:
    cards, _ = feed(module, sample, sample.frame * 50)
    assert len(cards) == 50


@every_reader
@given(cut=st.integers(min_value=1, max_value=40), rest=st.integers(min_value=0, max_value=3))
def test_a_broken_frame_does_not_swallow_the_next(module: ReaderModule, sample: Sample, cut: int, rest: int) -> None:
    begin = sample.frame[: min(cut, len(sample.frame) - 1)]
    cards, noise = feed(module, sample, begin + sample.frame + sample.frame[:rest])
    assert [card.uid for card in cards] == [sample.uid]
    assert noise == begin


@every_reader
def test_the_first_half_of_a_frame_before_garbage(module: ReaderModule, sample: Sample) -> None:
    garbage = sample.frame[:5] + b"\xff\x00\x55" + sample.frame[5:]
    cards, _ = feed(module, sample, garbage, sample.frame)
    assert [card.uid for card in cards] == [sample.uid]


@every_reader
def test_every_single_damaged_byte_is_noticed(module: ReaderModule, sample: Sample) -> None:
    for place in range(len(sample.frame)):
        damaged = bytearray(sample.frame)
        damaged[place] ^= 0x01
        cards, noise = feed(module, sample, bytes(damaged), sample.frame)
        assert [card.uid for card in cards] == [sample.uid], place
        assert noise == bytes(damaged)


@every_reader
@given(noise=st.binary(max_size=300), split=st.integers(min_value=1, max_value=50))
def test_noise_never_raises_and_every_byte_is_accounted_for(
    module: ReaderModule, sample: Sample, noise: bytes, split: int
) -> None:
    decoder = module.Decoder(sample.options)
    seen = b""
    for start in range(0, len(noise), split):
        for each in decoder.feed(noise[start : start + split]):
            seen += each.frame if isinstance(each, Card) else each.data
        assert decoder.buffered <= 64
    assert noise.startswith(seen)
    assert len(noise) - len(seen) == decoder.buffered


@every_reader
@given(noise=st.binary(max_size=100), tail=st.binary(max_size=20))
def test_a_frame_inside_noise_is_found(module: ReaderModule, sample: Sample, noise: bytes, tail: bytes) -> None:
    cards, _ = feed(module, sample, noise.replace(sample.frame[:1], b"") + sample.frame + tail)
    assert sample.uid in [card.uid for card in cards]


@every_reader
@pytest.mark.parametrize("filler", [b"\x00", b"\xff", b"A", b"\x02", b"\x020", b"\x0262E3"])
def test_100_kb_without_a_terminator(module: ReaderModule, sample: Sample, filler: bytes) -> None:
    decoder = module.Decoder(sample.options)
    stream = (filler * 100_000)[:100_000]
    dropped = 0
    for start in range(0, len(stream), 4096):
        found = decoder.feed(stream[start : start + 4096])
        assert not [each for each in found if isinstance(each, Card)]
        dropped += sum(len(each.data) for each in found if isinstance(each, Noise))
        assert decoder.buffered <= 64
    assert dropped == len(stream) - decoder.buffered
    assert [each.uid for each in decoder.feed(sample.frame) if isinstance(each, Card)] == [sample.uid]


@every_reader
def test_noise_says_why(module: ReaderModule, sample: Sample) -> None:
    decoder = module.Decoder(sample.options)
    (noise,) = decoder.feed(b"\xff\xff\xff")
    assert isinstance(noise, Noise)
    assert noise.why
    assert noise.data == b"\xff\xff\xff"


@every_reader
def test_a_wrong_uid_is_refused_by_the_encoder(module: ReaderModule, sample: Sample) -> None:
    with pytest.raises(ValueError, match="bytes"):
        module.encode(sample.uid + b"\x00", sample.options)


def test_polling_is_told_by_the_method() -> None:
    """The decoders that are pushed to are not asked for requests."""
    module = loader.load("rdm6300")
    assert not isinstance(module.Decoder(module.Options()), PollingDecoder)
