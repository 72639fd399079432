"""Head office's store in one SQLite file: the default, so that a laptop needs no server.

WAL with synchronous=FULL: an acknowledged event survives the power going. The tables are WITHOUT ROWID, so that a chain's
events lie in the key's order, once. Opened by the first call, on the calling thread, and again after a failure.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

from sync.headoffice import desk, index, photo_index, retention, schema_sqlite, told
from sync.headoffice.intake import ChainId, Row
from sync.headoffice.photo_index import Run
from sync.headoffice.store import (
    Chunk,
    Conflict,
    Erasure,
    StoreUnavailable,
    compared,
    erasures,
    holder,
    left_of,
)
from sync.headoffice.store_shared import SharedStore

_LOOK_S = 0.1


class SqliteStore(SharedStore):
    """A Store (see store.py for what each method promises)."""

    postgres = False

    def __init__(self, path: str | Path, *, busy_timeout_s: float = 5.0) -> None:
        self.path = Path(path)
        self.name = f"SQLite {self.path}"
        self._busy_timeout = busy_timeout_s
        self._con: sqlite3.Connection | None = None
        self._version = 0

    def apply(self, chunks: Sequence[Chunk], at_ms: int) -> None:
        """See Store."""
        erased = False
        try:
            with self._transaction() as con:
                for c in chunks:
                    con.executemany(
                        "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)",
                        ((*c.where, r.seq, r.data, r.hash) for r in c.rows),
                    )
                    con.executemany(
                        "INSERT INTO personal VALUES (?, ?, ?, ?, ?)",
                        ((*c.where, r.seq, r.personal) for r in c.rows if r.personal is not None),
                    )
                    for erasure in erasures(c.rows):
                        self._erase(con, c.where, erasure)
                        erased = True
                    erased |= photo_index.erase(partial(_run, con), c.where, c.rows) > 0
                    told.record(partial(_run, con), c.where, c.rows, at_ms)
                    self._move_mark(con, c, at_ms)
            if erased:  # the log's old pages still hold what was erased
                self.run("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.IntegrityError as e:
            raise Conflict(f"{chunks[0].where}: {e}") from e

    def _erase(self, con: sqlite3.Connection, where: ChainId, erasure: Erasure) -> None:
        first_of = cache(partial(_first_of, con))
        for seq in erasure.events:
            there = holder(where, seq, first_of)
            index.erase(partial(_run, con), there, [seq], erasure.fields)
            key = (*there, seq)
            row = con.execute("SELECT data FROM personal WHERE (site, gate, epoch, seq) = (?, ?, ?, ?)", key).fetchone()
            left = left_of(row[0], erasure.fields) if row else None
            if row and left is None:
                con.execute("DELETE FROM personal WHERE (site, gate, epoch, seq) = (?, ?, ?, ?)", key)
            elif row and left != row[0]:
                con.execute("UPDATE personal SET data = ? WHERE (site, gate, epoch, seq) = (?, ?, ?, ?)", (left, *key))

    def _move_mark(self, con: sqlite3.Connection, c: Chunk, at_ms: int) -> None:
        last = c.rows[-1]
        if c.first:
            new = (*c.where, last.seq, last.hash, c.signature, at_ms, at_ms)
            con.execute("INSERT INTO chains VALUES (?, ?, ?, ?, ?, ?, ?, ?)", new)
            return
        sql = """UPDATE chains SET seq = ?, hash = ?, signature = ?, at_ms = ?
                 WHERE (site, gate, epoch, seq, hash) = (?, ?, ?, ?, ?)"""
        values = (last.seq, last.hash, c.signature, at_ms, *c.where, c.after.seq, c.after.hash)
        if con.execute(sql, values).rowcount != 1:
            raise Conflict(f"{c.where}: the watermark is no longer {c.after.seq}")

    def mend(self, where: ChainId, rows: Sequence[Row], at_ms: int) -> tuple[list[int], list[int]]:
        """See Store."""
        span = (*where, rows[0].seq, rows[-1].seq)
        same = "(site, gate, epoch) = (?, ?, ?) AND seq BETWEEN ? AND ?"
        with self._transaction() as con:
            held = dict(con.execute(f"SELECT seq, data FROM events WHERE {same}", span))
            missing, altered = compared(rows, held)
            con.executemany(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", [(*where, r.seq, r.data, r.hash) for r in missing]
            )
            personal = [(*where, r.seq, r.personal) for r in missing if r.personal is not None]
            con.executemany("INSERT OR IGNORE INTO personal VALUES (?, ?, ?, ?, ?)", personal)
            if missing:
                index.behind(partial(_run, con), where, missing[0].seq)
                desk.behind(partial(_run, con), where, missing[0].seq)
                retention.again(partial(_run, con), where, missing[0].seq)
        return [r.seq for r in missing], altered

    def beat(self, site: str, receiver: str, alive_s: float) -> list[str]:
        """See Store."""
        now = time.time()
        with self._transaction() as con:
            con.execute("INSERT OR REPLACE INTO receivers VALUES (?, ?, ?)", (site, receiver, now))
            found = con.execute("SELECT name FROM receivers WHERE site = ? AND at > ?", (site, now - alive_s))
            return [row[0] for row in found]

    def run(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        """See Store."""
        con = self._open()
        try:
            return _run(con, sql, values)
        except sqlite3.DatabaseError as e:
            raise self._unavailable(e) from e

    def at_once(self, statements: Sequence[tuple[str, Sequence[tuple[object, ...]]]]) -> None:
        """See Store."""
        try:
            with self._transaction() as con:
                for sql, rows in statements:
                    con.executemany(sql, rows)
        except sqlite3.IntegrityError as e:
            raise Conflict(str(e)) from e

    @contextmanager
    def together(self) -> Iterator[Run]:
        """See Store."""
        with self._transaction() as con:
            yield partial(_run, con)

    def changed(self, timeout_s: float) -> bool:
        """See Store."""
        end = time.monotonic() + timeout_s
        while True:
            version = int(self.run("PRAGMA data_version")[0][0])
            was, self._version = self._version, version
            if was not in (0, version):
                return True
            left = end - time.monotonic()
            if left <= 0:
                return False
            time.sleep(min(left, _LOOK_S))  # SQLite wakes nobody in another process

    def close(self) -> None:
        """See Store."""
        self._version = 0
        con, self._con = self._con, None
        if con is not None:
            con.close()

    # ---- the connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        con = self._open()
        try:
            con.execute("BEGIN IMMEDIATE")
            try:
                yield con
                con.execute("COMMIT")
            except BaseException:
                if con.in_transaction:
                    con.execute("ROLLBACK")
                raise
        except sqlite3.IntegrityError:
            raise
        except sqlite3.DatabaseError as e:
            raise self._unavailable(e) from e

    def _open(self) -> sqlite3.Connection:
        if self._con is None:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                con = sqlite3.connect(self.path, timeout=self._busy_timeout, isolation_level=None)
                try:
                    schema_sqlite.prepare(con)
                except sqlite3.DatabaseError:
                    con.close()
                    raise
            except (sqlite3.DatabaseError, OSError) as e:
                raise self._unavailable(e) from e
            self._con = con
        return self._con

    def _unavailable(self, e: Exception) -> StoreUnavailable:
        self.close()
        hint = "is the folder writable, the disk not full, and no other program holding the file?"
        return StoreUnavailable(f"{self.name}: {e}", hint)


def _first_of(con: sqlite3.Connection, where: ChainId) -> tuple[int, bytes] | None:
    sql = "SELECT seq, data FROM events WHERE (site, gate, epoch) = (?, ?, ?) ORDER BY seq LIMIT 1"
    row: tuple[int, bytes] | None = con.execute(sql, where).fetchone()
    return row


def _run(con: sqlite3.Connection, sql: str, values: tuple[object, ...]) -> list[Any]:
    return con.execute(sql, values).fetchall()
