"""A gate of the sync soak as a program: the product's uplinks, for events and for pictures, over a journal in SQLite.

    python -m tests.support_soak_gate NAME FOLDER PORT EVERY

writes events, every eighth with a picture, until there is a file ENOUGH in its folder; then no more, and ends when head office has everything. May
be killed at any moment. No line is «slow» to it (on such a line pictures that nobody asked for wait for ten minutes at a time).
"""

from __future__ import annotations

import os
import random
import sqlite3
import sys
import threading
from contextlib import closing
from pathlib import Path

from sync.mqtt import MqttLink, MqttOptions, Tls
from sync.photo_protocol import Photo, Waiting
from sync.photos import PhotoOptions, PhotoUplink
from sync.protocol import ZERO, chain
from sync.uplink import Uplink, UplinkOptions
from tests.support_albums import sha
from tests.support_sync import EPOCH, SITE, SqliteSource, event_bytes, eventually

PATIENCE_S = 240
ENOUGH = "enough"


class Pictures:
    """A PhotoSource in the gate's database; each thread has a connection of its own. Every third is one that goes first."""

    site = SITE

    def __init__(self, path: Path, gate: str) -> None:
        self.gate = gate
        self._con = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)

    def next(self, *, rest: bool, without: frozenset[str]) -> tuple[Photo, bytes] | None:
        for digest, data, seq in self._con.execute(
            "SELECT digest, data, seq FROM pictures WHERE over = 0 ORDER BY seq"
        ):
            if digest not in without and (rest or seq % 3 == 0):
                return Photo(digest, "picture", digest, len(data), seq, EPOCH), data
        return None

    def still(self, photo: Photo) -> bool:
        return bool(photo.size)

    def done(self, photo: Photo) -> None:
        self._con.execute("UPDATE pictures SET over = 1 WHERE digest = ?", (photo.digest,))

    def waiting(self) -> Waiting:
        ((left,),) = self._con.execute("SELECT count(*) FROM pictures WHERE over = 0")
        return Waiting(rest=int(left))

    def close(self) -> None:
        self._con.close()


class Journal(SqliteSource):
    """A journal with pictures: one and the event that names it are written in one transaction."""

    def __init__(self, path: Path, gate: str) -> None:
        super().__init__(path, gate=gate)
        self._con.execute("PRAGMA busy_timeout = 30000")
        self._con.execute("CREATE TABLE IF NOT EXISTS pictures (digest TEXT PRIMARY KEY, data BLOB, seq INT, over INT)")

    def picture(self, size: int) -> None:
        data = os.urandom(size)
        with self._lock:
            last = self._con.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
            seq, prev = (last[0] + 1, last[1]) if last else (1, ZERO)
            event = event_bytes(self.gate, EPOCH, seq, prev, None, body={"lane": "entry", "picture": sha(data)})
            self._con.execute("BEGIN IMMEDIATE")
            self._con.execute("INSERT INTO journal VALUES (?, ?, ?, NULL)", (seq, event, chain(prev, event)))
            self._con.execute("INSERT INTO pictures VALUES (?, ?, ?, 0)", (sha(data), data, seq))
            self._con.execute("COMMIT")


def written(path: Path) -> list[tuple[int, bytes, bytes, bytes | None]]:
    """The journal of a gate that has ended."""
    with closing(sqlite3.connect(path)) as con:
        return con.execute("SELECT seq, data, hash, personal FROM journal ORDER BY seq").fetchall()


def pictures(path: Path) -> list[tuple[str, bytes, int]]:
    """Its pictures, and whether head office is believed to have them."""
    with closing(sqlite3.connect(path)) as con:
        return con.execute("SELECT digest, data, over FROM pictures").fetchall()


def main(name: str, folder: Path, port: int, every_s: float) -> None:
    """The program."""
    path = folder / f"{name}.sqlite"
    source, album = Journal(path, name), Pictures(path, name)
    tls = Tls(str(folder / "pki" / "ca.pem"), str(folder / f"{name}.pem"))

    def link(client: str) -> MqttLink:
        return MqttLink(MqttOptions("localhost", port, client, tls=tls, timeout_s=6.0, backoff_s=(0.1, 2.0)))

    uplink = Uplink(source, link(f"{SITE}-{name}"), UplinkOptions(stall_s=2.0, will_delay_s=0, cursor_interval_s=0.3))
    photos = PhotoUplink(album, link(f"{SITE}-{name}-photos"), PhotoOptions(slow=0.0, unproven_s=1.0))
    rng, pause = random.Random(), threading.Event()
    uplink.start()
    photos.start()
    turn = 0
    while not (folder / ENOUGH).exists():
        pause.wait(rng.random() * 2 * every_s)
        turn += 1
        if turn % 8 == 0:
            source.picture(rng.choice((900, 12_000, 40_000)))
            photos.notify()
        else:
            source.write(rng.choice((1, 1, 2, 5, 40)))
        uplink.notify()
    head = written(path)[-1][0]  # by a connection of its own: the uplink's thread uses the source's
    eventually(lambda: uplink.status().acked == head, PATIENCE_S)
    with closing(Pictures(path, name)) as left:
        eventually(lambda: left.waiting().rest == 0, PATIENCE_S)
    uplink.stop()
    photos.stop()
    album.close()
    source.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
