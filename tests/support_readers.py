"""Readers that answer: the far end of a simulated line for each family that is asked, with a card on it that can be swapped."""

from __future__ import annotations

from collections.abc import Callable

from drivers.readers import m100, pn532, rdm880, uhfreader18, yhy523
from drivers.readers._frames import Frames
from drivers.wire import Wire


class Card:
    """A MIFARE Classic card with 64 blocks, or an Ultralight with 16 pages."""

    def __init__(self, uid: str, key: bytes = b"\xff" * 6) -> None:
        self.uid, self.key = bytes.fromhex(uid), key
        self.blocks: dict[int, bytes] = {}

    def at(self, block: int) -> bytes:
        return self.blocks.get(block, bytes(16))

    def pages(self, page: int) -> bytes:
        return b"".join(self.blocks.get(page + n, bytes(4)) for n in range(4))


class FakeReader:
    """Answers requests on a wire, or is dumb. `asked` is every request that it understood."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.card: Card | None = None
        self.dumb = False
        self.asked: list[bytes] = []
        self.on_asked: Callable[[bytes], None] = lambda request: None
        wire.on_received = self.hear

    def hear(self, data: bytes) -> None:
        if self.dumb:
            return
        for request in self.requests(data):
            self.asked.append(request)
            self.on_asked(request)
            self.wire.write(self.answer(request))

    def requests(self, data: bytes) -> list[bytes]:
        return [data]

    def answer(self, request: bytes) -> bytes:
        raise NotImplementedError


class FakeRdm880(FakeReader):
    def answer(self, request: bytes) -> bytes:
        assert rdm880.measure(0, bytearray(request), 0) == len(request)
        command, data, card = request[3], request[4:-2], self.card
        if command >= 0x80:
            return rdm880.frame(0, b"\x00\x80")
        if card is None:
            return rdm880.frame(0, b"\x01\x83")
        if command == 0x25:
            return rdm880.encode(card.uid, rdm880.Options())
        assert data[:2] == b"\x01\x01"
        if data[3:9] != card.key:
            return rdm880.frame(0, b"\x01\x8c")
        if command == 0x20:
            return rdm880.frame(0, b"\0" + card.uid + card.at(data[2]))
        card.blocks[data[2]] = data[9:]
        return rdm880.frame(0, b"\0" + card.uid)


class FakeYhy523(FakeReader):
    logged_in = False

    def answer(self, request: bytes) -> bytes:
        assert yhy523.measure(bytearray(request), 0) == len(request)
        command = request[6] | request[7] << 8
        data = request[8:-1].replace(b"\xaa\x00", b"\xaa")
        return yhy523.frame(command, self.reply(command, data), b"\0\0")

    def reply(self, command: int, data: bytes) -> bytes:
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
                card.blocks[data[0]] = data[1:]
                return b"\0" if self.logged_in else b"\x18"


class FakeUhf(FakeReader):
    tags: tuple[bytes, ...] = ()

    def answer(self, request: bytes) -> bytes:
        assert uhfreader18.crc(request[:-2]) == request[-2:]
        if request[2] == uhfreader18.BUZZER:
            return uhfreader18.frame(0, bytes([uhfreader18.BUZZER, 0]))
        if not self.tags:
            return uhfreader18.frame(0, bytes([1, uhfreader18.NO_TAG]))
        listed = b"".join(bytes([len(tag)]) + tag for tag in self.tags)
        return uhfreader18.frame(0, bytes([1, 1, len(self.tags)]) + listed)


class FakeM100(FakeReader):
    tags: tuple[bytes, ...] = ()

    def answer(self, request: bytes) -> bytes:
        assert request == m100.POLL
        notices = b"".join(m100.encode(tag, m100.Options()) for tag in self.tags)
        return notices or bytes.fromhex("BB 01 FF 00 01 15 16 7E")


class FakePn532(FakeReader):
    """Sleeps until it is woken; hangs when told to; forgets its card after a failed log-in, as the chip does."""

    awake = False
    logged_in = False

    def __init__(self, wire: Wire) -> None:
        super().__init__(wire)
        self.wakings = 0
        self._frames = Frames(self._measure, self._got)
        self._requests: list[bytes] = []

    @staticmethod
    def _measure(buffer: bytearray, at: int) -> int | str:
        turned = buffer[:]
        if len(buffer) - at > 5 and buffer[at : at + 3] == pn532.START and buffer[at + 5] == 0xD4:
            turned[at + 5] = 0xD5  # what the chip hears has the other direction's mark
            turned[at + 5 + buffer[at + 3]] = (buffer[at + 5 + buffer[at + 3]] - 1) & 0xFF
        return pn532.measure(turned, at)

    def _got(self, frame: bytes) -> list[pn532.Answer]:
        self._requests.append(frame)
        return []

    def requests(self, data: bytes) -> list[bytes]:
        self._requests.clear()
        self._frames.feed(data)
        self.awake = self.awake or data.startswith(b"\x55\x55")
        return [each for each in self._requests if self.awake and each != pn532.ACK]

    def answer(self, request: bytes) -> bytes:
        command, data = request[6], request[7:-2]
        return pn532.ACK + pn532.frame(bytes([0xD5, command + 1]) + self.reply(command, data))

    def reply(self, command: int, data: bytes) -> bytes:
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
        return b"\x01" if card is None else self.exchange(card, data[1], data[2], data[3:])

    def exchange(self, card: Card, command: int, block: int, data: bytes) -> bytes:
        classic = len(card.uid) == 4
        if command == 0x60:
            self.logged_in = data == card.key + card.uid
            return b"\0" if self.logged_in else b"\x14"
        if classic and not self.logged_in:
            return b"\x14"
        if command == 0x30:
            return b"\0" + (card.at(block) if classic else card.pages(block))
        card.blocks[block] = data
        return b"\0"
