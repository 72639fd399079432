"""The tables of goods derived from the journal: permits and their items, what left and stayed, specimens, trucks (G1, G2).

As in tables_desk: each handler says what an event means for the rows, and looks at nothing but earlier events.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from edge.domain import events as gate_ev
from edge.domain import events_goods as ev
from edge.store.journal import Meta

Con = sqlite3.Connection
Handler = Callable[[Con, Meta, Any], None]
DERIVED = (
    "permits",
    "permit_items",
    "goods_log",
    "specimens",
    "trucks",
    "trucks_here",
    "load_checks",
    "plates_compared",
)
ALL = -1
"""Stands for the whole permit where an item's number stands."""


def _registered(con: Con, meta: Meta, e: ev.PermitRegistered) -> None:
    con.execute(
        """INSERT INTO permits (permit, number, role, unit, company, plate, until, stamped, stamp, source, state, at_ms, actor)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, ?)""",
        (
            *(meta.seq, e.number, e.role, e.unit, e.company, e.plate, e.until, int(e.stamped), e.stamp, e.source),
            *(meta.at_ms, meta.actor),
        ),
    )
    items = zip(e.names, e.measures, e.categories, e.counts, strict=True)
    con.executemany(
        "INSERT INTO permit_items (permit, n, name, measure, category, quantity, gone) VALUES (?, ?, ?, ?, ?, ?, 0)",
        [(meta.seq, n, *item) for n, item in enumerate(items)],
    )


def _stopped(con: Con, _meta: Meta, e: ev.PermitStopped) -> None:
    con.execute("UPDATE permits SET state = 'stopped', reason = ? WHERE permit = ?", (e.reason, e.permit))


def _restored(con: Con, _meta: Meta, e: ev.PermitRestored) -> None:
    con.execute("UPDATE permits SET state = 'open', reason = ? WHERE permit = ?", (e.reason, e.permit))
    _use_up(con, e.permit)


def _use_up(con: Con, permit: int) -> None:
    con.execute(
        """UPDATE permits SET state = 'used' WHERE permit = ?1
           AND NOT EXISTS (SELECT 1 FROM permit_items WHERE permit = ?1 AND gone < quantity)""",
        (permit,),
    )


def _log(con: Con, meta: Meta, permit: int, what: str, **said: Any) -> None:
    row = {"n": ALL, "name": "", "quantity": 0, "measure": "", "why": "", "way": "", "picture": "none"} | said
    con.execute(
        """INSERT INTO goods_log (seq, n, permit, what, name, quantity, measure, why, way, lane, plate, picture, at_ms, actor)
           VALUES (:seq, :n, :permit, :what, :name, :quantity, :measure, :why, :way, :lane, :plate, :picture, :at_ms, :actor)""",
        row | {"seq": meta.seq, "permit": permit, "what": what, "at_ms": meta.at_ms, "actor": meta.actor},
    )


def _released(con: Con, meta: Meta, e: ev.GoodsReleased) -> None:
    for n, quantity in enumerate(e.taken):
        if quantity:
            name, measure = con.execute(
                "UPDATE permit_items SET gone = gone + ? WHERE permit = ? AND n = ? RETURNING name, measure",
                (quantity, e.permit, n),
            ).fetchone()
            more = {"name": name, "quantity": quantity, "measure": measure, "way": e.way}
            _log(con, meta, e.permit, "released", n=n, lane=e.lane, plate=e.plate, **more)
    _use_up(con, e.permit)


def _kept(con: Con, meta: Meta, e: ev.GoodsKept) -> None:
    said = {"name": e.name, "quantity": e.quantity, "measure": e.measure, "why": e.why, "picture": e.picture}
    _log(con, meta, e.permit, "kept", n=e.item, lane=e.lane, plate=e.plate, **said)


def _refused(con: Con, meta: Meta, e: ev.PermitRefused) -> None:
    _log(con, meta, e.permit, "refused", why=e.finding, lane=e.lane, plate=e.plate, picture=e.picture)


def _filed(con: Con, meta: Meta, e: ev.SpecimenFiled) -> None:
    con.execute(
        "INSERT INTO specimens (specimen, role, unit, company, digest, at_ms, active) VALUES (?, ?, ?, ?, ?, ?, 1)",
        (meta.seq, e.role, e.unit, e.company, e.digest, meta.at_ms),
    )


def _withdrawn(con: Con, _meta: Meta, e: ev.SpecimenWithdrawn) -> None:
    con.execute("UPDATE specimens SET active = 0 WHERE specimen = ?", (e.specimen,))


