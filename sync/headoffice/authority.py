"""Head office's certificate authority: which gates may connect to the broker, and who is no longer one of them.

    folder/ca.pem ca.key        the authority (20 years). The key makes gates: back it up, guard it
    folder/issued/*.pem         every certificate that was ever issued, by name and serial number, without its key
    folder/revoked.json         serial number → when and why

Nothing else is kept: the list of revoked ones (CRL), the broker's access list and its own certificate are made from these (`broker.py`).

A gate's certificate is called `SITE:GATE`, head office's own `SITE:headoffice`; the broker takes that name as the user
(`use_identity_as_username`), so one gate can never publish as another. A gate's name cannot have a colon, nor be `headoffice`.

Certificates last a year and are renewed when a third of that is left (`renewals.py`). What is revoked stays in the list for ever:
it is short, and a clock that is set back must not bring anybody back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from sync.certificates import (
    EPOCH,
    PEM,
    BadCertificate,
    alternative,
    builder,
    common_name,
    issued_by,
    key_pem,
    load,
    load_key,
    load_request,
    named,
    new_key,
    usage,
)
from sync.fields import valid_name
from sync.files import write_whole
from sync.protocol import HEADOFFICE

AUTHORITY_DAYS = 20 * 365
CLIENT_DAYS = 365
SERVER_DAYS = 2 * 365
CRL_DAYS = 20 * 365
"""A list that runs out would lock every gate out: it is renewed with each revocation, and by nobody when there is none."""


class AuthorityUnusable(Exception):
    """The folder's authority cannot be read or made; the message says why."""


@dataclass(frozen=True, slots=True)
class Issued:
    """One certificate that was issued. `revoked`: why, empty while it is good."""

    site: str
    gate: str
    serial: int
    until: datetime
    revoked: str = ""


def client_name(site: str, gate: str) -> str:
    """What a gate's (or head office's) certificate is called. Raises ValueError for what cannot be a name."""
    if not (valid_name(site) and valid_name(gate)) or ":" in site + gate or len(site) + len(gate) > 63:
        raise ValueError(f"a site or gate cannot be called {site!r} / {gate!r} in a certificate")
    return f"{site}:{gate}"


