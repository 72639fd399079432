"""For the tests of the registry's way down: a line that loses, doubles and swaps, a gate's end with a real store, and made-up lists."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from edge.bridge import Bridge
from edge.clock import Clock
from edge.domain.event import Event
from edge.faults import Faults
from edge.gate import Gate
from edge.registry_down import RegistryDown
from edge.store import registry_down
from edge.store.db import Store
from sync import roster
from sync.headoffice.receiver import Receiver, ReceiverOptions
from sync.headoffice.registry import Registry
from sync.headoffice.store import Store as OfficeStore
from sync.headoffice.store_sqlite import SqliteStore
from sync.link import Handler, Link, Message, User, Will
from sync.registry_protocol import Piece
from sync.uplink import Uplink
from tests.support_sync import FAST, GATE, SITE, ListSource, signer

OFFICE = signer("headoffice")
KEY = OFFICE.public_key().public_bytes_raw()
Card = tuple[str, str, str]
"""Person, name, plate."""


def made_up(count: int, first: int = 0) -> dict[str, Card]:
    """A list: card → holder."""
    return {
        f"0a{n:08x}": (f"p{n % (count - 1) + first}", f"周{n % (count - 1) + first}", f"粤B{n:05d}")
        for n in range(first, first + count)
    }


def as_csv(cards: Mapping[str, Card], gates: str = "") -> bytes:
    """As a clerk would hand it in."""
    rows = (f"{uid},业主,{person},{name},{plate},{gates}\n" for uid, (person, name, plate) in cards.items())
    return ("卡号,类别,人员编号,姓名,车牌,门岗\n" + "".join(rows)).encode()


def take(store: OfficeStore, data: bytes, at_ms: int = 1) -> int:
    """Import into head office; the version."""
    registry = Registry(store, SITE)
    found = roster.read(data, "list.csv")
    registry.complete(found)
    assert found.problems == []
    return registry.take(registry.plan(found), "list.csv", "zhang", at_ms)


class BadLine:
    """A Link whose messages about the registry are lost, doubled, and swapped with later ones. Both ends publish through one."""

    def __init__(self, link: Link, rng: random.Random) -> None:
        self._link, self._rng = link, rng
        self._held: list[tuple[str, bytes, str]] = []
        self.lost = self.doubled = self.swapped = 0
        self.ends = True
        """Until it is, no list's last piece gets through: what is restarted is in the middle."""

    def subscribe(self, topic: str, qos: int = 1) -> None:
        self._link.subscribe(topic, qos)

    def connect(self, handler: Handler, will: Will | None = None) -> None:
        self._link.connect(handler, will)

    def publish(
        self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False, content_type: str = "", user: User = ()
    ) -> int:
        if "/registry" not in topic:
            return self._link.publish(topic, payload, qos=qos, retain=retain, content_type=content_type, user=user)
        dice = self._rng.random()
        if dice < 0.15 or (not self.ends and payload[:4] == b"GER1" and Piece.from_bytes(payload, KEY).last):
            self.lost += 1
            return 0
        if dice < 0.35:
            self.swapped += 1
            self._held.append((topic, payload, content_type))
            return 0
        token = self._link.publish(topic, payload, content_type=content_type)
        if dice < 0.5:
            self.doubled += 1
            self._link.publish(topic, payload, content_type=content_type)
        if self._held and self._rng.random() < 0.5:
            late, said, kind = self._held.pop(self._rng.randrange(len(self._held)))
            self._link.publish(late, said, content_type=kind)
        return token

    def ack(self, message: Message) -> None:
        self._link.ack(message)

    def close(self, timeout: float = 5.0) -> None:
        self._link.close(timeout)


class _Source(ListSource):
    """A journal that says which list the gate has."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store

    def state(self) -> dict[str, Any]:
        with self._store.reader() as con:
            number, digest = registry_down.state(con)
            refused = registry_down.refused(con)
        at = {"number": number, "digest": digest}
        return {"registry": str(number), "registry_at": at, **({"registry_refused": refused} if refused else {})}


class GateEnd:
    """A gate as far as its registry goes: real store, real loop, real uplink."""

    def __init__(self, folder: Path, link: Link, key: bytes) -> None:
        self.store = Store.open(folder / "gate.db", gate=GATE, site=SITE, ballast=0)
        self.noted: list[Event] = []
        self._loop = asyncio.new_event_loop()
        bridge, clock = Bridge(self._loop), Clock()
        faults = Faults(clock, self.noted.extend)
        gate = SimpleNamespace(store=self.store, clock=clock, bridge=bridge, faults=faults, changed=lambda: None)
        self.uplink = Uplink(_Source(self.store), link, FAST)
        self.down = RegistryDown(cast(Gate, gate), key, self.uplink.ask)
        self._bridge = bridge
        self.uplink.on_registry(bridge.sink(self.down.arrived))
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.uplink.start()

    def has(self) -> tuple[int, str]:
        with self.store.reader() as con:
            return registry_down.state(con)

    def pieces(self) -> int:
        """How far the transfer is that is under way."""
        coming = self.down._intake._coming
        return coming.next if coming is not None else 0

    def cards(self) -> dict[str, Card]:
        """What its tables say."""
        sql = """SELECT uid, person, name, coalesce((SELECT group_concat(plate, ' ') FROM vehicles v WHERE v.uid = c.uid), '')
                 FROM credentials c JOIN people USING (person)"""
        with self.store.reader() as con:
            return {uid: (person, name, plate) for uid, person, name, plate in con.execute(sql)}

    def ask(self, sql: str) -> list[Any]:
        with self.store.reader() as con:
            return con.execute(sql).fetchall()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self.down.stop)
        self.uplink.stop()
        asyncio.run_coroutine_threadsafe(self._bridge.drain(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.store.close()


Links = Callable[[str], Link]


def office(folder: Path, links: Links, line: BadLine | None = None) -> Receiver:
    """Head office's end over a folder's database."""
    options = ReceiverOptions(SITE, trust_first_contact=True, ack_interval_s=0.2, sign=OFFICE.sign)
    made = Receiver(line or links("office"), SqliteStore(folder / "office.sqlite"), options)
    made.start()
    return made
