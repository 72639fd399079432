"""The list of who may pass, as head office keeps it: every import is a version, and what was in force under each stays known.

    registry_versions (site, number)             → who imported what when, and how much of it was new
    registry_lines    (site, key, since)         → a line, from version `since` until before version `until` (0: still), and where it serves
    registry_sums     (site, number, gates)      → sum and count of the lines that serve at the same gates

An import replaces one list (cards with their people, schedules and holidays; or one of lists.py), or only changes the rows that it has; all
others stay. What a version would be is looked through as a whole before it is taken (fit.py): nothing is signed that a gate would refuse.

So the list of any gate under any version, and what changed between two, are one query each; and its digest is a sum of a few rows,
since few words are ever written into the column of gates. Names, units and plates stand only in `registry_lines`; versions that no gate
needs any more go with `forget`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import islice
from typing import Any

from sync.headoffice.registry_plan import CARDS, Database, Lines, ListAt, Plan, Statement, Sum, Version, compared
from sync.headoffice.registry_times import KIND_OF, as_entries, carried_out, list_of, ordered
from sync.headoffice.tables import in_both
from sync.lists import Listed
from sync.lists_kinds import KINDS
from sync.registry_lines import added, fields_of, hexed, key_of, line_of
from sync.roster import Roster, serves

TABLES = in_both("""
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
""")
FEW = 40
"""So many lines are looked up one by one; more, and the list is read whole."""
_AT = "since <= ? AND (until = 0 OR until > ?)"


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

    def made_from(self, base: int, source: str) -> int | None:
        """The version that came after `base`, if it was imported from this source."""
        sql = "SELECT number FROM registry_versions WHERE site = ? AND base = ? AND source = ?"
        rows = self._db.run(sql, (self._site, base, source))
        return int(rows[0][0]) if rows else None

    def complete(self, found: Roster) -> None:
        """A list without schedules and holidays keeps those that are there; each schedule that a row names must exist."""
        found.brings_times = found.schedules is not None or found.holidays is not None
        if found.schedules is None:
            found.schedules = self.schedules()
        if found.holidays is None:
            found.holidays = [(h[0], h[1]) for h in self._of_kind("h")]
        found.find_strange_schedules()

    def schedules(self) -> list[tuple[str, str, int, int]]:
        """Those in force: name, days, from minute, until minute."""
        return [(s[0], s[1], s[2], s[3]) for s in self._of_kind("s")]

    def _of_kind(self, kind: str) -> list[list[Any]]:
        number = self.newest()[0]
        sql = f"SELECT line FROM registry_lines WHERE site = ? AND key >= ? AND key < ? AND {_AT} ORDER BY key"
        rows = self._db.run(sql, (self._site, f'["{kind}"', f'["{kind}#', number, number))
        return [json.loads(row[0])[1:] for row in rows]

    def entry(self, key: str) -> tuple[str, str] | None:
        """The line of a key in force and where it serves."""
        if list_ := list_of(key):
            return self._times(list_).get(key)
        rows = self._of_keys(self.newest()[0], [key])
        return rows[0][1:] if rows else None

    def plan(self, found: Roster, *, whole: bool = True, gone: Set[str] = frozenset()) -> Plan:
        """What taking this list of cards in would change; not `whole`: only its own rows, nobody is removed but the keys `gone`."""
        lines = [(fields, gates) for fields, gates in fields_of(found) if fields[0] == "c" or found.brings_times]
        new = {key_of(fields): (line_of(fields), gates) for fields, gates in lines}
        return self._plan(CARDS, new, whole, gone, found.lacks, only="" if found.brings_times else '["c"')

    def plan_list(self, found: Listed, *, whole: bool = True, gone: Set[str] = frozenset()) -> Plan:
        """The same of another list."""
        made = ((["l", found.kind.name, e.key, ordered(e.data)], e.gates) for e in found.entries)
        new = {key_of(fields): (line_of(fields), gates) for fields, gates in made}
        return self._plan(found.kind.name, new, whole, gone, found.lacks)

    def _plan(
        self, list_: str, new: Lines, whole: bool, gone: Set[str], lacks: tuple[str, ...], only: str = ""
    ) -> Plan:
        base = self.newest()[0]
        touched = None if whole else new.keys() | gone
        if touched is not None and len(touched) <= FEW and list_ not in KIND_OF:
            rows: Iterable[tuple[str, str, str]] = self._of_keys(base, touched)
        else:
            rows = self.in_force(list_)
        old = {key: (line, gates) for key, line, gates in rows if touched is None or key in touched}
        old = {key: value for key, value in old.items() if key.startswith(only)} if only else old
        return compared(base, old, new, lacks)

    def in_force(self, list_: str, *, only_times: bool = False) -> list[tuple[str, str, str]]:
        """Key, line and gates of a list; of cards with the lines of schedules and holidays (or `only_times`: these)."""
        if list_ in KIND_OF:
            return [(key, *value) for key, value in sorted(self._times(list_).items())]
        number = self.newest()[0]
        begin, end = ('["c"', '["l"') if list_ == CARDS else (f'["l","{list_}",', f'["l","{list_}"-')
        begin = end if only_times else begin
        also = " OR key >= '[\"s\"'" if list_ == CARDS else ""
        sql = f"SELECT key, line, gates FROM registry_lines WHERE site = ? AND {_AT} AND (key >= ? AND key < ?{also}) ORDER BY key"
        return [(k, li, g) for k, li, g in self._db.run(sql, (self._site, number, number, begin, end))]

    def _times(self, list_: str) -> Lines:
        """Schedules or holidays as entries (registry_times.py)."""
        kind = KIND_OF[list_]
        return as_entries([kind, *fields] for fields in self._of_kind(kind))

    def _of_keys(self, number: int, keys: Iterable[str]) -> list[tuple[str, str, str]]:
        sql = f"SELECT key, line, gates FROM registry_lines WHERE site = ? AND key = ? AND {_AT}"
        return [tuple(row) for key in keys for row in self._db.run(sql, (self._site, key, number, number))]

    def sharing(self, words: Sequence[str]) -> list[tuple[str, str, str]]:
        """Lines of cards in force in which one of these is a whole field (or, seldom, a part of one that looks so): the database looks, not we."""
        number = self.newest()[0]
        like = " OR ".join(["line LIKE ? ESCAPE '!'"] * len(words))
        sql = f"SELECT key, line, gates FROM registry_lines WHERE site = ? AND {_AT} AND key >= ? AND key < ? AND ({like}) ORDER BY key"
        values = (self._site, number, number, *_span(CARDS), *(_like(line_of([word])[1:-1]) for word in words))
        return [tuple(row) for row in self._db.run(sql, values)] if words else []

    def cards(self) -> int:
        """How many are in force."""
        sql = "SELECT coalesce(sum(cards), 0) FROM registry_sums WHERE (site, number) = (?, ?)"
        return int(self._db.run(sql, (self._site, self.newest()[0]))[0][0])

    def take(self, plan: Plan, source: str, by: str, at_ms: int, above: int = 0, also: Sequence[Statement] = ()) -> int:
        """Make it the version after, and after `above` (what gates say they have). Its number. All or nothing, and `also` with it; raises
        Conflict when somebody else has imported meanwhile."""
        number = max(plan.base, above) + 1
        told = (len(plan.added), len(plan.changed), len(plan.removed))
        plan = carried_out(plan)
        ended = [(number, self._site, key) for key in (*plan.changed, *plan.removed)]
        begun = [(key, *value) for key, value in plan.added.items()]
        begun += [(key, *new) for key, (_, new) in plan.changed.items()]
        sums = self._sums(plan)
        counts = (sum(s.lines for s in sums.values()), *told)
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
                    [(self._site, number, gates, hexed(s.total), s.cards, s.lines) for gates, s in sums.items()],
                ),
                *also,
            ]
        )
        return number

    def _sums(self, plan: Plan) -> dict[str, Sum]:
        """For each wording of «which gates», from those of the version before."""
        sql = "SELECT gates, sum, cards, lines FROM registry_sums WHERE (site, number) = (?, ?)"
        rows = self._db.run(sql, (self._site, plan.base))
        sums = {gates: Sum(int(total, 16), int(cards), int(lines)) for gates, total, cards, lines in rows}
        for key, (line, gates) in plan.removed.items():
            sums.setdefault(gates, Sum()).less(key, line)
        for key, (was, now) in plan.changed.items():
            sums.setdefault(was[1], Sum()).less(key, was[0])
            sums.setdefault(now[1], Sum()).more(key, now[0])
        for key, (line, gates) in plan.added.items():
            sums.setdefault(gates, Sum()).more(key, line)
        return {gates: s for gates, s in sums.items() if s.lines}

    # ---- for people

    def counts(self) -> dict[str, int]:
        """List → how many rows are in force."""
        number = self.newest()[0]
        sql = f"SELECT count(*) FROM registry_lines WHERE site = ? AND {_AT} AND key >= ? AND key < ?"
        counted = {name: (self._site, number, number, *_span(name)) for name in (CARDS, *KINDS) if name not in KIND_OF}
        found = {name: int(self._db.run(sql, values)[0][0]) for name, values in counted.items()}
        return found | {name: len(self._times(name)) for name in KIND_OF}

    def page(self, list_: str, after: str, text: str, limit: int) -> list[tuple[str, str, str]]:
        """Up to `limit` (key, line, gates) of a list in force behind a key, those that contain the text."""
        if list_ in KIND_OF:
            rows = (row for row in self.in_force(list_) if row[0] > after and text.lower() in row[1].lower())
            return [*islice(rows, limit)]
        begin, end = _span(list_)
        number = self.newest()[0]
        sql = f"""SELECT key, line, gates FROM registry_lines WHERE site = ? AND {_AT} AND key > ? AND key < ?
                  AND line LIKE ? ESCAPE '!' ORDER BY key LIMIT ?"""
        return [
            tuple(r)
            for r in self._db.run(sql, (self._site, number, number, max(after, begin), end, _like(text), limit))
        ]

    def line(self, key: str) -> str:
        """A line in force, or the last that was; "": there never was one."""
        sql = "SELECT line FROM registry_lines WHERE site = ? AND key = ? ORDER BY since DESC LIMIT 1"
        rows = self._db.run(sql, (self._site, key))
        return str(rows[0][0]) if rows else ""

    # ---- for the gates

    def list_at(self, gate: str, number: int) -> ListAt:
        """A gate's list under a version; empty when there is no such version, or it is forgotten."""
        return self.lists_at((gate,), number)[gate]

    def lists_at(self, gates: Iterable[str], number: int) -> dict[str, ListAt]:
        """The same of several gates, with one question."""
        sql = "SELECT gates, sum, cards, lines FROM registry_sums WHERE (site, number) = (?, ?)"
        sums = [(row[0], int(row[1], 16), int(row[2]), int(row[3])) for row in self._db.run(sql, (self._site, number))]
        found = {}
        for gate in gates:
            rows = [row for row in sums if serves(row[0], gate)]
            digest = hexed(added(0, (total for _, total, _, _ in rows)))
            found[gate] = ListAt(number, digest, sum(row[2] for row in rows), sum(row[3] for row in rows))
        return found

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


def _like(text: str) -> str:
    return f"%{text.replace('!', '!!').replace('%', '!%').replace('_', '!_')}%"


def _span(list_: str) -> tuple[str, str]:
    """The keys of a list's rows: from, until before."""
    return ('["c"', '["d"') if list_ == CARDS else (f'["l","{list_}",', f'["l","{list_}"-')
