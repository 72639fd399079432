"""Pictures on their way to head office: the messages, the same file at both ends.

    gate (second connection)                             head office (second connection)
    ------------------------                             -------------------------------
    piece 0, 1, 2 … of a picture  ── photo/…, QoS 1 ──►  puts them together
                                  ◄── photo-ack ──────   next: the piece that is wanted; repeated when it is asked again
    the last piece                ─────────────────────► SHA-256 right? does an event of this gate name it? sealed, stored, committed
    marks it as «head office has it» ◄── done ─────────  only now

A picture is named by the SHA-256 of its bytes; its thumbnail has one of its own, and names the picture that it is of. Pieces have 16 KB and
their user properties say what they are, so each explains itself, whatever came before. After a cut the gate sends the piece that was wanted
last, and head office answers with the one that it really wants: nothing that arrived is sent twice.

The pictures are in the clear inside TLS: head office checks the digest, and seals them with its own key (sync/sealing.py). Nothing would be won by
sealing them for head office alone, because names and numbers, which say more, go the same way beside the events.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sync.fields import MAX_SMALL, ProtocolError, dump, get_bool, get_hex, get_int, get_text, parse_object, valid_name
from sync.link import User
from sync.protocol import HEADOFFICE, Topics
from sync.sealing import Part

PIECE = 16 * 1024
MAX_PICTURE = 4 << 20
"""Bytes of a picture; a larger one is refused."""
PARTS: tuple[Part, ...] = ("picture", "thumbnail")
ERASED, WRONG, UNPROVEN, UNNAMED, TOO_LARGE = "erased", "digest", "event-missing", "event", "too-large"
"""Why head office does not take a picture: its erasure is on record; other bytes than its name says; the event that names it has not arrived
yet; that event names another; too large."""


def photo_topic(topics: Topics, digest: str) -> str:
    """Gate → head office: the pieces of a picture."""
    return f"gate/v1/{topics.site}/{topics.gate}/photo/{digest[:16]}"


def photo_ack_topic(topics: Topics) -> str:
    """Head office → gate: what it has."""
    return f"gate/v1/{topics.site}/{topics.gate}/photo-ack"


def photo_state_topic(topics: Topics) -> str:
    """Head office → all gates of the site, retained, last will: whether it takes pictures (a HeadOfficeState)."""
    return f"gate/v1/{topics.site}/{HEADOFFICE}/photos"


def gate_of_photo(topic: str) -> str:
    """The gate that sent it. Raises ProtocolError."""
    parts = topic.split("/")
    if len(parts) != 6 or parts[4] != "photo" or not valid_name(parts[3]) or parts[3] == HEADOFFICE:
        raise ProtocolError(f"not a topic of pictures: {topic[:80]!r}")
    return parts[3]


@dataclass(frozen=True, slots=True)
class Photo:
    """One part of a picture. `digest`: of these bytes; `picture`: of the picture itself (the same, unless this is its thumbnail); `event`: the
    number of an event of `epoch` that names `picture`; `keep`: its class."""

    digest: str
    part: Part
    picture: str
    size: int
    event: int
    epoch: str
    keep: str = "pass"

    @property
    def count(self) -> int:
        """Of how many pieces."""
        return max(1, -(-self.size // PIECE))

    def piece(self, n: int, data: bytes) -> tuple[bytes, User]:
        """Piece `n` (from 0) of these bytes, with its properties."""
        said = (
            ("digest", self.digest),
            ("part", self.part),
            ("picture", self.picture),
            ("piece", str(n)),
            ("of", str(self.count)),
            ("size", str(self.size)),
            ("event", str(self.event)),
            ("epoch", self.epoch),
            ("keep", self.keep),
        )
        return data[n * PIECE : (n + 1) * PIECE], said


def read_piece(payload: bytes, user: User) -> tuple[Photo, int]:
    """What a message is a piece of, and which. Raises ProtocolError, whatever the properties say."""
    said: Mapping[str, object] = {
        key: int(value) if value.isdecimal() and len(value) < 16 else value for key, value in user
    }
    part = get_text(said, "part")
    if part not in PARTS:
        raise ProtocolError(f"no part of a picture is called {part!r}")
    epoch = str(said.get("epoch", ""))
    if not valid_name(epoch):
        raise ProtocolError("epoch is no name")
    photo = Photo(
        _digest(said, "digest"),
        "thumbnail" if part == "thumbnail" else "picture",
        _digest(said, "picture"),
        get_int(said, "size", 1),
        get_int(said, "event", 1),
        epoch,
        get_text(said, "keep", 32),
    )
    n, count = get_int(said, "piece"), get_int(said, "of", 1)
    if photo.part == "picture" and photo.digest != photo.picture:
        raise ProtocolError("a picture with two names")
    if count != photo.count or n >= count:
        raise ProtocolError(f"piece {n} of {count} of a picture of {photo.size} bytes")
    if len(payload) != min(PIECE, photo.size - n * PIECE):
        raise ProtocolError(f"piece {n} of {count} has {len(payload)} bytes")
    return photo, n


def _digest(said: Mapping[str, object], name: str) -> str:
    """A digest of decimal digits alone is possible, if hardly."""
    return get_hex({name: str(said.get(name, ""))}, name, 32).hex()


@dataclass(frozen=True, slots=True)
class PhotoAck:
    """Head office has the pieces before `next`. `done`: it has all of it, stored and proven, and wants it no more. `again`: a piece is missing,
    go on from `next`. `refused`: why it will not have it (ERASED …)."""

    digest: str
    next: int
    done: bool = False
    again: bool = False
    refused: str = ""

    def to_bytes(self) -> bytes:
        """As sent."""
        return dump(
            {"digest": self.digest, "next": self.next, "done": self.done, "again": self.again, "refused": self.refused}
        )

    @classmethod
    def from_bytes(cls, payload: bytes) -> PhotoAck:
        """As received. Raises ProtocolError."""
        o = parse_object(payload, MAX_SMALL)
        digest = get_hex(o, "digest", 32).hex()
        return cls(digest, get_int(o, "next"), get_bool(o, "done"), get_bool(o, "again"), get_text(o, "refused"))


# ---- what the gate's side is handed ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many pictures and thumbnails head office has not got: `first` go before all (asked for, refusals, alarms)."""

    first: int = 0
    thumbnails: int = 0
    rest: int = 0


class PhotoSource(Protocol):
    """The gate's pictures as the uplink sees them. Called on its thread. Raises SourceUnavailable (or sqlite3.Error, OSError)."""

    @property
    def site(self) -> str:
        """Which community."""

    @property
    def gate(self) -> str:
        """Which gate of it."""

    def next(self, *, rest: bool, without: frozenset[str]) -> tuple[Photo, bytes] | None:
        """What is to be sent now, with its bytes; None: nothing. `rest`: also what is not asked for, nor important, nor small;
        `without`: digests that head office would not take in this session."""

    def still(self, photo: Photo) -> bool:
        """Whether it is still here: what was erased meanwhile is not sent to its end."""

    def done(self, photo: Photo) -> None:
        """Head office has it, or will never want it."""

    def waiting(self) -> Waiting:
        """How much is left."""
