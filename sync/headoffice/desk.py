"""The requests of all gates' desks: tables beside the events that can be thrown away and made again, and what keeps them.

    desk_chains     (site, gate, epoch) → number, seq         how far this has come
    desk_steps      (chain, seq) → which request, the step    each event of a request, without its personal part
    desk_requests   (chain, request) → where it stands        folded from its steps (desk_story.py); `version` grows with every change
    desk_names      (chain, part, id) → Chinese, English      departments and categories, as the gate's newest post.planned has them
    office_departments  name → department                     which department somebody of the pages belongs to
    desk_taken          key of a press → gate, number         requests taken down here (desk_take.py): the instruction, and when it was put away

`Desk.work` runs in the index's follower, never on intake's way: it takes each chain from its cursor on, the database itself picks the few events that
matter out of thousands, and cursor and rows move in one transaction. Each write may be done twice and in any order (`behind`: a range that was
missing came later), because a request is folded anew from all its steps. A request goes on in the next epoch when the gate was restored from a
backup: its steps there belong to the chain in which it was received (`store.holder`).

`ORDERS` is what is added to the table of instructions: what each is about, so that a request knows its orders.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from sync.headoffice import desk_story as ds
from sync.headoffice import told
from sync.headoffice.intake import ChainId
from sync.headoffice.photo_index import Run
from sync.headoffice.store import holder
from sync.headoffice.tables import in_both

LOCK = int.from_bytes(hashlib.sha256(b"gate-edge desk").digest()[:7], "big")
SPAN = 20_000
"""Numbers of events that one transaction looks through."""
TIDY_S = 600.0
CHANNEL = "headoffice"
"""On which PostgreSQL says that an instruction was given or answered, or a request has moved (bell.py)."""
TABLES = in_both("""
CREATE TABLE IF NOT EXISTS desk_chains (
    chain {serial}, site {text} NOT NULL, gate {text} NOT NULL, epoch {text} NOT NULL, seq {int} NOT NULL, UNIQUE (site, gate, epoch));
CREATE TABLE IF NOT EXISTS desk_steps (
    chain {int} NOT NULL, seq {int} NOT NULL, home {int} NOT NULL, request {int} NOT NULL, step {text} NOT NULL, at_ms {int} NOT NULL,
    actor {text} NOT NULL, said {text} NOT NULL, PRIMARY KEY (chain, seq));
CREATE INDEX IF NOT EXISTS desk_steps_request ON desk_steps (home, request, seq);
CREATE INDEX IF NOT EXISTS desk_steps_at ON desk_steps (step, at_ms);
CREATE TABLE IF NOT EXISTS desk_requests (
    chain {int} NOT NULL, request {int} NOT NULL, site {text} NOT NULL, gate {text} NOT NULL, epoch {text} NOT NULL, sort {text} NOT NULL,
    category {text} NOT NULL, department {text} NOT NULL, state {text} NOT NULL, round {int} NOT NULL, due_ms {int} NOT NULL,
    follow_up {int} NOT NULL, source {text} NOT NULL, unit {text} NOT NULL, title {text} NOT NULL, picture {text} NOT NULL,
    at_ms {int} NOT NULL, actor {text} NOT NULL, moved {int} NOT NULL, done_ms {int} NOT NULL, ended_ms {int} NOT NULL,
    late {int} NOT NULL, satisfied {int} NOT NULL, unsatisfied {int} NOT NULL, version {int} NOT NULL, PRIMARY KEY (chain, request));
CREATE INDEX IF NOT EXISTS desk_requests_open ON desk_requests (site, due_ms) WHERE ended_ms = 0;
CREATE INDEX IF NOT EXISTS desk_requests_ended ON desk_requests (site, ended_ms);
CREATE INDEX IF NOT EXISTS desk_requests_at ON desk_requests (site, at_ms);
CREATE INDEX IF NOT EXISTS desk_requests_version ON desk_requests (site, version);
CREATE TABLE IF NOT EXISTS desk_names (
    chain {int} NOT NULL, part {text} NOT NULL, id {text} NOT NULL, place {int} NOT NULL, zh {text} NOT NULL, en {text} NOT NULL,
    seq {int} NOT NULL, PRIMARY KEY (chain, part, id));
