"""Head office's charts of waits, cards and overstays: out of a gate's events, in either database, made anew as they were."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.headoffice import figures, waits
from sync.headoffice.charts import Span
from sync.headoffice.charts_stays import staying, waiting
from sync.headoffice.index import Indexer
from sync.headoffice.intake import Row
from sync.headoffice.store import Store
from tests.support_office import WHERE, Said, take_in
from tests.support_sync import SITE

pytest_plugins = ["tests.support_office_stores"]
DAY = 86_400_000
FIRST = 1_790_812_800_000
"""2026-10-01, midnight UTC."""
NOW = FIRST + 3 * DAY


def lane(kind: str, mono: int, **body: Any) -> dict[str, Any]:
    return {"kind": kind, "boot": "b1", "mono_ms": mono, "body": {"lane": "entry", **body}}


def walked(*events: dict[str, Any]) -> list[tuple[str, int]]:
    state, found = waits.Lane(), []
    for said in events:
        state, what, ms = waits.step(state, said)
        if what:
            found.append((what, ms))
    return found


WAITS = lane("vehicle.waiting", 1_000)
UP = lane("barrier.observed", 9_000, now="up")


@pytest.mark.parametrize(
    ("events", "found"),
    [
        pytest.param([WAITS, lane("access.decided", 3_000, decision="granted"), UP], [("open", 8_000)], id="loop, card, arm"),
        pytest.param([lane("access.decided", 3_000, decision="granted"), UP], [("open", 6_000)], id="no loop: from the card on"),
        pytest.param([WAITS, lane("access.decided", 3_000, decision="refused"), lane("pass.admitted", 5_000), UP], [("refused", 2_000)], id="refused is an answer"),
        pytest.param([WAITS, lane("access.decided", 3_000, decision="ask"), lane("pass.admitted", 8_500), UP], [("open", 8_000)], id="a guard was asked"),
        pytest.param([UP, lane("vehicle.waiting", 9_500), lane("access.decided", 10_000, decision="granted")], [("open", 500)], id="the arm is still up for the one before"),
        pytest.param([WAITS, UP], [], id="up for another reason"),
        pytest.param([WAITS, lane("vehicle.crossed", 5_000), lane("pass.opened", 7_000), UP], [], id="followed another: nobody was asked, the next lift has no arrival"),
        pytest.param([WAITS, lane("pass.opened", 7_000), lane("access.lapsed", 8_000), UP], [], id="never came"),
        pytest.param([WAITS, {**UP, "boot": "b2"}, lane("access.decided", 3_000, decision="granted")], [], id="another boot has another clock"),
        pytest.param([WAITS, lane("vehicle.waiting", 4_000), lane("pass.opened", 7_000), UP], [("open", 5_000)], id="left unanswered, the next one came"),
    ],
)  # fmt: skip
def test_a_wait_begins_with_the_vehicle_and_ends_with_the_answer(
    events: list[dict[str, Any]], found: list[tuple[str, int]]
) -> None:
    assert walked(*events) == found


@given(st.lists(st.integers(0, waits.BOUNDS[-1]), min_size=1, max_size=200), st.sampled_from([0.5, 0.9, 1.0]))
def test_a_percentile_of_counts_is_that_of_the_waits_within_its_step(lengths: list[int], part: float) -> None:
    counts: dict[int, int] = {}
    for ms in lengths:
        counts[waits.bound(ms)] = counts.get(waits.bound(ms), 0) + 1
    exact = sorted(lengths)[max(0, -(-round(part * len(lengths) * 1000) // 1000) - 1)]
    upto = waits.bound(exact)
    low = max((b for b in waits.BOUNDS if b < upto), default=0)
    assert low <= waits.percentile(counts, part) <= upto
    assert waits.percentile({}, part) == -1
    assert waits.bound(-1) == waits.bound(waits.BOUNDS[-1] + 1) == 0


CARD = {"card": "04aa", "visit": 1, "kind": "visitor", "label": "访08", "until": "2026-10-01"}
DAY_ONE: list[Said] = [
    ("visit.opened", {"kind": "business", "mode": "vehicle", "unit": "3-1201", "plate": "粤B12345"}),
    ("card.issued", CARD),
    ("visit.admitted", {"visit": 1}),
    ("card.issued", {**CARD, "card": "04bb", "label": "访09", "visit": 0}),
    ("card.issued", {**CARD, "card": "04cc", "kind": "construction", "until": "2026-10-03", "visit": 0}),
    ("card.issued", {**CARD, "card": "04dd", "visit": 0}),
    ("card.returned", {"card": "04dd", "visit": 0, "at": "desk"}),
    ("visit.overstayed", {"visit": 1, "due_ms": FIRST}),
    ("shift.handed_over", {"items": ["documents", "cards_out"], "counted": [1, 2], "known": [1, 3], "cards": ["04bb"]}),
    ("visit.opened", {"kind": "sales", "mode": "foot"}),
    ("visit.refused", {"visit": 10, "reason": "no-appointment"}),
    ("vehicle.waiting", {"lane": "entry"}),
    ("access.decided", {"lane": "entry", "decision": "granted"}),
    ("barrier.observed", {"lane": "entry", "now": "up"}),
]


def followed(store: Store) -> None:
    indexer = Indexer(store, SITE)
    while indexer.work():
        pass


def everything(store: Store) -> list[Any]:
    return [sorted(map(tuple, store.run(f"SELECT * FROM {table}"))) for table in figures.NAMES]


def test_cards_not_returned_overstays_and_waits(store: Store) -> None:
    take_in(store, DAY_ONE)
    take_in(store, [("card.returned", {"card": "04bb", "visit": 0, "at": "entry"})], day=2)
    followed(store)
    span = Span(SITE, FIRST - 8 * 3_600_000, FIRST + 3 * DAY - 8 * 3_600_000)
    said = staying(store, span, NOW)
    assert [{k: v for k, v in day.items() if k != "day_ms"} for day in said["days"]] == [
        {"kept": 2, "vehicle": 1},
        {"kept": 1},
        {"kept": 2},
    ], "the builder's card is due on the third day; one came back a day late, one never"
    assert said["gates"] == {"main": {"kept": 5, "vehicle": 1}}
    assert [(c["label"], c["late"], c["visit"]) for c in said["cards"]] == [("访08", True, 1), ("访08", True, 0)]
    assert [(v["seq"], v["unit"], v["plate"], v["due_ms"]) for v in said["visits"]] == [
        (1, "3-1201", "粤B12345", FIRST)
    ]
    assert (said["out"], said["late"], said["over"], said["inside"]) == (2, 2, 1, 1)
    assert [(h["known"], h["counted"], h["blocked"]) for h in said["handovers"]] == [(3, 2, 1)]
    assert staying(store, Span(SITE, span.since_ms, span.until_ms, "north"), NOW)["out"] == 0
    told = waiting(store, span)
    assert told["gates"]["main"]["all"] == [1, 250, 450], "two milliseconds by the steady clock: within the first step"
    assert told["hours"][8][0] == 1
    assert [day["all"][0] for day in told["days"]] == [1, 0, 0]
    assert (told["desk"][0], told["refused"][0]) == (2, 0)
    assert waiting(store, Span(SITE, FIRST + DAY, FIRST + 2 * DAY))["gates"] == {}
    was = everything(store)
    take_in(store, [("visit.closed", {"visit": 1, "how": "settled"}), ("card.lost", {**CARD, "reason": "lost"})], day=3)
    followed(store)
    said = staying(store, span, NOW)
    assert (said["over"], said["out"], said["days"][2]["lost"]) == (0, 1, 1)
    Indexer(store, SITE).rebuild()
    assert everything(store) == [[]] * len(was)
    followed(store)
    assert staying(store, span, NOW) == said


def test_what_came_late_and_what_was_indexed_before_there_were_charts(store: Store) -> None:
    take_in(store, DAY_ONE)
    followed(store)
    was, whole = everything(store), list[Row](store.rows(WHERE))
    store.run("UPDATE index_chains SET seq = 3")
    followed(store)
    assert everything(store) == was, "an event is taken once"
    for table in figures.NAMES:
        store.run(f"DELETE FROM {table}")
    assert figures.left(store.run, SITE) == len(DAY_ONE)
    followed(store)
    assert everything(store) == was, "an index of an earlier version"
    store.run(
        "ALTER TABLE events DISABLE TRIGGER events_are_kept" if store.postgres else "DROP TRIGGER events_are_kept"
    )
    store.run("DELETE FROM events WHERE seq = 7")
    Indexer(store, SITE).rebuild()
    followed(store)
    assert everything(store) != was
    store.mend(WHERE, whole[5:9], 1_790_000_000_000)
    followed(store)
    assert everything(store) == was, "the return that was missing"


def test_a_restored_journal_ends_what_began_before_and_a_new_one_does_not_keep_it(store: Store) -> None:
    take_in(store, DAY_ONE)
    last = store.chains(SITE)[0]
    restored: Said = (
        "journal.restored",
        {"was": last.where.epoch, "seq": last.mark.seq, "hash": last.mark.hash.hex(), "made": ""},
    )
    back = (
        ("card.returned", {"card": "04aa", "visit": 1, "at": "desk"}),
        ("visit.closed", {"visit": 1, "how": "settled"}),
    )
    take_in(store, [restored, *back], epoch="e2", follows=last.mark)
    followed(store)
    said = staying(store, Span(SITE, FIRST, FIRST + DAY), NOW)
    assert ([c["card"] for c in said["cards"]], said["over"]) == (["04bb", "04cc"], 0)
    take_in(store, [("gate.started", {"version": "1"})], epoch="e3")
    followed(store)
    assert staying(store, Span(SITE, FIRST, FIRST + DAY), NOW)["out"] == 0
