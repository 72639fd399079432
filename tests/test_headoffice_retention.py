"""Head office's own retention, in either database: what has had its time is nowhere left, what is kept stays, and the chain still verifies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edge.domain import pictures, privacy
from sync.headoffice import retention, retention_kept
from sync.headoffice.audit import audit
from sync.headoffice.config import Config, ConfigError
from sync.headoffice.config_tables import CLASSES, Pages, Retention
from sync.headoffice.desk import Desk
from sync.headoffice.index import Indexer
from sync.headoffice.intake import Row
from sync.headoffice.photo_places import place_of
from sync.headoffice.photo_receiver import Archive
from sync.headoffice.retention import DAY_MS, GROUPS, Keeper
from sync.headoffice.retention_kept import SUBJECTS
from sync.headoffice.retention_round import RetentionRound
from sync.headoffice.store import Store, StoreUnavailable
from sync.headoffice.store_sqlite import SqliteStore
from sync.headoffice.web_users import User, Users
from sync.photo_protocol import Photo
from sync.sealing import MasterKey
from tests.support_albums import sha
from tests.support_office import WHERE, Said, take_in
from tests.support_page import until
from tests.support_sync import EPOCH, GATE, SITE

pytest_plugins = ["tests.support_office_stores"]
LATER = 1_790_812_800_000 + 200 * DAY_MS
"""200 days after the first of October."""
PICTURE = b"\xff\xd8 a picture of somebody"
GONE: list[Said] = [
    ("visit.opened", {"kind": "business", "mode": "foot"}, {"name": "欧阳九郎", "phone": "13912345678", "remark": "戴眼镜的"}),
    ("visit.admitted", {"visit": 1}),
    ("visit.closed", {"visit": 1, "how": "settled"}),
]  # fmt: skip
STAYS: list[Said] = [
    ("visit.opened", {"kind": "business", "mode": "foot"}, {"name": "司徒一诺"}),
    ("visit.admitted", {"visit": 4}),
    ("visit.opened", {"kind": "business", "mode": "foot"}, {"name": "夏侯二南"}),
    ("record.kept", {"about": 6, "reason": "theft"}),
    ("visit.refused", {"visit": 6, "reason": "x"}),
]


def everything(store: Store) -> str:
    """All tables but the events, as text."""
    if store.postgres:
        names = [
            row[0]
            for row in store.run(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND left(tablename, 6) <> 'events'"
            )
        ]
    else:
        names = [
            row[0] for row in store.run("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'events'")
        ]
    decoded = [
        bytes(v).decode("utf-8", "replace") if isinstance(v, bytes | memoryview) else str(v)
        for name in names
        for row in store.run(f"SELECT * FROM {name}")
        for v in row
    ]
    return "\n".join(decoded)


def indexed(store: Store) -> None:
    indexer = Indexer(store, SITE)
    while indexer.work():
        pass


def test_what_has_had_its_time_is_nowhere_left(store: Store, tmp_path: Path) -> None:
    take_in(store, GONE)
    take_in(
        store,
        [
            *STAYS,
            ("picture.taken", {"digest": sha(PICTURE), "size": 9, "moment": "card", "keep": "pass", "pass_seq": 1}),
        ],
    )
    take_in(store, [("visit.opened", {"kind": "business"}, {"name": "诸葛三省"})], day=30)
    indexed(store)
    clerk = User("clerk", "clerk")
    Users(store).keep_search(clerk, "老客人", json.dumps({"text": "欧阳九郎"}, ensure_ascii=False))
    store.instruct(SITE, GATE, "appointment.make", '{"name": "欧阳九郎"}', "li", 1)
    store.instruct(SITE, GATE, "appointment.make", '{"name": "长孙四维"}', "li", LATER)
    store.run("UPDATE instructions SET result = 'done'")
    archive = Archive(store, SITE, place_of(str(tmp_path / "photos"), None), MasterKey.load(tmp_path / "key"))
    archive.put(GATE, Photo(sha(PICTURE), "picture", sha(PICTURE), len(PICTURE), 9, EPOCH), PICTURE, 5)
    days = Retention(name=180, phone=90, number=0, remark=190, pictures={**CLASSES, "pass": 30})
    keeper = Keeper(store, SITE, days)
    assert keeper.turn(LATER)
    assert not keeper.turn(LATER + 1000), "one of several does it"
    assert keeper.work(LATER) == 5, "name, telephone, remark; an old instruction; a picture"
    left = everything(store)
    for trace in ("欧阳", "九郎", "13912345678", "戴眼镜"):
        assert trace not in left
    for name in ("司徒一诺", "夏侯二南", "诸葛三省", "长孙四维"):
        assert name in left, "still inside, kept, young, young"
    assert archive.get(GATE, sha(PICTURE)) is None
    assert archive.sweep() == 1
    assert not [path for path in (tmp_path / "photos").rglob("*") if path.is_file()]
    if isinstance(store, SqliteStore):
        files = b"".join(path.read_bytes() for path in store.path.parent.glob("headoffice.sqlite*"))
        assert "司徒一诺".encode() in files
        for trace in ("欧阳九郎", "九郎", "13912345678", "戴眼镜的"):
            assert trace.encode() not in files, "neither in the file nor in its log"
    (found,) = store.chains(SITE)
    assert (audit(store, found).wrong, found.mark.seq) == ("", 10)
    done = [(d["part"], d["days"], d["count"], d["first"], d["last"]) for d in retention.done(store.run, SITE)]
    assert sorted(done) == sorted(
        [("name", 180, 1, "1", "1"), ("phone", 90, 1, "1", "1"), ("remark", 190, 1, "1", "1"), ("instruction", 190, 1, "1", "1"),
         ("picture.pass", 30, 1, sha(PICTURE)[:20], sha(PICTURE)[:20])]
    )  # fmt: skip
    with pytest.raises(StoreUnavailable, match=r"on record|append-only"):
        store.run("DELETE FROM retention_done")
    assert keeper.work(LATER + 1) == 0
    # released, and gone home: both go with the next round; the young one when it is old
    take_in(store, [("record.released", {"about": 6}), ("visit.closed", {"visit": 4, "how": "settled"})])
    assert keeper.work(LATER + 2) == 1, (
        "the index has not said yet that the visitor has left; what is released is read from the events"
    )
    assert "夏侯二南" not in everything(store)
    indexed(store)
    assert keeper.work(LATER + 3) == 1
    assert "司徒" not in everything(store)
    assert "诸葛三省" in everything(store)
    assert audit(store, store.chains(SITE)[0]).wrong == ""


def test_clocks_in_doubt_and_what_comes_again(store: Store) -> None:
    """An event of 1970 is as old as its neighbours; a part that came back by a repair goes again."""
    take_in(store, [("visit.opened", {"kind": "business"}, {"name": "东方不晚"})])
    whole = list[Row](store.rows(WHERE))
    assert whole[0].personal
    keeper = Keeper(store, SITE, Retention(name=30))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(retention_kept, "TAIL", 0)
        assert (keeper.work(LATER), keeper.behind) == (0, {GATE}), "nobody can say yet what is kept"
    assert (keeper.work(LATER), keeper.behind) == (1, frozenset())
    said = {"at": "1970-01-01T00:00:01.000Z", "clock": "unset"}
    assert retention._age(said, 77, LATER) == 77
    assert retention._age({"at": "2099-01-01T00:00:00.000Z", "clock": "ntp"}, 77, LATER) == 77
    store.run(
        "ALTER TABLE events DISABLE TRIGGER events_are_kept" if store.postgres else "DROP TRIGGER events_are_kept"
    )
    store.run("DELETE FROM events WHERE seq = 1")
    store.mend(WHERE, whole, 1)
    assert "东方不晚" in everything(store)
    assert keeper.work(LATER) == 1
    assert "东方不晚" not in everything(store)


def test_what_is_kept_is_kept_in_its_own_journal_and_those_that_go_on_from_it(store: Store) -> None:
    """A gate's database made anew counts from 1 again: what it releases is another matter. A restored one goes on."""
    kept: Said = ("record.kept", {"about": 1, "reason": "theft"})
    take_in(store, [("visit.opened", {"kind": "business"}, {"name": "令狐五行"}), kept])
    mark = store.chains(SITE)[0].mark
    take_in(store, [("gate.started", {}), ("record.released", {"about": 1})], epoch="e9")
    indexed(store)
    keeper = Keeper(store, SITE, Retention(name=30))
    assert keeper.work(LATER) == 0
    restored: Said = ("journal.restored", {"was": EPOCH, "seq": mark.seq, "hash": mark.hash.hex(), "made": ""})
    take_in(store, [restored, ("record.released", {"about": 1})], epoch="e2", follows=mark)
    assert keeper.work(LATER) == 1
    assert "令狐" not in everything(store)


