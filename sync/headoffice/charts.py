"""Figures that people would rather look at: passages by hour and gate, openings by hand by guard and reason, refusals, days.

All of `index_days`, which the follower keeps: a question costs as many rows as there are days, gates and kinds in its time, not as there are events; a row has a
column for each hour (UTC), so that days begin wherever the gates' midnight is. Hours are counted in the gates' own time zone, given as minutes east of UTC by whoever asks. Waits, cards and overstays: charts_stays.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sync.headoffice.index import Database
from sync.headoffice.index_counts import HOURS

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Span:
    """What a chart is asked for: of a site, of one gate or of all («»), from `since_ms` until `until_ms`, whole hours."""

    site: str
    since_ms: int
    until_ms: int
    gate: str = ""
    east_min: int = 480

    @property
    def shift(self) -> int:
        """Hours that the gates' clocks are ahead of UTC, as far as whole hours go."""
        return self.east_min // 60

    def rows(self, table: str, key: str) -> tuple[str, tuple[str, str]]:
        """For FROM: the rows of a table of days (d.day, d.`key`, d.h00 … d.h23) within the span, hours outside of it 0, and their chain (c); its values."""
        (first, since), (last, until) = divmod(self.since_ms // HOUR_MS, 24), divmod(-(-self.until_ms // HOUR_MS), 24)
        if first == last:
            parts = [(first, first + 1, range(since, until))]
        else:
            parts = [
                (first, first + 1, range(since, 24)),
                (first + 1, last, range(24)),
                (last, last + 1, range(until)),
            ]
        if not any(hours and begin < end for begin, end, hours in parts):
            parts = [(0, 0, range(24))]
        selects = []
        for begin, end, hours in parts:
            if hours:
                columns = ", ".join(name if hour in hours else f"0 AS {name}" for hour, name in enumerate(HOURS))
                # days are written out, so that the database sees whether it is asked for a week or for three years
                selects.append(f"SELECT day, chain, {key}, {columns} FROM {table} WHERE day >= {begin} AND day < {end}")
        join = "JOIN index_chains c ON c.chain = d.chain AND c.site = ? AND ? IN ('', c.gate)"
        return f"({' UNION ALL '.join(selects)}) AS d {join}", (self.site, self.gate)

    def of_days(self) -> dict[int, str]:
        """What of a row belongs to which day here: days after the row's own (UTC) → the sum of its hours."""
        parts: dict[int, list[str]] = {}
        for hour, name in enumerate(HOURS):
            parts.setdefault((hour + self.shift) // 24, []).append(f"d.{name}")
        return {after: f"sum({' + '.join(names)})" for after, names in parts.items()}

    def local(self, hours: Sequence[int]) -> list[int]:
        """Counts of the 24 hours UTC as those of the hours here."""
        return [int(hours[(hour - self.shift) % 24]) for hour in range(24)]

    def local_day(self, ms: str) -> str:
        """Of a column of UTC ms: the day here, counted from 1970."""
        return f"({ms} + {int(self.east_min) * 60_000}) / {DAY_MS}"

    def day_ms(self, day: int) -> int:
        """When a day here began, UTC ms."""
        return day * DAY_MS - self.east_min * 60_000

    @property
    def days(self) -> range:
        """All days that the span touches."""
        east = self.east_min * 60_000
        return range((self.since_ms + east) // DAY_MS, -(-(self.until_ms + east) // DAY_MS))


EACH = ", ".join(f"sum(d.{name})" for name in HOURS)
_ALL = f"CAST(sum({' + '.join(f'd.{name}' for name in HOURS)}) AS bigint)"


def charts(store: Database, span: Span) -> dict[str, Any]:
    """`hours`: gate → 24 counts of crossings; `hands`: guard → reason → openings by hand; `days`: day → crossings, refusals, tailgated."""
    rows, values = span.rows("index_days", "kind, detail")
    hours = {
        at: span.local(counts)
        for at, *counts in store.run(
            f"SELECT c.gate, {EACH} FROM {rows} WHERE d.kind = 'vehicle.crossed' GROUP BY 1", values
        )
        if any(counts)
    }
    hands: dict[str, Counter[str]] = {}
    for detail, n in store.run(f"SELECT d.detail, {_ALL} FROM {rows} WHERE d.kind = 'pass.opened' GROUP BY 1", values):
        if n:
            guard, _, reason = detail.partition(" ")
            hands.setdefault(guard, Counter())[reason] += n
    days: dict[int, Counter[str]] = {}
    parts = span.of_days()
    for day, kind, *counts in store.run(
        f"""SELECT d.day, d.kind, {", ".join(parts.values())} FROM {rows}
            WHERE (d.kind IN ('vehicle.crossed', 'vehicle.tailgated') OR (d.kind = 'access.decided' AND d.detail = 'refused')) GROUP BY 1, 2""",
        values,
    ):
        for after, n in zip(parts, counts, strict=True):
            if n:
                days.setdefault(day + after, Counter())[_DAYS[kind]] += int(n)
    return {
        "hours": {name: hours[name] for name in sorted(hours)},
        "hands": {guard: dict(of.most_common()) for guard, of in sorted(hands.items(), key=lambda g: -g[1].total())},
        "days": [{"day_ms": span.day_ms(day), **days.get(day, {})} for day in span.days],
    }


_DAYS = {"vehicle.crossed": "crossed", "vehicle.tailgated": "tailgated", "access.decided": "refused"}


def report(store: Database, span: Span) -> dict[str, dict[str, int]]:
    """What happened at each gate, by kind; decisions, each by itself, as «access.decided granted»."""
    rows, values = span.rows("index_days", "kind, detail")
    sql = f"""SELECT c.gate, d.kind, CASE WHEN d.kind = 'access.decided' THEN d.detail ELSE '' END AS part, {_ALL}
        FROM {rows} GROUP BY 1, 2, 3"""
    found: dict[str, dict[str, int]] = {}
    for gate, kind, detail, n in store.run(sql, values):
        if n:
            found.setdefault(gate, {})[f"{kind} {detail}".strip()] = int(n)
    return found
