"""Cutting a stream of bytes into frames: the part that is the same in every family that has a length and a checksum.

A family says with `measure(buffer, at)` what begins at a place: a whole frame (its length), perhaps a frame (0, more bytes are
needed), or none (a sentence why not). A byte at which no frame begins is noise, and the search goes on one byte later. So a
frame inside garbage is found, a frame is cut by its length and never at a mark that may also stand in its data, and no frame
hidden in another frame's data is believed.

A false beginning can promise more bytes than will ever come and hold the next card back. It is given up as soon as the line has
been quiet for longer than any reader pauses within a frame: `quiet`, called by the port's thread.

Bound: `measure` never returns 0 when it has seen its family's LIMIT, so less than that is ever kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from drivers.base import Answer, Card, Noise, Text

Measure = Callable[[bytearray, int], int | str]
Cut = Card | Text | Answer | Noise


class Frames:
    """One stream. `read` turns a whole frame into values (cards, or an Answer); it never raises."""

    def __init__(self, measure: Measure, read: Callable[[bytes], Sequence[Cut]]) -> None:
        self._measure = measure
        self._read = read
        self._buffer = bytearray()

    @property
    def buffered(self) -> int:
        """How many bytes wait for the rest of their frame."""
        return len(self._buffer)

    def feed(self, data: bytes) -> list[Cut]:
        """Take bytes; return what became complete. Neighbouring noise comes as one value with the first byte's reason."""
        buffer, measure = self._buffer, self._measure
        buffer += data
        found: list[Cut] = []
        at = begin = 0
        why = ""
        while at < len(buffer):
            length = measure(buffer, at)
            if isinstance(length, str):
                why = why if at > begin else length
                at += 1
                continue
            if at > begin:
                found.append(Noise(bytes(buffer[begin:at]), why))
            begin = at
            if length == 0:
                break
            found += self._read(bytes(buffer[at : at + length]))
            at = begin = at + length
        if at > begin:
            found.append(Noise(bytes(buffer[begin:at]), why))
        del buffer[:at]
        return found

    def quiet(self) -> list[Cut]:
        """Nothing came for a while: what waits will never be a frame, but one may stand behind its false beginning."""
        found: list[Cut] = []
        while self._buffer:
            found.append(Noise(bytes(self._buffer[:1]), "the rest of the frame never came"))
            del self._buffer[:1]
            found += self.feed(b"")
        return found
