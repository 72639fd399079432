"""How the search walks the index: newest first, in growing steps, whatever was asked.

Wanted   one thing that an event must have. Few words fit: they are named, and each has its places in order (`index_postings`). More than `MANY` fit («粤B», one
         sign): nobody can go to each of 100,000 words; but then events that have one are close together, and all postings are walked by time instead, looking at each word
batches  the places of one of these, walked. Which one? That of which the newest places reach furthest back is the scarcest, whatever the reason; a gate's own rows take part in this.
fitting  of a batch, the places that have everything else: the words of an event lie side by side (`index_postings_at`)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sync.headoffice.index_words import LAST, NAME, PLATE, Pattern, normal, pattern
from sync.headoffice.photo_index import Run
from sync.headoffice.search_places import POSTINGS, Place, lookup, lookup_words, newest

MANY = 5_000
"""Words that are named. At about so many (of 900,000) walking by time becomes the quicker way."""
WILD = 8_000
"""So many words are looked at when a wildcard leaves little that an index can find."""
LARGEST, BY_TIME = 1_600, 2_000
"""Places of the largest step; postings of the first step by time."""
WAYS = 4
"""Of a question of many words, so many are tried as the way; the rest is looked up."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that an event must have: one of `words`, or a word of a sort and look of `wide`."""

    words: tuple[int, ...] = ()
    wide: Mapping[str, Pattern] = field(default_factory=dict)

    @classmethod
    def typed(cls, run: Run, sorts: Sequence[str], text: str) -> Wanted:
        """What was typed, in words of these sorts."""
        looks = {sort: look for sort in sorts if (look := pattern(sort, text)) is not None}
        if not looks:
            return cls()
        wild = any(look.wild for look in looks.values())
        most = WILD if wild else MANY + 1
        one = f"SELECT * FROM (SELECT sort, word FROM index_parts WHERE sort = ? AND part >= ? AND part < ? LIMIT {most}) AS p"
        values = [v for sort, look in looks.items() for v in (sort, look.core, look.core + LAST)]
        rows = run(" UNION ALL ".join(f"{one}{n}" for n in range(len(looks))), tuple(values))
        words = dict.fromkeys(word for _, word in rows)  # a word that contains it twice is there twice
        if len(rows) >= most and any(sum(row[0] == sort for row in rows) >= most for sort in looks):
            return cls(wide=looks)
        if wild:
            texts = lookup_words(run, list(words))
            words = {
                word: None for word, (sort, said) in texts.items() if sort in looks and looks[sort].fits(sort, said)
            }
        return cls(tuple(words)) if len(words) <= MANY else cls(wide=looks)


def named(run: Run, sort: str, texts: Sequence[str]) -> Wanted:
    """Exactly one of these words."""
    marks = ", ".join("?" * len(texts))
    rows = run(f"SELECT word FROM index_words WHERE sort = ? AND text IN ({marks})", (sort, *map(normal, texts)))
    return Wanted(tuple(row[0] for row in rows))


Batch = tuple[list[Place], Place | None]
"""Places, newest first; up to where that is all there is, None: there is no more."""


