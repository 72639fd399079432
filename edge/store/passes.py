"""The register of vehicle passes, who is inside, and on which side each credential is: derived from the journal (V2).

One row for each presentation, each opening by hand, and each crossing that nobody authorised. Its life:

    access.decided granted ─▶ open ──crossed──▶ crossed ──arm down──▶ (closed)
    pass.opened ───────────▶ open ──turned back─▶ turned-back
                             open ──it never came (access.lapsed)─▶ expired
                             open ──the gate was restarted─▶ interrupted
                             open ──the order was not carried out (command.refused)─▶ not-done
    access.decided ask ────▶ asked ──guard: pass.admitted─▶ open
                             asked ──guard opened a pass of his own─▶ answered
                             asked ──next card at this lane─▶ unanswered
    access.decided refused ▶ refused ──guard: pass.admitted─▶ open
    vehicle.crossed without a pass ▶ crossed (category unknown)        vehicle.wrong-way ▶ wrong-way

A crossing counts whatever the row says: what was seen is stronger than what was expected. Where a vehicle is changes by the
crossing, never by the card: a car that turns back is where it was.

Nothing here looks at a personal field, so that the tables come out the same after an erasure; a row names the event that has the
person's name (`holder_seq`, `driver_seq`). Nothing here asks a clock or the registry: the journal alone says it all.
"""

from __future__ import annotations

import enum
import sqlite3

from edge.domain import events as ev
from edge.store.journal import Meta

Con = sqlite3.Connection
IN, OUT = "in", "out"
BY_HAND, UNKNOWN = "by-hand", "unknown"
"""Categories of vehicles with no credential: let through by a guard, and by nobody."""


class Outcome(enum.StrEnum):
    """What became of a pass."""

    OPEN = "open"
    ASKED = "asked"
    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    REFUSED = "refused"
    CROSSED = "crossed"
    TURNED_BACK = "turned-back"
    EXPIRED = "expired"
    INTERRUPTED = "interrupted"
    WRONG_WAY = "wrong-way"
    NOT_DONE = "not-done"


_DECIDED = {"granted": Outcome.OPEN, "ask": Outcome.ASKED}


def on_duty(con: Con) -> str:
    """Who is on duty now, in the order of their names, comma between."""
    return ",".join(user for (user,) in con.execute("SELECT user FROM duty ORDER BY user"))


def arm_is_up(con: Con, lane: str) -> bool:
    """Whether the lane's arm was last seen up."""
    row = con.execute("SELECT arm FROM lanes WHERE lane = ?", (lane,)).fetchone()
    return row is not None and row[0] in ("up", "held")


# ---- openings ----------------------------------------------------------------------------------------------------


def decided(con: Con, meta: Meta, e: ev.AccessDecided) -> None:
    """A card was presented: its pass, and where the card was last seen."""
    _settle_asked(con, e.lane, Outcome.UNANSWERED)
    outcome = _DECIDED.get(e.decision, Outcome.REFUSED)
    con.execute(
        """INSERT INTO passes (pass_seq, lane, direction, opened_ms, card, credential, category, decision, reason, actor, guard,
           plate_bound, plate_read, plate, plate_match, holder_seq, up_ms, outcome, live)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            *(meta.seq, e.lane, e.direction, meta.at_ms, e.card, e.credential, e.category or UNKNOWN),
            *(e.decision, e.reason, meta.actor, on_duty(con)),
            *(e.plate_bound, e.plate_read, e.plate_read or e.plate_bound, e.plate_match),
            *(meta.seq if meta.personal else None, _up_already(con, meta, e.lane, outcome)),
            *(outcome, int(outcome is not Outcome.REFUSED)),
        ),
    )
    if e.card:
        con.execute(
            "INSERT OR REPLACE INTO last_read (card, lane, at_ms, boot, mono_ms, seq) VALUES (?, ?, ?, ?, ?, ?)",
            (e.card, e.lane, meta.at_ms, meta.boot, meta.mono_ms, meta.seq),
        )


def opened(con: Con, meta: Meta, e: ev.PassOpened) -> None:
    """A guard lets a vehicle through: a row of its own, which answers what was asked at this lane."""
    _settle_asked(con, e.lane, Outcome.ANSWERED)
    up = _up_already(con, meta, e.lane, Outcome.OPEN)
    con.execute(
        """INSERT INTO passes (pass_seq, lane, direction, opened_ms, category, decision, reason, actor, guard, plate_read, plate,
           plate_match, up_ms, outcome, live) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'unbound', ?, ?, 1)""",
        (
            *(meta.seq, e.lane, e.direction, meta.at_ms, BY_HAND, BY_HAND, e.reason, meta.actor, on_duty(con)),
            *(e.plate, e.plate, up, Outcome.OPEN),
        ),
    )


def admitted(con: Con, meta: Meta, e: ev.PassAdmitted) -> None:
    """A guard's yes to a card that was refused or asked about: its pass goes on, with who said so and why."""
    con.execute(
        "UPDATE passes SET admitted_by = ?, admitted_reason = ?, up_ms = ? WHERE pass_seq = ? AND crossed_ms IS NULL",
        (meta.actor, e.reason, _up_already(con, meta, e.lane, Outcome.OPEN), e.pass_seq),
    )
    con.execute(
        "UPDATE passes SET outcome = ?, live = 1 WHERE pass_seq = ? AND crossed_ms IS NULL", (Outcome.OPEN, e.pass_seq)
    )


