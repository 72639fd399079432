"""What the follower counts: events by hour and by day, of which charts are drawn, and in which months' partitions a chain's events lie."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sync.headoffice.index_tables import HOURS
from sync.headoffice.index_words import Entry
from sync.headoffice.photo_index import Run
from sync.headoffice.statements import flat, pieces, valued

HOUR_MS = 3_600_000
_MORE = ", ".join(f"{hour} = d.{hour} + excluded.{hour}" for hour in HOURS)


def counted(run: Run, chain: int, entries: Sequence[Entry]) -> None:
    """These events, which were not counted yet."""
    counts = Counter((e.at_ms // HOUR_MS, e.kind, e.detail) for e in entries)
    days: dict[tuple[int, str, str], list[int]] = {}
    for (hour, kind, detail), n in counts.items():
        days.setdefault((hour // 24, kind, detail), [0] * 24)[hour % 24] += n
    for some in pieces((hour, chain, kind, detail, n) for (hour, kind, detail), n in counts.items()):
        run(
            f"""INSERT INTO index_hours AS h VALUES {valued(some)} ON CONFLICT (hour, chain, kind, detail)
                DO UPDATE SET n = h.n + excluded.n""",
            flat(some),
        )
    for row in pieces((day, chain, kind, detail, *hours) for (day, kind, detail), hours in days.items()):
        run(
            f"""INSERT INTO index_days AS d VALUES {valued(row)} ON CONFLICT (day, chain, kind, detail)
                DO UPDATE SET {_MORE}""",
            flat(row),
        )


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
