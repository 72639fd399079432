"""What comes out of a running reader: raw bytes with the decoder's reading beside them, handed from its thread to the loop.

    reader's thread → tap → Bridge → Chunk → whoever listens (a page's stream, a capture, a calibration)

Each listener decodes with a decoder of its own, so that it sees frames from its first byte on and disturbs nobody. An OSDP bus has no
decoder of ours: its frames are cut and named, their payload stays encrypted.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from drivers import loader
from drivers.base import Decoder
from drivers.osdp import cards as osdp_cards
from drivers.osdp.frames import Framer
from drivers.osdp.words import words
from drivers.readers import Settling
from drivers.recording import QUIET_MS, said
from edge import hardware
from edge.bridge import Bridge
from edge.devices import Devices
from edge.devices_wanted import BUS, READER, SCANNER
from edge.errors import NotExecuted, NotFound
from edge.settings_lane import OSDP, ReaderTable

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes as they came, and when (steady clock)."""

    data: bytes
    mono_ns: int


@dataclass(frozen=True, slots=True)
class Of:
    """A reader of the configuration, and the name under which what carries it runs (itself, or its bus)."""

    device: str
    table: ReaderTable
    carrier: str

    @property
    def baud(self) -> int:
        """The line's speed."""
        usual = osdp_cards.DEFAULT_BAUD if self.table.driver == OSDP else loader.load(self.table.driver).DEFAULT_BAUD
        return self.table.baud or usual


class Reading:
    """Bytes of one reader in, rows for people out."""

    def __init__(self, table: ReaderTable) -> None:
        self._framer = Framer() if table.driver == OSDP else None
        self._decoder: Decoder | None = None
        if self._framer is None:
            module = loader.load(table.driver)
            self._decoder = module.Decoder(loader.make_options(module, table.options))
        self._last_ns = 0

    def take(self, chunk: Chunk) -> list[Row]:
        """What became complete with this chunk."""
        before, self._last_ns = self._last_ns, chunk.mono_ns
        if self._decoder is None:
            return self._frames(chunk.data)
        found = []
        if (
            isinstance(self._decoder, Settling)
            and self._decoder.buffered
            and chunk.mono_ns - before > QUIET_MS * 1_000_000
        ):
            found += [said(each) for each in self._decoder.quiet()]
        return [*found, *(said(each) for each in self._decoder.feed(chunk.data))]

    def _frames(self, data: bytes) -> list[Row]:
        assert self._framer is not None
        rows = [
            {"what": "frame", "uid": "", "bytes": len(frame.data), "why": words(frame)}
            for frame in self._framer.feed(data)
        ]
        if noise := self._framer.noise():
            rows.append({"what": "noise", "uid": "", "bytes": noise, "why": "no frame begins here"})
        return rows


class Taps:
    """Over the gate's devices."""

    def __init__(self, devices: Devices, bridge: Bridge) -> None:
        self._devices, self._bridge = devices, bridge

    def reader(self, device: str) -> Of:
        """A configured reader. Raises NotFound."""
        for name, want in {**self._devices.lent, **self._devices.wanted}.items():
            if want.kind == READER and name == device:
                return Of(device, want.of, name)
            if want.kind == SCANNER and name == device:
                return Of(device, hardware.scanner_as_reader(want.of), name)
            if want.kind == BUS:
                for each, table in want.of:
                    if each == device:
                        return Of(device, table, name)
        raise NotFound(
            f"没有读卡器 {device} · there is no reader {device}", f"现有 · there are: {', '.join(self.names()) or '—'}"
        )

    def names(self) -> list[str]:
        """Every configured reader."""
        return list(self._devices.readers)

    @contextlib.contextmanager
    def tap(self, of: Of, hear: Callable[[Chunk], None]) -> Iterator[None]:
        """Hear every chunk, in the loop, as long as the block lasts. Raises NotExecuted when it does not run now."""
        carrier = self._devices.made.get(of.carrier)
        if carrier is None:
            raise NotExecuted(
                "读卡器现在没有运行 · the reader is not running now",
                "看它的故障，或等查找结束 · see its fault, or wait for the search to end",
                code="not-running",
            )
        into = self._bridge.sink(hear)
        untap = carrier.tap(lambda data, mono_ns: into(Chunk(data, mono_ns)))
        try:
            yield
        finally:
            untap()


def age_ms(mono_ns: int) -> int:
    """How long ago that was."""
    return max(0, (time.monotonic_ns() - mono_ns) // 1_000_000)