def not_done(con: Con, e: ev.CommandRefused) -> None:
    """A guard's opening was recorded and came too late to be carried out: an opening by hand never was one, and a card that was
    asked about or refused is as it was before."""
    con.execute(
        """UPDATE passes SET commanded_ms = NULL, up_ms = NULL, admitted_by = '', admitted_reason = '',
           live = (decision = 'ask'), outcome = CASE decision WHEN ? THEN ? WHEN 'ask' THEN ? ELSE ? END
           WHERE pass_seq = ? AND outcome = ?""",
        (BY_HAND, Outcome.NOT_DONE, Outcome.ASKED, Outcome.REFUSED, e.pass_seq, Outcome.OPEN),
    )


def lapsed(con: Con, _meta: Meta, e: ev.AccessLapsed) -> None:
    """The vehicle that was let in never came. The row stays live while the arm is up for it."""
    con.execute(
        "UPDATE passes SET outcome = ?, live = ? WHERE pass_seq = ? AND outcome = ?",
        (Outcome.EXPIRED, int(arm_is_up(con, e.lane)), e.pass_seq, Outcome.OPEN),
    )


def _settle_asked(con: Con, lane: str, outcome: Outcome) -> None:
    con.execute(
        "UPDATE passes SET outcome = ?, live = 0 WHERE lane = ? AND live = 1 AND outcome = ?",
        (outcome, lane, Outcome.ASKED),
    )


def _up_already(con: Con, meta: Meta, lane: str, outcome: Outcome) -> int | None:
    return meta.at_ms if outcome is Outcome.OPEN and arm_is_up(con, lane) else None


def restarted(con: Con) -> None:
    """The gate began anew: what was open is interrupted, what was asked unanswered, and no arm's place is known."""
    con.execute("UPDATE passes SET outcome = ? WHERE live = 1 AND outcome = ?", (Outcome.INTERRUPTED, Outcome.OPEN))
    con.execute("UPDATE passes SET outcome = ? WHERE live = 1 AND outcome = ?", (Outcome.UNANSWERED, Outcome.ASKED))
    con.execute("UPDATE passes SET live = 0 WHERE live = 1")
    con.execute("UPDATE lanes SET arm = 'unknown'")


# ---- the arm -----------------------------------------------------------------------------------------------------


def commanded(con: Con, meta: Meta, e: ev.BarrierCommanded) -> None:
    """The relay is about to be pulsed: the time of the first opening for a pass."""
    if e.pass_seq and e.action == "open":
        con.execute(
            "UPDATE passes SET commanded_ms = coalesce(commanded_ms, ?) WHERE pass_seq = ?", (meta.at_ms, e.pass_seq)
        )


def observed(con: Con, meta: Meta, e: ev.BarrierObserved) -> None:
    """The arm's place; up: for all who were let in; down: the end of what has passed or gone away."""
    con.execute(
        "INSERT OR REPLACE INTO lanes (lane, arm, since_ms, seq) VALUES (?, ?, ?, ?)",
        (e.lane, e.now, meta.at_ms, meta.seq),
    )
    if e.now in ("up", "held"):
        con.execute(
            "UPDATE passes SET up_ms = ? WHERE lane = ? AND live = 1 AND up_ms IS NULL AND outcome = ?",
            (meta.at_ms, e.lane, Outcome.OPEN),
        )
    elif e.now == "down":
        con.execute(
            """UPDATE passes SET closed_ms = ?, live = outcome = ? WHERE lane = ? AND live = 1 AND outcome <> ?
               AND (up_ms IS NOT NULL OR outcome <> ?)""",
            (meta.at_ms, Outcome.OPEN, e.lane, Outcome.ASKED, Outcome.OPEN),
        )


