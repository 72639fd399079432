"""For the tests of sync: a gate's journal small enough to read, and real servers on free loopback ports.

Also a program, `python -m tests.support_sync gate …`: writes events and drains them until it is killed; on SIGTERM it writes
no more, and ends when head office has everything.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.batch import Batch
from sync.headoffice.intake import ChainId, Row
from sync.headoffice.store import Store
from sync.journal_source import Entry, Life, SourceUnavailable
from sync.link import Limits, Message, Problem
from sync.mqtt import MqttLink, MqttOptions
from sync.personal import digest as digest_of
from sync.protocol import ZERO, Checkpoint, chain
from sync.uplink import Uplink, UplinkOptions
from tests.support_time import PATIENCE

ROOT = Path(__file__).resolve().parent.parent
SITE, GATE, EPOCH = "s1", "main", "e1"
FAST = UplinkOptions(linger_s=0.01, stall_s=0.5, state_interval_s=0.2, cursor_interval_s=0.05, will_delay_s=0)


def event_bytes(
    gate: str,
    epoch: str,
    seq: int,
    prev: bytes,
    personal: bytes | None,
    size: int = 60,
    body: Mapping[str, Any] | None = None,
) -> bytes:
    """An event as the gate stores it: canonical JSON, about 350 bytes with the default size of its text; `body`: its own instead."""
    digest = digest_of(personal).hex() if personal is not None else None
    event = {
        "at": "2026-01-01T00:00:00.000Z",
        "actor": "device:entry",
        "body": body or {"card": f"{seq:010d}", "lane": "entry", "text": "粤B·" + "x" * size},
        "boot": "b1",
        "clock": "ntp",
        "epoch": epoch,
        "gate": gate,
        "kind": "access.decided",
        "mono_ms": seq,
        "personal": digest,
        "prev": prev.hex(),
        "rule": "V2",
        "seq": seq,
    }
    return json.dumps(event, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def entries(
    count: int, *, after: Entry | None = None, epoch: str = EPOCH, gate: str = GATE, mark: str = ""
) -> list[Entry]:
    """A valid piece of a chain; every third event has a personal part. `mark` makes another history."""
    made: list[Entry] = []
    seq, prev = (after.seq, after.hash) if after else (0, ZERO)
    for _ in range(count):
        seq += 1
        personal = (
            json.dumps({"data": {"holder": f"周{seq}{mark}"}, "salt": "00" * 16}).encode() if seq % 3 == 0 else None
        )
        data = event_bytes(gate, epoch, seq, prev, personal, 10 + len(mark))
        prev = chain(prev, data)
        made.append(Entry(seq, data, prev, personal))
    return made


def signer(seed: str = GATE) -> Ed25519PrivateKey:
    """A gate's key, the same in each run."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(seed.encode()).digest())


def batch_of(
    piece: Sequence[Entry],
    prev: bytes,
    *,
    key: Ed25519PrivateKey | None = None,
    epoch: str = EPOCH,
    gate: str = GATE,
    site: str = SITE,
) -> Batch:
    """The batch that a gate would make of these entries."""
    key = key or signer(gate)
    checkpoint = Checkpoint(site, gate, epoch, piece[-1].seq, piece[-1].hash)
    return Batch(
        epoch=epoch,
        first=piece[0].seq,
        last=piece[-1].seq,
        prev=prev,
        hash=piece[-1].hash,
        signature=key.sign(checkpoint.message()),
        key=key.public_key().public_bytes_raw(),
        events=tuple(e.data for e in piece),
        personal=tuple(e.personal for e in piece),
    )


def batches(piece: Sequence[Entry], size: int) -> list[Batch]:
    """All of a chain that begins at 1, in batches."""
    return [batch_of(piece[i : i + size], piece[i - 1].hash if i else ZERO) for i in range(0, len(piece), size)]


def rows_of(piece: Sequence[Entry]) -> tuple[Row, ...]:
    """The rows that head office stores of them."""
    return tuple(Row(e.seq, e.data, e.hash, e.personal) for e in piece)


def stored(store: Store) -> list[Row]:
    """Everything that a store has of the gate's chain."""
    return list(store.rows(ChainId(SITE, GATE, EPOCH)))


