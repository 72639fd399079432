"""At the start, beside the running gate: plain pictures of an earlier version are taken over, and rows and files are held against each other.

    a plain file (…/ab/digest.jpg)      → sealed under the same name; then overwritten and removed. Until then it can be seen as before.
    a sealed file without a row         → nobody can open it (its key was never written, or is destroyed): into `strays/`, removed after a week
    a row without a file                → the picture is lost: on record, the row goes
    a row that no event names           → put away in the moment of a power cut: after a day it goes, on record

What was found is one event, `pictures.checked`; nothing is recorded when all is as it should be. Why a week: a technician who has put
back the wrong backup of the database still has the files that the right one has keys for.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from edge.domain.events_privacy import PicturesChecked
from edge.domain.pictures import PASS, SPECIMEN
from edge.errors import GateError, StoreError
from edge.store.db import Tx
from edge.store.files import sync_folder
from edge.store.photos import NO_KEY, PLAIN, SEALED, THUMB, Photos

log = logging.getLogger(__name__)
STRAYS = "strays"
STRAYS_S = 7 * 24 * 3600.0
UNNAMED_MS = 24 * 3_600_000
NAMED = 200
"""So many digests are named in a record; the rest is counted."""


class Care:
    """One store's housekeeping, on a thread of the caller. `specimens`: the earlier version's second folder. `stop` ends it early."""

    def __init__(self, photos: Photos, specimens: Path | None = None) -> None:
        self._photos, self._roots = photos, [photos.root, *([specimens] if specimens else [])]
        self._stopping = threading.Event()
        self.damaged = 0
        self.foreign = ""
        """Why what is here cannot be opened; empty when it can."""

    def stop(self) -> None:
        """End between two pictures; the rest is taken over after the next start."""
        self._stopping.set()

    def run(self, thumbnail: Callable[[bytes], bytes] = lambda _data: b"") -> None:
        """All of it. What fails is logged, and tried again at the next start."""
        try:
            self.clear_drafts()
            self.try_key()
            self.adopt(thumbnail)
            self.check()
        except (GateError, OSError) as e:
            log.error("the pictures could not be checked: %s", e)

    def try_key(self) -> None:
        """Whether the newest picture opens: after a restore without keys none does."""
        with self._photos.store.reader() as con:
            newest = con.execute("SELECT digest FROM photos ORDER BY at_ms DESC LIMIT 1").fetchone()
        try:
            if newest:
                self._photos.get(newest[0])
        except StoreError as e:
            self.foreign = str(e) if e.code == NO_KEY else ""

    def clear_drafts(self) -> None:
        """What a crash left half written."""
        for draft in self._photos.root.glob("??/.*"):
            draft.unlink(missing_ok=True)

    # ---- plain pictures of an earlier version ----------------------------------------------------------------------

    def adopt(self, thumbnail: Callable[[bytes], bytes] = lambda _data: b"") -> int:
        """Seal every plain picture; how many. `thumbnail` makes one of a JPEG (b"": cannot)."""
        count = 0
        for path in self._plain():
            if self._stopping.is_set():
                break
            self._photos.store.give_way()
            data = path.read_bytes()
            if hashlib.sha256(data).hexdigest() != path.stem:
                self.damaged += 1
                self._stray(path)
                continue
            at_ms = path.stat().st_mtime_ns // 1_000_000
            self._photos.put(data, keep=self._class_of(path.stem), thumbnail=thumbnail(data), at_ms=at_ms)
            shred(path)
            count += 1
        if count:
            log.info("%d plain pictures of an earlier version are sealed now", count)
        return count

    def _plain(self) -> Iterator[Path]:
        for root in self._roots:
            yield from sorted(root.glob(f"??/*.{PLAIN}"))

    def _class_of(self, digest: str) -> str:
        with self._photos.store.reader() as con:
            if con.execute("SELECT 1 FROM specimens WHERE digest = ?", (digest,)).fetchone():
                return SPECIMEN
            found = con.execute(
                "SELECT keep FROM pictures WHERE digest = ? ORDER BY seq DESC LIMIT 1", (digest,)
            ).fetchone()
        return str(found[0]) if found and found[0] in self._photos.classes else PASS

    # ---- orphans on both sides -------------------------------------------------------------------------------------

    def check(self) -> PicturesChecked | None:
        """Hold rows and files against each other; what was recorded, None when all is right."""
        photos = self._photos
        self._old_strays_go()
        with photos.store.reader() as con:
            rows = {digest for (digest,) in con.execute("SELECT digest FROM photos")}
            named = {
                digest for (digest,) in con.execute("SELECT digest FROM pictures UNION SELECT digest FROM specimens")
            }
            before = photos.stamp().at_ms - UNNAMED_MS
            old = {digest for (digest,) in con.execute("SELECT digest FROM photos WHERE at_ms < ?", (before,))}
        files = {path.stem for path in photos.root.glob(f"??/*.{SEALED}")}
        strays = [p for end in (SEALED, THUMB) for p in photos.root.glob(f"??/*.{end}") if p.stem not in rows]
        strays = [path for path in strays if photos.about(path.stem) is None]  # one of this moment has its row by now
        lost = sorted(digest for digest in rows - files if not photos.path(digest, SEALED).exists())
        unnamed = sorted((old & files) - named)
        if not (strays or lost or unnamed or self.damaged):
            return None
        for path in strays:
            self._stray(path)
        found = PicturesChecked(
            len({path.stem for path in strays}),
            len(lost),
            tuple(lost[:NAMED]),
            len(unnamed),
            tuple(unnamed[:NAMED]),
            self.damaged,
        )

        def work(tx: Tx) -> None:
            photos.claim(tx, [*lost, *unnamed])
            tx.append(found, actor="gate", stamp=photos.stamp())

        photos.store.transact_sync(work)
        photos.clear()
        log.warning(
            "pictures: %d files without a row, %d rows without a file, %d that no event names, %d damaged",
            found.strays,
            found.lost,
            found.unnamed,
            found.damaged,
        )
        return found

    def _stray(self, path: Path) -> None:
        folder = self._photos.root / STRAYS
        folder.mkdir(exist_ok=True, mode=0o700)
        path.rename(folder / path.name)
        os.utime(folder / path.name)  # the week begins now

    def _old_strays_go(self) -> None:
        for path in (self._photos.root / STRAYS).glob("*"):
            if path.stat().st_mtime < time.time() - STRAYS_S:
                path.unlink()


def shred(path: Path) -> None:
    """Overwrite a plain file where it lies, then remove it. (A storage card may keep old blocks all the same: README.)"""
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    sync_folder(path.parent)
