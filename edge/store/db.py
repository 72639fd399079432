"""The store: one SQLite file that holds the journal, what is derived from it, the registry, and the gate's own small tables.

    Store.open ──▶ lock (one process may write) ─▶ migrate ─▶ ballast ─▶ writer thread
    transact   ──▶ writer.py: the only way in
    reader     ──▶ read-only connections from a pool, each in a transaction of its own: one consistent moment

The lock is a file beside the database, held with flock(2) by the process that writes: a second gate on the same data is
refused at once, while tools that only read (`verify`, `export`) need no lock and never disturb.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from edge.errors import DatabaseDamaged, DatabaseLocked, StoreError
from edge.store import journal, lookup, sqlite
from edge.store.ballast import DEFAULT, Ballast
from edge.store.journal import Identity
from edge.store.tx import Tx
from edge.store.writer import OnCommit, OnTrouble, Writer

__all__ = ["Store", "Tx", "set_aside"]
T = TypeVar("T")
_IDLE = 4
"""Read-only connections kept for the next reader."""
STAGE = "stage"
"""Files beside the database with this ending gather a list (registry_stage.py); what a process left that died is worth nothing."""
HUSH_S = 0.03
"""A card's frame takes 14 ms on the line and its commit some more."""


class Store:
    """An open database of one gate. Made by `Store.open`."""

    def __init__(self, path: Path, who: Identity, writer: Writer, lock: int) -> None:
        self.path = path
        self.site, self.gate, self.epoch = who.site, who.gate, who.epoch
        self._writer, self._lock = writer, lock
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        self._hushed_until = 0.0

    @classmethod
    def open(cls, path: Path, *, gate: str, site: str = "", ballast: int = DEFAULT) -> Store:
        """Open the database, made or migrated where needed. `ballast`: bytes kept back for a full disk.

        Raises DatabaseLocked (another gate has it), DatabaseNewer, DatabaseDamaged, DiskFull, StoreError; each with a hint.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = lock_of(path)
        except PermissionError as error:
            raise StoreError(
                f"无权写入数据目录 {path.parent} cannot be written: {error.strerror}",
                "请检查目录的所有者和权限。 Check the folder's owner and permissions.",
            ) from error
        try:
            with sqlite.explained(path):
                for left in path.parent.glob(f"{path.name}.{STAGE}-*"):
                    left.unlink(missing_ok=True)
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
                path.chmod(0o600)
                kept = Ballast(path.with_name(path.name + ".ballast"), ballast)
                con = sqlite.connect(path)
                try:
                    who = _prepare(con, path, gate, site)
                    kept.take(first=True)
                    writer = Writer(con, path, who, kept)
                except (StoreError, sqlite3.Error):
                    con.close()
                    raise
        except (StoreError, sqlite3.Error):
            os.close(lock)
            raise
        return cls(path, who, writer, lock)

    async def transact(self, work: Callable[[Tx], T], *, urgent: bool = False, bulk: bool = False) -> T:
        """Run `work` on the writer's thread in a transaction; what it wrote is durable when this returns.

        An exception of `work` undoes it alone and is raised here. Raises DiskFull, DatabaseLocked, DatabaseDamaged when
        nothing could be written. `work` may be run twice and must do nothing outside its transaction. `bulk`: may wait for
        everything else, and is durable only with the next commit that is not bulk.
        """
        return await asyncio.wrap_future(self._writer.submit(work, urgent=urgent, bulk=bulk))

    def transact_sync(self, work: Callable[[Tx], T], *, bulk: bool = False) -> T:
        """The same for tools and threads; never on the loop. Raises RuntimeError on the writer's own thread."""
        if self._writer.is_current_thread:
            raise RuntimeError("a work or a callback of the writer cannot wait for the writer")
        return self._writer.submit(work, bulk=bulk).result()

    def bulk(self, work: Callable[[Tx], T]) -> Future[T]:
        """Queue a bulk work and do not wait: the writer goes from one to the next, and anything else goes before it. For tools and threads."""
        return self._writer.submit(work, bulk=True)

    def attach(self, name: str, path: Path) -> None:
        """The writer sees another database, which nobody changes meanwhile, under a name. For threads. Raises StoreError."""
        address = path.absolute().as_uri() + "?immutable=1"  # nobody locks it: no commit ever waits for it

        def work(con: sqlite3.Connection) -> None:
            if any(row[1] == name for row in con.execute("PRAGMA database_list").fetchall()):
                con.execute(f"DETACH {name}")  # of one that ended badly
            con.execute(f"ATTACH ? AS {name}", (address,))

        self._writer.between(work).result()

    def detach(self, name: str) -> None:
        """It sees it no more. Raises StoreError."""
        self._writer.between(lambda con: con.execute(f"DETACH {name}")).result()

    def lazily(self, name: str, work: Callable[[sqlite3.Connection], None]) -> None:
        """Write something small with the next commit, or within two seconds; it may be lost, only the newest `name` counts."""
        self._writer.lazily(name, work)

    def hush(self) -> None:
        """Something urgent is coming or here: who reads in the background waits a moment (`give_way`). Any thread."""
        self._hushed_until = time.monotonic() + HUSH_S

    def give_way(self) -> None:
        """Before a piece of background work, on its own thread: wait, `HUSH_S` at most, while something urgent is under way."""
        left = self._hushed_until - time.monotonic()
        if left > 0:
            time.sleep(left)

    @contextmanager
    def reader(self) -> Iterator[sqlite3.Connection]:
        """A read-only connection that sees one moment of the database from its first query on. Not to be held for long."""
        with sqlite.explained(self.path):
            try:
                con = self._idle.pop()
            except IndexError:
                con = sqlite.connect(self.path, read_only=True)
            try:
                con.execute("BEGIN")
                yield con
            except BaseException:
                con.close()
                raise
            con.execute("ROLLBACK")
        if len(self._idle) < _IDLE and not self._closed:
            self._idle.append(con)
        else:
            con.close()

    def on_commit(self, callback: OnCommit) -> None:
        """Call `callback` with the new records after each commit, in order, on the writer's thread. It must not block."""
        self._writer.callbacks.append(callback)

    def on_trouble(self, callback: OnTrouble) -> None:
        """Call `callback(code, detail)` when something begins to be wrong (disk-full, database-locked, database-damaged) and
        `callback(None, "")` when it has ended; at once when something is wrong now. On the writer's thread."""
        self._writer.watch(callback)

    @property
    def ballast_gone(self) -> bool:
        """Whether the room kept back for a full disk is in use: somebody must clean up soon."""
        return self._writer.ballast.gone

    def scrub(self) -> bool:
        """After an erasure: take the old pages out of the write-ahead log as well. False when a reader stood in the way."""
        with sqlite.explained(self.path):
            con = sqlite.connect(self.path)
            try:
                return bool(con.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
            finally:
                con.close()

    def close(self) -> None:
        """Finish what is queued and let go of the file. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        while self._idle:
            self._idle.pop().close()
        self._writer.close()
        os.close(self._lock)


def lock_of(path: Path) -> int:
    """Hold the right to write, or raise DatabaseLocked naming the process that has it."""
    lock = os.open(path.with_name(path.name + ".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.read(lock, 32).decode("ascii", "replace").strip() or "?"
        os.close(lock)
        raise DatabaseLocked(
            f"数据库已被进程 {holder} 占用 process {holder} has {path.name} open", sqlite.HINT_LOCKED
        ) from error
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    return lock


def _prepare(con: sqlite3.Connection, path: Path, gate: str, site: str) -> Identity:
    """Migrate, give a new database its epoch, and see that this is this gate's journal with a sound end."""
    sqlite.migrate(con, path)
    info = dict(con.execute("SELECT key, value FROM info").fetchall())
    if not info:
        info = {"gate": gate, "site": site, "epoch": uuid.uuid4().hex, "created_ms": str(time.time_ns() // 1_000_000)}
        con.execute("BEGIN IMMEDIATE")
        con.executemany("INSERT INTO info VALUES (?, ?)", info.items())
        con.execute("COMMIT")
    if info.get("gate") != gate:
        raise StoreError(
            f"数据库属于另一个门岗 this is the journal of gate {info.get('gate')!r}, not of {gate!r}",
            "请检查配置中的 gate.id 与数据目录。 Check gate.id and the data folder in the configuration.",
        )
    if info.get("site") != site:
        con.execute("INSERT INTO info VALUES ('site', ?) ON CONFLICT DO UPDATE SET value = excluded.value", (site,))
    _check_end(con)
    lookup.catch_up(con)
    return Identity(site, gate, info["epoch"])


def _check_end(con: sqlite3.Connection) -> None:
    """The newest event must fit its hash: one does not build on a broken end. The rest is for `verify`."""
    last = con.execute("SELECT seq, data, hash FROM journal ORDER BY seq DESC LIMIT 2").fetchall()
    if not last:
        return
    seq, data, hash_ = last[0]
    previous = last[1][2] if len(last) > 1 else journal.ZERO
    if (seq > 1) != (len(last) > 1) or journal.chain(previous, data) != hash_:
        raise DatabaseDamaged(
            f"日志末尾损坏 the newest event, number {seq}, does not fit its hash", sqlite.HINT_DAMAGED
        )


def set_aside(path: Path) -> Path:
    """Move a database that cannot be used out of the way, whole, so that the gate can begin a new one (with a new epoch).

    Returns where it lies now. Raises DatabaseLocked when somebody has it open.
    """
    lock = lock_of(path)
    try:
        return move_aside(path, "damaged")
    finally:
        os.close(lock)


def move_aside(path: Path, why: str) -> Path:
    """The same for whoever holds the lock."""
    target = path.with_name(f"{path.name}.{why}-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{uuid.uuid4().hex[:4]}")
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(target.with_name(target.name + suffix))
    return target
