"""The one thread that writes, and how many wishes become one commit.

A durable commit costs a sync of the storage card: 0.2 ms on a good disk, 5 to 50 ms on a card in a Pi. So whatever waits when
the writer is free goes into one transaction (group commit), each wish in a savepoint of its own: one that fails is undone alone.

    waiting ──take──▶ BEGIN IMMEDIATE ─▶ savepoint, work, release │ rollback to ─▶ COMMIT ─▶ results ─▶ callbacks
                                                                                      │
                       disk full: give back the ballast, do the group once more ◀─────┘ failed: everyone is told

Order within a group: urgent wishes (a card) before the others. Bulk wishes (an import's pieces) never share a group and go
only when nothing else waits; they commit without a sync of their own (the next durable commit brings them along, because the
log is one file and in order), so a card waits for at most one short piece. Lazy wishes (the cursor of head office) ride along
with the next group, or go alone after `LAZY_S`; only the newest of each name counts.

A work may run twice (ballast), so it does nothing outside its transaction. Nobody hears of a success before COMMIT has returned.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from edge.errors import DatabaseDamaged, DiskFull, StoreError
from edge.store.ballast import Ballast
from edge.store.checkpoint import Checkpointer
from edge.store.journal import Identity, Record
from edge.store.sqlite import explain, explained
from edge.store.tx import Attempt, Job, Tx

log = logging.getLogger(__name__)
T = TypeVar("T")
GROUP = 256
"""Wishes in one transaction, at most."""
LAZY_S = 2.0
ROOM_S = 5.0
"""How often a gate whose ballast is gone looks whether there is room again."""

OnCommit = Callable[[list[Record]], None]
OnTrouble = Callable[[str | None, str], None]


class Writer:
    """One thread, `gate-writer`, and the only connection that writes."""

    def __init__(self, con: sqlite3.Connection, path: Path, who: Identity, ballast: Ballast) -> None:
        self._con, self._path, self._who, self.ballast = con, path, who, ballast
        self._cond = threading.Condition()
        self._urgent: deque[Job[Any]] = deque()
        self._normal: deque[Job[Any]] = deque()
        self._bulk: deque[Job[Any]] = deque()
        self._lazy: dict[str, Callable[[sqlite3.Connection], None]] = {}
        self._lazy_due = 0.0
        self._room_due = 0.0
        self._ended = False
        self._synced = True
        self._trouble: tuple[str, str] | None = None
        self.callbacks: list[OnCommit] = []
        self._watchers: list[OnTrouble] = []
        self._checkpointer = Checkpointer(path, self._wake)
        self._all_well()
        self._thread = threading.Thread(target=self._run, name="gate-writer", daemon=True)
        self._thread.start()

    # ---- from other threads --------------------------------------------------------------------------------------

    def submit(self, work: Callable[[Tx], T], *, urgent: bool = False, bulk: bool = False) -> Future[T]:
        """Queue a work. Raises StoreError when the store is closed."""
        job = Job(work)
        with self._cond:
            if self._ended:
                raise StoreError("数据库已关闭 the store is closed")
            (self._urgent if urgent else self._bulk if bulk else self._normal).append(job)
            self._cond.notify()
        return job.future

    def between(self, work: Callable[[sqlite3.Connection], object]) -> Future[object]:
        """Queue something that cannot be done within a transaction, in the order of the bulk works. Raises StoreError."""

        job: Job[object] = Job(lambda _tx: None)
        job.bare = work
        with self._cond:
            if self._ended:
                raise StoreError("数据库已关闭 the store is closed")
            self._bulk.append(job)
            self._cond.notify()
        return job.future

    def lazily(self, name: str, work: Callable[[sqlite3.Connection], None]) -> None:
        """Queue something small that may be lost; the newest of each name counts."""
        with self._cond:
            if not self._lazy:
                self._lazy_due = time.monotonic() + LAZY_S
                self._cond.notify()
            self._lazy[name] = work

    def watch(self, callback: OnTrouble) -> None:
        """Call back when something begins or ends to be wrong; at once when something is wrong now."""
        with self._cond:
            self._watchers.append(callback)
            now = self._trouble
        if now:
            callback(*now)

    @property
    def is_current_thread(self) -> bool:
        """Whether the caller runs on the writer's thread."""
        return threading.current_thread() is self._thread

    def close(self) -> None:
        """Finish what is queued, then end the threads and the connection."""
        with self._cond:
            self._ended = True
            self._cond.notify()
        self._thread.join()
        self._checkpointer.close()

    def _wake(self) -> None:
        with self._cond:
            self._cond.notify()

    # ---- the thread ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while (taken := self._take()) is not None:
            jobs, bulk = taken
            jobs = [job for job in jobs if job.future.set_running_or_notify_cancel()]
            if jobs and jobs[0].bare is not None:
                self._bare(jobs[0], jobs[0].bare)
            else:
                self._commit(jobs, bulk=bulk)
            self._look_for_room()
        with Attempt():
            self._con.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        self._con.close()

    def _take(self) -> tuple[list[Job[Any]], bool] | None:
        """Wait for work: the next group (empty when only lazy wishes or a look at the disk are due), or None at the end."""
        with self._cond:
            while True:
                if self._urgent or self._normal:
                    group = [*self._urgent]
                    self._urgent.clear()
                    while self._normal and len(group) < GROUP:
                        group.append(self._normal.popleft())
                    return group, False
                if self._bulk and not self._checkpointer.behind:
                    return [self._bulk.popleft()], True
                if self._ended and not self._bulk:
                    return ([], False) if self._lazy else None
                now = time.monotonic()
                due = [
                    *([self._lazy_due] if self._lazy else []),
                    *([self._room_due] if self.ballast.gone or self._trouble else []),
                ]
                if due and min(due) <= now:
                    return [], False
                self._cond.wait(min(due) - now if due else None)

    def _bare(self, job: Job[Any], work: Callable[[sqlite3.Connection], Any]) -> None:
        with Attempt() as attempt, explained(self._path):
            job.result = (work(self._con),)
        job.error = attempt.error
        job.settle()

    def _commit(self, jobs: list[Job[Any]], *, bulk: bool) -> None:
        with self._cond:
            lazy, self._lazy = ([], self._lazy) if bulk else ([*self._lazy.values()], {})
        if not jobs and not lazy:
            return
        records: list[Record] = []
        failure: BaseException | None = None
        for again in (True, False):
            with Attempt() as attempt:
                self._sync_mode(durable=not bulk)
                records = self._transaction(jobs, lazy)
            failure = attempt.error
            if failure is None:
                break
            with Attempt():
                if self._con.in_transaction:
                    self._con.execute("ROLLBACK")
            if not (again and not bulk and isinstance(failure, DiskFull) and self.ballast.release()):
                break
            self._say(failure.code, str(failure))
        if failure is not None:
            for job in jobs:
                job.error = failure
            if isinstance(failure, StoreError) and not bulk:
                self._say(failure.code, str(failure))
        elif not bulk:
            self._all_well()
        for job in jobs:
            job.settle()
        if records:
            for callback in self.callbacks:
                with Attempt() as attempt:
                    callback(records)
                if attempt.error is not None:
                    log.error("a callback after the commit failed", exc_info=attempt.error)
        if failure is None:
            self._checkpointer.look(bulk=bulk)

    def _transaction(self, jobs: list[Job[Any]], lazy: list[Callable[[sqlite3.Connection], None]]) -> list[Record]:
        """Everything in one transaction. Raises StoreError when the database itself fails: then nothing of it stays."""
        con = self._con
        with explained(self._path):
            con.execute("BEGIN IMMEDIATE")
            tx = Tx(con, self._who)
            for job in jobs:
                job.error = job.result = None
                mark = tx.mark()
                con.execute("SAVEPOINT work")
                with Attempt() as attempt:
                    job.result = (job.work(tx),)
                if attempt.error is not None:
                    self._raise_if_fatal(attempt.error)
                    job.error = attempt.error
                    con.execute("ROLLBACK TO work")
                    tx.back_to(mark)
                con.execute("RELEASE work")
            for wish in lazy:
                wish(con)
            con.execute("COMMIT")
        return tx.records

    def _raise_if_fatal(self, error: BaseException) -> None:
        """An error of the database ends the group; any other is that one work's own."""
        if isinstance(error, sqlite3.Error) and (mine := explain(error, self._path)) is not None:
            raise mine from error
        if not self._con.in_transaction:
            raise DatabaseDamaged("事务中断 the transaction was ended from within a work") from error

    def _sync_mode(self, *, durable: bool) -> None:
        if durable is not self._synced:
            self._con.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._synced = durable

    def _look_for_room(self) -> None:
        """With the ballast gone, or after a failure: see now and then whether all is well again."""
        now = time.monotonic()
        if not (self.ballast.gone or self._trouble) or now < self._room_due:
            return
        self._room_due = now + ROOM_S
        if self.ballast.gone:
            self.ballast.take()
        with Attempt() as attempt:
            self._transaction([], [])
        if attempt.error is None and not (
            self._trouble and self._trouble[0] == DiskFull.code and not self.ballast.size
        ):
            self._all_well()

    def _all_well(self) -> None:
        """The database works. With the ballast gone, the disk is still full: the next commits live on what it gave."""
        if self.ballast.gone:
            self._say(
                DiskFull.code,
                "磁盘快满，备用空间已用 the disk is full: recording goes on in the room that was kept back",
            )
        else:
            self._say(None, "")

    def _say(self, code: str | None, detail: str) -> None:
        """Once when it begins, once when it ends."""
        with self._cond:
            was = self._trouble[0] if self._trouble else None
            if was == code:
                return
            self._trouble = (code, detail) if code else None
            watchers = [*self._watchers]
        for watcher in watchers:
            with Attempt() as attempt:
                watcher(code, detail)
            if attempt.error is not None:
                log.error("a watcher of the store failed", exc_info=attempt.error)
