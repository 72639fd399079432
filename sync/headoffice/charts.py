"""Figures that people would rather look at: passages by hour and gate, openings by hand by guard and reason, refusals, days.

All of `index_hours`, which the follower keeps: a question costs as many rows as there are hours, gates and kinds in its time, not as there are events.
Hours are counted in the gates' own time zone, given as minutes east of UTC by whoever asks. Waits, cards and overstays: charts_stays.py.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sync.headoffice.index import Database

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
    def hours(self) -> tuple[int, int, str, str]:
        """The values of `OF_HOURS`."""
        return self.since_ms // HOUR_MS, -(-self.until_ms // HOUR_MS), self.site, self.gate

    @property
    def local_hour(self) -> str:
        """Of a row's `h.hour`: the hour here, counted from 1970."""
        return f"(h.hour * 60 + {int(self.east_min)}) / 60"

    @property
    def hour_of_day(self) -> str:
        """Likewise: 0 to 23 (there is no sign for «modulo» that both databases and their clients understand)."""
        return f"{self.local_hour} - {self.local_hour} / 24 * 24"

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


OF_HOURS = (
    "JOIN index_chains c ON c.chain = h.chain WHERE h.hour >= ? AND h.hour < ? AND c.site = ? AND ? IN ('', c.gate)"
)


def charts(store: Database, span: Span) -> dict[str, Any]:
    """`hours`: gate → 24 counts of crossings; `hands`: guard → reason → openings by hand; `days`: day → crossings, refusals, tailgated."""
    hours: dict[str, list[int]] = {}
    for at, hour, n in store.run(
        f"""SELECT c.gate, {span.hour_of_day}, CAST(sum(h.n) AS bigint) FROM index_hours h {OF_HOURS}
            AND h.kind = 'vehicle.crossed' GROUP BY 1, 2""",
        span.hours,
    ):
        hours.setdefault(at, [0] * 24)[hour] += n
    hands: dict[str, Counter[str]] = {}
    for detail, n in store.run(
        f"SELECT h.detail, CAST(sum(h.n) AS bigint) FROM index_hours h {OF_HOURS} AND h.kind = 'pass.opened' GROUP BY 1",
        span.hours,
    ):
        guard, _, reason = detail.partition(" ")
        hands.setdefault(guard, Counter())[reason] += n
    days: dict[int, dict[str, int]] = {}
    for day, kind, n in store.run(
        f"""SELECT {span.local_hour} / 24, h.kind, CAST(sum(h.n) AS bigint) FROM index_hours h {OF_HOURS}
            AND (h.kind IN ('vehicle.crossed', 'vehicle.tailgated') OR (h.kind = 'access.decided' AND h.detail = 'refused')) GROUP BY 1, 2""",
        span.hours,
    ):
        days.setdefault(day, {})[_DAYS[kind]] = n
    return {
        "hours": {name: hours[name] for name in sorted(hours)},
        "hands": {guard: dict(of.most_common()) for guard, of in sorted(hands.items(), key=lambda g: -g[1].total())},
        "days": [{"day_ms": span.day_ms(day), **days.get(day, {})} for day in span.days],
    }


_DAYS = {"vehicle.crossed": "crossed", "vehicle.tailgated": "tailgated", "access.decided": "refused"}


def report(store: Database, span: Span) -> dict[str, dict[str, int]]:
    """What happened at each gate, by kind; decisions, each by itself, as «access.decided granted»."""
    sql = f"""SELECT c.gate, h.kind, CASE WHEN h.kind = 'access.decided' THEN h.detail ELSE '' END AS part, CAST(sum(h.n) AS bigint)
        FROM index_hours h {OF_HOURS} GROUP BY 1, 2, 3"""
    found: dict[str, dict[str, int]] = {}
    for gate, kind, detail, n in store.run(sql, span.hours):
        found.setdefault(gate, {})[f"{kind} {detail}".strip()] = int(n)
    return found
