"""Disks that are full, for tests: a small real file system, its end, and a database that finds no room on it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from edge.errors import DiskFull
from edge.store.db import Store


@contextmanager
def small_disk_at(point: Path, megabytes: int) -> Iterator[Path]:
    """So many megabytes of real file system, at a new folder of this name; skips the test where none can be mounted."""
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("needs root to mount a small file system")
    point.mkdir()
    words = [mount, "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(point)]
    done = subprocess.run(words, check=False, capture_output=True)
    if done.returncode != 0:
        pytest.skip(f"cannot mount: {done.stderr.decode()}")
    try:
        yield point
    finally:
        subprocess.run(["umount", "-l", str(point)], check=True)


def fill(folder: Path, leave: int = 0) -> Path:
    """The file that takes all room (but so many bytes) of its disk."""
    path = folder / "junk"
    with path.open("ab", buffering=0) as file:
        try:
            while True:
                at = os.statvfs(folder)
                room = at.f_bavail * at.f_frsize - leave
                if room <= 0 or not file.write(b"x" * min(room, 65_536)):
                    break
        except OSError:
            pass
    return path


@asynccontextmanager
async def nothing_can_be_recorded(store: Store, disk: Path) -> AsyncIterator[None]:
    """What was kept back is used up too, and stays so. Two things would give room again: the write-ahead log begins anew over old bytes after
    a checkpoint (not while a reader stands still), and what a large transaction wrote of it before it failed serves for small ones."""
    large = "UPDATE cursor SET acked_hash = randomblob(60000)"
    small = "INSERT OR REPLACE INTO info VALUES ('no-room', hex(randomblob(8)))"
    with store.reader() as con:
        con.execute("SELECT max(seq) FROM journal").fetchone()
        for sql in (large, small):
            fill(disk)
            with pytest.raises(DiskFull):
                await _for_ever(store, sql)
        fill(disk)
        yield


async def _for_ever(store: Store, sql: str) -> None:
    while True:
        await store.transact(lambda tx: tx.con.execute(sql))
