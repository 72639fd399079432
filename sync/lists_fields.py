"""The cells of head office's other lists (lists.py): what each may hold. A reading takes a cell's text, and raises BadField."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sync.fields import valid_name
from sync.lists_words import Words
from sync.roster_fields import BadField, iso_date, normal

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
    """Headings (the first is the one that tables begin with), what may stand below, and whether something must."""

    headings: tuple[str, ...]
    reading: Reading
    needed: bool = False


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
            raise BadField(f"过长或含控制字符 longer than {limit}, or with control characters — 请改短 shorten it")
        return text or empty

    return reading


def kind_words(text: str, words: Words) -> str:
    """A sentence to say (D7): never a bare «不»."""
    said: str = short(300)(text, words)
    if BARE.search(said):
        raise BadField(
            "不宜对来访者说 not to be said to a visitor — 请换成礼貌的说法，不单说「不」 say it kindly, without a bare «no»"
        )
    return said


@half
def day(text: str, _: Words) -> str:
    """A date, ISO; "" stays."""
    return iso_date(text)


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
    raise BadField("不是日期和时间 not a date and time — 例 e.g. 2026-11-28 10:08")


def in_order(good: Mapping[str, Any], first: str, last: str, days: int = 0) -> None:
    """The one after the other, and at most so many days. Raises BadField that begins with the column."""
    begin, end = good[first], good[last]
    if not (begin and end):
        return
    if end < begin or (end == begin and "T" in end):
        raise BadField(f"{last}: 应晚于开始 must be later than {begin} — 检查两个时间 check both")
    if days and datetime.fromisoformat(end) - datetime.fromisoformat(begin) > timedelta(days=days):
        raise BadField(f"{last}: 最长 {days} 天 at most {days} days — 请分成几条 make several of it")


def word(of: str) -> Reading:
    """One of the words of config/."""

    @half
    def reading(text: str, words: Words) -> str:
        known: Mapping[str, str] = getattr(words, of)
        found = {narrow(one): name for one, name in known.items()}.get(text.lower(), "")
        if text and not found:
            raise BadField(f"不认识 unknown — 可填 one of: {'、'.join(known)}")
        return found

    return reading


def choice(of: Mapping[str, tuple[str, ...]]) -> Reading:
    """One of these."""
    by_word = {one: value for value, some in of.items() for one in some}

    @half
    def reading(text: str, _: Words) -> str:
        found = by_word.get(text.lower())
        if found is None:
            raise BadField(f"不认识 unknown — 可填 one of: {', '.join(filter(None, by_word))}")
        return found

    return reading


@half
def yes(text: str, _: Words) -> bool:
    """Whether."""
    if text.lower() in ("1", "是", "yes", "y", "true", "√", "已盖"):
        return True
    if text.lower() in ("", "0", "否", "no", "n", "false", "×", "未盖"):
        return False
    raise BadField("不认识 unknown — 填 是 或 否 yes or no")


def whole(most: int) -> Reading:
    """A number from 0."""

    @half
    def reading(text: str, _: Words) -> int:
        if not re.fullmatch(r"\d{0,6}", text) or int(text or 0) > most:
            raise BadField(f"不是 0 到 {most} 的整数 not a number from 0 to {most} — 请更正 correct it")
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
        raise BadField("不是车牌 not a plate — 例 e.g. 粤B12345")
    return found


def plates(most: int) -> Reading:
    """Several, in their order."""

    @half
    def reading(text: str, words: Words) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(plate(part, words) for part in _PARTS.split(text) if part))
        if len(found) > most:
            raise BadField(f"最多 {most} 辆 at most {most} — 请核对 look again")
        return found

    return reading


@half
def names(text: str, _: Words) -> tuple[str, ...]:
    """Names of gates or lanes."""
    found = tuple(dict.fromkeys(part for part in _PARTS.split(text) if part))
    for name in found:
        if not valid_name(name) or name.startswith("-"):
            raise BadField(f"不是名称 «{name}» is no name — 多个用空格分开 put a space between")
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
    """Where a row serves, as roster.py keeps it. `one`: it must be a single gate. Raises BadField that begins with the column."""
    if only and but:
        raise BadField("not_gates: 与「门岗」同时填写 gates are named too — 两者只填其一 give one of the two")
    if one and len(only) != 1:
        raise BadField(
            "gates: 出闸纸只用一次，请填一个门岗 a permit serves once, so at one gate — 写门岗名 give the gate's name"
        )
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
