"""Plates at the lanes: who is looked at, what was read of them, and what follows.

    loop covered, card, motion ─▶ look (Recogniser) ─▶ arrived ─┬─ at once: `plate_at`, the page
                                                                └─ pictures stored ─▶ one transaction: plate.read, and, where a plate may
                                                                   open by itself, the decision and the command ─▶ the lane

A lane may have more than one vehicle: the one under the arm and the one behind it. Each is a `Visit` to the lane of its own; the last one
is whom a card at the reader belongs to, the first one whoever crosses. A reading counts for its own vehicle and ends with it: a plate that
stood there a minute ago is nobody's.

What is certain goes to the policy (`Gate.plate_at`: card and plate agree, differ, unread). What is not goes to the guard with the crop and
the plates of the registry that it may have been; whatever the guard says then counts as the plate, and the first reading is kept.
A card's way is not touched by any of it: nothing here is awaited by it, it holds nothing that it waits for.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import cv2

from camera.base import Frame, PlateRead
from camera.burst import Burst
from camera.capture import Capture
from camera.plates.likeness import similar
from camera.snapshot import snapshot
from edge.clock import Stamp
from edge.domain import barrier as b
from edge.domain import events as ev
from edge.domain import events_plates as pv
from edge.domain.courtesy import daypart
from edge.domain.credentials import CardFacts
from edge.domain.pictures import Stored, class_of
from edge.domain.plate_alone import CONVOY, Alone, Seen, decide_plate, sure
from edge.domain.plates import compare, normal
from edge.domain.policy import Presented
from edge.errors import NotFound, StoreError
from edge.gate import Gate
from edge.lane import Lane, Prompt
from edge.orders import Person
from edge.pictures import Eyes, Pictures
from edge.recogniser import Job, Recogniser
from edge.settling import load_of
from edge.store import queries_plates
from edge.store.db import Tx

log = logging.getLogger(__name__)
KEPT: Final = 3
"""Vehicles at one lane, at most."""
STALE_MS: Final = 600_000
SAME_NS: Final = 300_000_000
"""A frame from so long before the loop was covered shows the same vehicle."""
ACTOR: Final = "device:plates"
LOOP, CARD, MOTION = "loop", "card", "motion"
MOMENTS: Final = ("plate", "plate-crop")


@dataclass(slots=True)
class Visit:
    """One vehicle's stay at a lane. `seq`: the number of its plate.read; `said`: what a guard says that the plate is."""

    number: int
    began_ms: int
    read: PlateRead | None = None
    said: str = ""
    seq: int = 0
    shown: dict[str, Any] = field(default_factory=dict)
    """For the page."""

    @property
    def text(self) -> str:
        """The plate, as far as it may be relied on."""
        return self.said or (self.read.text if self.read is not None and self.read.certain else "")


