"""Head office's index of events and the search over it: SQLite and PostgreSQL give the same; what is erased is nowhere left."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sync.headoffice import index
from sync.headoffice.charts import Span, charts, report
from sync.headoffice.index import BATCH, Indexer
from sync.headoffice.index_words import PLATE, entry_of, pattern
from sync.headoffice.intake import Row
from sync.headoffice.search import WALK, Question, Search
from sync.headoffice.store import Store
from sync.headoffice.store_postgres import PostgresStore
from tests.support_office import VISIT, WHERE, Said, take_in
from tests.support_sync import SITE

pytest_plugins = ["tests.support_office_stores"]
Maker = Callable[[], Store]
TABLES = ("index_rows", "index_words", "index_parts", "index_postings", "index_named", "index_latest")


def indexed(store: Store) -> Search:
    indexer = Indexer(store, SITE)
    while indexer.work():
        pass
    return Search(store, SITE)


def seqs(search: Search, text: str = "", **more: object) -> list[int]:
    return [h.place.seq for h in search.find(Question(text, **more)).hits]


def everything(store: Store) -> str:
    """All that the index's tables hold, as text."""
    return "\n".join(str(sorted(map(tuple, store.run(f"SELECT * FROM {table}")))) for table in TABLES)


def test_words_find_events_newest_first(store: Store) -> None:
    take_in(store, VISIT)
    take_in(
        store,
        [("access.decided", {"lane": "exit", "decision": "refused", "plate_read": "粤8I2345"})],
        gate="north",
        day=2,
    )
    search = indexed(store)
    assert seqs(search, "王小明") == [2, 1]
    assert seqs(search, "小明") == [2, 1], "any end of a name"
    assert seqs(search, "李四") == [1]
    assert seqs(search, "04:A1:b2-c3") == [4]
    assert seqs(search, "3-1201") == [2, 1]
    assert seqs(search, "王小明 顺丰") == [1], "all words must fit"
    assert seqs(search, "张三", sort="unit") == []
    assert seqs(search, kinds=("visit.admitted",)) == [3]
    assert seqs(search, "li", sort="who")[:2] == [1, 7], "another gate's later day first"
    assert seqs(search, who="li", gate="main", lane="entry") == [7, 4]
    assert [h.where.gate for h in search.find(Question("B12345")).hits] == ["north", "main", "main"], "look-alikes"
    assert seqs(search, "粤B?23*5", gate="main") == [7, 4]
    day = 1_790_812_800_000  # 2026-10-01
    assert seqs(search, "粤B?23*5", since_ms=day + 300_000, until_ms=day + 3_600_000) == [7]
    assert seqs(search, "粤B?23*5", until_ms=day) == []
    assert seqs(search, gate="main") == [7, 5, 4, 3, 2, 1], "what the sensors say beside a passage is in no index"
    assert seqs(search, "nobody") == []


def test_a_story_is_in_order_and_whole(store: Store) -> None:
    take_in(store, VISIT)
    search = indexed(store)
    assert [h.place.seq for h in search.story("main", visit=1)] == [1, 2, 3]
    assert [h.place.seq for h in search.story("main", passed=4)] == [4, 5, 7]
    first = search.whole(search.story("main", visit=1))[0]
    assert (first.personal["name"], first.event["body"]["company"]) == ("王小明", "顺丰")
    assert search.pictures("main", 4) == ["d" * 64]
    stranger = {"lane": "entry", "pass_seq": 0, "vehicle": 1_790_812_801_000}
    taken = {**stranger, "moment": "crossing", "digest": "e" * 64, "size": 9}
    take_in(store, [("vehicle.crossed", {**stranger, "direction": "in"}), ("picture.taken", taken)], gate="north")
    search = indexed(store)
    (crossed,) = search.find(Question(gate="north", kinds=("vehicle.crossed",))).hits
    assert search.pictures("north", crossed.passed) == ["e" * 64], "a vehicle that nobody admitted"


