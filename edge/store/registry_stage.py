"""A whole list on its way into the registry: gathered and judged beside the database, then written into it in order.

    lines as they come ─▶ a file beside the database: cards, plates … as they come ──┐
                          a second one: people, names, plates and units, sorted ─────┴─▶ the writer's thread copies table after table into a
                                                                generation, a short bulk transaction at a time ─▶ the files are gone

Nothing but the writer's copying touches the database, and SQLite does that alone: Python's lock is free meanwhile. Each table grows at its end, so
no page is written twice; rows in the order of the cards would write nearly every page of people and plates again with each transaction.

The files are databases without journal or sync: they are worth nothing after a crash, and are thrown away at the next start (db.py). They hold what the
database will hold, are as private, and live for seconds. The writer sees each only when nobody writes into it any more, and never locks it.

Nothing is passed over: a key that stands twice, one name for two cards, one number for two people, a schedule that nobody has said, a value that
cannot be. The constraints of the tables find it at no cost, then the file is asked for the line that is named (`Misfit`).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from edge.errors import StoreError
from edge.store import sqlite
from edge.store.db import STAGE, Store
from edge.store.registry_rows import AGREES, Misfit, fields_of, list_row
from edge.store.tx import Tx
from sync.registry_lines import added, cards_of, hashes_of, key_of, line_of

AT_ONCE = 64
"""Lines that are read in one go: a tenth of a millisecond in which nobody else has Python's lock."""
SLICE = 500
"""Rows in one short transaction; a card goes before all that wait."""
_CARD = (
    *("uid", "credential", "category", "status", "valid_from", "valid_until", "schedule", "vehicle"),
    *("person", "name", "surname", "title", "supervisor", "unit", "photo"),
)
_MADE = f"""
CREATE TABLE cards ({", ".join(_CARD)});
CREATE TABLE vehicles (uid, plate);
CREATE TABLE lists (list, key, data, hash);
CREATE TABLE schedules (schedule, days, begin_min, end_min);
CREATE TABLE holidays (day, name);
"""
_SORTED = """
PRAGMA cache_size = -16000; PRAGMA sorted.cache_size = -2000;
CREATE TABLE sorted.people AS SELECT person, name, surname, title, supervisor, unit, photo FROM cards ORDER BY person;
CREATE TABLE sorted.names AS SELECT credential, uid FROM cards ORDER BY credential;
CREATE TABLE sorted.plates AS SELECT plate AS word, uid FROM vehicles ORDER BY plate, uid;
CREATE TABLE sorted.units AS SELECT unit AS word, uid FROM cards WHERE unit <> '' ORDER BY unit, uid;
"""
_AS_THEY_CAME = {
    "cards": ("registry_credentials", "uid, credential, category, status, person, valid_from, valid_until, schedule, vehicle"),
    "vehicles": ("registry_vehicles", "uid, plate"),
    "schedules": ("registry_schedules", "schedule, days, begin_min, end_min"),
    "holidays": ("registry_holidays", "day, name"),
    "lists": ("registry_lists", "list, key, data, hash"),
}  # fmt: skip
_IN_ORDER = {
    "people": ("registry_people", "person, name, surname, title, supervisor, unit, photo"),
    "names": ("registry_names", "credential, uid"),
    "plates": ("registry_words", "word, uid, 'plate' AS kind"),
    "units": ("registry_words", "word, uid, 'unit' AS kind"),
}
"""Where rows are → the table into which they go, and its columns."""
_UNKNOWN = (
    "SELECT uid, schedule FROM cards WHERE schedule <> '' AND schedule NOT IN (SELECT schedule FROM schedules) LIMIT 1"
)
_WRONG = (
    ("twice", "SELECT 'c', uid FROM cards GROUP BY uid HAVING count(*) > 1"),
    ("name-taken", "SELECT 'c', max(uid) FROM cards GROUP BY credential HAVING count(*) > 1"),
    (
        "person-differs",
        """WITH first AS (SELECT person, min(rowid) AS at FROM cards GROUP BY person)
           SELECT 'c', c.uid FROM cards c JOIN first USING (person) JOIN cards f ON f.rowid = first.at
           WHERE (c.name, c.surname, c.title, c.supervisor, c.unit, c.photo) IS NOT (f.name, f.surname, f.title, f.supervisor, f.unit, f.photo)
           ORDER BY c.rowid""",
    ),
    ("twice", "SELECT 'c', uid FROM vehicles GROUP BY uid, plate HAVING count(*) > 1"),
    ("twice", "SELECT 'l', list, key FROM lists GROUP BY list, key HAVING count(*) > 1"),
    ("twice", "SELECT 'h', day FROM holidays GROUP BY day HAVING count(*) > 1"),
    ("twice", "SELECT 's', schedule, days, begin_min FROM schedules GROUP BY 2, 3, 4 HAVING count(*) > 1"),
    (
        "value",
        """SELECT 'c', uid FROM cards WHERE category NOT IN ('owner', 'company', 'staff', 'temporary')
           OR status NOT IN ('active', 'blocked', 'lost')""",
    ),
)
Rows = dict[str, Iterable[tuple[Any, ...]]]
Copying = Callable[[Tx], None]


