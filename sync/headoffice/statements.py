"""SQL statements of many rows, as both databases take them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sync.headoffice.photo_index import Run

T = TypeVar("T")
_ROWS = 200
"""Rows in one statement: eight values each stay far below what either database takes."""


def insert(
    run: Run,
    table: str,
    rows: Sequence[tuple[object, ...]],
    conflict: str = "DO NOTHING",
    *,
    arrays: bool = False,
    more: str = "",
) -> set[tuple[Any, ...]]:
    """Rows of numbers and texts, on a conflict as said; `more`: what to give back of them. `arrays` (PostgreSQL): a value for each column instead of one for each
    cell, which costs a third and is the same statement each time."""
    if not rows:
        return set()
    if arrays:
        columns = list(zip(*rows, strict=True))
        types = ", ".join(f"CAST(? AS {'text' if isinstance(column[0], str) else 'bigint'}[])" for column in columns)
        sql = f"INSERT INTO {table} SELECT * FROM unnest({types}) AS new ON CONFLICT {conflict}{more}"
        return set(map(tuple, run(sql, tuple(map(list, columns)))))
    new: set[tuple[Any, ...]] = set()
    for some in pieces(rows):
        sql = f"INSERT INTO {table} VALUES {valued(some)} ON CONFLICT {conflict}{more}"
        new |= set(map(tuple, run(sql, flat(some))))
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
