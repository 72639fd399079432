"""What several frames of the same vehicle say together: every text that any of them thought of, weighed on all of them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence

from camera.base import PlateCandidate, PlateRead
from camera.plates import judge
from camera.plates.grammar import kind
from camera.plates.look import Seen
from camera.plates.weigh import Views, Weighed, weigh

NO_PLATE = 0.005
"""What is read with less confidence is writing on a wall, not a plate."""
MOST = 5
"""So many candidates are told."""


def vote(seen: Sequence[Seen | None]) -> PlateRead | None:
    """One reading of all frames; None when no frame had a plate that bears any text."""
    plates = [each for each in seen if each is not None and each.ranked and each.confidence >= NO_PLATE]
    if not plates:
        return None
    views = sum((each.views for each in plates), Views())
    favour = {name: sum(each.favour[name] for each in plates) / len(plates) for name in plates[0].favour}
    ranked = weigh(views, dict.fromkeys(one.text for each in plates for one in each.ranked), favour)
    text = ranked[0].text
    saying = [each for each in plates if each.text == text] or plates
    best = max(saying, key=lambda each: each.confidence)
    signs = judge.signs(ranked, views, len(plates))
    against = 2 * sum(each.against for each in saying) > len(saying)
    confidence = judge.confidence(signs, contradicted=against)
    said = shares(ranked)
    return PlateRead(
        text=text,
        confidence=confidence,
        certain=confidence >= judge.CERTAIN,
        colour=Counter(each.colour for each in saying).most_common(1)[0][0],
        kind=kind(text),
        rows=best.rows,
        characters=tuple(_characters(text, said)),
        alternatives=tuple(_alternatives(text, said)),
        corners=tuple((float(x), float(y)) for x, y in best.corners),
        crop=best.crop,
        candidates=tuple(PlateCandidate(each, kind(each), share) for each, share in list(said.items())[:MOST]),
        frame=best.frame,
        certain_frames=sum(each.certain for each in saying if each.text == text),
    )


def shares(ranked: Sequence[Weighed]) -> dict[str, float]:
    """Text → its part, 0 to 1, of all."""
    parts = {each.text: math.exp(each.log - ranked[0].log) for each in ranked}
    total = sum(parts.values())
    return {text: part / total for text, part in parts.items()}


def _characters(text: str, said: dict[str, float]) -> list[float]:
    return [
        min(1.0, sum(share for other, share in said.items() if len(other) == len(text) and other[n] == text[n]))
        for n in range(len(text))
    ]


def _alternatives(text: str, said: dict[str, float]) -> list[tuple[tuple[str, float], ...]]:
    found = []
    for position, sign in enumerate(text):
        others: defaultdict[str, float] = defaultdict(float)
        for other, share in said.items():
            if len(other) == len(text) and other[position] != sign:
                others[other[position]] += share
        found.append(tuple(sorted(others.items(), key=lambda each: -each[1])))
    return found