class Stage:
    """One list. `path`: its file, made anew. One call at a time, on any thread but the loop's and the writer's. Raises StoreError."""

    def __init__(self, path: Path) -> None:
        self._path, self._sorted = path, path.with_name(f"{path.name}-sorted")
        self._seen: list[str] = []
        with sqlite.explained(path):
            _create(path)
            self._con = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._con.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_MADE}")
        self.total = 0
        """The digest so far (registry_lines.py)."""
        self.cards = 0

    def put(self, text: str) -> None:
        """Lines, a line break between. Raises Misfit."""
        if not text:
            return
        lines = text.split("\n")
        with sqlite.explained(self._path):
            self._con.execute("BEGIN")
            for at in range(0, len(lines), AT_ONCE):
                self._put(lines[at : at + AT_ONCE])
            self._con.execute("COMMIT")

    def _put(self, lines: Sequence[str]) -> None:
        text = "\n".join(lines)
        self.total = added(self.total, hashes_of(text))
        columns = cards_of(text)
        rows = _of_columns(columns) if columns is not None else _of_lines(lines)
        try:
            for table, some in rows.items():
                made = [*some]
                if made:
                    marks = ", ".join("?" * len(made[0]))
                    self._con.executemany(f"INSERT INTO {table} VALUES ({marks})", made)
                self.cards += len(made) if table == "cards" else 0
        except (OverflowError, UnicodeEncodeError):
            raise next(filter(None, map(_strange, lines)), Misfit("value")) from None

    def fill(self, store: Store, gen: int) -> None:
        """Into a generation that is not in force; the caller holds `registry.one_import`. Raises Misfit, and then it is for nothing."""
        futures: list[Future[None]] = []
        self._attached(store, "coming", self._path)
        try:
            futures += map(store.bulk, _works(gen, "coming", _AS_THEY_CAME, self._counts("main", _AS_THEY_CAME)))
            self._sort()
            self._attached(store, "sorted", self._sorted)
            futures += map(store.bulk, _works(gen, "sorted", _IN_ORDER, self._counts("sorted", _IN_ORDER)))
            for future in futures:
                future.result()
        except sqlite3.IntegrityError as e:
            raise self._wrong() from e
        finally:
            for future in futures:
                future.cancel()
            while self._seen:
                store.detach(self._seen.pop())

    def _attached(self, store: Store, name: str, path: Path) -> None:
        store.attach(name, path)
        self._seen.append(name)

    def _sort(self) -> None:
        """On this thread, while the writer's copies what is in order already. Raises Misfit."""
        with sqlite.explained(self._path):
            _create(self._sorted)
            self._con.execute("ATTACH ? AS sorted", (str(self._sorted),))
            self._con.executescript(f"PRAGMA sorted.journal_mode = OFF; PRAGMA sorted.synchronous = OFF; {_SORTED}")
            unknown = self._con.execute(_UNKNOWN).fetchone()
        if unknown is not None:
            raise Misfit("schedule-unknown", key_of(["c", unknown[0]]), unknown[1])

    def _counts(self, schema: str, of: Mapping[str, tuple[str, str]]) -> dict[str, int]:
        with sqlite.explained(self._path):
            last = {source: self._con.execute(f"SELECT max(rowid) FROM {schema}.{source}").fetchone() for source in of}
        return {source: row[0] or 0 for source, row in last.items()}

    def _wrong(self) -> Misfit:
        for why, sql in _WRONG:
            key = self._con.execute(sql).fetchone()
            if key is not None:
                return Misfit(why, line_of(key), line_of(key))
        return Misfit("value")

    def close(self) -> None:
        """The files are gone. A second call does nothing."""
        self._con.close()
        discard(self._path)


