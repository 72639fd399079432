"""Waiting times, cards that were not returned, visits beyond their time: out of the tables of figures.py, never out of the events.

A card is «not returned» at the end of a day when it is out and the last day printed on it is over with it. Waits are medians and nine tenths, out of counts by length.
What was out or inside in a journal that ended without a successor (a gate's database made anew) is not «now» any more.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from sync.headoffice import waits
from sync.headoffice.charts import EACH, Span
from sync.headoffice.figures import CARD, VISIT
from sync.headoffice.intake import ChainId
from sync.headoffice.store import Store
from sync.protocol import predecessor

LISTED = 200
_OF_STAYS = "FROM index_stays s JOIN index_chains c ON c.chain = s.chain WHERE c.site = ? AND ? IN ('', c.gate)"
_OPEN = _OF_STAYS.replace("c.chain = s.chain", "c.chain = +s.chain") + " AND s.ended_ms = 0"
"""Those that are out or inside: by the small index of the open ones (figures.py)."""


def waiting(store: Store, span: Span) -> dict[str, Any]:
    """Before the arm: `hours` (24, all gates), `gates` (gate → 24), `days`; each [how many, median ms, nine tenths ms]. `refused`: how many waited for a
    refusal, likewise; `desk`: for the guard's word at the desk (admitted, refused, directed)."""
    hours: dict[str, list[Counter[int]]] = {"": [Counter() for _ in range(24)]}
    days: dict[int, Counter[int]] = {}
    other: dict[str, Counter[int]] = {}
    rows, values = span.rows("index_wait_days", "what, upto")
    for gate, what, upto, *counts in store.run(
        f"SELECT c.gate, d.what, d.upto, {EACH} FROM {rows} GROUP BY 1, 2, 3", values
    ):
        if what == "open":
            mine = hours.setdefault(gate, [Counter() for _ in range(24)])
            for hour, n in enumerate(span.local(counts)):
                mine[hour][upto] += n
                hours[""][hour][upto] += n
        else:
            other.setdefault(what, Counter())[upto] += int(sum(counts))
    parts = span.of_days()
    sql = f"SELECT d.day, d.upto, {', '.join(parts.values())} FROM {rows} WHERE d.what = 'open' GROUP BY 1, 2"
    for day, upto, *counts in store.run(sql, values):
        for after, n in zip(parts, counts, strict=True):
            days.setdefault(day + after, Counter())[upto] += int(n)

    def of(gate: str) -> list[Any]:
        return [waits.summary(one) for one in hours[gate]]

    sums = {gate: sum(hours[gate], Counter()) for gate in hours}
    gates = sorted(gate for gate in hours if gate and sums[gate])
    return {
        "hours": of(""),
        "gates": {gate: {"hours": of(gate), "all": waits.summary(sums[gate])} for gate in gates},
        "days": [{"day_ms": span.day_ms(day), "all": waits.summary(days.get(day, {}))} for day in span.days],
        **{name: waits.summary(other.get(name, {})) for name in ("refused", "desk")},
    }


def staying(store: Store, span: Span, now_ms: int) -> dict[str, Any]:
    """`days`: cards not returned at its end, cards lost, visits that went beyond their time (on foot, with a vehicle), each day, and `gates` by gate;
    `cards`, `visits`: those of now, the oldest first (the first `LISTED`), `out`, `over`: how many; `handovers`: cards out at changes of shift."""
    live = _live(store, span.site)
    days: dict[int, Counter[str]] = {}
    gates: dict[str, Counter[str]] = {}

    def add(gate: str, day: int, name: str, n: int) -> None:
        if day in span.days:
            days.setdefault(day, Counter())[name] += n
            gates.setdefault(gate, Counter())[name] += n

    for gate, chain, until, first, last, how, n in _cards(store, span):
        if last < 0 and chain not in live:
            continue
        due = max(first, _day(until, first))
        ended = last if last >= 0 else _today(span, now_ms)
        for day in range(max(due, span.days.start), min(ended, span.days.stop)):
            add(gate, day, "kept", n)
        if how == "lost":
            add(gate, last, "lost", n)
    for gate, day, mode, n in store.run(
        f"""SELECT c.gate, {span.local_day("s.over_ms")}, s.mode, count(*) {_OF_STAYS}
            AND s.over_ms > 0 AND s.over_ms >= ? AND s.over_ms < ? GROUP BY 1, 2, 3""",
        (span.site, span.gate, span.since_ms, span.until_ms),
    ):
        add(gate, day, "vehicle" if mode == "vehicle" else "foot", n)
    cards, visits = (
        [row for row in store.run(_NOW.format(sort), (span.site, span.gate)) if row[0] in live]
        for sort in (CARD, VISIT)
    )
    over = [row for row in visits if row[11]]
    return {
        "days": [{"day_ms": span.day_ms(day), **days.get(day, {})} for day in span.days],
        "gates": {gate: dict(gates[gate]) for gate in sorted(gates)},
        "cards": [_shown(row, span, now_ms) for row in cards[:LISTED]],
        "visits": [_shown(row, span, now_ms) for row in over[:LISTED]],
        "out": len(cards),
        "late": sum(_shown(row, span, now_ms)["late"] for row in cards),
        "over": len(over),
        "inside": sum(row[9] > 0 for row in visits),
        "handovers": _handovers(store, span),
    }


