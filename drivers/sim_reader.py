"""A simulated card reader: real frames on a line, again and again while the card is near; or one that is asked, with cards that remember."""

from __future__ import annotations

from collections.abc import Callable

from drivers.sim_agenda import Agenda
from drivers.sim_mifare import MemoryReader
from drivers.wire import FarEnd

REPEAT_S = 0.1
NEAR_S = 0.6


class SimulatedReader:
    """A push reader at the far end of `wire`. `encode` makes the frame of a uid (a reader module's encode)."""

    def __init__(self, agenda: Agenda, wire: FarEnd, encode: Callable[[bytes], bytes]) -> None:
        self.wire = wire
        self._agenda = agenda
        self._encode = encode

    def tap(self, uid: bytes, near_s: float = NEAR_S) -> None:
        """Hold a card to it for so many simulated seconds. ValueError when this family has no such uid."""
        frame = self._encode(uid)
        for number in range(max(1, round(near_s / REPEAT_S))):
            self._agenda.after(number * REPEAT_S, lambda: self._send(frame))

    def _send(self, frame: bytes) -> None:
        self.wire.write(frame)


class AskedReader(SimulatedReader):
    """A reader that answers: the card lies on it for a while and is gone. The port asks in real time, so it lies there for real time."""

    def __init__(self, agenda: Agenda, memory: MemoryReader) -> None:
        super().__init__(agenda, memory.wire, bytes)
        self._memory = memory
        self._laid = 0

    def tap(self, uid: bytes, near_s: float = NEAR_S) -> None:
        """Lay it on, and lift it. ValueError when it is no MIFARE card."""
        if len(uid) not in (4, 7):
            raise ValueError(f"a MIFARE card has 4 or 7 bytes, not {len(uid)}")
        self._laid += 1
        number = self._laid

        def lift() -> None:
            if self._laid == number:
                self._memory.lay(None)

        self._agenda.after(0, lambda: self._memory.lay(uid))
        self._agenda.after(max(near_s, NEAR_S * self._agenda.rate), lift)
