"""What the pages ask of the gates' desks, and what departments do there (D1–D3). Over a Store of the caller's thread.

An act becomes a signed, numbered instruction to the gate that has the request (sync/instructions.py), worth something for `WAITS_MS`. Nothing
changes here by it: the request shows the order as «sent» until the gate's own event is back. Two people at once: whoever acts says which state they
have seen (`version`: the last event that moved it, and the last order given); the check and the order are one transaction, so one of them wins and the
other is told (`Moved`). Against somebody at the post the gate checks the same (`seen` in the instruction), and its answer `request-moved` is shown.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync import personal
from sync.headoffice import desk_story as ds
from sync.headoffice import told
from sync.headoffice.desk import Desk, steps
from sync.headoffice.intake import ChainId
from sync.headoffice.photo_index import Run
from sync.headoffice.told import Told

WAITS_MS = 24 * 3_600_000
"""How long an act may wait for a gate that is away; later it is worth nothing, and the gate says «expired»."""
MOST = 200
LOOKED = 2000
"""So many of the newest are looked through for a text."""
STATES = {
    "open": "ended_ms = 0",
    "overdue": "ended_ms = 0 AND due_ms > 0 AND due_ms < ?",
    "ask": "ended_ms = 0 AND state = 'done'",
    "ended": "ended_ms > 0",
}
_ROW = """SELECT gate, epoch, request, sort, category, department, state, round, due_ms, follow_up, source, unit, title, picture, at_ms,
    actor, moved, done_ms, ended_ms, late FROM desk_requests WHERE site = ?"""
_KEYS = (
    *(
        "gate",
        "epoch",
        "request",
        "sort",
        "category",
        "department",
        "state",
        "round",
        "due_ms",
        "follow_up",
        "source",
        "unit",
    ),
    *("title", "picture", "at_ms", "by", "moved", "done_ms", "ended_ms", "late"),
)
_PARTS = "SELECT gate, epoch, seq, data FROM personal WHERE site = ? AND (gate, epoch, seq) IN (VALUES {})"
Row = dict[str, Any]


class Moved(Exception):
    """Somebody else has acted meanwhile: look again."""


class NotNow(Exception):
    """As the request stands, the gate would not do it; `code` is the gate's own."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Asked:
    """Which requests. `state`: a key of STATES, or empty for the open ones and the last that ended."""

    state: str = ""
    gate: str = ""
    department: str = ""
    sort: str = ""
    text: str = ""


