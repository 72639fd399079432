"""What head office's two stores say to their databases in the same words.

    Store (store.py)        what a store promises
    └ SharedStore           statements that SQLite and PostgreSQL both understand
      ├ SqliteStore         events come one by one; its clock is ours
      └ PostgresStore       events come by COPY, in months; its clock is its own

Values stand as `?`, as in the modules that are given a store's `run` (told.py, index.py, desk.py …).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from sync.headoffice import told
from sync.headoffice.intake import ChainId, Mark, Row
from sync.headoffice.photo_index import Run
from sync.headoffice.store import Alarm, Chain, Heard
from sync.headoffice.told import Told


class SharedStore(ABC):
    """Most of a Store (see store.py for what each method promises)."""

    postgres: bool

    @abstractmethod
    def run(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        """See Store."""

    @abstractmethod
    def at_once(self, statements: Sequence[tuple[str, Sequence[tuple[object, ...]]]]) -> None:
        """See Store."""

    @abstractmethod
    def together(self) -> AbstractContextManager[Run]:
        """See Store."""

    # ---- chains

    def mark(self, where: ChainId) -> Mark:
        """See Store."""
        found = self.run("SELECT seq, hash FROM chains WHERE (site, gate, epoch) = (?, ?, ?)", where)
        return Mark(*found[0]) if found else Mark()

    def chains(self, site: str = "") -> list[Chain]:
        """See Store."""
        sql = """SELECT site, gate, epoch, seq, hash, signature, began_ms, at_ms, (SELECT count(*) FROM quarantine q
                 WHERE (q.site, q.gate, q.epoch) = (c.site, c.gate, c.epoch))
                 FROM chains c WHERE ? IN ('', site) ORDER BY began_ms, site, gate, epoch"""
        return [Chain(ChainId(*r[:3]), Mark(r[3], r[4]), *r[5:]) for r in self.run(sql, (site,))]

    def hash_at(self, where: ChainId, seq: int) -> bytes | None:
        """See Store."""
        sql = "SELECT hash FROM events WHERE (site, gate, epoch, seq) = (?, ?, ?, ?) LIMIT 1"
        found = self.run(sql, (*where, seq))
        return found[0][0] if found else None

    def rows(self, where: ChainId, page: int = 1000) -> Iterator[Row]:
        """See Store."""
        sql = """SELECT seq, e.data, hash, p.data FROM events e LEFT JOIN personal p USING (site, gate, epoch, seq)
                 WHERE (site, gate, epoch) = (?, ?, ?) AND seq > ? ORDER BY seq LIMIT ?"""
        after = 0
        while found := self.run(sql, (*where, after, page)):
            yield from (Row(*r) for r in found)
            after = found[-1][0]

    # ---- what is wrong

    def quarantine(self, where: ChainId, rows: Sequence[Row], at_ms: int) -> int:
        """See Store."""
        sql = "INSERT INTO quarantine VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING seq"
        with self.together() as run:
            return sum(len(run(sql, (*where, r.seq, r.hash, r.data, r.personal, at_ms))) for r in rows)

    def alarm(self, where: ChainId, code: str, detail: str, at_ms: int) -> None:
        """See Store."""
        self.run(
            "INSERT INTO alarms AS a VALUES (?, ?, ?, ?, ?, 1, ?, ?) ON CONFLICT (site, gate, epoch, code) DO UPDATE"
            " SET detail = excluded.detail, count = a.count + 1, last_ms = excluded.last_ms",
            (*where, code, detail.replace("\x00", ""), at_ms, at_ms),
        )

    def alarms(self, site: str = "") -> list[Alarm]:
        """See Store."""
        sql = "SELECT * FROM alarms WHERE ? IN ('', site) ORDER BY first_ms, site, gate, epoch, code"
        return [Alarm(ChainId(*r[:3]), *r[3:]) for r in self.run(sql, (site,))]

    # ---- gates

    def key_of(self, site: str, gate: str) -> bytes | None:
        """See Store."""
        found = self.run("SELECT key FROM gates WHERE (site, gate) = (?, ?)", (site, gate))
        return found[0][0] if found else None

    def enrol(self, site: str, gate: str, key: bytes, how: str, at_ms: int, *, replace: bool = False) -> bytes:
        """See Store."""
        what = "UPDATE SET key = excluded.key, how = excluded.how, at_ms = excluded.at_ms" if replace else "NOTHING"
        sql = f"INSERT INTO gates VALUES (?, ?, ?, ?, ?) ON CONFLICT (site, gate) DO {what}"
        self.run(sql, (site, gate, key, how, at_ms))
        return self.key_of(site, gate) or key

    def instruct(self, site: str, gate: str, act: str, data: str, by: str, at_ms: int, until_ms: int = 0) -> int:
        """See Store."""
        with self.together() as run:
            return told.tell(run, self.postgres, Told(site, gate, 0, act, data, by, at_ms, until_ms))

    def told(self, site: str, gate: str = "", *, only_open: bool = False) -> list[Told]:
        """See Store."""
        where = " AND result = ''" if only_open else ""
        sql = f"SELECT * FROM instructions WHERE site = ? AND ? IN ('', gate){where} ORDER BY gate, number"
        return [Told(*row) for row in self.run(sql, (site, gate))]

    def hear(self, site: str, heard: Sequence[Heard]) -> None:
        """See Store."""
        sql = (
            "INSERT INTO heard VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (site, gate) DO UPDATE SET online = excluded.online,"
            " epoch = excluded.epoch, high = excluded.high, details = excluded.details, at_ms = excluded.at_ms"
        )
        self.at_once([(sql, [(site, *h.row()) for h in heard])])

    def heard(self, site: str) -> list[Heard]:
        """See Store."""
        sql = "SELECT gate, online, epoch, high, details, at_ms FROM heard WHERE site = ? ORDER BY gate"
        return [Heard.of(row) for row in self.run(sql, (site,))]

    def leave(self, site: str, receiver: str) -> None:
        """See Store."""
        self.run("DELETE FROM receivers WHERE (site, name) = (?, ?)", (site, receiver))
