"""Documents that visitors show: whether a number can be right, how it is masked, and whether the document may be kept (押证).

A resident's identity number is 18 signs (GB 11643-1999): six of the place, eight of the date of birth, three of the order, one
check digit (ISO 7064 MOD 11-2). A mistyped digit, and two exchanged neighbours, never pass. A Chinese driving licence carries
the same number. Passports and permits have a form only.

Whether a kind may be held is configuration (plan.Paper). By default identity cards and passports are looked at and handed straight
back: 中华人民共和国居民身份证法 art. 15 and 护照法 art. 2 forbid keeping them.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_RESIDENT = re.compile(r"^[1-9][0-9]{16}[0-9X]$")
_FORMS = {
    # ordinary (E, G, and EA… since 2017), diplomatic and service passports (D, S, P), Hong Kong and Macau (H, K, M), foreign ones
    "passport": re.compile(r"^(?=.*[0-9])[A-Z0-9]{6,9}$"),
    # 回乡证 (H or M and 8 or 10 digits), 台胞证 (8 digits), 往来港澳通行证 (C or W and 8)
    "permit": re.compile(r"^(?:[HM][0-9]{8}(?:[0-9]{2})?|[0-9]{8}|[CW][A-Z0-9][0-9]{7})$"),
    "any": re.compile(r"^[^\s]{2,30}$"),
}
_NOISE = re.compile(r"[\s\-·]+")
_OLDEST = date(1890, 1, 1)


def normal(number: str) -> str:
    """Half width, upper case, no separators."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", number)).upper()


def check_digit(first17: str) -> str:
    """The last sign of a resident's identity number (GB 11643-1999)."""
    return _CHECKS[sum(int(d) * w for d, w in zip(first17, _WEIGHTS, strict=True)) % 11]


def whole(number: str) -> str:
    """A number of the first generation (15 digits, before 1999) in its 18 signs (GB 11643-1999: the century and a check digit); others as they are."""
    if len(number) == 15 and number.isdigit():
        first17 = f"{number[:6]}19{number[6:]}"
        return first17 + check_digit(first17)
    return number


def problem(form: str, number: str, today: date | None) -> str:
    """What is wrong with a normal number, as a code; "" when it can be right.

    Codes: id-length, id-date, id-check, number-form. `form` is that of plan.Paper; `today` None: the clock is not known.
    """
    if form in ("resident-id", "licence"):
        return _resident_problem(number, today)
    return "" if _FORMS[form].match(number) else "number-form"


def _resident_problem(number: str, today: date | None) -> str:
    if not _RESIDENT.match(number):
        return "id-length"
    born = birth(number)
    if born is None or born < _OLDEST or (today is not None and born > today):
        return "id-date"
    return "" if check_digit(number[:17]) == number[17] else "id-check"


def birth(number: str) -> date | None:
    """The date of birth in a resident's identity number, or None when there is no such day."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def masked(number: str) -> str:
    """For everybody else: 440***********123X; of a short number only the last two signs."""
    if len(number) >= 15:
        return number[:3] + "*" * (len(number) - 7) + number[-4:]
    return "*" * max(0, len(number) - 2) + number[-2:] if len(number) > 3 else "*" * len(number)


def masked_phone(number: str) -> str:
    """138****5678."""
    digits = normal(number)
    return digits[:3] + "*" * (len(digits) - 7) + digits[-4:] if len(digits) >= 8 else "*" * len(digits)


def masked_name(name: str) -> str:
    """王**: the surname's first sign."""
    return name[:1] + "*" * (len(name) - 1)
