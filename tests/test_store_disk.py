"""A disk that is full: said once, survived on the ballast, over once there is room again.

On a real file system of a few megabytes where one can be mounted (root); else SQLite's own limit (`max_page_count`) stands in for
it, which gives the same error code but cannot show the ballast.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.domain import events as ev
from edge.errors import DiskFull
from edge.store import verify, writer
from edge.store.ballast import Ballast
from edge.store.db import Store, Tx
from tests.support_disk import fill, small_disk_at
from tests.support_store import decided, opened, put, stamp


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Four megabytes of real file system."""
    with small_disk_at(tmp_path / "disk", 4) as disk:
        yield disk


def test_a_full_disk_is_survived_on_the_ballast_and_over_when_there_is_room(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "ROOM_S", 0.05)
    said: list[str | None] = []
    over = threading.Event()

    def trouble(code: str | None, detail: str) -> None:
        said.append(code)
        if code is None:
            over.set()
        else:
            assert detail

    path = small_disk / "g.db"
    with opened(path, ballast=1 << 20) as store:
        put(store, ev.VehicleWaiting("in1"))
        gone = [store.ballast_gone]
        store.on_trouble(trouble)
        junk = fill(small_disk)
        for n in range(20):  # on the ballast
            assert put(store, decided(credential=f"P{n}")) == [n + 2]
        gone.append(store.ballast_gone)
        assert said == ["disk-full"]
        fill(small_disk)
        with pytest.raises(DiskFull) as full:  # the ballast is used up as well
            _put_many(store)
        assert full.value.hint
        assert full.value.code == "disk-full"
        with store.reader() as con:
            head = con.execute("SELECT max(seq) FROM journal").fetchone()[0]
        junk.unlink()
        assert over.wait(10)
        gone.append(store.ballast_gone)
        assert gone == [False, True, False]
        assert put(store, ev.VehicleWaiting("in1")) == [head + 1]
        assert said == ["disk-full", None]
    assert verify.verify_file(path).ok


def test_when_a_commit_fails_each_of_the_group_is_told_and_nothing_of_it_stays(tmp_path: Path) -> None:
    """SQLite's own limit stands in for the disk: the third work of the group finds it full."""
    entered, go = threading.Event(), threading.Event()

    def hold(_tx: object) -> None:
        entered.set()
        assert go.wait(10)

    with opened(tmp_path / "g.db") as store:
        put(store, ev.VehicleWaiting("in1"))
        pages = store._writer._con.execute("PRAGMA page_count").fetchone()[0]
        store._writer._con.execute(f"PRAGMA max_page_count = {pages + 4}")
        held = store._writer.submit(hold)
        assert entered.wait(5)
        sizes = (10, 10, 200_000, 10)
        waits = [store._writer.submit(_append(n)) for n in sizes]
        go.set()
        held.result(5)
        for wait in waits:
            with pytest.raises(DiskFull):
                wait.result(5)
        with store.reader() as con:
            assert con.execute("SELECT max(seq) FROM journal").fetchone() == (1,)
        store._writer._con.execute(f"PRAGMA max_page_count = {pages + 1000}")
        assert put(store, ev.VehicleWaiting("in1")) == [2]
        assert verify.verify_file(tmp_path / "g.db").ok


def _put_many(store: Store) -> None:
    for _ in range(300):
        put(store, decided(holder="x" * 3000))


def _append(size: int) -> Callable[[Tx], int]:
    return lambda tx: tx.append(ev.FaultBegan("cam", "gone", "x" * size), actor="t", stamp=stamp())


def test_bulk_work_never_uses_the_ballast(small_disk: Path) -> None:
    with opened(small_disk / "g.db", ballast=1 << 20) as store:
        fill(small_disk)
        with pytest.raises(DiskFull):
            store.transact_sync(
                lambda tx: tx.con.execute("INSERT INTO info VALUES ('x', ?)", ("y" * 300_000,)), bulk=True
            )
        assert not store.ballast_gone
        assert put(store, ev.VehicleWaiting("in1")) == [1]


def test_a_gate_that_starts_on_a_nearly_full_disk_says_so_at_once(small_disk: Path) -> None:
    said: list[str | None] = []
    with opened(small_disk / "g.db", ballast=0) as store:
        put(store, ev.VehicleWaiting("in1"))
    fill(small_disk, leave=400_000)
    with opened(small_disk / "g.db", ballast=1 << 20) as store:
        store.on_trouble(lambda code, _detail: said.append(code))
        assert store.ballast_gone
        assert said == ["disk-full"]
        assert put(store, ev.VehicleWaiting("in1")) == [2]


def test_the_ballast_is_real_blocks_not_a_hole(tmp_path: Path) -> None:
    ballast = Ballast(tmp_path / "b", 1 << 20)
    assert ballast.take(first=True)
    at = (tmp_path / "b").stat()
    assert (at.st_size, at.st_blocks * 512) == (1 << 20, 1 << 20)
    assert ballast.release()
    assert ballast.gone
    assert not (tmp_path / "b").exists()
    assert not ballast.release()
    assert ballast.take()
    assert not ballast.gone


def test_no_ballast_is_kept_when_none_is_wanted(tmp_path: Path) -> None:
    assert Ballast(tmp_path / "b", 1 << 20).take(first=True)
    none = Ballast(tmp_path / "b", 0)
    assert none.take(first=True)
    assert not (tmp_path / "b").exists()
