"""Whether a reading may be relied on: a probability that it is right, and the bar that it must pass to be called certain.

The probability is a logistic function of three things that anybody can look at, each of which would make a person doubt:

    margin    how much heavier the text is than the next one, all looks together (natural logarithms, MARGIN and more being 1)
    explains  how well it explains what was seen: the sum of both networks' logarithms of its probability
    votes     in which part of all looks, each view and each network by itself, this text came first; who cannot say its signs has no vote

FORMULA was fitted (ridge regression) on readings of the labelled pictures as they are, of the same made worse (blurred, shaken, shrunk, dark
and noisy, pressed hard), and of drawn plates of the rare kinds. With one part in ten of the plates left out in turn, 997 in 1,000 of the
readings above CERTAIN were right and 91 % of all lay above it, worse pictures included. Made worse in other ways afterwards, 80 % of 213 lay above it
and none of these was wrong; of 420 other drawn plates in views up to hopeless 78 %, of which 4 were wrong: two provinces, two lost signs (for
which there are now `contradicts` in colour.py and SURE). Of the labelled pictures as they are 97 % lie above it, all right; `make bench` measures it
again. More ingredients (either network's own margin, size, look-alikes) bettered nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from camera.plates.weigh import Views, Weighed

CERTAIN: Final = 0.97
"""From here on a reading is called certain."""
SURE: Final = 0.993
"""From here on the quick pass is enough."""
DOUBTED: Final = 0.9
"""The most that a reading gets whose colour contradicts it."""
CONSTANT: Final = -0.13
FORMULA: Final = (3.33, 0.15, 2.28)
"""What one of margin, explains and votes weighs."""
MARGIN: Final = 10.0
WORST: Final = -30.0


@dataclass(frozen=True, slots=True)
class Signs:
    """What the judgement rests on (see above)."""

    margin: float
    explains: float
    votes: float


def signs(ranked: Sequence[Weighed], views: Views, frames: int = 1) -> Signs:
    """Of the heaviest text; `ranked` must not be empty. Several frames that agree weigh more than one, less than so many strangers."""
    best = ranked[0]
    margin = best.log - ranked[1].log if len(ranked) > 1 else MARGIN
    looks = [heard for heard in (*views.plates, *views.text) if heard.columns.knows.issuperset(best.text)]
    return Signs(
        min(margin * math.sqrt(frames), MARGIN) / MARGIN,
        max(best.by_plates + best.by_text, WORST),
        sum(heard.texts[:1] == (best.text,) for heard in looks) / max(1, len(looks)),
    )


def confidence(found: Signs, *, contradicted: bool = False) -> float:
    """The probability that the text is right; never CERTAIN where the colour contradicts the kind."""
    margin, explains, votes = FORMULA
    weight = CONSTANT + margin * found.margin + explains * found.explains + votes * found.votes
    probability = 1.0 / (1.0 + math.exp(-weight))
    return min(probability, DOUBTED) if contradicted else probability
