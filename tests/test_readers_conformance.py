"""Every reader in drivers/readers, found by listing the folder, has to bear the same bad lines.

A family without a checksum (not CHECKED) cannot notice a damaged byte, and what comes after garbage may be lost with it; the next
presentation is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import loader
from drivers.base import Answer, Card, Noise, Text
from drivers.presentation import Presentations
from drivers.readers import PollingDecoder, ReaderModule, Sample


def _cases() -> Iterator[Any]:
    for name in loader.names():
        module = loader.load(name)
        for number, sample in enumerate(module.SAMPLES):
            yield pytest.param(module, sample, id=f"{name}-{number}")


CASES = list(_cases())
every_reader = pytest.mark.parametrize(("module", "sample"), CASES)


checked_reader = pytest.mark.parametrize(("module", "sample"), [case for case in CASES if case.values[0].CHECKED])
few = settings(max_examples=30, deadline=None)
"""Of each sample of each family; the million of bytes is tests/soak_readers.py."""
TEXTS = st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=40)


def uid_of(found: Card | Text) -> bytes:
    """What was read, of a card or of a text."""
    return found.uid if isinstance(found, Card) else found.text.encode()


def expected(sample: Sample) -> bytes:
    return sample.text.encode() or sample.uid


def feed(module: ReaderModule, sample: Sample, *chunks: bytes) -> tuple[list[Card | Text], bytes]:
    """All cards and texts, and all noise in one piece."""
    decoder = module.Decoder(sample.options)
    found = [each for chunk in chunks for each in decoder.feed(chunk)]
    return [each for each in found if isinstance(each, Card | Text)], b"".join(
        each.data for each in found if isinstance(each, Noise)
    )


def lost(module: ReaderModule, sample: Sample) -> bytes:
    """What is lost with garbage before it where no checksum shows which is which."""
    return b"" if module.CHECKED else sample.frame


def encoded(module: Any, sample: Sample) -> bytes:
    return module.encode_text(sample.text, sample.options) if sample.text else module.encode(sample.uid, sample.options)


def test_there_are_readers_and_each_has_samples() -> None:
    assert "rdm6300" in loader.names()
    for name in loader.names():
        module = loader.load(name)
        assert module.NAME
        assert module.DEFAULT_BAUD > 0
        assert 0 < module.LIMIT <= 512
        assert len(module.SAMPLES) >= 1
        assert module.Options() is not None


@every_reader
def test_real_sample(module: ReaderModule, sample: Sample) -> None:
    cards, noise = feed(module, sample, sample.frame)
    assert [(uid_of(card), card.frame) for card in cards] == [(expected(sample), sample.frame)]
    assert noise == b""
    assert encoded(module, sample) == sample.frame


@every_reader
@few
@given(data=st.data())
def test_round_trip(module: ReaderModule, sample: Sample, data: st.DataObject) -> None:
    if sample.text:
        sample = replace(sample, text=data.draw(TEXTS))
    else:
        sample = replace(sample, uid=data.draw(st.binary(min_size=len(sample.uid), max_size=len(sample.uid))))
    cards, noise = feed(module, sample, encoded(module, sample))
    assert [uid_of(card) for card in cards] == [expected(sample)]
    assert noise == b""


@every_reader
def test_a_byte_at_a_time(module: ReaderModule, sample: Sample) -> None:
    cards, noise = feed(module, sample, *(bytes([byte]) for byte in sample.frame * 3))
    assert [uid_of(card) for card in cards] == [expected(sample)] * 3
    assert noise == b""


@every_reader
def test_repeats_are_all_decoded_and_are_one_presentation(module: ReaderModule, sample: Sample) -> None:
    cards, _ = feed(module, sample, sample.frame * 50)
    assert len(cards) == 50
    folded = Presentations(several=module.SEVERAL)
    assert [folded.is_new(uid_of(card), n * 100_000_000) for n, card in enumerate(cards)] == [True] + [False] * 49


@every_reader
@few
@given(cut=st.integers(min_value=1, max_value=40), rest=st.integers(min_value=0, max_value=3))
def test_a_broken_frame_does_not_swallow_the_next(module: ReaderModule, sample: Sample, cut: int, rest: int) -> None:
    begin = sample.frame[: min(cut, len(sample.frame) - 1)]
    cards, noise = feed(module, sample, begin + lost(module, sample) + sample.frame + sample.frame[:rest])
    assert uid_of(cards[-1]) == expected(sample)
    if (
        module.CHECKED and len(begin) < len(sample.frame) - 1
    ):  # without its last byte it may be whole with the next one's first
        assert len(cards) == 1
        assert noise == begin


@every_reader
def test_the_first_half_of_a_frame_before_garbage(module: ReaderModule, sample: Sample) -> None:
    garbage = sample.frame[:5] + b"\xff\x00\x55" + sample.frame[5:]
    cards, _ = feed(module, sample, garbage, lost(module, sample), sample.frame)
    assert uid_of(cards[-1]) == expected(sample)
    if module.CHECKED:
        assert len(cards) == 1


@checked_reader
def test_every_single_damaged_byte_is_noticed(module: ReaderModule, sample: Sample) -> None:
    for place in range(len(sample.frame)):
        for damage in (0x01, 0x80, 0xFF):
            damaged = bytearray(sample.frame)
            damaged[place] ^= damage
            cards, noise = feed(module, sample, bytes(damaged), sample.frame)
            if bytes(damaged).upper() == sample.frame:  # a small hex digit is the same digit
                continue
            assert [uid_of(card) for card in cards] == [expected(sample)], (place, damage)
            assert noise == bytes(damaged)


@every_reader
@few
@given(noise=st.binary(max_size=300), split=st.integers(min_value=1, max_value=50))
def test_noise_never_raises_and_every_byte_is_accounted_for(
    module: ReaderModule, sample: Sample, noise: bytes, split: int
) -> None:
    decoder = module.Decoder(sample.options)
    seen = b""
    for start in range(0, len(noise), split):
        for each in decoder.feed(noise[start : start + split]):
            assert isinstance(each, Card | Text | Answer | Noise)
            seen += each.data if isinstance(each, Noise) else each.frame
        assert decoder.buffered < module.LIMIT
    assert noise.startswith(seen)
    assert len(noise) - len(seen) == decoder.buffered


@every_reader
@few
@given(noise=st.binary(max_size=100), tail=st.binary(max_size=20))
def test_a_frame_inside_noise_is_found(module: ReaderModule, sample: Sample, noise: bytes, tail: bytes) -> None:
    cards, _ = feed(module, sample, noise.replace(sample.frame[:1], b"") + lost(module, sample) + sample.frame, tail)
    assert expected(sample) in [uid_of(card) for card in cards]


@every_reader
@pytest.mark.parametrize("filler", [b"\x00", b"\xff", b"A", b"\x02", b"\x020", b"\x0262E3"])
def test_100_kb_without_a_terminator(module: ReaderModule, sample: Sample, filler: bytes) -> None:
    decoder = module.Decoder(sample.options)
    stream = (filler * 100_000)[:100_000]
    dropped = 0
    for start in range(0, len(stream), 4096):
        found = decoder.feed(stream[start : start + 4096])
        assert not [each for each in found if isinstance(each, Card | Text)]
        dropped += sum(len(each.data if isinstance(each, Noise) else each.frame) for each in found)
        assert decoder.buffered < module.LIMIT
    assert dropped == len(stream) - decoder.buffered
    found = decoder.feed(lost(module, sample) + sample.frame)
    assert [uid_of(each) for each in found if isinstance(each, Card | Text)] == [expected(sample)]


@every_reader
def test_noise_says_why(module: ReaderModule, sample: Sample) -> None:
    decoder = module.Decoder(sample.options)
    noise = [each for each in decoder.feed(b"\xff\xff\xff" + lost(module, sample)) if isinstance(each, Noise)]
    assert noise[0].why
    assert noise[0].data.startswith(b"\xff\xff")


@every_reader
def test_a_wrong_uid_is_refused_by_the_encoder(module: ReaderModule, sample: Sample) -> None:
    with pytest.raises(ValueError, match="bytes"):
        module.encode(sample.uid + b"\x00", sample.options)


@every_reader
def test_options_are_made_from_a_table_and_nonsense_is_refused(module: ReaderModule, sample: Sample) -> None:
    table = asdict(sample.options)
    assert loader.make_options(module, table) == sample.options
    for key, value in table.items():
        if isinstance(value, str) and key not in ("prefix", "suffix"):
            with pytest.raises(ValueError, match="nonsense"):
                loader.make_options(module, table | {key: "nonsense"})
        elif isinstance(value, int) and not isinstance(value, bool):
            with pytest.raises(ValueError, match="100000"):
                loader.make_options(module, table | {key: 100000})


def test_polling_is_told_by_the_method() -> None:
    """The decoders that are pushed to are not asked for requests."""
    module = loader.load("rdm6300")
    assert not isinstance(module.Decoder(module.Options()), PollingDecoder)


@pytest.mark.parametrize("name", loader.names())
def test_a_reader_that_is_asked_can_be_simulated_without_a_card(name: str) -> None:
    """It asks, is answered that there is no card, and asks again: no noise, no card, and each question is answered in time."""
    module: Any = loader.load(name)
    decoder = module.Decoder(module.Options())
    if not isinstance(decoder, PollingDecoder):
        assert not hasattr(module, "no_card")
        return
    now = questions = 0
    for _ in range(50):
        request, again = decoder.due(now)
        if request:
            questions += 1
            found = decoder.feed(module.no_card(request, module.Options()))
            assert found
            assert all(isinstance(each, Answer) for each in found)
            again = now + 1_000_000
        now = again
    assert questions >= 20
    assert now < 6_000_000_000
