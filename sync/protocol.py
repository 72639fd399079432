"""What the gate and head office say to each other: the same file at both ends.

Theory
------
The journal is the outbox. Events are numbered 1, 2, 3 … inside an *epoch* (a life of the gate's database) and chained:
`hash(n) = SHA-256(hash(n-1) + stored bytes of n)`, before the first one 32 zero bytes. So (site, gate, epoch, seq) names
an event and `hash` vouches for everything up to it. What was stored is what is sent: no byte is serialised twice.

    gate                                     head office
    ----                                     -----------
    Batch first..last  ── events, QoS 1 ──►  at or below what is applied?  dropped
                                             a hole before `first`?        Ack with want, nothing written
                                             another hash for a known seq? fork: quarantined, Ack asks for a new epoch
                                             chain, checkpoint right?      one transaction: events and watermark
    cursor = seq       ◄── Ack, QoS 0 ─────  after the commit, cumulative, repeated on a timer

A broker's PUBACK says only that a broker had the bytes in its memory. The cursor moves on an `Ack` alone, so anything may
be lost, doubled, late or out of order: what is lost is sent again from the cursor, what is doubled is dropped. The gate
speaks only while head office's retained `HeadOfficeState` says online; each new `session` word in it means that whatever
was under way may be lost, and the gate starts again from its cursor.

A `Checkpoint` is the gate's Ed25519 signature over (site, gate, epoch, seq, hash). One goes with every batch: since the
hash vouches for the whole chain, one signature covers every event so far.

A journal that was restored from a backup goes on under a new epoch: its numbers and its chain continue, and the first event of the new
epoch, `journal.restored`, names the epoch before, its last number and hash. The gate first sees that head office has all of the older epoch that
it has itself; head office takes the new one as the continuation of exactly that point. What it had beyond it (events that the gate lost with
its storage card) stays where it is, in the older epoch.

Small messages are JSON objects, read bounded (`sync.fields`); a batch is a binary frame (`sync.batch`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sync.fields import (
    MAX_SMALL,
    ProtocolError,
    dump,
    get_bool,
    get_hex,
    get_int,
    get_name,
    get_text,
    parse_object,
    valid_name,
)

ZERO = bytes(32)
"""The hash before the first event."""
JSON_TYPE = "application/json"
MAX_STATE = 64 * 1024
WANT_EPOCH = -1
"""`Ack.want`: this epoch has forked; only a new one will be taken."""
HEADOFFICE = "headoffice"
WANT = "registry/want"


RESTORED = "journal.restored"


def predecessor(first: bytes) -> str | None:
    """The epoch that another one continues, from the bytes of its first event; None when it continues none."""
    if b'"kind":"' + RESTORED.encode() + b'"' not in first:
        return None
    try:
        said = json.loads(first)
    except ValueError:
        return None
    was = said.get("body", {}).get("was") if isinstance(said, dict) and said.get("kind") == RESTORED else None
    return was if isinstance(was, str) and valid_name(was) else None


def chain(prev: bytes, data: bytes) -> bytes:
    """The hash of an event whose stored bytes are `data` and whose predecessor has the hash `prev`."""
    return hashlib.sha256(prev + data).digest()


# ---- topics ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one gate, or of one site when `gate` is `+`."""

    site: str
    gate: str

    def __post_init__(self) -> None:
        if not valid_name(self.site) or (self.gate != "+" and (not valid_name(self.gate) or self.gate == HEADOFFICE)):
            raise ProtocolError(f"a site or gate cannot be called {self.site!r} / {self.gate!r}")

    @property
    def events(self) -> str:
        """Gate → head office: batches."""
        return f"gate/v1/{self.site}/{self.gate}/events"

    @property
    def ack(self) -> str:
        """Head office → gate: what is committed."""
        return f"gate/v1/{self.site}/{self.gate}/ack"

    @property
    def state(self) -> str:
        """Gate → head office, retained, last will."""
        return f"gate/v1/{self.site}/{self.gate}/state"

    @property
    def command(self) -> str:
        """Head office → gate: instructions (sync/instructions.py)."""
        return f"gate/v1/{self.site}/{self.gate}/command"

    @property
    def registry(self) -> str:
        """Head office → gate: pieces of the list of who may pass (sync/registry_protocol.py)."""
        return f"gate/v1/{self.site}/{self.gate}/registry"

    @property
    def registry_want(self) -> str:
        """Gate → head office: which list it has, which pieces it lacks."""
        return f"gate/v1/{self.site}/{self.gate}/registry/want"

    @property
    def headoffice(self) -> str:
        """Head office → all gates of the site, retained, last will."""
        return f"gate/v1/{self.site}/{HEADOFFICE}/state"


