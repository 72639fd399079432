"""Head office's own retention: whatever the gates do, personal data here ends when its time is over.

Usually a gate erases first, says so in its journal, and head office follows (store.py). This is for what no gate says any more: the tail of a journal beyond a
restored backup, a gate that was replaced, a gate whose own times are longer than what this house allows itself.

    every hour, one of however many receivers (`turn`)
      for each chain and group (name, phone, number, remark) from its mark on, in order, up to the first event that is not old enough:
        the fields of that group leave the personal part (sync/personal.py: the chain still proves itself), the index and saved searches
      pictures by class: their keys are destroyed, the sweep removes the files (photo_index.py)
      what forks and answered instructions hold of persons
    each round that did something is on record in `retention_done`, which is only ever added to: numbers of events, never whose

Not erased is what a shift leader keeps (保全, `record.kept` until `record.released`) and what still goes on: a visitor who has not left, a request that is open. Those are asked again when everything else
is done (`waiting`). The event itself, plates, units and masked numbers stay.

An event's age is by its gate's clock where that was set by a time server, and is not in the future; else it is as old as its neighbours before it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sync import personal
from sync.headoffice import index
from sync.headoffice.config_tables import Retention
from sync.headoffice.index_words import time_of
from sync.headoffice.intake import ChainId
from sync.headoffice.photo_index import Run
from sync.headoffice.retention_kept import Kept
from sync.headoffice.store import left_of
from sync.headoffice.tables import append_only, in_both

GROUPS: Mapping[str, tuple[str, ...]] = {
    "name": ("bearer", "driver", "holder", "host", "name", "names", "owner", "signer", "surname"),
    "phone": ("phone",),
    "number": ("line", "number"),
    "remark": ("customs", "note", "reason", "remark", "wishes", "words"),
}
"""The fields of personal parts by group, as the gate has them (a test compares)."""
EVERY_MS = 3_600_000
DAY_MS = 86_400_000
PIECE = 100
_TABLES = in_both("""
CREATE TABLE IF NOT EXISTS retention_turns (site {text} PRIMARY KEY, at_ms {int} NOT NULL);
CREATE TABLE IF NOT EXISTS retention_marks (
    site {text} NOT NULL, gate {text} NOT NULL, epoch {text} NOT NULL, part {text} NOT NULL, seq {int} NOT NULL,
    PRIMARY KEY (site, gate, epoch, part));
CREATE TABLE IF NOT EXISTS retention_waiting (
    site {text} NOT NULL, gate {text} NOT NULL, epoch {text} NOT NULL, part {text} NOT NULL, seq {int} NOT NULL,
    PRIMARY KEY (site, gate, epoch, part, seq));
CREATE TABLE IF NOT EXISTS retention_done (
    number {serial}, at_ms {int} NOT NULL, site {text} NOT NULL, gate {text} NOT NULL, epoch {text} NOT NULL, part {text} NOT NULL, days {int} NOT NULL,
    count {int} NOT NULL, first {text} NOT NULL, last {text} NOT NULL);
