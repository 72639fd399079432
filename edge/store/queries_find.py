"""The search over visits and passes of years, newest first; and visitors seen before.

    what is typed ─▶ the words that contain it (terms, lookup_parts: thousands) ─▶ each word's newest rows by an index ─▶ merged

A text that fits more than `MANY` words («王», «粤B») fits so many rows that walking back from the newest ones is quicker; that walk looks at
`WALK` rows and says where it stopped, so that no question takes longer than another. Visits and passes are both named by the number of
the event that began them, so one number is order and page at once.
"""

from __future__ import annotations

import heapq
import json
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from edge.domain import finding
from edge.domain.plates import normal
from edge.store import lookup
from edge.store import queries_desk as q
from edge.store.tables_find import COMPANY, PLATE, UNIT

Con = sqlite3.Connection
MANY = 400
WILD = 4_000
"""So many words are looked at when a wildcard leaves little that an index can find."""
WALK = 4_000
VISIT, PASS = "visit", "pass"
END = 1 << 62


@dataclass(frozen=True, slots=True)
class Hit:
    """A visit or a pass that was found. `via`: plate, alike (a plate that looks like it), name, unit, company, card."""

    number: int
    what: str
    via: str


@dataclass(frozen=True, slots=True)
class Found:
    """A page of hits, newest first. `older`: where the next page begins, 0 when this was all."""

    hits: tuple[Hit, ...]
    older: int


class _Page:
    """Hits of all ways together; the newest `limit` of them."""

    def __init__(self, con: Con, what: str, before: int, limit: int) -> None:
        self.con, self.before, self.limit = con, before, limit
        self._what = what
        self._hits: dict[int, Hit] = {}
        self._newest: list[int] = []
        """A heap of the newest numbers, one more than the page has."""
        self._reached = 0
        """A walk has not looked at anything older than this."""

    def newest(self, what: str, sql: str, keys: Iterable[str], via: Callable[[str], str]) -> None:
        """For each key the newest rows: `sql` selects numbers by (key, below, above, limit), newest first.

        What is older than a page full of hits need not be read: the more keys there are, the less each costs.
        """
        if self._what not in ("", what):
            return
        for key in keys:
            for (number,) in self.con.execute(sql, (key, self.before, self._above, self.limit + 1)):
                self._hit(Hit(number, what, via(key)))

    def _hit(self, hit: Hit) -> None:
        if hit.number in self._hits:
            return
        self._hits[hit.number] = hit
        if len(self._newest) <= self.limit:
            heapq.heappush(self._newest, hit.number)
        else:
            heapq.heappushpop(self._newest, hit.number)

    @property
    def _above(self) -> int:
        """Rows must be newer than this to be on the page."""
        return self._newest[0] if len(self._newest) > self.limit else -1

    def walk(self, what: str, sql: str, fits: Callable[[str], bool], via: str) -> None:
        """From the newest row back: `sql` selects (number, text, what) by (before, rows)."""
        found: set[int] = set()
        last = seen = 0
        for number, text, *of in self.con.execute(sql, (self.before, WALK)):
            last, seen = number, seen + 1
            is_ = of[0] if of else what
            if self._what in ("", is_) and fits(text):
                self._hit(Hit(number, is_, via))
                found.add(number)
                if len(found) > self.limit:
                    return
        if seen == WALK:
            self._reached = max(self._reached, last + 1)  # the last number may have more rows

    def done(self) -> Found:
        """Only what no walk could have overlooked something newer than."""
        hits = sorted((h for h in self._hits.values() if h.number >= self._reached), key=lambda h: -h.number)
        page = tuple(hits[: self.limit])
        return Found(page, page[-1].number if len(hits) > self.limit else self._reached)


def search(con: Con, text: str, *, what: str = "", before: int = 0, limit: int = 20) -> Found:
    """Visits and passes by plate (? and * stand for signs, look-alikes are found), name or initials, unit, company, card. `what`:
    visit, pass, "" both; `before`: `older` of the page before."""
    page = _Page(con, what, before or END, limit)
    if not normal(text).strip("?*"):
        return Found((), 0)
    _cards(page, text)
    _plates(page, text)
    if not set(normal(text)) & {"?", "*"}:
        _names(page, lookup.word_of(text))
        _terms(page, UNIT, "unit", text)
        _terms(page, COMPANY, "company", text)
    return page.done()


_BY = "SELECT visit FROM visits WHERE {0} = ? AND {0} <> '' AND visit < ? AND visit > ? ORDER BY visit DESC LIMIT ?"
_PASS_BY = "SELECT pass_seq FROM passes WHERE {0} = ? AND {0} <> '' AND pass_seq < ? AND pass_seq > ? ORDER BY pass_seq DESC LIMIT ?"
_CARD = "SELECT visit FROM visit_cards WHERE card = ? AND visit < ? AND visit > ? ORDER BY visit DESC LIMIT ?"
_NAMED = "SELECT about FROM lookup WHERE word = ? AND about < ? AND about > ? AND who {0} ORDER BY about DESC LIMIT ?"
_WALK = "SELECT {1}, {2} FROM {0} WHERE {1} < ? ORDER BY {1} DESC LIMIT ?"


