"""A slice of the fuzz that `python -m tests.soak_readers` runs with a million bytes for each sample of each family."""

from __future__ import annotations

from typing import Any

import pytest

from drivers import loader
from drivers.readers import ReaderModule, Sample
from tests.support_fuzz import fuzz

SAMPLES: list[Any] = [
    pytest.param(loader.load(name), sample, id=f"{name}-{number}")
    for name in loader.names()
    for number, sample in enumerate(loader.load(name).SAMPLES)
]


@pytest.mark.parametrize(("module", "sample"), SAMPLES)
def test_nothing_is_raised_nothing_grows_and_no_card_is_invented(module: ReaderModule, sample: Sample) -> None:
    found = fuzz(module, sample, 30_000, seed=4)
    assert found.most_held < module.LIMIT
    assert found.read > 0
    if module.CHECKED:
        assert found.false == 0
        assert found.read >= found.sent * 0.1
