"""How the suite runs on two cores (`make test`): most of it four at once (half of it waits), what lives by real time afterwards, two at once.

`alone` is what drives many simulated cars by the clock: with more tests than cores it would only measure the scheduler.
Files that take long come first, so that all processes end at about the same time; in turn one whose pages keep a core busy and
one that waits for devices, lines and processes.
"""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path

import pytest

ALONE = frozenset({"test_convoy", "test_gate_scenarios", "test_green_way", "test_simulated_world"})
BUSY = (
    *("test_page_ten", "test_page_axe", "test_page_visits", "test_page_goods", "test_page_escort", "test_page_link"),
    *("test_page_live", "test_page_reception", "test_page_plates", "test_registry_page", "test_headoffice_departments"),
    *("test_page_technician", "test_sight", "test_page_sight", "test_page_post", "test_page_cards", "test_page_look"),
    *("test_headoffice_web", "test_page_privacy", "test_page_config", "test_camera_documents", "test_journal_verify"),
)
WAITING = (
    *("test_plates", "test_units", "test_gate_orders", "test_gate_faults", "test_end_to_end", "test_osdp_bus"),
    *("test_barrier_table", "test_bench", "test_technician", "test_sync_chaos", "test_registry_down", "test_cli"),
    *("test_enrolment", "test_api_stream", "test_headoffice_index", "test_instructions", "test_osdp_house"),
    *("test_simulation", "test_registry_lists", "test_api_routes", "test_config", "test_photos_house", "test_backup"),
    *("test_goods_lanes", "test_finding", "test_serial_day", "test_home_assistant", "test_drivers_gpio"),
)
FIRST = [name for pair in zip_longest(BUSY, WAITING) for name in pair if name]


def _name(item: pytest.Item) -> str:
    return Path(item.location[0]).stem


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """`-m alone` imports only the files that have such a test: the others are eight seconds' reading."""
    if config.option.markexpr != "alone" or not collection_path.name.startswith("test_"):
        return None
    return (
        True if collection_path.stem not in ALONE and "mark.alone" not in collection_path.read_text("utf-8") else None
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark and order."""
    for item in items:
        if _name(item) in ALONE:
            item.add_marker("alone")
    items.sort(key=lambda item: FIRST.index(_name(item)) if _name(item) in FIRST else len(FIRST))
