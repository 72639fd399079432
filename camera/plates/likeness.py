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

# Signs that are taken for one another, and how often out of a hundred mistakes of that sign (rounded): the shapes of GA 36's typeface, and what
# the recognisers mistook when plates were drawn small, blurred and worn.
LOOKS: Final = {
    "8B": 30, "0D": 30, "0Q": 25, "DQ": 25, "2Z": 30, "5S": 30, "1L": 10, "1T": 10, "1J": 5, "7T": 15, "7Y": 8, "4A": 15, "6G": 20, "8S": 8, "3B": 8,
    "38": 12, "56": 10, "68": 10, "9S": 6, "7Z": 10, "27": 8, "17": 10, "UV": 12, "UJ": 6, "UD": 8, "VY": 10, "MN": 15, "MH": 10, "NH": 12, "HK": 6,
    "EF": 15, "PF": 10, "PR": 10, "KX": 12, "XY": 8, "WM": 8, "CG": 25, "CQ": 5, "GQ": 8, "BD": 12, "BR": 8, "BE": 8, "8R": 5, "08": 10, "0U": 8, "06": 6,
    "CL": 3, "LE": 5, "AR": 4, "VW": 6, "09": 5, "89": 8, "35": 8, "39": 6, "4L": 3, "0C": 8, "0G": 6,
    "京晋": 15, "京豫": 6, "津沪": 12, "津浙": 12, "沪浙": 8, "津渝": 10, "湘浙": 8, "湘渝": 8, "皖陕": 6, "苏皖": 5, "鲁鄂": 8, "鲁晋": 6, "贵青": 10,
    "鄂鲁": 8, "辽苏": 5, "赣鄂": 8, "粤鄂": 5, "粤鲁": 4, "桂蒙": 5, "桂赣": 4, "闽甘": 5, "甘吉": 8, "云京": 5, "吉宁": 6, "宁京": 5, "川新": 3, "川湘": 3, "晋吉": 4, "蒙豫": 5,
    "黑鲁": 6, "黑贵": 5, "藏鄂": 4, "藏赣": 4, "冀黑": 6, "冀贵": 5, "琼京": 5, "琼豫": 4, "陕皖": 6, "豫蒙": 5, "学警": 6, "港澳": 30, "使领": 6,
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