# ---- trucks --------------------------------------------------------------------------------------------------------


def _marked(con: Con, meta: Meta, e: ev.TruckMarked) -> None:
    if not e.truck:
        con.execute("DELETE FROM trucks WHERE vehicle IN (?, ?)", (e.plate or None, e.credential or None))
        con.execute("DELETE FROM trucks_here WHERE lane = ?", (e.lane,))
        return
    if e.plate or e.credential:
        con.execute(
            "INSERT OR IGNORE INTO trucks (vehicle, since_ms, seq) VALUES (?, ?, ?)",
            (e.plate or e.credential, meta.at_ms, meta.seq),
        )
    con.execute(
        "INSERT OR REPLACE INTO trucks_here (lane, plate, credential, pass_seq, at_ms, seq) VALUES (?, ?, ?, ?, ?, ?)",
        (e.lane, e.plate, e.credential, e.pass_seq, meta.at_ms, meta.seq),
    )


def _load(con: Con, meta: Meta, e: ev.LoadChecked) -> None:
    con.execute(
        """INSERT INTO load_checks (seq, lane, plate, credential, pass_seq, result, permit, reason, boot, mono_ms, at_ms, actor)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            *(meta.seq, e.lane, e.plate, e.credential, e.pass_seq, e.result, e.permit, e.reason),
            *(meta.boot, meta.mono_ms, meta.at_ms, meta.actor),
        ),
    )


def crossed(con: Con, meta: Meta, e: gate_ev.VehicleCrossed) -> None:
    """After `passes.crossed`: what left has used its check, and whoever was announced at this lane has gone."""
    if e.direction == "out":
        credential, plate = con.execute(
            "SELECT credential, plate FROM passes WHERE pass_seq IN (?1, ?2) AND crossed_seq = ?1",
            (meta.seq, e.pass_seq),
        ).fetchone() or ("", "")
        con.execute(
            """UPDATE load_checks SET used_ms = ?1 WHERE used_ms IS NULL AND seq IN (
                 SELECT seq FROM load_checks WHERE plate <> '' AND plate = ?2
                 UNION SELECT seq FROM load_checks WHERE credential <> '' AND credential = ?3
                 UNION SELECT c.seq FROM load_checks c JOIN trucks_here h ON h.lane = c.lane WHERE c.lane = ?4 AND c.seq > h.seq)""",
            (meta.at_ms, plate, credential, e.lane),
        )
    con.execute("DELETE FROM trucks_here WHERE lane = ?", (e.lane,))


def gone(con: Con, _meta: Meta, e: gate_ev.VehicleTurnedBack | gate_ev.VehicleWrongWay) -> None:
    """After the handler of `passes`: whoever was announced at this lane is not there any more."""
    con.execute("DELETE FROM trucks_here WHERE lane = ?", (e.lane,))


def lowered(con: Con, _meta: Meta, e: gate_ev.BarrierObserved) -> None:
    """After `passes.observed`: where no loop sees vehicles, a checked truck has gone when the arm is down again."""
    if e.now == "down":
        con.execute(
            """DELETE FROM trucks_here WHERE lane = ?1
               AND EXISTS (SELECT 1 FROM load_checks c WHERE c.lane = ?1 AND c.seq > trucks_here.seq)""",
            (e.lane,),
        )


def _compared(con: Con, meta: Meta, e: ev.PlateCompared) -> None:
    con.execute(
        """INSERT OR REPLACE INTO plates_compared (pass_seq, entry_seq, plate, entry_plate, agrees, at_ms, actor)
           VALUES (?, ?, ?, ?, ?, ?, ?)""",
        (e.pass_seq, e.entry_seq, e.plate, e.entry_plate, int(e.agrees), meta.at_ms, meta.actor),
    )


HANDLERS: dict[str, Handler] = {
    ev.PermitRegistered.KIND: _registered,
    ev.PermitStopped.KIND: _stopped,
    ev.PermitRestored.KIND: _restored,
    ev.PermitRefused.KIND: _refused,
    ev.GoodsReleased.KIND: _released,
    ev.GoodsKept.KIND: _kept,
    ev.SpecimenFiled.KIND: _filed,
    ev.SpecimenWithdrawn.KIND: _withdrawn,
    ev.TruckMarked.KIND: _marked,
    ev.LoadChecked.KIND: _load,
    ev.PlateCompared.KIND: _compared,
}
NOT_DERIVED: dict[str, str] = {}
"""Every event of goods changes a table."""
