"""Places in the index: the newest of many words, and rows by their keys. For both databases.

`newest` is exact. Each word is asked for a few of its places; the n-th newest of those is a bound, and only words that may have more above it are
asked again. Of thousands of words most are not asked at all: `index_latest` says from which day on a word was not heard any more, so those heard
last come first, and as soon as there are enough places above the next word's day, no further word can have a newer one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any, NamedTuple

from sync.headoffice.photo_index import Run

END = 1 << 62
POSTINGS = "index_postings"


class Place(NamedTuple):
    """Where an event stands in the order."""

    at_ms: int
    chain: int
    seq: int


def newest(
    run: Run, postgres: bool, table: str, keys: Sequence[int], before: Place, since_ms: int, count: int
) -> list[Place]:
    """The `count` newest places of all these words (of `index_postings`) or chains (of `index_rows`) below `before`, in order; fewer: that is all."""
    if table != POSTINGS or len(keys) <= count:
        return _newest(run, postgres, table, keys, before, since_ms, count)
    ends = dict(lookup(run, postgres, "index_latest", ("word",), [(key,) for key in keys], "word, before_ms"))
    order = sorted((key for key in keys if ends.get(key, END) > since_ms), key=lambda key: ends.get(key, END), reverse=True)  # fmt: skip
    begun, end = 0, count + sum(ends.get(key, END) > before.at_ms for key in order)
    places: list[Place] = []
    while begun < len(order):
        lowest = places[-1].at_ms if len(places) >= count else since_ms
        some = [key for key in order[begun:end] if ends.get(key, END) > lowest]
        if not some:
            break
        more = _newest(run, postgres, table, some, before, lowest, count)
        places = sorted({*places, *more}, reverse=True)[:count]
        begun, end = end, 2 * end
    return places


def _newest(
    run: Run, postgres: bool, table: str, keys: Sequence[int], before: Place, since_ms: int, count: int
) -> list[Place]:
    each = min(count, 1 << (4 * count // len(keys)).bit_length())
    rows = _of_each(run, postgres, table, keys, before, since_ms, each)
    last: dict[int, tuple[int, Place]] = {}
    places: set[Place] = set()
    for key, *at in rows:
        place = Place(*at)
        places.add(place)
        n, lowest = last.get(key, (0, place))
        last[key] = n + 1, min(lowest, place)
    found = sorted(places, reverse=True)[:count]
    bound = found[-1] if len(found) >= count else Place(since_ms, -1, -1)
    more = [key for key, (n, lowest) in last.items() if each <= n < count and lowest > bound]
    if more:
        rows = _of_each(run, postgres, table, more, before, max(since_ms, bound.at_ms), count)
        found = sorted(places | {Place(*row[1:]) for row in rows}, reverse=True)[:count]
    return found


def _of_each(
    run: Run, postgres: bool, table: str, keys: Sequence[int], before: Place, since_ms: int, each: int
) -> list[Any]:
    column = "word" if table == POSTINGS else "chain"
    inner = f"""SELECT at_ms, chain, seq FROM {table} WHERE {column} = {{}} AND at_ms >= {{}}
        AND (at_ms, chain, seq) < ({{}}, {{}}, {{}}) ORDER BY at_ms DESC, chain DESC, seq DESC LIMIT {each}"""
    if postgres:
        sql = f"""SELECT k.key, f.at_ms, f.chain, f.seq FROM unnest(CAST(? AS bigint[])) AS k (key)
                  CROSS JOIN LATERAL ({inner.format("k.key", *["CAST(? AS bigint)"] * 4)}) AS f"""
        return run(sql, (list(keys), since_ms, *before))
    sql = inner.format("?", "?", "?", "?", "?")
    return [(key, *row) for key in keys for row in run(sql, (key, since_ms, *before))]


_TYPES = {"at_ms": "bigint", "chain": "integer", "seq": "bigint", "word": "bigint"}


def lookup(
    run: Run, postgres: bool, table: str, columns: Sequence[str], keys: Sequence[Sequence[int]], select: str
) -> list[Any]:
    """The rows of a table that have these keys."""
    if not keys:
        return []
    if postgres:
        arrays = ", ".join(f"CAST(? AS {_TYPES[column]}[])" for column in columns)
        sql = f"SELECT {select} FROM unnest({arrays}) AS k ({', '.join(columns)}) JOIN {table} USING ({', '.join(columns)})"
        return run(sql, tuple(list(values) for values in zip(*keys, strict=True)))
    rest, found = iter(keys), []
    while some := list(islice(rest, 200)):
        marks = ", ".join([f"({', '.join('?' * len(columns))})"] * len(some))
        sql = f"SELECT {select} FROM {table} WHERE ({', '.join(columns)}) IN (VALUES {marks})"
        found += run(sql, tuple(value for key in some for value in key))
    return found


def lookup_words(run: Run, words: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Sort and text of these words."""
    found: dict[int, tuple[str, str]] = {}
    for n in range(0, len(words), 500):
        some = words[n : n + 500]
        sql = f"SELECT word, sort, text FROM index_words WHERE word IN ({', '.join('?' * len(some))})"
        found |= {word: (sort, text) for word, sort, text in run(sql, tuple(some))}
    return found
