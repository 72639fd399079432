"""Moves committed pages from the write-ahead log into the database, beside the writer.

SQLite would do this inside the COMMIT that makes the log long enough, and some card would wait for it: two more syncs and up to
megabytes of scattered writes. PASSIVE checkpoints on a connection and thread of their own wait for nobody and hold up nobody;
what a reader still needs is left for the next time.

Bulk work (a list of the registry) asks for a checkpoint eight times as often: each then has a megabyte or two to sync, for which a card's own
commit may have to wait on the same disk. It goes on meanwhile, so the log starts anew only after it, unless the log has become very long:
then it waits until a checkpoint has found nothing left to do.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from edge.store.sqlite import connect

log = logging.getLogger(__name__)
LONG_BYTES = 8 << 20
"""The log's file keeps this size when it starts anew (sqlite.py): a commit that writes over old bytes syncs in half the time of
one that makes a file longer."""
MOST_BYTES = 16 << 20
"""A log of more than this: bulk work waits. A list of 100,000 cards writes about 50 MB."""
BULK = 8
"""As how many commits one of bulk work counts."""
_EVERY = 256
"""Commits between two checkpoints: about half of `LONG_BYTES`."""
_APART = 32
"""The same when the log is too long (an import): a reader that holds it long must not make each commit start one."""


class Checkpointer:
    """One thread, `gate-checkpoint`. `look` costs a stat; call it after each commit."""

    def __init__(self, path: Path, done: Callable[[], None]) -> None:
        self._wal = path.with_name(path.name + "-wal")
        self._con = connect(path)
        self._done = done
        self._wanted = threading.Event()
        self._ended = False
        self._under_way = False
        self._long = False
        self._commits = 0
        self._thread = threading.Thread(target=self._run, name="gate-checkpoint", daemon=True)
        self._thread.start()

    @property
    def behind(self) -> bool:
        """Bulk work has to wait for the checkpoint that is wanted or under way; `done` is called when it is over."""
        return self._under_way and self._long

    def look(self, *, bulk: bool = False) -> None:
        """Wakes the thread when the log has become long. Called by the writer's thread only."""
        self._commits += BULK if bulk else 1
        if self._commits < _APART:
            return
        try:
            length = self._wal.stat().st_size
        except OSError:
            return
        if self._commits >= _EVERY or (length > LONG_BYTES and not bulk):
            self._commits = 0
            self._long = length > MOST_BYTES
            self._under_way = True
            self._wanted.set()

    def close(self) -> None:
        """End the thread; returns when it has ended."""
        self._ended = True
        self._wanted.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            if self._ended:
                break
            self._wanted.clear()
            try:
                self._con.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            except sqlite3.Error as error:
                log.warning("no checkpoint of %s now: %s", self._wal.name, error)
            self._under_way = self._wanted.is_set()  # another one was asked for meanwhile
            self._done()
        self._con.close()