def test_what_is_erased_is_nowhere_left(store: Store) -> None:
    take_in(store, VISIT)
    indexed(store)
    assert "王小明" in everything(store)
    assert "13800138000" in everything(store)
    for title, asked in (("1", '{"text": "王小明 3-1201"}'), ("王小明的车", "{}"), ("2", '{"text": "李四"}')):
        store.run("INSERT INTO office_searches VALUES ('clerk', ?, ?)", (title, asked))
    erased = {"why": "retention", "group": "name", "fields": ["name"], "events": [1, 2]}
    take_in(store, [("personal.erased", erased)])
    left = everything(store)  # before the follower has looked
    for trace in ("王小明", "小明", "明'"):
        assert trace not in left
    assert "李四" in left, "the host's name was not named"
    assert store.run("SELECT title FROM office_searches") == [("2",)], "a saved search for that name goes too"
    search = indexed(store)
    assert (seqs(search, "王小明"), seqs(search, "李四"), seqs(search, "3-1201")) == ([], [1], [2, 1])
    numbers = {word for (word,) in store.run("SELECT word FROM index_words")}
    assert {word for (word,) in store.run("SELECT word FROM index_postings")} <= numbers, (
        "no posting of a word that is gone"
    )
    Indexer(store, SITE).rebuild()
    assert "李四" not in everything(store)
    indexed(store)
    assert everything(store).count("王小明") == 0


def test_a_name_goes_only_when_its_last_event_goes(store: Store) -> None:
    said: list[Said] = [
        ("visit.opened", {"kind": "x"}, {"name": "赵六", "host": "赵六"}),
        ("visit.noted", {"visit": 1}, {"name": "赵六"}),
    ]
    take_in(store, said)
    search = indexed(store)
    take_in(store, [("personal.erased", {"why": "request", "group": "name", "fields": ["name"], "events": [1, 2]})])
    assert seqs(search, "赵六") == [1], "it is still there as the host's"
    take_in(store, [("personal.erased", {"why": "request", "group": "all", "fields": ["host"], "events": [1]})])
    assert seqs(search, "赵六") == []
    assert "赵六" not in everything(store)


def test_erased_before_it_was_indexed(store: Store) -> None:
    take_in(store, [*VISIT, ("personal.erased", {"why": "request", "group": "all", "fields": ["name", "host", "phone", "remark", "holder"], "events": [1, 2, 4]})])  # fmt: skip
    indexed(store)
    for trace in ("王小明", "李四", "13800138000", "张三"):
        assert trace not in everything(store)


def test_the_index_made_again_is_the_same(store: Store) -> None:
    take_in(store, VISIT * 3)
    indexed(store)
    rows = [sorted(map(tuple, store.run(f"SELECT * FROM {t}"))) for t in ("index_rows",)]
    words = store.run("SELECT count(*) FROM index_postings")
    store.run("UPDATE index_chains SET seq = 3")
    indexed(store)  # a part of it twice
    assert store.run("SELECT count(*) FROM index_postings") == words
    Indexer(store, SITE).rebuild()
    assert store.run("SELECT count(*) FROM index_postings")[0][0] == 0
    indexed(store)
    assert rows == [sorted(map(tuple, store.run(f"SELECT * FROM {t}"))) for t in ("index_rows",)]
    assert store.run("SELECT count(*) FROM index_postings") == words


