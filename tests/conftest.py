"""How the suite runs on two cores (`make test`): most of it three at once (it waits more than it computes), what lives by real time afterwards and alone.

`alone` is what drives many simulated cars by the clock: a second test on the same machine would only measure the scheduler.
Files that take long come first, so that all processes end at about the same time.
"""

from __future__ import annotations

from pathlib import Path

import pytest

ALONE = frozenset({"test_convoy", "test_gate_scenarios", "test_green_way", "test_simulated_world"})
FIRST = [
    *("test_headoffice_departments", "test_registry_page", "test_registry_down", "test_headoffice_scale"),
    *("test_headoffice_web", "test_plates", "test_page_sight", "test_page_technician", "test_page_config"),
    *("test_camera_documents", "test_enrolment", "test_headoffice_shards", "test_headoffice_index", "test_serial_day"),
    *("test_page_ten", "test_page_goods", "test_page_axe", "test_page_escort", "test_page_live", "test_page_visits"),
    *("test_end_to_end", "test_units", "test_gate_faults", "test_page_post", "test_page_reception", "test_bench"),
    *(
        "test_page_link",
        "test_api_routes",
        "test_goods_lanes",
        "test_headoffice_receiver",
        "test_page_look",
        "test_cli",
    ),
]


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
