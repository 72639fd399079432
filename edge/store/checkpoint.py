"""Moves committed pages from the write-ahead log into the database, beside the writer.

SQLite would do this inside the COMMIT that makes the log long enough, and some card would wait for it: two more syncs and up to
megabytes of scattered writes. PASSIVE checkpoints on a connection and thread of their own wait for nobody and hold up nobody;
what a reader still needs is left for the next time. The log starts anew when a checkpoint found nothing left to do; so bulk work
(an import) waits while one is under way, or the log would grow as long as the import runs.
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
        self.behind = False
        """A checkpoint is wanted or under way; `done` is called when it is over."""
        self._commits = 0
        self._thread = threading.Thread(target=self._run, name="gate-checkpoint", daemon=True)
        self._thread.start()

    def look(self) -> None:
        """Wakes the thread when the log has become long. Called by the writer's thread only."""
        self._commits += 1
        if self._commits < _APART:
            return
        try:
            length = self._wal.stat().st_size
        except OSError:
            return
        if length > LONG_BYTES or self._commits >= _EVERY:
            self._commits = 0
            self.behind = True
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
            self.behind = False
            self._done()
        self._con.close()
