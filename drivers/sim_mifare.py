"""Simulated readers that are asked, with MIFARE cards that have a memory: what a gate reads on them and what it writes.

    MemoryReader   at the far end of a line: hears requests (real frames), answers them for the card that lies on it
    MemoryCard     64 blocks of 16 bytes (MIFARE Classic) or 16 pages of 4 (Ultralight), and the key that opens it

Three families: RDM880, YHY523, PN532. A card can be laid on and lifted at any moment, also between a request and its answer, can be
copied, and a write can be torn after so many bytes. They ship with the product: `make run` has them behind a reader that is asked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.base import Answer
from drivers.readers import pn532, rdm880, yhy523
from drivers.readers._frames import Frames
from drivers.wire import FarEnd

FACTORY_KEY = b"\xff" * 6


@dataclass
class MemoryCard:
    """A card. `torn_after`: so many bytes of the next write reach the card, then it is gone; None: it is written whole."""

    uid: bytes
    key: bytes = FACTORY_KEY
    blocks: dict[int, bytes] = field(default_factory=dict)
    torn_after: int | None = None

    def at(self, block: int) -> bytes:
        """A block of a MIFARE Classic."""
        return self.blocks.get(block, bytes(16))

    def pages(self, page: int) -> bytes:
        """Four pages of an Ultralight."""
        return b"".join(self.blocks.get(page + n, bytes(4)) for n in range(4))

    def write(self, block: int, data: bytes) -> bool:
        """Whether all of it reached the card."""
        if self.torn_after is not None:
            data = data[: self.torn_after] + self.at(block)[self.torn_after :]
        self.blocks[block] = data
        return self.torn_after is None

    def copied(self) -> MemoryCard:
        """What a cheap issuer makes of it: the same UID, key and memory."""
        return MemoryCard(self.uid, self.key, dict(self.blocks))


class MemoryReader:
    """Answers requests on a wire, or is dumb. `asked` is every request that it understood."""

    def __init__(self, wire: FarEnd) -> None:
        self.wire = wire
        self.card: MemoryCard | None = None
        self.known: dict[bytes, MemoryCard] = {}
        """Cards that were laid on by their UID: each keeps its memory."""
        self.dumb = False
        self.asked: list[bytes] = []
        self.on_asked: Callable[[bytes], None] = lambda request: None
        self._lock = threading.Lock()
        self._frames = Frames(self._measure, self._got)
        self._heard: list[bytes] = []

    def hear(self, data: bytes) -> None:
        """What the gate wrote."""
        if self.dumb:
            return
        for request in self._requests(data):
            self.asked.append(request)
            self.on_asked(request)
            self.wire.write(self.answer(request))

    def lay(self, uid: bytes | None) -> None:
        """Put this card on the reader; None: lift what lies there."""
        with self._lock:
            self.card = None if uid is None else self.known.setdefault(uid, MemoryCard(uid))

    def _requests(self, data: bytes) -> list[bytes]:
        """The whole requests that are complete now: a cable gives them in pieces."""
        self._heard.clear()
        self._frames.feed(data)
        return list(self._heard)

    def _got(self, frame: bytes) -> list[Answer]:
        self._heard.append(frame)
        return []

    def _measure(self, buffer: bytearray, at: int) -> int | str:
        """Where a request of this family ends (drivers/readers/_frames.py)."""
        return len(buffer) - at

    def answer(self, request: bytes) -> bytes:
        """The frame for one request."""
        raise NotImplementedError

    def written(self, card: MemoryCard, block: int, data: bytes) -> bool:
        """The card takes a block; one that is torn away in the middle is gone."""
        whole = card.write(block, data)
        if not whole:
            card.torn_after = None
            self.card = None
        return whole


class MemoryRdm880(MemoryReader):
    """RDM880."""

    def _measure(self, buffer: bytearray, at: int) -> int | str:
        return rdm880.measure(0, buffer, at)

    def answer(self, request: bytes) -> bytes:
        """The frame for one request."""
        command, data, card = request[3], request[4:-2], self.card
        if command >= 0x80:
            return rdm880.frame(0, b"\x00\x80")
        if card is None:
            return rdm880.frame(0, b"\x01\x83")
        if command == 0x25:
            return rdm880.encode(card.uid, rdm880.Options())
        if data[3:9] != card.key:
            return rdm880.frame(0, b"\x01\x8c")
        if command == 0x20:
            return rdm880.frame(0, b"\0" + card.uid + card.at(data[2]))
        return rdm880.frame(0, b"\0" + card.uid if self.written(card, data[2], data[9:]) else b"\x01\x83")


class MemoryYhy523(MemoryReader):
    """YHY523U."""

    logged_in = False

    def _measure(self, buffer: bytearray, at: int) -> int | str:
        return yhy523.measure(buffer, at)

    def answer(self, request: bytes) -> bytes:
        """The frame for one request."""
        command = request[6] | request[7] << 8
        data = request[8:-1].replace(b"\xaa\x00", b"\xaa")
        return yhy523.frame(command, self._reply(command, data), b"\0\0")

    def _reply(self, command: int, data: bytes) -> bytes:
        """Status and data."""
        card = self.card
        if command in (yhy523.BEEP, yhy523.LED):
            return b"\0"
        if card is None:
            return b"\x14"
        match command:
            case yhy523.REQUEST:
                self.logged_in = False
                return b"\0\x04\x00"
            case yhy523.ANTICOLLISION:
                return b"\0" + card.uid
            case yhy523.SELECT:
                return b"\0\x08" if data == card.uid else b"\x16"
            case yhy523.LOGIN:
                self.logged_in = data[2:] == card.key
                return b"\0" if self.logged_in else b"\x16"
            case yhy523.READ:
                return b"\0" + card.at(data[0]) if self.logged_in else b"\x17"
            case _:
                return b"\0" if self.logged_in and self.written(card, data[0], data[1:]) else b"\x18"


class MemoryPn532(MemoryReader):
    """Sleeps until it is woken; hangs when told to; forgets its card after a failed log-in, as the chip does."""

    awake = False
    logged_in = False

    def __init__(self, wire: FarEnd) -> None:
        super().__init__(wire)
        self.wakings = 0

    def _measure(self, buffer: bytearray, at: int) -> int | str:
        turned = buffer[:]
        if len(buffer) - at > 5 and buffer[at : at + 3] == pn532.START and buffer[at + 5] == 0xD4:
            turned[at + 5] = 0xD5  # what the chip hears has the other direction's mark
            turned[at + 5 + buffer[at + 3]] = (buffer[at + 5 + buffer[at + 3]] - 1) & 0xFF
        return pn532.measure(turned, at)

    def _requests(self, data: bytes) -> list[bytes]:
        heard = super()._requests(data)
        self.awake = self.awake or data.startswith(b"\x55\x55")
        return [each for each in heard if self.awake and each != pn532.ACK]

    def answer(self, request: bytes) -> bytes:
        """The frame for one request."""
        command, data = request[6], request[7:-2]
        return pn532.ACK + pn532.frame(bytes([0xD5, command + 1]) + self._reply(command, data))

    def _reply(self, command: int, data: bytes) -> bytes:
        """Status and data."""
        card = self.card
        match command:
            case pn532.SAM:
                self.wakings += 1
                return b""
            case pn532.RF:
                return b""
            case pn532.LIST:
                self.logged_in = False
                return pn532.encode(card.uid, pn532.Options())[7:-2] if card else b"\0"
        return b"\x01" if card is None else self._exchange(card, data[1], data[2], data[3:])

    def _exchange(self, card: MemoryCard, command: int, block: int, data: bytes) -> bytes:
        classic = len(card.uid) == 4
        if command == 0x60:
            self.logged_in = data == card.key + card.uid
            return b"\0" if self.logged_in else b"\x14"
        if classic and not self.logged_in:
            return b"\x14"
        if command == 0x30:
            return b"\0" + (card.at(block) if classic else card.pages(block))
        return b"\0" if self.written(card, block, data) else b"\x01"


FAMILIES: dict[str, type[MemoryReader]] = {"rdm880": MemoryRdm880, "yhy523": MemoryYhy523, "pn532": MemoryPn532}