class Requests:
    """One site's. All methods raise StoreUnavailable."""

    def __init__(self, store: Any, site: str) -> None:
        self._store, self._site = store, site

    def names(self) -> dict[str, list[dict[str, str]]]:
        """`departments` and `categories` of all gates, the newest name of each; of open ones that no gate names any more, the id."""
        sql = """SELECT n.part, n.id, n.zh, n.en FROM desk_names n JOIN desk_chains d ON d.chain = n.chain
                 LEFT JOIN chains c ON (c.site, c.gate, c.epoch) = (d.site, d.gate, d.epoch) WHERE d.site = ?
                 ORDER BY coalesce(c.began_ms, 0) DESC, n.chain DESC, n.place"""
        found: dict[str, dict[str, dict[str, str]]] = {"department": {}, "category": {}}
        for part, id_, zh, en in self._store.run(sql, (self._site,)):
            found[part].setdefault(id_, {"id": id_, "zh": zh, "en": en})
        for part, known in found.items():
            unnamed = f"SELECT DISTINCT {part} FROM desk_requests WHERE site = ? AND ended_ms = 0"
            for (id_,) in self._store.run(unnamed, (self._site,)):
                if id_:
                    known.setdefault(id_, {"id": id_, "zh": id_, "en": id_})
        return {"departments": [*found["department"].values()], "categories": [*found["category"].values()]}

    def rows(self, asked: Asked, now_ms: int, *, persons: bool) -> list[Row]:
        """Overdue ones first, then by deadline, then the last that ended. With `persons` their words are looked through for the text, too."""
        states = [asked.state] if asked.state else ["open", "ended"]
        # two questions: what ends between them is in both, and has ended
        once = {
            (row["gate"], row["epoch"], row["request"]): row
            for state in states
            for row in self._of(asked, state, now_ms)
        }
        found = sorted(once.values(), key=lambda row: row["ended_ms"] > 0)
        for row in found:
            row["overdue"] = not row["ended_ms"] and 0 < row["due_ms"] < now_ms
        if asked.text:
            found = self._with_text(asked.text, found, persons=persons)
        return found[:MOST]

    def counts(self, now_ms: int) -> list[Row]:
        """How many are open, to be asked, and overdue, by department and gate."""
        sql = """SELECT department, gate, count(*), CAST(sum(CASE WHEN state = 'done' THEN 1 ELSE 0 END) AS bigint),
                 CAST(sum(CASE WHEN due_ms > 0 AND due_ms < ? THEN 1 ELSE 0 END) AS bigint)
                 FROM desk_requests WHERE site = ? AND ended_ms = 0 GROUP BY 1, 2 ORDER BY 1, 2"""
        keys = ("department", "gate", "open", "ask", "overdue")
        return [dict(zip(keys, row, strict=True)) for row in self._store.run(sql, (now_ms, self._site))]

    def one(self, where: ChainId, request: int, now_ms: int) -> Row | None:
        """One request with `steps`, `orders` (what head office told the gate about it, newest last) and its `version`; no personal part."""
        self._catch_up(where.gate)
        with self._store.together() as run:
            found = run(f"{_ROW} AND gate = ? AND epoch = ? AND request = ?", (*where, request))
            if not found:
                return None
            row = dict(zip(_KEYS, found[0], strict=True))
            row["overdue"] = not row["ended_ms"] and 0 < row["due_ms"] < now_ms
            orders = self._orders(run, where, request)
            done = steps(run, self._home(run, where), request)
            epochs = dict(
                run(
                    """SELECT s.seq, d.epoch FROM desk_steps s JOIN desk_chains d ON d.chain = s.chain
                       WHERE s.home = ? AND s.request = ?""",
                    (self._home(run, where), request),
                )
            )
        row["steps"] = [
            {"seq": s.seq, "epoch": epochs[s.seq], "step": s.step, "at_ms": s.at_ms, "by": s.by, **s.said} for s in done
        ]
        row["orders"] = [_order(one) for one in orders]
        row["version"] = _version(row["moved"], orders)
        story = ds.fold(done)
        after = ds.expected(story, _waiting(orders)) if story else None
        row["may"] = {act: ds.objection(after, act) for act in ds.ACTS} if after else {}
        return row

    def act(
        self, where: ChainId, request: int, act: str, data: Mapping[str, Any], by: str, seen: str, *, only: str = ""
    ) -> int:
        """Tell the gate; the instruction's number. `seen`: the version that was looked at; `only`: the department that may. Raises
        KeyError (no such request, or another department's), Moved, NotNow."""
        now = time.time_ns() // 1_000_000
        self._catch_up(where.gate)
        with self._store.together() as run:
            told.hold(run, self._store.postgres, where.site, where.gate)
            story = ds.fold(steps(run, self._home(run, where), request))
            if story is None:
                raise KeyError(request)
            if only and story.department != only:
                raise KeyError(story.department)
            orders = self._orders(run, where, request)
            if act != "note" and seen != _version(story.moved, orders):
                raise Moved
            code = ds.objection(ds.expected(story, _waiting(orders)), act, str(data.get("department", "")))
            if code:
                raise NotNow(code)
            saw = {} if act == "note" else {"seen": story.moved}
            said = json.dumps({"request": request, **data, **saw}, ensure_ascii=False)
            order = Told(where.site, where.gate, 0, f"request.{act}", said, by, now, now + WAITS_MS)
            return told.tell(run, self._store.postgres, order)

    def parts(self, keys: Sequence[tuple[str, str, int]]) -> dict[tuple[str, str, int], dict[str, Any]]:
        """What is left of the personal parts of these events: (gate, epoch, seq) → fields. Whoever asks puts the look on record."""
        found: dict[tuple[str, str, int], dict[str, Any]] = {}
        for n in range(0, len(keys), 200):
            some = keys[n : n + 200]
            sql = _PARTS.format(", ".join(["(?, ?, ?)"] * len(some)))
            for gate, epoch, seq, data in self._store.run(sql, (self._site, *(v for key in some for v in key))):
                try:
                    found[gate, epoch, seq] = personal.read(bytes(data))
                except personal.DamagedPart:
                    continue
        return found

    # ---- the steps

    def _catch_up(self, gate: str) -> None:
        """An answer that is here has moved the request before anybody looks at it or judges what comes next."""
        Desk(self._store, self._site).work(5, gate)

    def _of(self, asked: Asked, state: str, now_ms: int) -> list[Row]:
        sql, values = f"{_ROW} AND {STATES[state]}", [self._site, *([now_ms] if state == "overdue" else [])]
        for column in ("gate", "department", "sort"):
            if value := getattr(asked, column):
                sql += f" AND {column} = ?"
                values.append(value)
        sql += (
            " ORDER BY ended_ms DESC"
            if state == "ended"
            else " ORDER BY CASE WHEN due_ms = 0 THEN 1 ELSE 0 END, due_ms"
        )
        limit = LOOKED if asked.text else MOST
        return [
            dict(zip(_KEYS, row, strict=True))
            for row in self._store.run(f"{sql}, request LIMIT {limit}", tuple(values))
        ]

    def _with_text(self, text: str, rows: list[Row], *, persons: bool) -> list[Row]:
        wanted = text.casefold()
        names = self.names()
        called = {
            (part, one["id"]): f"{one['zh']} {one['en']}"
            for part in ("departments", "categories")
            for one in names[part]
        }
        parts = self.parts([(r["gate"], r["epoch"], r["request"]) for r in rows]) if persons else {}

        def says(row: Row) -> str:
            part = parts.get((row["gate"], row["epoch"], row["request"]), {})
            said = [part.get(name, "") for name in ("name", "phone", "words")]
            of = (called.get(("departments", row["department"]), ""), called.get(("categories", row["category"]), ""))
            return " ".join(map(str, (row["unit"], f"#{row['request']}", row["gate"], *of, *said))).casefold()

        return [row for row in rows if wanted in says(row)]

    def _home(self, run: Run, where: ChainId) -> int:
        found = run("SELECT chain FROM desk_chains WHERE (site, gate, epoch) = (?, ?, ?)", tuple(where))
        return int(found[0][0]) if found else 0

    def _orders(self, run: Run, where: ChainId, request: int) -> list[Told]:
        sql = "SELECT * FROM instructions WHERE (site, gate) = (?, ?) AND about = ? ORDER BY number"
        return [Told(*row) for row in run(sql, (where.site, where.gate, request))]