CREATE INDEX IF NOT EXISTS photos_by_age ON photos (site, keep, at_ms);
""")
TABLES = _TABLES + append_only("retention_done", "retention_is", "what was erased is on record")


def again(run: Run, where: ChainId, seq: int) -> None:
    """Event `seq` came after later ones had been dealt with: it is looked at once more."""
    sql = "UPDATE retention_marks SET seq = ? WHERE (site, gate, epoch) = (?, ?, ?) AND seq >= ?"
    run(sql, (seq - 1, *where, seq))


class Keeper:
    """One site's. Belongs to one thread; all methods raise StoreUnavailable."""

    def __init__(self, store: index.Database, site: str, days: Retention) -> None:
        self._store, self._site, self._days = store, site, days
        self.behind: frozenset[str] = frozenset()
        """Gates that were left out of the last round, because the index is too far behind to say what is kept."""

    def turn(self, now_ms: int) -> bool:
        """Whether it is our turn: once an hour, of all receivers together."""
        sql = """INSERT INTO retention_turns AS t VALUES (?, ?) ON CONFLICT (site) DO UPDATE SET at_ms = excluded.at_ms
                 WHERE t.at_ms <= ? RETURNING at_ms"""
        return bool(self._store.run(sql, (self._site, now_ms, now_ms - EVERY_MS)))

    def work(self, now_ms: int) -> int:
        """Erase what has had its time; how many events, pictures and rows were concerned."""
        done = 0
        kept = Kept(self._store, self._site)
        for chain in self._store.chains(self._site):
            for part, days in self._days.groups.items():
                limit = now_ms - days * DAY_MS
                if kept.unsure(chain.where) or chain.began_ms > now_ms:
                    continue
                done += self._waiting(chain.where, part, days, kept, now_ms)
                while (found := self._piece(chain.where, part, days, limit, chain.began_ms, kept, now_ms)) is not None:
                    done += found
        for keep, days in self._days.pictures.items():
            if days:
                done += self._pictures(keep, days, kept, now_ms)
        done += self._rest(now_ms)
        self.behind = frozenset(kept.behind)
        if done and not self._store.postgres:
            self._store.run("PRAGMA wal_checkpoint(TRUNCATE)")  # the log's old pages still hold it
        return done

    # ---- names, telephones, numbers, remarks

    def _piece(
        self, where: ChainId, part: str, days: int, limit: int, began_ms: int, kept: Kept, now_ms: int
    ) -> int | None:
        """The next events of a chain; None when there are none left that are old enough."""
        with self._store.together() as run:
            index.lock(run, self._store.postgres)
            mark = run(_MARK, (*where, part))
            come = int(mark[0][0]) if mark else 0
            found = run(_PARTS, (*where, come, PIECE))
            last = run(_AT, (*where, come))
            before = _age(json.loads(bytes(last[0][0])), began_ms, now_ms) if last else began_ms
            old = []
            for seq, data, stored in found:
                said = json.loads(bytes(data))
                before = _age(said, before, now_ms)
                if before >= limit:
                    break
                old.append((seq, said, bytes(stored)))
            if not old:
                return None
            gone = []
            for seq, said, stored in old:
                if not _has(stored, part):
                    continue
                if kept.holds(where, seq, said):
                    run(f"INSERT INTO retention_waiting VALUES {_FIVE} ON CONFLICT DO NOTHING", (*where, part, seq))
                else:
                    _erase(run, where, seq, part, stored)
                    gone.append(seq)
            index.erase(run, where, gone, GROUPS[part])
            sql = f"""INSERT INTO retention_marks VALUES {_FIVE} ON CONFLICT (site, gate, epoch, part) DO UPDATE SET seq = excluded.seq"""
            run(sql, (*where, part, old[-1][0]))
            self._record(run, now_ms, where, part, days, gone)
        return len(gone)

    def _waiting(self, where: ChainId, part: str, days: int, kept: Kept, now_ms: int) -> int:
        """What was kept or went on, and is over now."""
        sql = """SELECT w.seq, e.data, p.data FROM retention_waiting w
            JOIN events e ON (e.site, e.gate, e.epoch, e.seq) = (w.site, w.gate, w.epoch, w.seq)
            LEFT JOIN personal p ON (p.site, p.gate, p.epoch, p.seq) = (w.site, w.gate, w.epoch, w.seq)
            WHERE (w.site, w.gate, w.epoch, w.part) = (?, ?, ?, ?) ORDER BY w.seq"""
        gone = []
        with self._store.together() as run:
            index.lock(run, self._store.postgres)
            for seq, data, stored in run(sql, (*where, part)):
                if kept.holds(where, seq, json.loads(bytes(data))):
                    continue
                if stored is not None and _has(bytes(stored), part):
                    _erase(run, where, seq, part, bytes(stored))
                    gone.append(seq)
                run(
                    f"DELETE FROM retention_waiting WHERE (site, gate, epoch, part, seq) = {_FIVE}", (*where, part, seq)
                )
            index.erase(run, where, gone, GROUPS[part])
            self._record(run, now_ms, where, part, days, gone)
        return len(gone)

    # ---- pictures

    def _pictures(self, keep: str, days: int, kept: Kept, now_ms: int) -> int:
        """A class of pictures, by when they came."""
        sql = """SELECT p.gate, p.digest, p.epoch, p.event, p.at_ms, e.data FROM photos p
            LEFT JOIN events e ON (e.site, e.gate, e.epoch, e.seq) = (p.site, p.gate, p.epoch, p.event)
            WHERE p.site = ? AND p.keep = ? AND p.at_ms < ? AND (p.at_ms, p.gate, p.digest) > (?, ?, ?)
            ORDER BY p.at_ms, p.gate, p.digest LIMIT ?"""
        at: tuple[int, str, str] = (-1, "", "")
        done = 0
        while found := self._store.run(sql, (self._site, keep, now_ms - days * DAY_MS, *at, PIECE)):
            at = (found[-1][4], found[-1][0], found[-1][1])
            with self._store.together() as run:
                gone: dict[ChainId, list[str]] = {}
                for gate, digest, epoch, event, _, data in found:
                    where = ChainId(self._site, gate, epoch)
                    said = json.loads(bytes(data)) if data is not None else {}
                    if kept.unsure(where) or kept.holds(where, event, said):
                        continue
                    run("DELETE FROM photos WHERE (site, gate, digest) = (?, ?, ?)", (self._site, gate, digest))
                    run(_GONE, (self._site, gate, digest))
                    gone.setdefault(where, []).append(digest)
                for where, digests in gone.items():
                    self._record(run, now_ms, where, f"picture.{keep}", days, digests)
                    done += len(digests)
        return done

    # ---- what else holds something of persons

    def _rest(self, now_ms: int) -> int:
        """Forks' personal parts, and the words of answered instructions, after the longest of the times above."""
        days = max(self._days.groups.values(), default=0)
        if not days:
            return 0
        limit = now_ms - days * DAY_MS
        with self._store.together() as run:
            forks = run(
                f"UPDATE quarantine SET personal = NULL WHERE {_OLD} AND personal IS NOT NULL RETURNING gate, epoch, seq",
                (self._site, limit),
            )
            told = run(
                f"UPDATE instructions SET data = '{{}}' WHERE {_OLD} AND result <> '' AND data <> '{{}}' RETURNING gate, '', number",
                (self._site, limit),
            )
            for part, rows in (("fork", forks), ("instruction", told)):
                by: dict[ChainId, list[int]] = {}
                for gate, epoch, number in rows:
                    by.setdefault(ChainId(self._site, gate, epoch), []).append(number)
                for where, numbers in by.items():
                    self._record(run, now_ms, where, part, days, sorted(numbers))
        return len(forks) + len(told)

    def _record(
        self, run: Run, now_ms: int, where: ChainId, part: str, days: int, gone: Sequence[int] | Sequence[str]
    ) -> None:
        if gone:
            sql = "INSERT INTO retention_done (at_ms, site, gate, epoch, part, days, count, first, last) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            run(sql, (now_ms, *where, part, days, len(gone), str(gone[0])[:20], str(gone[-1])[:20]))


