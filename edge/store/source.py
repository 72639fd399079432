"""The journal as the uplink sees it: satisfies `sync.journal_source.JournalSource`. Called on the uplink's threads."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from edge.errors import StoreError
from edge.store import journal
from edge.store.db import Store
from edge.store.keys import JournalKey
from sync.journal_source import Entry, Life, SourceUnavailable

_SELECT = """SELECT j.seq, j.data, j.hash, p.bytes FROM journal j LEFT JOIN personal p ON p.seq = j.seq
             WHERE j.seq > ? ORDER BY j.seq LIMIT ?"""


class JournalSource:
    """Reads through the store's pool of read-only connections, so it never waits for a card nor a card for it.

    The cursor is kept in memory and written with the next commit (`Store.lazily`): acknowledgements come many a second, and
    losing the last of them costs no more than sending a few events again.
    """

    def __init__(self, store: Store, key: JournalKey, state: Callable[[], dict[str, Any]]) -> None:
        self._store, self._key, self._state = store, key, state
        with store.reader() as con:
            self._acked = int(con.execute("SELECT acked_seq FROM cursor").fetchone()[0])
            ended = con.execute("SELECT value FROM info WHERE key = 'lives'").fetchone()
        self._lives: list[Life] = []
        for epoch, last in json.loads(ended[0]) if ended else []:  # see restore.py
            self._lives.append(Life(epoch, (self._lives[-1].last or 0) if self._lives else 0, last))

    @property
    def site(self) -> str:
        """Which community."""
        return self._store.site

    @property
    def gate(self) -> str:
        """Which gate of it."""
        return self._store.gate

    @property
    def epoch(self) -> str:
        """The life of this database."""
        return self._store.epoch

    def life(self, seq: int) -> Life:
        """Of which epoch the event after `seq` is."""
        for life in self._lives:
            if life.last is not None and seq < life.last:
                return life
        return Life(self._store.epoch, (self._lives[-1].last or 0) if self._lives else 0)

    def head(self) -> tuple[int, bytes]:
        """Newest number and its hash; (0, zeros) when the journal is empty."""
        with self._reading() as con:
            return journal.head(con)

    def after(self, seq: int, limit: int, max_bytes: int) -> list[Entry]:
        """The events after `seq`: at most `limit`, together at most `max_bytes`; at least one if there is one."""
        self._store.give_way()
        found: list[Entry] = []
        size = 0
        with self._reading() as con:
            for row in con.execute(_SELECT, (seq, limit)):
                size += len(row[1]) + len(row[3] or b"")
                if found and size > max_bytes:
                    break
                found.append(Entry(*row))
        return found

    def hash_of(self, seq: int) -> bytes:
        """The chain's hash at `seq`; zeros for 0. Raises LookupError when there is no such event."""
        if seq == 0:
            return journal.ZERO
        with self._reading() as con:
            row = con.execute("SELECT hash FROM journal WHERE seq = ?", (seq,)).fetchone()
        if row is None:
            raise LookupError(f"there is no event {seq}")
        return bytes(row[0])

    def acked(self) -> int:
        """The cursor, as last set."""
        return self._acked

    def set_acked(self, seq: int, hash_: bytes) -> None:
        """Set the cursor, forward or back; written soon."""
        self._acked = seq

        def write(con: sqlite3.Connection) -> None:
            con.execute("UPDATE cursor SET acked_seq = ?, acked_hash = ?", (seq, hash_))

        self._store.lazily("cursor", write)

    def sign(self, message: bytes) -> bytes:
        """Ed25519 signature with the gate's key."""
        return self._key.sign(message)

    def public_key(self) -> bytes:
        """The 32 bytes that verify it."""
        return self._key.public_key()

    def state(self) -> dict[str, Any]:
        """What goes into the state topic; asked of the gate."""
        return self._state()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._store.reader() as con:
                yield con
        except StoreError as error:
            raise SourceUnavailable(str(error)) from error
