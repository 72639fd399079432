"""Whether a reading may be relied on: a probability that it is right, and the bar it must pass to be called certain."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from camera.plates.weigh import Weighed

CERTAIN: Final = 0.95


@dataclass(frozen=True, slots=True)
class Signs:
    """What the judgement rests on, each from 0 (bad) to 1 (good)."""

    margin: float
    """How much heavier the text is than the next one, in logarithms, 8 and more being 1."""
    explains: float
    """How probable the text is to the network that believes it less, per sign."""
    colour: float
    """How well the colour goes with the kind."""


def signs(ranked: Sequence[Weighed], colour: float) -> Signs:
    """Of the heaviest text. `ranked` must not be empty."""
    best = ranked[0]
    margin = best.log - ranked[1].log if len(ranked) > 1 else 8.0
    worst = min(best.by_plates, best.by_text) / len(best.text)
    return Signs(min(1.0, margin / 8.0), math.exp(worst), colour)


def confidence(found: Signs) -> float:
    """The probability that the text is right."""
    return 1.0 / (1.0 + math.exp(-(-3.0 + 8.0 * found.margin + 2.0 * found.explains)))
