"""Head office's list as it comes down: pieces in any order, twice or not at all, until the list is whole; then in force at once.

    pieces ──▶ in their order ──▶ snapshot:   rows of the next generation, in short bulk transactions (registry.py) ──▶ digest? ──▶ in force
                                  change set: kept until all are here ──▶ digest? ──▶ one transaction: the ops and registry.imported

The digest is a sum over lines (sync/registry_lines.py). A change set's is made of what is in force: minus the lines that go, as the tables
really have them, plus those that come. When it is not the announced one nothing is changed and a snapshot is asked for. What had come of a
transfer when the gate stopped is cleared away by the next one, which begins anew; the list in force was never touched.

Nothing here trusts a sender: the pieces were signed (edge/registry_down.py); shape and digest are checked all the same.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from edge.clock import Clock
from edge.store import registry
from edge.store.db import Store
from edge.store.registry import Coming
from edge.store.tx import Tx
from sync.fields import ProtocolError
from sync.registry_lines import added, hash_of, hexed, key_of, line_of, parsed
from sync.registry_protocol import CHANGES, WINDOW, Piece, Transfer, Want

log = logging.getLogger(__name__)
SOURCE = "headoffice"
MOST_OPS = 5_000
"""A change set is one transaction; a larger one is asked for as a snapshot."""
AT_ONCE = 100
"""Credentials in one short transaction of a snapshot."""
_INSERT = {
    table: f"INSERT OR IGNORE INTO {table} (gen, {columns}) VALUES (?, {', '.join('?' for _ in columns.split(','))})"
    for table, columns in registry.TABLES.items()
}


@dataclass(slots=True)
class _Coming:
    """A transfer under way. `next`: the first piece that has not been taken; `early`: those that came before their turn."""

    transfer: Transfer
    generation: int = 0
    next: int = 0
    last: int = -1
    total: int = 0
    cards: int = 0
    early: dict[int, list[str]] = field(default_factory=dict)
    ops: list[str] = field(default_factory=list)


class Intake:
    """Of one gate. One call at a time, on any thread but the loop's and the writer's: it waits for the store. Raises StoreError."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._coming: _Coming | None = None
        self._failed = ""
        self.taken = 0
        """How often a list came into force."""

    def take(self, piece: Piece) -> Want | None:
        """One piece; what is to be asked for now. Raises ProtocolError when it is none of a registry."""
        t = piece.transfer
        number, digest = self._have()
        if (number, digest) == (t.number, t.digest):
            self._coming = None
            return Want(number, digest)
        if t.number < number or t.name == self._failed:
            return None
        if self._coming is None or self._coming.transfer != t:
            if self._coming is not None and self._coming.transfer.number > t.number:
                return None  # of one that is over
            if t.kind == CHANGES and (t.base, t.base_digest) != (number, digest):
                return Want(number, digest, snapshot=True)
            self._begin(t)
        coming = self._coming
        assert coming is not None
        if not coming.next <= piece.n < coming.next + 2 * WINDOW or piece.n in coming.early:
            return None
        before = coming.next // (WINDOW // 2)
        try:
            coming.early[piece.n] = piece.lines()
            if piece.last:
                coming.last = piece.n
            while coming.next in coming.early:
                if not self._put(coming, coming.early.pop(coming.next)):
                    self._coming = None
                    return None
                coming.next += 1
        except ProtocolError:
            self.drop()
            raise
        if coming.next - 1 == coming.last:
            return self._finish(coming)
        return self.again() if coming.next // (WINDOW // 2) != before else None

    def again(self) -> Want | None:
        """What is lacking of the transfer under way; None when none is."""
        if self._coming is None:
            return None
        return Want(*self._have(), self._coming.transfer.name, self._coming.next)

    def drop(self) -> None:
        """Nobody goes on with the transfer under way: another one may begin."""
        self._coming = None

    # ---- the steps

    def _have(self) -> tuple[int, str]:
        with self._store.reader() as con:
            return state(con)

    def _begin(self, t: Transfer) -> None:
        self._coming = _Coming(t)
        if t.kind != CHANGES:
            with registry.one_import:
                self._coming.generation = registry.fresh_generation(self._store)

    def _put(self, coming: _Coming, lines: Sequence[str]) -> bool:
        """The next lines. False when what had come is lost: an import at the gate came between."""
        if coming.transfer.kind == CHANGES:
            coming.ops += lines
            return True
        coming.total = added(coming.total, map(hash_of, lines))
        all_fields = [parsed(line) for line in lines]
        coming.cards += sum(fields[0] == "c" for fields in all_fields)
        with registry.one_import:
            if registry.newest_generation(self._store) != coming.generation:
                return False
            slices = (all_fields[at : at + AT_ONCE] for at in range(0, len(all_fields), AT_ONCE))
            self._store.bulk_sync([_filling(coming.generation, _rows(some)) for some in slices])
        return True

    def _finish(self, coming: _Coming) -> Want | None:
        self._coming = None
        t = coming.transfer
        done = self._finish_changes(coming) if t.kind == CHANGES else self._finish_snapshot(coming)
        if done:
            self.taken += 1
            return Want(*self._have())
        log.warning("registry %s: the digest is not the announced one", t.name)
        if t.kind == CHANGES:
            self._failed = t.name
            return Want(*self._have(), snapshot=True)
        return None  # offered again, from its beginning

    def _finish_snapshot(self, coming: _Coming) -> bool:
        t = coming.transfer
        if hexed(coming.total) != t.digest or coming.cards != t.rows:
            return False
        with registry.one_import:
            if registry.newest_generation(self._store) != coming.generation:
                return False
            come = Coming(SOURCE, str(t.number), t.digest, t.rows, coming.generation, t.number)
            self._store.transact_sync(lambda tx: come.into_force(tx, SOURCE, self._clock.stamp()))
        return True

    def clear(self) -> None:
        """After a snapshot came into force: the rows of the list before go, in short transactions. Takes as long as it came in."""
        with registry.one_import:
            if self._coming is None or not self._coming.generation:
                registry.fresh_generation(self._store)

    def _finish_changes(self, coming: _Coming) -> bool:
        t = coming.transfer
        if len(coming.ops) > MOST_OPS:
            return False
        fields = [parsed(op) for op in coming.ops if not op.startswith("-")]
        gone = [_key(op[1:]) for op in coming.ops if op.startswith("-")]
        keys = [json.loads(key_of(f)) for f in fields] + gone
        with registry.one_import:
            with self._store.reader() as con:
                if state(con) != (t.base, t.base_digest):
                    return False
                (gen,) = con.execute("SELECT gen FROM registry").fetchone()
                old = [line for key in keys if (line := _line_in_force(con, key)) is not None]
            total = added(
                int(t.base_digest, 16), (hash_of(line_of(f)) for f in fields), (hash_of(line_of(o)) for o in old)
            )
            if hexed(total) != t.digest:
                return False
            come = Coming(SOURCE, str(t.number), t.digest, t.rows, gen, t.number)

            def work(tx: Tx) -> int:
                _replace(tx.con, gen, keys, fields, {line[10] for line in old if line[0] == "c"})
                return come.into_force(tx, SOURCE, self._clock.stamp())

            self._store.transact_sync(work)
        return True


