"""Does a picture delay an event? Events while pictures go to head office over a slow line, as a ratio to the same line without pictures.

The line: one first-come queue of 128 KB (a home router's) between gate and broker, drained at so many bits a second, 20 ms away; both
of the gate's connections go through it. Broker, head office and gate are real; events come one each 0.2 s, and what is measured
is from an event's commit until head office's acknowledgement is back.

    alone      no pictures                                       the limit
    two        pictures as the gate sends them: a connection of their own, paced (sync/photo_pace.py)
    one        the same pictures pushed over the events' own connection: what the second one is for

and how fast pictures go meanwhile, as a share of the line.

    python -m tests.bench.bench_photos [EVENTS]
"""

from __future__ import annotations

import contextlib
import queue
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sync.headoffice.intake import ChainId
from sync.headoffice.photo_places import Folder
from sync.headoffice.photo_receiver import PhotoReceiver
from sync.headoffice.receiver import Receiver, ReceiverOptions
from sync.headoffice.store_sqlite import SqliteStore
from sync.link import LinkError
from sync.mqtt import MqttLink, MqttOptions
from sync.photo_protocol import photo_topic
from sync.photos import PhotoOptions, PhotoUplink
from sync.protocol import Topics
from sync.sealing import MasterKey
from sync.uplink import Uplink, UplinkOptions
from tests.support_albums import ListPhotos, noise, sha, told
from tests.support_sync import GATE, SITE, ListSource, Mosquitto, eventually

MBIT = 1.0
AWAY_S = 0.02
QUEUE = 128 * 1024
CHUNK = 1460
PICTURE = 150_000
PICTURES = "pictures"
"""Their events are of an epoch of their own here."""
EVERY_S = 0.2
GOAL = 0.25
"""Seconds: what an event may take at 1 Mbit/s while pictures go."""