# ---- the vehicle -------------------------------------------------------------------------------------------------


def crossed(con: Con, meta: Meta, e: ev.VehicleCrossed) -> None:
    """A vehicle went through: on its pass, or as an unknown one when it has none (or its pass was used already)."""
    done = con.execute(
        "UPDATE passes SET crossed_ms = ?, crossed_seq = ?, outcome = ? WHERE pass_seq = ? AND crossed_ms IS NULL",
        (meta.at_ms, meta.seq, Outcome.CROSSED, e.pass_seq),
    ).rowcount
    pass_seq = e.pass_seq if done else _unauthorised(con, meta, e, e.direction, Outcome.CROSSED, e.plate)
    _move(con, meta, pass_seq, e.direction)


def wrong_way(con: Con, meta: Meta, e: ev.VehicleWrongWay) -> None:
    """A vehicle went through against the lane: it is where the lane does not lead, known by nothing but this."""
    row = con.execute(
        "SELECT direction FROM passes WHERE lane = ? AND outcome <> ? ORDER BY pass_seq DESC LIMIT 1",
        (e.lane, Outcome.WRONG_WAY),
    ).fetchone()
    direction = {IN: OUT, OUT: IN}.get(row[0] if row else "", "")
    _move(con, meta, _unauthorised(con, meta, e, direction, Outcome.WRONG_WAY), direction)


def _unauthorised(
    con: Con,
    meta: Meta,
    e: ev.VehicleCrossed | ev.VehicleWrongWay,
    direction: str,
    outcome: Outcome,
    plate: str = "",
) -> int:
    con.execute(
        """INSERT INTO passes (pass_seq, lane, direction, opened_ms, category, decision, reason, guard, plate_read, plate,
           plate_match, crossed_ms, crossed_seq, outcome, live)
           VALUES (?, ?, ?, ?, ?, 'none', 'unauthorised', ?, ?, ?, 'unbound', ?, ?, ?, 0)""",
        (
            *(meta.seq, e.lane, direction, meta.at_ms, UNKNOWN, on_duty(con), plate, plate),
            *(meta.at_ms, meta.seq, outcome),
        ),
    )
    if picture := _picture_of(con, e):
        con.execute("UPDATE pictures SET pass_seq = ? WHERE seq = ?", (meta.seq, picture[0]))
        con.execute("UPDATE passes SET picture_crossing = ? WHERE pass_seq = ?", (picture[1], meta.seq))
    return meta.seq


# The picture of a vehicle that nobody had admitted was taken before it had a pass, and is on record before its crossing or, when the
# storage card is slow, after it. Until they have met it lies under minus the vehicle's number.

_LATE = 1000
"""A picture that comes more events than this after its crossing belongs to none."""


def _picture_of(con: Con, e: ev.VehicleCrossed | ev.VehicleWrongWay) -> tuple[int, str] | None:
    """Number and digest, if it is on record."""
    if e.vehicle:
        sql = "SELECT seq, digest FROM pictures WHERE lane = ? AND moment = 'crossing' AND pass_seq = ?"
        found: tuple[int, str] | None = con.execute(sql, (e.lane, -e.vehicle)).fetchone()
        return found
    # journals of before vehicles had numbers: the lane's last one, if it has no pass
    last = con.execute(
        "SELECT seq, digest, pass_seq FROM pictures WHERE lane = ? AND moment = 'crossing' ORDER BY seq DESC LIMIT 1",
        (e.lane,),
    ).fetchone()
    return last[:2] if last and last[2] == 0 else None


def _crossing_of(con: Con, meta: Meta, e: ev.PictureTaken) -> int:
    """The number under which the vehicle of this picture has its pass; minus its own number when it has not crossed yet."""
    found = con.execute(
        f"""SELECT seq FROM journal WHERE seq BETWEEN ? AND ? AND kind IN ('{ev.VehicleCrossed.KIND}', '{ev.VehicleWrongWay.KIND}')
            AND data ->> '$.body.lane' = ? AND data ->> '$.body.vehicle' = ?""",
        (meta.seq - _LATE, meta.seq, e.lane, e.vehicle),
    ).fetchone()
    return found[0] if found else -e.vehicle


def turned_back(con: Con, _meta: Meta, e: ev.VehicleTurnedBack) -> None:
    """It went away again: nothing moved."""
    con.execute(
        "UPDATE passes SET outcome = ? WHERE pass_seq = ? AND crossed_ms IS NULL", (Outcome.TURNED_BACK, e.pass_seq)
    )


