"""What charts are drawn of beside `index_days`: waits, cards that are out, visits beyond their time. Kept by the index's follower.

    index_figured    chain → seq                                       how far this has come; each event is taken once, in order
    index_lanes      (chain, lane) → since when somebody waits there   (waits.py)
    index_wait_days  (day, chain, what, upto) → how many each hour     waits by their length; what: open, refused; desk, for the guard's word
    index_stays      (chain, seq) → a visit or a card, from when to when, since when beyond its time
    index_handovers  (chain, seq) → cards out at a change of shift: known, counted, and those that were blocked

Nothing here names anybody: plates, units and cards stand in the events' bodies. It is derived from the events alone, by number; when one comes late
(`again`), or after an upgrade, a chain is gone through anew from its first event, some thousand events a transaction, beside everything else.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

from sync.headoffice import waits
from sync.headoffice.index_counts import add_to_days
from sync.headoffice.index_words import plain, time_of
from sync.headoffice.intake import ChainId
from sync.headoffice.photo_index import Run

TABLES = """
CREATE TABLE IF NOT EXISTS index_figured (chain {small} PRIMARY KEY, seq {int} NOT NULL);
CREATE TABLE IF NOT EXISTS index_lanes (
    chain {small} NOT NULL, lane {text} NOT NULL, boot {text} NOT NULL, since {int} NOT NULL, answered {int} NOT NULL, up {int} NOT NULL,
    PRIMARY KEY (chain, lane)) {clustered};
CREATE TABLE IF NOT EXISTS index_wait_days (
    day {int} NOT NULL, chain {small} NOT NULL, what {text} NOT NULL, upto {int} NOT NULL, {hours},
    PRIMARY KEY (day, chain, what, upto)) {clustered};
CREATE TABLE IF NOT EXISTS index_stays (
    chain {small} NOT NULL, seq {int} NOT NULL, sort {text} NOT NULL, kind {text} NOT NULL, mode {text} NOT NULL, label {text} NOT NULL,
    card {text} NOT NULL, plate {text} NOT NULL, unit {text} NOT NULL, visit {int} NOT NULL, asked_ms {int} NOT NULL, began_ms {int} NOT NULL,
    until {text} NOT NULL, due_ms {int} NOT NULL, over_ms {int} NOT NULL, ended_ms {int} NOT NULL, how {text} NOT NULL,
    PRIMARY KEY (chain, seq)) {clustered};
DROP INDEX IF EXISTS index_stays_open;
DROP INDEX IF EXISTS index_stays_ended;
CREATE INDEX IF NOT EXISTS index_stays_now ON index_stays (sort, card) WHERE ended_ms = 0;
CREATE INDEX IF NOT EXISTS index_stays_cards ON index_stays (chain, ended_ms) WHERE sort = 'card';
CREATE INDEX IF NOT EXISTS index_stays_over ON index_stays (chain, over_ms) WHERE over_ms > 0;
CREATE TABLE IF NOT EXISTS index_handovers (
    chain {small} NOT NULL, seq {int} NOT NULL, at_ms {int} NOT NULL, known {int} NOT NULL, counted {int} NOT NULL, blocked {int} NOT NULL,
    PRIMARY KEY (chain, seq)) {clustered};
