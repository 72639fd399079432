"""Pictures, each under the SHA-256 of its bytes: the event says which picture, and the picture proves that it is that one.

    root/ab/abcdef….jpg      the first two hex digits are the folder, so that no folder grows to a hundred thousand names

A picture is there whole or not at all (temporary name, sync, rename), readable by the gate's user alone, written once: the same
picture again costs nothing. The store holds at most `quota` bytes; the oldest go first, because what happened last is looked
for first. An event outlives its picture: its digest still proves a copy that somebody kept.

Left for a later issue: encryption at rest and retention by the kind of picture. Until then whoever can read this user's files
can see the pictures. Put nothing here that must not be seen by the technician of the gate (identity documents).

Calls block on the disk: use a thread (`asyncio.to_thread`), never the loop. Any number of threads may call.
"""

from __future__ import annotations

import hashlib
import re
import threading
from pathlib import Path

from edge.errors import DatabaseDamaged, DiskFull
from edge.store.files import write_whole
from edge.store.sqlite import HINT_FULL, free_bytes

DEFAULT_QUOTA = 4 << 30
_DIGEST = re.compile(r"[0-9a-f]{64}")
_RESERVE = 64 << 20
"""Pictures leave so much of the disk to the journal, which matters more."""


class Photos:
    """The picture store under `root`. `quota`: bytes of all pictures together; `reserve`: bytes of the disk left free."""

    def __init__(self, root: Path, *, quota: int = DEFAULT_QUOTA, reserve: int = _RESERVE) -> None:
        self._root, self._quota, self._reserve = root, quota, reserve
        self._lock = threading.Lock()
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        for draft in root.glob("*/.*"):
            draft.unlink()
        self._used = sum(path.stat().st_size for path in self._all())

    @property
    def used(self) -> int:
        """Bytes of all pictures."""
        return self._used

    def put(self, data: bytes) -> str:
        """Keep a picture; returns its digest (64 hex digits). Older ones make room. Raises DiskFull."""
        digest = hashlib.sha256(data).hexdigest()
        path = self._path(digest)
        with self._lock:
            if path.exists():
                return digest
            self._make_room(len(data))
            try:
                path.parent.mkdir(exist_ok=True, mode=0o700)
                write_whole(path, data)
            except OSError as error:
                raise DiskFull(f"照片无法保存 the picture cannot be stored: {error.strerror}", HINT_FULL) from error
            self._used += len(data)
        return digest

    def get(self, digest: str) -> bytes | None:
        """A picture, or None when it is not (or no longer) here. Raises DatabaseDamaged when it is not what it was."""
        if not _DIGEST.fullmatch(digest):
            return None
        try:
            data = self._path(digest).read_bytes()
        except FileNotFoundError:
            return None
        if hashlib.sha256(data).hexdigest() != digest:
            raise DatabaseDamaged(f"照片 {digest[:12]} 已损坏 the picture was altered or damaged on the disk")
        return data

    def has(self, digest: str) -> bool:
        """Whether a picture is here."""
        return bool(_DIGEST.fullmatch(digest)) and self._path(digest).exists()

    def remove(self, digest: str) -> bool:
        """Take a picture away, because its time is over. Whether it was here."""
        if not _DIGEST.fullmatch(digest):
            return False
        with self._lock:
            return self._unlink(self._path(digest))

    def _path(self, digest: str) -> Path:
        return self._root / digest[:2] / f"{digest}.jpg"

    def _all(self) -> list[Path]:
        return [path for path in self._root.glob("??/*.jpg") if path.is_file()]

    def _unlink(self, path: Path) -> bool:
        try:
            size = path.stat().st_size
            path.unlink()
        except FileNotFoundError:
            return False
        self._used -= size
        return True

    def _make_room(self, wanted: int) -> None:
        """The oldest go until the new one fits, and a twentieth more, so that this is not done for each picture."""
        short = self._reserve + wanted - free_bytes(self._root)
        excess = self._used + wanted - self._quota
        if max(short, excess) <= 0:
            return
        target = max(0, self._used - max(short, excess) - self._quota // 20)
        for path in sorted(self._all(), key=lambda p: (p.stat().st_mtime_ns, p.name)):
            if self._used <= target:
                break
            self._unlink(path)
        if self._used + wanted > self._quota or free_bytes(self._root) < wanted:
            raise DiskFull("照片空间不足 there is no room for another picture", HINT_FULL)
