"""From columns of probabilities to the texts that a plate can bear, best first.

A CTC network says for each narrow column a sign or «blank»; a text's probability is the sum over all ways to spell it: each sign over one
column or more, blanks between, at least one blank between two equal signs. `beam` walks over the columns and keeps the best beginnings of
texts (of those alone that some pattern of the grammar allows), each with the sum of its ways; `score` gives one text's exact sum. Several
networks, and several views of one plate, together: the beams' texts are collected and each is scored by all, weighted.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from camera.plates import grammar
from camera.plates.grammar import ALPHABET
from camera.plates.recognise import Columns
from camera.plates.session import Floats

WIDTH: Final = 10
"""So many beginnings are kept from column to column."""
THIN: Final = -7.0
"""A sign less likely than e to this power in a column is not tried there."""
NEVER: Final = -1e9


def beam(columns: Columns, width: int = WIDTH) -> list[tuple[str, float]]:
    """The grammar's texts that these columns may say, best first, with the logarithm of (about) their probability."""
    # beginning → (patterns alive, log of ways that end in blank, log of ways that end in its last sign)
    beams: dict[str, tuple[int, float, float]] = {"": (grammar.begin(), 0.0, NEVER)}
    for column in columns.logs:
        blank = float(column[0])
        signs = [(ALPHABET[n - 1], float(column[n])) for n in np.flatnonzero(column > THIN) if n]
        repeat = dict(signs)
        grown: dict[str, tuple[int, float, float]] = {}

        for text, (alive, in_blank, in_sign) in beams.items():
            whole = _either(in_blank, in_sign)
            last = text[-1:]
            _add(grown, text, alive, whole + blank, in_sign + repeat[last] if last in repeat else NEVER)
            for sign, log in signs:
                goes_on = grammar.step(alive, len(text), sign)
                if goes_on:
                    _add(grown, text + sign, goes_on, NEVER, (in_blank if sign == last else whole) + log)
        best = sorted(grown.items(), key=lambda each: -_either(each[1][1], each[1][2]))
        beams = dict(best[:width])
    ended = [
        (text, _either(in_blank, in_sign))
        for text, (alive, in_blank, in_sign) in beams.items()
        if grammar.ends(alive, len(text))
    ]
    return sorted(ended, key=lambda each: -each[1])


def _add(into: dict[str, tuple[int, float, float]], text: str, alive: int, in_blank: float, in_sign: float) -> None:
    had = into.get(text)
    if had is not None:
        in_blank, in_sign = _either(had[1], in_blank), _either(had[2], in_sign)
    into[text] = (alive, in_blank, in_sign)


def _either(first: float, second: float) -> float:
    """The logarithm of the sum of two probabilities that are given as logarithms."""
    if first < second:
        first, second = second, first
    return first + float(np.log1p(np.exp(second - first))) if second > NEVER / 2 else first


def score(columns: Columns, texts: list[str]) -> Floats:
    """The logarithm of each text's probability, all ways summed. Texts must be of known signs."""
    length = max(len(text) for text in texts)
    states = 2 * length + 1
    # Every second state is blank, between and around the signs; a text shorter than the longest just ends earlier.
    signs = np.zeros((len(texts), states), np.intp)
    skips = np.zeros((len(texts), states), bool)
    for row, text in enumerate(texts):
        for position, sign in enumerate(text):
            signs[row, 2 * position + 1] = ALPHABET.index(sign) + 1
            skips[row, 2 * position + 1] = position > 0 and text[position - 1] != sign
    logs = columns.logs
    ways = np.full((len(texts), states), NEVER, np.float32)
    ways[:, 0] = logs[0, 0]
    ways[:, 1] = logs[0, signs[:, 1]]
    for column in logs[1:]:
        stepped = np.full_like(ways, NEVER)
        stepped[:, 1:] = ways[:, :-1]
        jumped = np.full_like(ways, NEVER)
        jumped[:, 2:] = np.where(skips[:, 2:], ways[:, :-2], NEVER)
        ways = np.logaddexp(np.logaddexp(ways, stepped), jumped) + column[signs]
    rows = np.arange(len(texts))
    last = np.array([2 * len(text) for text in texts])
    summed: Floats = np.logaddexp(ways[rows, last], ways[rows, last - 1]).astype(np.float32)
    return summed