CREATE INDEX IF NOT EXISTS index_handovers_at ON index_handovers (chain, at_ms);
"""
# `+chain` below: what is open is few, and SQLite without statistics would rather walk a whole chain than use that index
NAMES = ("index_lanes", "index_wait_days", "index_stays", "index_handovers", "index_figured")
VISIT, CARD = "visit", "card"
PIECE = 2000
"""Events of one transaction when a chain is gone through anew."""
_DESK = ("visit.admitted", "visit.refused", "visit.directed")
_KINDS = waits.KINDS | frozenset(
    (*_DESK, "visit.opened", "visit.noted", "visit.closed", "visit.overstayed", "card.issued", "card.returned", "card.lost", "shift.handed_over")
)  # fmt: skip
_LOOK = re.compile(rb'"kind":"(?:' + b"|".join(re.escape(kind.encode()) for kind in sorted(_KINDS)) + rb')"')
_HOUR_MS = 3_600_000
_EVENTS = (
    "SELECT seq, data FROM events WHERE (site, gate, epoch) = (?, ?, ?) AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?"
)
_BEHIND = """SELECT c.chain, c.site, c.gate, c.epoch, c.seq, coalesce(f.seq, 0) FROM index_chains c
    LEFT JOIN index_figured f ON f.chain = c.chain WHERE c.site = ? AND coalesce(f.seq, 0) < c.seq"""


# ---- within the follower's transaction, under its lock


def follow(run: Run, chain: int, come: int, events: Sequence[tuple[Any, ...]]) -> None:
    """Take the events (seq, data, …) after `come`, unless this has not come so far yet: then `catch_up` does."""
    if events and _reached(run, chain) == come:
        _take(run, chain, events)


def catch_up(run: Run, chain: int, where: ChainId, upto: int) -> int:
    """Take the next events up to `upto`; how many there were."""
    events = run(_EVENTS, (*where, _reached(run, chain), upto, PIECE))
    if events:
        _take(run, chain, events)
    else:  # nothing there any more (a month that was put away): not to be asked again
        _reach(run, chain, upto)
    return len(events)


def behind(run: Run, site: str) -> list[tuple[int, ChainId, int]]:
    """Chains of which this has not come as far as the index: number, whose, how far the index is."""
    return [(row[0], ChainId(*row[1:4]), row[4]) for row in run(_BEHIND, (site,))]


def left(run: Run, site: str) -> int:
    """How many events of a site are not in the charts yet, as far as the index has them."""
    return sum(row[4] - row[5] for row in run(_BEHIND, (site,)))


def forget(run: Run, chain: int) -> None:
    """Throw a chain's figures away; they are made again."""
    for table in NAMES:
        run(f"DELETE FROM {table} WHERE chain = ?", (chain,))


# ---- the steps


def _reached(run: Run, chain: int) -> int:
    found = run("SELECT seq FROM index_figured WHERE chain = ?", (chain,))
    return int(found[0][0]) if found else 0


def _reach(run: Run, chain: int, seq: int) -> None:
    run("INSERT INTO index_figured VALUES (?, ?) ON CONFLICT (chain) DO UPDATE SET seq = excluded.seq", (chain, seq))


def _take(run: Run, chain: int, events: Sequence[tuple[Any, ...]]) -> None:
    counts: Counter[tuple[int, str, int]] = Counter()
    lanes: dict[str, waits.Lane] | None = None
    for seq, data, *_ in events:
        raw = bytes(data)
        if not _LOOK.search(raw):
            continue
        said = _said(raw)
        kind = said.get("kind")
        at_ms = time_of(str(said.get("at", "")))
        if kind in waits.KINDS:
            lanes = _lanes(run, chain) if lanes is None else lanes
            name = plain(said["body"].get("lane"))
            lanes[name], what, ms = waits.step(lanes.get(name, waits.Lane()), said)
            _count(counts, at_ms, what, ms)
        elif kind in _KINDS:
            for ms in _STEPS[kind](run, chain, seq, at_ms, said["body"]) or ():
                _count(counts, at_ms, "desk", ms)
    for name, lane in (lanes or {}).items():
        run(
            """INSERT INTO index_lanes VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (chain, lane) DO UPDATE SET boot = excluded.boot,
               since = excluded.since, answered = excluded.answered, up = excluded.up""",
            (chain, name, lane.boot, lane.since, int(lane.answered), int(lane.up)),
        )
    add_to_days(run, "index_wait_days", "what, upto", chain, counts)
    _reach(run, chain, events[-1][0])


def _said(raw: bytes) -> dict[str, Any]:
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) and isinstance(said.get("body"), dict) else {}


def _lanes(run: Run, chain: int) -> dict[str, waits.Lane]:
    rows = run("SELECT lane, boot, since, answered, up FROM index_lanes WHERE chain = ?", (chain,))
    return {name: waits.Lane(boot, since, bool(answered), bool(up)) for name, boot, since, answered, up in rows}