class Authority:
    """The authority in `folder`, made when there is none. Raises AuthorityUnusable."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            (folder / "issued").mkdir(parents=True, exist_ok=True, mode=0o700)
            if not (folder / "ca.pem").exists():
                self._make()
            self.pem = (folder / "ca.pem").read_bytes()
            self.certificate = load(self.pem)
            self._key = load_key((folder / "ca.key").read_bytes())
        except (OSError, BadCertificate) as e:
            raise AuthorityUnusable(f"{folder}: {e}") from e

    def _make(self) -> None:
        key, name, now = new_key(), named("gate-edge authority"), _now()
        made = (
            builder(name, name, key.public_key(), EPOCH, now + timedelta(days=AUTHORITY_DAYS))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage(sign_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        write_whole(self.folder / "ca.key", key_pem(key))
        write_whole(self.folder / "ca.pem", made.public_bytes(PEM))

    # ---- issue

    def issue(self, site: str, gate: str, request: bytes, days: int = CLIENT_DAYS) -> bytes:
        """A gate's certificate for the key of its request (PEM); the name is ours, whatever the request says. Raises BadCertificate."""
        key = load_request(request).public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise BadCertificate("the request has no EC key")
        name = client_name(site, gate)
        return self._again(name, key) or self._issue(name, key, days, ExtendedKeyUsageOID.CLIENT_AUTH)

    def _again(self, name: str, key: ec.EllipticCurvePublicKey) -> bytes | None:
        """The certificate that this key has already under this name: the same question has the same answer."""
        revoked = self._revoked()
        for path in (self.folder / "issued").glob(f"{name.replace(':', '~')}.*.pem"):
            pem = path.read_bytes()
            known = load(pem)
            if (
                known.public_key() == key
                and f"{known.serial_number:x}" not in revoked
                and known.not_valid_after_utc > _now()
            ):
                return pem
        return None

    def keep_own(self, site: str, path: Path) -> None:
        """Head office's own certificate and key, in one file; anew when less than a quarter of its time is left. Raises OSError."""
        try:
            known = load(path.read_bytes())
            if issued_by(known, self.certificate) and known.not_valid_after_utc - _now() > timedelta(
                days=SERVER_DAYS / 4
            ):
                return
        except (FileNotFoundError, BadCertificate):
            pass
        write_whole(path, self._own(site))

    def _own(self, site: str) -> bytes:
        key = new_key()
        made = self._issue(
            client_name(site, HEADOFFICE), key.public_key(), SERVER_DAYS, ExtendedKeyUsageOID.CLIENT_AUTH
        )
        return made + key_pem(key)

    def server(self, names: tuple[str, ...]) -> bytes:
        """A certificate and its key for the broker, reached by these names and addresses."""
        key = new_key()
        made = self._issue(f"broker {names[0]}", key.public_key(), SERVER_DAYS, ExtendedKeyUsageOID.SERVER_AUTH, names)
        return made + key_pem(key)

    def _issue(
        self,
        name: str,
        key: ec.EllipticCurvePublicKey,
        days: int,
        purpose: x509.ObjectIdentifier,
        hosts: tuple[str, ...] = (),
    ) -> bytes:
        until = _now() + timedelta(days=days)
        draft = (
            builder(named(name), self.certificate.subject, key, EPOCH, until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage(sign_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if hosts:
            names = x509.SubjectAlternativeName([alternative(host) for host in hosts])
            draft = draft.add_extension(names, critical=False)
        made = draft.sign(self._key, hashes.SHA256())
        pem = made.public_bytes(PEM)
        write_whole(self.folder / "issued" / f"{name.replace(':', '~')}.{made.serial_number:040x}.pem", pem)
        return pem

    # ---- what was issued, and what is over

    def issued(self) -> list[Issued]:
        """All certificates of gates and of head office, by name, the newest last."""
        revoked = self._revoked()
        found: list[Issued] = []
        for path in (self.folder / "issued").glob("*.pem"):
            certificate = load(path.read_bytes())
            site, colon, gate = common_name(certificate.subject).partition(":")
            if colon:
                why = revoked.get(f"{certificate.serial_number:x}", {}).get("why", "")
                found.append(Issued(site, gate, certificate.serial_number, certificate.not_valid_after_utc, why))
        return sorted(found, key=lambda i: (i.site, i.gate, i.until))

    def good(self) -> list[tuple[str, str]]:
        """(site, gate) of all that may connect now."""
        return sorted({(i.site, i.gate) for i in self.issued() if not i.revoked and i.until > _now()})

    def revoke(self, site: str, gate: str, why: str) -> int:
        """Every certificate of a gate is over. Returns how many were good until now."""
        revoked, at = self._revoked(), _now().isoformat()
        ours = [i for i in self.issued() if (i.site, i.gate) == (site, gate) and not i.revoked]
        for one in ours:
            revoked[f"{one.serial:x}"] = {"name": f"{site}:{gate}", "at": at, "why": why or "revoked"}
        if ours:
            text = json.dumps(revoked, ensure_ascii=False, indent=1, sort_keys=True)
            write_whole(self.folder / "revoked.json", text.encode())
        return len(ours)

    def crl(self) -> bytes:
        """The list of revoked certificates (PEM), for the broker."""
        now = _now()
        draft = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(EPOCH)
            .next_update(now + timedelta(days=CRL_DAYS))
        )
        for serial, said in sorted(self._revoked().items()):
            one = x509.RevokedCertificateBuilder().serial_number(int(serial, 16))
            draft = draft.add_revoked_certificate(one.revocation_date(datetime.fromisoformat(said["at"])).build())
        return draft.sign(self._key, hashes.SHA256()).public_bytes(PEM)

    def _revoked(self) -> dict[str, dict[str, str]]:
        path = self.folder / "revoked.json"
        if not path.exists():
            return {}
        try:
            found: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as e:
            raise AuthorityUnusable(
                f"{path} is damaged: restore it from a backup, or revoked gates would come back"
            ) from e
        return found


def _now() -> datetime:
    return max(datetime.now(UTC), EPOCH)
