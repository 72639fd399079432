"""What the recognisers' columns, from one view of a plate or many, say together: texts with their logarithms, best first.

A text's weight is the mean over views of each network's CTC sum, the two networks added with WEIGHTS, and the grammar's prior and the colour's. The network
made for plates learned from pictures nine tenths of which were 皖: where it says 皖, BIAS is taken off. It does not know 民航应急; a
text with one of these is weighed by the other network alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from camera.plates import decode, grammar
from camera.plates.recognise import Columns

WEIGHTS: Final = (1.0, 1.0)
"""Of the network made for plates, and of the one for all text."""
BIAS: Final = 1.0
NBEST: Final = 8
"""So many texts of each view of each network are weighed."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one network said of one view, and the texts that this may be, best first."""

    columns: Columns
    texts: tuple[str, ...]


def hear(columns: Columns) -> Heard:
    """With its texts."""
    return Heard(columns, tuple(text for text, _ in decode.beam(columns)[:NBEST]))


@dataclass(frozen=True, slots=True)
class Views:
    """What both networks said of the same flat plates."""

    plates: tuple[Heard, ...] = ()
    text: tuple[Heard, ...] = ()

    def __add__(self, other: Views) -> Views:
        return Views(self.plates + other.plates, self.text + other.text)


@dataclass(frozen=True, slots=True)
class Weighed:
    """A text. `log`: its weight; `by_plates`, `by_text`: each network's mean logarithm of its probability."""

    text: str
    log: float
    by_plates: float
    by_text: float


def texts(views: Views) -> list[str]:
    """The texts worth weighing."""
    return list(dict.fromkeys(text for heard in (*views.plates, *views.text) for text in heard.texts))


def weigh(views: Views, candidates: Iterable[str], favour: Mapping[str, float]) -> list[Weighed]:
    """The candidates, heaviest first; those that no plate can bear are left out. `favour`: kind → what its colour adds (colour.py)."""
    known = [text for text in candidates if grammar.patterns(text)]
    if not known or not views.text:
        return []
    by_text = _mean(views.text, known)
    by_plates = _mean(views.plates, known)
    made = []
    for number, text in enumerate(known):
        first, second = float(by_plates[number]), float(by_text[number])
        if not views.plates or not views.plates[0].columns.knows.issuperset(text):
            first = second
        elif text[0] == "皖":
            first -= BIAS
        log = WEIGHTS[0] * first + WEIGHTS[1] * second + grammar.prior(text) + favour.get(grammar.kind(text), 0.0)
        made.append(Weighed(text, log, first, second))
    return sorted(made, key=lambda each: -each.log)


def _mean(heard: Sequence[Heard], known: list[str]) -> NDArray[np.float64]:
    if not heard:
        return np.zeros(len(known))
    summed: NDArray[np.float64] = np.mean(
        [decode.score(each.columns, known) for each in heard], axis=0, dtype=np.float64
    )
    return summed