def gate_of(topic: str) -> tuple[str, str]:
    """(gate, what comes behind it) of a topic below a site. Raises ProtocolError."""
    parts = topic.split("/", 4)
    if len(parts) != 5 or not valid_name(parts[3]) or ("/" in parts[4] and parts[4] != WANT):
        raise ProtocolError(f"not a topic of a gate: {topic[:80]!r}")
    return parts[3], parts[4]


# ---- messages --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The gate's word that its journal has `hash` at `seq`."""

    site: str
    gate: str
    epoch: str
    seq: int
    hash: bytes
    signature: bytes = b""

    def message(self) -> bytes:
        """The canonical bytes that are signed; the first line keeps the signature from meaning anything else."""
        names = json.dumps([self.site, self.gate, self.epoch, self.seq, self.hash.hex()], ensure_ascii=False)
        return b"gate-edge checkpoint v1\n" + names.encode()

    def verified_by(self, key: bytes) -> bool:
        """Whether the signature is that of `key` (32 bytes)."""
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(self.signature, self.message())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Ack:
    """Head office has committed everything of `epoch` up to `seq`, whose hash is `hash`.

    `want`: 0 nothing; n: send again from n; WANT_EPOCH: this epoch is forked. `refused`: why the last batch was not taken
    (a word of intake.Refusal), empty when nothing was refused.
    """

    epoch: str
    seq: int
    hash: bytes
    want: int = 0
    refused: str = ""

    def to_bytes(self) -> bytes:
        """As sent."""
        return dump(
            {"epoch": self.epoch, "seq": self.seq, "hash": self.hash.hex(), "want": self.want, "refused": self.refused}
        )

    @classmethod
    def from_bytes(cls, payload: bytes) -> Ack:
        """As received. Raises ProtocolError."""
        o = parse_object(payload, MAX_SMALL)
        return cls(
            get_name(o, "epoch"),
            get_int(o, "seq"),
            get_hex(o, "hash", 32),
            get_int(o, "want", WANT_EPOCH),
            get_text(o, "refused"),
        )


@dataclass(frozen=True, slots=True)
class HeadOfficeState:
    """Retained. `session` is a new word each time head office (re)connects: what was under way before may be lost."""

    online: bool
    session: str = ""

    def to_bytes(self) -> bytes:
        """As sent."""
        return dump({"online": self.online, "session": self.session})

    @classmethod
    def from_bytes(cls, payload: bytes) -> HeadOfficeState:
        """As received. Raises ProtocolError."""
        o = parse_object(payload, MAX_SMALL)
        return cls(get_bool(o, "online"), get_text(o, "session"))


@dataclass(frozen=True, slots=True)
class GateState:
    """Retained; its last will says offline. `details`: registry, boot, clock, lanes, faults, version, as the gate gives them."""

    online: bool
    epoch: str
    high: int
    acked: int
    key: bytes
    details: Mapping[str, Any] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """As sent. Raises ProtocolError when the details are too long."""
        own = {
            "online": self.online,
            "epoch": self.epoch,
            "high": self.high,
            "acked": self.acked,
            "key": self.key.hex(),
        }
        payload = dump({**self.details, **own})
        if len(payload) > MAX_STATE:
            raise ProtocolError(f"a state of {len(payload)} bytes; at most {MAX_STATE}")
        return payload

    @classmethod
    def from_bytes(cls, payload: bytes) -> GateState:
        """As received. Raises ProtocolError."""
        o = parse_object(payload, MAX_STATE)
        own = (
            get_bool(o, "online"),
            get_name(o, "epoch"),
            get_int(o, "high"),
            get_int(o, "acked"),
            get_hex(o, "key", 32),
        )
        return cls(*own, {k: v for k, v in o.items() if k not in ("online", "epoch", "high", "acked", "key")})
