"""What follows at this gate from head office's lists: each entry is carried out by the same functions as a guard's tap, on record.

    registry_lists (what head office says now)  ─┐
                                                 ├─ differ? ─▶ make, change or end it here ─▶ its own events, and registry.entry
    office_entries (what was carried out here)  ─┘             (permit.registered, watch.added, appointment.made, convoy.announced …)

So a permit of head office is a permit like any other: the same rules read it, the same tables have it, `rebuild` makes it again, and its goods
leave once. A gate that was away carries out the difference, however many versions went by; one that stopped in the middle goes on. An entry
that cannot be taken (a convoy over a lane that this gate does not have) is on record with its reason, head office sees it, and it is tried
again when head office changes it. Construction passes and sentences need nothing carried out: they are read where they lie.

Works on the writer's thread, within a transaction: first in the one that puts a list in force, then in short ones of `AT_ONCE` entries.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from edge.desk import expecting, goods_permits, watching
from edge.desk.act import Act, VisitInput
from edge.desk.announcing import ConvoyInput
from edge.desk.bulletins import BulletinInput, Bulletins
from edge.desk.convoying import Convoys
from edge.desk.expecting import AppointmentInput
from edge.desk.goods_permits import ItemInput, PermitInput
from edge.desk.office import OFFICE
from edge.domain import events_visits as visits
from edge.domain.events_headoffice import RegistryEntry
from edge.domain.goods_plan import GoodsPlan
from edge.domain.plan import Plan
from edge.domain.plates import normal
from edge.errors import BadInput, GateError, StoreError
from edge.gate import Gate
from edge.service import Doing
from edge.store import queries_escort, queries_goods, queries_post, queries_visits
from edge.store.tx import Tx

AT_ONCE = 50
WITHDRAWN = "管理中心已撤回"
CHANGED = "管理中心已更改"
Data = Mapping[str, Any]
_TODO = """SELECT l.list, l.key, l.data, l.hash, coalesce(o.about, 0), coalesce(o.hash, '') FROM office_lists l
           LEFT JOIN office_entries o USING (list, key) WHERE o.hash IS NOT l.hash AND l.list IN ({0}) ORDER BY l.list, l.key LIMIT ?"""
_GONE = """SELECT o.list, o.key, '', '', o.about, o.hash FROM office_entries o WHERE o.hash <> ''
           AND NOT EXISTS (SELECT 1 FROM office_lists l WHERE l.list = o.list AND l.key = o.key) ORDER BY o.list, o.key LIMIT ?"""


@dataclass(frozen=True, slots=True)
class _List:
    """How one list is carried out. `put`: number it has here (0: new) and data → its number from now on; `end`: it has left the list."""

    put: Callable[[Doing, int, Data], int]
    end: Callable[[Doing, int], None]


class Listing:
    """Over a Gate and its services."""

    def __init__(self, gate: Gate, plan: Plan, goods: GoodsPlan, convoys: Convoys, bulletins: Bulletins) -> None:
        self._gate, self._plan, self._goods = gate, plan, goods
        self._convoys, self._bulletins = convoys, bulletins
        self._lists = {
            "appointments": _List(self._expect, self._cancel),
            "convoys": _List(self._convoy, self._call_off),
            "notices": _List(self._notice, self._withdraw),
            "permits": _List(self._permit, self._stop),
            "watch": _List(_watch, _unwatch),
        }
        self._todo = _TODO.format(", ".join(f"'{name}'" for name in self._lists))

    def settle(self, tx: Tx) -> bool:
        """Carry out a few of what differs; whether there may be more."""
        stamp = self._gate.clock.stamp()
        d = Doing(tx, OFFICE, stamp, self._gate.local(stamp))
        rows = tx.con.execute(_GONE, (AT_ONCE,)).fetchall()
        rows += tx.con.execute(self._todo, (AT_ONCE - len(rows),)).fetchall()
        for list_, key, data, hash_, about, _ in rows:
            number, result = self._one(d, list_, about, json.loads(data) if data else None)
            d.append(RegistryEntry(list_, key, number, hash_, result))
        return len(rows) == AT_ONCE

    def _one(self, d: Doing, list_: str, about: int, data: Data | None) -> tuple[int, str]:
        mark = d.tx.mark()
        d.con.execute("SAVEPOINT entry")
        try:
            of = self._lists[list_]
            if data is not None:
                about = of.put(d, about, data)
            elif about:
                of.end(d, about)
            result = "done"
        except StoreError:
            raise
        except (GateError, KeyError, TypeError, ValueError) as e:
            d.con.execute("ROLLBACK TO entry")
            d.tx.back_to(mark)
            result = e.code if isinstance(e, GateError) else BadInput.code
        d.con.execute("RELEASE entry")
        return about, result

    def _ms(self, text: str) -> int:
        """A local time, 2026-11-28T10:08, as UTC ms; "" is 0. Raises ValueError."""
        if not text:
            return 0
        local = datetime.fromisoformat(text)
        return round((local if local.tzinfo else local.replace(tzinfo=self._gate.zone)).timestamp() * 1000)

    # ---- expected visitors

    def _expect(self, d: Doing, about: int, data: Data) -> int:
        who = VisitInput(**{name: value for name, value in data.items() if name not in ("kind", "from", "until")})
        given = AppointmentInput(data["kind"], self._ms(data["from"]), self._ms(data["until"]), who)
        act = self._act(d)
        found = queries_visits.appointment(d.con, about) if about else None
        if found is not None and found.state.value != "cancelled":
            return expecting.change(act, about, given).about
        return expecting.make(act, given).about

    def _cancel(self, d: Doing, about: int) -> None:
        found = queries_visits.appointment(d.con, about)
        if found is not None and found.state.value == "valid" and found.until_ms > d.stamp.at_ms:
            expecting.cancel(self._act(d), about, WITHDRAWN)

    def _act(self, d: Doing) -> Act:
        return Act(d.tx, d.person, d.stamp, d.local, self._plan)

    # ---- convoys, notices

    def _convoy(self, d: Doing, about: int, data: Data) -> int:
        lists = {name: tuple(data.get(name, ())) for name in ("plates", "lanes")}
        found = queries_escort.convoy(d.con, about) if about else None
        number = about if found is not None and not found.cancelled else 0
        return self._convoys.put(d, ConvoyInput(**{**data, **lists}), number).about

    def _call_off(self, d: Doing, about: int) -> None:
        found = queries_escort.convoy(d.con, about)
        if found is not None and not found.cancelled and found.until_ms > d.stamp.at_ms:
            self._convoys.call_off(d, about, "called-off")

    def _notice(self, d: Doing, about: int, data: Data) -> int:
        times = {f"{name}_ms": self._ms(data.get(name, "")) for name in ("from", "until", "restored")}
        given = BulletinInput(data["notice"], data.get("text", ""), where=data.get("where", ""), **times)
        found = queries_post.bulletin(d.con, about) if about else None
        return self._bulletins.put(d, given, about if found is not None and not found["withdrawn"] else 0).about

    def _withdraw(self, d: Doing, about: int) -> None:
        found = queries_post.bulletin(d.con, about)
        if found is not None and not found["withdrawn"] and not 0 < found["until_ms"] <= d.stamp.at_ms:
            self._bulletins.take_down(d, about, WITHDRAWN)

    # ---- goods permits: each serves once, whatever becomes of its entry

    def _permit(self, d: Doing, about: int, data: Data) -> int:
        items = tuple(ItemInput(**item) for item in data["items"])
        given = PermitInput(items=items, **{name: value for name, value in data.items() if name != "items"})
        was = queries_goods.permit(d.con, about) if about else None
        if was is None:
            return goods_permits.register(d, self._goods, given).about
        if any(item.gone for item in was.items):
            raise BadInput("放行已经开始 · goods have left on it already", "", code="permit-begun")
        if was.state == "open":
            goods_permits.stop(d, self._goods, about, CHANGED)
        return goods_permits.register(d, self._goods, given, anew=True).about

    def _stop(self, d: Doing, about: int) -> None:
        was = queries_goods.permit(d.con, about)
        if was is not None and was.state == "open":
            goods_permits.stop(d, self._goods, about, WITHDRAWN)


# ---- the watch list


def _watch(d: Doing, about: int, data: Data) -> int:
    _unwatch(d, about)
    plate = normal(data.get("plate", ""))
    until, *texts = (str(data.get(name, "")) for name in ("until", "name", "number", "phone", "reason"))
    if until:
        date.fromisoformat(until)
    if not (plate or any(texts[:3])):
        raise ValueError("nobody to look out for")
    return d.append(visits.WatchAdded(plate, until, *texts))


def _unwatch(d: Doing, about: int) -> None:
    if about and any(row["entry"] == about for row in queries_visits.watch_rows(d.con)):
        watching.remove(d, about, WITHDRAWN)
