"""SQL statements of many rows, as both databases take them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sync.headoffice.photo_index import Run

T = TypeVar("T")
_ROWS = 200
"""Rows in one statement: eight values each stay far below what either database takes."""


def insert(run: Run, table: str, rows: Sequence[tuple[object, ...]], more: str = "") -> set[tuple[Any, ...]]:
    """Those that are not there yet; `more`: what to give back of them."""
    new: set[tuple[Any, ...]] = set()
    for some in pieces(rows):
        new |= set(
            map(tuple, run(f"INSERT INTO {table} VALUES {valued(some)} ON CONFLICT DO NOTHING{more}", flat(some)))
        )
    return new


def pieces(values: Iterable[T]) -> Iterator[list[T]]:
    """As many as one statement takes."""
    rest = iter(values)
    while some := list(islice(rest, _ROWS)):
        yield some


def marks(values: Sequence[object]) -> str:
    """A question mark for each."""
    return ", ".join("?" * len(values))


def valued(rows: Sequence[tuple[object, ...]]) -> str:
    """Rows for VALUES."""
    return ", ".join([f"({marks(rows[0])})"] * len(rows))


def flat(rows: Sequence[tuple[object, ...]]) -> tuple[object, ...]:
    """The values for these marks."""
    return tuple(value for row in rows for value in row)
