"""Is what stands at an exit a truck, and was its load looked into (G2)? Asked on a card's way and before a guard's «raise».

A truck is known from the registry (what its credential is for), from its visit, from an earlier tap «这是货车» (by plate, else by
credential), or because it is announced at this very lane. Few indexed queries, whatever the history.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from edge.clock import Stamp
from edge.domain.goods import LoadCheck, load_state
from edge.domain.policy import Rules

Con = sqlite3.Connection


@dataclass(frozen=True, slots=True)
class AtExit:
    """A vehicle at an exit, as far as it is known. `since` is the announcement «这是货车» at this lane (0: none)."""

    lane: str
    plate: str = ""
    credential: str = ""
    pass_seq: int = 0
    since: int = 0


def at_exit(con: Con, lane: str, asked: int = 0, plate: str = "", credential: str = "") -> AtExit:
    """What is known of it: from the pass that waits for the guard's word, from what is typed, from its announcement."""
    if asked:
        row = con.execute("SELECT plate, credential FROM passes WHERE pass_seq = ?", (asked,)).fetchone()
        plate, credential = (row[0] or plate, row[1] or credential) if row else (plate, credential)
    here = con.execute("SELECT plate, credential, seq FROM trucks_here WHERE lane = ?", (lane,)).fetchone()
    if here is None:
        return AtExit(lane, plate, credential, asked)
    return AtExit(lane, plate or here[0], credential or here[1], asked, here[2])


def is_truck(con: Con, vehicle: AtExit, words: frozenset[str]) -> bool:
    """Whether it is known as a truck."""
    return (
        vehicle.since > 0
        or _marked(con, vehicle.plate)
        or _marked(con, vehicle.credential)
        or bool(words and words & _called(con, vehicle))
    )


def _marked(con: Con, vehicle: str) -> bool:
    return vehicle != "" and con.execute("SELECT 1 FROM trucks WHERE vehicle = ?", (vehicle,)).fetchone() is not None


def _called(con: Con, vehicle: AtExit) -> set[str]:
    """What registry and visits call it."""
    of, _, number = vehicle.credential.partition(":")
    if of == "visit" and number.isdigit():
        rows = con.execute("SELECT vehicle FROM visits WHERE visit = ?", (int(number),)).fetchall()
    elif vehicle.credential:
        sql = "SELECT vehicle FROM cards_by_name JOIN credentials c USING (uid) WHERE cards_by_name.credential = ?"
        rows = con.execute(sql, (vehicle.credential,)).fetchall()
    elif vehicle.plate:
        rows = con.execute(
            """SELECT c.vehicle FROM cards_by_plate v JOIN credentials c ON c.uid = v.uid WHERE v.plate = ?1
               UNION SELECT vehicle FROM visits WHERE plate = ?1 AND plate <> '' AND state IN ('open', 'admitted')""",
            (vehicle.plate,),
        ).fetchall()
    else:
        rows = []
    return {word for (word,) in rows}


def last_check(con: Con, vehicle: AtExit, stamp: Stamp) -> LoadCheck | None:
    """The newest check of this vehicle: by its plate, its credential, or at this lane since it was announced."""
    row = con.execute(
        """SELECT result, used_ms, boot, mono_ms, at_ms FROM (
             SELECT * FROM (SELECT * FROM load_checks WHERE plate <> '' AND plate = ?1 ORDER BY seq DESC LIMIT 1)
             UNION ALL
             SELECT * FROM (SELECT * FROM load_checks WHERE credential <> '' AND credential = ?2 ORDER BY seq DESC LIMIT 1)
             UNION ALL
             SELECT * FROM (SELECT * FROM load_checks WHERE ?4 > 0 AND lane = ?3 AND seq > ?4 ORDER BY seq DESC LIMIT 1)
           ) ORDER BY seq DESC LIMIT 1""",
        (vehicle.plate, vehicle.credential, vehicle.lane, vehicle.since),
    ).fetchone()
    if row is None:
        return None
    result, used, boot, mono_ms, at_ms = row
    ago = stamp.mono_ms - mono_ms if boot == stamp.boot else stamp.at_ms - at_ms
    return LoadCheck(result, ago if ago >= 0 else None, used is not None)


def load(con: Con, vehicle: AtExit, stamp: Stamp, rules: Rules) -> str:
    """due, done, goods; "" when it is not known as a truck."""
    if not is_truck(con, vehicle, rules.trucks):
        return ""
    return load_state(last_check(con, vehicle, stamp), rules.load_ms)
