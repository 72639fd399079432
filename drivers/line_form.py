"""Which form have the lines that a reader sends? For finding a reader that nobody has described. Pure.

A line carries no checksum, so nothing proves the form; it is concluded from what all lines have in common:

    terminator   whichever of LF, CR, ETX, NUL ends them
    prefix       what stands before the longest run of digits in every line, suffix what stands behind it
    base         «138,08644» is 3+5; a letter A to F in any line makes it hexadecimal; else decimal
    digits       the length, when all lines have the same
    bits         the fewest that hold every number, of those that readers are known to give

`order` and `end` cannot be seen in a line: a known card tells them (drivers/card_numbers.py).
"""

from __future__ import annotations

import re

from drivers.card_numbers import BITS
from drivers.readers.line import TERMINATORS, Options

LEAST = 5
"""Fewer digits are no card number."""
_RUN = re.compile(r"(?<![0-9A-Za-z])[0-9]{1,3}[,.:][0-9]{5}(?![0-9A-Za-z])|[0-9A-Fa-f]{5,40}")
_THREE_FIVE = re.compile(r"[0-9]{1,3}[,.: ][0-9]{5}")
AFFIX = 16


def lines(data: bytes) -> tuple[str, list[str]]:
    """The terminator's name and the whole lines before the last one; no line: nothing ends here."""
    for name in ("lf", "cr", "etx", "nul"):
        end = TERMINATORS[name]
        if end in data:
            whole = data.split(end)[:-1]
            texts = [part.decode("ascii", "replace").strip("\r\n") for part in whole]
            return name, [text for text in texts if text]
    return "", []


def numbers(data: bytes) -> list[str]:
    """The numbers in the whole lines, whatever stands around them."""
    return [cut[1] for cut in map(_cut, lines(data)[1]) if cut is not None]


def form(data: bytes) -> Options | None:
    """The options under which drivers/readers/line.py reads these bytes; None when they are no lines of numbers.
    The first line may be a torn one: with two more it is left out."""
    terminator, found = lines(data)
    if not found:
        return None
    return (_form(terminator, found[1:]) if len(found) > 2 else None) or _form(terminator, found)


def _form(terminator: str, texts: list[str]) -> Options | None:
    cut = [_cut(text) for text in texts]
    parts = [each for each in cut if each is not None]
    if len(parts) != len(texts) or len({(before, after) for before, _, after in parts}) != 1:
        return None
    prefix, _, suffix = parts[0]
    numbers = [number for _, number, _ in parts]
    if len(prefix) > AFFIX or len(suffix) > AFFIX:
        return None
    base = _base(numbers)
    if base is None:
        return None
    lengths = {len(number) for number in numbers}
    digits = lengths.pop() if len(lengths) == 1 and base != "3+5" else 0
    bits = _bits(base, numbers)
    return (
        None
        if bits is None
        else Options(base, bits, digits=digits, terminator=terminator, prefix=prefix, suffix=suffix)
    )


def _cut(text: str) -> tuple[str, str, str] | None:
    """Prefix, number, suffix: the number is the longest run."""
    runs = sorted(_RUN.finditer(text), key=lambda run: len(run[0]))
    if not runs or not all(char.isascii() and (char.isprintable() or char in "\x02\x03") for char in text):
        return None
    run = runs[-1]
    return text[: run.start()], run[0], text[run.end() :]


def _base(numbers: list[str]) -> str | None:
    if all(_THREE_FIVE.fullmatch(number) for number in numbers):
        return "3+5"
    if any(not number.isalnum() for number in numbers):
        return None
    return "dec" if all(number.isdecimal() for number in numbers) else "hex"


def _bits(base: str, numbers: list[str]) -> int | None:
    if base == "3+5":
        return 24
    longest = max(int(number, 16 if base == "hex" else 10) for number in numbers).bit_length()
    if base == "hex":
        longest = max(longest, 4 * max(map(len, numbers)))
    return next((bits for bits in BITS if bits >= longest), None)
