"""The way to head office, put together from the settings: over MQTT, or to a head office inside this process.

With `link = "memory"` (a laptop) a whole receiver with its own SQLite file runs on a thread of this process and the two
speak the same protocol over an in-memory broker: what the page says of head office is as true as over a network.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge import systemd
from edge.enrolled import Enrolled
from edge.settings import Settings, SyncTable
from edge.store.source import JournalSource
from sync.headoffice.receiver import Receiver, ReceiverOptions
from sync.headoffice.signing import SigningKey
from sync.headoffice.store_sqlite import SqliteStore
from sync.link import Link
from sync.memory import MemoryBroker, MemoryLink
from sync.mqtt import MqttLink, MqttOptions, Tls
from sync.status import UplinkStatus
from sync.uplink import Uplink

HEADOFFICE = "headoffice.sqlite"
SIGNING = "headoffice-signing.key"


class Headquarters:
    """The uplink, and head office itself where it is in this process. Without a link it says so and does nothing."""

    def __init__(self, uplink: Uplink | None, receiver: Receiver | None, key: bytes = b"") -> None:
        self._uplink, self.receiver = uplink, receiver
        self.key = key
        """Head office's public key; empty: nothing that it says is believed."""

    @classmethod
    def make(
        cls, settings: Settings, root: Path, data: Path, source: JournalSource, enrolled: Enrolled, client: str
    ) -> Headquarters:
        """As the settings say, and where they are silent as enrolment left it; `client`: this gate's name at the broker. Nothing
        is connected before `start`. Raises BadInput."""
        table = settings.sync
        if table.link == "off":
            return cls(None, None)
        if table.link == "mqtt":
            known = enrolled.known()
            key = bytes.fromhex(table.headoffice_key) or (known.key if known else b"")
            return cls(Uplink(source, _mqtt(table, root, enrolled, client)), None, key)
        broker = MemoryBroker()
        store = SqliteStore(str(data / HEADOFFICE))
        signing = SigningKey.load(data / SIGNING)
        options = ReceiverOptions(settings.gate.site, trust_first_contact=True, sign=signing.sign)
        receiver = Receiver(MemoryLink(broker, "headoffice"), store, options)
        return cls(Uplink(source, MemoryLink(broker, settings.gate.id)), receiver, signing.public)

    def start(self) -> None:
        """Begin."""
        if self.receiver:
            self.receiver.start()
        if self._uplink:
            self._uplink.start()

    def finish(self, head: int, timeout_s: float) -> None:
        """Wait until head office, when it listens, has everything up to `head`: that this gate was stopped is news to it.

        Blocks: not on the loop.
        """
        if self._uplink is None:
            return
        changed = threading.Event()
        self._uplink.on_status(lambda _status: changed.set())
        until = time.monotonic() + timeout_s
        while (left := until - time.monotonic()) > 0:
            changed.clear()
            said = self._uplink.status()
            if said.acked >= head or not (said.connected and said.headoffice_online):
                return
            changed.wait(left)

    def stop(self) -> None:
        """Say goodbye; the gate first."""
        if self._uplink:
            self._uplink.stop()
        if self.receiver:
            self.receiver.stop()

    def notify(self, _records: object) -> None:
        """Something was committed; any thread, never waits."""
        if self._uplink:
            self._uplink.notify()

    def on_instruction(self, callback: Callable[[bytes], None]) -> None:
        """Be given what head office says, on the uplink's thread; before `start`. Without its key nothing is listened to."""
        if self._uplink and self.key:
            self._uplink.on_instruction(callback)

    def on_change(self, callback: Callable[[UplinkStatus], None]) -> None:
        """Be told on the uplink's thread."""
        if self._uplink:
            self._uplink.on_status(callback)

    def status(self) -> dict[str, Any]:
        """For the page: «head office has everything up to N, m unsent»."""
        if self._uplink is None:
            return {
                "connected": False,
                "headoffice_online": False,
                "acked": 0,
                "head": 0,
                "unsent": 0,
                "problem": "off",
            }
        said = self._uplink.status()
        ago = None if said.last_ack_mono is None else round(time.monotonic() - said.last_ack_mono)
        return {
            "connected": said.connected,
            "headoffice_online": said.headoffice_online,
            "acked": said.acked,
            "head": said.head,
            "unsent": said.unsent,
            "problem": said.problem,
            "last_ack_s": ago,
        }


def _mqtt(table: SyncTable, root: Path, enrolled: Enrolled, client: str) -> Link:
    def name(path: Path | None) -> str:
        return str(systemd.resolved(root, path)) if path else ""

    ca, cert = name(table.ca_file), name(table.cert_file)
    if not cert and enrolled.client.exists():
        ca, cert = ca or str(enrolled.ca), str(enrolled.client)
    more: dict[str, Any] = {}
    if table.username:
        more["username"] = table.username
    if table.password_file:
        more["password"] = systemd.resolved(root, table.password_file).read_text(encoding="utf-8").strip()
    return MqttLink(MqttOptions.from_url(table.url, client, tls=Tls(ca, cert, name(table.key_file)), **more))
