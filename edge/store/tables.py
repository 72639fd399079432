"""The tables derived from the journal: which event changes which, and how to make them again.

Each handler gets a connection, what is known of the event (`Meta`) and the event, and changes derived tables only; it runs in
the transaction of the event itself, so that table and journal never differ. It must depend on nothing but earlier events:
`rebuild` runs all of them again from the first event and must give the same bytes.

A kind is either in `HANDLERS` or, on purpose, in `NOT_DERIVED`; a test checks that none is forgotten.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from edge.domain import events as ev
from edge.domain import events_config, events_technician
from edge.domain.event import KINDS, Event, UnknownKind, decode
from edge.domain.events_headoffice import RegistryRefused
from edge.domain.events_plates import CameraViewAccepted
from edge.store import (
    journal,
    lookup,
    passes,
    tables_cards,
    tables_codes,
    tables_desk,
    tables_escort,
    tables_find,
    tables_goods,
    tables_headoffice,
    tables_plates,
    tables_post,
    tables_privacy,
    tables_visits,
)
from edge.store.journal import Meta

Con = sqlite3.Connection
Handler = Callable[[Con, Meta, Any], None]
DERIVED = (
    "passes",
    "inside",
    "presence",
    "last_read",
    "lanes",
    "faults",
    "duty",
    "held",
    "pictures",
    "clock_changes",
    *tables_desk.DERIVED,
    *tables_escort.DERIVED,
    *tables_goods.DERIVED,
    *tables_visits.DERIVED,
    *tables_find.DERIVED,
    *tables_post.DERIVED,
    *tables_privacy.DERIVED,
    *tables_headoffice.DERIVED,
    *tables_cards.DERIVED,
    *tables_plates.DERIVED,
    *tables_codes.DERIVED,
)
"""The derived tables. Each is read in the order of its first column (and second, where that is part of its key)."""
OFF_DUTY_ROLES = frozenset({"technician"})
"""Who signs in without being on duty at the post (D6)."""


def _started(con: Con, _meta: Meta, _e: ev.GateStarted) -> None:
    con.execute("DELETE FROM held")  # after a start nobody holds an arm until somebody says so again
    passes.restarted(con)
    tables_escort.restarted(con)
    tables_plates.restarted(con)


def _clock(con: Con, meta: Meta, e: ev.ClockChanged) -> None:
    con.execute(
        "INSERT INTO clock_changes (seq, boot, mono_ms, at_ms, trust, was, offset_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (meta.seq, meta.boot, meta.mono_ms, meta.at_ms, e.trust, e.was, e.offset_ms),
    )


def _fault_began(con: Con, meta: Meta, e: ev.FaultBegan) -> None:
    con.execute(
        """INSERT INTO faults (device, code, lane, detail, since_ms, seq) VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET detail = excluded.detail""",
        (e.device, e.code, e.lane, e.detail, meta.at_ms, meta.seq),
    )


def _fault_ended(con: Con, _meta: Meta, e: ev.FaultEnded) -> None:
    con.execute("DELETE FROM faults WHERE device = ? AND code = ?", (e.device, e.code))


def _session_began(con: Con, meta: Meta, e: ev.SessionBegan) -> None:
    if e.role not in OFF_DUTY_ROLES:
        con.execute(
            """INSERT INTO duty (user, role, device, since_ms, seq, sessions) VALUES (?, ?, ?, ?, ?, 1)
               ON CONFLICT DO UPDATE SET role = excluded.role, device = excluded.device, sessions = sessions + 1""",
            (e.user, e.role, e.device, meta.at_ms, meta.seq),
        )


def _session_ended(con: Con, _meta: Meta, e: ev.SessionEnded) -> None:
    con.execute("UPDATE duty SET sessions = sessions - 1 WHERE user = ?", (e.user,))
    con.execute("DELETE FROM duty WHERE user = ? AND sessions <= 0", (e.user,))


def _held(con: Con, meta: Meta, e: ev.BarrierHeld) -> None:
    con.execute(
        """INSERT INTO held (lane, by, reason, since_ms, seq) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET reason = excluded.reason""",
        (e.lane, e.by, e.reason, meta.at_ms, meta.seq),
    )


def _released(con: Con, _meta: Meta, e: ev.BarrierReleased) -> None:
    con.execute("DELETE FROM held WHERE lane = ? AND by = ?", (e.lane, e.by))


def _each(*handlers: Handler) -> Handler:
    """One event for several tables, in this order."""

    def handle(con: Con, meta: Meta, e: Any) -> None:
        for handler in handlers:
            handler(con, meta, e)

    return handle


def _not_done(con: Con, _meta: Meta, e: ev.CommandRefused) -> None:
    """What was recorded for a command and then not carried out: as if it had not been asked, but for the pass that says so."""
    passes.not_done(con, e)
    for seq in e.of:
        con.execute("DELETE FROM held WHERE lane = ? AND by = 'guard' AND seq = ?", (e.lane, seq))


HANDLERS: dict[str, Handler] = {
    ev.GateStarted.KIND: _started,
    ev.ClockChanged.KIND: _clock,
    ev.FaultBegan.KIND: _fault_began,
    ev.FaultEnded.KIND: _fault_ended,
    ev.SessionBegan.KIND: _session_began,
    ev.SessionEnded.KIND: _session_ended,
    ev.BarrierHeld.KIND: _held,
    ev.BarrierReleased.KIND: _released,
    ev.AccessDecided.KIND: _each(passes.decided, tables_plates.decided),
    ev.PassbackForgiven.KIND: passes.forgiven,
    ev.BarrierCommanded.KIND: passes.commanded,
    ev.BarrierObserved.KIND: _each(passes.observed, tables_goods.lowered, tables_escort.observed),
    ev.VehicleCrossed.KIND: _each(passes.crossed, tables_plates.crossed, tables_goods.crossed, tables_escort.crossed),
    ev.VehicleTurnedBack.KIND: _each(passes.turned_back, tables_goods.gone),
    ev.VehicleTailgated.KIND: passes.tailgated,
    ev.VehicleWrongWay.KIND: _each(passes.wrong_way, tables_goods.gone, tables_escort.wrong_way),
    ev.PassOpened.KIND: _each(passes.opened, tables_plates.opened),
    ev.PassAdmitted.KIND: passes.admitted,
    ev.AccessLapsed.KIND: passes.lapsed,
    ev.PassNoted.KIND: passes.noted,
    ev.CommandRefused.KIND: _not_done,
    ev.PictureTaken.KIND: passes.pictured,
    ev.VehicleWaiting.KIND: tables_plates.came,
    **tables_desk.HANDLERS,
    **tables_escort.HANDLERS,
    **tables_goods.HANDLERS,
    **tables_visits.HANDLERS,
    **tables_post.HANDLERS,
    **tables_privacy.HANDLERS,
    **tables_headoffice.HANDLERS,
    **tables_cards.HANDLERS,
    **tables_plates.HANDLERS,
    **tables_codes.HANDLERS,
}

NOT_DERIVED = {
    ev.GateStopped.KIND: "the journal's last event says whether the end was orderly",
    ev.UserSaved.KIND: "the users themselves are a table of their own, with their PIN's hash",
    ev.SessionRefused.KIND: "counted in the users' table",
    ev.RegistryImported.KIND: "the registry says its own version",
    RegistryRefused.KIND: "the registry says what it refused last",
    ev.VehicleStoppedUnder.KIND: "of the moment",
    ev.BarrierLeftOpen.KIND: "of the moment",
    ev.PictureMissed.KIND: "a pass without a picture shows that it has none",
    **dict.fromkeys(events_config.KINDS, "the versions are files, which a start needs before it has a database"),
    **tables_desk.NOT_DERIVED,
    **tables_escort.NOT_DERIVED,
    **tables_goods.NOT_DERIVED,
    **tables_post.NOT_DERIVED,
    **tables_privacy.NOT_DERIVED,
    CameraViewAccepted.KIND: "of the moment",
    **{
        kind: "what a technician did stands in the journal"
        for kind, cls in KINDS.items()
        if cls.__module__ == events_technician.__name__
    },
    **tables_codes.NOT_DERIVED,
}


def apply(con: Con, meta: Meta, event: Event) -> None:
    """Carry one event into the derived tables, within the caller's transaction."""
    handler = HANDLERS.get(event.KIND)
    if handler is not None:
        handler(con, meta, event)
    tables_find.apply(con, meta, event)


