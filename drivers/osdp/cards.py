"""Options of an OSDP reader, and the card in what it reports: bits in, UID bytes out. Pure.

OSDP's «raw card data» is what the reader would have sent as Wiegand: a number of bits, left-aligned in bytes. Wiegand formats of
8n + 2 bits (26, 34, 58, 66) have an even parity bit before and an odd one behind n bytes of number; a number without them is taken
as it is. What is wrong in its parity is no card.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.card_numbers import ORDERS, turned

NAME = "OSDP 读卡器 · OSDP reader"
DEFAULT_BAUD = 9600
ASCII = 3
"""CardFormat of libosdp: the card's number as text."""


@dataclass(frozen=True, slots=True)
class Options:
    """`address` on the bus; `order`: which byte of the UID comes first; `parity`: formats of 8n + 2 bits have parity bits;
    `led`: which of the reader's lights answers."""

    address: int = 0
    order: str = "msb"
    parity: bool = True
    led: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.address <= 126:
            raise ValueError(f"address must be 0 to 126, not {self.address}")
        if self.order not in ORDERS:
            raise ValueError(f"order {self.order!r} is none of {', '.join(ORDERS)}")
        if not 0 <= self.led <= 31:
            raise ValueError(f"led must be 0 to 31, not {self.led}")


def uid(data: bytes, bits: int, options: Options) -> bytes | None:
    """The UID in `bits` bits of raw card data; None when they are no card (wrong parity, nothing, fewer bytes than bits)."""
    if not 0 < bits <= 8 * len(data):
        return None
    value = int.from_bytes(data, "big") >> (8 * len(data) - bits)
    if options.parity and bits > 8 and bits % 8 == 2:
        if not _parity_fits(value, bits):
            return None
        bits -= 2
        value = value >> 1 & (1 << bits) - 1
    return turned(value.to_bytes((bits + 7) // 8, "big"), options.order)


def raw(card: bytes, options: Options) -> tuple[bytes, int]:
    """What a reader reports for a card, with parity bits where the options have them: data and number of bits. For tests."""
    value, bits = int.from_bytes(turned(card, options.order), "big"), 8 * len(card)
    if options.parity:
        half = bits // 2
        even = (value >> half).bit_count() & 1
        odd = 1 - ((value & (1 << half) - 1).bit_count() & 1)
        value, bits = even << bits + 1 | value << 1 | odd, bits + 2
    size = (bits + 7) // 8
    return (value << 8 * size - bits).to_bytes(size, "big"), bits


def _parity_fits(value: int, bits: int) -> bool:
    """The first half, with the first bit, has an even number of ones; the second half, with the last, an odd one."""
    half = bits // 2
    return (value >> half).bit_count() % 2 == 0 and (value & (1 << half) - 1).bit_count() % 2 == 1