_FIVE = "(?, ?, ?, ?, ?)"
_OLD = "site = ? AND at_ms < ?"
_MARK = "SELECT seq FROM retention_marks WHERE (site, gate, epoch, part) = (?, ?, ?, ?)"
_PARTS = """SELECT p.seq, e.data, p.data FROM personal p JOIN events e ON (e.site, e.gate, e.epoch, e.seq) = (p.site, p.gate, p.epoch, p.seq)
    WHERE (p.site, p.gate, p.epoch) = (?, ?, ?) AND p.seq > ? ORDER BY p.seq LIMIT ?"""
_AT = "SELECT data FROM events WHERE (site, gate, epoch, seq) = (?, ?, ?, ?)"
_GONE = "INSERT INTO photos_erased VALUES (?, ?, ?, 0) ON CONFLICT (site, gate, digest) DO UPDATE SET removed = 0"


def _age(said: Mapping[str, Any], before: int, now_ms: int) -> int:
    """When an event was; one whose clock was in doubt or in the future: as its neighbour before."""
    at_ms = time_of(str(said.get("at", "")))
    return at_ms if said.get("clock") == "ntp" and 0 < at_ms <= now_ms else before


def _has(stored: bytes, part: str) -> bool:
    try:
        return not personal.read(stored).keys().isdisjoint(GROUPS[part])
    except personal.DamagedPart:
        return True  # it says nothing that could be told apart, so it goes whole


def _erase(run: Run, where: ChainId, seq: int, part: str, stored: bytes) -> None:
    left = left_of(stored, GROUPS[part])
    key = (*where, seq)
    if left is None:
        run("DELETE FROM personal WHERE (site, gate, epoch, seq) = (?, ?, ?, ?)", key)
    elif left != stored:
        run("UPDATE personal SET data = ? WHERE (site, gate, epoch, seq) = (?, ?, ?, ?)", (left, *key))


def done(run: Run, site: str, limit: int = 200) -> Iterable[dict[str, Any]]:
    """What was erased, the newest first."""
    names = ("at_ms", "gate", "epoch", "part", "days", "count", "first", "last")
    sql = f"SELECT {', '.join(names)} FROM retention_done WHERE site = ? ORDER BY number DESC LIMIT ?"
    return [dict(zip(names, row, strict=True)) for row in run(sql, (site, limit))]
