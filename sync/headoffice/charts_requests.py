"""Figures of the desks' requests for charts: open and overdue by department and gate, by week, how long until done, how many owners were satisfied.

All of `desk_requests`, which has one row for each request, in one walk: the database counts by week of receiving, of being done, of the end, and by
department, which gives some thousand rows at most, and the rest is added up here. Weeks begin on Monday in the gates' own time zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sync.headoffice.charts import Span
from sync.headoffice.index import Database

WEEK_MS = 7 * 86_400_000
_MONDAY = 4 * 86_400_000
"""1970-01-05 was a Monday."""


@dataclass(frozen=True, slots=True)
class _Some:
    """Requests that are alike. Weeks are counted from 1970; 0: not done, not over."""

    received: int
    done: int
    ended: int
    department: str
    n: int
    took_ms: int
    satisfied: int
    unsatisfied: int


def charts(store: Database, span: Span, now_ms: int) -> dict[str, Any]:
    """`now`: department, gate → open, overdue, as of now. `weeks`: each week that the time touches → received, done (for the first time),
    overdue (deadlines that passed in it), open (at its end, or now). `departments`: of those received in these weeks → received, minutes until done
    (mean), done, satisfied, asked (answers of owners)."""
    shift = span.east_min * 60_000 - _MONDAY
    until = max(span.since_ms, min(span.until_ms, now_ms))
    weeks = range((span.since_ms + shift) // WEEK_MS, (until + shift - 1) // WEEK_MS + 1)
    found = _walk(store, span, weeks[0] * WEEK_MS - shift, until, shift) if weeks else []
    late = dict(_late(store, span, shift, weeks[0] * WEEK_MS - shift, until)) if weeks else {}
    return {
        "now": _now(store, span, now_ms),
        "weeks": [
            {
                "week_ms": week * WEEK_MS - shift,
                "received": sum(s.n for s in found if s.received == week),
                "done": sum(s.n for s in found if s.done == week),
                "overdue": late.get(week, 0),
                "open": sum(s.n for s in found if s.received <= week and (not s.ended or s.ended > week)),
            }
            for week in weeks
        ],
        "departments": [
            _department(name, [s for s in found if s.department == name and s.received >= weeks[0]])
            for name in sorted({s.department for s in found if s.received >= weeks[0]})
        ],
    }


def _department(name: str, some: list[_Some]) -> dict[str, Any]:
    done, took = sum(s.n for s in some if s.done), sum(s.took_ms for s in some)
    good = sum(s.satisfied for s in some)
    return {
        "department": name,
        "received": sum(s.n for s in some),
        "minutes": round(took / done / 60_000) if done else None,
        "done": done,
        "satisfied": good,
        "asked": good + sum(s.unsatisfied for s in some),
    }


def _walk(store: Database, span: Span, since_ms: int, until_ms: int, shift: int) -> list[_Some]:
    """Those received in the time, those from before that were still open when it began. Each part has an index of its own."""
    at, named = ("AND gate = ?", (span.gate,)) if span.gate else ("", ())

    def week(name: str) -> str:
        return f"CASE WHEN {name} > 0 THEN ({name} + {int(shift)}) / {WEEK_MS} ELSE 0 END"

    sql = f"""SELECT {week("at_ms")}, {week("done_ms")}, {week("ended_ms")}, department, count(*),
        CAST(sum(CASE WHEN done_ms > 0 THEN done_ms - at_ms ELSE 0 END) AS bigint), CAST(sum(satisfied) AS bigint), CAST(sum(unsatisfied) AS bigint)
        FROM desk_requests WHERE site = ? {at} AND {{}} GROUP BY 1, 2, 3, 4"""
    parts: list[tuple[str, tuple[int, ...]]] = [
        ("at_ms >= ? AND at_ms < ?", (since_ms, until_ms)),
        ("ended_ms >= ? AND at_ms < ?", (since_ms, since_ms)),
        ("ended_ms = 0 AND at_ms < ?", (since_ms,)),
    ]
    return [_Some(*row) for part, values in parts for row in store.run(sql.format(part), (span.site, *named, *values))]


def _late(store: Database, span: Span, shift: int, since_ms: int, until_ms: int) -> list[tuple[int, int]]:
    at, named = ("AND r.gate = ?", (span.gate,)) if span.gate else ("", ())
    sql = f"""SELECT (s.at_ms + {int(shift)}) / {WEEK_MS}, count(*) FROM desk_steps s
        JOIN desk_requests r ON r.chain = s.home AND r.request = s.request
        WHERE s.step = 'overdue' AND s.at_ms >= ? AND s.at_ms < ? AND r.site = ? {at} GROUP BY 1"""
    return [(int(week), int(n)) for week, n in store.run(sql, (since_ms, until_ms, span.site, *named))]


def _now(store: Database, span: Span, now_ms: int) -> list[dict[str, Any]]:
    at, named = ("AND gate = ?", (span.gate,)) if span.gate else ("", ())
    sql = f"""SELECT department, gate, count(*), CAST(sum(CASE WHEN due_ms > 0 AND due_ms < ? THEN 1 ELSE 0 END) AS bigint)
        FROM desk_requests WHERE site = ? AND ended_ms = 0 {at} GROUP BY 1, 2 ORDER BY 1, 2"""
    keys = ("department", "gate", "open", "overdue")
    return [dict(zip(keys, row, strict=True)) for row in store.run(sql, (now_ms, span.site, *named))]