CREATE TABLE IF NOT EXISTS office_departments (name {text} PRIMARY KEY, department {text} NOT NULL);
CREATE TABLE IF NOT EXISTS desk_taken (
    site {text} NOT NULL, key {text} NOT NULL, gate {text} NOT NULL, number {int} NOT NULL, away_ms {int} NOT NULL, PRIMARY KEY (site, key));
CREATE INDEX IF NOT EXISTS desk_taken_number ON desk_taken (site, gate, number);
""")
ORDERS = in_both("""
ALTER TABLE instructions ADD COLUMN {new}about {int} NOT NULL DEFAULT 0;
CREATE INDEX IF NOT EXISTS instructions_about ON instructions (site, gate, about) WHERE about > 0;
CREATE INDEX IF NOT EXISTS instructions_answered ON instructions (site, done_ms) WHERE about > 0;
""")
POSTGRES = (
    TABLES.postgres
    + ORDERS.postgres
    + f"""
CREATE OR REPLACE FUNCTION instructions_are_told() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_notify('{CHANNEL}', 'told'); RETURN NULL; END $$;
CREATE OR REPLACE TRIGGER instructions_are_told AFTER INSERT OR UPDATE ON instructions
    FOR EACH ROW EXECUTE FUNCTION instructions_are_told();
