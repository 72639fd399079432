"""Questions to the index over all gates, newest first.

    «粤B12?4 王»   ─▶ each typed word ─▶ `Wanted`: the words of the index that contain it, or, when those are too many to name, what a word must look like
    what is wanted ─▶ one of it is walked newest first (search_walk.py), the rest is looked up for each place
    no word        ─▶ the rows of each gate, newest first

Kind, guard and unit are words like any other; time, gate and lane narrow the walk. A question walks `WALK` places, or as far as it probably comes in `WALK_S` seconds, and then says where it stopped (`older`):
no question takes much longer than another, what was found is the newest that there is, and the next page goes on from there. The order is the gates' own time, then chain and number.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from sync.headoffice.index import Database
from sync.headoffice.index_words import CARD, COMPANY, KIND, PERSONAL, PLATE, UNIT, WHO
from sync.headoffice.intake import ChainId
from sync.headoffice.photo_index import Run
from sync.headoffice.search_places import END, POSTINGS, Place, lookup, newest
from sync.headoffice.search_walk import Walk, Wanted, named
from sync.personal import DamagedPart
from sync.personal import read as read_part

__all__ = ["Found", "Hit", "Place", "Question", "Search", "Whole"]
WALK = 12_000
WALK_S = 0.2
STORY = 500


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

    def at_hour(self, at_ms: int) -> bool:
        """Whether this time is within the hour that is asked for."""
        return self.hour < 0 or (at_ms // 60_000 + self.east_min) // 60 % 24 == self.hour


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
    """A page, newest first. `older`: from where the next one goes on, None when this was all. `many`: so much contains what was typed that the page was not filled."""

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
        with self._reading() as run:
            chains = self._chains(run, asked.gate)
            sorts = [asked.sort] if asked.sort else [PLATE, CARD, UNIT, COMPANY, WHO, *PERSONAL]
            seen = [sort for sort in sorts if asked.persons or sort not in PERSONAL]
            wanted = [Wanted.typed(run, seen, typed) for typed in dict.fromkeys(asked.text.split())]
            if asked.who:
                wanted.append(named(run, WHO, [asked.who]))
            if asked.kinds:
                wanted.append(named(run, KIND, asked.kinds))
            if not chains or not all(one.words or one.wide for one in wanted):
                return Found((), None)
            hits, reached = self._walk(run, wanted, chains, asked)
        page = tuple(hits[: asked.limit])
        if len(hits) > asked.limit:
            return Found(page, page[-1].place)
        return Found(page, reached, reached is not None and any(one.wide for one in wanted))

    def behind(self, gate: str = "") -> int:
        """How many events, of this gate or of all, are here and not found yet."""
        return int(self._store.run(_BEHIND, (self._site, gate))[0][0])

    def story(self, gate: str, *, visit: int = 0, passed: int = 0) -> list[Hit]:
        """All events of a visit or of a passage, in order (the first `STORY`)."""
        column, number = ("visit", visit) if visit else ("pass", passed)
        if not number:
            return []
        sql = f"SELECT {_ROW} FROM index_rows WHERE chain = ? AND {column} = ? AND {column} > 0 ORDER BY seq LIMIT {STORY}"
        with self._reading() as run:
            chains = self._chains(run, gate)
            rows = [row for chain in chains for row in run(sql, (chain, number))]
        return sorted((_hit(row, chains) for row in rows), key=lambda h: (h.where.epoch, h.place.seq))

    def of_plate(self, plate: str) -> list[Hit]:
        """All events in which exactly this plate was named or read, in order (the newest `STORY`)."""
        with self._reading() as run:
            words, chains = named(run, PLATE, [plate]).words, self._chains(run, "")
            if not words:
                return []
            places = newest(run, self._store.postgres, POSTINGS, words, Place(END, 0, 0), 0, STORY)
            return sorted(self._rows(run, places, chains), key=lambda hit: hit.place)

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

        def take(rows: Sequence[Any]) -> None:
            found.update({(gate, epoch, seq): (data, part) for gate, epoch, seq, data, part in rows})

        with self._reading() as run:
            if self._store.postgres and hits:
                take(run(_WHOLE_BY_MONTH, ([h.place.chain for h in hits], [h.place.seq for h in hits])))
            rest = [hit for hit in hits if (hit.where.gate, hit.where.epoch, hit.place.seq) not in found]
            for n in range(0, len(rest), 100):
                keys = [(*hit.where, hit.place.seq) for hit in rest[n : n + 100]]
                rows = ", ".join(["(?, ?, ?, ?)"] * len(keys))
                take(run(f"{_WHOLE} IN (VALUES {rows})", tuple(v for key in keys for v in key)))
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

    def _reading(self) -> AbstractContextManager[Run]:
        """One transaction where that saves ways to the database and keeps nobody from writing."""
        return self._store.together() if self._store.postgres else nullcontext(self._store.run)

    def _chains(self, run: Run, gate: str) -> dict[int, ChainId]:
        sql = "SELECT chain, site, gate, epoch FROM index_chains WHERE site = ?" + (" AND gate = ?" if gate else "")
        rows = run(sql, (self._site, gate) if gate else (self._site,))
        return {row[0]: ChainId(*row[1:]) for row in rows}

    def _walk(
        self, run: Run, wanted: list[Wanted], chains: dict[int, ChainId], asked: Question
    ) -> tuple[list[Hit], Place | None]:
        """Hits, newest first, at least one more than a page needs if there are so many; and how far was looked, None: to the end."""
        before = asked.before or Place(END, 0, 0)
        if asked.until_ms and asked.until_ms <= before.at_ms:
            before = Place(asked.until_ms, 0, 0)
        narrow = len(wanted) > 1 or bool(asked.gate or asked.lane) or asked.hour >= 0
        walk = Walk(run, self._store.postgres, before, asked.since_ms, 200 if narrow else asked.limit + 1)
        found: list[Hit] = []
        seen, begun = 0, time.monotonic()
        last = begun
        for places, reached in walk.batches(wanted, sorted(chains), only=bool(asked.gate)):
            seen += len(places)
            mine = [place for place in places if place.chain in chains and asked.at_hour(place.at_ms)]
            hits = self._rows(run, walk.fitting(mine), chains)
            found += [hit for hit in hits if not asked.lane or hit.lane == asked.lane]
            if len(found) > asked.limit or reached is None:
                return found, reached
            now = time.monotonic()
            if seen >= WALK or now + 2 * (now - last) > begun + WALK_S:  # the next step is twice as long
                return found, reached
            last = now
        return found, None

    def _rows(self, run: Run, places: Sequence[Place], chains: dict[int, ChainId]) -> list[Hit]:
        """The rows of these places, newest first."""
        rows = lookup(run, self._store.postgres, "index_rows", ("chain", "seq"), [p[1:] for p in places], _ROW)
        return sorted((_hit(row, chains) for row in rows if row[1] in chains), key=lambda hit: hit.place, reverse=True)


_ROW = "at_ms, chain, seq, kind, lane, actor, visit, pass"
_BEHIND = """SELECT coalesce(sum(c.seq - coalesce(i.seq, 0)), 0) FROM chains c
    LEFT JOIN index_chains i ON (i.site, i.gate, i.epoch) = (c.site, c.gate, c.epoch) WHERE c.site = ? AND ? IN ('', c.gate)"""
_PART = "LEFT JOIN personal p ON (p.site, p.gate, p.epoch, p.seq) = (e.site, e.gate, e.epoch, e.seq)"
_WHOLE = f"SELECT e.gate, e.epoch, e.seq, e.data, p.data FROM events e {_PART} WHERE (e.site, e.gate, e.epoch, e.seq)"
_WHOLE_BY_MONTH = """SELECT k.gate, k.epoch, k.seq, e.data, p.data
    FROM (SELECT c.site COLLATE "default" AS site, c.gate COLLATE "default" AS gate, c.epoch COLLATE "default" AS epoch, k.seq, m.month
        FROM unnest(CAST(? AS integer[]), CAST(? AS bigint[])) AS k (chain, seq) JOIN index_chains c ON c.chain = k.chain
        JOIN index_months m ON m.chain = k.chain AND k.seq >= m.first AND k.seq <= m.last) AS k
    CROSS JOIN LATERAL (SELECT data FROM events WHERE (site, gate, epoch, seq, month) = (k.site, k.gate, k.epoch, k.seq, k.month) LIMIT 1) AS e
    LEFT JOIN LATERAL (SELECT data FROM personal WHERE (site, gate, epoch, seq) = (k.site, k.gate, k.epoch, k.seq) LIMIT 1) AS p ON true"""
"""Of three years there are 36 partitions: each event is looked for in the one in which it arrived. (LATERAL … LIMIT: one by one, whatever the planner thinks.)"""


def _hit(row: Sequence[Any], chains: dict[int, ChainId]) -> Hit:
    return Hit(Place(*row[:3]), chains[row[1]], *row[3:])


def _fields(part: Any) -> dict[str, Any]:
    try:
        return {} if part is None else read_part(bytes(part))
    except DamagedPart:
        return {}
