"""Head office's search over three years of events in PostgreSQL: typical questions, each as the page asks it (the hits, and their events in full), stories, charts, the daily report.

The history is made once and kept (support_office.py says of what it is made). What is asked is drawn at random, each time something else; people who come often are asked for more often.

    limit      reading one event by its primary key over the same connection
    value      p99 of a question; the goal is 300 ms at 50 million events, 1 s for a chart (issue 6, point 10)

    python -m tests.bench.bench_search [MILLIONS] [--cold]          0.2 unless said

`--cold`: the server is started anew and the machine's file cache emptied before (as root), then everything is asked six times; a row's value is the worst of the six.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from sync.headoffice import index_latest
from sync.headoffice.charts import Span, charts, report
from sync.headoffice.charts_stays import staying, waiting
from sync.headoffice.search import Question, Search
from sync.headoffice.store_postgres import PostgresStore
from sync.headoffice.web_charts import LONGEST_MS
from tests.bench.support_office import ASKING, END_MS, GATES, GUARDS, PER_CROSSING, SITE, prepared, running
from tests.bench.support_run import Wrong, row

MILLIONS = 0.2
ROUNDS, COLD_ROUNDS = 24, 6
GOAL_MS, CHART_GOAL_MS = 300.0, 1000.0
DAY_MS = 86_400_000
LONGEST_DAYS = LONGEST_MS // DAY_MS
YEARS_MS = 1096 * DAY_MS


@dataclass(frozen=True)
class Asked:
    """What is asked under a name. `work` asks something else each time and gives how many rows came, and whether it was told to go on."""

    name: str
    work: Callable[[], tuple[int, bool]]
    goal_ms: float = GOAL_MS
    """0: none."""
    nothing: bool = False
    """It may find nothing."""


def questions(store: PostgresStore, people: list[tuple[str, str, str, str, str]], count: int) -> Iterator[Asked]:
    """All of them."""
    some = random.Random(time.time_ns())
    search = Search(store, SITE)

    def one() -> tuple[str, str, str, str, str]:
        return people[int(len(people) * some.random() ** 2)]

    def gate() -> str:
        return f"gate{some.randint(1, GATES)}"

    def guard() -> str:
        return f"guard{some.randrange(GUARDS)}"

    def days(many: int) -> dict[str, int]:
        at = END_MS - YEARS_MS + some.randrange(YEARS_MS - many * DAY_MS)
        return {"since_ms": at, "until_ms": at + many * DAY_MS}

    def ask(name: str, made: Callable[[], Question], nothing: bool = False) -> Asked:
        def work() -> tuple[int, bool]:
            found = search.find(made())
            return len(search.whole(found.hits)), found.older is not None

        return Asked(name, work, nothing=nothing)

    def q(text: str = "", **more: Any) -> Question:
        return Question(text, **more)

    yield ask("a whole plate", lambda: q(one()[0]))
    yield ask("four signs of a plate", lambda: q(one()[0][-4:], sort="plate"))
    yield ask("three signs of a plate", lambda: q(one()[0][-3:]))
    yield ask("two signs of a plate", lambda: q(one()[0][-2:]))
    yield ask("a plate with ? and *", lambda: q("?" + one()[0][1:3] + "*" + one()[0][-2:], sort="plate"))
    yield ask("粤B: half of all words", lambda: q("粤B"))
    yield ask("one sign", lambda: q(one()[0][-1]))
    yield ask("粤B, a week years ago", lambda: q("粤B", **days(7)))
    yield ask("a card", lambda: q(one()[1]))
    yield ask("half a card", lambda: q(one()[1][:4], sort="card"))
    yield ask("a unit", lambda: q(one()[2]))
    yield ask("a unit, at one gate", lambda: q(one()[2], sort="unit", gate=gate()))
    yield ask("a name", lambda: q(one()[3]))
    yield ask("a surname", lambda: q(one()[3][0]))
    yield ask("a given name", lambda: q(one()[3][1:], sort="name"))
    yield ask("a telephone's last digits", lambda: q(one()[4][-4:], sort="phone"))
    yield ask("initials of a name", lambda: q(_initials(one()[3])))
    yield ask("a name in letters", lambda: q(_spelled(one()[3])))
    yield ask("a name and a plate's digits", lambda: q(f"{(p := one())[3]} {p[0][-4:]}"))
    yield ask("a surname and 粤B", lambda: q(f"{one()[3][0]} 粤B"))
    yield ask("a surname and two digits", lambda: q(f"{(p := one())[3][0]} {p[0][-2:]}"), nothing=True)
    yield ask("a surname at a gate, a week", lambda: q(one()[3][0], gate=gate(), **days(7)))
    yield ask("a guard", lambda: q(who=guard()))
    yield ask("a guard's openings by hand, a week", lambda: q(who=guard(), kinds=("pass.opened",), **days(7)))
    yield ask("a guard's openings by hand", lambda: q(who=guard(), kinds=("pass.opened",)))
    yield ask("a guard and a surname", lambda: q(one()[3][0], who=guard()))
    yield ask("a name, a guard", lambda: q(one()[3], who=guard()), nothing=True)
    yield ask("a kind", lambda: q(kinds=("access.decided",)))
    yield ask("refused commands of a gate, a week", lambda: q(kinds=("command.refused",), gate=gate(), **days(7)))
    yield ask("refused commands and tailgating of a gate", lambda: q(kinds=("command.refused", "vehicle.tailgated"), gate=gate()))  # fmt: skip
    yield ask("a kind in a lane of a gate, a year", lambda: q(kinds=("vehicle.crossed",), gate=gate(), lane="exit", **days(365)))  # fmt: skip
    yield ask("the newest of all gates", q)
    yield ask("a gate, a week years ago", lambda: q(gate=gate(), **days(7)))
    yield ask("all gates, a minute years ago", lambda: q(since_ms=(at := days(7)["since_ms"]), until_ms=at + 60_000), nothing=True)  # fmt: skip
    yield ask("nothing that is there", lambda: q(f"{one()[0]} nobody"), nothing=True)

    def older() -> Question:
        text = one()[3][0]
        return q(text, before=search.find(q(text)).older)

    yield ask("the second page of a surname (both)", older)

    def story(gate: str, **which: int) -> tuple[int, bool]:
        return len(search.whole(search.story(gate, **which))), False

    def crossing() -> int:
        return PER_CROSSING * some.randrange(count // PER_CROSSING // GATES // 2)

    yield Asked("a passage's whole story", lambda: story(gate(), passed=crossing() + 3))
    yield Asked("a visit's whole story", lambda: story(gate(), visit=crossing() + 14), nothing=True)
    yield Asked("a vehicle's whole story", lambda: (len(search.whole(search.of_plate(one()[0]))), False))

    def span(many: int, gate: str = "") -> Span:
        until = END_MS - some.randrange(1 + (YEARS_MS - many * DAY_MS) // DAY_MS) * DAY_MS
        return Span(SITE, until - many * DAY_MS, until, gate)

    def chart(name: str, draw: Callable[[Span], dict[str, Any]], many: int, gates: bool = False) -> Asked:
        return Asked(
            name,
            lambda: (len(draw(span(many, gate() if gates else ""))), False),
            CHART_GOAL_MS if many <= LONGEST_DAYS else 0,
        )

    for period, many in (("a month", 31), ("a year", 365), (f"{LONGEST_DAYS} days, the longest asked", LONGEST_DAYS), ("three years, which no page asks", 1096)):  # fmt: skip
        yield chart(f"charts of {period}", lambda s: charts(store, s), many)
        yield chart(f"waits of {period}", lambda s: waiting(store, s), many)
        yield chart(f"stays of {period}", lambda s: staying(store, s, END_MS), many)
    yield chart("charts of a gate, a year", lambda s: charts(store, s), 365, gates=True)
    yield chart("waits of a gate, a year", lambda s: waiting(store, s), 365, gates=True)
    yield chart("the report of a day", lambda s: report(store, s), 1)
    yield chart("the report of a year", lambda s: report(store, s), 365)


def _initials(name: str) -> str:
    from sync.pinyin import initials

    return initials(name)


def _spelled(name: str) -> str:
    from sync.pinyin import spelled

    return spelled(name)


def p(values: list[float], share: float) -> float:
    """The value below which this share lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def timed(work: Callable[[], Any]) -> float:
    """Milliseconds."""
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000


