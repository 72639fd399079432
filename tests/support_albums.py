"""For the tests of pictures on their way: a gate's pictures in memory, events that name them, and brokers that can be cut."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from sync.headoffice.intake import ChainId, Mark, Row
from sync.headoffice.store import Chunk, Store
from sync.journal_source import SourceUnavailable
from sync.link import Backoff, Link, User
from sync.memory import MemoryBroker, MemoryLink
from sync.mqtt import MqttLink
from sync.photo_protocol import Photo, Waiting
from sync.protocol import ZERO, chain
from tests.support_sync import EPOCH, GATE, SITE, Mosquitto

WHERE = ChainId(SITE, GATE, EPOCH)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def noise(size: int, seed: int) -> bytes:
    """Bytes that look like nothing else."""
    return hashlib.shake_256(seed.to_bytes(4, "big")).digest(size)


def told(
    store: Store, bodies: Sequence[dict[str, Any]], kind: str = "picture.taken", where: ChainId = WHERE
) -> list[int]:
    """Head office takes in events with these bodies; their numbers."""
    mark = store.mark(where)
    rows, seq, prev = [], mark.seq, mark.hash if mark.seq else ZERO
    for body in bodies:
        seq += 1
        said = {"body": body, "epoch": where.epoch, "gate": where.gate, "kind": kind, "seq": seq}
        data = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
        prev = chain(prev, data)
        rows.append(Row(seq, data, prev, None))
    store.apply([Chunk(where, Mark(mark.seq, mark.hash if mark.seq else ZERO), tuple(rows), b"s" * 64)], 1)
    return [row.seq for row in rows]


class ListPhotos:
    """A PhotoSource in memory: what it is given, in that order, each until it is done."""

    site, gate = SITE, GATE

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.waits: list[tuple[Photo, bytes, str]] = []
        self.over: list[str] = []
        self.gone: set[str] = set()
        self.broken = threading.Event()

    def add(self, data: bytes, event: int, step: str = "rest", of: bytes = b"", epoch: str = EPOCH) -> Photo:
        part = "thumbnail" if of else "picture"
        photo = Photo(sha(data), part, sha(of or data), len(data), event, epoch)
        with self.lock:
            self.waits.append((photo, data, step))
        return photo

    def next(self, *, rest: bool, without: frozenset[str]) -> tuple[Photo, bytes] | None:
        if self.broken.is_set():
            raise SourceUnavailable("the disk is away")
        with self.lock:
            for photo, data, step in self.waits:
                if photo.digest not in without and (rest or step != "rest"):
                    return photo, data
        return None

    def still(self, photo: Photo) -> bool:
        return photo.picture not in self.gone

    def done(self, photo: Photo) -> None:
        with self.lock:
            self.waits = [w for w in self.waits if w[0].digest != photo.digest]
            self.over.append(photo.digest)

    def waiting(self) -> Waiting:
        with self.lock:
            steps = [step for _, _, step in self.waits]
        return Waiting(steps.count("first"), steps.count("thumbnail"), steps.count("rest"))


class Line(Protocol):
    """A broker that can be asked for links, and of which a client can be cut off."""

    def link(self, name: str) -> Link: ...
    def cut(self, name: str) -> None: ...
    def stop(self) -> None: ...
    def start(self) -> None: ...
    def close(self) -> None: ...


class MemoryLine:
    def __init__(self, folder: Path) -> None:
        self.broker = MemoryBroker()
        self.cut, self.stop, self.start = self.broker.cut, self.broker.stop, self.broker.start

    def link(self, name: str) -> Link:
        return MemoryLink(self.broker, name, backoff=Backoff(0.02, 0.1))

    def close(self) -> None:
        self.broker.stop()


class MosquittoLine:
    def __init__(self, folder: Path) -> None:
        self.broker = Mosquitto(folder, "max_packet_size 262144", "max_queued_messages 2000")
        self.close = self.stop = self.broker.kill
        self.start = self.broker.start
        self._links: dict[str, MqttLink] = {}

    def link(self, name: str) -> Link:
        made = self._links[name] = self.broker.link(name)
        return made

    def cut(self, name: str) -> None:
        session = self._links[name]._session
        sock = session.client.socket() if session else None
        if sock is not None:
            sock.close()


class Counted:
    """A link that remembers which pieces went over it, and can break off after so many."""

    def __init__(self, link: Link, cut: Any = None, after: int = 0) -> None:
        self.link, self._cut, self._after = link, cut, after
        self.pieces: list[tuple[str, int]] = []
        self.subscribe, self.connect, self.ack, self.close = link.subscribe, link.connect, link.ack, link.close

    def publish(self, topic: str, payload: bytes, *, user: User = (), **more: Any) -> int:
        said = dict(user)
        token = self.link.publish(topic, payload, user=user, **more)
        if "piece" in said:
            self.pieces.append((said["digest"], int(said["piece"])))
            if self._cut is not None and len(self.pieces) == self._after:
                threading.Thread(target=self._cut).start()
        return token
