"""A reading's transaction: the pictures that were stored, plate.read, what it says of the card that came first, and, where a plate may
open by itself, the decision and the command. All of it or none; pure but for what it reads of the database inside that transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from camera.base import PlateRead
from camera.burst import Burst
from edge.clock import Stamp
from edge.decided import decided
from edge.domain import events as ev
from edge.domain import events_plates as pv
from edge.domain.pictures import Stored
from edge.domain.plate_alone import Alone, Seen, decide_plate, sure
from edge.domain.plates import compare
from edge.domain.policy import Presented
from edge.gate import Gate
from edge.lane import Lane
from edge.recogniser import Job
from edge.settling import load_of
from edge.store import queries_plates
from edge.store.db import Tx

ACTOR: Final = "device:plates"
MOMENTS: Final = ("plate", "plate-crop")
"""Of the whole picture and of the crop."""


@dataclass(frozen=True, slots=True)
class Case:
    """A reading with all that its transaction needs. `busy`: somebody has been let through or asked about there already, or the vehicle
    is not the last of its lane any more; `opens`: the table would move the relay now."""

    lane: Lane
    job: Job
    burst: Burst
    read: PlateRead
    pictures: tuple[Stored | None, Stored | None]
    known: tuple[str, ...]
    stamp: Stamp
    pass_seq: int
    busy: bool
    opens: bool
    convoy: bool


@dataclass(slots=True)
class Recorded:
    """What the transaction wrote and found. `seq`: of plate.read; `match`: plate against the card that came first, `bound`: its plates;
    `numbers`: of a decision and its command; `card`: of the decision's credential."""

    seq: int
    alone: Alone
    match: str
    bound: tuple[str, ...]
    numbers: list[int] = field(default_factory=list)
    card: str = ""


class Record:
    """`opens`: lane → the groups whose plates may open by themselves; `emergency`: the gate's own list."""

    def __init__(self, gate: Gate, opens: Mapping[str, frozenset[str]], emergency: frozenset[str]) -> None:
        self._gate, self._opens, self._emergency = gate, opens, emergency

    async def write(self, case: Case) -> Recorded:
        """Urgent where the arm may have to wait for it. Raises StoreError."""
        return await self._gate.store.transact(partial(self._write, case), urgent=bool(self._opens.get(case.lane.id)))

    def later(self, case: Case) -> None:
        """The journal cannot be written now: a reading opens nothing then, and is written when it can be."""
        self._gate.note((*_taken(case), _event(case, "unread", "not-recorded")))

    def _write(self, case: Case, tx: Tx) -> Recorded:
        lane, read, stamp, pass_seq = case.lane, case.read, case.stamp, case.pass_seq
        bound = queries_plates.bound_to_pass(tx.con, pass_seq) if pass_seq else None
        match = compare(bound, read.text if read.certain else "") if bound is not None else "unread"
        alone = Alone(why="busy") if case.busy else self._alone(case, tx)
        for taken in _taken(case):
            tx.append(taken, actor=ACTOR, stamp=stamp)
        seq = tx.append(_event(case, match, alone.why), actor=ACTOR, stamp=stamp, rule="V2")
        done = Recorded(seq, alone, match, bound or ())
        if alone.decision is None:
            return done
        holder = alone.facts.credential if alone.facts is not None else None
        said = decided(lane, "plate", alone.decision, holder, plate=read.text, category="emergency")
        number = tx.append(said, actor=ACTOR, stamp=stamp, rule=alone.decision.rule)
        done.numbers.append(number)
        done.card = queries_plates.uid_of(tx.con, holder.id if holder is not None else "")
        if case.opens:
            commanded = ev.BarrierCommanded(lane.id, "open", "plate", pass_seq=number)
            done.numbers.append(tx.append(commanded, actor=ACTOR, stamp=stamp))
        return done

    def _alone(self, case: Case, tx: Tx) -> Alone:
        lane, read, rules = case.lane, case.read, self._gate.rules
        seen = Seen(read.text, read.certain, read.certain_frames)
        opens = self._opens.get(lane.id, frozenset())
        presented = Presented(lane.id, lane.table.direction, self._gate.local(case.stamp))
        if not opens or sure(seen):
            return decide_plate(presented, seen, queries_plates.NOBODY, opens, rules)
        emergency = read.text in self._emergency
        facts = queries_plates.plate_facts(tx.con, read.text, case.stamp, convoy=case.convoy, emergency=emergency)
        if lane.table.direction == "out":
            facts = queries_plates.with_loads(facts, lambda card: load_of(tx.con, lane, card, case.stamp, rules))
        return decide_plate(presented, seen, facts, opens, rules)


def _taken(case: Case) -> tuple[ev.PictureTaken, ...]:
    return tuple(
        ev.PictureTaken(case.lane.id, moment, kept.digest, kept.size, case.pass_seq, kept.keep, kept.thumbnail)
        for kept, moment in zip(case.pictures, MOMENTS, strict=True)
        if kept is not None
    )


def _event(case: Case, match: str, alone: str) -> pv.PlateWasRead:
    read, burst = case.read, case.burst
    whole, crop = (stored.digest if stored else "" for stored in case.pictures)
    return pv.PlateWasRead(
        lane=case.lane.id,
        direction=case.lane.table.direction,
        why=case.job.why,
        text=read.text,
        certain=read.certain,
        confidence=round(read.confidence * 1000),
        kind=read.kind,
        colour=read.colour,
        candidates=tuple(each.text for each in read.candidates),
        known=case.known,
        frames=burst.looked,
        sure_frames=read.certain_frames,
        ms=burst.ms,
        picture=whole,
        crop=crop,
        pass_seq=case.pass_seq,
        match=match,
        alone=alone,
    )