class Reading:
    """Lives in the loop. `opens`: lane → the groups whose plates may open by themselves; `emergency`: the gate's own list."""

    def __init__(
        self, gate: Gate, pictures: Pictures, opens: Mapping[str, frozenset[str]], emergency: frozenset[str]
    ) -> None:
        self._gate, self._pictures, self._opens, self._emergency = gate, pictures, opens, emergency
        self.recogniser: Recogniser | None = None
        self.eyes: dict[str, Eyes] = pictures.eyes
        self.convoy: Callable[[str], bool] = lambda plate: False
        """Whether a plate is on a convoy's list and in its time."""
        self.convoy_came: Callable[[str, str], Awaitable[object]] | None = None
        """A listed car stands before an arm (lane, plate): opens for it as the convoy's rules say."""
        self._here: dict[str, list[Visit]] = {}
        self._count = 0

    def start(self) -> None:
        """Begin to read, as soon as the models are loaded."""
        if self.recogniser is not None:
            self.recogniser.start()

    def close(self) -> None:
        """End the thread; blocks for the look that is under way."""
        if self.recogniser is not None:
            self.recogniser.close()

    # ---- whom to look at -------------------------------------------------------------------------------------------

    def seen(self, lane_id: str, event: ev.Event) -> None:
        """What the lane's loops say, as it happens."""
        match event:
            case ev.VehicleWaiting():
                if not self._gate.lanes[lane_id].state.under:
                    self._here[lane_id] = []
                self._look(lane_id, LOOP, self._new(lane_id))
            case ev.VehicleCrossed():
                self._gone(lane_id, first=True)
            case ev.VehicleTurnedBack():
                self._gone(lane_id, first=False)

    def carded(self, lane_id: str) -> None:
        """A card was presented: look, where nobody has been seen coming, or nothing certain has been read yet."""
        here = self._here.get(lane_id) or []
        visit = here[-1] if here and self._fresh(here[-1]) else self._new(lane_id)
        if not visit.text:
            self._look(lane_id, CARD, visit)

    def moved(self, lane_id: str) -> None:
        """Something large has come into the picture of a lane that has no loop for it."""
        self._look(lane_id, MOTION, self._new(lane_id))

    def _new(self, lane_id: str) -> Visit:
        self._count += 1
        visit = Visit(self._count, self._gate.clock.mono_ms())
        self._here[lane_id] = [*self._here.get(lane_id, []), visit][-KEPT:]
        return visit

    def _look(self, lane_id: str, why: str, visit: Visit) -> None:
        eyes = self.eyes.get(lane_id)
        if self.recogniser is not None and eyes is not None:
            began = time.monotonic_ns()
            newer = partial(_since, eyes.capture, began - SAME_NS)
            self.recogniser.ask(Job(lane_id, visit.number, why, newer, began))

    def _gone(self, lane_id: str, *, first: bool) -> None:
        here = self._here.get(lane_id, [])
        if here:
            here.pop(0 if first else -1)
        if not here and self.recogniser is not None:
            self.recogniser.over(lane_id)

    def _fresh(self, visit: Visit) -> bool:
        return self._gate.clock.mono_ms() - visit.began_ms < STALE_MS

    # ---- what is known ---------------------------------------------------------------------------------------------

    def plate_at(self, lane_id: str) -> str:
        """The plate of whom a card at this lane's reader belongs to, when it is certain; "" otherwise (Gate.plate_at)."""
        here = self._here.get(lane_id) or []
        return here[-1].text if here and self._fresh(here[-1]) else ""

    def crossing(self, lane_id: str) -> str:
        """The same of whoever goes through first (Lane.plate_now)."""
        here = self._here.get(lane_id) or []
        return here[0].text if here and self._fresh(here[0]) else ""

    def shown(self, lane_id: str) -> dict[str, Any] | None:
        """The last reading, for the page; None: nothing has been read of whoever stands there."""
        here = self._here.get(lane_id) or []
        if not here or not here[-1].shown or not self._fresh(here[-1]):
            return None
        return {**here[-1].shown, "plate": here[-1].said}

    def _visit(self, job: Job) -> Visit | None:
        return next((one for one in self._here.get(job.lane, ()) if one.number == job.number), None)

    # ---- what was read ---------------------------------------------------------------------------------------------

    def found(self, value: tuple[Job, Burst]) -> None:
        """A reading, from the recogniser's thread through the bridge."""
        job, burst = value
        if burst.read is None or job.lane not in self._gate.lanes:
            return
        visit = self._visit(job)
        if visit is not None:
            visit.read = burst.read
        self._gate.bridge.spawn(self._record(job, burst, burst.read))

    async def _record(self, job: Job, burst: Burst, read: PlateRead) -> None:
        lane, stamp = self._gate.lane(job.lane), self._gate.clock.stamp()
        pictures = await self._store(burst)
        known = await self._known(read)
        visit = self._visit(job)
        busy = visit is None or bool(lane.granted or lane.asked or lane.deciding) or self._last(lane) is not visit
        pass_seq = 0 if visit is None else lane.asked or next(reversed(lane.granted.values()), 0)
        opens = lane.relays is not None and not busy and lane.would_pulse(b.Authorised(0))
        convoy = not busy and bool(read.text) and self.convoy(read.text)
        case = _Case(lane, job, burst, read, pictures, known, stamp, pass_seq, busy, opens, convoy)
        try:
            done = await self._gate.store.transact(partial(self._write, case), urgent=bool(self._opens.get(lane.id)))
        except StoreError as e:
            log.error("lane %s: a reading waits to be recorded: %s", lane.id, e)
            self._gate.note(
                (*_taken(case), _event(case, "unread", "not-recorded"))
            )  # it opens nothing, and nothing is lost
            return
        seq, alone, of = done
        if visit is not None:
            visit.seq = seq
            visit.shown = _for_page(seq, read, pictures, known, of.match)
        if alone.decision is not None:
            await self._open(lane, visit, alone, of, stamp)
        elif alone.why == CONVOY and self.convoy_came is not None and visit is not None:
            await self.convoy_came(lane.id, read.text)
        elif of.match == "differs" and pass_seq:
            lane.show(
                Prompt("plate-late", {"plate": read.text, "bound": ", ".join(of.bound)}, seq=pass_seq), lane.asked
            )
        self._gate.changed()

    def _last(self, lane: Lane) -> Visit | None:
        here = self._here.get(lane.id)
        return here[-1] if here else None

    async def _store(self, burst: Burst) -> tuple[Stored | None, Stored | None]:
        """The best frame and the crop, kept; none where that is not possible: a reading is worth more than its picture."""
        try:
            return await self._pictures.on_thread(partial(_kept, self._pictures, burst))
        except (StoreError, cv2.error, ValueError, RuntimeError) as e:
            log.error("no picture of a plate: %s", e)
            return None, None

    async def _known(self, read: PlateRead) -> tuple[str, ...]:
        """Plates of the registry that a doubtful reading may have been."""
        if read.certain or not read.text:
            return ()

        def look() -> tuple[str, ...]:
            with self._gate.store.reader() as con:
                near = queries_plates.near(con, read.text)
            return tuple(one.plate for one in similar(read, near, most=4))

        return await asyncio.to_thread(look)

    def _write(self, case: _Case, tx: Tx) -> tuple[int, Alone, _Of]:
        """The reading, what it says of the card that came first, and whether it opens by itself: one transaction."""
        lane, read, stamp, pass_seq = case.lane, case.read, case.stamp, case.pass_seq
        bound = queries_plates.bound_to_pass(tx.con, pass_seq) if pass_seq else None
        of = _Of(compare(bound, read.text if read.certain else "") if bound is not None else "unread", bound or ())
        alone = Alone(why="busy") if case.busy else self._alone(case, tx)
        for taken in _taken(case):
            tx.append(taken, actor=ACTOR, stamp=stamp)
        seq = tx.append(_event(case, of.match, alone.why), actor=ACTOR, stamp=stamp, rule="V2")
        if alone.decision is None:
            return seq, alone, of
        decided = tx.append(_decided(lane, read.text, alone), actor=ACTOR, stamp=stamp, rule=alone.decision.rule)
        of.numbers, of.opens = [decided], case.opens
        of.card = queries_plates.uid_of(tx.con, _credential(alone.facts))
        if case.opens:
            commanded = ev.BarrierCommanded(lane.id, "open", "plate", pass_seq=decided)
            of.numbers.append(tx.append(commanded, actor=ACTOR, stamp=stamp))
        return seq, alone, of

    def _alone(self, case: _Case, tx: Tx) -> Alone:
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

    async def _open(self, lane: Lane, visit: Visit | None, alone: Alone, of: _Of, stamp: Stamp) -> None:
        """The decision is on record: now the arm. Not for a vehicle that has left meanwhile, nor twice for one whose card was quicker."""
        (seq, *_), decision, facts = of.numbers, alone.decision, alone.facts
        assert decision is not None
        if visit is None or visit not in self._here.get(lane.id, ()) or lane.granted or lane.asked:
            refused = ev.CommandRefused(lane.id, "open", "late", of=tuple(of.numbers), pass_seq=seq)
            await self._gate.record((refused,), actor=ACTOR)
            return
        holder = facts.credential if facts is not None else None
        params = {
            "surname": holder.surname if holder else "",
            "title": holder.title if holder else "",
            "supervisor": bool(holder and holder.supervisor),
            "daypart": daypart(self._gate.local(stamp)),
            "reason": decision.reason.value,
            "plate": visit.text,
        }
        lane.show(Prompt("greet", params, salute=decision.salute, seq=seq))
        if lane.relays is None:
            lane.show(Prompt("no-relays", seq=seq), asked=seq)
        else:
            lane.granted[of.card or f"plate:{visit.text}"] = seq  # its card, presented now, is no second vehicle
            lane.feed(b.Authorised(seq), covered=of.opens, of=tuple(of.numbers))
        self._gate.snap(lane.id, "plate-alone", seq)

    # ---- what a guard says -----------------------------------------------------------------------------------------

    async def correct(self, person: Person, lane_id: str, reading: int, plate: str, key: str = "") -> int:
        """Which plate it really is: typed, chosen or confirmed. The number of its event. Raises NotFound."""
        self._gate.lane(lane_id)
        text, stamp = normal(plate), self._gate.clock.stamp()

        def work(tx: Tx) -> int:
            was = queries_plates.reading(tx.con, reading)
            if was is None or was["lane"] != lane_id:
                raise NotFound(f"没有第 {reading} 号车牌识别 · no such reading", "请重新选择 · choose it again")
            how = (
                "confirmed"
                if text == was["text"]
                else "chosen"
                if text in (*was["known"], *was["candidates"])
                else "typed"
            )
            said = pv.PlateCorrected(lane_id, reading, text, was["text"], how, was["pass_seq"])
            return tx.append(said, actor=f"user:{person.user}", stamp=stamp, rule="V2")

        seq = await self._gate.once(key, person, stamp, work)
        for visit in self._here.get(lane_id, ()):
            if visit.seq == reading:
                visit.said = text
        self._gate.changed()
        return seq


