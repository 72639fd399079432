"""The way to head office, put together from the settings: over MQTT, or to a head office inside this process.

With `link = "memory"` (a laptop) a whole receiver with its own SQLite file runs on a thread of this process and the two
speak the same protocol over an in-memory broker: what the page says of head office is as true as over a network.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from edge import systemd
from edge.domain import events as ev
from edge.domain.events_goods import SpecimenFiled
from edge.domain.events_privacy import PictureAsked
from edge.enrolled import Enrolled
from edge.settings import Settings
from edge.settings_gate import SyncTable
from edge.store.journal import Record
from edge.store.source import JournalSource
from sync.headoffice.photo_places import Folder
from sync.headoffice.photo_receiver import PhotoReceiver
from sync.headoffice.receiver import Receiver, ReceiverOptions
from sync.headoffice.signing import SigningKey
from sync.headoffice.store_sqlite import SqliteStore
from sync.link import Link
from sync.memory import MemoryBroker, MemoryLink
from sync.mqtt import MqttLink, MqttOptions, Tls
from sync.photo_protocol import PhotoSource
from sync.photos import PhotoOptions, PhotoStatus, PhotoUplink
from sync.sealing import MasterKey
from sync.status import UplinkStatus
from sync.uplink import Uplink

HEADOFFICE = "headoffice.sqlite"
SIGNING = "headoffice-signing.key"
PICTURES = "headoffice-pictures.key"
ALBUM = "headoffice-photos"
PHOTOS = "-photos"
"""The second connection's name at the broker is the first one's with this."""
_PICTURES = (ev.PictureTaken.KIND, SpecimenFiled.KIND, PictureAsked.KIND)
"""After these there is something to send."""


class Headquarters:
    """The uplink, and head office itself where it is in this process. Without a link it says so and does nothing."""

    def __init__(self, uplink: Uplink | None, receiver: Receiver | None, key: bytes = b"") -> None:
        self._uplink, self.receiver = uplink, receiver
        self.photos: PhotoUplink | None = None
        self.photo_receiver: PhotoReceiver | None = None
        self.key = key
        """Head office's public key; empty: nothing that it says is believed."""

    @classmethod
    def make(
        cls,
        settings: Settings,
        root: Path,
        data: Path,
        source: JournalSource,
        enrolled: Enrolled,
        client: str,
        photos: PhotoSource | None = None,
    ) -> Headquarters:
        """As the settings say, and where they are silent as enrolment left it; `client`: this gate's name at the broker; `photos`: what
        goes over the second connection. Nothing is connected before `start`. Raises BadInput."""
        table = settings.sync
        if table.link == "off":
            return cls(None, None)
        sends = photos if table.photos != "off" else None
        pace = PhotoOptions(slow=table.photos_slow_kbit_s * 125.0, few=table.photos == "few")
        if table.link == "mqtt":
            known = enrolled.known()
            key = bytes.fromhex(table.headoffice_key) or (known.key if known else b"")
            made = cls(Uplink(source, _mqtt(table, root, enrolled, client)), None, key)
            if sends is not None:
                made.photos = PhotoUplink(sends, _mqtt(table, root, enrolled, client + PHOTOS), pace)
            return made
        broker = MemoryBroker()
        store = SqliteStore(str(data / HEADOFFICE))
        signing = SigningKey.load(data / SIGNING)
        options = ReceiverOptions(settings.gate.site, trust_first_contact=True, sign=signing.sign)
        receiver = Receiver(MemoryLink(broker, "headoffice"), store, options)
        made = cls(Uplink(source, MemoryLink(broker, settings.gate.id)), receiver, signing.public)
        if sends is not None:
            place, master = Folder(data / ALBUM), MasterKey.load(data / PICTURES)
            link, album = MemoryLink(broker, "headoffice-photos"), SqliteStore(str(data / HEADOFFICE))
            made.photo_receiver = PhotoReceiver(link, album, settings.gate.site, place, master)
            made.photos = PhotoUplink(sends, MemoryLink(broker, settings.gate.id + PHOTOS), pace)
        return made

    def start(self) -> None:
        """Begin."""
        for end in (self.receiver, self.photo_receiver, self._uplink, self.photos):
            if end is not None:
                end.start()

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
        for end in (self.photos, self._uplink, self.photo_receiver, self.receiver):
            if end is not None:
                end.stop()

    def notify(self, records: Sequence[Record]) -> None:
        """Something was committed; any thread, never waits."""
        if self._uplink:
            self._uplink.notify()
        if self.photos and any(record.kind in _PICTURES for record in records):
            self.photos.notify()

    def again(self, first: int, last: int) -> None:
        """Head office asks for these events once more; any thread, never waits."""
        if self._uplink:
            self._uplink.again(first, last)

    def on_instruction(self, callback: Callable[[bytes], None]) -> None:
        """Be given what head office says, on the uplink's thread; before `start`. Without its key nothing is listened to."""
        if self._uplink and self.key:
            self._uplink.on_instruction(callback)

    def on_registry(self, callback: Callable[[bytes], None]) -> None:
        """Be given the pieces of the registry, likewise."""
        if self._uplink and self.key:
            self._uplink.on_registry(callback)

    def ask(self, want: bytes) -> None:
        """Ask for pieces of the registry; any thread, never waits."""
        if self._uplink:
            self._uplink.ask(want)

    def on_change(self, callback: Callable[[UplinkStatus], None]) -> None:
        """Be told on the uplink's thread."""
        if self._uplink:
            self._uplink.on_status(callback)
        if self.photos:
            self.photos.on_status(lambda _status: callback(self._uplink.status() if self._uplink else UplinkStatus()))

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
                "photos": None,
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
            "photos": _photos(self.photos.status) if self.photos else None,
        }


def _photos(said: PhotoStatus) -> dict[str, Any]:
    """For the page: how many pictures wait, how many of them are important, thumbnails, and whether the line is slow."""
    waits = said.waiting
    return {
        "online": said.online,
        "waiting": waits.first + waits.rest,
        "first": waits.first,
        "thumbnails": waits.thumbnails,
        "slow": said.slow,
        "sent": said.sent,
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
