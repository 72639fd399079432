"""What the follower counts: events by day and hour, of which charts are drawn, and in which months' partitions a chain's events lie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sync.headoffice.index_words import Entry
from sync.headoffice.photo_index import Run
from sync.headoffice.statements import flat, insert, valued

HOUR_MS = 3_600_000
HOURS = tuple(f"h{hour:02d}" for hour in range(24))
"""Columns of a table of days: one for each hour, UTC."""
_MORE = ", ".join(f"{hour} = d.{hour} + excluded.{hour}" for hour in HOURS)


def counted(run: Run, chain: int, entries: Sequence[Entry], *, arrays: bool = False) -> None:
    """These events, which were not counted yet."""
    counts = Counter((e.at_ms // HOUR_MS, e.kind, e.detail) for e in entries)
    add_to_days(run, "index_days", "kind, detail", chain, counts, arrays=arrays)


def add_to_days(
    run: Run, table: str, key: str, chain: int, counts: Mapping[tuple[Any, ...], int], *, arrays: bool = False
) -> None:
    """Counts by (hour, *`key`) into a table of days."""
    days: dict[tuple[Any, ...], list[int]] = {}
    for (hour, *of), n in counts.items():
        days.setdefault((hour // 24, chain, *of), [0] * 24)[hour % 24] += n
    rows = [(*row, *hours) for row, hours in days.items()]
    insert(run, f"{table} AS d", rows, f"(day, chain, {key}) DO UPDATE SET {_MORE}", arrays=arrays)


def placed(run: Run, chain: int, found: Sequence[Any]) -> None:
    """In which months' partitions these events lie."""
    months: dict[int, list[int]] = {}
    for seq, *_, month in found:
        months.setdefault(month, []).append(seq)
    rows = [(chain, month, min(seqs), max(seqs)) for month, seqs in months.items()]
    run(
        f"""INSERT INTO index_months AS m VALUES {valued(rows)} ON CONFLICT (chain, month) DO UPDATE SET
            first = CASE WHEN excluded.first < m.first THEN excluded.first ELSE m.first END,
            last = CASE WHEN excluded.last > m.last THEN excluded.last ELSE m.last END""",
        flat(rows),
    )
