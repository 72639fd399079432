"""docs/barrier.md is what the table draws, and every phase and input has its words."""

from __future__ import annotations

from pathlib import Path

from edge.domain import barrier as b
from edge.domain.diagram import COLUMNS, PHASES, SHORT, drawn

PAGE = Path(__file__).parent.parent / "docs" / "barrier.md"


def test_the_page_is_what_the_table_draws() -> None:
    assert PAGE.read_text(encoding="utf-8") == drawn(), "python -m edge.domain.diagram > docs/barrier.md"


def test_every_phase_and_every_input_has_its_words() -> None:
    assert tuple(PHASES) == tuple(b.Phase)
    assert set(COLUMNS) == {column for _, column in b.TABLE}
    assert set(SHORT) <= set(COLUMNS)


def test_every_arrow_of_the_table_is_drawn_once() -> None:
    arrows = [line.split(":")[0].strip() for line in drawn().splitlines() if " --> " in line]
    pairs = {
        (phase, to)
        for (phase, column), row in b.TABLE.items()
        for to in row.to - {phase}
        if column not in ("start", "sensorback")
    }
    assert sorted(arrows) == sorted(["[*] --> unknown", *(f"{was.value} --> {to.value}" for was, to in pairs)])


def test_all_five_rules_are_on_the_page() -> None:
    text = drawn()
    for number in range(1, 6):
        assert f"\n{number}. " in text