class ListSource:
    """A JournalSource in memory. `broken` set: it cannot be read."""

    def __init__(self, made: Sequence[Entry] = (), *, epoch: str = EPOCH, gate: str = GATE) -> None:
        self.site, self.gate, self.epoch = SITE, gate, epoch
        self.made = list(made)
        self.cursor = 0
        self.broken = threading.Event()
        self.reads = 0
        self.details: dict[str, Any] = {"version": "0.1.0"}
        self._key = signer(gate)

    def extend(self, count: int) -> None:
        self.made += entries(count, after=self.made[-1] if self.made else None, epoch=self.epoch, gate=self.gate)

    def life(self, _seq: int) -> Life:
        return Life(self.epoch)

    def head(self) -> tuple[int, bytes]:
        self._check()
        return (self.made[-1].seq, self.made[-1].hash) if self.made else (0, ZERO)

    def after(self, seq: int, limit: int, max_bytes: int) -> list[Entry]:
        self._check()
        self.reads += 1
        first = self.made[0].seq if self.made else 1
        found: list[Entry] = []
        for e in self.made[max(0, seq + 1 - first) :][:limit]:
            if found and sum(len(f.data) for f in found) + len(e.data) > max_bytes:
                break
            found.append(e)
        return found

    def hash_of(self, seq: int) -> bytes:
        self._check()
        if seq == 0:
            return ZERO
        at = seq - self.made[0].seq if self.made else -1
        if not 0 <= at < len(self.made):
            raise LookupError(seq)
        return self.made[at].hash

    def acked(self) -> int:
        return self.cursor

    def set_acked(self, seq: int, hash_: bytes) -> None:
        assert hash_ == self.hash_of(seq)
        self.cursor = seq

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)

    def public_key(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    def state(self) -> dict[str, Any]:
        return self.details

    def _check(self) -> None:
        if self.broken.is_set():
            raise SourceUnavailable("the disk is away")


class SqliteSource(ListSource):
    """A JournalSource in a file: one writer, one reader, as a gate has them."""

    def __init__(self, path: Path, *, gate: str = GATE, durable: bool = True) -> None:
        super().__init__(gate=gate)
        self._con = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._read = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._con.execute("PRAGMA journal_mode = WAL")
        self._con.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
        self._con.execute(
            "CREATE TABLE IF NOT EXISTS journal (seq INTEGER PRIMARY KEY, data BLOB, hash BLOB, personal BLOB)"
        )
        self._con.execute("CREATE TABLE IF NOT EXISTS cursor (one INTEGER PRIMARY KEY, acked INTEGER)")
        self._con.execute("INSERT OR IGNORE INTO cursor VALUES (1, 0)")
        self._lock = threading.Lock()

    def write(self, count: int) -> None:
        """Append valid events in one durable transaction."""
        with self._lock:
            last = self._con.execute(
                "SELECT seq, data, hash, personal FROM journal ORDER BY seq DESC LIMIT 1"
            ).fetchone()
            made = entries(count, after=Entry(*last) if last else None, gate=self.gate)
            self._con.execute("BEGIN")
            self._con.executemany(
                "INSERT INTO journal VALUES (?, ?, ?, ?)", [(e.seq, e.data, e.hash, e.personal) for e in made]
            )
            self._con.execute("COMMIT")

    def head(self) -> tuple[int, bytes]:
        found = self._read.execute("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
        return found or (0, ZERO)

    def after(self, seq: int, limit: int, max_bytes: int) -> list[Entry]:
        found: list[Entry] = []
        size = 0
        for row in self._read.execute(
            "SELECT seq, data, hash, personal FROM journal WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
        ):
            size += len(row[1]) + len(row[3] or b"")
            if found and size > max_bytes:
                break
            found.append(Entry(*row))
        return found

    def hash_of(self, seq: int) -> bytes:
        if seq == 0:
            return ZERO
        found = self._read.execute("SELECT hash FROM journal WHERE seq = ?", (seq,)).fetchone()
        if found is None:
            raise LookupError(seq)
        return bytes(found[0])

    def acked(self) -> int:
        return int(self._read.execute("SELECT acked FROM cursor").fetchone()[0])

    def set_acked(self, seq: int, hash_: bytes) -> None:
        with self._lock:
            self._con.execute("UPDATE cursor SET acked = ?", (seq,))

    def close(self) -> None:
        self._con.close()
        self._read.close()


class Recorder:
    """A link's Handler that remembers and lets a test wait for what it wants to see."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.limits: list[Limits] = []
        self.problems: list[Problem] = []
        self.answers: dict[int, int] = {}
        self.messages: list[Message] = []

    def gained(self, limits: Limits) -> None:
        self._add(self.limits, limits)

    def lost(self, problem: Problem) -> None:
        self._add(self.problems, problem)

    def published(self, token: int, code: int) -> None:
        with self.changed:
            self.answers[token] = code
            self.changed.notify_all()

    def received(self, message: Message) -> None:
        self._add(self.messages, message)

    def _add(self, to: list[Any], what: object) -> None:
        with self.changed:
            to.append(what)
            self.changed.notify_all()

    def wait(self, seen: Callable[[Recorder], object], timeout: float = 10.0) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: seen(self), timeout), "not seen in time"


def eventually(seen: Callable[[], object], timeout: float = 10.0) -> None:
    """For what another process does, of which nobody tells us: look again every 10 ms."""
    until = time.monotonic() + timeout * PATIENCE
    pause = threading.Event()
    while not seen():
        assert time.monotonic() < until, "not seen in time"
        pause.wait(0.01)


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


# ---- servers ---------------------------------------------------------------------------------------------------

MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


class Mosquitto:
    """A broker of our own, without persistence; `conf`: listeners from this file instead of a plain one."""

    def __init__(
        self, folder: Path, *extra: str, port: int = 0, listener: Sequence[str] = (), conf: Path | None = None
    ) -> None:
        if MOSQUITTO is None:
            pytest.skip("no mosquitto on this machine: apt-get install mosquitto")
        self.port = port or free_port()
        self.folder = folder
        self._config = folder / f"mosquitto-{self.port}.conf"
        lines = [
            "user root",
            "persistence false",
            "allow_anonymous true",
            "log_dest stderr",
            *extra,
            f"listener {self.port} 127.0.0.1",
        ]
        if conf is not None:
            lines = ["user root", "persistence false", "log_dest stderr", *extra, conf.read_text()]
        self._config.write_text("\n".join([*lines, *listener]) + "\n")
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        with (self.folder / "mosquitto.log").open("ab") as to:
            self._process = subprocess.Popen([str(MOSQUITTO), "-c", str(self._config)], stderr=to, stdout=to)
        eventually(self._listening)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _listening(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "mosquitto.log").read_text()
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def link(self, client_id: str, **options: Any) -> MqttLink:
        return MqttLink(MqttOptions("127.0.0.1", self.port, client_id, backoff_s=(0.05, 0.3), timeout_s=3.0, **options))


class Postgres:
    """A private PostgreSQL cluster on a socket in its own folder. Skips when the server is not installed."""

    def __init__(self) -> None:
        found = sorted(
            Path("/usr/lib/postgresql").glob("*/bin"),
            key=lambda p: int(p.parent.name) if p.parent.name.isdigit() else 0,
        )
        if not found:
            pytest.skip("no PostgreSQL server on this machine: apt-get install postgresql")
        self.folder = Path(tempfile.mkdtemp(prefix="pg-"))  # a socket's path is short
        self._user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self._user:
            shutil.chown(self.folder, "postgres")
        data, port = self.folder / "data", free_port()
        self.bin = found[-1]
        self.url = f"postgresql://gates@127.0.0.1:{port}/postgres"
        self._control = (self.bin / "pg_ctl", "-D", data, "-s", "-w")
        self._settings = (
            f"-p {port} -k {self.folder} -c listen_addresses=127.0.0.1 -c shared_buffers=32MB -c max_connections=20"
        )
        try:
            self.run(
                *(self.bin / "initdb", "-D", data, "-U", "gates", "-A", "trust", "-E", "UTF8"),
                *("--locale=C", "--no-sync"),
            )
            self.start()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    @property
    def pid(self) -> int:
        """The server's first process."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def run(self, *command: object) -> None:
        """Quietly, as the server's own user, from a folder that it may enter."""
        subprocess.run([*self._user, *map(str, command)], cwd=self.folder, check=True, stdout=subprocess.DEVNULL)

    def start(self) -> None:
        """Until it answers; after `kill` it recovers from its log first."""
        self.run(*self._control, "-l", self.folder / "log", "-o", self._settings, "start")

    def kill(self) -> None:
        """At once, as a crash: every session is cut, nothing is written back."""
        self.run(*self._control, "-m", "immediate", "stop")


@contextmanager
def postgres() -> Iterator[str]:
    """A cluster of our own; its URL."""
    server = Postgres()
    try:
        yield server.url
    finally:
        try:
            server.kill()
        finally:
            shutil.rmtree(server.folder, ignore_errors=True)


# ---- the gate as a process ---------------------------------------------------------------------------------------


def start_process(*args: str | Path, log: Path) -> subprocess.Popen[bytes]:
    """`python -m …` from the root; what it says is appended to `log`."""
    with log.open("ab") as to:
        return subprocess.Popen([sys.executable, "-m", *map(str, args)], cwd=ROOT, stdout=to, stderr=to)


class Process:
    """A program that is killed and started again."""

    def __init__(self, start: Callable[[], subprocess.Popen[bytes]]) -> None:
        self._start = start
        self.now = start()

    def kill(self) -> Callable[[], None]:
        """kill -9; what it returns starts it again."""
        self.now.kill()
        self.now.wait()
        return self.start

    def start(self) -> None:
        """Again."""
        self.now = self._start()

    def end(self, timeout: float) -> int:
        """SIGTERM; its exit status."""
        self.now.send_signal(signal.SIGTERM)
        return self.now.wait(timeout)


def _gate(args: argparse.Namespace) -> None:
    source = SqliteSource(Path(args.db))
    link = MqttLink(MqttOptions.from_url(args.broker, f"gate-{GATE}", backoff_s=(0.05, 0.5)))
    uplink = Uplink(source, link, UplinkOptions(stall_s=1.0, will_delay_s=0, cursor_interval_s=0.2))
    enough = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: enough.set())
    uplink.start()
    while not enough.wait(args.every):
        source.write(1 + secrets.randbelow(20))
        uplink.notify()
    head = source.head()[0]
    eventually(lambda: uplink.status().acked == head, 60)
    uplink.stop()
    source.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["gate"])
    parser.add_argument("--db", required=True)
    parser.add_argument("--broker", required=True)
    parser.add_argument("--every", type=float, default=0.02)
    _gate(parser.parse_args())