@dataclass(frozen=True, slots=True)
class _Case:
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
class _Of:
    """What a transaction found: plate against the card that came first, its plates; the numbers of a decision; its credential's card."""

    match: str
    bound: tuple[str, ...]
    numbers: list[int] = field(default_factory=list)
    card: str = ""
    opens: bool = False


def _taken(case: _Case) -> tuple[ev.PictureTaken, ...]:
    return tuple(
        ev.PictureTaken(case.lane.id, moment, kept.digest, kept.size, case.pass_seq, kept.keep, kept.thumbnail)
        for kept, moment in zip(case.pictures, MOMENTS, strict=True)
        if kept is not None
    )


def _event(case: _Case, match: str, alone: str) -> pv.PlateWasRead:
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


def _credential(facts: CardFacts | None) -> str:
    return facts.credential.id if facts is not None and facts.credential is not None else ""


def _decided(lane: Lane, plate: str, alone: Alone) -> ev.AccessDecided:
    decision, holder = alone.decision, alone.facts.credential if alone.facts else None
    assert decision is not None
    return ev.AccessDecided(
        lane=lane.id,
        direction=lane.table.direction,
        reader="plate",
        card="",
        credential=holder.id if holder else "",
        category=holder.category.value if holder else "emergency",
        decision=decision.answer.value,
        reason=decision.reason.value,
        plate_bound=holder.plates[0] if holder and holder.plates else "",
        plate_read=plate,
        plate_match=decision.plate_match,
        salute=decision.salute,
        holder=holder.holder if holder else "",
    )


