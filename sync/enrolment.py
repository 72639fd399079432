"""How a new gate and head office come to know each other, over a line that nobody vouches for yet. The same file at both ends.

    gate: makes its key (it never leaves the gate) ──▶ Request: who I am, certificate request, the journal's key; signed by the latter
                         ◀── Offer: head office's authority, its signing key, and (once somebody there has agreed) the certificate

Two people compare two codes, by telephone: head office types the code that the gate shows, the technician at the gate types the
code that head office shows. Each code is 80 bits of SHA-256 over everything that the other end is to believe, so whoever sits between
would have to find other keys with the same code (2^80 tries), and neither end believes anything before its code was typed.

Both messages may be seen by anybody: there is no secret in them. Request and offer are sent again until the other one has come.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync.certificates import BadCertificate, load, load_request
from sync.fields import ProtocolError, dump, get_hex, get_name, get_text, parse_object

MAX = 16 * 1024
_PEM = 8 * 1024
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MEANT = str.maketrans("OILU", "011V")
"""Crockford's base 32: nobody has to tell O from 0 on the telephone."""


def code(words: str, what: bytes) -> str:
    """Four groups of four characters."""
    number = int.from_bytes(hashlib.sha256(words.encode() + b"\n" + what).digest()[:10], "big")
    text = "".join(_ALPHABET[(number >> shift) & 31] for shift in range(75, -1, -5))
    return "-".join(text[at : at + 4] for at in range(0, 16, 4))


def same_code(typed: str, shown: str) -> bool:
    """Whether somebody typed that code: small letters, blanks and hyphens as they like, O for 0, I and L for 1."""
    return re.sub(r"[\s-]", "", typed).upper().translate(_MEANT) == shown.replace("-", "")


def request_topic(site: str, gate: str) -> str:
    """Gate → head office, on the broker's enrolment listener."""
    return f"enrol/v1/{site}/{gate}/request"


def offer_topic(site: str, gate: str) -> str:
    """Head office → gate, likewise."""
    return f"enrol/v1/{site}/{gate}/offer"


@dataclass(frozen=True, slots=True)
class Request:
    """What a gate asks for. `csr`: PEM; `key`: the journal's public key (32 bytes); `done`: it has what it needs."""

    site: str
    gate: str
    csr: str
    key: bytes
    signature: bytes
    done: bool = False

    @staticmethod
    def signed(site: str, gate: str, csr: str, key: bytes) -> bytes:
        """What the journal's key signs, and what the code is made of."""
        return b"gate-edge enrolment v1\n" + dump({"site": site, "gate": gate, "csr": csr, "key": key.hex()})

    @property
    def code(self) -> str:
        """What the gate shows."""
        return code("gate", self.signed(self.site, self.gate, self.csr, self.key))

    def to_bytes(self) -> bytes:
        """As sent."""
        said = {"site": self.site, "gate": self.gate, "csr": self.csr, "key": self.key.hex(), "done": self.done}
        return dump({**said, "signature": self.signature.hex()})

    @classmethod
    def from_bytes(cls, payload: bytes) -> Request:
        """As received: request and signatures hold. Raises ProtocolError."""
        o = parse_object(payload, MAX)
        csr = _pem(o.get("csr"))
        made = cls(
            get_name(o, "site"),
            get_name(o, "gate"),
            csr,
            get_hex(o, "key", 32),
            get_hex(o, "signature", 64),
            bool(o.get("done")),
        )
        try:
            load_request(csr.encode())
            Ed25519PublicKey.from_public_bytes(made.key).verify(
                made.signature, cls.signed(made.site, made.gate, made.csr, made.key)
            )
        except (BadCertificate, InvalidSignature, ValueError) as e:
            raise ProtocolError(f"not a gate's request: {e}") from e
        return made


@dataclass(frozen=True, slots=True)
class Offer:
    """Head office: its authority (PEM), the key that it signs instructions with, the broker's address for gates. `certificate`: PEM, empty until agreed."""

    site: str
    authority: str
    key: bytes
    broker: str
    certificate: str = ""

    @property
    def code(self) -> str:
        """What head office shows; the same for all gates of a site, so it may be printed."""
        said = {"site": self.site, "authority": self.authority, "key": self.key.hex(), "broker": self.broker}
        return code("headoffice", dump(said))

    def to_bytes(self) -> bytes:
        """As sent."""
        said = {"site": self.site, "authority": self.authority, "key": self.key.hex(), "broker": self.broker}
        return dump({**said, "certificate": self.certificate})

    @classmethod
    def from_bytes(cls, payload: bytes) -> Offer:
        """As received. Raises ProtocolError."""
        o = parse_object(payload, MAX)
        certificate = _pem(o["certificate"]) if o.get("certificate") else ""
        made = cls(
            get_name(o, "site"),
            _pem(o.get("authority")),
            get_hex(o, "key", 32),
            get_text(o, "broker", 200),
            certificate,
        )
        try:
            for pem in filter(None, (made.authority, made.certificate)):
                load(pem.encode())
        except BadCertificate as e:
            raise ProtocolError(f"not an offer: {e}") from e
        return made


def _pem(value: object) -> str:
    if not isinstance(value, str) or len(value) > _PEM or not value.isascii() or "-----BEGIN CERTIFICATE" not in value:
        raise ProtocolError("no certificate or request in PEM")
    return value