def state(con: Any) -> tuple[int, str]:
    """Head office's number and the digest of the list in force; 0 and "" before the first."""
    number, digest = con.execute("SELECT number, digest FROM registry").fetchone()
    return int(number), str(digest)


def _filling(generation: int, rows: dict[str, list[tuple[Any, ...]]]) -> Callable[[Tx], None]:
    """A work that puts rows into a generation."""

    def work(tx: Tx) -> None:
        for table, some in rows.items():
            if some:
                tx.con.executemany(_INSERT[table], [(generation, *row) for row in some])

    return work


def _key(text: str) -> list[Any]:
    try:
        key = json.loads(text)
        if (type(key), key[0], len(key)) in ((list, "c", 2), (list, "h", 2), (list, "s", 4)):
            return list(key)
    except (ValueError, RecursionError, LookupError, TypeError) as e:
        raise ProtocolError("no key of a registry") from e
    raise ProtocolError("no key of a registry")


def _rows(lines: Iterable[list[Any]]) -> dict[str, list[tuple[Any, ...]]]:
    """Lines as rows of the tables."""
    rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in registry.TABLES}
    for line in lines:
        if line[0] == "c":
            _, uid, credential, category, status, begins, ends, schedule, vehicle, plates, person, *who = line
            rows["registry_people"].append((person, *who))
            rows["registry_credentials"].append(
                (uid, credential, category, status, person, begins, ends, schedule, vehicle)
            )
            rows["registry_vehicles"] += [(uid, plate) for plate in plates]
        else:
            rows["registry_holidays" if line[0] == "h" else "registry_schedules"].append(tuple(line[1:]))
    return rows


_CARD = """SELECT uid, credential, category, status, valid_from, valid_until, schedule, vehicle,
           person, name, surname, title, supervisor, unit, photo FROM credentials JOIN people USING (person) WHERE uid = ?"""


def _line_in_force(con: Any, key: list[Any]) -> list[Any] | None:
    """The line of a key as the tables have it."""
    if key[0] == "h":
        row = con.execute("SELECT day, name FROM holidays WHERE day = ?", key[1:]).fetchone()
    elif key[0] == "s":
        row = con.execute("SELECT * FROM schedules WHERE (schedule, days, begin_min) = (?, ?, ?)", key[1:]).fetchone()
    else:
        row = con.execute(_CARD, key[1:]).fetchone()
        if row is not None:
            plates = [p for (p,) in con.execute("SELECT plate FROM vehicles WHERE uid = ? ORDER BY plate", key[1:])]
            row = (*row[:8], plates, *row[8:])
    return None if row is None else [key[0], *row]


def _replace(con: Any, gen: int, keys: list[list[Any]], fields: list[list[Any]], people: set[str]) -> None:
    """In force: all of these keys out, then the new lines in; whoever has no card any more is no longer known."""
    cards = [(gen, key[1]) for key in keys if key[0] == "c"]
    con.executemany("DELETE FROM registry_vehicles WHERE gen = ? AND uid = ?", cards)
    con.executemany("DELETE FROM registry_credentials WHERE gen = ? AND uid = ?", cards)
    con.executemany(
        "DELETE FROM registry_holidays WHERE gen = ? AND day = ?", [(gen, k[1]) for k in keys if k[0] == "h"]
    )
    con.executemany(
        "DELETE FROM registry_schedules WHERE gen = ? AND (schedule, days, begin_min) = (?, ?, ?)",
        [(gen, *k[1:]) for k in keys if k[0] == "s"],
    )
    for table, rows in _rows(fields).items():
        insert = _INSERT[table].replace("OR IGNORE", "OR REPLACE") if table == "registry_people" else _INSERT[table]
        con.executemany(insert, [(gen, *row) for row in rows])
    con.executemany(
        """DELETE FROM registry_people WHERE gen = ?1 AND person = ?2
           AND NOT EXISTS (SELECT 1 FROM registry_credentials WHERE gen = ?1 AND person = ?2)""",
        [(gen, person) for person in people],
    )
