"""One guest for the whole campaign, and its figures (build/rig.json). Run with `make rig`, which looks first whether the rig is here."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.rig.guest import ROOT
from tests.rig.yard import Yard

KEEP = os.environ.get("RIG_KEEP") == "1"
"""While working on the campaign itself: the guest stays up, and what is installed in it is taken as it is."""
FIGURES: dict[str, Any] = {}


@pytest.fixture(scope="session")
def guest() -> Iterator[Yard]:
    """The virtual Pi with the product installed, not started."""
    it = Yard()
    try:
        if not (KEEP and it.installed()):
            it.install()
            it.at_rest()
        yield it
    finally:
        if KEEP:
            it.gone()
        else:
            it.off()


@pytest.fixture(scope="session")
def figures() -> Iterator[dict[str, Any]]:
    """What was measured and seen, by name; written at the end."""
    yield FIGURES
    target = ROOT / "build" / "rig.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(FIGURES, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\n{json.dumps(FIGURES, indent=1, ensure_ascii=False)}")
