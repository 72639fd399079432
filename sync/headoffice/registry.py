"""The list of who may pass, as head office keeps it: every import is a version, and what was in force under each stays known.

    registry_versions (site, number)             → who imported what when, and how much of it was new
    registry_lines    (site, key, since)         → a line, from version `since` until before version `until` (0: still), and where it serves
    registry_sums     (site, number, gates)      → sum and count of the lines that serve at the same gates

So the list of any gate under any version, and what changed between two, are one query each; and its digest is a sum of a few rows,
since few words are ever written into the column of gates. Names, units and plates stand only in `registry_lines`; versions that no gate
needs any more go with `forget`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sync.registry_lines import added, fields_of, hash_of, hexed, key_of, line_of
from sync.roster import Roster, serves

_TABLES = """
CREATE TABLE IF NOT EXISTS registry_versions (
    site {text} NOT NULL, number {int} NOT NULL, at_ms {int} NOT NULL, by_whom {text} NOT NULL, source {text} NOT NULL, rows {int} NOT NULL,
    added {int} NOT NULL, changed {int} NOT NULL, removed {int} NOT NULL, base {int} NOT NULL,
    PRIMARY KEY (site, number), UNIQUE (site, base));
CREATE TABLE IF NOT EXISTS registry_lines (
    site {text} NOT NULL, key {sorted} NOT NULL, since {int} NOT NULL, until {int} NOT NULL, line {text} NOT NULL, gates {text} NOT NULL,
    PRIMARY KEY (site, key, since));
CREATE INDEX IF NOT EXISTS registry_lines_since ON registry_lines (site, since);
CREATE INDEX IF NOT EXISTS registry_lines_until ON registry_lines (site, until) WHERE until > 0;
CREATE TABLE IF NOT EXISTS registry_sums (
    site {text} NOT NULL, number {int} NOT NULL, gates {text} NOT NULL, sum {text} NOT NULL, cards {int} NOT NULL, lines {int} NOT NULL,
    PRIMARY KEY (site, number, gates));
"""
SQLITE = _TABLES.format(text="TEXT", int="INTEGER", sorted="TEXT")
POSTGRES = _TABLES.format(text="text", int="bigint", sorted='text COLLATE "C"')
_AT = "since <= ? AND (until = 0 OR until > ?)"


class Database(Protocol):
    """A Store as this file uses it."""

    def run(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        """One statement in a transaction of its own. Raises StoreUnavailable."""

    def at_once(self, statements: Sequence[tuple[str, Sequence[tuple[object, ...]]]]) -> None:
        """Each statement for each of its rows of values, all in one transaction. Raises Conflict, StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class Version:
    """One import. `rows`: lines that are in force with it."""

    number: int
    at_ms: int
    by: str
    source: str
    rows: int
    added: int
    changed: int
    removed: int


