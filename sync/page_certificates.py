"""An authority of a page's own, at the gate and at head office, for browsers on their network (tablet.md, rule 4).

Browsers give a page on plain HTTP no wake lock, no camera, no clipboard, and no public authority signs a name like gate.local. So
each end makes an authority of its own at the first start (ten years), and with it a server certificate for the names and addresses by
which it is reached (13 months, made anew at a start when less than 60 days are left or the names have changed). A browser installs the
authority's certificate once, from /api/v1/ca.crt. Keys are files of that end's user alone; the authority may sign for nothing but servers, and is
not the one that gates connect with: what a browser trusts must be able to do nothing else.

The validity begins in 2026 whatever the clock says: a Pi that wakes up in 1970 must still be able to serve its page.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from sync.certificates import EPOCH, alternative, builder, key_pem, named, new_key, usage
from sync.files import write_whole

AUTHORITY_DAYS = 3650
SERVER_DAYS = 397
RENEW_DAYS = 60
ONE_DAY = timedelta(days=1)
CA_CERT, CA_KEY, CERT, KEY = "ca.crt", "ca.key", "server.crt", "server.key"


def own_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names that the certificate is for: those configured, this machine's own, and its addresses."""
    host = socket.gethostname()
    found = {"localhost", "127.0.0.1", host, f"{host}.local", *names}
    with suppress(OSError):  # a host that cannot resolve its own name still has the configured ones
        found |= {str(info[4][0]).partition("%")[0] for info in socket.getaddrinfo(host, None)}
    return tuple(sorted(found - {""}))


def ensure(folder: Path, names: tuple[str, ...], now: datetime | None = None) -> tuple[Path, Path, bytes]:
    """Certificate file, key file and the authority's certificate (PEM); made or renewed where needed."""
    when = max(now or datetime.now(UTC), EPOCH)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority, signer = _authority(folder, when)
    cert, key = folder / CERT, folder / KEY
    if not _still_good(cert, key, authority, names, when):
        _server(cert, key, authority, signer, names, when)
    return cert, key, authority.public_bytes(serialization.Encoding.PEM)


def _authority(folder: Path, when: datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    cert, key = folder / CA_CERT, folder / CA_KEY
    if cert.exists() and key.exists():
        signer = serialization.load_pem_private_key(key.read_bytes(), None)
        known = x509.load_pem_x509_certificate(cert.read_bytes())
        if isinstance(signer, ec.EllipticCurvePrivateKey) and known.not_valid_after_utc > when:
            return known, signer
    signer = new_key()
    name = named(f"gate-edge {socket.gethostname()}")
    made = (
        builder(name, name, signer.public_key(), when - ONE_DAY, when + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(sign_certificates=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    write_whole(key, key_pem(signer))
    write_whole(cert, made.public_bytes(serialization.Encoding.PEM))
    return made, signer


def _server(
    cert: Path,
    key: Path,
    authority: x509.Certificate,
    signer: ec.EllipticCurvePrivateKey,
    names: tuple[str, ...],
    when: datetime,
) -> None:
    own = new_key()
    subject = named(names[0])
    made = (
        builder(subject, authority.subject, own.public_key(), when - ONE_DAY, when + timedelta(days=SERVER_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage(sign_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([alternative(n) for n in names]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    write_whole(key, key_pem(own))
    write_whole(cert, made.public_bytes(serialization.Encoding.PEM))


def _still_good(cert: Path, key: Path, authority: x509.Certificate, names: tuple[str, ...], when: datetime) -> bool:
    if not (cert.exists() and key.exists()):
        return False
    known = x509.load_pem_x509_certificate(cert.read_bytes())
    names_known = known.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    said = {str(n.value) for n in names_known}
    lasts = known.not_valid_after_utc - when > timedelta(days=RENEW_DAYS)
    return known.issuer == authority.subject and lasts and set(names) <= said
