"""The registry's way down: signed pieces from head office, and what a gate asks for. The same file at both ends.

    gate                                              head office
    state {registry_at: {number, digest}}  ────────►  another one than the list of this gate?
                        ◄──────  registry  piece 0    of a change set from what the gate has, or of a snapshot; again every few seconds
    registry/want {number, digest, name, next}  ───►  the pieces from `next` on, WINDOW of them
                        ◄──────  registry  …
    the last piece: the digest is the announced one?  in force, journalled; registry/want {number, digest} says so at once
                                               no?    registry/want {snapshot: true}

A transfer has a name made of what it leads from and to, so pieces of two transfers are never mixed, and one that a restarted head office
goes on with is the same one. Pieces may be lost, doubled or come in another order: the gate asks again from the first that it lacks.

A piece is at most MAX_PIECE bytes: "GER1" | Ed25519 signature (64) | u16 length of head | head (JSON) | body (zlib). The signature is over
a first line of its own, head and body. The body is lines (registry_lines.py) in the order of their keys, and, in a change set, `-` and
the key of what is gone. Numbers only grow: an older list that was signed once cannot be brought back by whoever kept it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync.fields import MAX_SMALL, ProtocolError, dump, get_bool, get_hex, get_int, get_name, get_text, parse_object
from sync.instructions import NotSigned, Sign

MAX_PIECE = 64 * 1024
MAX_BODY = 56 * 1024
"""Bytes of a body before compression; what cannot be compressed still fits."""
WINDOW = 16
"""Pieces under way to one gate."""
CHANGES, SNAPSHOT = "changes", "snapshot"
_MAGIC = b"GER1"
_DOMAIN = b"gate-edge registry v1\n"
_U16 = struct.Struct(">H")


@dataclass(frozen=True, slots=True)
class Transfer:
    """What all pieces of one have in common. `base`, `base_digest`: the list that a change set changes (0, "" of a snapshot);
    `rows`: credentials of the list `number`; `digest`: of its lines."""

    site: str
    gate: str
    kind: str
    base: int
    base_digest: str
    number: int
    digest: str
    rows: int
    at_ms: int

    @property
    def name(self) -> str:
        """Says from what to what."""
        return f"{self.kind}-{self.base}-{self.number}-{self.digest[:16]}"


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece: `lines` of the transfer, `n` counts from 0."""

    transfer: Transfer
    n: int
    last: bool
    body: bytes
    """Compressed."""

    def to_bytes(self, sign: Sign) -> bytes:
        """As sent. Raises ProtocolError when it is too long."""
        t = self.transfer
        head = dump({**{name: getattr(t, name) for name in t.__slots__}, "n": self.n, "last": self.last})
        said = _U16.pack(len(head)) + head + self.body
        payload = _MAGIC + sign(_DOMAIN + said) + said
        if len(payload) > MAX_PIECE:
            raise ProtocolError(f"a piece of {len(payload)} bytes; at most {MAX_PIECE}")
        return payload

    @classmethod
    def from_bytes(cls, payload: bytes, key: bytes) -> Piece:
        """As received and signed with `key` (32 bytes). Raises NotSigned, ProtocolError, whatever the bytes."""
        if len(payload) > MAX_PIECE or len(payload) < 70 or payload[:4] != _MAGIC:
            raise ProtocolError("no piece of a registry")
        said = payload[68:]
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(payload[4:68], _DOMAIN + said)
        except (InvalidSignature, ValueError) as e:
            raise NotSigned("not signed by head office") from e
        (length,) = _U16.unpack_from(said)
        if 2 + length > len(said):
            raise ProtocolError("the head is longer than the piece")
        o = parse_object(said[2 : 2 + length], MAX_SMALL)
        kind = get_text(o, "kind")
        if kind not in (CHANGES, SNAPSHOT):
            raise ProtocolError(f"a transfer of kind {kind!r}")
        base_digest = get_hex(o, "base_digest", 32).hex() if kind == CHANGES else ""
        transfer = Transfer(
            get_name(o, "site"),
            get_name(o, "gate"),
            kind,
            get_int(o, "base"),
            base_digest,
            get_int(o, "number", 1),
            get_hex(o, "digest", 32).hex(),
            get_int(o, "rows"),
            get_int(o, "at_ms"),
        )
        return cls(transfer, get_int(o, "n"), get_bool(o, "last"), said[2 + length :])

    def lines(self) -> list[str]:
        """Its lines. Raises ProtocolError."""
        text = self.text()
        return text.split("\n") if text else []

    def text(self) -> str:
        """The same, a line break between. Raises ProtocolError."""
        inflater = zlib.decompressobj()
        try:
            body = inflater.decompress(self.body, MAX_BODY + 1)
            text = body.decode()
        except (zlib.error, UnicodeDecodeError) as e:
            raise ProtocolError("a body that cannot be read") from e
        if len(body) > MAX_BODY or not inflater.eof or inflater.unused_data:
            raise ProtocolError(f"a body that is cut off or inflates to more than {MAX_BODY} bytes")
        return text


def packed(lines: Sequence[str]) -> bytes:
    """A body."""
    return zlib.compress("\n".join(lines).encode(), 1)


@dataclass(frozen=True, slots=True)
class Want:
    """A gate's word: it has list `number` with `digest`, and lacks the pieces from `next` on of the transfer `name` ("": of none).
    `snapshot`: a change set does not fit what it has."""

    number: int
    digest: str
    name: str = ""
    next: int = 0
    snapshot: bool = False

    def to_bytes(self) -> bytes:
        """As sent."""
        return dump({name: getattr(self, name) for name in self.__slots__})

    @classmethod
    def from_bytes(cls, payload: bytes) -> Want:
        """As received. Raises ProtocolError."""
        o: dict[str, Any] = parse_object(payload, MAX_SMALL)
        return cls(
            get_int(o, "number"),
            get_text(o, "digest"),
            get_text(o, "name", 128),
            get_int(o, "next"),
            get_bool(o, "snapshot"),
        )
