"""Questions to the index over all gates, newest first.

    «粤B12?4 王»   ─▶ each typed word ─▶ the words of the index that contain it, at most `MANY`
                       the scarcest of these sets is walked newest first, the others are looked up for each place
    no word        ─▶ the rows of each gate, newest first

Kind, guard and unit are words like any other; time, gate and lane narrow the walk. A question looks at about `WALK` places and then says where it stopped (`older`):
no question takes longer than another, and the next page goes on from there. The order is the gates' own time, then chain and number.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sync.headoffice.index import Database
from sync.headoffice.index_words import CARD, COMPANY, KIND, LAST, PERSONAL, PLATE, UNIT, WHO, fold, normal, pattern
from sync.headoffice.intake import ChainId
from sync.headoffice.photo_index import Run
from sync.personal import DamagedPart
from sync.personal import read as read_part

MANY = 400
WILD = 4_000
"""So many words are looked at when a wildcard leaves little that an index can find."""
WALK = 4_000
STORY = 500
END = 1 << 62


class Place(NamedTuple):
    """Where an event stands in the order."""

    at_ms: int
    chain: int
    seq: int


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for. `text`: words, all of which must fit; `sort`: only words of this sort (plate, card, unit …), empty: any.
    `kinds`: any of these kinds of event; `since_ms` ≤ time < `until_ms` (0: open); `before`: `older` of the page before."""

    text: str = ""
    sort: str = ""
    kinds: tuple[str, ...] = ()
    who: str = ""
    gate: str = ""
    lane: str = ""
    hour: int = -1
    """Only what happened within this hour of the day, by the clock `east_min` minutes east of UTC; -1: any."""
    east_min: int = 0
    since_ms: int = 0
    until_ms: int = 0
    before: Place | None = None
    limit: int = 50
    persons: bool = True
    """Whether names and telephones are looked in too; who may not see them must not find by them either."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One event that was found, as the index has it."""

    place: Place
    where: ChainId
    kind: str
    lane: str
    actor: str
    visit: int
    passed: int


@dataclass(frozen=True, slots=True)
class Found:
    """A page, newest first. `older`: from where the next one goes on, None when this was all. `many`: more words fit than were looked for."""

    hits: tuple[Hit, ...]
    older: Place | None
    many: bool = False


@dataclass(frozen=True, slots=True)
class Whole:
    """An event in full. `personal`: what is left of its personal part."""

    hit: Hit
    event: dict[str, Any]
    personal: dict[str, Any]


