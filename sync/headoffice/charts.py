"""Figures that people would rather look at: passages by hour and gate, openings by hand by guard and reason, refusals, days.

All of `index_hours`, which the follower keeps: a question costs as many rows as there are hours, gates and kinds in its time, not as there are events.
Hours are counted in the gates' own time zone, given as minutes east of UTC by whoever asks.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from sync.headoffice.index import Database

HOUR_MS = 3_600_000
_ASKED = """SELECT h.hour, c.gate, h.kind, h.detail, h.n FROM index_hours h JOIN index_chains c ON c.chain = h.chain
    WHERE h.hour >= ? AND h.hour < ? AND c.site = ? AND h.kind IN ('vehicle.crossed', 'pass.opened', 'access.decided', 'vehicle.tailgated')"""


def charts(
    store: Database, site: str, since_ms: int, until_ms: int, gate: str = "", east_min: int = 480
) -> dict[str, Any]:
    """`hours`: gate → 24 counts of crossings; `hands`: guard → reason → openings by hand; `days`: day → crossings, refusals, tailgated."""
    hours: dict[str, list[int]] = {}
    hands: dict[str, Counter[str]] = {}
    days: dict[int, Counter[str]] = {}
    for hour, at, kind, detail, n in store.run(_ASKED, (since_ms // HOUR_MS, -(-until_ms // HOUR_MS), site)):
        if gate and at != gate:
            continue
        local = hour + east_min / 60
        day = days.setdefault(int(local // 24), Counter())
        if kind == "vehicle.crossed":
            hours.setdefault(at, [0] * 24)[int(local % 24)] += n
            day["crossed"] += n
        elif kind == "pass.opened":
            guard, _, reason = detail.partition(" ")
            hands.setdefault(guard, Counter())[reason] += n
        elif kind == "vehicle.tailgated":
            day["tailgated"] += n
        elif detail == "refused":
            day["refused"] += n
    return {
        "hours": {name: hours[name] for name in sorted(hours)},
        "hands": {guard: dict(of.most_common()) for guard, of in sorted(hands.items(), key=lambda g: -g[1].total())},
        "days": [{"day_ms": (day * 24 * 60 - east_min) * 60_000, **days[day]} for day in sorted(days)],
    }


def report(store: Database, site: str, since_ms: int, until_ms: int) -> dict[str, dict[str, int]]:
    """What happened at each gate, by kind; decisions, each by itself, as «access.decided granted»."""
    sql = """SELECT c.gate, h.kind, CASE WHEN h.kind = 'access.decided' THEN h.detail ELSE '' END AS part, CAST(sum(h.n) AS bigint)
        FROM index_hours h JOIN index_chains c ON c.chain = h.chain WHERE h.hour >= ? AND h.hour < ? AND c.site = ? GROUP BY 1, 2, 3"""
    found: dict[str, dict[str, int]] = {}
    for gate, kind, detail, n in store.run(sql, (since_ms // HOUR_MS, -(-until_ms // HOUR_MS), site)):
        found.setdefault(gate, {})[f"{kind} {detail}".strip()] = int(n)
    return found
