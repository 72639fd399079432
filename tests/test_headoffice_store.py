"""One suite over both stores: SQLite in a file, and a real PostgreSQL server of our own."""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from sync.headoffice.audit import audit
from sync.headoffice.intake import ChainId, Mark, Row, verify
from sync.headoffice.ledger import Ledger
from sync.headoffice.photo_index import PhotoIndex
from sync.headoffice.status import Board
from sync.headoffice.store import Chunk, Conflict, Heard, Store, StoreUnavailable
from sync.headoffice.store_postgres import PostgresStore
from sync.headoffice.store_sqlite import SqliteStore
from sync.photo_protocol import Photo
from sync.protocol import ZERO, Checkpoint
from tests.support_albums import told
from tests.support_sync import EPOCH, GATE, SITE, batches, entries, free_port, postgres, rows_of, signer, stored

WHERE = ChainId(SITE, GATE, EPOCH)
KEY = signer().public_key().public_bytes_raw()
MADE = rows_of(entries(50))
Maker = Callable[[], Store]


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def maker(request: pytest.FixtureRequest, tmp_path: Path) -> Maker:
    """Makes connections to one and the same empty database."""
    if request.param == "sqlite":
        return lambda: SqliteStore(tmp_path / "a folder" / "headoffice.sqlite", busy_timeout_s=0.2)
    url = request.getfixturevalue("cluster")
    with psycopg.connect(url, autocommit=True) as con:
        con.execute("DROP SCHEMA public CASCADE")
        con.execute("CREATE SCHEMA public")
    return lambda: PostgresStore(url)


@pytest.fixture
def store(maker: Maker) -> Iterator[Store]:
    made = maker()
    yield made
    made.close()


def chunk(first: int, last: int, where: ChainId = WHERE, made: tuple[Row, ...] = MADE) -> Chunk:
    after = Mark(first - 1, made[first - 2].hash if first > 1 else ZERO)
    signature = signer().sign(Checkpoint(*where, last, made[last - 1].hash).message())
    return Chunk(where, after, made[first - 1 : last], signature)


def sql(store: Store, statement: str) -> None:
    """As somebody with the database's password would."""
    if isinstance(store, SqliteStore):
        with sqlite3.connect(store.path) as con:
            con.execute(statement)
        con.close()
    else:
        assert isinstance(store, PostgresStore)
        with psycopg.connect(store._url, autocommit=True) as pg:
            pg.execute(statement)


def test_events_marks_and_personal_parts_come_back_as_they_went(store: Store, maker: Maker) -> None:
    assert store.mark(WHERE) == Mark()
    store.apply([chunk(1, 20)], 1000)
    store.apply([chunk(21, 50)], 2000)
    assert stored(store) == list(MADE)
    assert [r.seq for r in store.rows(WHERE, page=7)] == list(range(1, 51))
    assert store.mark(WHERE) == Mark(50, MADE[-1].hash)
    assert store.hash_at(WHERE, 7) == MADE[6].hash
    assert store.hash_at(WHERE, 51) is None
    (found,) = store.chains(SITE)
    assert (found.where, found.mark.seq, found.began_ms, found.at_ms, found.quarantined) == (WHERE, 50, 1000, 2000, 0)
    again = maker()
    assert again.mark(WHERE) == Mark(50, MADE[-1].hash), "another connection sees it"
    again.close()


def test_chunks_of_one_call_are_one_transaction(store: Store) -> None:
    side, other = ChainId(SITE, "side", "e1"), rows_of(entries(5, gate="side"))
    store.apply([chunk(1, 10), chunk(1, 5, side, other)], 1)
    with pytest.raises(Conflict):
        store.apply([chunk(11, 20), chunk(1, 5, side, other)], 2)
    assert store.mark(WHERE).seq == 10
    assert len(stored(store)) == 10


def test_epochs_and_gates_and_sites_are_apart(store: Store) -> None:
    for at, where in enumerate(
        [WHERE, WHERE._replace(epoch="e2"), WHERE._replace(gate="side"), WHERE._replace(site="s2")]
    ):
        store.apply([chunk(1, 3, where)], at)
    assert [c.where for c in store.chains(SITE)] == [WHERE, WHERE._replace(epoch="e2"), WHERE._replace(gate="side")]
    assert len(store.chains()) == 4


@pytest.mark.parametrize("again", [(1, 10), (6, 15), (12, 20)])
def test_what_does_not_continue_the_mark_is_a_conflict_and_writes_nothing(store: Store, again: tuple[int, int]) -> None:
    store.apply([chunk(1, 10)], 1)
    with pytest.raises(Conflict):
        store.apply([chunk(*again)], 2)
    assert stored(store) == list(MADE[:10])
    store.apply([chunk(11, 12)], 3)
    assert store.mark(WHERE).seq == 12, "and the store still works"


