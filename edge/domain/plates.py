"""Plates as text: one way to write them, and whether two of them agree.

A mainland plate is a province character, a letter, and five (new energy: six) letters or digits; I and O are not used
(GA 36). What a guard types and what a recogniser reads are brought to the same form before they are compared.
"""

from __future__ import annotations

import re
import unicodedata

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_NOISE = re.compile(r"[\s·•.\-_,，。]+")
_ORDINARY = re.compile(rf"^[{PROVINCES}][A-HJ-NP-Z][A-HJ-NP-Z0-9]{{4,5}}[A-HJ-NP-Z0-9挂学警港澳]$")


def normal(text: str) -> str:
    """Upper case, half width, no separators: «粤b·12345» and «粤B12345» are the same."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).upper()


def plausible(text: str) -> bool:
    """Whether it has the form of an ordinary mainland plate (7 signs, or 8 for new energy)."""
    return bool(_ORDINARY.match(text))


def compare(bound: tuple[str, ...], read: str) -> str:
    """match, differs, unread (no reading) or unbound (the card is bound to no plate)."""
    if not bound:
        return "unbound"
    if not read:
        return "unread"
    return "match" if normal(read) in {normal(plate) for plate in bound} else "differs"
