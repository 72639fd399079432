"""The sentence at an exit follows what the desk settles (V3): whoever presented a card there, gave it back, got the document and was
let go is not asked for the card any more, and the guard is told what is left.

    ask.document-outstanding ─▶ ask.card-outstanding ─▶ (the visit has ended) ask.load-unchecked (a truck, G2) ─▶ load-done
                                                                           └─▶ settled: one tap raises
"""

from __future__ import annotations

from edge.domain import goods as g
from edge.gate import Gate
from edge.lane import Lane, Prompt
from edge.store import queries, queries_load
from edge.store import queries_desk as q

OF_DESK = frozenset({"ask.card-outstanding", "ask.document-outstanding"})
_LOADS = {g.DUE: "ask.load-unchecked", g.GOODS: "ask.load-kept"}


def tell(gate: Gate, visit: int) -> None:
    """Say it anew at the exit where the holder of this visit's card waits; elsewhere nothing changes."""
    for lane in gate.lanes.values():
        if lane.prompt.code in OF_DESK and lane.prompt.params.get("visit") == visit:
            code, left = _now(gate, lane, visit)
            params = lane.prompt.params | {"outstanding": left}
            lane.show(Prompt(code, params, lane.prompt.salute, lane.prompt.seq), lane.asked)


def _now(gate: Gate, lane: Lane, visit: int) -> tuple[str, list[str]]:
    """The code, and what is outstanding: of card, document, load."""
    with gate.store.reader() as con:
        facts, left = q.visit(con, visit), list(queries.unsettled(con, lane.asked))
        at = queries_load.at_exit(con, lane.id, lane.asked)
        load = _LOADS.get(queries_load.load(con, at, gate.clock.stamp(), gate.rules), "")
    over = facts is None or facts.ended
    code = (
        "ask.document-outstanding" if "document" in left else "ask.card-outstanding" if not over else load or "settled"
    )
    return code, [*left, *(["load"] if load else [])]
