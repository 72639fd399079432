"""The store: one writer, group commit, what is said after a commit and what after a failure."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.domain import events as ev
from edge.domain.event import Event
from edge.errors import DatabaseDamaged, DatabaseLocked, DatabaseNewer, StoreError
from edge.store import sqlite, verify
from edge.store.db import Store, Tx, set_aside
from edge.store.journal import Record
from tests.support_store import decided, opened, put, stamp


def waiting(lane: str = "in1") -> Event:
    return ev.VehicleWaiting(lane)


class Gate:
    """Holds the writer's thread in a work until it is let go, so that what is queued meanwhile is one group."""

    def __init__(self, store: Store) -> None:
        self._entered, self._go = threading.Event(), threading.Event()
        self.done = store._writer.submit(self._work)
        assert self._entered.wait(5)

    def _work(self, _tx: Tx) -> None:
        self._entered.set()
        assert self._go.wait(10)

    def open(self) -> None:
        self._go.set()
        self.done.result(5)


def test_what_waits_is_one_transaction_and_one_sync(tmp_path: Path) -> None:
    with opened(tmp_path / "g.db") as store:
        groups: list[list[int]] = []
        store.on_commit(lambda records: groups.append([r.seq for r in records]))
        gate = Gate(store)
        waits = [store._writer.submit(lambda tx: tx.append(waiting(), actor="a", stamp=stamp())) for _ in range(20)]
        gate.open()
        assert [w.result(5) for w in waits] == list(range(1, 21))
    assert groups == [list(range(1, 21))]


def test_a_work_that_raises_is_undone_alone(tmp_path: Path) -> None:
    def bad(tx: Tx) -> int:
        tx.append(decided(holder="x"), actor="a", stamp=stamp())
        raise KeyError("mine")

    with opened(tmp_path / "g.db") as store:
        gate = Gate(store)
        good = [store._writer.submit(lambda tx: tx.append(waiting(), actor="a", stamp=stamp())) for _ in range(2)]
        wrong = store._writer.submit(bad)
        later = store._writer.submit(lambda tx: tx.append(waiting(), actor="a", stamp=stamp()))
        gate.open()
        with pytest.raises(KeyError, match="mine"):
            wrong.result(5)
        assert [f.result(5) for f in (*good, later)] == [1, 2, 3]
        with store.reader() as con:
            assert con.execute("SELECT count(*) FROM passes").fetchone() == (0,)
    assert verify.verify_file(tmp_path / "g.db").ok


def test_urgent_goes_first_and_bulk_goes_last_and_alone(tmp_path: Path) -> None:
    order: list[str] = []
    groups: list[int] = []

    def named(name: str) -> Callable[[Tx], None]:
        def work(tx: Tx) -> None:
            order.append(name)
            tx.append(waiting(), actor=name, stamp=stamp())

        return work

    with opened(tmp_path / "g.db") as store:
        store.on_commit(lambda records: groups.append(len(records)))
        gate = Gate(store)
        jobs = [
            store._writer.submit(named("bulk"), bulk=True),
            store._writer.submit(named("first")),
            store._writer.submit(named("card"), urgent=True),
        ]
        gate.open()
        for job in jobs:
            job.result(5)
    assert order == ["card", "first", "bulk"]
    assert groups == [2, 1]


def test_nothing_is_said_before_the_commit(tmp_path: Path) -> None:
    """When the caller hears its result, and when the callback is called, another connection sees the event."""
    path = tmp_path / "g.db"
    seen: list[int] = []

    def count() -> int:
        con = sqlite3.connect(path)
        try:
            return int(con.execute("SELECT count(*) FROM journal").fetchone()[0])
        finally:
            con.close()

    with opened(path) as store:
        store.on_commit(lambda records: seen.append(count() - records[-1].seq))
        for n in range(1, 6):
            put(store, waiting())
            assert count() == n
    assert seen == [0] * 5


def test_callbacks_come_once_each_in_order_and_one_that_fails_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    got: list[Record] = []

    def broken(_records: list[Record]) -> None:
        raise RuntimeError("page is gone")

    with opened(tmp_path / "g.db") as store:
        store.on_commit(broken)
        store.on_commit(got.extend)
        for n in range(5):
            put(store, waiting(), decided(holder="周"), at=n)
    assert [r.seq for r in got] == list(range(1, 11))
    assert isinstance(got[1].event, ev.AccessDecided)
    assert got[1].event.holder == "周"
    assert got[1].personal is not None
    assert "callback" in caplog.text


async def _many(store: Store) -> list[int]:
    return await asyncio.gather(
        *(
            store.transact(lambda tx: tx.append(waiting(), actor="a", stamp=stamp()), urgent=n % 3 == 0)
            for n in range(100)
        )
    )