def test_made_again_a_piece_at_a_time_and_begun_anew_when_it_ended_half_way(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(store, VISIT * 3)
    indexed(store)
    tables = ("index_rows", "index_days", "index_named", "index_chains")
    whole = [sorted(map(tuple, store.run(f"SELECT * FROM {t}"))) for t in tables[:2]]
    cursor = store.run("SELECT seq FROM index_chains")[0][0]
    monkeypatch.setattr(index, "STEP", 2)
    back, pieces = Indexer._back, []

    def stops(self: Indexer, chain: int, seq: int) -> None:
        pieces.append(seq)
        if len(pieces) == 3:
            raise KeyboardInterrupt
        back(self, chain, seq)

    monkeypatch.setattr(Indexer, "_back", stops)
    with pytest.raises(KeyboardInterrupt):
        Indexer(store, SITE).rebuild()
    assert pieces == list(reversed(range(0, cursor, 2)))[:3]
    assert store.run("SELECT seq FROM index_chains") == [(pieces[1],)]
    assert store.run("SELECT max(seq) FROM index_rows")[0][0] <= pieces[1]
    indexed(store)  # another process
    assert pieces[3:] == list(reversed(range(0, pieces[1], 2))), "it went on from there"
    assert whole == [sorted(map(tuple, store.run(f"SELECT * FROM {t}"))) for t in tables[:2]]
    store.run("UPDATE index_chains SET seq = 0")  # the first event came late
    Indexer(store, SITE).rebuild()
    assert [store.run(f"SELECT count(*) FROM {t}")[0][0] for t in tables] == [0, 0, 0, 1]


def test_counts_for_charts_count_each_event_once(store: Store) -> None:
    opened: Said = ("pass.opened", {"lane": "entry", "direction": "in", "reason": "delivery"})
    take_in(store, [*VISIT, opened, opened])
    indexed(store)
    store.run("UPDATE index_chains SET seq = 3")
    indexed(store)  # a part of it twice
    day = 1_790_812_800_000
    said = charts(store, Span(SITE, day, day + 86_400_000))
    assert said["hours"] == {"main": [0] * 8 + [1] + [0] * 15}, "midnight UTC is eight in China"
    assert said["hands"] == {"li": {"delivery": 2}}
    assert said["days"] == [{"day_ms": day - 8 * 3_600_000, "crossed": 1}, {"day_ms": day + 16 * 3_600_000}]
    assert charts(store, Span(SITE, day, day + 86_400_000, "north"))["hours"] == {}
    assert report(store, Span(SITE, day, day + 86_400_000))["main"]["pass.opened"] == 2
    assert report(store, Span(SITE, day + 86_400_000, day + 2 * 86_400_000)) == {}
    Indexer(store, SITE).rebuild()
    assert charts(store, Span(SITE, day, day + 86_400_000))["hands"] == {}


def test_what_came_late_is_indexed(store: Store) -> None:
    take_in(store, VISIT)
    whole: list[Row] = list(store.rows(WHERE))
    search = indexed(store)
    store.run("DELETE FROM index_rows WHERE seq = 4")  # as if event 4 had not been here then
    assert 4 not in seqs(search, "粤B12345")
    if isinstance(store, PostgresStore):
        store.run("ALTER TABLE events DISABLE TRIGGER events_are_kept")
    else:
        store.run("DROP TRIGGER events_are_kept")
    store.run("DELETE FROM events WHERE seq = 4")
    store.mend(WHERE, whole[2:5], 1_790_000_000_000)
    assert 4 in seqs(indexed(store), "粤B12345")


def test_pages_follow_one_another_and_a_walk_has_an_end(store: Store) -> None:
    take_in(
        store,
        [("access.decided", {"lane": "entry", "card": f"{n % 7:08x}", "unit": "1-1"}) for n in range(BATCH + 100)],
    )
    search = indexed(store)
    asked, got = Question("1-1", limit=90), []
    for _ in range(20):
        found = search.find(asked)
        got += [h.place.seq for h in found.hits]
        if found.older is None:
            break
        asked = Question("1-1", limit=90, before=found.older)
    assert got == list(range(BATCH + 100, 0, -1))
    assert seqs(search, "1-1 00000003", limit=5) == [599, 592, 585, 578, 571] or WALK < BATCH


def test_the_newest_of_many_words_are_found_in_order(store: Store) -> None:
    often = [("visit.opened", {"unit": "9-1"})] * 40  # the newest are all of one word
    take_in(store, [*[("visit.opened", {"unit": f"9-{n % 150}"}) for n in range(300)], *often])
    search, asked, got = indexed(store), Question("9", sort="unit", limit=30), []
    while True:
        found = search.find(asked)
        got += [h.place.seq for h in found.hits]
        if found.older is None:
            break
        asked = Question("9", sort="unit", limit=30, before=found.older)
    assert got == list(range(340, 0, -1))


def test_no_word_of_a_gate_holds_the_follower_up(store: Store) -> None:
    odd = "粤\0B\ud8001"
    said: list[Said] = [
        ("visit.opened", {"unit": odd, "lane": odd, "visit": 10**30, "kind": odd}, {"name": odd.replace("\ud800", "")}),
        ("pass.opened", {"plate": ["x" * 900, 5, None], "reason": {"a": odd}, "pass_seq": -1}),
        ("access.decided", {"card": 7, "decision": [], "plate_read": odd}),
        ("visit.admitted", {"visit": True}),
    ]
    take_in(store, said, actor=f"user:{odd}")
    search = indexed(store)
    assert seqs(search) == [4, 3, 2, 1]
    assert seqs(search, "粤B1", sort="plate") == [3]
    assert entry_of(1, b"no event", None) is None
    assert entry_of(1, b"[1]", None) is None


def test_an_entry_of_what_is_no_event_that_anybody_looks_for() -> None:
    assert entry_of(1, b'{"kind":"barrier.observed","body":{},"actor":"device:x"}', None) is None
    assert entry_of(1, b'{"kind":"barrier.commanded","body":{},"actor":"device:x"}', None) is None
    assert entry_of(1, b'{"kind":"barrier.commanded","body":{},"actor":"guard:li"}', b"damaged") is not None


def test_patterns_of_plates() -> None:
    for typed, plate, fits in (
        ("B12?", "粤8I234", True),
        ("b*9", "粤B1239", True),
        ("D0", "粤QO1", True),
        ("?", "", None),
    ):
        made = pattern(PLATE, typed)
        assert (made and made.fits(PLATE, plate)) == fits
