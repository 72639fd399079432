"""Which texts a mainland number plate can bear (GA 36-2018, its changes of 2019, and the plates of army and armed police).

A pattern is a text in which p stands for a province's character, l for a letter (I and O are not used), d for a digit, a for a letter or
digit, e for a letter of new energy; every other sign stands for itself. A kind has one pattern or more:

    粤B12345   p l a a a a a        ordinary: small vehicles blue, large ones yellow, in one row or two
    粤BD12345  p l e a d d d d      new energy, small      粤B12345D  p l d d d d d e   new energy, large
    粤B1234警  粤B1234学  粤B1234挂  粤Z1234港  粤Z1234澳  粤A1234领  粤X1234应急  224001使  民航A1234  WJ京12345  VA12345

While a text is spelled out, the set of patterns that it may still become is a number with a bit for each pattern: `begin()` has all of
them, `step(alive, position, sign)` those that go on, `ends(alive, length)` those that are complete. That is what beam search asks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS: Final = "0123456789"
NEW_ENERGY: Final = "ABCDEFGHJK"
SPECIAL: Final = "警学挂港澳领使民航应急"
ALPHABET: Final = DIGITS + LETTERS + PROVINCES + SPECIAL
_CLASSES: Final = {"p": PROVINCES, "l": LETTERS, "d": DIGITS, "a": DIGITS + LETTERS, "e": NEW_ENERGY}


@dataclass(frozen=True, slots=True)
class Pattern:
    """One form of a kind. `rarity`: minus the logarithm of how much less often it is seen than an ordinary plate, before any picture."""

    kind: str
    form: str
    rarity: float


# The rarities are small beside what a readable character weighs (about 5): they only decide where a picture does not.
PATTERNS: Final = (
    Pattern("ordinary", "plaaaaa", 0.0),
    Pattern("new-energy-small", "pleadddd", 0.5),
    Pattern("new-energy-large", "plddddde", 1.5),
    Pattern("police", "plaaaa警", 1.5),
    Pattern("learner", "plaaaa学", 1.5),
    Pattern("trailer", "plaaaa挂", 1.5),
    Pattern("hongkong", "粤Zaaaa港", 1.5),
    Pattern("macao", "粤Zaaaa澳", 1.5),
    Pattern("consulate", "plaaaa领", 2.0),
    Pattern("emergency", "plaaaa应急", 2.0),
    Pattern("embassy", "dddddd使", 2.0),
    Pattern("embassy", "使dddddd", 2.0),
    Pattern("civil-aviation", "民航aaaaa", 2.0),
    Pattern("armed-police", "WJpdddda", 2.0),
    Pattern("armed-police", "WJdddda", 5.0),
    Pattern("military", "llddddd", 3.0),
    Pattern("tractor", "pddddddd", 4.0),
)
KINDS: Final = tuple(dict.fromkeys(each.kind for each in PATTERNS))
"""Every kind's name. Colour says more: an ordinary plate is blue on a small vehicle, yellow on a large one."""
LONGEST: Final = max(len(each.form) for each in PATTERNS)
SHORTEST: Final = min(len(each.form) for each in PATTERNS)

_ALL: Final = (1 << len(PATTERNS)) - 1
# position → sign → the patterns that allow it there
_ALLOWED: Final = tuple(
    {
        sign: sum(
            1 << number
            for number, pattern in enumerate(PATTERNS)
            if position < len(pattern.form) and sign in _CLASSES.get(pattern.form[position], pattern.form[position])
        )
        for sign in ALPHABET
    }
    for position in range(LONGEST)
)
_ENDS: Final = tuple(
    sum(1 << number for number, pattern in enumerate(PATTERNS) if len(pattern.form) == length)
    for length in range(LONGEST + 1)
)


def begin() -> int:
    """The patterns that an empty text may become: all."""
    return _ALL


def step(alive: int, position: int, sign: str) -> int:
    """Those of the patterns `alive` that go on with this sign at this position (from 0); 0 when there is none."""
    if position >= LONGEST:
        return 0
    return alive & _ALLOWED[position].get(sign, 0)


def ends(alive: int, length: int) -> int:
    """Those of the patterns `alive` that are complete with so many signs."""
    return alive & _ENDS[length] if length <= LONGEST else 0


def patterns(text: str) -> tuple[Pattern, ...]:
    """The patterns that this text fits, the most common first; none: no plate says that."""
    alive = begin()
    for position, sign in enumerate(text):
        alive = step(alive, position, sign)
    alive = ends(alive, len(text))
    found = [pattern for number, pattern in enumerate(PATTERNS) if alive >> number & 1]
    return tuple(sorted(found, key=lambda pattern: pattern.rarity))


def kind(text: str) -> str:
    """The kind that a text says by itself; "" when no plate can bear it."""
    found = patterns(text)
    return found[0].kind if found else ""


def prior(text: str) -> float:
    """The logarithm of how usual such a text is, 0 for an ordinary plate; minus infinity for what no plate can bear.

    The five signs after an authority's letter have two letters at most as a rule (GA 36-2018, 5.9); more are seen, seldom.
    """
    found = patterns(text)
    if not found:
        return -math.inf
    letters = sum(sign in LETTERS for sign in text[2:7]) if found[0].kind == "ordinary" else 0
    return -found[0].rarity - (1.5 if letters > 2 else 0.0)
