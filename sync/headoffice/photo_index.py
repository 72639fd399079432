"""What head office knows of its pictures: two tables beside the events, the same in SQLite and PostgreSQL.

    photos         (site, gate, digest) → key (wrapped by head office's), class, sizes, the event that names it
    photos_erased  (site, gate, digest) → whether what lay in the place is removed too

A gate's `picture.erased` destroys the keys within the transaction that takes the event in (`erase`); from then on what the place has is noise, and
a picture that arrives later is not taken. Removing it from the place follows (`leftovers`, `removed`). What a gate gave up for want of
room (`why` room) is not erased here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sync.headoffice.intake import ChainId, Row, saying
from sync.headoffice.tables import in_both
from sync.photo_protocol import ERASED, UNNAMED, UNPROVEN, Photo
from sync.sealing import Part

Run = Callable[[str, tuple[object, ...]], list[Any]]
"""One statement, with ? for each value; its rows."""
TABLES = in_both("""
CREATE TABLE IF NOT EXISTS photos (
    site {text} NOT NULL, gate {text} NOT NULL, digest {text} NOT NULL, keep {text} NOT NULL, size {int} NOT NULL, thumbnail {text} NOT NULL,
    thumb_size {int} NOT NULL, epoch {text} NOT NULL, event {int} NOT NULL, at_ms {int} NOT NULL, key {bytes} NOT NULL,
    PRIMARY KEY (site, gate, digest));
CREATE TABLE IF NOT EXISTS photos_erased (
    site {text} NOT NULL, gate {text} NOT NULL, digest {text} NOT NULL, removed {int} NOT NULL,
    PRIMARY KEY (site, gate, digest));
CREATE INDEX IF NOT EXISTS photos_left ON photos_erased (site) WHERE removed = 0;
""")
_ERASED = b'"kind":"picture.erased"'
_HERE_TOO = ("retention", "request", "withdrawn")
_SAME = "(site, gate, digest) = (?, ?, ?)"


def erase(run: Run, where: ChainId, rows: Sequence[Row]) -> int:
    """Within the intake's transaction: destroy the keys of what these verified events say is erased; of how many."""
    count = 0
    for row in saying(rows, _ERASED):
        said = json.loads(row.data)
        body = said.get("body") if said.get("kind") == "picture.erased" else None
        named = body.get("pictures") if isinstance(body, dict) and body.get("why") in _HERE_TOO else ()
        for digest in named if isinstance(named, list) else ():
            if not isinstance(digest, str) or len(digest) != 64:
                continue
            key = (where.site, where.gate, digest)
            run(f"DELETE FROM photos WHERE {_SAME}", key)
            run(
                "INSERT INTO photos_erased VALUES (?, ?, ?, 0) ON CONFLICT (site, gate, digest) DO UPDATE SET removed = 0",
                key,
            )
            count += 1
    return count


class Database(Protocol):
    """A Store as this file uses it."""

    def run(self, sql: str, values: tuple[object, ...] = ()) -> list[Any]:
        """One statement in a transaction of its own. Raises StoreUnavailable."""


@dataclass(frozen=True, slots=True)
class Known:
    """A picture that is here: `size` 0 when only its thumbnail is, `thumbnail` "" when that is not."""

    gate: str
    digest: str
    keep: str
    size: int
    thumbnail: str
    thumb_size: int
    key: bytes
    at_ms: int

    def has(self, part: Part) -> bool:
        """Whether this part is here."""
        return self.size > 0 if part == "picture" else self.thumbnail != ""


class PhotoIndex:
    """Over a Store that belongs to the caller's thread. All methods raise StoreUnavailable."""

    def __init__(self, database: Database, site: str) -> None:
        self._run, self._site = database.run, site

    def known(self, gate: str, digest: str) -> Known | None:
        """What is here of a picture."""
        sql = f"SELECT gate, digest, keep, size, thumbnail, thumb_size, key, at_ms FROM photos WHERE {_SAME}"
        found = self._run(sql, (self._site, gate, digest))
        return Known(*found[0]) if found else None

    def objection(self, gate: str, photo: Photo) -> str:
        """Why it is not taken (ERASED, UNPROVEN, UNNAMED); empty: an event of this gate names it."""
        if self._run(f"SELECT 1 FROM photos_erased WHERE {_SAME}", (self._site, gate, photo.picture)):
            return ERASED
        sql = "SELECT data FROM events WHERE (site, gate, epoch, seq) = (?, ?, ?, ?)"
        found = self._run(sql, (self._site, gate, photo.epoch, photo.event))
        if not found:
            return UNPROVEN
        body = json.loads(bytes(found[0][0])).get("body", {})
        if photo.picture not in body.values():
            return UNNAMED
        small = body.get("thumbnail", "") if photo.part == "thumbnail" else ""
        return UNNAMED if small and small != photo.digest else ""

    def add(self, gate: str, photo: Photo, key: bytes, at_ms: int) -> None:
        """This part lies in the place, sealed under `key` (wrapped)."""
        first = (self._site, gate, photo.picture, photo.keep, *_sizes(photo), photo.epoch, photo.event, at_ms, key)
        self._run(
            f"""INSERT INTO photos SELECT {", ".join(["?"] * 3)}, ?, {_CAST}, ?, {_CAST}, ?, {_CAST}, {_CAST}, ?
                WHERE NOT EXISTS (SELECT 1 FROM photos_erased WHERE {_SAME})
                ON CONFLICT (site, gate, digest) DO UPDATE SET {_set(photo)}""",
            (*first, self._site, gate, photo.picture),
        )

    def leftovers(self, most: int = 200) -> list[tuple[str, str]]:
        """(gate, digest) of what is erased and may still lie in the place."""
        self._run(
            """UPDATE photos_erased SET removed = 0 WHERE site = ? AND EXISTS
               (SELECT 1 FROM photos p WHERE (p.site, p.gate, p.digest) = (photos_erased.site, photos_erased.gate, photos_erased.digest))""",
            (self._site,),
        )
        self._run(
            """DELETE FROM photos WHERE site = ? AND EXISTS
               (SELECT 1 FROM photos_erased e WHERE (e.site, e.gate, e.digest) = (photos.site, photos.gate, photos.digest))""",
            (self._site,),
        )
        sql = f"SELECT gate, digest FROM photos_erased WHERE site = ? AND removed = 0 LIMIT {most}"
        return [(gate, digest) for gate, digest in self._run(sql, (self._site,))]

    def removed(self, gate: str, digest: str) -> None:
        """Nothing of it lies in the place any more."""
        self._run(f"UPDATE photos_erased SET removed = 1 WHERE {_SAME}", (self._site, gate, digest))

    def counts(self, gate: str) -> tuple[int, int]:
        """Pictures and thumbnails of a gate."""
        sql = "SELECT count(CASE WHEN size > 0 THEN 1 END), count(CASE WHEN thumbnail <> '' THEN 1 END) FROM photos WHERE (site, gate) = (?, ?)"
        ((pictures, thumbnails),) = self._run(sql, (self._site, gate))
        return int(pictures), int(thumbnails)


_CAST = "CAST(? AS bigint)"


def _sizes(photo: Photo) -> tuple[int, str, int]:
    return (photo.size, "", 0) if photo.part == "picture" else (0, photo.digest, photo.size)


def _set(photo: Photo) -> str:
    if photo.part == "picture":
        return "size = excluded.size, keep = excluded.keep"
    return "thumbnail = excluded.thumbnail, thumb_size = excluded.thumb_size"