def test_from_the_loop_numbers_have_no_hole(tmp_path: Path) -> None:
    with opened(tmp_path / "g.db") as store:
        assert sorted(asyncio.run(_many(store))) == list(range(1, 101))


def test_a_wish_that_was_cancelled_before_its_turn_is_not_carried_out(tmp_path: Path) -> None:
    async def scene(store: Store) -> None:
        gate = Gate(store)
        task = asyncio.create_task(store.transact(lambda tx: tx.append(waiting(), actor="a", stamp=stamp())))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gate.open()

    with opened(tmp_path / "g.db") as store:
        asyncio.run(scene(store))
        assert put(store, waiting()) == [1]


def test_waiting_for_the_writer_on_its_own_thread_is_refused_not_a_deadlock(tmp_path: Path) -> None:
    with opened(tmp_path / "g.db") as store, pytest.raises(RuntimeError, match="cannot wait"):
        store.transact_sync(lambda tx: store.transact_sync(lambda t: None))


def test_lazy_wishes_ride_along_the_newest_counts_and_closing_writes_them(tmp_path: Path) -> None:
    def write(n: int) -> Callable[[sqlite3.Connection], None]:
        def work(con: sqlite3.Connection) -> None:
            con.execute("UPDATE cursor SET acked_seq = ?", (n,))

        return work

    path = tmp_path / "g.db"
    with opened(path) as store:
        for n in (1, 2, 3):
            store.lazily("cursor", write(n))
        put(store, waiting())
        with store.reader() as con:
            assert con.execute("SELECT acked_seq FROM cursor").fetchone() == (3,)
        store.lazily("cursor", write(4))
    con = sqlite3.connect(path)
    assert con.execute("SELECT acked_seq FROM cursor").fetchone() == (4,)
    con.close()


def test_a_lazy_wish_is_written_by_itself_when_nothing_else_happens(tmp_path: Path) -> None:
    written = threading.Event()
    with opened(tmp_path / "g.db") as store:
        store.lazily("x", lambda con: written.set())
        assert written.wait(10)


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    with opened(tmp_path / "g.db") as store:
        pass
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.transact_sync(lambda tx: None)


def test_readers_cannot_write_and_see_one_moment(tmp_path: Path) -> None:
    with opened(tmp_path / "g.db") as store:
        put(store, waiting())
        with store.reader() as con:
            assert con.execute("SELECT count(*) FROM journal").fetchone() == (1,)
            put(store, waiting())
            assert con.execute("SELECT count(*) FROM journal").fetchone() == (1,)
        with store.reader() as con:
            assert con.execute("SELECT count(*) FROM journal").fetchone() == (2,)
        with pytest.raises((StoreError, sqlite3.OperationalError)), store.reader() as con:
            con.execute("DELETE FROM users")


# ---- opening -----------------------------------------------------------------------------------------------------


def test_files_are_for_this_user_alone_and_durable_settings_are_on(tmp_path: Path) -> None:
    path = tmp_path / "data" / "g.db"
    with opened(path, ballast=1 << 16) as store:
        put(store, waiting())
        for file in path.parent.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name
        ask = store._writer._con.execute
        said = [
            ask(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        ]
    assert said == ["wal", 2, 1, 1]


def test_after_bulk_work_commits_are_durable_again(tmp_path: Path) -> None:
    with opened(tmp_path / "g.db") as store:
        mode = store.transact_sync(lambda tx: tx.con.execute("PRAGMA synchronous").fetchone()[0], bulk=True)
        after = store.transact_sync(lambda tx: tx.con.execute("PRAGMA synchronous").fetchone()[0])
    assert (mode, after) == (1, 2)


def test_the_log_does_not_grow_with_an_import(tmp_path: Path) -> None:
    """Sixty megabytes in pieces: the write-ahead log starts anew again and again instead of growing to all of it."""
    path = tmp_path / "g.db"
    longest = 0

    def piece(tx: Tx) -> None:
        tx.con.execute("INSERT OR REPLACE INTO info VALUES ('bulk', ?)", ("x" * 100_000,))

    with opened(path) as store:
        for _ in range(600):
            store.transact_sync(piece, bulk=True)
            longest = max(longest, (tmp_path / "g.db-wal").stat().st_size)
        assert put(store, waiting()) == [1]
    assert longest < 24 << 20


def test_the_epoch_stays_and_a_new_database_has_a_new_one(tmp_path: Path) -> None:
    epochs = []
    for name in ("a.db", "a.db", "b.db"):
        with opened(tmp_path / name) as store:
            epochs.append(store.epoch)
    assert epochs[0] == epochs[1] != epochs[2]
    assert len(epochs[0]) == 32


def test_another_gates_journal_is_refused(tmp_path: Path) -> None:
    with opened(tmp_path / "g.db"):
        pass
    with pytest.raises(StoreError, match="journal of gate 'main'") as refused:
        Store.open(tmp_path / "g.db", gate="north", site="z")
    assert refused.value.hint


_HOLD = """
import sys
from pathlib import Path
from edge.store.db import Store
store = Store.open(Path(sys.argv[1]), gate="main", site="z", ballast=0)
print("open", flush=True)
sys.stdin.read()
store.close()
"""


def test_a_second_process_is_refused_while_tools_may_read(tmp_path: Path) -> None:
    path = tmp_path / "g.db"
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path.cwd(),
    ) as holder:
        try:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "open\n"
            with pytest.raises(DatabaseLocked, match=f"process {holder.pid}") as refused:
                Store.open(path, gate="main", site="z")
            assert refused.value.hint
            with pytest.raises(DatabaseLocked):
                set_aside(path)
            assert verify.verify_file(path).ok
        finally:
            assert holder.stdin is not None
            holder.stdin.close()
            assert holder.wait(10) == 0
    with opened(path) as store:
        assert put(store, waiting()) == [1]


