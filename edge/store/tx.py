"""A transaction as a work sees it, a wish as the writer keeps it, and an error that belongs to somebody on another thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Generic, TypeVar

from edge.clock import Stamp
from edge.domain.event import Event
from edge.store import journal, lookup, tables
from edge.store.journal import Identity, Record

T = TypeVar("T")


class Tx:
    """A work's view of its transaction. Not to be kept beyond it."""

    __slots__ = ("_hash", "_seq", "_who", "con", "records")

    def __init__(self, con: sqlite3.Connection, who: Identity) -> None:
        self.con = con
        """To read facts and to write local tables; never the journal or what is derived from it."""
        self._who = who
        self._seq, self._hash = journal.head(con)
        self.records: list[Record] = []
        """What was appended so far, by all works of the group."""

    def append(self, event: Event, *, actor: str, stamp: Stamp, rule: str = "") -> int:
        """Put an event into the journal and its consequences into the derived tables; returns its number.

        `rule`: the procedure's rule; all rules of the kind when not given.
        """
        seq = self._seq + 1
        record, meta = journal.make(self._who, seq, self._hash, event, actor=actor, stamp=stamp, rule=rule)
        journal.write(self.con, record)
        tables.apply(self.con, meta, event)
        lookup.note(self.con, seq, event)
        self._seq, self._hash = seq, record.hash
        self.records.append(record)
        return seq

    def mark(self) -> tuple[int, bytes, int]:
        """Where the transaction stands, for `back_to`."""
        return self._seq, self._hash, len(self.records)

    def back_to(self, mark: tuple[int, bytes, int]) -> None:
        """The savepoint was rolled back: forget what came after."""
        self._seq, self._hash, count = mark
        del self.records[count:]


class Attempt:
    """A block whose error is kept instead of raised: it belongs to whoever asked for the work, on another thread."""

    error: BaseException | None = None

    def __enter__(self) -> Attempt:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _tb: TracebackType | None
    ) -> bool:
        self.error = error
        return error is not None


class Job(Generic[T]):
    """A wish: the work, where its result goes, and how it came out in the present attempt."""

    __slots__ = ("bare", "error", "future", "result", "work")
    result: tuple[T] | None

    def __init__(self, work: Callable[[Tx], T]) -> None:
        self.work = work
        self.bare: Callable[[sqlite3.Connection], T] | None = None
        """Done instead, outside of any transaction."""
        self.future: Future[T] = Future()
        self.error: BaseException | None = None
        self.result = None

    def settle(self) -> None:
        """Tell the one who asked."""
        if self.error is not None:
            self.future.set_exception(self.error)
        elif self.result is not None:
            self.future.set_result(self.result[0])
