"""How fast a backlog drains: from the gate's journal to «committed in head office's database, and acknowledged».

Two figures, because two things are asked for. **Intake**: batches that are ready, published by bare paho, to head office's word that the last one is
committed: what the receiver makes of the database, beside the limit measured in the same run, the same rows into the very table that it
writes (a partition for the month, the same key) by plain COPY with a commit for each thousand. It does more than COPY: it takes the batches from
the broker, inflates them, verifies each event and each checkpoint, writes personal parts and watermarks too. **End to end**: with a
gate that reads its journal, makes and signs the batches, and sends on as it is acknowledged.

Beside these, as limits: the same batches through the same broker to a subscriber that does nothing with them; and the events into a bare table of SQLite.
Gate, broker, receiver and database are processes of their own, as in life; on a machine of two cores they share them, where COPY alone has
one for its program and one for the server.

    python -m tests.bench.bench_drain [EVENTS]
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from sync.batch import Batch
from sync.headoffice.store_postgres import PostgresStore
from sync.journal_source import Entry
from sync.protocol import Ack, HeadOfficeState, Topics
from sync.uplink import Uplink, UplinkStatus
from tests.support_sync import GATE, SITE, Mosquitto, SqliteSource, batch_of, eventually, postgres, start_process

GOAL, OF_COPY = 20_000.0, 0.5
"""Events a second end to end; and the intake's part of the plain COPY rate (both for PostgreSQL)."""
WINDOW = 20
_TOPIC = "raw/events"


