"""Pinyin initials, as guards type them: «zjl» finds 周杰伦.

GB 2312 orders its 3,755 common characters (level 1, rows 16–55) by pinyin, so the code alone gives the initial. Of the rarer ones
(level 2, ordered by stroke) those that are common in names are listed here, and surnames that are read in a way of their own.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache

_FIRST = (
    *(0xB0A1, 0xB0C5, 0xB2C1, 0xB4EE, 0xB6EA, 0xB7A2, 0xB8C1, 0xB9FE, 0xBBF7, 0xBFA6, 0xC0AC, 0xC2E8),
    *(0xC4C3, 0xC5B6, 0xC5BE, 0xC6DA, 0xC8BB, 0xC8F6, 0xCBFA, 0xCDDA, 0xCEF4, 0xD1B9, 0xD4D1),
)
_LETTERS = "abcdefghjklmnopqrstwxyz"
_LAST = 0xD7F9
_RARE = {
    **dict.fromkeys("婵琛宸骋", "c"),
    **dict.fromkeys("铎岱", "d"),
    **dict.fromkeys("珂恺锟", "k"),
    **dict.fromkeys("邝", "k"),
    **dict.fromkeys("昊晗灏涵菡翰", "h"),
    **dict.fromkeys("璟婧瑾菁珏郏", "j"),
    **dict.fromkeys("琳岚黎骊漓蔺璐珞", "l"),
    **dict.fromkeys("闵岷玫旻牟", "m"),
    **dict.fromkeys("娜妮甯", "n"),
    **dict.fromkeys("琪祺淇綦骐谯", "q"),
    **dict.fromkeys("睿芮阮", "r"),
    **dict.fromkeys("莎珊晟姝佘", "s"),
    **dict.fromkeys("婷滕佟邰", "t"),
    **dict.fromkeys("炜玮婉菀邬", "w"),
    **dict.fromkeys("鑫萱煊曦昕馨璇禧薛冼", "x"),
    **dict.fromkeys("怡颖莹玥钰昱煜瑜妤妍嫣琰晔烨奕懿尧瑶荥毓", "y"),
    **dict.fromkeys("臻甄翟臧桢祯梓", "z"),
    "骞": "q",
    "濮": "p",
    "瑢": "r",
}
_SURNAMES = {
    "单": "s",
    "解": "x",
    "仇": "q",
    "曾": "z",
    "区": "o",
    "查": "z",
    "朴": "p",
    "盖": "g",
    "覃": "q",
    "翟": "z",
    "尉迟": "yc",
    "长孙": "zs",
}


def initials(name: str) -> str:
    """The initials of a name; letters and digits stay, a character that nobody can place is left out."""
    first = name[:2] if name[:2] in _SURNAMES else name[:1] if name[:1] in _SURNAMES else ""
    return _SURNAMES.get(first, "") + "".join(_initial(c) for c in name[len(first) :])


@lru_cache(maxsize=8_192)
def _initial(sign: str) -> str:
    if sign.isascii():
        return sign.lower() if sign.isalnum() else ""
    if sign in _RARE:
        return _RARE[sign]
    try:
        high, low = sign.encode("gb2312")
    except (UnicodeEncodeError, ValueError):
        return ""
    code = high << 8 | low
    return _LETTERS[bisect_right(_FIRST, code) - 1] if _FIRST[0] <= code <= _LAST else ""
