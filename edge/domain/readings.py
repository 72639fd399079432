"""What a camera read from a document, judged by what such a document can say. Pure.

A number has a check digit (GB 11643), and on a document the date of birth and the sex stand a second time; a term is of five, ten or twenty
years to the day, or without end. So a slip of one sign shows. What cannot be right is left empty, never put right by guessing, but for one
case: a next likely reading of the number that fits its check digit, and the printed date of birth where that was read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from edge.domain import documents as d

RESIDENT, BACK, LICENCE = "resident-id", "resident-id-back", "driving-licence"
PAPERS = {RESIDENT: RESIDENT, BACK: RESIDENT, LICENCE: LICENCE}
"""Kind of page → kind of document (config/visits.toml)."""
ENDLESS = "长期"
YEARS = {BACK: (5, 10, 20), LICENCE: (6, 10)}
"""Terms that the law knows (居民身份证法 art. 5; 机动车驾驶证申领和使用规定)."""
DOUBTFUL = 0.3
"""Confidence of a number that only its next likely reading put right: it is shown as one to look at."""


@dataclass(frozen=True, slots=True)
class Read:
    """One field as a camera gave it: text ("" : unsure), confidence 0 to 1, next likely readings."""

    text: str
    confidence: float
    others: tuple[str, ...] = ()


def judge(page: str, fields: Mapping[str, Read], today: date | None) -> dict[str, Read]:
    """The fields that may be put before the guard; what cannot be right is empty, with confidence 0."""
    made = dict(fields)
    if page in (RESIDENT, LICENCE) and "number" in made:
        born = made["birth"].text if "birth" in made else ""
        made["number"] = number = _number(made["number"], born, today)
        if number.text:
            _agree(made, number.text)
    term = (made[name].text if name in made else "" for name in ("valid_from", "valid_until"))
    if page in YEARS and not lawful_term(page, *term):
        made |= {name: Read("", 0.0) for name in ("valid_from", "valid_until") if name in made}
    return made


def _number(read: Read, born: str, today: date | None) -> Read:
    for place, reading in enumerate((read.text, *read.others)):
        whole = d.whole(reading) if reading else ""
        if not whole or d.problem(RESIDENT, whole, today):
            continue
        if place == 0:
            return Read(whole, read.confidence)
        said = d.birth(whole)
        if born and said is not None and f"{said}" == born:
            return Read(whole, min(read.confidence, DOUBTFUL))
    return Read("", 0.0)


def _agree(made: dict[str, Read], number: str) -> None:
    """Birth and sex as the number has them: it has a check digit and they have none."""
    born = d.birth(number)
    sex = "男" if int(number[16]) % 2 else "女"
    for name, text in (("birth", f"{born}"), ("sex", sex)):
        if name in made and made[name].text != text:
            made[name] = Read("", 0.0)


def lawful_term(page: str, since: str, until: str) -> bool:
    """Whether a document of this kind can be valid from then until then."""
    try:
        first = date.fromisoformat(since)
        last = None if until == ENDLESS else date.fromisoformat(until)
    except ValueError:
        return False
    if last is None:
        return True
    same_day = (first.month, first.day) == (last.month, last.day) or (
        (first.month, first.day) == (2, 29) and last.month in (2, 3)
    )
    return same_day and last.year - first.year in YEARS[page]


def expired(until: str, today: date | None) -> bool:
    """Whether a document was valid until before today; a date that was not read, or no clock: not known, so no."""
    try:
        return today is not None and until not in ("", ENDLESS) and date.fromisoformat(until) < today
    except ValueError:
        return False
