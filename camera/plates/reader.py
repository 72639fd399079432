"""The whole of recognition, as the house sees it: frames in, one reading out.

reader = load()                        # raises RecognitionAbsent, with a sentence, where the packages are not there
reading = reader.read(frames)          # on the recognition's own thread, one call at a time
"""

from __future__ import annotations

from collections.abc import Sequence

from camera.base import Frame, PlateRead
from camera.plates import models
from camera.plates.detect import Detector
from camera.plates.look import Look, Seen
from camera.plates.recognise import made_for_plates, made_for_text
from camera.plates.session import Session
from camera.plates.views import Eyes
from camera.plates.vote import vote

__all__ = ["Reader", "load"]


class Reader:
    """Reads plates; satisfies `camera.base.PlateReader`. Not for two threads at once."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._seen: list[Seen | None] = []

    def read(self, frames: Sequence[Frame]) -> PlateRead | None:
        """See `camera.base.PlateReader.read`."""
        return vote([self._look.at(frame) for frame in frames])

    def begin(self) -> None:
        """Another vehicle: for `camera.burst`, which looks at frames as they come."""
        self._seen = []

    def look(self, frame: Frame) -> None:
        """One more frame of it."""
        self._seen.append(self._look.at(frame))

    def together(self) -> PlateRead | None:
        """What the frames since `begin` say together."""
        return vote(self._seen)

    def close(self) -> None:
        """Nothing runs."""


def load() -> Reader:
    """Loads the models (about a second, 120 MB). Raises RecognitionAbsent."""
    found = models.find()
    detector = Detector(Session(found.detector))
    plates = made_for_plates(found.plate_recogniser, found.plate_signs)
    return Reader(Look(detector, Eyes(plates, made_for_text(found.text_recogniser))))