def test_somebody_who_holds_the_write_lock_is_reported_and_the_store_goes_on_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A technician's sqlite3 shell in BEGIN IMMEDIATE: DatabaseLocked after the time-out, told once, ended once."""
    monkeypatch.setattr(sqlite, "BUSY_MS", 50)
    said: list[str | None] = []
    path = tmp_path / "g.db"
    with opened(path) as store:
        store.on_trouble(lambda code, _detail: said.append(code))
        shell = sqlite3.connect(path, isolation_level=None)
        shell.execute("BEGIN IMMEDIATE")
        for _ in range(2):
            with pytest.raises(DatabaseLocked) as refused:
                put(store, waiting())
        assert refused.value.hint
        shell.execute("ROLLBACK")
        shell.close()
        assert put(store, waiting()) == [1]
    assert said == ["database-locked", None]


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "g.db"
    with opened(path):
        pass
    con = sqlite3.connect(path)
    con.execute(f"PRAGMA user_version = {sqlite.newest() + 1}")
    con.close()
    before = path.read_bytes()
    with pytest.raises(DatabaseNewer) as refused:
        Store.open(path, gate="main", site="z")
    assert refused.value.hint
    with pytest.raises(DatabaseNewer):
        verify.verify_file(path)
    assert path.read_bytes() == before


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "g.db"
    con = sqlite3.connect(path)
    con.execute("CREATE TABLE cookies (x)")
    con.commit()
    con.close()
    with pytest.raises(DatabaseDamaged, match="another program"):
        Store.open(path, gate="main", site="z")


def test_a_file_that_is_no_database_is_damaged_and_can_be_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "g.db"
    path.write_bytes(os.urandom(20_000))
    with pytest.raises(DatabaseDamaged) as refused:
        Store.open(path, gate="main", site="z")
    assert "verify" in refused.value.hint
    aside = set_aside(path)
    assert aside.stat().st_size == 20_000
    with opened(path) as store:
        assert put(store, waiting()) == [1]


def test_a_page_that_was_overwritten_is_reported_as_damage(tmp_path: Path) -> None:
    path = tmp_path / "g.db"
    with opened(path) as store:
        put(store, *[decided(holder="周")] * 300)
    size = path.stat().st_size
    with path.open("r+b") as file:
        for page in range(30, size // 4096):
            file.seek(page * 4096)
            file.write(b"\xa5" * 4096)
    with pytest.raises(DatabaseDamaged) as refused:
        verify.verify_file(path)
    assert refused.value.hint


def test_a_journal_whose_end_does_not_fit_is_not_built_upon(tmp_path: Path) -> None:
    from tests.support_store import tamper

    path = tmp_path / "g.db"
    with opened(path) as store:
        put(store, waiting(), waiting())
    tamper(path, "UPDATE journal SET hash = zeroblob(32) WHERE seq = 2")
    with pytest.raises(DatabaseDamaged, match="number 2"):
        Store.open(path, gate="main", site="z")


def test_a_migration_that_fails_leaves_the_old_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "g.db"
    with opened(path) as store:
        put(store, waiting())
    schema = tmp_path / "schema"
    schema.mkdir()
    for number, script in sqlite.scripts().items():
        (schema / f"{number:03}.sql").write_text(script.read_text("utf-8"), "utf-8")
    new = sqlite.newest() + 1
    (schema / f"{new:03}.sql").write_text("CREATE TABLE half (x);\nCREATE TABLE half (x);\n")
    monkeypatch.setattr(sqlite, "_SCHEMA", schema)
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        Store.open(path, gate="main", site="z")
    con = sqlite3.connect(path)
    assert con.execute("PRAGMA user_version").fetchone() == (new - 1,)
    assert con.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").fetchone() == (0,)
    con.close()
    (schema / f"{new:03}.sql").write_text("CREATE TABLE whole (x);\n")
    with opened(path) as store, store.reader() as reader:
        assert sqlite.version_of(reader) == new