def test_events_without_their_mark_are_never_overwritten(store: Store) -> None:
    """Somebody copied events in by hand and left the chains behind: the same are taken for done, others are a conflict."""
    store.apply([chunk(1, 10)], 1)
    sql(store, "UPDATE chains SET seq = 5, hash = " + literal(store, MADE[4].hash))
    other = MADE[7]._replace(data=b"{}", hash=bytes(32))
    with pytest.raises(Conflict):
        store.apply([Chunk(WHERE, Mark(5, MADE[4].hash), (*MADE[5:7], other), b"")], 2)
    assert stored(store) == list(MADE[:10])
    if isinstance(store, PostgresStore):  # by way of the staging table
        store.apply([chunk(6, 20)], 3)
        assert stored(store) == list(MADE[:20])


def literal(store: Store, value: bytes) -> str:
    return f"X'{value.hex()}'" if isinstance(store, SqliteStore) else f"'\\x{value.hex()}'::bytea"


@pytest.mark.parametrize("statement", ["UPDATE events SET data = hash", "DELETE FROM events"])
def test_events_are_append_only(store: Store, statement: str) -> None:
    store.apply([chunk(1, 3)], 1)
    with pytest.raises((sqlite3.DatabaseError, psycopg.Error), match="append-only"):
        sql(store, statement)


def test_what_comes_again_is_put_in_where_it_is_missing_and_never_overwrites(store: Store) -> None:
    store.apply([chunk(1, 30)], 1)
    assert store.mend(WHERE, MADE[4:30], 2) == ([], [])
    for name in ("events_are_kept", "events_are_fixed"):
        sql(store, f"DROP TRIGGER IF EXISTS {name}{'' if isinstance(store, SqliteStore) else ' ON events'}")
    sql(store, "DELETE FROM events WHERE seq IN (6, 7, 12)")
    sql(store, "DELETE FROM personal WHERE seq = 6")
    other = MADE[8].data.replace(b"entry", b"exit_")
    sql(store, f"UPDATE events SET data = {literal(store, other)} WHERE seq = 9")
    assert store.mend(WHERE, MADE[4:20], 3) == ([6, 7, 12], [9])
    assert store.mend(WHERE, MADE[4:20], 4) == ([], [9])
    found = stored(store)
    assert [r.seq for r in found] == list(range(1, 31))
    assert [r for r in found if r.seq != 9] == [r for r in MADE[:30] if r.seq != 9]
    assert found[8].data == other


def test_what_a_gate_last_said_of_itself(store: Store) -> None:
    first = Heard("main", True, EPOCH, 5, {"faults": ["entry.reader:gone"], "version": "0.1", "clock": "ntp"}, 1000)
    store.hear(SITE, [first, Heard("east", False, EPOCH, 9, {}, 900)])
    store.hear(SITE, [replace(first, high=8, at_ms=2000)])
    store.hear("other", [first])
    assert store.heard(SITE) == [Heard("east", False, EPOCH, 9, {}, 900), replace(first, high=8, at_ms=2000)]


def test_events_lie_in_the_month_of_their_arrival_and_an_older_database_is_taken_over(cluster: str) -> None:
    with psycopg.connect(cluster, autocommit=True) as con:
        con.execute("DROP SCHEMA public CASCADE")
        con.execute("CREATE SCHEMA public")
        con.execute(
            "CREATE TABLE events (site text NOT NULL, gate text NOT NULL, epoch text NOT NULL, seq bigint NOT NULL,"
            " data bytea NOT NULL, hash bytea NOT NULL, PRIMARY KEY (site, gate, epoch, seq))"
        )
        con.execute("CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$")
        con.execute("CREATE TRIGGER events_are_kept BEFORE DELETE ON events FOR EACH ROW EXECUTE FUNCTION stop()")
        with con.cursor() as cur:
            rows = [(*WHERE, r.seq, r.data, r.hash) for r in MADE[:5]]
            cur.executemany("INSERT INTO events VALUES (%s, %s, %s, %s, %s, %s)", rows)
    store = PostgresStore(cluster)
    try:
        assert stored(store) == [r._replace(personal=None) for r in MADE[:5]]
        november, december = 1_793_000_000_000, 1_797_000_000_000
        store.apply([replace(chunk(6, 20), new=True)], november)
        store.apply([chunk(21, 30)], december)
        assert [r.seq for r in store.rows(WHERE)] == list(range(1, 31))
        assert store.hash_at(WHERE, 3) == MADE[2].hash
        with psycopg.connect(cluster, autocommit=True) as con:
            count = "SELECT month, count(*) FROM events GROUP BY month ORDER BY month"
            assert con.execute(count).fetchall() == [(0, 5), (202610, 15), (202612, 10)]
            for statement in ("TRUNCATE events_202610", "TRUNCATE events", "DELETE FROM events_0"):
                with pytest.raises(psycopg.Error, match="append-only"):
                    con.execute(statement)
        with pytest.raises(Conflict):  # the watermark stands between the months, where no key does
            store.apply([chunk(6, 20)], december)
    finally:
        store.close()


