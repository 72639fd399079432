"""One card, many numbers: what a reader or a clerk writes for a card, and the card's own bytes.

A card has a UID, bytes in the order in which the card sends them; that is what the gate stores. What people see is a number made
of all or some of these bytes. UID 3F8A21C4 is on different readers and prints

    1066017220   decimal, most significant byte first         9052612     the last three bytes (24 bits, Wiegand-26)
    3290532415   decimal, least significant byte first        2198079     the first three, least significant first
    3F8A21C4     hexadecimal, or C4218A3F reversed            138,08644   the last three as 1 + 2 bytes («3+5», «8H10D»'s cousin)

A `Rule` says which of these a source writes: base, how many bits, which end of the UID they are taken from, which byte comes
first. It turns numbers into `Part`s and UIDs into numbers. A number of fewer bits than the card has does not name one card: a
`Part` says so (`whole` is false) and only fits or does not fit a known UID; two cards of a community may share 24 bits, and then
neither may be let in by it alone (edge/store/short_numbers.py).

Calibration: `rules_for(said, uid)` lists every rule under which a card of known UID gives the number said. One card often leaves
several (a UID that reads the same from both ends, leading zeros); then another card is needed, and `narrowed` intersects.

Pure. Source of the example: five readers' and prints' numbers of one card, shared notes of the project (readers.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

BASES = ("dec", "hex", "3+5")
ORDERS = ("msb", "lsb")
ENDS = ("last", "first")
BITS = (24, 32, 40, 48, 56, 64, 80, 96, 128)
"""Numbers of bits that readers are known to give: Wiegand-26 and -34, EM4100, 7- and 10-byte UIDs, EPCs."""
LONGEST = 40
"""No number of any of these has more characters (128 bits: 39 digits)."""


def check_order(order: str) -> None:
    """ValueError for a word that is no order of bytes."""
    if order not in ORDERS:
        raise ValueError(f"order {order!r} is none of {', '.join(ORDERS)}")


def turned(uid: bytes, order: str) -> bytes:
    """A reader's bytes in the card's own order: `lsb` readers send the last byte first."""
    return uid[::-1] if order == "lsb" else uid


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes that a number gives: the whole UID, or its `end`."""

    known: bytes
    end: str = "last"

    def fits(self, uid: bytes) -> bool:
        """Whether it may be this card."""
        return uid.endswith(self.known) if self.end == "last" else uid.startswith(self.known)

    def whole(self, uid: bytes) -> bool:
        """Whether nothing of this card's UID is missing from the number."""
        return self.known == uid


@dataclass(frozen=True, slots=True)
class Rule:
    """How a source writes a card's number. `digits` is its fixed length, 0 when leading zeros are left out."""

    base: str = "dec"
    bits: int = 32
    order: str = "msb"
    end: str = "last"
    digits: int = 0

    def __post_init__(self) -> None:
        for name, value, known in (("base", self.base, BASES), ("order", self.order, ORDERS), ("end", self.end, ENDS)):
            if value not in known:
                raise ValueError(f"{name} {value!r} is none of {', '.join(known)}")
        if self.bits not in BITS:
            raise ValueError(f"bits {self.bits} is none of {', '.join(map(str, BITS))}")
        if self.base == "3+5" and self.bits != 24:
            raise ValueError("«3+5» numbers have 24 bits")
        if not 0 <= self.digits <= LONGEST:
            raise ValueError(f"digits must be 0 to {LONGEST}, not {self.digits}")

    @property
    def octets(self) -> int:
        """How many bytes of the UID are in the number."""
        return self.bits // 8

    def part(self, said: str) -> Part:
        """The bytes in a number. ValueError when it is not one that this rule writes."""
        value = _value(said, self.base)
        if value is None or (self.digits and len(said) != self.digits):
            raise ValueError(f"{said[:LONGEST]!r} is no number of the form {self}")
        if value >> self.bits:
            raise ValueError(f"{said} has more than {self.bits} bits")
        return Part(turned(value.to_bytes(self.octets, "big"), self.order), self.end)

    def number(self, uid: bytes) -> str:
        """What this source writes for a card. ValueError when the card has fewer bytes than the number."""
        if len(uid) < self.octets:
            raise ValueError(f"a number of {self.bits} bits needs {self.octets} bytes, not {len(uid)}")
        known = uid[-self.octets :] if self.end == "last" else uid[: self.octets]
        value = int.from_bytes(turned(known, self.order), "big")
        if self.base == "3+5":
            return f"{value >> 16:03},{value & 0xFFFF:05}"
        text = f"{value:X}" if self.base == "hex" else str(value)
        if self.base == "hex" and not self.digits:
            return text.zfill(2 * self.octets)
        return text.zfill(self.digits)

    def __str__(self) -> str:
        length = f", {self.digits} characters" if self.digits else ""
        return f"{self.base}, {self.order} first, {self.end} {self.bits} bits{length}"


@dataclass(frozen=True, slots=True)
class Calibration:
    """The rules that fit all cards presented so far, the likeliest first."""

    rules: tuple[Rule, ...]

    @property
    def found(self) -> Rule | None:
        """The rule, when one is left."""
        return self.rules[0] if len(self.rules) == 1 else None

    def narrowed(self, said: str, uid: bytes) -> Calibration:
        """After another card of known UID."""
        return Calibration(tuple(rule for rule in self.rules if _gives(rule, said, uid)))


def rules_for(said: str, known_uid: bytes) -> Calibration:
    """The rules under which a card of this UID has this number (as the reader sent it, or as it is printed)."""
    fitting = [rule for rule in _candidates(said, known_uid) if _gives(rule, said, known_uid)]
    return Calibration(tuple(sorted(fitting, key=lambda rule: (-rule.bits, ORDERS.index(rule.order)))))


def _candidates(said: str, uid: bytes) -> Iterator[Rule]:
    """Every rule that can be told apart by a card of this length. All of a UID has no first and last end."""
    for base, bits, order, end in product(BASES, BITS, ORDERS, ENDS):
        all_of_it = bits == 8 * len(uid)
        if bits > 8 * len(uid) or (base == "3+5" and bits != 24) or (all_of_it and end == "first"):
            continue
        padded = base == "dec" and said.startswith("0")
        yield Rule(base, bits, order, end, len(said) if padded and len(said) <= LONGEST else 0)


def _gives(rule: Rule, said: str, uid: bytes) -> bool:
    if len(uid) < rule.octets:
        return False
    value = _value(said, rule.base)
    return value is not None and value == _value(rule.number(uid), rule.base)


_FORMS = {
    "dec": re.compile(r"[0-9]{1,40}"),
    "hex": re.compile(r"[0-9A-Fa-f]{1,40}"),
    "3+5": re.compile(r"([0-9]{1,3})[,.: ]?([0-9]{5})"),
}


def _value(said: str, base: str) -> int | None:
    match = _FORMS[base].fullmatch(said.strip())
    if match is None:
        return None
    if base != "3+5":
        return int(match[0], 16 if base == "hex" else 10)
    high, low = int(match[1]), int(match[2])
    return high << 16 | low if high < 0x100 and low < 0x10000 else None
