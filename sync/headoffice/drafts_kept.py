"""Drafts of lists wait in head office's database until somebody publishes them: a restart loses nobody's work, and all `serve` processes see the same.

    handed in ─▶ a row: the table as it came, who, when ─▶ compared (drafts.py) ─▶ what would change, as pages show it, and on which version
             ─▶ published (the row goes in the version's own transaction), thrown away, or its time is over: it is erased

A draft names people who are in no list yet, so it is kept no longer than somebody works on it: `WAIT_MS` after it was last touched, `FAILED_MS` where there
is nothing to publish in it. Whoever opens the pages clears away what is over; so does head office's retention, where nobody does.
"""

from __future__ import annotations

import json
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sync.headoffice.drafts import Handed
from sync.headoffice.store import Store
from sync.headoffice.tables import in_both

WAIT_MS = 3 * 86_400_000
"""Over a weekend."""
FAILED_MS = 3_600_000
BEAT_MS = 15_000
"""Who compares one says so more often than this; after it somebody else may begin."""
MOST = 30
"""Drafts that wait. A further one is refused: nobody's work goes for it."""
TABLES = in_both("""
CREATE TABLE IF NOT EXISTS registry_drafts (
    site {text} NOT NULL, number {text} NOT NULL, list {text} NOT NULL, name {text} NOT NULL, whole {int} NOT NULL, gates {text} NOT NULL,
    edits {int} NOT NULL, data {bytes} NOT NULL, by_whom {text} NOT NULL, at_ms {int} NOT NULL, base {int} NOT NULL, said {text} NOT NULL,
    fit {int} NOT NULL, share {int} NOT NULL, beat_ms {int} NOT NULL, PRIMARY KEY (site, number));
""")
_COLUMNS = "number, list, name, whole, edits, by_whom, at_ms, base, said, fit, share, beat_ms"


class Full(Exception):
    """As many drafts wait as may."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One that waits. `said`: what would change or is wrong, as pages show it (registry_view.preview), None: it is not compared yet; `base`: with
    which version; `fit`: whether there is something to publish; `share`: how far the comparing is, per cent; `beat_ms`: when that was said."""

    number: str
    list: str
    name: str
    whole: bool
    edits: bool
    by: str
    at_ms: int
    base: int
    said: Mapping[str, Any] | None
    fit: bool
    share: int
    beat_ms: int