def test_personal_parts_can_be_erased_and_the_chain_still_verifies(store: Store) -> None:
    store.apply([chunk(1, 10)], 1)
    store.enrol(SITE, GATE, KEY, "enrolled", 1)
    sql(store, "DELETE FROM personal")
    found = audit(store, store.chains()[0])
    assert (found.events, found.personal, found.wrong) == (10, 0, "")


def test_the_audit_names_what_is_wrong(store: Store, maker: Maker) -> None:
    store.apply([chunk(1, 10)], 1)
    (found,) = store.chains()
    assert "no enrolled key" in audit(store, found).wrong
    store.enrol(SITE, GATE, signer("other").public_key().public_bytes_raw(), "enrolled", 1)
    assert "signature" in audit(store, found).wrong
    store.enrol(SITE, GATE, KEY, "enrolled", 1, replace=True)
    assert audit(store, found).wrong == ""
    assert "watermark" in audit(store, replace(found, mark=Mark(9, MADE[8].hash))).wrong
    sql(store, f"UPDATE personal SET data = {literal(store, b'{}')} WHERE seq = 6")
    assert "event 6" in audit(store, found).wrong
    for name in ("events_are_kept", "events_are_fixed"):
        table = "" if isinstance(store, SqliteStore) else " ON events"
        sql(store, f"DROP TRIGGER IF EXISTS {name}{table}")
    sql(store, f"UPDATE events SET data = {literal(store, MADE[3].data.replace(b'entry', b'exit_'))} WHERE seq = 4")
    assert "event 4" in audit(store, found).wrong
    sql(store, "DELETE FROM events WHERE seq = 3")
    assert "event 3 is missing" in audit(store, found).wrong
    again = maker()
    again.close()


def test_keys_are_pinned_until_they_are_replaced(store: Store) -> None:
    other = signer("other").public_key().public_bytes_raw()
    assert store.key_of(SITE, GATE) is None
    assert store.enrol(SITE, GATE, KEY, "first-contact", 1) == KEY
    assert store.enrol(SITE, GATE, other, "first-contact", 2) == KEY
    assert store.enrol(SITE, GATE, other, "enrolled", 3, replace=True) == other
    assert store.key_of(SITE, GATE) == other


def test_quarantine_keeps_each_history_once(store: Store) -> None:
    store.apply([chunk(1, 5)], 1)
    other = rows_of(entries(5, mark="other"))
    assert store.quarantine(WHERE, other, 2) == 5
    assert store.quarantine(WHERE, other[:3], 3) == 0
    assert store.quarantine(WHERE, [], 3) == 0
    assert store.chains()[0].quarantined == 5
    assert stored(store) == list(MADE[:5])


def test_alarms_are_counted(store: Store) -> None:
    for at in (1, 2, 3):
        store.alarm(WHERE, "fork", f"the {at}. time\x00", at)
    store.alarm(WHERE, "signature", "x", 4)
    fork, signature = store.alarms(SITE)
    assert (fork.code, fork.count, fork.first_ms, fork.last_ms) == ("fork", 3, 1, 3)
    assert signature.count == 1
    assert store.alarms("elsewhere") == []


def test_a_database_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for missing in (
        SqliteStore(tmp_path / "file" / "x.sqlite"),
        PostgresStore(f"postgresql://u:secret@127.0.0.1:{free_port()}/x"),
    ):
        with pytest.raises(StoreUnavailable) as caught:
            missing.chains()
        assert caught.value.hint
        assert "secret" not in f"{caught.value} {missing.name}"
        missing.close()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreUnavailable):
        SqliteStore(path).mark(WHERE)


