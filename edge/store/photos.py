"""Pictures, each under the SHA-256 of its bytes: the event says which picture, and the picture proves that it is that one.

    root/ab/abcdef….sealed      the picture          sealed with a key of its own (sync/sealing.py); the first two hex digits are
    root/ab/abcdef….thumb       its thumbnail        the folder, so that no folder grows to a hundred thousand names
    table `photos`              its key, wrapped by the gate's; class, size, time; whether head office has it

Written whole or not at all: first the files (temporary name, sync, rename), then the row. The row goes with the writer's next durable
commit, which is at the latest that of the event that names the picture, because commits keep their order. A power cut in between
leaves a file without a key, which nobody can open; `photo_care.py` finds it at the next start.

**Erased** is a picture with its key: `claim` deletes the row within the transaction that says so in the journal, the log is emptied
after it (`Store.scrub`), and then the files go (`clear`), which may be late: they are noise by then.

**Room**: `quota` bytes altogether. A class over its share gives up the oldest that head office has. When all room is used, what head office has
goes first, the least important class first and in it the oldest; only then, in the same order, what head office has not got. What is kept for
a matter (保全) and specimens never go for room. An event outlives its picture: its digest still proves a copy that somebody kept.

Calls block on the disk and on the writer: use a thread, never the loop. Any number of threads may call.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from edge.clock import Stamp
from edge.domain.events_privacy import PictureErased
from edge.domain.pictures import CLASSES, PASS, SPECIMEN, Keeping
from edge.errors import DatabaseDamaged, DiskFull, StoreError
from edge.store import erasing
from edge.store.db import Store, Tx
from edge.store.files import write_whole
from edge.store.sqlite import HINT_FULL, free_bytes
from sync.sealing import OVERHEAD, CannotOpen, MasterKey, Part

DEFAULT_QUOTA = 4 << 30
SEALED, THUMB, PLAIN = "sealed", "thumb", "jpg"
"""How files end; `.jpg` are plain ones of an earlier version, which photo_care.py takes over."""
_FILE: Mapping[Part, str] = {"picture": SEALED, "thumbnail": THUMB}
_DIGEST = re.compile(r"[0-9a-f]{64}")
_RESERVE = 64 << 20
"""Pictures leave so much of the disk to the journal, which matters more."""
_COST = f"size + {OVERHEAD} + CASE WHEN thumbnail = '' THEN 0 ELSE thumb_size + {OVERHEAD} END"
_MAY_GO = f"""keep <> '{SPECIMEN}' AND NOT EXISTS
    (SELECT 1 FROM pictures p JOIN kept k ON k.about IN (p.seq, p.pass_seq) WHERE p.digest = photos.digest)"""
NO_KEY = "picture-key"
"""Code of the error (and of the fault): the key of pictures is away, damaged, or another one than theirs."""
_HINT_KEY = "请从备份恢复 pictures.key；没有它，这些照片无法打开。 Restore pictures.key from a backup: without it these pictures open to nobody."


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a picture that is here: its class, bytes, and the digest of its thumbnail ("": it has none)."""

    digest: str
    keep: str
    size: int
    thumbnail: str