class Drafts:
    """One site's; all methods raise StoreUnavailable."""

    def __init__(self, store: Store, site: str) -> None:
        self._store, self._site = store, site

    def keep(self, by: str, handed: Handed, now_ms: int) -> str:
        """One more, not compared yet; its number. Raises Full."""
        self.tidy(now_ms)
        number = secrets.token_urlsafe(9)
        with self._store.together() as run:
            if run("SELECT count(*) FROM registry_drafts WHERE site = ?", (self._site,))[0][0] >= MOST:
                raise Full
            row = (handed.list, handed.name, int(handed.whole), handed.gates, int(handed.edits))
            data = zlib.compress(handed.data, 1)
            sql = "INSERT INTO registry_drafts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, -1, '', 0, 0, 0)"
            run(sql, (self._site, number, *row, data, by, now_ms))
        return number

    def put(self, number: str, handed: Handed, was: Draft, now_ms: int) -> bool:
        """Other contents for one that is `was`; False when it is not that any more."""
        sql = """UPDATE registry_drafts SET data = ?, base = -1, said = '', fit = 0, at_ms = ?
                 WHERE site = ? AND number = ? AND at_ms = ? RETURNING number"""
        values = (zlib.compress(handed.data, 1), max(now_ms, was.at_ms + 1), self._site, number, was.at_ms)
        return bool(self._store.run(sql, values))

    def compared(self, number: str, base: int, said: Mapping[str, Any], *, fit: bool) -> None:
        """What came of comparing it."""
        sql = "UPDATE registry_drafts SET base = ?, said = ?, fit = ?, share = 100, beat_ms = 0 WHERE site = ? AND number = ?"
        text = json.dumps(said, ensure_ascii=False)
        self._store.run(sql, (base, text, int(fit), self._site, number))

    def begin(self, number: str, now_ms: int, *, broken: bool = False) -> bool:
        """Somebody will compare it; False when somebody else is at it. `broken`: who was at it is known to have ended."""
        sql = """UPDATE registry_drafts SET said = '', fit = 0, base = -1, share = 0, beat_ms = ? WHERE site = ? AND number = ? AND beat_ms < ?
                 RETURNING number"""
        return bool(self._store.run(sql, (now_ms, self._site, number, now_ms + 1 if broken else now_ms - BEAT_MS)))

    def beat(self, number: str, share: int, now_ms: int) -> None:
        """The comparing is so far."""
        sql = "UPDATE registry_drafts SET share = ?, beat_ms = ? WHERE site = ? AND number = ?"
        self._store.run(sql, (share, now_ms, self._site, number))

    def all(self, now_ms: int) -> list[Draft]:
        """The newest first."""
        self.tidy(now_ms)
        sql = f"SELECT {_COLUMNS} FROM registry_drafts WHERE site = ? ORDER BY at_ms DESC, number"
        return [_draft(row) for row in self._store.run(sql, (self._site,))]

    def of(self, number: str) -> Draft | None:
        """One; None when it is gone."""
        sql = f"SELECT {_COLUMNS} FROM registry_drafts WHERE site = ? AND number = ?"
        rows = self._store.run(sql, (self._site, number))
        return _draft(rows[0]) if rows else None

    def handed(self, number: str) -> Handed | None:
        """As it was handed in; None when it is gone."""
        sql = "SELECT list, data, name, whole, gates, edits FROM registry_drafts WHERE site = ? AND number = ?"
        rows = self._store.run(sql, (self._site, number))
        if not rows:
            return None
        list_, data, name, whole, gates, edits = rows[0]
        return Handed(list_, zlib.decompress(data), name, bool(whole), gates, bool(edits))

    def drop(self, number: str) -> None:
        """Not wanted: erased."""
        self._store.run("DELETE FROM registry_drafts WHERE site = ? AND number = ?", (self._site, number))
        self.erased()

    def gone(self, draft: Draft) -> tuple[str, list[tuple[object, ...]]]:
        """The statement by which it goes (Registry.take); what was written into it meanwhile stays."""
        return "DELETE FROM registry_drafts WHERE site = ? AND number = ? AND at_ms = ?", [
            (self._site, draft.number, draft.at_ms)
        ]

    def tidy(self, now_ms: int) -> int:
        """Erase those whose time is over; how many."""
        sql = """DELETE FROM registry_drafts WHERE site = ? AND (at_ms < ? OR (at_ms < ? AND base >= 0 AND fit = 0)) RETURNING number"""
        found = self._store.run(sql, (self._site, now_ms - WAIT_MS, now_ms - FAILED_MS))
        if found:
            self.erased()
        return len(found)

    def erased(self) -> None:
        """Rows have gone: an SQLite file's log still has their old pages."""
        if not self._store.postgres:
            self._store.run("PRAGMA wal_checkpoint(TRUNCATE)")


def _draft(row: Any) -> Draft:
    number, list_, name, whole, edits, by, at_ms, base, said, fit, share, beat_ms = row
    told = json.loads(said) if said else None
    return Draft(number, list_, name, bool(whole), bool(edits), by, at_ms, base, told, bool(fit), share, beat_ms)


def short(draft: Draft) -> dict[str, Any]:
    """For the list of those that wait."""
    names = ("number", "list", "name", "whole", "edits", "by", "at_ms", "base", "share")
    said = draft.said or {}
    made = {name: getattr(draft, name) for name in names}
    return made | {"waits": draft.said is None, "bad": said.get("bad", 0), "counts": said.get("counts", {})}


def whole(draft: Draft) -> dict[str, Any]:
    """A preview (registry_view.preview), or how far it is."""
    return short(draft) | dict(draft.said or {})