class Search:
    """Over a Store of the caller's thread. All methods raise StoreUnavailable."""

    def __init__(self, store: Database, site: str) -> None:
        self._store, self._site = store, site

    def find(self, asked: Question) -> Found:
        """A page of events."""
        run = self._store.run
        chains = self._chains(run, asked.gate)
        sets, many = [], False
        for typed in asked.text.split():
            words, more = _words(run, asked, typed)
            many |= more
            sets.append(words)
        if asked.who:
            sets.append(_exact(run, WHO, [asked.who]))
        if asked.kinds:
            sets.append(_exact(run, KIND, asked.kinds))
        if not chains or not all(sets):
            return Found((), None, many)
        walked, reached = self._walk(run, sets, chains, asked)
        hits = self._hits(run, walked, chains, asked)
        page = hits[: asked.limit]
        more_here = len(hits) > asked.limit
        return Found(tuple(page), page[-1].place if more_here and page else reached, many)

    def story(self, gate: str, *, visit: int = 0, passed: int = 0) -> list[Hit]:
        """All events of a visit or of a passage, in order (the first `STORY`)."""
        column, number = ("visit", visit) if visit else ("pass", passed)
        if not number:
            return []
        run = self._store.run
        chains = self._chains(run, gate)
        sql = f"SELECT {_ROW} FROM index_rows WHERE chain = ? AND {column} = ? AND {column} > 0 ORDER BY seq LIMIT {STORY}"
        rows = [row for chain in chains for row in run(sql, (chain, number))]
        return sorted((_hit(row, chains) for row in rows), key=lambda h: (h.where.epoch, h.place.seq))

    def of_plate(self, plate: str) -> list[Hit]:
        """All events in which exactly this plate was named or read, in order (the newest `STORY`)."""
        run = self._store.run
        words, chains = _exact(run, PLATE, [plate]), self._chains(run, "")
        if not words:
            return []
        rows, _ = _newest(run, self._store.postgres, "index_postings", "word", words, Place(END, 0, 0), 0, STORY)
        places = sorted({Place(*row) for row in rows}, reverse=True)
        return self._hits(run, places, chains, Question(limit=STORY))[::-1]

    def event(self, where: ChainId, seq: int) -> Whole | None:
        """One event, indexed or not."""
        found = self._store.run(_WHOLE + " = (?, ?, ?, ?) LIMIT 1", (*where, seq))
        if not found:
            return None
        said = json.loads(bytes(found[0][3]))
        body = said.get("body", {})
        hit = Hit(Place(0, 0, seq), where, said.get("kind", ""), str(body.get("lane", "")), said.get("actor", ""), 0, 0)
        return Whole(hit, said, _fields(found[0][4]))

    def whole(self, hits: Sequence[Hit]) -> list[Whole]:
        """These events with their bodies and what is left of their personal parts, in the same order."""
        found: dict[tuple[str, str, int], tuple[Any, Any]] = {}
        for n in range(0, len(hits), 100):
            keys = [(*hit.where, hit.place.seq) for hit in hits[n : n + 100]]
            rows = ", ".join(["(?, ?, ?, ?)"] * len(keys))
            sql = f"{_WHOLE} IN (VALUES {rows})"
            for gate, epoch, seq, data, part in self._store.run(sql, tuple(v for key in keys for v in key)):
                found[gate, epoch, seq] = data, part
        return [
            Whole(hit, json.loads(bytes(held[0])), _fields(held[1]))
            for hit in hits
            if (held := found.get((hit.where.gate, hit.where.epoch, hit.place.seq)))
        ]

    def pictures(self, gate: str, passed: int) -> list[str]:
        """Digests of the pictures of a passage."""
        taken = [h for h in self.story(gate, passed=passed) if h.kind == "picture.taken"]
        return [str(w.event["body"].get("digest", "")) for w in self.whole(taken)]

    # ---- the steps

    def _chains(self, run: Run, gate: str) -> dict[int, ChainId]:
        sql = "SELECT chain, site, gate, epoch FROM index_chains WHERE site = ?" + (" AND gate = ?" if gate else "")
        rows = run(sql, (self._site, gate) if gate else (self._site,))
        return {row[0]: ChainId(*row[1:]) for row in rows}

    def _walk(
        self, run: Run, sets: list[list[int]], chains: dict[int, ChainId], asked: Question
    ) -> tuple[list[Place], Place | None]:
        """Places of the scarcest set that the other sets have too, newest first; and how far was looked, None: to the end."""
        before = asked.before or Place(END, 0, 0)
        if asked.until_ms and asked.until_ms <= before.at_ms:
            before = Place(asked.until_ms, 0, 0)
        if sets:
            first = min(sets, key=lambda words: _weight(run, words))
            keys, column, table = first, "word", "index_postings"
        else:
            first, keys, column, table = None, list(chains), "chain", "index_rows"
        narrow = len(sets) > 1 or asked.gate or asked.lane or asked.hour >= 0
        each = max(20, WALK // len(keys)) if narrow else max(8, 4 * (asked.limit + 1) // len(keys))
        while True:
            rows, reached = _newest(run, self._store.postgres, table, column, keys, before, asked.since_ms, each)
            places = sorted({Place(*row) for row in rows if reached is None or Place(*row) >= reached}, reverse=True)
            if narrow or reached is None or len(places) > asked.limit or each > asked.limit:
                break
            each = min(4 * each, asked.limit + 1)  # the newest page may be of few of many words
        if asked.gate:
            places = [place for place in places if place.chain in chains]
        if asked.hour >= 0:
            places = [place for place in places if (place.at_ms // 60_000 + asked.east_min) // 60 % 24 == asked.hour]
        for words in [words for words in sets if words is not first]:
            places = _also(run, words, places)
        return places, reached

    def _hits(self, run: Run, places: list[Place], chains: dict[int, ChainId], asked: Question) -> list[Hit]:
        """The rows of these places, as many as a page needs and one more."""
        found: list[Hit] = []
        for n in range(0, len(places), 100):
            some = places[n : n + 100]
            marks = ", ".join(["(?, ?)"] * len(some))
            sql = f"SELECT {_ROW} FROM index_rows WHERE (chain, seq) IN (VALUES {marks})"
            rows = run(sql, tuple(v for place in some for v in (place.chain, place.seq)))
            hits = [_hit(row, chains) for row in rows if row[1] in chains]
            found += sorted(hits, key=lambda h: h.place, reverse=True)
            if asked.lane:
                found = [hit for hit in found if hit.lane == asked.lane]
            if len(found) > asked.limit:
                break
        return found


_ROW = "at_ms, chain, seq, kind, lane, actor, visit, pass"
_WHOLE = """SELECT e.gate, e.epoch, e.seq, e.data, p.data FROM events e
    LEFT JOIN personal p ON (p.site, p.gate, p.epoch, p.seq) = (e.site, e.gate, e.epoch, e.seq)
    WHERE (e.site, e.gate, e.epoch, e.seq)"""


def _hit(row: Sequence[Any], chains: dict[int, ChainId]) -> Hit:
    return Hit(Place(*row[:3]), chains[row[1]], *row[3:])


def _fields(part: Any) -> dict[str, Any]:
    try:
        return {} if part is None else read_part(bytes(part))
    except DamagedPart:
        return {}


# ---- words


def _exact(run: Run, sort: str, texts: Sequence[str]) -> list[int]:
    marks = ", ".join("?" * len(texts))
    sql = f"SELECT word FROM index_words WHERE sort = ? AND text IN ({marks})"
    return [row[0] for row in run(sql, (sort, *map(normal, texts)))]


def _words(run: Run, asked: Question, typed: str) -> tuple[list[int], bool]:
    """The words that contain what was typed; whether there are more than were looked at."""
    found: dict[int, None] = {}
    more = False
    sorts = [asked.sort] if asked.sort else [PLATE, CARD, UNIT, COMPANY, WHO, *PERSONAL]
    for one in sorts if asked.persons else [sort for sort in sorts if sort not in PERSONAL]:
        wanted = pattern(one, typed)
        if wanted is None:
            continue
        most = WILD if wanted.wild else MANY
        sql = """SELECT p.word, w.text FROM (SELECT word FROM index_parts WHERE sort = ? AND part >= ? AND part < ? LIMIT ?) AS p
                 JOIN index_words w ON w.word = p.word"""
        rows = run(sql, (one, wanted.core, wanted.core + LAST, most * 2))
        texts = dict(map(tuple, rows))  # a word that contains it twice is there twice
        more |= len(texts) > most or len(rows) == most * 2
        found |= dict.fromkeys(w for w, text in texts.items() if wanted.fits(fold(text) if one == PLATE else text))
    return list(found)[:MANY], more or len(found) > MANY


def _weight(run: Run, words: Sequence[int]) -> int:
    """About how many places these words have: enough to begin with the scarcest."""
    if len(words) > 20:
        return WALK * len(words)
    sql = "SELECT count(*) FROM (SELECT 1 FROM index_postings WHERE word = ? LIMIT 1000) AS few"
    return sum(run(sql, (word,))[0][0] for word in words)


# ---- places


def _newest(
    run: Run, postgres: bool, table: str, column: str, keys: Sequence[int], before: Place, since_ms: int, each: int
) -> tuple[list[tuple[int, int, int]], Place | None]:
    """For each key its `each` newest places before `before`; and up to where that is all there is (None: there is no more)."""
    inner = f"""SELECT at_ms, chain, seq FROM {table} WHERE {column} = {{key}} AND at_ms >= {{since}}
        AND (at_ms, chain, seq) < ({{at}}, {{chain}}, {{seq}}) ORDER BY at_ms DESC, chain DESC, seq DESC LIMIT {{each}}"""
    if postgres:
        cast = dict.fromkeys(("since", "at", "chain", "seq", "each"), "CAST(? AS bigint)")
        sql = f"""SELECT k.key, f.at_ms, f.chain, f.seq FROM unnest(CAST(? AS bigint[])) AS k (key)
                  CROSS JOIN LATERAL ({inner.format(key="k.key", **cast)}) AS f"""
        rows = run(sql, (list(keys), since_ms, *before, each))
    else:
        sql = inner.format(key="?", since="?", at="?", chain="?", seq="?", each="?")
        rows = [(key, *row) for key in keys for row in run(sql, (key, since_ms, *before, each))]
    counts: dict[int, int] = {}
    last: dict[int, Place] = {}
    for key, *place in rows:
        counts[key] = counts.get(key, 0) + 1
        last[key] = min(last.get(key, Place(END, 0, 0)), Place(*place))
    stopped = [last[key] for key, count in counts.items() if count >= each]
    return [tuple(row[1:]) for row in rows], max(stopped) if stopped else None


def _also(run: Run, words: Sequence[int], places: Sequence[Place]) -> list[Place]:
    """Those of the places that one of the words has too."""
    kept: set[Place] = set()
    marks = ", ".join("?" * len(words))
    for n in range(0, len(places), 500):
        some = places[n : n + 500]
        rows = ", ".join(["(?, ?, ?)"] * len(some))
        sql = f"""SELECT at_ms, chain, seq FROM index_postings WHERE word IN ({marks}) AND (at_ms, chain, seq) IN (VALUES {rows})"""
        kept |= {Place(*row) for row in run(sql, (*words, *(v for place in some for v in place)))}
    return [place for place in places if place in kept]
