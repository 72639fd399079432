"""The index of events: tables beside them that can be thrown away and made again, and the follower that makes them.

    index_chains    (site, gate, epoch) → number, seq           how far the follower has come; the chain's short name
    index_rows      (chain, seq) → when, kind, lane, actor, visit, pass     one small row for each event that anybody would look for
    index_words     number → sort, text                          each word once
    index_parts     (sort, part, word)                           all ends of a word: what contains a text begins so; of a name its spelling too
    index_postings  (word, at_ms, chain, seq)                    where a word occurs; read backwards it is newest first; and by time, an event's words side by side
    index_named     (chain, seq, field, word)                    which of them are of the personal part, so that they go with it
    index_days      (day, chain, kind, detail) → of each hour    what charts are drawn of; an event is counted when its row is new
    index_months    (chain, month) → from which number to which  where an event lies: PostgreSQL has a partition for each month of arrival
    index_latest    word → from which day on it was not heard any more (index_latest.py)
    index_form      site → form                                  as what version of this it was made: another one is made anew
    index_wait_days, index_stays …                                   other charts' (figures.py)

The follower (a thread or a process of its own, never on intake's way) takes each chain from its cursor on, some hundred events a transaction,
the cursor in the same. Every write may be done twice. So the index can be made anew by putting the cursors back (`rebuild`).

**Erasure** happens within intake's transaction, when a gate's `personal.erased` is applied (`erase`): the postings of those fields go, and every word
of which no posting is left, with all its ends. Intake and follower must not overtake one another there (the follower has read a name, it is erased,
the follower writes it): in PostgreSQL both take the same lock of their transaction, in SQLite there is one writer anyway.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sync.headoffice import figures, index_latest
from sync.headoffice.index_counts import counted, placed
from sync.headoffice.index_tables import FORM, POSTGRES, SQLITE
from sync.headoffice.index_words import PERSONAL, Entry, Word, ends, entry_of
from sync.headoffice.intake import ChainId
from sync.headoffice.photo_index import Run
from sync.headoffice.statements import flat, insert, marks, pieces, valued
from sync.headoffice.store import Chain

__all__ = ["POSTGRES", "SQLITE", "Database", "Indexer", "behind", "erase", "lock"]

LOCK = int.from_bytes(hashlib.sha256(b"gate-edge index").digest()[:7], "big")
BATCH = 500
STEP = 5_000
"""So many events are taken back at once."""
_CACHE = 200_000


class Database(Protocol):
    """A Store as the index uses it."""

    postgres: bool

    def together(self) -> AbstractContextManager[Run]:
        """Several statements in one transaction. Raises StoreUnavailable."""

    def run(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        """One statement in a transaction of its own. Raises StoreUnavailable."""

    def chains(self, site: str = "") -> list[Chain]:
        """All chains of a site."""


# ---- erasure, within intake's transaction


def erase(run: Run, where: ChainId, events: Sequence[int], fields: Sequence[str]) -> None:
    """These fields of these events of a chain are gone: nothing of them is found from here on."""
    known = run("SELECT chain FROM index_chains WHERE (site, gate, epoch) = (?, ?, ?)", tuple(where))
    if not known or not events or not fields:
        return
    chain = known[0][0]
    words: set[int] = set()
    for some in pieces(events):
        which = (
            f"chain = ? AND seq IN ({marks(some)}) AND field IN ({marks(fields)})",
            (chain, *some, *fields),
        )
        gone = run(f"SELECT seq, word FROM index_named WHERE {which[0]}", which[1])
        run(f"DELETE FROM index_named WHERE {which[0]}", which[1])
        for seq, word in set(map(tuple, gone)):
            words.add(word)
            run(
                """DELETE FROM index_postings WHERE word = ? AND chain = ? AND seq = ?
                   AND at_ms = (SELECT at_ms FROM index_rows WHERE chain = ? AND seq = ?)
                   AND NOT EXISTS (SELECT 1 FROM index_named WHERE chain = ? AND seq = ? AND word = ?)""",
                (word, chain, seq, chain, seq, chain, seq, word),
            )
    for some in pieces(sorted(words)):
        _forget(run, some)


def _forget(run: Run, words: Sequence[int]) -> None:
    """Words of persons of which nothing is left, and saved searches for them."""
    left = run(
        f"""SELECT word, sort, text FROM index_words w WHERE word IN ({marks(words)}) AND sort IN ({marks(PERSONAL)})
            AND NOT EXISTS (SELECT 1 FROM index_named n WHERE n.word = w.word)""",
        (*words, *PERSONAL),
    )
    for word, sort, text in left:
        for part in ends(sort, text):
            run("DELETE FROM index_parts WHERE (sort, part, word) = (?, ?, ?)", (sort, part, word))
        run("DELETE FROM index_words WHERE word = ?", (word,))
        run("DELETE FROM index_latest WHERE word = ?", (word,))
        run(f"DELETE FROM office_searches WHERE {_NAMES.format('asked')} OR {_NAMES.format('title')}", (text, text))


_NAMES = "replace(replace(upper({0}), ' ', ''), ?, '') <> replace(upper({0}), ' ', '')"
"""Whether a saved search contains it (web_users.py), in words that both databases understand."""


def behind(run: Run, where: ChainId, seq: int) -> None:
    """Event `seq` came after later ones had been indexed: the follower goes back to it, and the charts begin anew."""
    sql = "UPDATE index_chains SET seq = ? WHERE (site, gate, epoch) = (?, ?, ?) AND seq >= ? RETURNING chain"
    for (chain,) in run(sql, (seq - 1, *where, seq)):
        figures.forget(run, chain)


# ---- the follower


class Indexer:
    """Follows the chains of a site. Belongs to one thread; all methods raise StoreUnavailable."""

    def __init__(self, store: Database, site: str) -> None:
        self._store, self._site = store, site
        self._events = _EVENTS.format("e.month" if store.postgres else "0")
        self._known = False
        self._cache: dict[tuple[str, str], int] = {}
        """Numbers of words that are never erased."""
        self._ends: dict[int, int] = {}
        """What is known to be in index_latest."""

    def work(self, most: int = 20) -> int:
        """Take each chain on by at most `most` batches; how many events were looked at."""
        if not self._known:
            self._renew()
        seen = 0
        for where in self.waiting():
            for _ in range(most):
                count = self._batch(where)
                seen += count
                if count < BATCH:
                    break
        return seen + self._catch_up()

    def waiting(self) -> list[ChainId]:
        """The chains of which events are not indexed yet."""
        come = {ChainId(*row[:3]): row[3] for row in self._store.run(_CURSORS, (self._site,))}
        return [c.where for c in self._store.chains(self._site) if come.get(c.where, 0) < c.mark.seq]

    def _renew(self) -> None:
        """An index of another version is thrown away."""
        found = self._store.run("SELECT form FROM index_form WHERE site = ?", (self._site,))
        if not found or found[0][0] != FORM:
            self.rebuild()
        index_latest.fill(self._store)
        self._known = True

    def rebuild(self) -> None:
        """Take the index of the site back, the newest events first; the follower makes it again.

        A piece a transaction: intake's erasures wait for the lock of one piece, not of fifty million events. Until the last one the index
        is of no form, so that whoever finds it half taken back begins anew.
        """
        with self._store.together() as run:
            self._lock(run)
            run("DELETE FROM index_form WHERE site = ?", (self._site,))
            chains = run("SELECT chain, seq FROM index_chains WHERE site = ?", (self._site,))
        for chain, seq in chains:
            for left in reversed(range(0, max(seq, 1), STEP)):
                self._back(chain, left)
        with self._store.together() as run:
            self._lock(run)
            run("INSERT INTO index_form VALUES (?, ?) ON CONFLICT (site) DO NOTHING", (self._site, FORM))

    def _back(self, chain: int, seq: int) -> None:
        """Nothing after event `seq` of a chain has been seen. Its charts begin anew."""
        after = (chain, seq)
        with self._store.together() as run:
            self._lock(run)
            words = [row[0] for row in run("SELECT DISTINCT word FROM index_named WHERE chain = ? AND seq > ?", after)]
            run(_POSTED_AFTER, after)
            for table in ("index_named", "index_rows"):
                run(f"DELETE FROM {table} WHERE chain = ? AND seq > ?", after)
            for table in ("index_days", "index_months"):
                run(f"DELETE FROM {table} WHERE chain = ?", (chain,))
            figures.forget(run, chain)
            for some in pieces(words):
                _forget(run, some)
            run("UPDATE index_chains SET seq = ? WHERE chain = ?", (seq, chain))

    def _batch(self, where: ChainId) -> int:
        with self._store.together() as run:
            self._lock(run)
            chain, come = self._cursor(run, where)
            found = run(self._events, (*where, come, BATCH))
            if not found:
                return 0
            entries = [made for seq, data, part, _ in found if (made := entry_of(seq, bytes(data), _bytes(part)))]
            if self._store.postgres:
                placed(run, chain, found)
            numbers, ends = self._write(run, chain, entries)
            figures.follow(run, chain, come, found)
            # unless it was put back meanwhile (`behind`): then the next batch begins there
            run("UPDATE index_chains SET seq = ? WHERE chain = ? AND seq = ?", (found[-1][0], chain, come))
        self._remember(numbers, ends)
        return len(found)

    def _catch_up(self) -> int:
        seen = 0
        for chain, where, upto in figures.behind(self._store.run, self._site):
            with self._store.together() as run:
                self._lock(run)
                seen += figures.catch_up(run, chain, where, upto)
        return seen

    def _write(
        self, run: Run, chain: int, entries: Sequence[Entry]
    ) -> tuple[dict[tuple[str, str], int], dict[int, int]]:
        numbers = self._numbers(run, {word for e in entries for word in e.words})
        arrays = self._store.postgres
        rows = [(chain, e.seq, e.at_ms, e.kind, e.lane, e.actor, e.visit, e.passed) for e in entries]
        new = insert(run, "index_rows", rows, arrays=arrays, more=" RETURNING seq")
        counted(run, chain, [e for e in entries if (e.seq,) in new], arrays=arrays)
        posted = dict.fromkeys((numbers[w.sort, w.text], e.at_ms, chain, e.seq) for e in entries for w in e.words)
        insert(run, "index_postings", sorted(posted), arrays=arrays)
        ends = index_latest.ends_of((row[:2] for row in posted), self._ends)
        index_latest.note(run, ends, arrays=arrays)
        named = [(chain, e.seq, w.field, numbers[w.sort, w.text]) for e in entries for w in e.words if w.field]
        insert(run, "index_named", named, arrays=arrays)
        return numbers, ends

    def _numbers(self, run: Run, words: Iterable[Word]) -> dict[tuple[str, str], int]:
        wanted = sorted({(w.sort, w.text) for w in words})
        numbers = {key: self._cache[key] for key in wanted if key in self._cache}
        missing = [key for key in wanted if key not in numbers]
        for some in pieces(missing):
            held = f"SELECT sort, text, word FROM index_words WHERE (sort, text) IN (VALUES {valued(some)})"
            numbers |= {(sort, text): word for sort, text, word in run(held, flat(some))}
            new = [key for key in some if key not in numbers]
            if not new:
                continue
            sql = f"INSERT INTO index_words (sort, text) VALUES {valued(new)} RETURNING sort, text, word"
            made = run(sql, flat(new))
            numbers |= {(sort, text): word for sort, text, word in made}
            parts = [(sort, part, word) for sort, text, word in made for part in ends(sort, text)]
            insert(run, "index_parts", parts, arrays=self._store.postgres)
        return numbers

    def _remember(self, numbers: dict[tuple[str, str], int], ends: dict[int, int]) -> None:
        """After the commit: these words need not be asked for again, as far as nothing erases them."""
        if len(self._cache) + len(self._ends) > _CACHE:
            self._cache.clear()
            self._ends.clear()
        self._ends |= ends
        self._cache |= {key: number for key, number in numbers.items() if key[0] not in PERSONAL}

    def _cursor(self, run: Run, where: ChainId) -> tuple[int, int]:
        sql = "SELECT chain, seq FROM index_chains WHERE (site, gate, epoch) = (?, ?, ?)"
        found = run(sql, tuple(where))
        if not found:
            run("INSERT INTO index_chains (site, gate, epoch, seq) VALUES (?, ?, ?, 0)", tuple(where))
            found = run(sql, tuple(where))
        return int(found[0][0]), int(found[0][1])

    def _lock(self, run: Run) -> None:
        lock(run, self._store.postgres)


_CURSORS = "SELECT site, gate, epoch, seq FROM index_chains WHERE site = ?"
_EVENTS = """SELECT e.seq, e.data, p.data, {} FROM events e
    LEFT JOIN personal p ON (p.site, p.gate, p.epoch, p.seq) = (e.site, e.gate, e.epoch, e.seq)
    WHERE (e.site, e.gate, e.epoch) = (?, ?, ?) AND e.seq > ? ORDER BY e.seq LIMIT ?"""
_POSTED_AFTER = """DELETE FROM index_postings WHERE (at_ms, chain, seq) IN
    (SELECT at_ms, chain, seq FROM index_rows WHERE chain = ? AND seq > ?)"""


def lock(run: Run, postgres: bool) -> None:
    """Whoever writes to the index or erases from it has it until the transaction ends."""
    if postgres:
        run("SELECT pg_advisory_xact_lock(?)", (LOCK,))


def _bytes(part: Any) -> bytes | None:
    return None if part is None else bytes(part)