class Photos:
    """The picture store under `root`. `key` None: there is none that could be used, and so no pictures; `stamp`: the gate's clock;
    `remote`: there is a head office that pictures are sent to."""

    def __init__(
        self,
        root: Path,
        store: Store,
        key: MasterKey | None,
        stamp: Callable[[], Stamp],
        *,
        quota: int = DEFAULT_QUOTA,
        reserve: int = _RESERVE,
        classes: Mapping[str, Keeping] = CLASSES,
        remote: bool = True,
    ) -> None:
        self.root, self.store, self.classes = root, store, classes
        self._key, self.stamp, self._quota, self._reserve, self._remote = key, stamp, quota, reserve, remote
        self._lock = threading.Lock()
        self._used: dict[str, int] | None = None
        self.changed: Callable[[], None] = lambda: None
        """Called after each new picture: somebody may want to send it."""
        root.mkdir(parents=True, exist_ok=True, mode=0o700)

    @property
    def used(self) -> int:
        """Bytes that all pictures take on the disk."""
        return sum(self._counted().values())

    # ---- keeping ---------------------------------------------------------------------------------------------------

    def put(self, data: bytes, *, keep: str = PASS, thumbnail: bytes = b"", at_ms: int | None = None) -> str:
        """Keep a picture of the class `keep` (edge/domain/pictures.py); returns its digest (64 hex digits). Less important ones make room.

        The caller then journals a `picture.taken` (or `specimen.filed`) that names it: a picture that no event names is removed after
        a day. The same picture again costs nothing. Raises DiskFull, StoreError; nothing is kept then. `at_ms`: taken then, not now.
        """
        if keep not in self.classes:
            raise ValueError(f"no class of pictures is called {keep!r}")
        digest = hashlib.sha256(data).hexdigest()
        at_ms = self.stamp().at_ms if at_ms is None else at_ms
        cost = len(data) + OVERHEAD + (len(thumbnail) + OVERHEAD if thumbnail else 0)
        with self._lock:
            if self.about(digest) and self.path(digest, SEALED).exists():
                self.store.transact_sync(partial(self._again, digest, keep, at_ms), bulk=True)
                return digest
            self._make_room(keep, cost)
            counted = self._counted()
            key, wrapped = self._master().new_key(digest)
            try:
                self.path(digest, SEALED).parent.mkdir(exist_ok=True, mode=0o700)
                write_whole(self.path(digest, SEALED), key.seal(data))
                if thumbnail:
                    write_whole(self.path(digest, THUMB), key.seal(thumbnail, "thumbnail"))
                named = hashlib.sha256(thumbnail).hexdigest() if thumbnail else ""
                row = (digest, keep, len(data), named, len(thumbnail), at_ms, wrapped)
                self.store.transact_sync(partial(_insert, row), bulk=True)
            except OSError as error:
                self._unlink(digest)
                raise DiskFull(f"照片无法保存 · the picture cannot be stored: {error.strerror}", HINT_FULL) from error
            except StoreError:
                self._unlink(digest)
                raise
            counted[keep] = (
                counted.get(keep, 0) + cost
            )  # of a dict that an erasure has made stale meanwhile nobody takes notice
        self.changed()
        return digest

    def _again(self, digest: str, keep: str, at_ms: int, tx: Tx) -> None:
        """The same picture once more: it counts as the newer one, and as the more important."""
        (was,) = tx.con.execute("SELECT keep FROM photos WHERE digest = ?", (digest,)).fetchone() or (keep,)
        best = max(was, keep, key=lambda name: self.classes[name].rank if name in self.classes else -1)
        tx.con.execute("UPDATE photos SET keep = ?, at_ms = max(at_ms, ?) WHERE digest = ?", (best, at_ms, digest))
        self._used = None

    # ---- looking ---------------------------------------------------------------------------------------------------

    def get(self, digest: str, part: Part = "picture") -> bytes | None:
        """A picture or its thumbnail, None when it is not (or no longer) here. Raises DatabaseDamaged when it is not what it was,
        StoreError when it was sealed with another gate's key."""
        if not _DIGEST.fullmatch(digest):
            return None
        with self.store.reader() as con:
            row = con.execute("SELECT key, thumbnail FROM photos WHERE digest = ?", (digest,)).fetchone()
        if row is None:
            plain = self._bytes(digest, PLAIN) if part == "picture" else None
            return _proven(plain, digest) if plain is not None else None
        try:
            key = self._master().unwrap(row[0], digest)
        except CannotOpen as e:
            raise StoreError(f"照片 {digest[:12]} 的密钥不符 {e}", _HINT_KEY, code=NO_KEY) from e
        sealed = self._bytes(digest, _FILE[part])
        if sealed is None:
            return None
        try:
            return _proven(key.open(sealed, part), digest if part == "picture" else row[1])
        except CannotOpen as e:
            raise DatabaseDamaged(f"照片 {digest[:12]} 已损坏 {e}") from e

    def _master(self) -> MasterKey:
        if self._key is None:
            raise StoreError(
                "没有可用的照片密钥 · there is no key of pictures that could be used", _HINT_KEY, code=NO_KEY
            )
        return self._key

    def about(self, digest: str) -> Kept | None:
        """What is known of a picture; None when it is not here (or not taken over yet)."""
        with self.store.reader() as con:
            row = con.execute("SELECT digest, keep, size, thumbnail FROM photos WHERE digest = ?", (digest,)).fetchone()
        return Kept(*row) if row else None

    def has(self, digest: str) -> bool:
        """Whether a picture is here."""
        plain = bool(_DIGEST.fullmatch(digest)) and self.path(digest, PLAIN).exists()
        return plain or self.about(digest) is not None

    # ---- erasing ---------------------------------------------------------------------------------------------------

    def claim(self, tx: Tx, digests: Iterable[str]) -> tuple[str, ...]:
        """Within a transaction that puts it on record: destroy the keys of these pictures; those that were here. Afterwards: `Store.scrub`
        and `clear`. What a power cut keeps from being cleared is cleared in the next round of retention."""
        there = tuple(digest for digest in digests if self._destroy(tx.con, digest))
        erasing.to_remove(tx.con, there)
        self._used = None
        return there

    def _destroy(self, con: sqlite3.Connection, digest: str) -> bool:
        gone = con.execute("DELETE FROM photos WHERE digest = ?", (digest,)).rowcount > 0
        return gone or (bool(_DIGEST.fullmatch(digest)) and self.path(digest, PLAIN).exists())

    def clear(self) -> int:
        """Remove the files of what was claimed; how many."""
        with self.store.reader() as con:
            digests = erasing.files(con)
        with self._lock:
            for digest in digests:
                if self.about(digest) is None:  # it may have been taken anew meanwhile
                    self._unlink(digest)
        if digests:
            self.store.transact_sync(lambda tx: erasing.removed(tx.con, digests))
        return len(digests)

    def remove(self, digest: str, why: str) -> bool:
        """Destroy one picture, on record (`picture.erased` says why). Whether it was here."""

        def work(tx: Tx) -> bool:
            gone = self.claim(tx, (digest,))
            if gone:
                tx.append(PictureErased(why, gone), actor="gate", stamp=self.stamp())
            return bool(gone)

        there = self.store.transact_sync(work)
        if there:
            self.store.scrub()
            self.clear()
        return there

    # ---- room ------------------------------------------------------------------------------------------------------

    def _counted(self) -> dict[str, int]:
        """Bytes by class."""
        if self._used is None:
            with self.store.reader() as con:
                self._used = dict(con.execute(f"SELECT keep, sum({_COST}) FROM photos GROUP BY keep").fetchall())
        return self._used

    def _make_room(self, keep: str, wanted: int) -> None:
        """What must go goes, and a twentieth more, so that this is not done for each picture."""
        if wanted > self._quota:
            raise self._full()
        share = self._quota * self.classes[keep].share // 100
        over = self._counted().get(keep, 0) + wanted - share
        if over > 0:
            sent = "1" if not self._remote else "sent = 1"
            self._give_up(f"{sent} AND keep = '{keep}'", over + share // 20)
        short = max(self._short(wanted), self.used + wanted - self._quota)
        if short > 0:
            self._give_up("1", short + self._quota // 20)
        if self.used + wanted > self._quota or self._short(wanted) > 0:
            raise self._full()

    def _short(self, wanted: int) -> int:
        """Bytes that the disk lacks."""
        return self._reserve + wanted - free_bytes(self.root)

    def _full(self) -> DiskFull:
        return DiskFull("照片空间不足 · there is no room for another picture", HINT_FULL)

    def _give_up(self, where: str, bytes_: int) -> None:
        """Pictures of at least so many bytes go, as far as there are any that may: on record, then their files."""
        rank = " ".join(f"WHEN '{name}' THEN {kept.rank}" for name, kept in self.classes.items())
        had = "sent = 0, " if self._remote else ""  # a bare 0 would be the number of a column
        order = f"{had}CASE keep {rank} ELSE -1 END, at_ms, digest"
        sql = f"SELECT digest, {_COST} FROM photos WHERE {where} AND {_MAY_GO} ORDER BY {order}"

        def work(tx: Tx) -> None:
            freed, chosen = 0, []
            for digest, cost in tx.con.execute(sql):
                if freed >= bytes_:
                    break
                chosen.append(digest)
                freed += cost
            if gone := self.claim(tx, chosen):
                tx.append(PictureErased("room", gone), actor="gate", stamp=self.stamp())

        self.store.transact_sync(work)
        with self.store.reader() as con:
            digests = erasing.files(con)
        for digest in digests:
            self._unlink(digest)
        self.store.transact_sync(lambda tx: erasing.removed(tx.con, digests), bulk=True)

    # ---- files -----------------------------------------------------------------------------------------------------

    def path(self, digest: str, ending: str) -> Path:
        """Where a file of a picture lies."""
        return self.root / digest[:2] / f"{digest}.{ending}"

    def _bytes(self, digest: str, ending: str) -> bytes | None:
        try:
            return self.path(digest, ending).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as e:
            raise DatabaseDamaged(f"照片 {digest[:12]} 无法读取 · the picture cannot be read: {e.strerror}") from e

    def _unlink(self, digest: str) -> None:
        for ending in (SEALED, THUMB, PLAIN):
            with contextlib.suppress(FileNotFoundError):
                self.path(digest, ending).unlink()


def _insert(row: tuple[object, ...], tx: Tx) -> None:
    tx.con.execute(
        "INSERT OR REPLACE INTO photos (digest, keep, size, thumbnail, thumb_size, at_ms, key) VALUES (?, ?, ?, ?, ?, ?, ?)",
        row,
    )
    tx.con.execute("DELETE FROM erasing_files WHERE digest = ?", (row[0],))


def _proven(data: bytes, digest: str) -> bytes:
    if hashlib.sha256(data).hexdigest() != digest:
        raise DatabaseDamaged(f"照片 {digest[:12]} 已损坏 · the picture was altered or damaged on the disk")
    return data