def run(events: int = 200_000) -> list[dict[str, Any]]:
    """The rows of the table: limit, drain into SQLite, drain into PostgreSQL, in events a second."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with closing(SqliteSource(folder / "gate.sqlite", durable=False)) as source:
            for _ in range(0, events, 10_000):
                source.write(min(10_000, events))
            events = source.head()[0]
            broker = Mosquitto(folder, "max_queued_messages 10000", "max_inflight_messages 100")
            ready = [b.to_payload() for b in _batches(source)]
            try:
                limit = events / _raw(broker, folder, [payload for payload, _ in ready])

                def row(name: str, seconds: float, most: float = limit) -> dict[str, Any]:
                    value = events / seconds
                    made = {"name": name, "value": value, "unit": "events/s", "limit": most, "ratio": value / most}
                    return {**made, "goal": None, "met": None}

                rows = [
                    row("raw batch publishing", events / limit),
                    row("bare INSERT into SQLite", _insert(folder, source)),
                    row("drain into SQLite", _drain(broker, folder, source, str(folder / "h.sqlite"))),
                ]
                with postgres() as url:
                    copies = [_copy(url, source)]
                    taken = _intake(broker, folder, ready, events, _database(url, "intake"))
                    copies.append(_copy(url, source))
                    drained = _drain(broker, folder, source, _database(url, "drain"))
                    copies.append(_copy(url, source))
                    rows += [row("plain COPY into the same table", seconds) for seconds in copies]
                    most = events / min(copies)  # the machine is shared: it may be slower before or after
                    intake = row("intake into PostgreSQL", taken, most)
                    whole = row("drain into PostgreSQL, end to end", drained, most)
                    rows.append(intake | {"goal": f"≥ {OF_COPY} of COPY", "met": intake["ratio"] >= OF_COPY})
                    rows.append(whole | {"goal": f"≥ {GOAL:,.0f} events/s", "met": whole["value"] >= GOAL})
            finally:
                broker.kill()
    return rows


def _batches(source: SqliteSource) -> Iterator[Batch]:
    seq = 0
    while piece := source.after(seq, 100, 48 * 1024):
        yield batch_of(piece, source.hash_of(seq))
        seq = piece[-1].seq


def _insert(folder: Path, source: SqliteSource) -> float:
    """Seconds for the events alone into a keyed table, durable after each thousand: the other limit."""
    with closing(sqlite3.connect(folder / "bare.sqlite", isolation_level=None)) as con:
        con.execute("PRAGMA journal_mode = WAL")
        con.execute("PRAGMA synchronous = FULL")
        con.execute("CREATE TABLE bare (gate, epoch, seq, data, hash, PRIMARY KEY (gate, epoch, seq)) WITHOUT ROWID")
        began = time.monotonic()
        for piece in _thousands(source):
            con.execute("BEGIN IMMEDIATE")
            con.executemany(
                "INSERT INTO bare VALUES (?, ?, ?, ?, ?)", [("g", "e", e.seq, e.data, e.hash) for e in piece]
            )
            con.execute("COMMIT")
        return time.monotonic() - began


def _database(url: str, name: str) -> str:
    """An empty one on the same server; its URL."""
    with psycopg.connect(url, autocommit=True) as con:
        con.execute(f"CREATE DATABASE {name}".encode())
    return f"{url.rpartition('/')[0]}/{name}"


def _copy(url: str, source: SqliteSource) -> float:
    """Seconds by binary COPY into head office's own table, under another site."""
    with closing(PostgresStore(url)) as store:
        store.chains()  # makes the tables
    site = f"bare-{time.monotonic_ns()}"
    with psycopg.connect(url, autocommit=True) as con, con.cursor() as cur:
        cur.execute("CREATE TABLE IF NOT EXISTS events_1 PARTITION OF events FOR VALUES IN (1)")
        began = time.monotonic()
        for piece in _thousands(source):
            with cur.copy("COPY events FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(["text", "text", "text", "int8", "bytea", "bytea", "int4"])
                for e in piece:
                    copy.write_row((site, "g", "e", e.seq, e.data, e.hash, 1))
        return time.monotonic() - began


def _thousands(source: SqliteSource) -> Iterator[list[Entry]]:
    seq = 0
    while piece := source.after(seq, 1000, 2**30):
        yield piece
        seq = piece[-1].seq


def _drain(broker: Mosquitto, folder: Path, source: SqliteSource, db: str) -> float:
    """Seconds from «head office is online» to «everything is acknowledged»."""
    with _office(broker, folder, db) as log:
        source.set_acked(0, b"")
        head = source.head()[0]
        online, done, times = threading.Event(), threading.Event(), [0.0, 0.0]

        def told(status: UplinkStatus) -> None:
            if status.headoffice_online and not online.is_set():
                times[0] = time.monotonic()
                online.set()
            if status.acked == head:
                times[1] = time.monotonic()
                done.set()

        uplink = Uplink(source, broker.link("gate"))
        uplink.on_status(told)
        uplink.start()
        try:
            if not done.wait(300):
                raise TimeoutError(f"{uplink.status()}\n{log.read_text()[-2000:]}")
        finally:
            uplink.stop()
    return times[1] - times[0]


def _raw(broker: Mosquitto, folder: Path, payloads: list[bytes]) -> float:
    """Seconds for publishing these payloads, from the first byte to the last PUBACK."""
    log = folder / "subscriber.log"
    with _subscriber(broker.port, log):
        client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
        client.max_inflight_messages_set(0)
        room, connected, left = threading.Semaphore(WINDOW), threading.Event(), len(payloads)
        done = threading.Event()

        def answered(*_: object) -> None:
            nonlocal left
            left -= 1
            room.release()
            if left == 0:
                done.set()

        client.on_connect = lambda *_: connected.set()
        client.on_publish = answered
        client.connect("127.0.0.1", broker.port)
        client.loop_start()
        if not connected.wait(10):
            raise TimeoutError("no broker")
        began = time.monotonic()
        for payload in payloads:
            room.acquire()
            client.publish(_TOPIC, payload, 1)
        if not done.wait(120):
            raise TimeoutError(f"{left} messages were not answered")
        took = time.monotonic() - began
        client.disconnect()
        client.loop_stop()
    return took


def _intake(broker: Mosquitto, folder: Path, payloads: list[tuple[bytes, str]], last: int, url: str) -> float:
    """Seconds from the first of these batches, made beforehand, to head office's word that the last is committed."""
    topics, online, done = Topics(SITE, GATE), threading.Event(), threading.Event()

    def heard(_client: Client, _user: Any, message: MQTTMessage) -> None:
        if message.topic == topics.ack and Ack.from_bytes(message.payload).seq == last:
            done.set()
        elif message.topic == topics.headoffice and HeadOfficeState.from_bytes(message.payload).online:
            online.set()

    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
    client.max_inflight_messages_set(0)
    client.on_message = heard
    client.on_connect = lambda c, *_: c.subscribe([(topics.ack, 0), (topics.headoffice, 1)])
    with _office(broker, folder, url) as log:
        client.connect("127.0.0.1", broker.port)
        client.loop_start()
        if not online.wait(30):
            raise TimeoutError(log.read_text()[-2000:])
        began = time.monotonic()
        for payload, content_type in payloads:
            about = Properties(PacketTypes.PUBLISH)
            about.ContentType = content_type
            client.publish(topics.events, payload, 1, properties=about)
        if not done.wait(120):
            raise TimeoutError(log.read_text()[-2000:])
        took = time.monotonic() - began
        client.disconnect()
        client.loop_stop()
    return took


@contextmanager
def _office(broker: Mosquitto, folder: Path, db: str) -> Iterator[Path]:
    """The receiver, as a program; its log."""
    log = folder / "headoffice.log"
    args = ("--site", SITE, "--db", db, "--broker", broker.url, "--trust", "first-contact", "--photos", "off")
    process = start_process("sync.headoffice", *args, log=log)
    try:
        yield log
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def _subscriber(port: int, log: Path) -> Iterator[None]:
    process = start_process("tests.bench.bench_drain", "subscribe", str(port), log=log)
    try:
        eventually(lambda: "ready" in log.read_text(), 20)
        yield
    finally:
        process.terminate()
        process.wait(10)


def _subscribe(port: int) -> None:
    """The other end of the limit: takes the messages and drops them."""
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)

    def ignore(_client: Client, _user: Any, _message: MQTTMessage) -> None: ...

    client.on_message = ignore
    client.on_connect = lambda c, *_: c.subscribe(_TOPIC, 1)
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.connect("127.0.0.1", port)
    client.loop_forever()


def main() -> None:
    """Print the table."""
    rows = run(*map(int, sys.argv[1:]))
    for row in rows:
        goal = f"   goal {row['goal']}" if row["goal"] else ""
        print(f"{row['name']:<26} {row['value']:>10,.0f} {row['unit']}   {row['ratio']:.2f} of the limit{goal}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["subscribe"]:
        _subscribe(int(sys.argv[2]))
    else:
        main()