class SlowLine:
    """A TCP relay whose connections share one queue in the gate's direction; the other direction is quick."""

    def __init__(self, port: int, mbit: float) -> None:
        self._to, self._rate = port, mbit * 125_000
        self._queue: queue.Queue[tuple[socket.socket, bytes]] = queue.Queue(QUEUE // CHUNK)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._open: list[socket.socket] = [self._server]
        for work in (self._accept, self._drain):
            threading.Thread(target=work, daemon=True).start()

    def close(self) -> None:
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._server.accept()
                near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
                far = socket.create_connection(("127.0.0.1", self._to))
                far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._open += [near, far]
                threading.Thread(target=self._up, args=(near, far), daemon=True).start()
                threading.Thread(target=self._down, args=(far, near), daemon=True).start()

    def _up(self, near: socket.socket, far: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := near.recv(CHUNK):
                self._queue.put((far, data))
            far.shutdown(socket.SHUT_WR)

    def _down(self, far: socket.socket, near: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := far.recv(65_536):
                time.sleep(AWAY_S)
                near.sendall(data)
            near.shutdown(socket.SHUT_WR)

    def _drain(self) -> None:
        at = time.monotonic()
        while True:
            far, data = self._queue.get()
            at = max(at, time.monotonic()) + len(data) / self._rate
            time.sleep(max(0.0, at - time.monotonic()))
            with contextlib.suppress(OSError):
                far.sendall(data)


class Bench:
    """A gate at the far end of a slow line, and a head office."""

    def __init__(self, folder: Path, broker: Mosquitto, name: str) -> None:
        self.line = SlowLine(broker.port, MBIT)
        db = folder / f"{name}.sqlite"
        options = ReceiverOptions(SITE, trust_first_contact=True)
        self.receiver = Receiver(broker.link(f"office-{name}"), SqliteStore(db), options)
        key, place = MasterKey(b"k" * 32), Folder(folder / name)
        self.photo_receiver = PhotoReceiver(broker.link(f"album-{name}"), SqliteStore(db), SITE, place, key)
        self.source, self.photos = ListSource(), ListPhotos()
        self.link = MqttLink(MqttOptions("127.0.0.1", self.line.port, f"gate-{name}"))
        self.uplink = Uplink(self.source, self.link, UplinkOptions(linger_s=0.001))
        photo_link = MqttLink(MqttOptions("127.0.0.1", self.line.port, f"gate-{name}-photos"))
        self.photo_uplink = PhotoUplink(self.photos, photo_link, PhotoOptions(slow=0.0, unproven_s=600.0))
        self._acked = threading.Condition()
        self.uplink.on_status(lambda _status: self._tell())
        self._db = db

    def _tell(self) -> None:
        with self._acked:
            self._acked.notify_all()

    @contextmanager
    def running(self, *, photos: bool) -> Iterator[None]:
        ends = [self.receiver, self.uplink, *([self.photo_receiver, self.photo_uplink] if photos else [])]
        for end in ends:
            end.start()
        try:
            eventually(lambda: self.uplink.status().headoffice_online, 20)
            yield
        finally:
            for end in reversed(ends):
                end.stop()
            self.line.close()

    def latencies(self, events: int) -> list[float]:
        """Seconds from commit to acknowledgement."""
        took = []
        for _ in range(events):
            self.source.extend(1)
            head, began = self.source.head()[0], time.monotonic()
            self.uplink.notify()
            while self.uplink.status().acked < head:
                with self._acked:
                    self._acked.wait(0.002)
                if time.monotonic() > began + 60:
                    raise TimeoutError(str(self.uplink.status()))
            took.append(time.monotonic() - began)
            time.sleep(max(0.0, EVERY_S - took[-1]))
        return took

    def pictures(self, count: int) -> None:
        """Pictures that wait, and their events, which head office has."""
        datas = [noise(PICTURE, n) for n in range(count)]
        store = SqliteStore(self._db)
        events = told(store, [{"digest": sha(data)} for data in datas], where=ChainId(SITE, GATE, PICTURES))
        store.close()
        for data, event in zip(datas, events, strict=True):
            self.photos.add(data, event, epoch=PICTURES)

    def push(self, stop: threading.Event) -> None:
        """The same pictures over the events' own connection, as fast as the broker takes them."""
        data, topic = noise(16_384, 1), photo_topic(Topics(SITE, GATE), "ab" * 32)
        while not stop.is_set():
            try:
                self.link.publish(topic, data, qos=1)
            except LinkError:
                stop.wait(0.01)


@contextmanager
def _bench(folder: Path, name: str) -> Iterator[Bench]:
    broker = Mosquitto(folder, "max_queued_messages 10000", "max_inflight_messages 20")
    try:
        yield Bench(folder, broker, name)
    finally:
        broker.kill()


def run(events: int = 60) -> list[dict[str, Any]]:
    """The rows of the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with _bench(folder, "alone") as alone, alone.running(photos=False):
            limit = alone.latencies(events)
        with _bench(folder, "two") as two:
            two.pictures(200)
            with two.running(photos=True):
                eventually(lambda: len(two.photos.over) >= 1, 30)
                done, began = len(two.photos.over), time.monotonic()
                both = two.latencies(events)
                rate = (len(two.photos.over) - done) * PICTURE / (time.monotonic() - began)
        stop = threading.Event()
        with _bench(folder, "one") as one, one.running(photos=False):
            pushing = threading.Thread(target=one.push, args=(stop,))
            pushing.start()
            try:
                shared = one.latencies(max(5, events // 6))
            finally:
                stop.set()
                pushing.join()
    middle = statistics.median
    rows = [
        _row("event, no pictures", middle(limit), middle(limit), None),
        _row("event, pictures on two connections", middle(both), middle(limit), GOAL),
        _row("  of a hundred the slowest five", _slowest(both), _slowest(limit), None),
        _row("event, pictures on the same one", middle(shared), middle(limit), None),
    ]
    line = MBIT * 125_000
    return [
        *rows,
        {
            "name": "pictures meanwhile",
            "value": rate,
            "unit": "bytes/s",
            "limit": line,
            "ratio": rate / line,
            "goal": "≥ 0.5 of the line",
            "met": rate >= 0.5 * line,
        },
    ]


def _slowest(took: list[float]) -> float:
    return sorted(took)[int(len(took) * 0.95)]


def _row(name: str, value: float, limit: float, goal: float | None) -> dict[str, Any]:
    return {
        "name": name,
        "value": value * 1000,
        "unit": f"ms at {MBIT:g} Mbit/s",
        "limit": limit * 1000,
        "ratio": value / limit,
        "goal": f"≤ {goal * 1000:g} ms" if goal else None,
        "met": value <= goal if goal else None,
    }


if __name__ == "__main__":
    from tests.bench.__main__ import table

    print(table(run(*map(int, sys.argv[1:]))))
