"""Scanners of appointment codes: the one on the desk, and those at lanes (P3, P4, V3).

    desk   the appointment, or why there is none, comes up on the pages once, whoever looks at them; nothing begins by itself
    lane   the guard's page says who is expected at which lane, with one tap to go on; or why the code is none

At a lane that is set so (`on_code = "open"`) a code with a plate opens by itself when the camera has just read the same plate, the clock can be
relied on and nobody looks out for the visitor: `edge.domain.codes.may_open`. Then the visit has begun and is inside, with the lane as the one who
let it in; everything else waits for the guard's tap. Actor of what is recorded is the scanner.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from edge.bridge import Change
from edge.desk import expecting
from edge.desk.act import Act
from edge.desk.reception import Reception
from edge.domain import barrier as b
from edge.domain import codes as rules
from edge.domain import events as ev
from edge.domain import events_codes as codes
from edge.domain import events_desk as desk
from edge.domain import expected as x
from edge.domain.courtesy import daypart
from edge.domain.pictures import PASS
from edge.domain.plates import compare, normal
from edge.domain.policy import Answer, Reason
from edge.errors import GateError, StoreError
from edge.gate import Gate
from edge.lane import Lane, Prompt
from edge.orders import Person
from edge.store import queries_visits as q
from sync.surnames import surname_of

UNREADABLE = "code-strange"
READING_MS = 1_500
"""A plate is read within a second of the vehicle's standing there."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A good code at a lane. `seq`: of the pass that it opened, 0: the guard is asked."""

    row: dict[str, Any]
    match: str
    plate_read: str
    seq: int = 0
    pulses: bool = False


class Scanners:
    """Over a Gate; lives in its loop."""

    def __init__(self, gate: Gate, reception: Reception) -> None:
        self._gate, self._reception = gate, reception

    async def scanned(self, place: str, device: str, text: str) -> None:
        """A text was read. `place`: a lane, or the desk. Never raises."""
        lane = self._gate.lanes.get(place)
        person = Person(f"device:{device}", "")
        try:
            if lane is None:
                await self._at_desk(person, text)
            else:
                await self._at_lane(lane, person, text)
        except StoreError as e:
            if lane is not None:
                lane.show(Prompt("not-recorded", {"code": e.code}), lane.asked)

    async def _at_desk(self, person: Person, text: str) -> None:
        try:
            number = await self._reception.find(person, text)
            said = {"appointment": asdict(self._reception.appointment(number))}
        except StoreError:
            raise
        except GateError as e:
            said = {"error": {"code": e.code, "message": e.message, "hint": e.hint}}
        self._gate.hub.publish(Change("scan", 0, said))

    async def _at_lane(self, lane: Lane, person: Person, text: str) -> None:
        if not x.is_token(text):
            lane.show(Prompt(f"code.{UNREADABLE}"), lane.asked)
            return
        try:
            number = await self._reception.find(person, text)
            if lane.on_code == "open" and lane.table.direction == "in":
                await self._plate(lane)
            shown = await self._reception.in_one(person, lambda act: self._shown(act, lane, number))
        except StoreError:
            raise
        except GateError as e:
            if e.code == "appointment-used" and any(key.startswith("visit:") for key in lane.granted):
                return  # the arm is up for it: held to the scanner a little longer
            lane.show(Prompt(f"code.{e.code}"), lane.asked)
            lane.tell(Answer.REFUSED.value)
            return
        lane.show(self._prompt(lane, shown), lane.asked)
        if shown.seq:
            lane.granted[f"visit:{shown.row['visit']}"] = shown.seq
            lane.feed(b.Authorised(shown.seq), covered=shown.pulses)
            lane.tell(Answer.GRANTED.value)
            self._gate.snap(lane.id, "card", shown.seq, PASS)

    async def _plate(self, lane: Lane) -> None:
        """The visitor may be quicker than the camera: wait a moment for the reading."""
        with self._gate.hub.subscribe() as changes, suppress(TimeoutError):
            async with asyncio.timeout(self._gate.clock.seconds(READING_MS)):
                while not self._gate.plate_at(lane.id):
                    await changes.get()

    # ---- within the transaction ------------------------------------------------------------------------------------

    def _shown(self, act: Act, lane: Lane, number: int) -> Shown:
        (row,) = q.appointment_rows(act.con, "a.appointment = ?", number)
        read = normal(self._gate.plate_at(lane.id))
        match = compare((row["plate"],) if row["plate"] else (), read)
        seen = x.Seen(row["name"], row["plate"], row["phone"])
        watched = "waiting" if any(x.fits(entry, seen, act.today) for entry in q.watched(act.con)) else ""
        opens = lane.relays is not None and rules.may_open(
            lane.on_code, lane.table.direction, row["plate"], read, clock=act.local is not None, watched=watched
        )
        act.append(codes.CodeShown(lane.id, number, row["plate"], read, match, opens), self._rule(act, row))
        return self._let_in(act, lane, row, match, read) if opens else Shown(row, match, read)

    def _let_in(self, act: Act, lane: Lane, row: dict[str, Any], match: str, read: str) -> Shown:
        """The lane is set so: the visit begins and is inside, and its pass is the register's as any other."""
        rule = self._rule(act, row)
        visit = expecting.arrive(act, row["appointment"], "qr").about
        act.append(desk.VisitAdmitted(visit), rule)
        made = ev.AccessDecided(
            lane=lane.id,
            direction=lane.table.direction,
            reader="code",
            card="",
            credential=f"visit:{visit}",
            category="temporary",
            decision=Answer.GRANTED.value,
            reason=Reason.OK_CODE.value,
            plate_bound=row["plate"],
            plate_read=read,
            plate_match=match,
            salute=True,
            holder=row["name"],
        )
        seq = act.append(made, rule)
        pulses = lane.would_pulse(b.Authorised(seq))
        if pulses:
            act.append(ev.BarrierCommanded(lane.id, "open", "code", pass_seq=seq), rule)
        return Shown(row | {"visit": visit}, match, read, seq, pulses)

    @staticmethod
    def _rule(act: Act, row: dict[str, Any]) -> str:
        kind = act.plan.kinds.get(row["kind"])
        return kind.rule.get(row["mode"], "") if kind else ""

    # ---- what the guard reads --------------------------------------------------------------------------------------

    def _prompt(self, lane: Lane, shown: Shown) -> Prompt:
        row = shown.row
        params = {
            "surname": surname_of(row["name"]),
            "title": row["title"],
            "daypart": daypart(self._gate.local(self._gate.clock.stamp())),
            "plate": row["plate"],
            "read": shown.plate_read,
            "unit": row["unit"],
            "lane": lane.table.name,
        }
        if shown.seq:
            return Prompt("greet", params | {"reason": Reason.OK_CODE.value}, salute=True, seq=shown.seq)
        code = "code.differs" if shown.match == "differs" else "code.expected"
        return Prompt(code, params | {"appointment": row["appointment"]}, salute=True)
