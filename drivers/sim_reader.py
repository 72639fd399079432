"""A simulated card reader: real frames on a line, again and again while the card is near."""

from __future__ import annotations

from collections.abc import Callable

from drivers.sim_agenda import Agenda
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