_NAMES = (
    "chain",
    "gate",
    "seq",
    "kind",
    "mode",
    "label",
    "plate",
    "unit",
    "visit",
    "began_ms",
    "until",
    "over_ms",
    "due_ms",
    "card",
)
_NOW = f"""SELECT s.chain, c.gate, s.seq, s.kind, s.mode, s.label, s.plate, s.unit, s.visit, s.began_ms, s.until, s.over_ms, s.due_ms, s.card
    {_OPEN} AND s.sort = '{{}}' ORDER BY s.asked_ms, s.seq"""  # fmt: skip


def _shown(row: Any, span: Span, now_ms: int) -> dict[str, Any]:
    said = dict(zip(_NAMES, row, strict=True))
    said["late"] = bool(said["over_ms"]) or bool(said["until"] and _day(said["until"], 0) < _today(span, now_ms))
    return said


def _cards(store: Store, span: Span) -> list[Any]:
    """Cards by gate, chain, last day, day of issue and of return (-1: still out), and what became of them: those that were out over a midnight, or lost."""
    first, last = span.local_day("s.began_ms"), span.local_day("s.ended_ms")
    head = (
        f"SELECT c.gate, s.chain, s.until, {first}, {{}}, s.how, count(*) {{}} AND s.sort = '{CARD}' AND s.began_ms < ?"
    )
    who = (span.site, span.gate, span.until_ms)
    still = store.run(head.format("-1", _OPEN) + " GROUP BY 1, 2, 3, 4, 6", who)
    over = f" AND s.ended_ms >= ? AND ({first} <> {last} OR s.how = 'lost') GROUP BY 1, 2, 3, 4, 5, 6"
    return [*still, *store.run(head.format(last, _OF_STAYS) + over, (*who, span.since_ms))]


def _handovers(store: Store, span: Span) -> list[dict[str, Any]]:
    sql = """SELECT c.gate, h.seq, h.at_ms, h.known, h.counted, h.blocked FROM index_handovers h JOIN index_chains c ON c.chain = h.chain
        WHERE c.site = ? AND ? IN ('', c.gate) AND h.at_ms >= ? AND h.at_ms < ? ORDER BY h.at_ms DESC LIMIT ?"""
    found = store.run(sql, (span.site, span.gate, span.since_ms, span.until_ms, LISTED))
    names = ("gate", "seq", "at_ms", "known", "counted", "blocked")
    return [dict(zip(names, row, strict=True)) for row in found]


def _live(store: Store, site: str) -> frozenset[int]:
    """Numbers of each gate's newest chain, and of those that it continues."""
    numbers = {ChainId(site, gate, epoch): chain for chain, gate, epoch in store.run(_CHAINS, (site,))}
    newest = {c.where.gate: c.where for c in store.chains(site)}
    live: set[ChainId] = set()
    for where in newest.values():
        at: ChainId | None = where
        while at is not None and at not in live:
            live.add(at)
            older = sum(one.gate == at.gate for one in numbers) > 1
            first = store.run(_FIRST, at) if older else []
            was = predecessor(bytes(first[0][0])) if first else None
            at = at._replace(epoch=was) if was is not None else None
    return frozenset(number for one, number in numbers.items() if one in live)


_CHAINS = "SELECT chain, gate, epoch FROM index_chains WHERE site = ?"
_FIRST = "SELECT data FROM events WHERE (site, gate, epoch) = (?, ?, ?) ORDER BY seq LIMIT 1"


def _today(span: Span, now_ms: int) -> int:
    return (now_ms + span.east_min * 60_000) // 86_400_000


def _day(date: str, otherwise: int) -> int:
    """Days since 1970 of «2026-11-26»; `otherwise` of what is none."""
    try:
        return (datetime.fromisoformat(date[:10]).replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
            1
        )
    except ValueError:
        return otherwise