def stirred(store: Any, site: str) -> tuple[int, ...]:
    """Another value whenever a request has moved, or an order about one was given or answered."""
    sql = """SELECT (SELECT coalesce(max(version), 0) FROM desk_requests WHERE site = ?),
             (SELECT count(*) FROM instructions WHERE site = ? AND result = '' AND (about > 0 OR act = ?)),
             (SELECT coalesce(max(done_ms), 0) FROM instructions WHERE site = ? AND about > 0)"""
    return tuple(map(int, store.run(sql, (site, site, told.RECEIVE, site))[0]))


def _version(moved: int, orders: Sequence[Told]) -> str:
    moving = [order.number for order in orders if order.act != "request.note"]
    return f"{moved}.{moving[-1] if moving else 0}"


def _waiting(orders: Sequence[Told]) -> list[tuple[str, Mapping[str, Any]]]:
    return [(order.act.removeprefix("request."), json.loads(order.data)) for order in orders if not order.result]


def _order(order: Told) -> Row:
    """As the page has it: without what it says of persons."""
    said = json.loads(order.data)
    shown = {name: said[name] for name in ("department", "answer") if name in said}
    act = order.act.removeprefix("request.")
    return {
        "number": order.number,
        "act": act,
        "by": order.by,
        "at_ms": order.at_ms,
        "until_ms": order.until_ms,
        "result": order.result,
        "done_ms": order.done_ms,
        **shown,
    }
