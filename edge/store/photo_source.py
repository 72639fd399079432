"""The gate's pictures as their uplink sees them: satisfies `sync.photo_protocol.PhotoSource`. Called on the uplink's thread.

In this order, within each the newest first, because what has just happened is what somebody looks for:

    1. asked for by head office     2. refusals, alarms, violations     3. thumbnails of all others     4. the rest

Only what an event names is sent: head office proves each picture by its event. What head office has is marked (`sent`), and then makes room
at the gate before anything that it has not got (photos.py).
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from edge.domain.pictures import FIRST
from edge.errors import DatabaseDamaged, StoreError
from edge.store.db import Tx
from edge.store.photos import NO_KEY, Photos
from sync.journal_source import Life, SourceUnavailable
from sync.photo_protocol import Photo, Waiting

log = logging.getLogger(__name__)
_FIRST = ", ".join(f"'{name}'" for name in FIRST)
_EVENT = """coalesce((SELECT min(seq) FROM pictures q WHERE q.digest = p.digest),
                     (SELECT min(specimen) FROM specimens s WHERE s.digest = p.digest))"""
_STEPS = {
    "asked": "asked = 1 AND sent = 0",
    "first": f"sent = 0 AND keep IN ({_FIRST})",
    "thumbnail": "thumb_sent = 0 AND thumbnail <> ''",
    "rest": "sent = 0",
}


class PhotoSource:
    """Over the picture store. `life`: the epoch to which the event after a number belongs (JournalSource.life)."""

    def __init__(self, photos: Photos, life: Callable[[int], Life]) -> None:
        self._photos, self._life = photos, life

    @property
    def site(self) -> str:
        """Which community."""
        return self._photos.store.site

    @property
    def gate(self) -> str:
        """Which gate of it."""
        return self._photos.store.gate

    def next(self, *, rest: bool, without: frozenset[str]) -> tuple[Photo, bytes] | None:
        """See sync.photo_protocol.PhotoSource. A picture that cannot be read any more is passed over, and said."""
        passed = set(without)
        self._photos.store.give_way()
        while (found := self._find(rest, passed)) is not None:
            try:
                data = self._photos.get(found.picture, found.part)
            except DatabaseDamaged as e:
                log.error("not sent: %s", e)
                data = None
            except StoreError as e:
                if e.code != NO_KEY:
                    raise SourceUnavailable(str(e)) from e
                data = None  # sealed with another key: a fault, said once (photo_care.py)
            if data is not None:
                return found, data
            passed.add(found.digest)
        return None

    def _find(self, rest: bool, without: set[str]) -> Photo | None:
        with self._reading() as con:
            for step, where in _STEPS.items():
                if step == "rest" and not rest:
                    continue
                for row in con.execute(
                    f"SELECT digest, size, thumbnail, thumb_size, keep, {_EVENT} AS event FROM photos p WHERE {where} ORDER BY at_ms DESC"
                ):
                    photo = self._photo(row, small=step == "thumbnail")
                    if photo is not None and photo.digest not in without:
                        return photo
        return None

    def _photo(self, row: tuple[str, int, str, int, str, int | None], *, small: bool) -> Photo | None:
        digest, size, thumbnail, thumb_size, keep, event = row
        if event is None:
            return None
        epoch = self._life(event - 1).epoch
        if small:
            return Photo(thumbnail, "thumbnail", digest, thumb_size, event, epoch, keep)
        return Photo(digest, "picture", digest, size, event, epoch, keep)

    def still(self, photo: Photo) -> bool:
        """Whether it is still here."""
        return self._photos.about(photo.picture) is not None

    def done(self, photo: Photo) -> None:
        """Head office has it, or will never want it; with the next commit (losing that costs one question)."""
        column = "sent" if photo.part == "picture" else "thumb_sent"
        what = f"UPDATE photos SET {column} = 1" + (", asked = 0" if photo.part == "picture" else "")

        def work(tx: Tx) -> None:
            tx.con.execute(f"{what} WHERE digest = ?", (photo.picture,))

        try:
            self._photos.store.transact_sync(work, bulk=True)
        except StoreError as e:
            raise SourceUnavailable(str(e)) from e

    def waiting(self) -> Waiting:
        """How much is left."""
        unsent = "SELECT count(*) FROM photos WHERE sent = 0"  # each of them is counted in an index alone
        with self._reading() as con:
            (every,) = con.execute(unsent).fetchone()
            (first,) = con.execute(f"{unsent} AND keep IN ({_FIRST})").fetchone()
            (asked,) = con.execute(f"{unsent} AND asked = 1 AND keep NOT IN ({_FIRST})").fetchone()
            (small,) = con.execute(f"SELECT count(*) FROM photos WHERE {_STEPS['thumbnail']}").fetchone()
        return Waiting(first + asked, small, every - first - asked)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._photos.store.reader() as con:
                yield con
        except StoreError as error:
            raise SourceUnavailable(str(error)) from error
