"""What the documents show is what the program does: the example of a reader is loaded from its page, the wiring is drawn from its configuration."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from drivers import loader, readers
from tests import test_readers_conformance as suite
from tests import wiring
from tests.support_gate import ROOT

PAGE = ROOT / "docs" / "readers.md"
TRIED = (
    suite.test_real_sample,
    suite.test_a_byte_at_a_time,
    suite.test_repeats_are_all_decoded_and_are_one_presentation,
    suite.test_the_first_half_of_a_frame_before_garbage,
    suite.test_every_single_damaged_byte_is_noticed,
    suite.test_noise_says_why,
    suite.test_a_wrong_uid_is_refused_by_the_encoder,
    suite.test_options_are_made_from_a_table_and_nonsense_is_refused,
    suite.test_round_trip,
    suite.test_noise_never_raises_and_every_byte_is_accounted_for,
    suite.test_a_frame_inside_noise_is_found,
)


def test_the_reader_on_the_page_is_a_driver_under_its_files_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shown,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert shown == (ROOT / "drivers/readers/gwiot7941.py").read_text("utf-8"), "the page shows the whole file as it is"
    (tmp_path / "from_the_page.py").write_text(shown, "utf-8")
    monkeypatch.setattr(readers, "__path__", [*readers.__path__, str(tmp_path)])
    assert "from_the_page" in loader.names()
    module = loader.load("from_the_page")
    try:
        for sample in module.SAMPLES:
            for tried in TRIED:
                tried(module=module, sample=sample)
    finally:
        sys.modules.pop("drivers.readers.from_the_page", None)


@pytest.mark.parametrize("name", loader.names())
def test_every_reader_and_its_options_are_on_the_page(name: str) -> None:
    (row,) = (line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(f"| `{name}` |"))
    module = loader.load(name)
    assert set(module.Options.__dataclass_fields__) <= set(re.findall(r"`(\w+)`", row))
    assert str(module.DEFAULT_BAUD) in row


def test_the_wiring_is_drawn_from_the_example() -> None:
    drawn = wiring.drawn()
    assert (ROOT / "docs" / "wiring.svg").read_text("utf-8") == drawn, "python -m tests.wiring > docs/wiring.svg"
    ElementTree.fromstring(drawn)
    settings = wiring.read_settings(wiring.EXAMPLE)
    for wire in wiring.wires(settings):
        assert f"GPIO {wire.bcm}<" in drawn
        assert f">{wire.key}<" in drawn


def test_no_pin_of_the_header_has_two_meanings() -> None:
    assert set(wiring.HEADER) == set(range(2, 28))
    assert sorted([*wiring.HEADER.values(), *wiring.POWER]) == list(range(1, 41))


@pytest.mark.parametrize("page", ["readers.md", "wiring.md"])
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    for target in re.findall(r"\]\(([^)#]+)", text):
        if target != "bring-up.md":
            assert (ROOT / "docs" / target).exists(), target
