"""From which day on a word was not heard any more: `index_latest (word) → before_ms`, midnight (UTC) after its newest posting.

It is a bound, not a moment: it is written when a word is heard on a later day, once a day a word, and an erasure leaves it too high. Whoever
looks for the newest of thousands of words asks only those that can have it (search_places.py). A word without a bound may have been heard
at any time; an index from before this table gets its bounds from `fill`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from sync.headoffice.photo_index import Run
from sync.headoffice.statements import insert

DAY_MS = 86_400_000
PIECE = 2_000
"""Words of one transaction of `fill`."""
TABLE = "CREATE TABLE IF NOT EXISTS index_latest (word {int} PRIMARY KEY, before_ms {int} NOT NULL);\n"


class _Database(Protocol):
    def together(self) -> AbstractContextManager[Run]: ...


def ends_of(postings: Iterable[tuple[int, int]], known: Mapping[int, int]) -> dict[int, int]:
    """Word → its bound, of these (word, at_ms): those that are later than `known`."""
    found: dict[int, int] = {}
    for word, at_ms in postings:
        before = (at_ms // DAY_MS + 1) * DAY_MS
        if before > max(known.get(word, 0), found.get(word, 0)):
            found[word] = before
    return found


def note(run: Run, ends: Mapping[int, int], *, arrays: bool) -> None:
    """Words were heard on a later day."""
    later = "(word) DO UPDATE SET before_ms = excluded.before_ms WHERE index_latest.before_ms < excluded.before_ms"
    insert(run, "index_latest", sorted(ends.items()), later, arrays=arrays)


def fill(store: _Database) -> int:
    """Words that have no bound get theirs, a piece a transaction; of how many. Whoever writes to the index meanwhile says later days or the same."""
    count, last = 0, 0
    while True:
        with store.together() as run:
            words = run(_WITHOUT, (last,))
            if not words:
                return count
            run(_FILL, (words[0][0], words[-1][0]))
        count, last = count + len(words), words[-1][0]


_WITHOUT = f"""SELECT word FROM index_words w WHERE word > ? AND NOT EXISTS (SELECT 1 FROM index_latest l WHERE l.word = w.word)
    ORDER BY word LIMIT {PIECE}"""
_FILL = f"""INSERT INTO index_latest SELECT word, coalesce((SELECT (at_ms / {DAY_MS} + 1) * {DAY_MS} FROM index_postings p
        WHERE p.word = w.word ORDER BY at_ms DESC LIMIT 1), 0)
    FROM index_words w WHERE word BETWEEN ? AND ? ON CONFLICT (word) DO NOTHING"""