def run(millions: float = MILLIONS, cold: bool = False) -> list[dict[str, Any]]:
    """Rows for the table."""
    folder = prepared(millions)
    if cold:
        Path("/proc/sys/vm/drop_caches").write_text("3\n")
    with running(folder, ASKING) as cluster:
        store = PostgresStore(cluster.url)
        try:
            if index_latest.fill(store):  # a history that was made before there was this table
                store.run("ANALYZE index_latest")
            with psycopg.connect(cluster.url) as con:
                people = con.execute("SELECT plate, card, unit, name, phone FROM people ORDER BY k").fetchall()
                size = con.execute("SELECT pg_database_size(current_database()), sum(seq) FROM index_chains").fetchone()
            assert size
            count = int(size[1])
            load = os.getloadavg()[0]
            print(f"  {count:,} events, {size[0] / 1e9:.1f} GB; load {load:.1f}; {'cold' if cold else 'warm'}", flush=True)  # fmt: skip
            return _measured(store, list(questions(store, people, count)), count, cold)
        finally:
            store.close()


def _measured(store: PostgresStore, asked: list[Asked], count: int, cold: bool) -> list[dict[str, Any]]:
    taken: dict[str, list[float]] = {a.name: [] for a in asked}
    rows: dict[str, int] = dict.fromkeys(taken, 0)
    further: dict[str, int] = dict.fromkeys(taken, 0)
    some = random.Random(3)
    if not cold:
        for a in asked:
            a.work()
    for _ in range(COLD_ROUNDS if cold else ROUNDS):
        for a in some.sample(asked, len(asked)):
            begun = time.perf_counter()
            n, more = a.work()
            taken[a.name].append((time.perf_counter() - begun) * 1000)
            rows[a.name] += n
            further[a.name] += more and not n
    limit = _alone(store, count)
    found = [row(f"one event by its key, p99 ({count:,} events)", limit, "ms")]
    for a in asked:
        if not rows[a.name] and not a.nothing:
            raise Wrong(f"{a.name}: nothing was ever found")
        times = len(taken[a.name])
        worst = max(taken[a.name]) if cold else p(taken[a.name], 0.99)
        empty = f", {further[a.name]} of {times} «look further back»" if further[a.name] else ""
        name = f"{a.name}: {'worst' if cold else 'p99'} (p50 {statistics.median(taken[a.name]):.0f} ms, {rows[a.name] / times:.0f} rows{empty})"
        goal = (f"< {a.goal_ms:.0f} ms", worst < a.goal_ms) if a.goal_ms else ("", None)
        found.append(row(name, worst, "ms", limit, *goal))
    return found


def _alone(store: PostgresStore, count: int) -> float:
    key = "SELECT data FROM events WHERE (site, gate, epoch, seq) = (?, ?, ?, ?)"
    chains = store.run("SELECT site, gate, epoch, seq FROM index_chains")
    some = random.Random(3)

    def plain() -> None:
        *where, last = some.choice(chains)
        if not store.run(key, (*where, some.randint(1, last))):
            raise Wrong("an event that should be there is not")

    for _ in range(20):
        plain()
    return p([timed(plain) for _ in range(300)], 0.99)


if __name__ == "__main__":
    from tests.bench.__main__ import table

    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    print(table(run(float(words[0]) if words else MILLIONS, "--cold" in sys.argv)))
