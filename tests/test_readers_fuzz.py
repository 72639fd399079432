"""A slice of the fuzz that `python -m tests.soak_readers` runs with a million bytes for each sample of each family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from drivers import loader
from drivers.base import Card
from drivers.readers import ReaderModule, Sample, yhy523
from tests.support_fuzz import allowed, fuzz

SAMPLES: list[Any] = [
    pytest.param(loader.load(name), sample, id=f"{name}-{number}")
    for name in loader.names()
    for number, sample in enumerate(loader.load(name).SAMPLES)
]


def cards(found: Sequence[object]) -> list[bytes]:
    return [each.uid for each in found if isinstance(each, Card)]


@pytest.mark.parametrize(("module", "sample"), SAMPLES)
def test_nothing_is_raised_nothing_grows_and_no_card_is_invented(module: ReaderModule, sample: Sample) -> None:
    found = fuzz(module, sample, 30_000, seed=4)
    assert found.most_held < module.LIMIT
    assert found.read > 0
    if module.CHECKED:
        assert found.false <= allowed(module.__name__.rpartition(".")[2], found)
        assert found.read >= found.sent * 0.1


def test_a_card_that_nobody_asked_for_is_none() -> None:
    """YHY523 has eight bits of checksum: so noise on a silent line, or between another question and its answer, is never a card."""
    module, card = yhy523, yhy523.SAMPLES[0]
    decoder = module.Decoder(module.Options())
    assert cards(decoder.feed(card.frame)) == [card.uid], "a technician decodes a capture: nothing was asked"
    request, _ = decoder.due(0)
    assert request == module.frame(module.REQUEST, b"\x52")
    assert cards(decoder.feed(card.frame)) == []
    decoder.feed(module.frame(module.REQUEST, b"\0\x04\0", b"\0\0"))
    assert decoder.due(1)[0] == module.frame(module.ANTICOLLISION, b"\x04")
    assert cards(decoder.feed(card.frame)) == [card.uid]
    assert cards(decoder.feed(card.frame)) == [], "answered: the next one is noise"
