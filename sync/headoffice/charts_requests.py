"""Figures of the desks' requests for charts: open and overdue by department and gate, by week (of all and of each department), how long until done, how many
owners were satisfied; and a day of each department for the daily report.

All of `desk_requests`, which has one row for each request, in one walk: the database counts by week of receiving, of being done, of the end, and by
department, which gives some thousand rows at most, and the rest is added up here. Weeks begin on Monday in the gates' own time zone.
"""

from __future__ import annotations

import json
from collections import Counter
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
    """`now`: department, gate → open, overdue, as of now. `weeks`: each week that the time touches → received, done (for the first time), minutes
    (mean, until those were done), overdue (deadlines that passed in it), open (at its end, or now). `departments`: of those received in these weeks → received,
    minutes until done (mean), done, satisfied, asked (answers of owners), late (deadlines that passed in them), and its own `weeks`. A request
    counts for the department that has it, or had it last."""
    shift = span.east_min * 60_000 - _MONDAY
    until = max(span.since_ms, min(span.until_ms, now_ms))
    weeks = range((span.since_ms + shift) // WEEK_MS, (until + shift - 1) // WEEK_MS + 1)
    found = _walk(store, span, weeks[0] * WEEK_MS - shift, until, shift) if weeks else []
    late = _late(store, span, shift, weeks[0] * WEEK_MS - shift, until) if weeks else []
    names = sorted({s.department for s in found} | {name for _, name, _ in late})
    return {
        "now": _now(store, span, now_ms),
        "weeks": _weeks(weeks, shift, found, late),
        "departments": [
            {
                **_department(name, [s for s in found if s.department == name and s.received >= weeks[0]]),
                "late": sum(n for _, of, n in late if of == name),
                "weeks": _weeks(
                    weeks, shift, [s for s in found if s.department == name], [one for one in late if one[1] == name]
                ),
            }
            for name in names
        ],
    }


def _weeks(weeks: range, shift: int, found: list[_Some], late: list[tuple[int, str, int]]) -> list[dict[str, Any]]:
    overdue = Counter[int]()
    for week, _, n in late:
        overdue[week] += n
    rows = []
    for week in weeks:
        done = [s for s in found if s.done == week]
        rows.append(
            {
                "week_ms": week * WEEK_MS - shift,
                "received": sum(s.n for s in found if s.received == week),
                "done": sum(s.n for s in done),
                "minutes": _mean(done),
                "overdue": overdue[week],
                "open": sum(s.n for s in found if s.received <= week and (not s.ended or s.ended > week)),
            }
        )
    return rows


def _department(name: str, some: list[_Some]) -> dict[str, Any]:
    good = sum(s.satisfied for s in some)
    return {
        "department": name,
        "received": sum(s.n for s in some),
        "minutes": _mean(some),
        "done": sum(s.n for s in some if s.done),
        "satisfied": good,
        "asked": good + sum(s.unsatisfied for s in some),
    }


def _mean(some: list[_Some]) -> int | None:
    done = sum(s.n for s in some if s.done)
    return round(sum(s.took_ms for s in some) / done / 60_000) if done else None


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


def _late(store: Database, span: Span, shift: int, since_ms: int, until_ms: int) -> list[tuple[int, str, int]]:
    """Week, department, deadlines that passed."""
    at, named = ("AND r.gate = ?", (span.gate,)) if span.gate else ("", ())
    sql = f"""SELECT (s.at_ms + {int(shift)}) / {WEEK_MS}, r.department, count(*) FROM desk_steps s
        JOIN desk_requests r ON r.chain = s.home AND r.request = s.request
        WHERE s.step = 'overdue' AND s.at_ms >= ? AND s.at_ms < ? AND r.site = ? {at} GROUP BY 1, 2"""
    found = store.run(sql, (since_ms, until_ms, span.site, *named))
    return [(int(week), department, int(n)) for week, department, n in found]


def day(store: Database, span: Span, now_ms: int) -> list[dict[str, Any]]:
    """Each department within the span (a day): received, done (each time), minutes until done (mean, of those done for the first time), overdue (deadlines that
    passed), satisfied, unsatisfied (answers), open (at its end, or now)."""
    at, named = ("AND r.gate = ?", (span.gate,)) if span.gate else ("", ())
    until = min(span.until_ms, now_ms)
    found: dict[str, dict[str, Any]] = {}

    def of(name: str) -> dict[str, Any]:
        return found.setdefault(name, {"department": name, **dict.fromkeys(_OF_A_DAY, 0), "minutes": None})

    steps = f"""FROM desk_steps s JOIN desk_requests r ON r.chain = s.home AND r.request = s.request
        WHERE s.at_ms >= ? AND s.at_ms < ? AND r.site = ? {at} AND s.step"""
    values = (span.since_ms, until, span.site, *named)
    first = "s.step = 'done' AND r.done_ms = s.at_ms"
    sql = f"""SELECT r.department, s.step, count(*), CAST(sum(CASE WHEN {first} THEN 1 ELSE 0 END) AS bigint),
        CAST(sum(CASE WHEN {first} THEN r.done_ms - r.at_ms ELSE 0 END) AS bigint) {steps} IN ('received', 'done', 'overdue') GROUP BY 1, 2"""
    for name, step, n, times, took in store.run(sql, values):
        of(name)[step] = int(n)
        if times:
            of(name)["minutes"] = round(took / times / 60_000)
    for name, said, n in store.run(f"SELECT r.department, s.said, count(*) {steps} = 'asked' GROUP BY 1, 2", values):
        if (answer := json.loads(said).get("answer")) in ("satisfied", "unsatisfied"):
            of(name)[answer] += int(n)
    still: tuple[tuple[str, tuple[int, ...]], ...] = (("= 0", ()), (">= ?", (until,)))
    for ended, value in still:
        sql = f"SELECT r.department, count(*) FROM desk_requests r WHERE r.site = ? {at} AND r.at_ms < ? AND r.ended_ms {ended} GROUP BY 1"
        for name, n in store.run(sql, (span.site, *named, until, *value)):
            of(name)["open"] += int(n)
    return [found[name] for name in sorted(found)]


_OF_A_DAY = ("received", "done", "overdue", "satisfied", "unsatisfied", "open")


def _now(store: Database, span: Span, now_ms: int) -> list[dict[str, Any]]:
    at, named = ("AND gate = ?", (span.gate,)) if span.gate else ("", ())
    sql = f"""SELECT department, gate, count(*), CAST(sum(CASE WHEN due_ms > 0 AND due_ms < ? THEN 1 ELSE 0 END) AS bigint)
        FROM desk_requests WHERE site = ? AND ended_ms = 0 {at} GROUP BY 1, 2 ORDER BY 1, 2"""
    keys = ("department", "gate", "open", "overdue")
    return [dict(zip(keys, row, strict=True)) for row in store.run(sql, (now_ms, span.site, *named))]
