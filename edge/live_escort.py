"""Green way, convoys and courtesy phrases as pages see them (edge.api.port_rooms.EscortPort), and their small part of the live state."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from typing import Any

from edge.api.who import Who
from edge.desk.announcing import ConvoyInput
from edge.desk.convoying import Convoys
from edge.desk.green import GreenWay
from edge.domain.barrier import Holder
from edge.domain.courtesy import Phrases
from edge.live_rows import Actions, carried_out
from edge.orders import Order
from edge.store import queries_escort as q

Row = dict[str, Any]


class LiveEscort:
    """Satisfies edge.api.port_rooms.EscortPort."""

    def __init__(self, green: GreenWay, convoys: Convoys, said: Mapping[str, Phrases]) -> None:
        self._green, self._convoys, self._said = green, convoys, said
        self._actions: Actions = {
            "green-open": lambda p, g, key: green.open(p, _press("green-way", g, key)),
            "green-name": lambda p, g, key: green.name(p, g["green"], g["kind"], key),
            "green-release": lambda p, g, key: green.release(p, g["green"], _press("green-way-release", g, key)),
            "announce": lambda p, g, key: convoys.announce(p, _input(g), key),
            "change": lambda p, g, key: convoys.change(p, g.pop("convoy"), _input(g), key),
            "cancel": lambda p, g, key: convoys.cancel(p, g["convoy"], g["reason"], key),
            "convoy-open": lambda p, g, key: convoys.open(p, g["convoy"], g["way"], _press("convoy", g, key)),
            "convoy-end": lambda p, g, key: convoys.end(p, g["convoy"], _press("convoy-end", g, key)),
            "tick": lambda p, g, key: convoys.tick(p, g["convoy"], g["plate"], g["way"], key),
            "plate": lambda p, g, key: convoys.plate(p, g["lane"], g["plate"], _press("plate", g, key)),
        }

    # ---- the live state --------------------------------------------------------------------------------------------

    def snapshot(self, con: sqlite3.Connection) -> Row:
        """`green`: the way that is open or was interrupted, or null; `convoys`: those of the next day and those that are here.
        No names: they are in `convoys()`, for guards."""
        now_ms = self._convoys.gate.clock.now_ms()
        green = q.escort_rows(con, "state <> 'released' AND convoy = 0", limit=1)
        shown = q.current(con, now_ms)
        return {
            "green": {name: green[0][name] for name in SHOWN} if green else None,
            "convoys": [
                {
                    "convoy": c.id,
                    "arrives_ms": c.arrives_ms,
                    "from_ms": c.from_ms,
                    "until_ms": c.until_ms,
                    "way": c.way,
                    "interrupted": not c.way and q.leg_now(con, c.id) is not None,
                    "cars": len(c.plates),
                    "left": {way: len(c.left(way)) for way in ("in", "out")},
                    "opened": sorted(c.opened),
                }
                for c in shown[:5]
            ],
        }

    def prompt(self, holders: Collection[Holder], escort: Row) -> Row | None:
        """The sentence at a lane that is held open for somebody: it goes before what else would be said there."""
        green = escort["green"]
        if Holder.EMERGENCY in holders and green:
            return {"code": f"green.{green['kind']}", "params": {}, "salute": True}
        if Holder.CONVOY in holders:
            way = next((c["way"] for c in escort["convoys"] if c["way"]), "in")
            return {"code": f"convoy.{way}", "params": {}, "salute": True}
        return None

    # ---- looking

    def greens(self) -> list[Row]:
        """The last green ways."""
        return self._green.rows()

    def convoys(self) -> list[Row]:
        """Convoys with names, cars and legs."""
        return self._convoys.rows()

    def phrases(self) -> Row:
        """The ten phrases (篇3 五 12)."""
        zh, en = self._said["zh"].ten, self._said["en"].ten
        return {"rows": [{"zh": chinese, "en": english} for chinese, english in zip(zh, en, strict=True)]}

    # ---- doing

    async def act(self, who: Who, action: str, given: Row, key: str) -> Row:
        """One action. Raises GateError."""
        return await carried_out(self._actions, who, action, given, key)


SHOWN = ("escort", "kind", "lanes", "state", "opened_ms", "opened_by", "crossings")


def _press(action: str, given: Row, key: str) -> Order:
    return Order(given.get("lane", ""), action, "", given.get("plate", ""), given["tick"], given["age_ms"], key)


def _input(given: Row) -> ConvoyInput:
    return ConvoyInput(**{**given, "plates": tuple(given["plates"]), "lanes": tuple(given["lanes"])})
