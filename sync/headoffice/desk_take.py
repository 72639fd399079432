"""A request that is taken down here: the owner rang the service centre and not the gate (D1–D3). Over a Store of the caller's thread.

    the room's form ──▶ instruction request.receive ──▶ the gate's own action, with its deadline, its department, its number
                              │                              └─▶ request.received, headoffice.instructed {about: that number}
                              └─ until then a row of `waiting`: «on its way», or why the gate did not take it down

There is no second kind of request: the gate takes it down as if its guard had, so both see one list, and the number is the gate's. One press is one
request, however often it is sent (`desk_taken`). The instruction is worth something for a week, because nothing contradicts it meanwhile; when the gate refuses
it, no event has its words, so the instruction keeps them until somebody has sent it again or put it away (told.py), for a week at most.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from sync.headoffice import told
from sync.headoffice.told import RECEIVE, Told

WAITS_MS = told.REFUSED_KEPT_MS
"""How long it may wait for a gate that is away."""
_FIELDS = ("category", "department", "unit", "name", "title", "phone", "words", "then")
_OPEN = """SELECT i.* FROM instructions i LEFT JOIN desk_taken t ON (t.site, t.gate, t.number) = (i.site, i.gate, i.number)
    WHERE i.site = ? AND i.act = ? AND i.result <> 'done' AND (i.result = '' OR i.done_ms > ?) AND coalesce(t.away_ms, 0) = 0 ORDER BY i.at_ms"""
Row = dict[str, Any]


class Unknown(Exception):
    """No such gate, or it has no such category or department; `what` says which."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Taking:
    """One site's. All methods raise StoreUnavailable."""

    def __init__(self, store: Any, site: str) -> None:
        self._store, self._site = store, site

    def plans(self) -> dict[str, dict[str, list[str]]]:
        """Gate → `departments` and `categories` that it has, in its order: of its newest history that says so."""
        sql = """SELECT d.gate, n.chain, n.part, n.id FROM desk_names n JOIN desk_chains d ON d.chain = n.chain
                 LEFT JOIN chains c ON (c.site, c.gate, c.epoch) = (d.site, d.gate, d.epoch) WHERE d.site = ?
                 ORDER BY coalesce(c.began_ms, 0) DESC, n.chain DESC, n.place"""
        found: dict[str, dict[str, list[str]]] = {}
        newest: dict[str, int] = {}
        for gate, chain, part, id_ in self._store.run(sql, (self._site,)):
            if newest.setdefault(gate, chain) == chain:
                found.setdefault(gate, {"departments": [], "categories": []})[_PLURAL[part]].append(id_)
        return found

    def take(self, gate: str, said: Mapping[str, str], by: str, key: str) -> int:
        """Tell the gate; the instruction's number. The same `key` again is the same press. Raises Unknown."""
        now = time.time_ns() // 1_000_000
        plan = self.plans().get(gate)
        if plan is None:
            raise Unknown("gate")
        for what, of in _PLURAL.items():
            if said.get(what) and said[what] not in plan[of]:
                raise Unknown(what)
        data = json.dumps({name: said[name] for name in _FIELDS if said.get(name)}, ensure_ascii=False)
        with self._store.together() as run:
            told.hold(run, self._store.postgres, self._site, gate)
            pressed = run("SELECT number FROM desk_taken WHERE (site, key) = (?, ?)", (self._site, f"{by} {key}"))
            if pressed:
                return int(pressed[0][0])
            order = Told(self._site, gate, 0, RECEIVE, data, by, now, now + WAITS_MS)
            number = told.tell(run, self._store.postgres, order)
            run("INSERT INTO desk_taken VALUES (?, ?, ?, ?, 0)", (self._site, f"{by} {key}", gate, number))
        return number

    def waiting(self) -> list[Row]:
        """What no gate has taken down yet, the oldest first, and what was refused and not put away."""
        rows = self._store.run(_OPEN, (self._site, RECEIVE, time.time_ns() // 1_000_000 - told.REFUSED_KEPT_MS))
        return [_row(Told(*row)) for row in rows]

    def put_away(self, gate: str, number: int) -> None:
        """Somebody has dealt with what the gate refused: it leaves the list, and its words go."""
        now = time.time_ns() // 1_000_000
        same = (self._site, gate, number)
        with self._store.together() as run:
            mine = "(site, gate, number) = (?, ?, ?)"
            rows = run(f"SELECT data FROM instructions WHERE {mine} AND act = ? AND result NOT IN ('', 'done')", (*same, RECEIVE))  # fmt: skip
            for (data,) in rows:
                run(f"UPDATE instructions SET data = ? WHERE {mine}", (told.impersonal(RECEIVE, data), *same))
                known = run(f"UPDATE desk_taken SET away_ms = ? WHERE {mine} RETURNING number", (now, *same))
                if not known:  # told on the command line
                    run("INSERT INTO desk_taken VALUES (?, ?, ?, ?, ?)", (self._site, f"{gate} {number}", gate, number, now))  # fmt: skip


_PLURAL = {"department": "departments", "category": "categories"}


def _row(order: Told) -> Row:
    """As the page has it."""
    said = json.loads(order.data)
    known = {name: str(said.get(name, "")) for name in _FIELDS}
    names = ("gate", "number", "by", "at_ms", "until_ms", "result", "done_ms")
    return {**known, **{name: getattr(order, name) for name in names}}
