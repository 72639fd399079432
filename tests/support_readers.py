"""Readers that answer, for tests: UHF fields with several tags; MIFARE readers are the product's own (drivers/sim_mifare.py)."""

from __future__ import annotations

from drivers.readers import m100, uhfreader18
from drivers.sim_mifare import MemoryCard, MemoryPn532, MemoryRdm880, MemoryReader, MemoryYhy523
from drivers.wire import Wire


def Card(uid: str, key: bytes = b"\xff" * 6) -> MemoryCard:
    return MemoryCard(bytes.fromhex(uid), key)


class FakeReader(MemoryReader):
    """On an in-memory line."""

    def __init__(self, wire: Wire) -> None:
        super().__init__(wire)
        wire.on_received = self.hear


class FakeRdm880(FakeReader, MemoryRdm880): ...


class FakeYhy523(FakeReader, MemoryYhy523): ...


class FakePn532(FakeReader, MemoryPn532): ...


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