def _cards(page: _Page, text: str) -> None:
    cards = set(finding.card_names(text))
    for printed in [card for card in cards if len(card) == 8]:
        for table in ("cards", "last_read"):
            found = page.con.execute(f"SELECT card FROM {table} WHERE substr(card, -8) = ?", (printed,))
            cards |= {card for (card,) in found}
    labelled = page.con.execute("SELECT card FROM cards WHERE label = ? COLLATE NOCASE", (text.strip(),))
    cards |= {card for (card,) in labelled}
    page.newest(VISIT, _CARD, cards, lambda _: "card")
    page.newest(PASS, _PASS_BY.format("card"), cards, lambda _: "card")
    page.newest(PASS, _PASS_BY.format("credential"), [text.strip()], lambda _: "card")


def _plates(page: _Page, text: str) -> None:
    wanted = finding.pattern(text)
    if wanted is None:
        return
    all_words = _words(page.con, PLATE + wanted.core, WILD if wanted.wild else MANY)
    words = [plate for plate in all_words[1] if wanted.fits(plate)]
    typed = normal(text)

    def via(plate: str) -> str:
        return "plate" if wanted.wild or typed in plate else "alike"

    if all_words[0] and len(words) <= MANY:
        page.newest(VISIT, _BY.format("plate"), words, via)
        page.newest(PASS, _PASS_BY.format("plate"), words, via)
    else:
        page.walk(VISIT, _WALK.format("visits", "visit", "plate"), wanted.fits, "plate")
        page.walk(PASS, _WALK.format("passes", "pass_seq", "plate"), wanted.fits, "plate")


def _names(page: _Page, word: str) -> None:
    con = page.con
    sql = "SELECT word FROM lookup_parts WHERE part >= ? AND part < ? LIMIT ?"
    words = {w for (w,) in con.execute(sql, (word, word + finding.LAST, MANY * 2))}
    few = len(words) <= MANY
    fits = cache(lambda name: finding.named(name, word))

    if few:
        page.newest(VISIT, _NAMED.format("IN ('visitor', 'host')"), words, lambda _: "name")
        page.newest(PASS, _NAMED.format("= 'driver'"), words, lambda _: "name")
    else:
        page.walk(VISIT, _WALK.format("lookup", "about", "word, iif(who = 'driver', 'pass', 'visit')"), fits, "name")
    sql = "SELECT credential FROM lookup_holders WHERE word = ? LIMIT ?"
    credentials = {c for w in words for (c,) in con.execute(sql, (w, MANY))} if few else set()
    if few and len(credentials) <= MANY:
        page.newest(PASS, _PASS_BY.format("credential"), credentials, lambda _: "name")
        return

    @cache
    def holds(credential: str) -> bool:
        rows = con.execute("SELECT word FROM lookup_holders WHERE credential = ?", (credential,))
        return any(fits(name) for (name,) in rows)

    page.walk(PASS, _WALK.format("passes", "pass_seq", "credential"), holds, "name")


def _terms(page: _Page, kind: str, column: str, text: str) -> None:
    wanted = normal(text)
    every, words = _words(page.con, kind + wanted, MANY)
    if every:
        page.newest(VISIT, _BY.format(column), words, lambda _: column)
    else:
        page.walk(VISIT, _WALK.format("visits", "visit", column), cache(lambda found: wanted in normal(found)), column)
    if kind == UNIT and every:
        # the unit first: without statistics the planner might go through all credentials
        sql = "SELECT c.credential FROM cards_by_unit u CROSS JOIN credentials c ON c.uid = u.uid WHERE u.unit = ?"
        owners = {c for unit in {text.strip(), *words} for (c,) in page.con.execute(sql, (unit,))}
        if len(owners) <= MANY:
            page.newest(PASS, _PASS_BY.format("credential"), owners, lambda _: "unit")
        else:
            page.walk(PASS, _WALK.format("passes", "pass_seq", "credential"), owners.__contains__, "unit")


def _words(con: Con, part: str, most: int) -> tuple[bool, list[str]]:
    """Whether these are all words that contain it; at most so many."""
    sql = "SELECT term FROM terms WHERE part >= ? AND part < ? LIMIT ?"
    found = list(dict.fromkeys(t for (t,) in con.execute(sql, (part, part + finding.LAST, most * 2))))
    return len(found) <= most, found[:most]


# ---- a visit's whole story ---------------------------------------------------------------------------------------------


