"""What people type into a search, and what it may mean: pure text.

A plate is often read wrongly in the same ways: 8 for B, 0 for D, O or Q, 2 for Z, 5 for S, 1 for I. `fold` writes all of these
in one way, so that both sides of a comparison agree. `?` stands for one sign, `*` for any number of them.

An index holds every end of a word («伟明», «明» of «王伟明»), so that finding what *contains* a text is finding what *begins* with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby

from edge.domain.initials import initials
from edge.domain.plates import normal

_ALIKE = str.maketrans("BDOQZSI", "8000251")
LAST = "\U0010ffff"
"""Greater than every sign of a text: the end of a range of words that begin alike."""
CODE = re.compile(r"^\d{6}$")
SCANNED = re.compile(r"^GE1:(?P<gate>[a-z0-9-]{1,32}):(?P<token>[0-9a-f]{8,64})(?::\S*)?$", re.IGNORECASE)


def fold(text: str) -> str:
    """A plate (or a piece of one) with signs that look alike written alike."""
    return normal(text).translate(_ALIKE)


def ends(text: str) -> list[str]:
    """The text and all its ends."""
    return [text[n:] for n in range(len(text))]


def name_parts(word: str) -> dict[str, bool]:
    """Under what a name is found: each end of it and of its initials → whether it begins with that."""
    parts: dict[str, bool] = {}
    for whole in (word, initials(word).upper()):
        for n, part in enumerate(ends(whole)):
            parts[part] = parts.get(part, False) or n == 0
    return parts


def named(word: str, typed: str) -> bool:
    """Whether a name is found by what was typed: the same as beginning one of its `name_parts`."""
    return typed in word or typed in initials(word).upper()


@dataclass(frozen=True, slots=True)
class Pattern:
    """A piece of a plate. `core`: the longest run without a wildcard, which the index can find; `rule`: what the whole must contain."""

    core: str
    rule: re.Pattern[str]
    wild: bool

    def fits(self, plate: str) -> bool:
        """Whether a plate in its normal form contains it, whatever looks alike."""
        return bool(self.rule.search(plate.translate(_ALIKE)))


def pattern(text: str) -> Pattern | None:
    """What was typed as a piece of a plate; None when nothing of it but wildcards is left."""
    folded = fold(text)
    pieces = ["".join(run) for wild, run in groupby(folded, lambda sign: sign in "?*") if not wild]
    if not pieces:
        return None
    rule = "".join("." if sign == "?" else ".*" if sign == "*" else re.escape(sign) for sign in folded.strip("*"))
    return Pattern(max(pieces, key=len), re.compile(rule), wild=bool(set(folded) & {"?", "*"}))


def card_names(text: str) -> tuple[str, ...]:
    """A typed or read card as it may stand in the tables: hex UID, and the last four bytes behind ten printed digits."""
    plain = text.strip().lower().removeprefix("0x").replace(":", "").replace(" ", "")
    found = [plain] if re.fullmatch(r"(?:[0-9a-f]{2}){4,10}", plain) else []
    if re.fullmatch(r"\d{10}", plain) and int(plain) < 1 << 32:
        found.append(f"{int(plain):08x}")
    return tuple(dict.fromkeys(found))