def discard(path: Path) -> None:
    """Files that were left over are worth nothing."""
    for name in (path.name, f"{path.name}-sorted"):
        path.with_name(name).unlink(missing_ok=True)


def _create(path: Path) -> None:
    """An empty file that nobody else reads. Raises StoreError."""
    try:
        path.unlink(missing_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as e:
        raise StoreError(f"无法写入 {path.name} cannot be made: {e.strerror}", "请检查数据目录和剩余空间。 Check the data folder and free space.") from e  # fmt: skip


def beside(store: Store, what: str) -> Path:
    """Where such a file lies."""
    return store.path.with_name(f"{store.path.name}.{STAGE}-{what}")


def _works(gen: int, schema: str, of: Mapping[str, tuple[str, str]], counts: Mapping[str, int]) -> Iterator[Copying]:
    for source, (target, columns) in of.items():
        names = ", ".join(column.split(" AS ")[-1] for column in columns.split(", "))
        agrees = AGREES if target == "registry_people" else ""
        sql = f"""INSERT INTO {target} ({names}, gen) SELECT {columns}, {gen} FROM {schema}.{source}
                  WHERE rowid > ? AND rowid <= ?{agrees}"""
        for at in range(0, counts[source], SLICE):
            yield _copying(sql, at)


def _copying(sql: str, at: int) -> Copying:
    def work(tx: Tx) -> None:
        tx.con.execute(sql, (at, at + SLICE))

    return work


def _of_columns(columns: list[tuple[Any, ...]]) -> Rows:
    plates = [(uid, plate) for uid, some in zip(columns[1], columns[9], strict=True) for plate in some]
    return {"cards": zip(*columns[1:9], *columns[10:], strict=True), "vehicles": plates}


def _of_lines(lines: Iterable[str]) -> Rows:
    made: dict[str, list[tuple[Any, ...]]] = {name: [] for name in ("cards", "vehicles", "lists", "schedules", "holidays")}  # fmt: skip
    for fields in map(fields_of, lines):
        if fields[0] == "c":
            made["cards"].append((*fields[1:9], *fields[10:]))
            made["vehicles"] += [(fields[1], plate) for plate in fields[9]]
        elif fields[0] == "l":
            made["lists"].append(list_row(fields))
        else:
            made["holidays" if fields[0] == "h" else "schedules"].append(tuple(fields[1:]))
    return dict(made)


def _strange(line: str) -> Misfit | None:
    """What SQLite has no value for: half a letter, a number of more than 64 bits."""
    fields = fields_of(line)
    text = line_of(fields)
    large = any(isinstance(value, int) and abs(value) >> 63 for value in fields)
    if large or any("\ud800" <= letter <= "\udfff" for letter in text):
        return Misfit("value", key_of(fields).encode("utf-8", "replace").decode(), text.encode("utf-8", "replace").decode())  # fmt: skip
    return None
