"""Which plates of a register a reading may have been.

A register's plate is as near to a reading as it is cheap to turn one into the other: sign by sign, where a sign costs the less the more the
recogniser itself took the other one for possible there (`PlateRead.alternatives`), or the more the two look alike on worn plates and in the
dark (`LOOKS`); a sign too many or too few costs the most. The cost is in natural logarithms of a probability: 0 is the same text, 3 one
likely mistake, and past `FAR` nothing alike is left.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from camera.base import PlateRead
from camera.plates.grammar import ALPHABET

# Signs that are taken for one another, and how readily (30: the likeliest mistake there is). Those of weight 8 and more were counted: the part that
# both networks together gave the wrong sign on labelled pictures, as they are and made worse, and on drawn plates. The others are shapes alike.
LOOKS: Final = {
    "0Q": 35, "0D": 35, "2Z": 30, "8B": 28, "5S": 28, "1T": 20, "HM": 18, "EF": 16, "1L": 15, "17": 12, "35": 10, "CL": 8, "0L": 8, "VY": 12, "0C": 8,
    "0G": 8, "7Z": 10, "6G": 15, "CG": 15, "MN": 14, "AN": 8, "4A": 12, "56": 8, "7T": 12, "68": 8, "JU": 8, "0U": 6, "VW": 6, "PR": 8, "NW": 5, "HN": 8,
    "KX": 8, "38": 8, "DQ": 12, "BD": 6, "BR": 5, "BE": 5, "8S": 5, "3B": 4, "UV": 6, "DU": 4, "PF": 5, "XY": 4, "LT": 4, "89": 5, "06": 5, "08": 5, "39": 5,
    "01": 5, "GQ": 5, "27": 4, "9S": 4, "3S": 4, "36": 4, "LE": 3, "WM": 4, "KR": 3, "58": 3, "5B": 4, "14": 3, "13": 3,
    "蒙豫": 25, "皖苏": 15, "津豫": 12, "粤鲁": 10, "皖粤": 8, "新浙": 8, "皖赣": 8, "冀藏": 8, "新赣": 8, "皖豫": 8, "津皖": 8, "京琼": 6, "皖鄂": 6, "浙渝": 6, "粤鄂": 5,
    "宁皖": 5, "蒙藏": 5, "皖闽": 5, "桂赣": 5, "湘豫": 5, "冀皖": 5, "赣鲁": 4, "皖陕": 5, "浙皖": 4, "豫赣": 4, "京晋": 6, "津沪": 5, "津浙": 5, "沪浙": 5, "湘浙": 4, "鲁鄂": 4,
    "鲁晋": 4, "宁沪": 4, "新苏": 4, "甘吉": 4, "云京": 4, "贵青": 4, "黑贵": 3, "冀黑": 3, "冀津": 3, "苏鄂": 3, "湘渝": 3, "宁京": 4, "藏鄂": 3, "冀闽": 2,
    "9学": 12, "1挂": 12, "8挂": 12, "9领": 10, "1领": 8, "5领": 5, "8领": 5, "3澳": 5, "1港": 4, "8港": 4, "港澳": 10, "学警": 5, "使领": 5, "7警": 3, "1警": 3,
}  # fmt: skip
FAR: Final = 14.0
"""Beyond this cost two plates are not alike: about three unlikely mistakes."""
MISSING: Final = 5.5
"""A sign that the reader left out or made up."""
OTHER: Final = 6.5
"""Two signs that have nothing in common."""
_ALIKE: Final = {pair: -math.log(weight / 100) + 1.5 for name, weight in LOOKS.items() for pair in (name, name[::-1])}


@dataclass(frozen=True, slots=True)
class Alike:
    """A plate of the register. `cost`: see above; `share`: its part, 0 to 1, among those that were found."""

    plate: str
    cost: float
    share: float


def similar(read: PlateRead | str, register: Iterable[str], *, most: int = 5, farthest: float = FAR) -> list[Alike]:
    """The register's plates that a reading may have been, nearest first; an exact one costs 0. Text without separators.

    A few microseconds for a plate that is far away, some tens for one that is near: 10,000 plates in well under a second.
    """
    wanted = read if isinstance(read, str) else read.text
    if not wanted:
        return []
    costs = _costs(wanted, () if isinstance(read, str) else read.alternatives)
    whole = {} if isinstance(read, str) else {each.text: each.share for each in read.candidates}
    found = []
    for plate in dict.fromkeys(register):
        cost = distance(plate, costs, farthest)
        if plate in whole and plate != wanted:  # the recognisers thought of this very text
            cost = min(cost, -math.log(max(whole[plate], 1e-6)))
        if cost <= farthest:
            found.append((cost, plate))
    found.sort()
    best = found[:most]
    total = sum(math.exp(-cost) for cost, _ in best)
    return [Alike(plate, cost, math.exp(-cost) / total) for cost, plate in best]


def _costs(text: str, alternatives: tuple[tuple[tuple[str, float], ...], ...]) -> list[dict[str, float]]:
    """For each sign that was read: what it costs to have been another."""
    made = []
    for position, sign in enumerate(text):
        costs = {other: _ALIKE.get(sign + other, OTHER) for other in ALPHABET}
        for other, probability in alternatives[position] if position < len(alternatives) else ():
            costs[other] = min(costs.get(other, OTHER), -math.log(max(probability, 1e-4)))
        costs[sign] = 0.0
        made.append(costs)
    return made


def distance(plate: str, costs: list[dict[str, float]], farthest: float = FAR) -> float:
    """The cheapest way from what was read (`costs`, a table for each sign) to a plate; infinity when it is past `farthest`."""
    if abs(len(plate) - len(costs)) * MISSING > farthest:
        return math.inf
    row = [MISSING * number for number in range(len(plate) + 1)]
    for number, table in enumerate(costs, 1):
        before, row = row, [MISSING * number]
        for column, sign in enumerate(plate, 1):
            row.append(
                min(before[column - 1] + table.get(sign, OTHER), before[column] + MISSING, row[column - 1] + MISSING)
            )
        if min(row) > farthest:
            return math.inf
    return row[-1] if row[-1] <= farthest else math.inf
