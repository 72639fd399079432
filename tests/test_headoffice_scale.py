"""Head office's search where words are many: what is too much to be named is walked by time and finds the same; names by their spelling; what the bench asks is what the follower makes."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from sync.headoffice import index_latest, search_walk
from sync.headoffice.index import Indexer
from sync.headoffice.index_tables import FORM
from sync.headoffice.index_words import NAME, ends
from sync.headoffice.intake import ChainId
from sync.headoffice.search import Place, Question, Search
from sync.headoffice.search_places import END, newest
from sync.headoffice.search_walk import Wanted
from sync.headoffice.store import Store
from sync.headoffice.store_postgres import PostgresStore
from sync.pinyin import initials, spelled
from tests.bench import support_office
from tests.support_office import Said, take_in
from tests.support_sync import SITE

pytest_plugins = ["tests.support_office_stores"]


def indexed(store: Store) -> Search:
    indexer = Indexer(store, SITE)
    while indexer.work():
        pass
    return Search(store, SITE)


def seqs(search: Search, text: str = "", **more: Any) -> list[int]:
    """All that is found, page by page."""
    asked, got = Question(text, limit=7, **more), list[int]()
    while True:
        found = search.find(asked)
        got += [hit.place.seq for hit in found.hits]
        if found.older is None:
            return got
        asked = Question(text, limit=7, before=found.older, **more)


CROWD: list[Said] = [
    ("access.decided", {"lane": "entry" if n % 2 else "exit", "plate_read": f"粤{'BC'[n % 2]}{n % 37:02d}A{n % 10}", "unit": f"1-{n % 5}"}, {"holder": f"{'周吴郑王'[n % 4]}{'伟芳丽'[n % 3]}"})
    for n in range(240)
]  # fmt: skip
ASKED: list[dict[str, Any]] = [
    {"text": "粤B"},
    {"text": "周"},
    {"text": "zw"},
    {"text": "ZHENGLI"},
    {"text": "周 粤C"},
    {"text": "1-3 a"},
    {"text": "粤?1*9"},
    {"text": "wei", "gate": "main", "lane": "exit"},
    {"text": "粤B", "who": "li", "kinds": ("access.decided",)},
    {"text": "小"},
    {"text": "%"},
]


def test_what_is_too_much_to_be_named_is_found_all_the_same(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    take_in(store, CROWD)
    search = indexed(store)
    named = [seqs(search, **asked) for asked in ASKED]
    assert [len(found) for found in named[:5]] == [120, 60, 40, 20, 0]
    assert named[9] == named[10] == [], "no sign of SQL's own means anything"
    assert all(found == sorted(found, reverse=True) for found in named)
    monkeypatch.setattr(search_walk, "MANY", 1)
    monkeypatch.setattr(search_walk, "WILD", 1)
    monkeypatch.setattr(search_walk, "BY_TIME", 50)
    assert Wanted.typed(store.run, ["plate"], "粤B").wide
    assert [seqs(search, **asked) for asked in ASKED] == named


def test_the_newest_of_many_words_are_exactly_these(store: Store) -> None:
    """However few of them are asked: over days, with later pages, with bounds too high or not known."""
    for day in range(1, 9):
        take_in(store, CROWD[day * 22 : day * 22 + 55], gate=f"g{day % 3}", day=day * 5 % 9 + 1)
    indexed(store)
    words = [word for (word,) in store.run("SELECT word FROM index_words WHERE sort = 'plate'")]
    assert len(words) > 70
    rows = store.run("SELECT DISTINCT at_ms, chain, seq FROM index_postings p JOIN index_words w ON w.word = p.word WHERE w.sort = 'plate'")  # fmt: skip
    every = sorted((Place(*row) for row in rows), reverse=True)
    first = Place(END, 0, 0)
    asked = [(first, 0, 1), (first, 0, 20), (first, 0, 51), (every[30], every[200].at_ms, 9), (every[-60], 0, 40), (every[3], 0, 500)]  # fmt: skip

    def right() -> bool:
        return all(
            newest(store.run, store.postgres, "index_postings", words, before, since, count)
            == [place for place in every if place < before and place.at_ms >= since][:count]
            for before, since, count in asked
        )

    assert right()
    made = store.run("SELECT * FROM index_latest ORDER BY word")
    assert len({before for _, before in made}) > 4, "words that were heard last on different days"
    store.run("DELETE FROM index_latest WHERE word - word / 3 * 3 = 0")
    store.run("UPDATE index_latest SET before_ms = before_ms + 86400000 WHERE word - word / 3 * 3 = 1")
    assert right()
    store.run("DELETE FROM index_latest")
    assert index_latest.fill(store) == len(made)
    assert store.run("SELECT * FROM index_latest ORDER BY word") == made, "what was followed is what is there"
    assert index_latest.fill(store) == 0


def test_names_are_found_by_their_spelling_and_erased_with_it(store: Store) -> None:
    said: list[Said] = [("visit.opened", {"kind": "x"}, {"name": "周伟"}), ("visit.opened", {"kind": "x"}, {"name": "单雄信"})]  # fmt: skip
    take_in(store, said)
    search = indexed(store)
    for typed in ("zw", "ZhouWei", "zhouw", "wei", "周伟", "伟"):
        assert seqs(search, typed) == [1], typed
    assert seqs(search, "shanxx") == []
    assert seqs(search, "SXX") == seqs(search, "shanxiong", sort="name") == [2]
    assert seqs(search, "zw", persons=False) == [], "who may not see persons finds nobody by initials either"
    take_in(store, [("personal.erased", {"why": "retention", "group": "name", "fields": ["name"], "events": [1]})])
    left = {part for (part,) in store.run("SELECT part FROM index_parts WHERE sort = 'name'")}
    assert left == set(ends(NAME, "单雄信"))
    assert seqs(search, "zw") == seqs(search, "zhouwei") == []


def test_spelling() -> None:
    assert (initials("吕布"), spelled("吕布"), spelled("欧阳娜娜")) == ("lb", "lvbu", "ouyangnana")
    assert ends(NAME, "周伟") == ["周伟", "伟", "ZW", "ZHOUWEI", "WEI"]
    assert ends(NAME, "SMITH") == ["SMITH", "MITH", "ITH", "TH", "H"]


def test_an_index_of_an_older_form_is_made_anew(store: Store) -> None:
    take_in(store, CROWD[:20])
    assert (Search(store, SITE).behind(), Search(store, SITE).behind("north")) == (20, 0)
    search = indexed(store)
    assert search.behind() == 0
    assert len(seqs(search, "zw")) == 4
    store.run("DELETE FROM index_parts WHERE part = 'ZW'")  # as the form before left it
    assert seqs(indexed(store), "zw") == []
    store.run("UPDATE index_form SET form = ?", (FORM - 1,))
    assert len(seqs(indexed(store), "zw")) == 4
    assert store.run("SELECT form FROM index_form WHERE site = ?", (SITE,)) == [(FORM,)]


@pytest.mark.parametrize("store", ["postgres"], indirect=True)
def test_the_history_that_the_bench_asks_is_what_the_follower_would_have_made(store: PostgresStore) -> None:
    store.chains(SITE)
    with psycopg.connect(store._url, autocommit=True) as con:
        support_office.fill(con, 14 * 300)
        tables = {
            "rows": "SELECT chain, seq, at_ms, kind, lane, actor, visit, pass FROM index_rows ORDER BY 1, 2",
            "postings": "SELECT w.sort, w.text, at_ms, chain, seq FROM index_postings JOIN index_words w USING (word) ORDER BY 1, 2, 3, 4, 5",
            "named": "SELECT chain, seq, field, w.text FROM index_named JOIN index_words w USING (word) ORDER BY 1, 2, 3, 4",
            "parts": "SELECT p.sort, part, w.text FROM index_parts p JOIN index_words w USING (word) WHERE word IN (SELECT word FROM index_postings) ORDER BY 1, 2, 3",
            "latest": "SELECT w.sort, w.text, before_ms FROM index_latest JOIN index_words w USING (word) WHERE before_ms > 0 ORDER BY 1, 2",
            "days": "SELECT * FROM index_days ORDER BY 1, 2, 3, 4",
            "months": "SELECT * FROM index_months ORDER BY 1, 2",
        }
        made = {name: con.execute(sql.encode()).fetchall() for name, sql in tables.items()}
        assert len(made["months"]) > 200, "each gate has events in most of the 36 months"
        con.execute("TRUNCATE index_rows, index_postings, index_named, index_days, index_months, index_words, index_parts, index_latest, index_figured, index_stays, index_wait_days")  # fmt: skip
        con.execute("UPDATE index_chains SET seq = 0")
        indexer = Indexer(store, support_office.SITE)
        while indexer.work():
            pass
        assert {name: con.execute(sql.encode()).fetchall() for name, sql in tables.items()} == made
    search = Search(store, support_office.SITE)
    hits = search.find(Question("粤B", limit=500)).hits
    assert len({hit.place.at_ms // (30 * 86_400_000) for hit in hits}) > 30, "of all months"
    assert [whole.hit for whole in search.whole(hits)] == list(hits), "each found in the month in which it arrived"
    first = store.run("SELECT count(*) FROM index_months WHERE first > last")
    assert first == [(0,)]
    store.run(
        "UPDATE index_months SET first = 0, last = 0"
    )  # one that came late, outside of what is known of the months
    assert len(search.whole(hits)) == len(hits)
    assert search.event(ChainId(support_office.SITE, "gate1", "no such"), 1) is None