def test_an_open_request_keeps_its_words(store: Store) -> None:
    received: Said = (
        "request.received",
        {"sort": "request", "category": "repair", "department": "engineering"},
        {"words": "宇文家的水管"},
    )
    take_in(store, [received])
    indexed(store)
    Desk(store, SITE).work()
    keeper = Keeper(store, SITE, Retention(remark=30))
    assert keeper.work(LATER) == 0
    take_in(store, [("request.withdrawn", {"request": 1, "reason": ""})])
    Desk(store, SITE).work()
    assert Keeper(store, SITE, Retention(remark=30)).work(LATER) == 1
    assert "宇文" not in everything(store)


def test_the_rounds_thread(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "h.sqlite")
    take_in(store, GONE)
    indexed(store)
    store.run("UPDATE chains SET began_ms = 1")
    one = RetentionRound(SqliteStore(store.path), SITE, Retention(name=1, phone=1, remark=1), 0.05)
    one.start()
    until(lambda: "欧阳" not in everything(store), 20, "the thread has done a round")
    one.stop()
    assert (one.problem, len(list(retention.done(store.run, SITE)))) == ("", 3)
    store.close()


def test_groups_and_classes_are_the_gates() -> None:
    assert {name: frozenset(of) for name, of in GROUPS.items()} == dict(privacy.GROUPS)
    assert SUBJECTS == privacy.SUBJECTS
    assert set(CLASSES) == set(pictures.CLASSES)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[retention]\nnames = 3", "unknown key retention.names; is 'name' meant"),
        ("[retention]\nname = -1", "not a number of days"),
        ("[retention]\nname = true", "not a number of days"),
        ("[retention.pictures]\npasses = 3", "unknown key retention.pictures.passes; is 'pass' meant"),
        ("retention = 3", "retention is not a table"),
        ('[pages]\ntls = "yes"', "neither of off, own"),
        ('[pages]\ncert = "a"', "belong together"),
        ("[pages]\nnames = [1]", "not a list of texts"),
        ("[pages]\nbehind_tls = 1", "not true or false"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(text: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "h.toml").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=problem):
        Config.load(tmp_path / "h.toml")


def test_tables_are_read(tmp_path: Path) -> None:
    text = '[pages]\nlisten = "0.0.0.0:443"\nnames = ["o.example"]\ncert = "a.pem"\nkey = "b.pem"\n[retention]\nname = 0\n[retention.pictures]\npass = 9'
    (tmp_path / "h.toml").write_text(text, "utf-8")
    config = Config.load(tmp_path / "h.toml")
    assert config.pages == Pages("0.0.0.0:443", ("o.example",), "off", str(tmp_path / "a.pem"), str(tmp_path / "b.pem"))
    assert "name" not in config.retention.groups
    picture: Any = config.retention.pictures
    assert (picture["pass"], picture["specimen"]) == (9, 0)
