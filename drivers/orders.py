"""What can be asked of a card reader beyond reading: a beep, a light, a block of a card read or written.

An order is a frozen value. It is handed to `drivers.serial_port.SerialReader.order`, crosses to the port's thread, is spoken
by the family's decoder between two polls, and ends in one `Done`, whatever happens: the card was taken away, another card lay
there, the key was wrong, the reader fell silent.

A block order names the card that it is meant for. A reader works on whatever card lies on it now; so each family looks first
whether it is still that card, and ends with SWAPPED if it is another: a guard who lifts one card and puts down the next must
never get the first one's data onto the second.

Some blocks are never written: the maker's block, and those that hold keys or lock bits. A wrong byte there makes a card useless
for ever, and nothing that a gate wants stands in them.
"""

from __future__ import annotations

import enum
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

FACTORY_KEY = b"\xff" * 6
"""Key A of a MIFARE Classic card as it comes from the factory (NXP MF1S50yyX data sheet, 8.6.3)."""
CLASSIC_BYTES, PAGE_BYTES = 16, 4
FIRST_FREE_PAGE = 4
"""MIFARE Ultralight: pages 0 to 3 are the serial number, the lock bits and the one-time bits (NXP MF0ICU1, 7.5)."""


class Colour(enum.StrEnum):
    """A reader's light. A reader that lacks a colour shows the nearest that it has."""

    OFF = "off"
    GREEN = "green"
    RED = "red"


class Failure(enum.StrEnum):
    """Why an order ended without success; the page has a sentence for each."""

    NO_CARD = "no-card"  # taken away
    SWAPPED = "swapped"  # another card lies there now
    REFUSED = "refused"  # the key is wrong, or the block cannot be written
    SILENT = "silent"  # the reader did not answer, or its port is gone
    UNSUPPORTED = "unsupported"  # this family cannot do it


@dataclass(frozen=True, slots=True)
class Beep:
    """One beep for right, three for wrong."""

    right: bool


@dataclass(frozen=True, slots=True)
class Light:
    """The reader's light, until the next order or the reader's own time is over."""

    colour: Colour


@dataclass(frozen=True, slots=True)
class ReadBlock:
    """A block (MIFARE Classic: 16 bytes) or four pages (Ultralight, 7-byte UID: 16 bytes from that page) of this card."""

    uid: bytes
    block: int
    key: bytes = field(default=FACTORY_KEY, repr=False)

    def __post_init__(self) -> None:
        _check(self.block, self.key)


@dataclass(frozen=True, slots=True)
class WriteBlock:
    """A block (16 bytes) or a page (4 bytes) of this card. ValueError for a block that must not be written."""

    uid: bytes
    block: int
    data: bytes
    key: bytes = field(default=FACTORY_KEY, repr=False)

    def __post_init__(self) -> None:
        _check(self.block, self.key)
        if len(self.data) == PAGE_BYTES:
            if self.block < FIRST_FREE_PAGE:
                raise ValueError(f"page {self.block} holds the serial number or lock bits and is never written")
        elif len(self.data) != CLASSIC_BYTES:
            raise ValueError(f"a block has {CLASSIC_BYTES} bytes and a page {PAGE_BYTES}, not {len(self.data)}")
        elif self.block == 0 or is_trailer(self.block):
            raise ValueError(f"block {self.block} holds the maker's data or keys and is never written")


def is_trailer(block: int) -> bool:
    """Whether a MIFARE Classic block holds its sector's keys: each fourth up to 127, each sixteenth from 128 on (4K cards)."""
    return block % 4 == 3 if block < 128 else block % 16 == 15


def _check(block: int, key: bytes) -> None:
    if not 0 <= block <= 255:
        raise ValueError(f"there is no block {block}")
    if len(key) != len(FACTORY_KEY):
        raise ValueError(f"a key has {len(FACTORY_KEY)} bytes, not {len(key)}")


Order = Beep | Light | ReadBlock | WriteBlock


@dataclass(frozen=True, slots=True)
class Done:
    """An order's end. `data` is what was read; `failure` is None when it succeeded; `why` is the reader's own word."""

    order: Order
    data: bytes = b""
    failure: Failure | None = None
    why: str = ""


class OrderFailed(Exception):
    """An order did not succeed: `failure` says why."""

    def __init__(self, failure: Failure, why: str = "") -> None:
        super().__init__(f"{failure.value}: {why}" if why else failure.value)
        self.failure = failure


class Blocks(Protocol):
    """A reader that reads and writes the memory of cards. The futures end with OrderFailed; they are set on the reader's thread."""

    def read(self, uid: bytes, block: int, key: bytes = FACTORY_KEY) -> Future[bytes]:
        """A block of this card."""

    def write(self, uid: bytes, block: int, data: bytes, key: bytes = FACTORY_KEY) -> Future[bytes]:
        """Write a block of this card. Its end says that the reader confirmed it, not that it was read back."""