def _kept(pictures: Pictures, burst: Burst) -> tuple[Stored | None, Stored | None]:
    """On the pictures' thread."""
    whole = crop = None
    if burst.frame is not None:
        taken = snapshot(burst.frame)
        whole = pictures.put(taken.jpeg, class_of(MOMENTS[0]), taken.thumbnail)
    if burst.read is not None and burst.read.crop is not None and burst.read.crop.size:
        small = snapshot(Frame(burst.read.crop, 0, 0))
        crop = pictures.put(small.jpeg, class_of(MOMENTS[1]), b"")
    return whole, crop


def _since(capture: Capture, oldest_ns: int, number: int, seconds: float) -> Frame | None:
    """The newest frame after that number, but none from before the vehicle came: a camera that is gone still has its last one."""
    frame = capture.wait_newer(number, seconds)
    if frame is not None and frame.mono_ns < oldest_ns:
        frame = capture.wait_newer(frame.number, seconds)
    return frame


def _for_page(
    seq: int, read: PlateRead, pictures: tuple[Stored | None, Stored | None], known: tuple[str, ...], match: str
) -> dict[str, Any]:
    others = [each.text for each in read.candidates if each.text != read.text]
    return {
        "seq": seq,
        "text": read.text,
        "certain": read.certain,
        "confidence": round(read.confidence, 3),
        "colour": read.colour,
        "known": list(known),
        "candidates": [text for text in others if text not in known][:4],
        "picture": pictures[0].digest if pictures[0] else "",
        "crop": pictures[1].digest if pictures[1] else "",
        "match": match,
    }
