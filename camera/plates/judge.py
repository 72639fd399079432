"""Whether a reading may be relied on: a probability that it is right, and the bar that it must pass to be called certain.

The probability is a logistic function of five things that anybody can look at, each of which would make a person doubt:

    margin     how much heavier the text is than the next one, both networks together
    agreement  the same for the network that is less of this opinion: below 0 it would rather have read something else
    plates     how well the text explains what the network made for plates saw
    text       … and the one made for all text
    votes      in which part of all looks (each view, each network by itself) this text came first

The figures in FORMULA were fitted (ridge regression, ten parts of plates left out in turn) on readings of the labelled pictures as they are,
of the same made worse (blurred, shaken, shrunk, dark and noisy, pressed hard), and of drawn plates of the rare kinds. The bar is
where, of the parts left out, worse pictures included, at least 998 in 1,000 of the certain readings were right; tests/bench measures it again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from camera.plates.weigh import Views, Weighed

CERTAIN: Final = 0.97
"""From here on a reading is called certain."""
SURE: Final = 0.985
"""From here on the quick pass is enough."""
FORMULA: Final = (-0.3, 2.0, 0.5, 0.3, 0.05, 2.2)
"""Constant, then what one of margin, agreement, plates, text and votes weighs."""
MARGIN: Final = 10.0
AGREEMENT: Final = 5.0
WORST: Final = -15.0


@dataclass(frozen=True, slots=True)
class Signs:
    """What the judgement rests on (see above). `margin` and `votes` are 0 to 1, the others natural logarithms."""

    margin: float
    agreement: float
    plates: float
    text: float
    votes: float


def signs(ranked: Sequence[Weighed], views: Views, frames: int = 1) -> Signs:
    """Of the heaviest text; `ranked` must not be empty. Several frames that agree weigh more than one, less than so many strangers."""
    best, others = ranked[0], ranked[1:]
    more = math.sqrt(frames)
    margin = more * (best.log - max((each.log for each in others), default=-math.inf))
    by_plates = best.by_plates - max((each.by_plates for each in others), default=-math.inf)
    by_text = best.by_text - max((each.by_text for each in others), default=-math.inf)
    agreement = more * min(by_plates, by_text)
    return Signs(
        min(margin, MARGIN) / MARGIN,
        max(-AGREEMENT, min(agreement, AGREEMENT)),
        max(best.by_plates, WORST),
        max(best.by_text, WORST),
        _votes(best.text, views),
    )


def _votes(text: str, views: Views) -> float:
    looks = (*views.plates, *views.text)
    return sum(heard.texts[:1] == (text,) for heard in looks) / len(looks)


def confidence(found: Signs) -> float:
    """The probability that the text is right."""
    constant, margin, agreement, plates, text, votes = FORMULA
    weight = (
        constant
        + margin * found.margin
        + agreement * found.agreement
        + plates * found.plates
        + text * found.text
        + votes * found.votes
    )
    return 1.0 / (1.0 + math.exp(-weight))