def test_a_locked_file_is_unavailable_and_works_again_afterwards(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "x.sqlite", busy_timeout_s=0.05)
    store.apply([chunk(1, 5)], 1)
    other = sqlite3.connect(tmp_path / "x.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        store.apply([chunk(6, 7)], 2)
    other.execute("ROLLBACK")
    other.close()
    store.apply([chunk(6, 7)], 3)
    assert store.mark(WHERE).seq == 7
    store.close()


def test_a_server_that_says_nothing_any_more_is_not_waited_for(cluster: str) -> None:
    """Its machine or the line has gone: the system at either end must find out by itself."""
    store = PostgresStore(cluster)
    assert store.run("SHOW tcp_keepalives_idle") == [("5",)], "what a dead client had locked is let go"
    with socket.socket(fileno=os.dup(store._open().fileno())) as there:
        assert there.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert there.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 20_000
    store.close()


def test_a_lost_connection_is_made_again(cluster: str) -> None:
    store = PostgresStore(cluster)
    store.alarms()
    with psycopg.connect(cluster, autocommit=True) as con:
        con.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gate-edge headoffice'"
        )
    with pytest.raises(StoreUnavailable):
        store.alarms()
    assert isinstance(store.alarms(), list)
    store.close()


def test_pictures_are_indexed_erased_with_the_intake_and_left_for_the_sweep(store: Store) -> None:
    """The same in both databases: the key goes in the intake's transaction, tombstones keep a late picture out."""
    where, (seq,) = ChainId(SITE, GATE, EPOCH), told(store, [{"digest": "ab" * 32, "thumbnail": "cd" * 32}])
    index = PhotoIndex(store, SITE)
    whole = Photo("ab" * 32, "picture", "ab" * 32, 70_000, seq, EPOCH, "refusal")
    small = Photo("cd" * 32, "thumbnail", "ab" * 32, 900, seq, EPOCH, "refusal")
    assert index.objection(GATE, whole) == index.objection(GATE, small) == ""
    assert index.objection(GATE, replace(small, digest="ee" * 32)) == "event"
    assert index.objection(GATE, replace(whole, picture="ee" * 32)) == "event"
    assert index.objection(GATE, replace(whole, event=seq + 1)) == "event-missing"
    assert index.objection("side", whole) == "event-missing", "another gate's event proves nothing"
    index.add(GATE, small, b"k" * 60, 5)
    known = index.known(GATE, "ab" * 32)
    assert known is not None
    assert (known.has("picture"), known.has("thumbnail"), bytes(known.key)) == (False, True, b"k" * 60)
    index.add(GATE, whole, b"k" * 60, 6)
    known = index.known(GATE, "ab" * 32)
    assert known is not None
    assert (known.size, known.thumbnail, known.keep) == (70_000, "cd" * 32, "refusal")
    assert index.counts(GATE) == (1, 1)
    told(
        store,
        [{"pictures": ["ab" * 32, "junk", 5], "why": "room"}, {"pictures": "x", "why": "request"}],
        "picture.erased",
    )
    assert index.known(GATE, "ab" * 32) is not None
    told(store, [{"pictures": ["ab" * 32, "ff" * 32, "junk", 5], "why": "request"}], "picture.erased", where)
    assert index.known(GATE, "ab" * 32) is None
    assert index.objection(GATE, whole) == "erased"
    index.add(GATE, whole, b"k" * 60, 7)
    assert index.known(GATE, "ab" * 32) is None, "too late"
    assert sorted(index.leftovers()) == [(GATE, "ab" * 32), (GATE, "ff" * 32)]
    index.removed(GATE, "ab" * 32)
    assert index.leftovers() == [(GATE, "ff" * 32)]


def test_what_comes_again_is_compared_in_one_question_and_only_what_differs_is_mended(store: Store) -> None:
    made = entries(300)
    found = [verify(WHERE, batch) for batch in batches(made, 100)]
    ledger = Ledger(store, Board(SITE, ""), SITE, trust_first_contact=True, want_interval_s=1.0)
    ledger.take(found[:2], 0.0)
    store.run("UPDATE chains SET seq = ?, hash = ?", (300, made[-1].hash))  # as if it had lost events 201 to 300
    ledger.open()
    assert ledger.take(found[:2], 1.0) == ledger.take([*found[:2], found[1]], 2.0)
    assert store.alarms() == []
    ledger.take([found[0], found[2], found[1]], 3.0)
    assert [(alarm.code, alarm.count) for alarm in store.alarms()] == [("mended", 1)]
    assert [row.seq for row in store.rows(WHERE)] == list(range(1, 301))
    ledger.take(found, 9.0)
    assert [(alarm.code, alarm.count) for alarm in store.alarms()] == [("mended", 1)]
