"""Figures of the desks' requests for charts: open and overdue by department and gate, by week, how long until done, how many owners were satisfied.

All of `desk_requests` and `desk_steps`, which have one row for each request and step, not for each event. Weeks begin on Monday in the gates' own time
zone, given as minutes east of UTC by whoever asks.
"""

from __future__ import annotations

from typing import Any

from sync.headoffice.charts import Span
from sync.headoffice.index import Database

DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
_MONDAY = 4 * DAY_MS
"""1970-01-05 was a Monday."""


def charts(store: Database, span: Span, now_ms: int) -> dict[str, Any]:
    """`now`: department, gate → open, overdue, as of now. `weeks`: each week that the time touches → received, done, overdue (deadlines that
    passed in it), open (at its end, or now). `departments`: of those received in the time → received, minutes until done (mean), satisfied, asked."""
    site, since_ms, until_ms, gate = span.site, span.since_ms, span.until_ms, span.gate
    at = "AND gate = ?" if gate else ""
    named = (gate,) if gate else ()
    held = f"""SELECT department, gate, count(*), CAST(sum(CASE WHEN due_ms > 0 AND due_ms < ? THEN 1 ELSE 0 END) AS bigint)
        FROM desk_requests WHERE site = ? AND ended_ms = 0 {at} GROUP BY 1, 2 ORDER BY 1, 2"""
    of = f"""SELECT department, count(*), CAST(sum(CASE WHEN done_ms > 0 THEN done_ms - at_ms ELSE 0 END) AS bigint),
        CAST(sum(CASE WHEN done_ms > 0 THEN 1 ELSE 0 END) AS bigint), CAST(sum(satisfied) AS bigint), CAST(sum(unsatisfied) AS bigint)
        FROM desk_requests WHERE site = ? AND at_ms >= ? AND at_ms < ? {at} GROUP BY 1 ORDER BY 1"""
    return {
        "now": [
            {"department": department, "gate": where, "open": n, "overdue": late}
            for department, where, n, late in store.run(held, (now_ms, site, *named))
        ],
        "weeks": _weeks(store, site, since_ms, min(until_ms, now_ms), at, named, span.east_min * 60_000),
        "departments": [
            {
                "department": department,
                "received": n,
                "minutes": round(took / done / 60_000) if done else None,
                "done": done,
                "satisfied": good,
                "asked": good + bad,
            }
            for department, n, took, done, good, bad in store.run(of, (site, since_ms, until_ms, *named))
        ],
    }


def _weeks(
    store: Database, site: str, since_ms: int, until_ms: int, at: str, named: tuple[str, ...], east_ms: int
) -> list[dict[str, int]]:
    def week(ms: int) -> int:
        return (ms + east_ms - _MONDAY) // WEEK_MS

    first, last = week(since_ms), week(max(since_ms, until_ms - 1))
    begins = [n * WEEK_MS + _MONDAY - east_ms for n in range(first, last + 2)]
    span = (begins[0], begins[-1])
    found = {
        n: {"week_ms": begins[n - first], "received": 0, "done": 0, "overdue": 0, "open": 0}
        for n in range(first, last + 1)
    }
    for name in ("received", "done", "overdue"):
        sql = f"""SELECT (s.at_ms + ? - ?) / {WEEK_MS}, count(*) FROM desk_steps s
            JOIN desk_requests r ON r.chain = s.home AND r.request = s.request
            WHERE s.step = ? AND s.at_ms >= ? AND s.at_ms < ? AND r.site = ? {at.replace("gate", "r.gate")} GROUP BY 1"""
        for n, count in store.run(sql, (east_ms, _MONDAY, name, *span, site, *named)):
            if int(n) in found:
                found[int(n)][name] = int(count)
    (before,) = store.run(
        f"SELECT count(*) FROM desk_requests WHERE site = ? AND at_ms < ? AND (ended_ms = 0 OR ended_ms >= ?) {at}",
        (site, span[0], span[0], *named),
    )[0]
    ended = f"""SELECT (ended_ms + ? - ?) / {WEEK_MS}, count(*) FROM desk_requests
        WHERE site = ? AND ended_ms >= ? AND ended_ms < ? {at} GROUP BY 1"""
    over = {int(n): int(count) for n, count in store.run(ended, (east_ms, _MONDAY, site, *span, *named))}
    left = int(before)
    for n, row in found.items():
        left += row["received"] - over.get(n, 0)
        row["open"] = left
    return [found[n] for n in sorted(found)]
