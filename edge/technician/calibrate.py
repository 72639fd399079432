"""Calibration: one card whose number is known → the rule of a reader, as a line for the configuration.

What is known of the card is one of

    uid      its bytes, in hexadecimal, as the registry has them
    reader   read at another reader of this gate within the last minute: two readers shall say the same
    printed  the number that is printed on it. A line reader that sends just this number is no help with it (the order of the bytes cannot
             be seen); the registry's cards are then asked whose number it can be. For readers that give bytes, a print is taken to be
             written the most significant byte first: what turns the reader's bytes into it is their order

and what the reader said is a number (lines) or bytes. `rules_for` and `narrowed` (drivers/card_numbers.py) do the rest; when several rules
fit, another card decides. Pure but for the one class that waits for the card.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Any

from drivers import loader
from drivers.card_numbers import BASES, BITS, ENDS, ORDERS, Calibration, Rule, rules_for, turned
from drivers.finding import options_given
from drivers.osdp import cards as osdp_cards
from drivers.readers.line import Options as LineOptions
from edge.settings_lane import OSDP, ReaderTable
from edge.technician import toml

UID, READER, PRINTED = "uid", "reader", "printed"
LINE = "line"


@dataclass(frozen=True, slots=True)
class Shown:
    """A card that was presented: what the reader said (a number, or bytes in hexadecimal), and what is known of it."""

    said: str
    known: str
    kind: str


@dataclass(frozen=True, slots=True)
class Result:
    """`state`: found, several (present another card), none. `rules`: in words. `options`: of the reader, where found; `config`:
    the line to paste; `same`: the configuration says so already; `turns`: whether this family can turn its bytes."""

    state: str
    rules: tuple[str, ...]
    options: Mapping[str, Any]
    config: str
    same: bool
    turns: bool


def options_of(table: ReaderTable) -> Any:
    """The reader's options as its driver has them."""
    if table.driver == OSDP:
        return loader.options_of(osdp_cards.Options, table.options)
    return loader.make_options(loader.load(table.driver), table.options)


def as_sent(table: ReaderTable, uid: bytes) -> str:
    """The bytes that a reader sent for this UID, whatever order it is configured to have. Hexadecimal."""
    return turned(uid, getattr(options_of(table), "order", "msb")).hex().upper()


def whose(printed: str, uids: Iterable[bytes]) -> list[bytes]:
    """The cards whose number this can be, under any rule; two at most."""
    parts = []
    for base, bits, order, end in product(BASES, BITS, ORDERS, ENDS):
        if base != "3+5" or bits == 24:
            with contextlib.suppress(ValueError):  # not a number of that form
                parts.append(Rule(base, bits, order, end).part(printed))
    found = (uid for uid in uids if any(part.fits(uid) for part in parts))
    return list(islice(found, 2))


def result(table: ReaderTable, shown: Sequence[Shown]) -> Result:
    """What follows from the cards presented so far."""
    lines = table.driver == LINE
    fitting: Calibration | None = None
    for one in shown:
        said, uid = _pair(one, lines)
        fitting = rules_for(said, uid) if fitting is None else fitting.narrowed(said, uid)
    rules = fitting.rules if fitting else ()
    options = options_of(table)
    turns = lines or hasattr(options, "order")
    if not lines:
        rules = _of_bytes(rules, shown)
    texts = tuple(str(rule) for rule in rules[:8])
    decided = [rules[0]] if rules and (len(rules) == 1 or (not lines and len({r.order for r in rules}) == 1)) else []
    if not decided or (not lines and not turns and decided[0].order != "msb"):
        return Result("several" if len(rules) > 1 else "none", texts, {}, "", same=False, turns=turns)
    made = _with(options, decided[0], lines, shown)
    given = options_given(made)
    config = f"options = {toml.table(given)}" if given else "# options: none needed · 不需要选项"
    return Result("found", texts, given, config, same=made == options, turns=turns)


def _pair(one: Shown, lines: bool) -> tuple[str, bytes]:
    """The number and the bytes that a rule has to bring together."""
    if lines or one.kind != PRINTED:
        return one.said, bytes.fromhex(one.known)
    return one.known, bytes.fromhex(one.said)  # the print is a number of the bytes that the reader sent


def _of_bytes(rules: tuple[Rule, ...], shown: Sequence[Shown]) -> tuple[Rule, ...]:
    """A reader that gives bytes writes them in hexadecimal; only a print may have another base."""
    if any(one.kind == PRINTED for one in shown):
        return rules
    return tuple(rule for rule in rules if rule.base == "hex")


def _with(options: Any, rule: Rule, lines: bool, shown: Sequence[Shown]) -> Any:
    if lines:
        lengths = {len(one.said) for one in shown}
        same = options.digits if lengths == {options.digits} else 0  # the true length is what protects a line
        made: LineOptions = replace(
            options, base=rule.base, bits=rule.bits, order=rule.order, end=rule.end, digits=rule.digits or same
        )
        return made
    return replace(options, order=rule.order) if hasattr(options, "order") else options
