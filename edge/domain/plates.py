"""Plates as text: one way to write them, and whether two of them agree.

What a guard types and what a recogniser reads are brought to the same form before they are compared.
"""

from __future__ import annotations

import re
import unicodedata

_NOISE = re.compile(r"[\s·•.\-_,，。]+")


def normal(text: str) -> str:
    """Upper case, half width, no separators: «粤b·12345» and «粤B12345» are the same."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).upper()


def compare(bound: tuple[str, ...], read: str) -> str:
    """match, differs, unread (no reading) or unbound (the card is bound to no plate)."""
    if not bound:
        return "unbound"
    if not read:
        return "unread"
    return "match" if normal(read) in {normal(plate) for plate in bound} else "differs"