def tailgated(con: Con, _meta: Meta, e: ev.VehicleTailgated) -> None:
    """Marks the pass whose opening was used; the second vehicle has its own crossing."""
    con.execute("UPDATE passes SET tailgated = 1 WHERE pass_seq = ?", (e.after_pass,))


def noted(con: Con, meta: Meta, e: ev.PassNoted) -> None:
    """What the guard added. A plate that becomes known afterwards also sets right who is inside."""
    if e.passengers >= 0:
        con.execute("UPDATE passes SET passengers = ? WHERE pass_seq = ?", (e.passengers, e.pass_seq))
    if meta.personal:
        con.execute("UPDATE passes SET driver_seq = ? WHERE pass_seq = ?", (meta.seq, e.pass_seq))
    if not e.plate:
        return
    con.execute("UPDATE passes SET plate = ? WHERE pass_seq = ?", (e.plate, e.pass_seq))
    con.execute("UPDATE inside SET plate = ? WHERE pass_seq = ?", (e.plate, e.pass_seq))
    left = con.execute(
        "SELECT crossed_seq FROM passes WHERE pass_seq = ? AND direction = ? AND crossed_seq IS NOT NULL",
        (e.pass_seq, OUT),
    ).fetchone()
    if left:
        con.execute("DELETE FROM inside WHERE plate = ? AND pass_seq < ?", (e.plate, left[0]))


def pictured(con: Con, meta: Meta, e: ev.PictureTaken) -> None:
    """A picture belongs to its pass, under its moment."""
    pass_seq = _crossing_of(con, meta, e) if e.vehicle else e.pass_seq
    con.execute(
        "INSERT INTO pictures (seq, digest, lane, moment, pass_seq, size, keep) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (meta.seq, e.digest, e.lane, e.moment, pass_seq, e.size, e.keep),
    )
    if e.moment == "card":
        con.execute("UPDATE passes SET picture_card = ? WHERE pass_seq = ?", (e.digest, pass_seq))
    elif e.moment == "crossing":
        con.execute("UPDATE passes SET picture_crossing = ? WHERE pass_seq = ?", (e.digest, pass_seq))


# ---- where it is now ---------------------------------------------------------------------------------------------


def _move(con: Con, meta: Meta, pass_seq: int, direction: str) -> None:
    """The crossing of a pass: who is inside, and where its credential is."""
    credential, plate, category = con.execute(
        "SELECT credential, plate, category FROM passes WHERE pass_seq = ?", (pass_seq,)
    ).fetchone()
    gone = _leave(con, credential, plate)
    if direction == IN:
        con.execute(
            "INSERT INTO inside (pass_seq, credential, plate, category, since_ms) VALUES (?, ?, ?, ?, ?)",
            (pass_seq, credential, plate, category, meta.at_ms),
        )
    elif direction == OUT and not gone and not credential:
        _leave_nameless(con)
    for moved in sorted({credential, *(gone if direction == OUT else ())} - {""}):
        _place(con, meta, moved, {IN: "inside", OUT: "outside"}.get(direction, "unknown"), forgiven=False)


def _leave(con: Con, credential: str, plate: str) -> list[str]:
    """Take the vehicle off the list, by its credential or its plate; the credentials of what was taken off."""
    rows: list[tuple[str]] = []
    if credential:
        rows += con.execute("DELETE FROM inside WHERE credential = ? RETURNING credential", (credential,)).fetchall()
    if plate:
        rows += con.execute("DELETE FROM inside WHERE plate = ? RETURNING credential", (plate,)).fetchall()
    return [row[0] for row in rows]


def _leave_nameless(con: Con) -> None:
    """Somebody left of whom nothing is known: the one who has been inside longest of whom nothing is known either."""
    con.execute(
        """DELETE FROM inside WHERE pass_seq =
           (SELECT pass_seq FROM inside WHERE credential = '' AND plate = '' ORDER BY pass_seq LIMIT 1)"""
    )


def _place(con: Con, meta: Meta, credential: str, place: str, *, forgiven: bool) -> None:
    con.execute(
        "INSERT OR REPLACE INTO presence (credential, place, since_seq, since_ms, forgiven) VALUES (?, ?, ?, ?, ?)",
        (credential, place, meta.seq, meta.at_ms, int(forgiven)),
    )


def forgiven(con: Con, meta: Meta, e: ev.PassbackForgiven) -> None:
    """The guard has set it right: the next presentation on either side is accepted; the next crossing says where it is."""
    _place(con, meta, e.credential, "unknown", forgiven=True)
