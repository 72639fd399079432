"""What head office's retention must leave: matters that a shift leader keeps (保全), visits and requests that go on.

`record.kept` and `record.released` are found through the index; what it has not got to yet is read from the events themselves, so that nothing
that is kept goes because the index was behind.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from sync.headoffice import figures
from sync.headoffice.index import Database
from sync.headoffice.index_words import KIND, normal
from sync.headoffice.intake import ChainId
from sync.protocol import predecessor

SUBJECTS = ("visit", "pass_seq", "document", "request", "appointment", "entry", "permit", "specimen", "convoy")
"""Fields of a body that say to which matter an event belongs, likewise."""
TAIL = 20_000
"""So many events that the index does not have yet are looked through for what is kept; with more, a chain waits for the next round."""
_HELD = (b'"kind":"record.kept"', b'"kind":"record.released"')


FRESH_S = 5.0
"""A round may last: what is kept meanwhile is seen after so long."""
Matter = tuple[str, int]
"""The epoch that a journal began with, and the number of a matter: a restored journal goes on counting, one made anew begins again at 1."""


class Kept:
    """What must not go yet, of each gate."""

    def __init__(self, store: Database, site: str) -> None:
        self._store, self._site = store, site
        self._of: dict[str, tuple[frozenset[Matter], float]] = {}
        self._roots: dict[ChainId, str] = {}
        self.behind: set[str] = set()
        """Gates of which too much is not indexed yet to say: nothing of them goes."""

    def unsure(self, where: ChainId) -> bool:
        """Whether this gate is one of those."""
        self._known(where.gate)
        return where.gate in self.behind

    def holds(self, where: ChainId, seq: int, said: Mapping[str, Any]) -> bool:
        """Whether this event's matter is kept, or goes on; or nobody can say just now."""
        if self.unsure(where):
            return True
        body = said.get("body")
        named = {body.get(name) for name in SUBJECTS} if isinstance(body, dict) else set()
        root = self._root(where)
        return not self._known(where.gate).isdisjoint((root, n) for n in {seq, *named} if isinstance(n, int) and n)

    def _known(self, gate: str) -> frozenset[Matter]:
        known = self._of.get(gate)
        if known is None or time.monotonic() - known[1] > FRESH_S:
            known = self._of[gate] = self._read(gate), time.monotonic()
        return known[0]

    def _read(self, gate: str) -> frozenset[Matter]:
        run = self._store.run
        found: list[tuple[int, str, bytes]] = []
        late = {where.gate for _, where, _ in figures.behind(run, self._site)}
        self.behind.discard(gate)
        for chain in [c for c in self._store.chains(self._site) if c.where.gate == gate]:
            come = run("SELECT chain, seq FROM index_chains WHERE (site, gate, epoch) = (?, ?, ?)", chain.where)
            number, upto = (int(come[0][0]), int(come[0][1])) if come else (-1, 0)
            if chain.mark.seq - upto > TAIL or gate in late:
                self.behind.add(gate)
                return frozenset()
            seqs = [row[0] for text in _KINDS for row in run(_HELD_BY_INDEX, (KIND, normal(text), number))]
            rows = [row for seq in seqs for row in run(_EVENT, (*chain.where, seq))]
            rows += [row for row in run(_TAIL, (*chain.where, upto)) if any(sign in bytes(row[1]) for sign in _HELD)]
            found += [(row[0], self._root(chain.where), bytes(row[1])) for row in rows]
        held: set[Matter] = set()
        for _, root, data in sorted(found, key=lambda one: one[0]):
            said = json.loads(data)
            matter = root, said.get("body", {}).get("about")
            if said.get("kind") == "record.kept":
                held.add(matter)
            elif said.get("kind") == "record.released":
                held.discard(matter)
        going = [*run(_GOING, (self._site, gate)), *run(_REQUESTS, (self._site, gate))]
        return frozenset(held) | {(self._root(ChainId(self._site, gate, epoch)), seq) for seq, epoch in going}

    def _root(self, where: ChainId) -> str:
        """The epoch that this one goes back to."""
        if where not in self._roots:
            at, seen = where, {where}
            while (first := self._store.run(_FIRST, at)) and (was := predecessor(bytes(first[0][0]))) is not None:
                at = at._replace(epoch=was)
                if at in seen:
                    break
                seen.add(at)
            self._roots[where] = at.epoch
        return self._roots[where]


_KINDS = ("record.kept", "record.released")
_FIRST = "SELECT data FROM events WHERE (site, gate, epoch) = (?, ?, ?) ORDER BY seq LIMIT 1"
_HELD_BY_INDEX = """SELECT p.seq FROM index_postings p JOIN index_words w ON w.word = p.word
    WHERE (w.sort, w.text) = (?, ?) AND p.chain = ? ORDER BY p.at_ms, p.seq"""
_EVENT = "SELECT seq, data FROM events WHERE (site, gate, epoch, seq) = (?, ?, ?, ?)"
_TAIL = "SELECT seq, data FROM events WHERE (site, gate, epoch) = (?, ?, ?) AND seq > ?"
_GOING = """SELECT s.seq, c.epoch FROM index_stays s JOIN index_chains c ON c.chain = +s.chain
    WHERE c.site = ? AND c.gate = ? AND s.sort = 'visit' AND s.began_ms > 0 AND s.ended_ms = 0"""
_REQUESTS = "SELECT request, epoch FROM desk_requests WHERE site = ? AND gate = ? AND ended_ms = 0"
