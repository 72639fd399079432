"""The registry: what head office told the gate about people, vehicles and credentials. A whole one takes the place of the old.

    file → roster.read (all that is wrong, named) → lines → rows of the next generation, in short transactions (registry_stage.py)
         → one transaction: the generation comes into force, registry.imported → the old generation goes, in short transactions

Views (`credentials`, `people` …) show the generation in force, so the change is one row and no card ever sees half a registry.
The pieces are bulk work (writer.py): a card that comes meanwhile waits for one piece at most. An import that breaks off leaves
rows of no generation in force; the next one clears them away first.

Names, plates and photographs of people are personal data: the journal gets the list's version and digest, not its rows.
"""

from __future__ import annotations

import heapq
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from edge.clock import Clock, Stamp
from edge.domain.events import RegistryImported
from edge.errors import BadInput, ImportRefused
from edge.store import sqlite
from edge.store.db import Store, Tx
from edge.store.queries import registry as status
from edge.store.registry_rows import KEYS, TABLES, Misfit
from edge.store.registry_stage import Stage, beside
from sync import roster
from sync.problems import Problem
from sync.registry_lines import fields_of, hexed, line_of
from sync.roster import Roster

PIECE = 500
"""Rows that go in one short transaction: a few milliseconds on a Pi."""
MAX_BYTES = 64 << 20
MAX_NAMED = 1_000
"""So many problems are named one by one."""
one_import = threading.Lock()
"""Whoever writes rows of the registry holds it."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What came into force."""

    seq: int
    source: str
    version: str
    digest: str
    rows: int

    def __str__(self) -> str:
        return f"{self.source}: {self.rows} 张卡 credentials, version {self.version}, digest {self.digest[:16]}, event {self.seq}"


def import_file(store: Store, path: Path, *, actor: str = "tool", stamp: Stamp | None = None) -> Imported:
    """Put the list in `path` (CSV or JSON) in the place of the registry, all or nothing. Blocks: use a thread.

    Raises BadInput when there is no such file, ImportRefused with every bad row, StoreError.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadInput(
            f"无法读取文件 · cannot read {path.name}: {error.strerror}", "请检查路径 check the path"
        ) from error
    if len(data) > MAX_BYTES:
        raise BadInput(
            f"文件过大 · {path.name} is larger than {MAX_BYTES >> 20} MB", "请检查文件 · is it the right file?"
        )
    return import_bytes(store, data, path.name, actor=actor, stamp=stamp)


def import_bytes(store: Store, data: bytes, name: str, *, actor: str = "tool", stamp: Stamp | None = None) -> Imported:
    """The same with the file's bytes; `name` tells CSV from JSON."""
    with one_import, in_the_background():
        found = roster.read(data, name)
        _complete(store, found)
        if not found.entries and not found.problems:
            found.problems.append(Problem("list-empty"))
        if found.problems:
            raise _refused([*map(str, found.problems)], name)
        found.entries = [entry for entry in found.entries if roster.serves(entry.gates, store.gate)]
        stage = Stage(beside(store, "importing"))
        try:
            lines = _ordered(line_of(fields) for fields, _ in fields_of(found))
            while piece := [*islice(lines, PIECE)]:
                stage.put("\n".join(piece))
            generation = fresh_generation(store)
            stage.fill(store, generation)
            digest = hexed(stage.total)
        except Misfit as e:
            raise _refused([str(e)], name) from e
        finally:
            stage.close()
        version = found.version or digest[:12]
        store.transact_sync(partial(_keep_lists, generation=generation))
        come = Coming(name, version, digest, len(found.entries), generation)
        seq = store.transact_sync(lambda tx: come.into_force(tx, actor, stamp or Clock().stamp()))
        fresh_generation(store)
    return Imported(seq, name, version, digest, len(found.entries))


@dataclass(frozen=True, slots=True)
class Coming:
    """A list whose rows are all there as `generation`. `number`: head office's, 0 of a list that was imported here."""

    source: str
    version: str
    digest: str
    rows: int
    generation: int
    number: int = 0

    def into_force(self, tx: Tx, actor: str, when: Stamp) -> int:
        """In one transaction: the row that the views look at, and the event. Its number."""
        seq = tx.append(RegistryImported(self.source, self.version, self.rows, self.digest), actor=actor, stamp=when)
        tx.con.execute(
            """UPDATE registry SET gen = ?, version = ?, digest = ?, source = ?, rows = ?, imported_ms = ?, seq = ?,
               number = max(number, ?), refused = iif(? > 0, '', refused)""",
            (
                self.generation,
                self.version,
                self.digest,
                self.source,
                self.rows,
                when.at_ms,
                seq,
                self.number,
                self.number,
            ),
        )
        return seq


