"""A counter on a writable card betrays the card's copy.

A UID and the contents of a MIFARE Classic card can be copied with a cheap issuer. So at each pass the gate writes the next
number onto the card. When the original has passed since the copy was made, the copy carries an old number; and when the copy has
passed, the original does. Either way two cards that say they are one are found at the second of them.

    slot (16 bytes: one block, or four pages)   | 'GEC1' | counter, 4 bytes, big endian | check, 8 bytes |

`check` is BLAKE2b with 8 bytes over UID and counter: it notices a half-written slot (so it stands where a CRC would), it ties the
slot to its card, and with a site key nobody without the key can write a higher number. Without a key it is a checksum and no more.

Torn writes. A card is pulled away in the middle of a write every day. So there are two slots, and a write renews the older one
first: at every moment one slot is whole, and what is read is the old counter or the new one, never a third. And the gate stores,
before it writes, which number it is about to write (`Stored.begun`), and after the write is confirmed that it was (`confirmed`):

    stored                 read = confirmed          read = begun           anything lower         anything higher
    nothing was begun      OK                        –                      COPY                   COPY (not ours)
    a write was begun      TORN_ACCEPTED             OK                     COPY                   COPY

TORN_ACCEPTED is for one pass only: `begin` stores the same number as begun again, so the next write makes up for it. While it
lasts, a copy made since the last confirmed write is not noticed: that is the price of not sending residents away.

A card that has never been written carries no slot and is taken as number 0: the first pass of each card is trusted. Once it carries a
number, a card without one is UNREADABLE, and a guard decides (a copy of the UID alone looks like that).

Each gate counts for itself. A card that passes two gates has a pair of slots for each, in blocks of their own.

Pure: bytes and numbers; who stores `Stored` and who talks to the reader is the gate's business.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

MAGIC = b"GEC1"
SLOT_BYTES = 16
CHECK_BYTES = 8
LARGEST = 0xFFFFFFFF
"""A card that passes each second reaches it after 136 years."""


class Verdict(enum.StrEnum):
    """What the counter says of a card."""

    OK = "ok"
    TORN_ACCEPTED = "torn-accepted"  # the last write did not reach the card
    COPY = "copy"  # this card, or one that says it is this card, is a copy
    UNREADABLE = "unreadable"  # no whole slot: never written, or destroyed; a guard decides


class Said(enum.StrEnum):
    """What a presentation says, with what the gate knew before: what `policy.decide` is told."""

    NOTHING = ""  # no counter is wanted of this card, or this reader cannot read one
    OK = "ok"
    COPY = "copy"
    SUSPECT = "suspect"  # it was betrayed before
    UNREADABLE = "unreadable"
    UNREAD = "unread"  # the card was taken away before it was read


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a card: its slots; none when it was taken away meanwhile."""

    slots: tuple[bytes, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether it stayed long enough."""
        return bool(self.slots)


@dataclass(frozen=True, slots=True)
class Stored:
    """What the gate knows of one card: the number it saw confirmed, and the number that it last began to write."""

    confirmed: int
    begun: int

    def __post_init__(self) -> None:
        if not 0 <= self.confirmed <= self.begun <= min(LARGEST, self.confirmed + 1):
            raise ValueError(f"no state of a counter: {self}")


@dataclass(frozen=True, slots=True)
class Known:
    """What the gate knows of a card: nothing yet, or its numbers; and whether it was betrayed."""

    stored: Stored | None = None
    suspect: bool = False


def slot(uid: bytes, counter: int, key: bytes = b"") -> bytes:
    """The 16 bytes that say this counter on this card. ValueError when the counter does not fit."""
    if not 0 <= counter <= LARGEST:
        raise ValueError(f"a counter is 0 to {LARGEST}, not {counter}")
    number = counter.to_bytes(4, "big")
    return MAGIC + number + _check(uid, number, key)


def counter_in(data: bytes, uid: bytes, key: bytes = b"") -> int | None:
    """The counter in a slot; None when it is not a whole slot of this card."""
    if len(data) != SLOT_BYTES or not data.startswith(MAGIC):
        return None
    number, check = data[4:8], data[8:]
    return int.from_bytes(number, "big") if check == _check(uid, number, key) else None


def read(slots: Sequence[bytes], uid: bytes, key: bytes = b"") -> int | None:
    """The counter on a card: the highest of its whole slots."""
    return max((found for data in slots if (found := counter_in(data, uid, key)) is not None), default=None)


def judge(stored: Stored, found: int | None) -> Verdict:
    """What to think of a card that says `found`."""
    if found is None:
        return Verdict.TORN_ACCEPTED if stored.confirmed == 0 else Verdict.UNREADABLE
    if found == stored.begun:
        return Verdict.OK
    return Verdict.TORN_ACCEPTED if found == stored.confirmed else Verdict.COPY


def said(known: Known, read: Read | None, found: int | None) -> Said:
    """What to tell the policy. `read` None: no counter is wanted or none can be read here."""
    if known.suspect:
        return Said.SUSPECT
    if read is None:
        return Said.NOTHING
    if not read.whole:
        return Said.UNREAD
    if known.stored is None:
        return Said.OK
    verdict = judge(known.stored, found)
    return Said(verdict.value) if verdict in (Verdict.COPY, Verdict.UNREADABLE) else Said.OK


def next_of(known: Known, found: int | None) -> Stored:
    """What to store before writing to a card that was accepted. ValueError when it is worn out."""
    if known.stored is None or found is None:
        return Stored(found or 0, (found or 0) + 1)
    return begin(known.stored, found)


def begin(stored: Stored, found: int) -> Stored:
    """What to store before writing to a card that was accepted with `found`. ValueError when it was not accepted, or is worn out."""
    if judge(stored, found) not in (Verdict.OK, Verdict.TORN_ACCEPTED):
        raise ValueError(f"a card that says {found} is not accepted with {stored}")
    return Stored(found, found + 1)


def confirm(stored: Stored) -> Stored:
    """What to store when the write was confirmed."""
    return Stored(stored.begun, stored.begun)


def writes(slots: Sequence[bytes], uid: bytes, counter: int, key: bytes = b"") -> list[tuple[int, bytes]]:
    """(which slot, its bytes), to be written in this order: the slot that is not needed first, then the one that was."""
    known = [counter_in(data, uid, key) for data in slots]
    order = sorted(range(len(slots)), key=lambda n: -1 if (at := known[n]) is None else at)
    data = slot(uid, counter, key)
    return [(n, data) for n in order]


def _check(uid: bytes, number: bytes, key: bytes) -> bytes:
    return blake2b(uid + number, digest_size=CHECK_BYTES, key=key).digest()