def story(con: Con, visit: int) -> list[q.Row]:
    """All events of a visit in order, each with its personal part where that is still there."""
    return q.rows(
        con,
        """SELECT j.seq, j.at_ms, j.kind, j.data, p.bytes AS part FROM visit_events v JOIN journal j ON j.seq = v.seq
           LEFT JOIN personal p ON p.seq = v.seq WHERE v.visit = ? ORDER BY v.seq""",
        visit,
    )


# ---- seen before -------------------------------------------------------------------------------------------------------

CANDIDATES = 60


def seen_before(con: Con, text: str, limit: int) -> list[q.Row]:
    """Visitors by name, initials, plate or company, each once with the data of the last time; the last seen first.

    Rows as `visit_rows`, with `visits`: how often the name (or, without one, the plate) was here.
    """
    if not normal(text):
        return []
    visits: set[int] = set()
    for word in _candidates(con, lookup.word_of(text)):
        sql = """SELECT about FROM lookup l JOIN visits v ON v.visit = l.about AND v.person_seq = l.seq
                 WHERE l.word = ? AND l.who = 'visitor' ORDER BY l.about DESC LIMIT 3"""
        visits |= {visit for (visit,) in con.execute(sql, (word,))}
    wanted = finding.pattern(text)
    plates = [p for p in _words(con, PLATE + wanted.core, CANDIDATES)[1] if wanted.fits(p)] if wanted else []
    for column, words in (("plate", plates), ("company", _words(con, COMPANY + normal(text), CANDIDATES)[1])):
        for word in words:
            visits |= {v for (v,) in con.execute(_BY.format(column), (word, END, -1, 3))}
    newest = sorted(visits, reverse=True)[: 4 * limit]
    marks = ", ".join("?" for _ in newest)
    found: dict[tuple[str, str], q.Row] = {}
    for row in q.visit_rows(con, f"v.visit IN ({marks})", *newest):
        key = (row["name"], row["plate"])
        if any(key) and key not in found and len(found) < limit:
            found[key] = row | {"visits": _times(con, *key)}
    return list(found.values())


def _candidates(con: Con, word: str) -> list[str]:
    """Names that begin with it (or whose initials do), then names that contain it."""
    if not word:
        return []
    found: dict[str, None] = {}
    for start in ("AND start = 1", ""):
        sql = f"SELECT word FROM lookup_parts WHERE part >= ? AND part < ? {start} LIMIT ?"
        rows = con.execute(sql, (word, word + finding.LAST, CANDIDATES))
        found |= dict.fromkeys(w for (w,) in rows)
        if len(found) >= CANDIDATES:
            break
    return list(found)[:CANDIDATES]


def _times(con: Con, name: str, plate: str) -> int:
    """How often; more than a hundred times is a hundred."""
    if name:
        sql = (
            "SELECT count(DISTINCT about) FROM (SELECT about FROM lookup WHERE word = ? AND who = 'visitor' LIMIT 100)"
        )
        return int(con.execute(sql, (lookup.word_of(name),)).fetchone()[0]) or 1
    sql = "SELECT count(*) FROM (SELECT 1 FROM visits WHERE plate = ? AND plate <> '' LIMIT 100)"
    return int(con.execute(sql, (plate,)).fetchone()[0]) or 1


def inside_rows(con: Con) -> list[q.Row]:
    """Visits that are inside, with their names."""
    return q.visit_rows(con, "v.state = 'admitted'", limit=5_000)


def inside_state(con: Con) -> tuple[object, ...]:
    """Another value whenever the muster list is another one."""
    visits = con.execute(
        """SELECT count(*), coalesce(sum(visit), 0), coalesce(sum(companions), 0), coalesce(sum(person_seq), 0)
           FROM visits WHERE state = 'admitted'"""
    ).fetchone()
    return (*visits, *con.execute("SELECT count(*), coalesce(sum(pass_seq), 0) FROM inside").fetchone())


def last_pass(con: Con, number: str) -> q.Row | None:
    """What was said of a construction pass the last time it was checked (P8): event's body, its visit, the person's name."""
    word = lookup.PASS + lookup.word_of(number)
    row = con.execute(
        "SELECT about, seq FROM lookup WHERE word = ? ORDER BY about DESC, seq DESC LIMIT 1", (word,)
    ).fetchone()
    if row is None:
        return None
    (data,) = con.execute("SELECT data FROM journal WHERE seq = ?", (row[1],)).fetchone()
    (visit,) = q.visit_rows(con, "v.visit = ?", row[0])
    said = json.loads(data)["body"]
    checked = {name: said.get(name, "") for name in ("valid_from", "valid_until", "photo", "answer")}
    return checked | {"visit": row[0]} | {name: visit[name] for name in ("name", "company", "title", "unit", "phone")}
