"""Days of the week and hours of the day as people write them, in a schedule's table or JSON; and written again."""

from __future__ import annotations

import re

from sync.problems import BadField

DAYS = (
    ("周一", "Mon", ("mon", "星期一")),
    ("周二", "Tue", ("tue", "星期二")),
    ("周三", "Wed", ("wed", "星期三")),
    ("周四", "Thu", ("thu", "星期四")),
    ("周五", "Fri", ("fri", "星期五")),
    ("周六", "Sat", ("sat", "星期六")),
    ("周日", "Sun", ("sun", "星期日", "星期天", "周天")),
    ("节假日", "holidays", ("holiday", "holidays")),
)
"""Chinese, English, what else may be written; the last stands for a holiday, whatever weekday it is."""
_NUMBERS = {word: str(n) for n, (zh, _, more) in enumerate(DAYS) for word in (zh, *more)}
_SEVERAL = {"daily": "0123456", "每天": "0123456", "工作日": "01234", "周末": "56"}


def days(text: str) -> str:
    """Which days, as digits from 0 (Monday) to 7 (holidays): «周一至周五 节假日», «mon-fri,holiday». Raises BadField."""
    found = ""
    for word in re.split(r"[,，、;；\s]+", text.strip().lower()):
        first, _, last = re.sub(r"[至到~—–]", "-", word).partition("-")
        if last and first in _NUMBERS and last in _NUMBERS and _NUMBERS[first] <= _NUMBERS[last]:
            found += "".join(map(str, range(int(_NUMBERS[first]), int(_NUMBERS[last]) + 1)))
        elif not last and (first in _NUMBERS or first in _SEVERAL):
            found += _SEVERAL.get(first) or _NUMBERS[first]
        elif word:
            raise BadField("days", word=word)
    return "".join(sorted(set(found)))


def minutes(text: str) -> int:
    """A time of day in minutes from midnight, up to 24:00. Raises BadField."""
    match = re.fullmatch(r"(\d{1,2})[:：](\d{2})(?:[:：]00)?", text)
    if not match or int(match[2]) > 59 or int(match[1]) * 60 + int(match[2]) > 1440:
        raise BadField("time")
    return int(match[1]) * 60 + int(match[2])


def clock(minute: int) -> str:
    """The same as text, 06:00."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def days_shown(digits: str) -> str:
    """Which days in words that `days` reads: three and more in a row as «周一至周五»."""
    made: list[str] = []
    left = [int(digit) for digit in digits]
    while left:
        run = [left.pop(0)]
        while left and left[0] == run[-1] + 1 < 7:
            run.append(left.pop(0))
        words = [DAYS[n][0] for n in run]
        made += [f"{words[0]}至{words[-1]}"] if len(run) > 2 else words
    return " ".join(made)


def hours_shown(begin: str, end: str) -> str:
    """06:00–22:00; what ends on the day after says so."""
    return f"{begin}–{'次日 ' if minutes(end) <= minutes(begin) else ''}{end}"