@contextmanager
def in_the_background() -> Iterator[None]:
    """Meanwhile Python's threads take turns ten times as often: an import computes for seconds, a card for microseconds."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(usual / 10)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def status_of(path: Path) -> dict[str, Any]:
    """For a tool: which registry the database at `path` has. Raises StoreError."""
    con = sqlite.open_reader(path)
    try:
        with sqlite.explained(path):
            return status(con)
    finally:
        con.close()


def _complete(store: Store, found: Roster) -> None:
    """A list without schedules and holidays keeps those that are there; each schedule that a row names must exist."""
    with store.reader() as con:
        if found.schedules is None:
            found.schedules = con.execute("SELECT schedule, days, begin_min, end_min FROM schedules").fetchall()
        if found.holidays is None:
            found.holidays = con.execute("SELECT day, name FROM holidays").fetchall()
    found.find_strange_schedules()


def _keep_lists(tx: Tx, *, generation: int) -> None:
    """What a list imported at the gate says nothing about stays as head office has it: permits, expected visitors, the watch list …"""
    tx.con.execute(
        f"""INSERT INTO registry_lists (gen, {TABLES["registry_lists"]}) SELECT ?, {TABLES["registry_lists"]} FROM registry_lists
            WHERE gen = (SELECT gen FROM registry)""",
        (generation,),
    )


def _refused(problems: list[str], name: str) -> ImportRefused:
    named = problems[:MAX_NAMED]
    if len(problems) > MAX_NAMED:
        named.append(f"… 还有 and {len(problems) - MAX_NAMED} more")
    return ImportRefused(
        f"{name}: {len(problems)} 处错误，未导入 {len(problems)} problems, nothing was imported",
        named,
        "请按提示更正后重新导入，原名单仍然有效。 Correct them and import again; the old registry stays in force.",
    )


def _ordered(lines: Iterable[str]) -> Iterator[str]:
    """Sorted, in steps that let other threads run between them: one `sorted` of 100,000 lines holds them all up for 0.1 s."""
    waiting = iter(lines)
    pieces = []
    while piece := sorted(islice(waiting, PIECE)):
        pieces.append(piece)
    return heapq.merge(*pieces)


def fresh_generation(store: Store) -> int:
    """Remove the rows of all generations that are not in force, a short transaction at a time; returns the number of the next one. Only while
    `one_import` is held."""
    with store.reader() as con:
        current = int(con.execute("SELECT gen FROM registry").fetchone()[0])
    for table in TABLES:
        while (gen := _other(store, table, current)) is not None:
            while store.transact_sync(_delete(table, gen), bulk=True):
                pass
    return current + 1


def _other(store: Store, table: str, current: int) -> int | None:
    with store.reader() as con:
        sql = f"""SELECT gen FROM (SELECT min(gen) AS gen FROM {table} WHERE gen < ?1 UNION ALL SELECT max(gen) FROM {table} WHERE gen > ?1)
                  WHERE gen IS NOT NULL LIMIT 1"""
        row = con.execute(sql, (current,)).fetchone()
    return int(row[0]) if row else None


def _delete(table: str, gen: int) -> Callable[[Tx], int]:
    """A work that removes the first piece of a generation, in the order in which its rows lie; how many rows."""
    key = ", ".join(TABLES[table].split(", ")[: KEYS[table]])
    last = f"SELECT {key} FROM {table} WHERE gen = {gen} ORDER BY {key} LIMIT 1 OFFSET {PIECE - 1}"
    marks = ", ".join("?" * KEYS[table])

    def work(tx: Tx) -> int:
        row: tuple[Any, ...] | None = tx.con.execute(last).fetchone()
        until = "" if row is None else f" AND ({key}) <= ({marks})"
        return tx.con.execute(f"DELETE FROM {table} WHERE gen = {gen}{until}", row or ()).rowcount

    return work
