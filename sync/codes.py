"""Codes that a visitor carries: an appointment as a token that head office has signed. The same file at both ends.

The gate believes it by the signature alone: with no network, before the appointment itself has arrived, and in whatever hand it comes. So it
says all that the gate must know (whom, when, where), and nothing that the gate does not need: it is readable for everybody who sees it.

    text      GE2:BASE32          upper case without padding: a QR code packs it tightly (alphanumeric), a scanner that types types it
                                  whatever the keyboard's layout
    BASE32    payload | Ed25519 signature (64 bytes) over a first line of its own and the payload
    payload   01 | its own length | id, 8 bytes | from, 4 bytes, minutes since 1970 | for, 2 bytes, minutes | fields
    field     tag (ASCII letter) | length | UTF-8
              s site  g gates, separated by commas  k kind  m «v» with a vehicle  p plate  n name  t title  u unit  c companions

At most MOST_PAYLOAD bytes: then the text has at most 311 signs, which is a QR code of version 10 at level M; a usual one (name, unit, plate) is
version 8. All numbers are big endian. The signature is made with the key of instructions (sync/instructions.py); its first line keeps the one
from meaning the other.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync.fields import ProtocolError
from sync.instructions import NotSigned, Sign

PREFIX = "GE2:"
MOST_PAYLOAD = 127
ID_BYTES, SIGNATURE_BYTES = 8, 64
MINUTE_MS = 60_000
_DOMAIN = b"gate-edge code v1\n"
_VERSION = b"\x01"
_HEAD = len(_VERSION) + 1 + ID_BYTES + 4 + 2
_TAGS = {
    "s": "site",
    "g": "gates",
    "k": "kind",
    "m": "mode",
    "p": "plate",
    "n": "name",
    "t": "title",
    "u": "unit",
    "c": "companions",
}


def new_token() -> str:
    """The name of a new code: hexadecimal, never given twice."""
    return secrets.token_hex(ID_BYTES)


@dataclass(frozen=True, slots=True)
class Code:
    """One visit. `token`: its name, 16 hexadecimal digits; `gates`: at which it serves; times in UTC ms, whole minutes."""

    token: str
    site: str
    gates: tuple[str, ...]
    kind: str
    from_ms: int
    until_ms: int
    mode: str = "foot"
    plate: str = ""
    name: str = ""
    title: str = ""
    unit: str = ""
    companions: int = 0

    def text(self, sign: Sign) -> str:
        """As a QR code holds it. Raises ProtocolError when it is too long or its times cannot be."""
        payload = self._payload()
        return PREFIX + base64.b32encode(payload + sign(_DOMAIN + payload)).decode().rstrip("=")

    def _payload(self) -> bytes:
        begin, minutes = self.from_ms // MINUTE_MS, -(-self.until_ms // MINUTE_MS) - self.from_ms // MINUTE_MS
        try:
            head = bytes.fromhex(self.token) + begin.to_bytes(4, "big") + minutes.to_bytes(2, "big")
        except (OverflowError, ValueError) as e:
            raise ProtocolError(f"a code lasts up to 45 days and ends after it begins: {e}") from None
        if len(head) != _HEAD - 2 or not (self.site and self.gates and self.kind):
            raise ProtocolError("a code names its site, its gates and the kind of visit")
        said = {
            "s": self.site,
            "g": ",".join(self.gates),
            "k": self.kind,
            "m": "v" if self.mode == "vehicle" else "",
            "p": self.plate,
            "n": self.name,
            "t": self.title,
            "u": self.unit,
            "c": str(self.companions) if self.companions else "",
        }
        fields = b"".join(
            tag.encode() + bytes([len(raw)]) + raw for tag, text in said.items() if (raw := text.encode()[:255])
        )
        size = len(fields) + _HEAD
        if size > MOST_PAYLOAD:
            over = size - MOST_PAYLOAD
            raise ProtocolError(f"a code of {over} bytes too many: shorten name, unit or the list of gates")
        return _VERSION + bytes([size]) + head + fields

    @classmethod
    def from_text(cls, text: str, key: bytes) -> Code:
        """As scanned (upper or lower case) and signed with `key` (32 bytes). Raises ProtocolError when it is none or torn, NotSigned."""
        raw = _bytes(text)
        payload, signature = raw[:-SIGNATURE_BYTES], raw[-SIGNATURE_BYTES:]
        if not _HEAD < len(payload) <= MOST_PAYLOAD or payload[:2] != _VERSION + bytes([len(payload)]):
            raise ProtocolError(
                "a code of another version, or torn"
            )  # not «not signed»: a scanner that missed a piece forges nothing
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, _DOMAIN + payload)
        except (InvalidSignature, ValueError) as e:
            raise NotSigned("not signed by head office") from e
        said = dict(_fields(payload[_HEAD:]))
        begin = int.from_bytes(payload[10:14], "big") * MINUTE_MS
        companions = said.get("companions", "0")
        if not companions.isdecimal() or not (said.get("site") and said.get("gates") and said.get("kind")):
            raise ProtocolError("a code that says too little")
        return cls(
            payload[2:10].hex(),
            said["site"],
            tuple(said["gates"].split(",")),
            said["kind"],
            begin,
            begin + int.from_bytes(payload[14:16], "big") * MINUTE_MS,
            "vehicle" if said.get("mode") == "v" else "foot",
            said.get("plate", ""),
            said.get("name", ""),
            said.get("title", ""),
            said.get("unit", ""),
            int(companions),
        )


def is_code(text: str) -> bool:
    """Whether somebody shows one of these, whole or torn."""
    return text[: len(PREFIX)].upper() == PREFIX


def _bytes(text: str) -> bytes:
    body = text[len(PREFIX) :].upper()
    try:
        return base64.b32decode(body + "=" * (-len(body) % 8))
    except (binascii.Error, ValueError) as e:
        raise ProtocolError("a torn code") from e


def _fields(raw: bytes) -> Iterator[tuple[str, str]]:
    """Name and text of each field; tags that are not known (of a later version) are passed over."""
    while raw:
        tag, size = raw[:1].decode("latin-1"), raw[1] if len(raw) > 1 else 0
        text, raw = raw[2 : 2 + size], raw[2 + size :]
        if len(text) != size or not size:
            raise ProtocolError("a field without its end")
        try:
            yield _TAGS.get(tag, tag), text.decode()
        except UnicodeDecodeError as e:
            raise ProtocolError("a field that is no text") from e
