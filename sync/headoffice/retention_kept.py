"""What head office's retention must leave: matters that a shift leader keeps (保全), and visits that go on.

`record.kept` and `record.released` are found through the index; what it has not got to yet is read from the events themselves, so that nothing
that is kept goes because the index was behind.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sync.headoffice.index import Database
from sync.headoffice.index_words import KIND, normal
from sync.headoffice.intake import ChainId

SUBJECTS = ("visit", "pass_seq", "document", "request", "appointment", "entry", "permit", "specimen", "convoy")
"""Fields of a body that say to which matter an event belongs, likewise."""
TAIL = 20_000
"""So many events that the index does not have yet are looked through for what is kept; with more, a chain waits for the next round."""
_HELD = (b'"kind":"record.kept"', b'"kind":"record.released"')


class Kept:
    """What must not go yet, of each gate: read once a round."""

    def __init__(self, store: Database, site: str) -> None:
        self._store, self._site = store, site
        self._of: dict[str, tuple[frozenset[int], bool]] = {}

    def unsure(self, where: ChainId) -> bool:
        """Whether too much is not indexed yet to say."""
        return self._known(where.gate)[1]

    def holds(self, where: ChainId, seq: int, said: Mapping[str, Any]) -> bool:
        """Whether this event's matter is kept, or goes on."""
        body = said.get("body")
        named = {body.get(name) for name in SUBJECTS} if isinstance(body, dict) else set()
        return not self._known(where.gate)[0].isdisjoint({seq, *(n for n in named if isinstance(n, int) and n)})

    def _known(self, gate: str) -> tuple[frozenset[int], bool]:
        if gate not in self._of:
            self._of[gate] = self._read(gate)
        return self._of[gate]

    def _read(self, gate: str) -> tuple[frozenset[int], bool]:
        run = self._store.run
        found: list[tuple[str, int, bytes]] = []
        for chain in [c for c in self._store.chains(self._site) if c.where.gate == gate]:
            come = run("SELECT chain, seq FROM index_chains WHERE (site, gate, epoch) = (?, ?, ?)", chain.where)
            number, upto = (int(come[0][0]), int(come[0][1])) if come else (-1, 0)
            if chain.mark.seq - upto > TAIL:
                return frozenset(), True
            seqs = [
                row[0]
                for kind in ("record.kept", "record.released")
                for row in run(_HELD_BY_INDEX, (KIND, normal(kind), number))
            ]
            rows = [row for seq in seqs for row in run(_EVENT, (*chain.where, seq))]
            rows += [row for row in run(_TAIL, (*chain.where, upto)) if any(sign in bytes(row[1]) for sign in _HELD)]
            found += [(chain.where.epoch, row[0], bytes(row[1])) for row in rows]
        held: set[int] = set()
        for _, _, data in sorted(found, key=lambda one: one[1]):
            said = json.loads(data)
            about = said.get("body", {}).get("about")
            if said.get("kind") == "record.kept":
                held.add(about)
            elif said.get("kind") == "record.released":
                held.discard(about)
        going = run(_GOING, (self._site, gate))
        return frozenset({*held, *(row[0] for row in going)}), False


_HELD_BY_INDEX = """SELECT p.seq FROM index_postings p JOIN index_words w ON w.word = p.word
    WHERE (w.sort, w.text) = (?, ?) AND p.chain = ? ORDER BY p.at_ms, p.seq"""
_EVENT = "SELECT seq, data FROM events WHERE (site, gate, epoch, seq) = (?, ?, ?, ?)"
_TAIL = "SELECT seq, data FROM events WHERE (site, gate, epoch) = (?, ?, ?) AND seq > ?"
_GOING = """SELECT s.seq FROM index_stays s JOIN index_chains c ON c.chain = +s.chain
    WHERE c.site = ? AND c.gate = ? AND s.sort = 'visit' AND s.began_ms > 0 AND s.ended_ms = 0"""
