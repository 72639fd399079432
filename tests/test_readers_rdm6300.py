"""What is special to the RDM6300 and its relatives."""

from __future__ import annotations

import pytest

from drivers import loader
from drivers.base import Card, Noise
from drivers.readers import rdm6300
from drivers.readers.rdm6300 import Decoder, Options, encode


def test_the_top_byte_is_part_of_the_card() -> None:
    """Two cards with the same printed decimal (last four bytes) are two cards."""
    one, other = bytes.fromhex("3C00CE754C"), bytes.fromhex("0100CE754C")
    decoder = Decoder(Options())
    cards = decoder.feed(encode(one, Options()) + encode(other, Options()))
    assert [card.uid for card in cards if isinstance(card, Card)] == [one, other]


@pytest.mark.parametrize("first", [0x02, 0x03])
def test_a_raw_checksum_that_looks_like_a_mark(first: int) -> None:
    options = Options(variant="raw-checksum")
    uid = bytes([first, 0, 0, 0, 0])
    frame = encode(uid, options)
    assert frame[11] == first
    found = Decoder(options).feed(frame * 2)
    assert [card.uid for card in found if isinstance(card, Card)] == [uid, uid]


def test_a_wrong_checksum_is_noise_that_says_so() -> None:
    (noise,) = Decoder(Options()).feed(b"\x0262E3086CED09\x03")
    assert isinstance(noise, Noise)
    assert "checksum" in noise.why


def test_lower_case_digits_are_the_same_card() -> None:
    (card,) = Decoder(Options()).feed(b"\x0262e3086ced08\x03")
    assert isinstance(card, Card)
    assert card.uid.hex() == "62e3086ced"


def test_frame_lengths_of_the_variants() -> None:
    lengths = {variant: len(encode(bytes(5), Options(variant=variant))) for variant in rdm6300.SHAPES}
    assert lengths == {"rdm6300": 14, "id12la": 16, "raw-checksum": 13}
    assert max(lengths.values()) == rdm6300.LIMIT


def test_a_variant_that_there_is_not() -> None:
    with pytest.raises(ValueError, match="id12la"):
        loader.make_options(loader.load("rdm6300"), {"variant": "rdm630"})


def test_an_unknown_reader_names_the_nearest() -> None:
    with pytest.raises(loader.UnknownDriver, match="did you mean 'rdm6300'"):
        loader.load("rdm630")


def test_an_unknown_option_names_the_nearest() -> None:
    with pytest.raises(loader.UnknownDriver, match="did you mean 'variant'"):
        loader.make_options(loader.load("rdm6300"), {"varient": "id12la"})


def test_options_from_a_table() -> None:
    module = loader.load("rdm6300")
    assert loader.make_options(module, {"variant": "id12la"}) == rdm6300.Options(variant="id12la")
