"""What this gate has of head office once it is enrolled, in `mqtt/` of its data folder, and how its certificate is renewed.

    ca.pem           whom it believes          client.pem       its certificate and its key, in one file (this user's alone)
    headoffice.json  the key that instructions are signed with, the broker's address
    renewing.key     the next key, between asking for its certificate and getting it

What the configuration says ([sync] ca_file, cert_file, headoffice_key …) always wins. The certificate is renewed when a third of its year is
left: the gate makes a new key, asks in its state (`csr`), and head office answers with the instruction `certificate.install`. The
new file takes the place of the old one in one rename, and the next connection uses it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from edge import systemd
from edge.errors import BadInput
from edge.instructions import Act
from edge.orders import Person
from edge.service import Acted
from edge.settings import Settings
from edge.store.files import write_whole
from edge.store.keys import JournalKey
from sync.certificates import BadCertificate, key_pem, load, load_key, new_key, request
from sync.enrolling import NotEnrolled, ask_headoffice, check_certificate
from sync.enrolment import Offer, Request
from sync.mqtt import MqttLink, MqttOptions, Tls

FOLDER = "mqtt"
RENEW_DAYS, WARN_DAYS = 122, 21


@dataclass(frozen=True, slots=True)
class Known:
    """Head office as enrolment left it."""

    key: bytes
    broker: str


class Enrolled:
    """`data`: the gate's data folder. Any thread."""

    def __init__(self, data: Path, site: str, gate: str) -> None:
        self._folder, self._site, self._gate = data / FOLDER, site, gate
        self._lock = threading.Lock()
        self._asked = ""

    @property
    def ca(self) -> Path:
        """The authority's certificate."""
        return self._folder / "ca.pem"

    @property
    def client(self) -> Path:
        """This gate's certificate with its key."""
        return self._folder / "client.pem"

    def known(self) -> Known | None:
        """Head office, when this gate is enrolled. Raises BadInput when the file is damaged."""
        try:
            said = json.loads((self._folder / "headoffice.json").read_bytes())
            return Known(bytes.fromhex(said["key"]), str(said["broker"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as e:
            raise BadInput("mqtt/headoffice.json 损坏 is damaged", "重新注册 enrol again: python -m edge enrol") from e

    # ---- enrolment

    def request(self, journal: JournalKey) -> tuple[Request, ec.EllipticCurvePrivateKey]:
        """What this gate asks for, and the key that it asks with: made once, so that its code stays the same when asked again."""
        key = self._next_key()
        csr = request(key, self._gate).decode()
        public = journal.public_key()
        signature = journal.sign(Request.signed(self._site, self._gate, csr, public))
        return Request(self._site, self._gate, csr, public, signature), key

    def take(self, offer: Offer) -> None:
        """Keep what head office has answered. Raises OSError, BadInput."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(self.ca, offer.authority.encode())
        said = {"key": offer.key.hex(), "broker": offer.broker}
        write_whole(self._folder / "headoffice.json", json.dumps(said).encode())
        self.install(offer.certificate.encode())

    # ---- renewal

    def left(self) -> timedelta | None:
        """How long the certificate is still good; None without one."""
        try:
            return load(self.client.read_bytes()).not_valid_after_utc - datetime.now(UTC)
        except (OSError, BadCertificate):
            return None

    def renewal(self) -> str:
        """The request (PEM) for the next certificate, when it is time; otherwise "". For the gate's state; may be called often."""
        left = self.left()
        if left is None or left > timedelta(days=RENEW_DAYS):
            return ""
        with self._lock:
            if not self._asked:
                self._asked = request(self._next_key(), self._gate).decode()
            return self._asked

    def install(self, certificate: bytes) -> None:
        """The next certificate, in the place of the old. Raises BadInput when it is not for our key or not of our authority."""
        with self._lock:
            key = self._next_key()
            try:
                check_certificate(certificate, self.ca.read_bytes(), key)
            except (OSError, BadCertificate) as e:
                raise BadInput(
                    f"证书不可用 the certificate cannot be used: {e}", "管理中心重新签发 head office issues it anew"
                ) from e
            write_whole(self.client, certificate + key_pem(key))
            (self._folder / "renewing.key").unlink(missing_ok=True)
            self._asked = ""

    def _next_key(self) -> ec.EllipticCurvePrivateKey:
        path = self._folder / "renewing.key"
        if path.exists():
            try:
                return load_key(path.read_bytes())
            except BadCertificate:
                path.unlink()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        key = new_key()
        write_whole(path, key_pem(key))
        return key


def client_id(site: str, gate: str, journal: JournalKey) -> str:
    """What this gate calls itself at the broker: the same always, and nobody else can know it (it comes of the journal's key), because whoever
    connects under the same name throws the other one out. Head office reads it in the gate's state."""
    secret = hashlib.sha256(journal.sign(b"gate-edge client id v1")).hexdigest()[:16]
    return f"{site}-{gate}-{secret}"


def installs(enrolled: Enrolled) -> Act:
    """`certificate.install {certificate}`: what head office answers to `renewal`."""

    async def act(_who: Person, data: dict[str, Any], _key: str) -> Acted:
        await asyncio.to_thread(enrolled.install, str(data["certificate"]).encode())
        return Acted(0, 0)

    return act


def enrol(
    settings: Settings, root: Path, url: str, code: str, ask: Callable[[], str], say: Callable[[str], None]
) -> None:
    """`python -m edge enrol`: until head office has answered. Raises BadInput."""
    data, gate = root / settings.gate.data, settings.gate
    mine = Enrolled(data, gate.site, gate.id)
    journal = JournalKey.load(data, systemd.credential("journal-key"))
    asked, key = mine.request(journal)
    say(f"本机代码 this gate's code, to be read to head office: {asked.code}")
    given = [code] if code else []

    def typed() -> str:
        if code and not given:
            raise NotEnrolled("another head office answered than the one whose code was given")
        return given.pop() if given else ask()

    try:
        options = MqttOptions.from_url(url, f"enrol-{asked.code}", tls=Tls(anyone=True))
        offer = ask_headoffice(MqttLink(options), asked, key, typed, say)
        mine.take(offer)
    except (NotEnrolled, ValueError) as e:
        raise BadInput(f"没有注册成功 not enrolled: {e}", "两边核对代码后再试 compare the codes, then try again") from e
    say(f'已注册 enrolled. [sync] link = "mqtt", url = "{offer.broker}"')