"""
)
_CHAIN = "(site, gate, epoch) = (?, ?, ?)"
_COLUMNS = (
    *("sort", "category", "department", "state", "round", "due_ms", "follow_up", "source", "unit", "title", "picture"),
    *("at_ms", "actor", "moved", "done_ms", "ended_ms", "late", "satisfied", "unsatisfied"),
)
_FIRST = f"SELECT seq, data FROM events WHERE {_CHAIN} ORDER BY seq LIMIT 1"


def behind(run: Run, where: ChainId, seq: int) -> None:
    """Event `seq` came after later ones had been looked at: back to it. Within the transaction that puts it in."""
    run(f"UPDATE desk_chains SET seq = ? WHERE {_CHAIN} AND seq >= ?", (seq - 1, *where, seq))


class Desk:
    """A site's. Belongs to one thread; all methods raise StoreUnavailable. `store`: an index.Database."""

    def __init__(self, store: Any, site: str) -> None:
        self._store, self._site = store, site
        self._tidy_at = 0.0
        self.folded = 0
        """How many requests have been folded so far: it grows when something has moved."""

    def work(self, most: int = 50, gate: str = "") -> bool:
        """Take each chain (of one gate) on by at most `most` spans; whether there is more to do."""
        more = False
        if (now := time.monotonic()) >= self._tidy_at and not gate:
            self._tidy_at = now + TIDY_S
            with self._store.together() as run:
                told.forget(run, self._site, time.time_ns() // 1_000_000)
        for where, seq in self._waiting(gate):
            for _ in range(most):
                if self._span(where, seq) >= seq:
                    break
            else:
                more = True
        return more

    def rebuild(self) -> None:
        """Throw the site's tables away; `work` makes them again."""
        with self._store.together() as run:
            self._lock(run)
            for (chain,) in run("SELECT chain FROM desk_chains WHERE site = ?", (self._site,)):
                for table in ("desk_steps", "desk_requests", "desk_names"):
                    run(f"DELETE FROM {table} WHERE chain = ?", (chain,))
            run("UPDATE desk_chains SET seq = 0 WHERE site = ?", (self._site,))

    def _waiting(self, gate: str) -> list[tuple[ChainId, int]]:
        sql = """SELECT c.site, c.gate, c.epoch, c.seq FROM chains c LEFT JOIN desk_chains d
                 ON (d.site, d.gate, d.epoch) = (c.site, c.gate, c.epoch) WHERE c.site = ? AND ? IN ('', c.gate) AND c.seq > coalesce(d.seq, 0)
                 ORDER BY c.began_ms"""
        return [(ChainId(*row[:3]), int(row[3])) for row in self._store.run(sql, (self._site, gate))]

    def _span(self, where: ChainId, mark: int) -> int:
        """Look through the next numbers of a chain; how far it has come."""
        with self._store.together() as run:
            self._lock(run)
            chain, come = self._chain(run, where)
            to = min(mark, come + SPAN)
            holds = "position({} in data)" if self._store.postgres else "instr(data, {})"
            says = " OR ".join([f"{holds.format('?')} > 0"] * 2)
            sql = f"SELECT seq, data FROM events WHERE {_CHAIN} AND seq > ? AND seq <= ? AND ({says}) ORDER BY seq"
            touched: set[tuple[int, int]] = set()
            first_of = cache(_first_of(run))
            for seq, data in run(sql, (*where, come, to, ds.MARK, ds.PLANNED)):
                step = ds.step_of(bytes(data))
                if step is None:
                    self._name(run, chain, seq, ds.names_of(bytes(data)))
                elif step.seq == seq:
                    held = holder(where, step.request, first_of)
                    home = chain if held == where else self._chain(run, held)[0]
                    row = (chain, seq, home, step.request, step.step, step.at_ms, step.by, _dump(step))
                    run("INSERT INTO desk_steps VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row)
                    touched.add((home, step.request))
            if touched:
                self._fold(run, touched)
            # unless it was put back meanwhile (`behind`): then the next span begins there
            run("UPDATE desk_chains SET seq = ? WHERE chain = ? AND seq = ?", (to, chain, come))
        return to

    def _fold(self, run: Run, touched: set[tuple[int, int]]) -> None:
        (version,) = run("SELECT coalesce(max(version), 0) + 1 FROM desk_requests WHERE site = ?", (self._site,))[0]
        for home, request in sorted(touched):
            story = ds.fold(steps(run, home, request))
            if story is None:
                continue
            self.folded += 1
            ((site, gate, epoch),) = run("SELECT site, gate, epoch FROM desk_chains WHERE chain = ?", (home,))
            told = (getattr(story, {"actor": "by"}.get(name, name)) for name in _COLUMNS)
            values = [int(value) if isinstance(value, bool) else value for value in told]
            row = (home, request, site, gate, epoch, *values, version)
            same = ", ".join(f"{name} = excluded.{name}" for name in (*_COLUMNS, "version"))
            run(
                f"""INSERT INTO desk_requests (chain, request, site, gate, epoch, {", ".join(_COLUMNS)}, version)
                    VALUES ({", ".join("?" * len(row))}) ON CONFLICT (chain, request) DO UPDATE SET {same}""",
                row,
            )
        if self._store.postgres:
            run(f"SELECT pg_notify('{CHANNEL}', 'desk')", ())

    def _name(self, run: Run, chain: int, seq: int, names: list[tuple[str, str, str, str]]) -> None:
        if not names or run("SELECT 1 FROM desk_names WHERE chain = ? AND seq > ? LIMIT 1", (chain, seq)):
            return
        run("DELETE FROM desk_names WHERE chain = ?", (chain,))
        for place, (part, id_, zh, en) in enumerate(names):
            row = (chain, part, id_, place, zh, en, seq)
            run("INSERT INTO desk_names VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row)

    def _chain(self, run: Run, where: ChainId) -> tuple[int, int]:
        sql = f"SELECT chain, seq FROM desk_chains WHERE {_CHAIN}"
        found = run(sql, tuple(where))
        if not found:
            run("INSERT INTO desk_chains (site, gate, epoch, seq) VALUES (?, ?, ?, 0)", tuple(where))
            found = run(sql, tuple(where))
        return int(found[0][0]), int(found[0][1])

    def _lock(self, run: Run) -> None:
        if self._store.postgres:
            run("SELECT pg_advisory_xact_lock(?)", (LOCK,))


def steps(run: Run, home: int, request: int) -> list[ds.Step]:
    """All steps of a request, in order."""
    sql = "SELECT seq, request, step, at_ms, actor, said FROM desk_steps WHERE home = ? AND request = ? ORDER BY seq"
    return [
        ds.Step(seq, number, step, at_ms, actor, json.loads(said))
        for seq, number, step, at_ms, actor, said in run(sql, (home, request))
    ]


def _dump(step: ds.Step) -> str:
    return json.dumps(dict(step.said), ensure_ascii=False, sort_keys=True)


def _first_of(run: Run) -> Callable[[ChainId], tuple[int, bytes] | None]:
    def first(where: ChainId) -> tuple[int, bytes] | None:
        found = run(_FIRST, tuple(where))
        return (int(found[0][0]), bytes(found[0][1])) if found else None

    return first