def _count(counts: Counter[tuple[int, str, int]], at_ms: int, what: str, ms: int) -> None:
    if what and (upto := waits.bound(ms)):
        counts[at_ms // _HOUR_MS, what, upto] += 1


# ---- visits and cards. Each takes (run, chain, seq, at_ms, body) and may say a wait at the desk that has ended.

_Waits = Sequence[int] | None


def _opened(run: Run, chain: int, seq: int, at_ms: int, body: dict[str, Any]) -> _Waits:
    known = (plain(body.get("kind")), plain(body.get("mode")), plain(body.get("plate")), plain(body.get("unit")))
    run(
        f"INSERT INTO index_stays VALUES (?, ?, '{VISIT}', ?, ?, '', '', ?, ?, ?, ?, 0, '', 0, 0, 0, '') ON CONFLICT DO NOTHING",
        (chain, seq, *known, seq, at_ms),
    )
    return None


def _noted(run: Run, chain: int, seq: int, at_ms: int, body: dict[str, Any]) -> _Waits:
    _change(run, chain, body, "plate = ?, unit = ?", (plain(body.get("plate")), plain(body.get("unit"))))
    return None


def _desk(run: Run, chain: int, seq: int, at_ms: int, body: dict[str, Any], *, what: str) -> _Waits:
    admitted = what == "admitted"
    sets = "began_ms = ?" if admitted else "ended_ms = ?, how = ?"
    asked = _change(
        run, chain, body, sets, (at_ms,) if admitted else (at_ms, what), " AND began_ms = 0 AND ended_ms = 0"
    )
    return [at_ms - asked] if asked else None


def _closed(run: Run, chain: int, seq: int, at_ms: int, body: dict[str, Any]) -> _Waits:
    _change(run, chain, body, "ended_ms = ?, how = ?", (at_ms, plain(body.get("how"))))
    return None


def _overstayed(run: Run, chain: int, seq: int, at_ms: int, body: dict[str, Any]) -> _Waits:
    _change(run, chain, body, "due_ms = ?, over_ms = ?", (_number(body.get("due_ms")), at_ms))
    return None


def _issued(run: Run, chain: int, seq: int, at_ms: int, body: dict[str, Any]) -> _Waits:
    run(
        f"INSERT INTO index_stays VALUES (?, ?, '{CARD}', ?, '', ?, ?, ?, '', ?, ?, ?, ?, 0, 0, 0, '') ON CONFLICT DO NOTHING",
        (chain, seq, *(plain(body.get(name)) for name in ("kind", "label", "card", "plate")), _number(body.get("visit")), at_ms, at_ms,
         plain(body.get("until"))),
    )  # fmt: skip
    return None


def _back(run: Run, chain: int, seq: int, at_ms: int, body: dict[str, Any], *, how: str) -> _Waits:
    mine = f"sort = '{CARD}' AND card = ? AND ended_ms = 0"
    for one in (chain, *_others(run, chain)):
        sql = f"UPDATE index_stays SET ended_ms = ?, how = ? WHERE +chain = ? AND {mine} RETURNING seq"
        if run(sql, (at_ms, how, one, plain(body.get("card")))):
            break
    return None


def _handed_over(run: Run, chain: int, seq: int, at_ms: int, body: dict[str, Any]) -> _Waits:
    items, cards = body.get("items"), body.get("cards")
    place = items.index("cards_out") if isinstance(items, list) and "cards_out" in items else -1
    known, counted = (_place(body.get(name), place) for name in ("known", "counted"))
    row = (chain, seq, at_ms, known, counted, len(cards) if isinstance(cards, list) else 0)
    run("INSERT INTO index_handovers VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row)
    return None


_STEPS: dict[Any, Any] = {
    "visit.opened": _opened,
    "visit.noted": _noted,
    **{kind: partial(_desk, what=kind.partition(".")[2]) for kind in _DESK},
    "visit.closed": _closed,
    "visit.overstayed": _overstayed,
    "card.issued": _issued,
    "card.returned": partial(_back, how="returned"),
    "card.lost": partial(_back, how="lost"),
    "shift.handed_over": _handed_over,
}


def _change(run: Run, chain: int, body: dict[str, Any], sets: str, values: tuple[object, ...], only: str = "") -> int:
    """Change a visit's row, in this chain or (a restored journal goes on counting) in another of its gate; when it was opened, 0 none."""
    visit = _number(body.get("visit"))
    sql = f"UPDATE index_stays SET {sets} WHERE chain = ? AND seq = ? AND sort = '{VISIT}'{only} RETURNING asked_ms"
    if not visit:
        return 0
    for one in (chain, *_others(run, chain)):
        if found := run(sql, (*values, one, visit)):
            return int(found[0][0])
        if run("SELECT 1 FROM index_stays WHERE chain = ? AND seq = ?", (one, visit)):
            break  # it is this one, and in no state to be changed so
    return 0


def _others(run: Run, chain: int) -> list[int]:
    sql = """SELECT o.chain FROM index_chains c JOIN index_chains o ON (o.site, o.gate) = (c.site, c.gate) AND o.chain <> c.chain
        WHERE c.chain = ? ORDER BY o.chain DESC"""
    return [row[0] for row in run(sql, (chain,))]


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 62 else 0


def _place(values: Any, place: int) -> int:
    value = values[place] if isinstance(values, list) and 0 <= place < len(values) else -1
    return value if isinstance(value, int) and -1 <= value < 1 << 31 else -1