class Walk:
    """One question's way through the index, below `before`, not before `since_ms`."""

    def __init__(self, run: Run, postgres: bool, before: Place, since_ms: int, first: int) -> None:
        self._run, self._postgres = run, postgres
        self._before, self._since, self._first = before, since_ms, first
        self._others: list[Wanted] = []
        self._texts: dict[int, tuple[str, str]] = {}

    def batches(self, wanted: Sequence[Wanted], chains: Sequence[int], *, only: bool) -> Iterator[Batch]:
        """The walk; `only`: these chains are the only ones that are asked for."""
        few = sorted((one for one in wanted if one.words), key=lambda one: len(one.words))[:WAYS]
        ways: list[tuple[str, Sequence[int], Wanted | None]] = [(POSTINGS, one.words, one) for one in few]
        if only or not wanted:
            ways.append(("index_rows", chains, None))
        if not ways:
            self._others = list(wanted[1:])
            yield from self._by_time(wanted[0])
            return
        size = self._first
        begun = [self._newest(table, keys, self._before, size) for table, keys, _ in ways]
        n = max(range(len(ways)), key=lambda way: _scarce(begun, size, way))
        places, (table, keys, walked) = begun[n], ways[n]
        self._others = [one for one in wanted if one is not walked]
        while len(places) >= size:
            yield places, places[-1]
            before, size = places[-1], min(2 * size, LARGEST)
            places = self._newest(table, keys, before, size)
        yield places, None

    def fitting(self, places: list[Place]) -> list[Place]:
        """Those that have all that is not walked."""
        if not self._others or not places:
            return places
        has: dict[Place, list[int]] = {}
        for at_ms, chain, seq, word in lookup(
            self._run, self._postgres, POSTINGS, Place._fields, places, "at_ms, chain, seq, word"
        ):
            has.setdefault(Place(at_ms, chain, seq), []).append(word)
        for one in self._others:
            fits = self._looks(one, {word for words in has.values() for word in words}) if one.wide else set(one.words)
            has = {place: words for place, words in has.items() if not fits.isdisjoint(words)}
        return [place for place in places if place in has]

    def _looks(self, one: Wanted, words: set[int]) -> set[int]:
        self._texts |= lookup_words(self._run, sorted(words - self._texts.keys()))
        texts = ((word, *self._texts[word]) for word in words if word in self._texts)
        return {word for word, sort, text in texts if sort in one.wide and one.wide[sort].fits(sort, text)}

    def _by_time(self, wanted: Wanted) -> Iterator[Batch]:
        """Every posting, newest first, those whose word looks so."""
        before, size = self._before, BY_TIME
        looks = " OR ".join(_like(sort, look) for sort, look in wanted.wide.items())
        values = [v for sort, look in wanted.wide.items() for v in _like_values(sort, look)]
        while True:
            span = """at_ms >= ? AND (at_ms, chain, seq) < (?, ?, ?) ORDER BY at_ms DESC, chain DESC, seq DESC"""
            last = self._run(f"SELECT at_ms, chain, seq FROM index_postings WHERE {span} LIMIT 1 OFFSET {size}", (self._since, *before))  # fmt: skip
            bound = Place(*last[0]) if last else Place(self._since, -1, -1)
            # the limit says nothing new; it tells the planner how few they are
            sql = f"""SELECT p.at_ms, p.chain, p.seq, w.sort, w.text FROM (SELECT at_ms, chain, seq, word FROM index_postings
                WHERE (at_ms, chain, seq) >= (?, ?, ?) AND {span} LIMIT {size + 1000}) AS p JOIN index_words w ON w.word = p.word WHERE {looks}"""
            rows = self._run(sql, (*bound, bound.at_ms, *before, *values))
            places = {Place(*row[:3]) for row in rows if wanted.wide[row[3]].fits(row[3], row[4])}
            yield sorted(places, reverse=True), bound if last else None
            if not last:
                return
            before, size = bound, min(2 * size, 8 * BY_TIME)

    def _newest(self, table: str, keys: Sequence[int], before: Place, count: int) -> list[Place]:
        return newest(self._run, self._postgres, table, keys, before, self._since, count)


def _scarce(begun: Sequence[list[Place]], size: int, way: int) -> float:
    """How far back a step of this way reaches; endless, when it is all that there is."""
    if len(begun[way]) < size:
        return float("inf")
    newest_ms = max(places[0].at_ms for places in begun if places)
    return newest_ms - begun[way][-1].at_ms


_FOLDED = "w.text"
for _sign, _alike in zip("BDOQZSI", "8000251", strict=True):
    _FOLDED = f"replace({_FOLDED}, '{_sign}', '{_alike}')"


def _like(sort: str, look: Pattern) -> str:
    """What words of a sort can be left out at once; the rest is looked at one by one."""
    folded = _FOLDED if sort == PLATE else "w.text"
    return (
        f"(w.sort = '{sort}')"
        if sort == NAME and look.core.isascii()
        else f"(w.sort = '{sort}' AND {folded} LIKE ? ESCAPE '\\')"
    )


def _like_values(sort: str, look: Pattern) -> list[str]:
    plain = look.core.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return [] if sort == NAME and look.core.isascii() else [f"%{plain}%"]