@dataclass(frozen=True, slots=True)
class ListAt:
    """The list of one gate under one version: its digest, its credentials, all its lines."""

    number: int
    digest: str
    cards: int
    lines: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would change: key → (line, gates); `changed` key → (old, new)."""

    base: int
    added: Mapping[str, tuple[str, str]]
    changed: Mapping[str, tuple[tuple[str, str], tuple[str, str]]]
    removed: Mapping[str, tuple[str, str]]
    new: Mapping[str, tuple[str, str]]

    @property
    def empty(self) -> bool:
        """Whether the list says what is in force already."""
        return not (self.added or self.changed or self.removed)


class Registry:
    """One site's."""

    def __init__(self, db: Database, site: str) -> None:
        self._db, self._site = db, site

    def versions(self) -> list[Version]:
        """All imports, the oldest first."""
        sql = "SELECT number, at_ms, by_whom, source, rows, added, changed, removed FROM registry_versions WHERE site = ? ORDER BY number"
        return [Version(*row) for row in self._db.run(sql, (self._site,))]

    def newest(self) -> tuple[int, int]:
        """Number of the last import and its time; 0, 0 before the first."""
        sql = "SELECT number, at_ms FROM registry_versions WHERE site = ? ORDER BY number DESC LIMIT 1"
        found = self._db.run(sql, (self._site,))
        return (int(found[0][0]), int(found[0][1])) if found else (0, 0)

    def complete(self, found: Roster) -> None:
        """A list without schedules and holidays keeps those that are there; each schedule that a row names must exist."""
        number = self.newest()[0]
        sql = f"SELECT line FROM registry_lines WHERE site = ? AND key >= ? AND key < ? AND {_AT} ORDER BY key"

        def kept(kind: str) -> list[list[Any]]:
            rows = self._db.run(sql, (self._site, f'["{kind}"', f'["{kind}#', number, number))
            return [json.loads(row[0])[1:] for row in rows]

        if found.schedules is None:
            found.schedules = [(s[0], s[1], s[2], s[3]) for s in kept("s")]
        if found.holidays is None:
            found.holidays = [(h[0], h[1]) for h in kept("h")]
        found.find_strange_schedules()

    def plan(self, found: Roster) -> Plan:
        """What taking this list in would change."""
        number = self.newest()[0]
        sql = f"SELECT key, line, gates FROM registry_lines WHERE site = ? AND {_AT}"
        old = {key: (line, gates) for key, line, gates in self._db.run(sql, (self._site, number, number))}
        new = {key_of(fields): (line_of(fields), gates) for fields, gates in fields_of(found)}
        return Plan(
            number,
            {key: value for key, value in new.items() if key not in old},
            {key: (old[key], value) for key, value in new.items() if key in old and old[key] != value},
            {key: value for key, value in old.items() if key not in new},
            new,
        )

    def take(self, plan: Plan, source: str, by: str, at_ms: int, above: int = 0) -> int:
        """Make it the version after, and after `above` (what gates say they have). Its number. All or nothing; raises Conflict when
        somebody else has imported meanwhile."""
        number = max(plan.base, above) + 1
        ended = [(number, self._site, key) for key in (*plan.changed, *plan.removed)]
        begun = [(key, *value) for key, value in plan.added.items()]
        begun += [(key, *new) for key, (_, new) in plan.changed.items()]
        sums: dict[str, list[int]] = {}
        for key, (line, gates) in plan.new.items():
            total = sums.setdefault(gates, [0, 0, 0])
            total[0] = added(total[0], (hash_of(line),))
            total[1] += key.startswith('["c"')
            total[2] += 1
        counts = (len(plan.new), len(plan.added), len(plan.changed), len(plan.removed))
        # First the row that two imports from the same base cannot both write.
        self._db.at_once(
            [
                (
                    "INSERT INTO registry_versions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    [(self._site, number, at_ms, by, source, *counts, plan.base)],
                ),
                ("UPDATE registry_lines SET until = ? WHERE site = ? AND key = ? AND until = 0", ended),
                (
                    "INSERT INTO registry_lines VALUES (?, ?, ?, 0, ?, ?)",
                    [(self._site, key, number, line, gates) for key, line, gates in begun],
                ),
                (
                    "INSERT INTO registry_sums VALUES (?, ?, ?, ?, ?, ?)",
                    [(self._site, number, gates, hexed(t[0]), t[1], t[2]) for gates, t in sums.items()],
                ),
            ]
        )
        return number

    # ---- for the gates

    def list_at(self, gate: str, number: int) -> ListAt:
        """A gate's list under a version; empty when there is no such version, or it is forgotten."""
        sql = "SELECT gates, sum, cards, lines FROM registry_sums WHERE (site, number) = (?, ?)"
        rows = [row for row in self._db.run(sql, (self._site, number)) if serves(row[0], gate)]
        digest = hexed(added(0, (int(row[1], 16) for row in rows)))
        return ListAt(number, digest, sum(int(row[2]) for row in rows), sum(int(row[3]) for row in rows))

    def changes(self, gate: str, base: int, number: int, most: int) -> list[str] | None:
        """The ops that lead a gate from one version to another, in the order of their keys; None when they are more than `most`."""
        sql = """SELECT key, since, until, line, gates FROM registry_lines WHERE site = ? AND since > ? AND since <= ? UNION
                 SELECT key, since, until, line, gates FROM registry_lines WHERE site = ? AND until > ? AND until <= ?
                 ORDER BY 1, 2 LIMIT ?"""
        span = (self._site, base, number)
        rows = self._db.run(sql, (*span, *span, 4 * most + 1))
        if len(rows) > 4 * most:
            return None
        before: dict[str, str] = {}
        after: dict[str, str] = {}
        for key, since, until, line, gates in rows:
            if serves(gates, gate):
                if since <= base:
                    before[key] = line
                if until == 0 or until > number:
                    after[key] = line
        ops = {key: f"-{key}" for key in before.keys() - after.keys()}
        ops |= {key: line for key, line in after.items() if before.get(key) != line}
        return [ops[key] for key in sorted(ops)] if len(ops) <= most else None

    def lines(self, gate: str, number: int, after: str, page: int) -> Iterator[tuple[str, str]]:
        """Up to `page` (key, line) of the site behind the key `after`; those that do not serve at the gate have an empty line."""
        sql = f"SELECT key, line, gates FROM registry_lines WHERE site = ? AND key > ? AND {_AT} ORDER BY key LIMIT ?"
        for key, line, gates in self._db.run(sql, (self._site, after, number, number, page)):
            yield key, line if serves(gates, gate) else ""

    def forget(self, at_ms: int) -> None:
        """Let go of what was in force only before this time: personal data that nobody needs any more."""
        sql = "SELECT max(number) FROM registry_versions WHERE site = ? AND at_ms <= ?"
        (number,) = self._db.run(sql, (self._site, at_ms))[0]  # in force at that time, and perhaps until today
        if number is not None:
            self._db.at_once(
                [
                    ("DELETE FROM registry_lines WHERE site = ? AND until > 0 AND until <= ?", [(self._site, number)]),
                    ("DELETE FROM registry_sums WHERE site = ? AND number < ?", [(self._site, number)]),
                ]
            )
