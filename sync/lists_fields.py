"""The cells of head office's other lists (lists.py): what each may hold. A reading takes a cell's text, and raises BadField."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sync import times
from sync.fields import valid_name
from sync.lists_words import Words
from sync.problems import BadField, choices
from sync.roster_fields import iso_date, normal

Reading = Callable[[str, Words], Any]
ITEMS = 60
"""Items of one permit (edge/domain/goods.py)."""
MOST = 9_999
_PARTS = re.compile(r"[\s,，;；、|/]+")
_NOISE = re.compile(r"[\s\-·]+")
BARE = re.compile(
    r"不行|不知道|不清楚|不准|(?:^|[，。！？、；：,.!?;:“”「」\s])(?:不|不可以|不能)(?=$|[，。！？、；：,.!?;:“”「」\s])"
    r"|(?:^|[，。！？、；：,.!?;:“”「」]\s*)(?:no|impossible)(?=$|[，。！？、；：,.!?;:“”「」])|don't know",
    re.IGNORECASE,
)
"""What is never said to a visitor or an owner (as edge/domain/courtesy.py has it)."""


@dataclass(frozen=True, slots=True)
class Column:
    """Headings (the first is the one that tables begin with), what may stand below, and whether something must. `item`: by which name each item of
    an entry has it, where entries have several (a permit's goods, a schedule's hours)."""

    headings: tuple[str, ...]
    reading: Reading
    needed: bool = False
    item: str = ""


def narrow(text: str) -> str:
    """Half width."""
    return unicodedata.normalize("NFKC", text).strip()


def half(reading: Reading) -> Reading:
    """A reading that sees half-width signs: what is typed with a Chinese keyboard is the same word or number. Texts keep their «，» and «？»."""
    return lambda text, words: reading(narrow(text), words)


def short(limit: int, empty: str = "") -> Reading:
    """A text."""

    def reading(text: str, _: Words) -> str:
        if len(text) > limit or any(unicodedata.category(c) == "Cc" for c in text):
            raise BadField("long", n=limit)
        return text or empty

    return reading


def kind_words(text: str, words: Words) -> str:
    """A sentence to say (D7): never a bare «不»."""
    said: str = short(300)(text, words)
    if BARE.search(said):
        raise BadField("curt")
    return said


@half
def day(text: str, _: Words) -> str:
    """A date, ISO; "" stays."""
    return iso_date(text)


@half
def weekdays(text: str, _: Words) -> str:
    """Days of the week and holidays, as digits."""
    return times.days(text)


@half
def hour(text: str, _: Words) -> str:
    """A time of day, 06:00; "" stays."""
    return text and times.clock(times.minutes(text))


@half
def moment(text: str, _: Words) -> str:
    """A local time, 2026-11-28T10:08; "" stays."""
    if not text:
        return ""
    match = re.fullmatch(
        r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[ T]*(\d{1,2})[:：时](\d{2})分?(?:[:：]\d{2})?", text
    )
    try:
        if match:
            year, month, day, hour, minute = map(int, match.groups())
            return datetime.combine(date(year, month, day), time(hour, minute)).isoformat(timespec="minutes")
    except ValueError:
        match = None
    raise BadField("moment")


def in_order(good: Mapping[str, Any], first: str, last: str, days: int = 0) -> None:
    """The one after the other, and at most so many days. Raises BadField that names the column."""
    begin, end = good[first], good[last]
    if not (begin and end):
        return
    if end < begin or (end == begin and "T" in end):
        raise BadField("order", last, begin=shown(begin))
    if days and datetime.fromisoformat(end) - datetime.fromisoformat(begin) > timedelta(days=days):
        raise BadField("days-most", last, n=days)


def word(of: str) -> Reading:
    """One of the words of config/."""

    @half
    def reading(text: str, words: Words) -> str:
        known: Mapping[str, str] = getattr(words, of)
        found = {narrow(one): name for one, name in known.items()}.get(text.lower(), "")
        if text and not found:
            raise BadField("word", **choices(known))
        return found

    return reading


def choice(of: Mapping[str, tuple[str, ...]]) -> Reading:
    """One of these."""
    by_word = {one: value for value, some in of.items() for one in some}

    @half
    def reading(text: str, _: Words) -> str:
        found = by_word.get(text.lower())
        if found is None:
            raise BadField("word", **choices(by_word))
        return found

    return reading


@half
def yes(text: str, _: Words) -> bool:
    """Whether."""
    if text.lower() in ("1", "是", "yes", "y", "true", "√", "已盖"):
        return True
    if text.lower() in ("", "0", "否", "no", "n", "false", "×", "未盖"):
        return False
    raise BadField("yes")


def whole(most: int) -> Reading:
    """A number from 0."""

    @half
    def reading(text: str, _: Words) -> int:
        if not re.fullmatch(r"\d{0,6}", text) or int(text or 0) > most:
            raise BadField("number", n=most)
        return int(text or 0)

    return reading


@half
def quantity(text: str, words: Words) -> int:
    """How many of an item."""
    found: int = whole(MOST)(text, words)
    return found


@half
def plate(text: str, _: Words) -> str:
    """A plate, or nothing."""
    found = normal(text)
    if found and not (5 <= len(found) <= 10 and found.isalnum()):
        raise BadField("plate")
    return found


def plates(most: int) -> Reading:
    """Several, in their order."""

    @half
    def reading(text: str, words: Words) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(plate(part, words) for part in _PARTS.split(text) if part))
        if len(found) > most:
            raise BadField("plates-most", n=most)
        return found

    return reading


@half
def names(text: str, _: Words) -> tuple[str, ...]:
    """Names of gates or lanes."""
    found = tuple(dict.fromkeys(part for part in _PARTS.split(text) if part))
    for name in found:
        if not valid_name(name) or name.startswith("-"):
            raise BadField("name", word=name)
    return found


@half
def document(text: str, _: Words) -> str:
    """A document's number as its digest, as gates compare it; a digest stays."""
    number = normal_number(text)
    if not number or re.fullmatch(r"[0-9a-f]{64}", text):
        return text
    return hashlib.sha256(number.encode()).hexdigest()


def normal_number(text: str) -> str:
    """As edge/domain/documents.py has it."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).upper()


def gates(only: Sequence[str], but: Sequence[str], *, one: bool) -> str:
    """Where a row serves, as roster.py keeps it. `one`: it must be a single gate. Raises BadField that names the column."""
    if only and but:
        raise BadField("gates-both", "not_gates")
    if one and len(only) != 1:
        raise BadField("permit-gate", "gates")
    return " ".join(sorted(only) or sorted(f"-{gate}" for gate in but))


def shown(value: Any) -> str:
    """A value as a cell."""
    if isinstance(value, bool):
        return "是" if value else ""
    return (
        " ".join(map(str, value))
        if isinstance(value, (list, tuple))
        else str(value).replace("T", " ", value.count("T") if _is_moment(value) else 0)
    )


def _is_moment(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d", value) is not None


GATES = Column(("门岗", "仅限门岗", "gates"), names)
NOT_GATES = Column(("不含门岗", "not_gates"), names)