# ---- making them again -------------------------------------------------------------------------------------------


def meta_of(said: dict[str, Any], at_ms: int) -> Meta:
    """What a handler may know, from an event's parsed bytes."""
    return Meta(said["seq"], at_ms, said["boot"], said["mono_ms"], said["actor"], said["personal"] is not None)


def replay(con: Con, said: dict[str, Any], at_ms: int) -> bool:
    """Carry a stored event into the derived tables of `con`, without its personal part. False when its kind is unknown."""
    if said["kind"] not in HANDLERS and "visit" not in said["body"]:
        return said["kind"] in NOT_DERIVED
    try:
        event = decode(said["kind"], said["body"])
    except UnknownKind:
        return False
    apply(con, meta_of(said, at_ms), event)
    return True


def dump(con: Con, table: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a derived table in their one order."""
    if table not in DERIVED:
        raise ValueError(f"{table} is not derived")
    return con.execute(f"SELECT * FROM {table} ORDER BY 1, 2")


def digest(con: Con, table: str) -> str:
    """SHA-256 over the rows of a derived table, in hex: the same rows give the same digest."""
    sha = hashlib.sha256()
    for row in dump(con, table):
        sha.update(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return sha.hexdigest()


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild found: events read, how many were of a kind that this program does not know, digests by table."""

    events: int
    unknown: int
    before: dict[str, str]
    after: dict[str, str]

    @property
    def changed(self) -> tuple[str, ...]:
        """The tables that were not what the journal says; none when all is well."""
        return tuple(t for t in DERIVED if self.before[t] != self.after[t])

    def text(self) -> str:
        """For a person: what was found, and each table's digest."""
        said = (
            f"改动的表 changed: {', '.join(self.changed)}"
            if self.changed
            else "与原来完全一致 the same bytes as before"
        )
        lines = [f"  {table:<14} {self.after[table][:16]}" for table in DERIVED]
        return "\n".join([f"✓ {self.events} events, {said}", *lines])


def rebuild(con: Con) -> Rebuilt:
    """Derive all tables again, within the caller's transaction (`store.transact_sync(lambda tx: rebuild(tx.con))`)."""
    before = {table: digest(con, table) for table in DERIVED}
    for table in DERIVED:
        con.execute(f"DELETE FROM {table}")
    events = unknown = 0
    for _seq, at_ms, _kind, data, _hash, _part in journal.rows(con):
        events += 1
        unknown += not replay(con, json.loads(data), at_ms)
    lookup.refill(con)
    return Rebuilt(events, unknown, before, {table: digest(con, table) for table in DERIVED})
