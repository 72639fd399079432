"""Plates at the lanes: who is looked at, what was read of them, and what follows.

    loop covered, card, motion ─▶ look (Recogniser) ─▶ found ─┬─ at once: `plate_at`, the page
                                                              └─ pictures stored ─▶ one transaction (plate_record.py) ─▶ the lane

Whom a reading belongs to is kept by plate_visits.py. What is certain goes to the policy (`Gate.plate_at`: card and plate agree, differ, unread).
What is not goes to the guard with the crop and the plates of the registry that it may have been; whatever the guard says then counts as the
plate, and the first reading is kept. A card's way is not touched by any of it: nothing here is awaited by it, it holds nothing that it waits for.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

import cv2

from camera.base import Frame, PlateRead
from camera.burst import Burst
from camera.capture import Capture
from camera.plates.likeness import similar
from camera.snapshot import snapshot
from edge.correcting import Correcting
from edge.domain import barrier as b
from edge.domain import events as ev
from edge.domain.courtesy import daypart
from edge.domain.event import Event
from edge.domain.pictures import Stored, class_of
from edge.domain.plate_alone import CONVOY
from edge.domain.plates import normal
from edge.errors import StoreError
from edge.gate import Gate
from edge.lane import Prompt
from edge.orders import Person
from edge.pictures import Eyes, Pictures
from edge.plate_record import ACTOR, MOMENTS, Case, Record, Recorded
from edge.plate_visits import Here, Visit
from edge.recogniser import Job, Recogniser
from edge.store import queries_plates

log = logging.getLogger(__name__)
SAME_NS: Final = 300_000_000
"""A frame from so long before the loop was covered shows the same vehicle."""
LOOP, CARD, MOTION = "loop", "card", "motion"


class Reading:
    """Lives in the loop. `opens`: lane → the groups whose plates may open by themselves; `emergency`: the gate's own list."""

    def __init__(
        self, gate: Gate, pictures: Pictures, opens: Mapping[str, frozenset[str]], emergency: frozenset[str]
    ) -> None:
        self._gate, self._pictures = gate, pictures
        self._record = Record(gate, opens, emergency)
        self._correcting = Correcting(gate)
        self.recogniser: Recogniser | None = None
        self.eyes: dict[str, Eyes] = pictures.eyes
        self.convoy: Callable[[str], bool] = lambda plate: False
        """Whether a plate is on a convoy's list and in its time."""
        self.convoy_came: Callable[[str, str], Awaitable[object]] | None = None
        """A listed car stands before an arm (lane, plate): opens for it as the convoy's rules say."""
        self._here = Here(gate.clock)

    def start(self) -> None:
        """Begin to read, as soon as the models are loaded."""
        if self.recogniser is not None:
            self.recogniser.start()

    def close(self) -> None:
        """End the thread; blocks for the look that is under way."""
        if self.recogniser is not None:
            self.recogniser.close()

    # ---- whom to look at -------------------------------------------------------------------------------------------

    def seen(self, lane_id: str, event: Event) -> None:
        """What the lane's loops say, as it happens."""
        match event:
            case ev.VehicleWaiting():
                first = not self._gate.lanes[lane_id].state.under
                self._look(lane_id, LOOP, self._here.came(lane_id, first=first))
            case ev.VehicleCrossed():
                self._gone(lane_id, first=True)
            case ev.VehicleTurnedBack():
                self._gone(lane_id, first=False)

    def carded(self, lane_id: str) -> None:
        """A card was presented: look, where nobody has been seen coming, or nothing certain has been read yet."""
        visit = self._here.last(lane_id) or self._here.came(lane_id)
        if not visit.text:
            self._look(lane_id, CARD, visit)

    def moved(self, lane_id: str) -> None:
        """Something large has come into the picture of a lane that has no loop for it."""
        self._look(lane_id, MOTION, self._here.came(lane_id))

    def _look(self, lane_id: str, why: str, visit: Visit) -> None:
        eyes = self.eyes.get(lane_id)
        if self.recogniser is not None and eyes is not None:
            began = time.monotonic_ns()
            newer = partial(_since, eyes.capture, began - SAME_NS)
            self.recogniser.ask(Job(lane_id, visit.number, why, newer, began))

    def _gone(self, lane_id: str, *, first: bool) -> None:
        if self._here.gone(lane_id, first=first) and self.recogniser is not None:
            self.recogniser.over(lane_id)

    # ---- what is known ---------------------------------------------------------------------------------------------

    def plate_at(self, lane_id: str) -> str:
        """The plate of whom a card at this lane's reader belongs to, when it is certain; "" otherwise (Gate.plate_at)."""
        visit = self._here.last(lane_id)
        return visit.text if visit is not None else ""

    def crossing(self, lane_id: str) -> str:
        """The same of whoever goes through first (Lane.plate_now)."""
        visit = self._here.first(lane_id)
        return visit.text if visit is not None else ""

    def shown(self, lane_id: str) -> dict[str, Any] | None:
        """The last reading, for the page; None: nothing has been read of whoever stands there."""
        visit = self._here.last(lane_id)
        return {**visit.shown, "plate": visit.said} if visit is not None and visit.shown else None

    # ---- what was read ---------------------------------------------------------------------------------------------

    def found(self, value: tuple[Job, Burst]) -> None:
        """A reading, from the recogniser's thread through the bridge."""
        job, burst = value
        if burst.read is None or job.lane not in self._gate.lanes:
            return
        visit = self._here.find(job.lane, job.number)
        if visit is not None:
            visit.read = burst.read
        self._gate.bridge.spawn(self._keep(job, burst, burst.read))

    async def _keep(self, job: Job, burst: Burst, read: PlateRead) -> None:
        lane, stamp = self._gate.lane(job.lane), self._gate.clock.stamp()
        pictures = await self._store(burst)
        known = await self._known(read)
        visit = self._here.find(job.lane, job.number)
        taken = bool(lane.granted or lane.asked or lane.deciding)
        busy = visit is None or taken or self._here.at(lane.id)[-1] is not visit
        pass_seq = 0 if visit is None else lane.asked or next(reversed(lane.granted.values()), 0)
        opens = lane.relays is not None and not busy and lane.would_pulse(b.Authorised(0))
        convoy = not busy and bool(read.text) and self.convoy(read.text)
        case = Case(lane, job, burst, read, pictures, known, stamp, pass_seq, busy, opens, convoy)
        try:
            done = await self._record.write(case)
        except StoreError as e:
            log.error("lane %s: a reading waits to be recorded: %s", lane.id, e)
            self._record.later(case)
            return
        if visit is not None:
            visit.seq = done.seq
            visit.shown = _for_page(done.seq, read, pictures, known, done.match)
        if done.alone.decision is not None:
            await self._open(case, visit, done)
        elif done.alone.why == CONVOY and self.convoy_came is not None and visit is not None:
            await self.convoy_came(lane.id, read.text)
        elif done.match == "differs" and pass_seq:
            differs = {"plate": read.text, "bound": ", ".join(done.bound)}
            lane.show(Prompt("plate-late", differs, seq=pass_seq), lane.asked)
        self._gate.changed()

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

    async def _open(self, case: Case, visit: Visit | None, done: Recorded) -> None:
        """The decision is on record: now the arm. Not for a vehicle that has left meanwhile, nor twice for one whose card was quicker."""
        lane, seq, decision, facts = case.lane, done.numbers[0], done.alone.decision, done.alone.facts
        assert decision is not None
        if visit is None or visit not in self._here.at(lane.id) or lane.granted or lane.asked:
            refused = ev.CommandRefused(lane.id, "open", "late", of=tuple(done.numbers), pass_seq=seq)
            await self._gate.record((refused,), actor=ACTOR)
            return
        holder = facts.credential if facts is not None else None
        params = {
            "surname": holder.surname if holder else "",
            "title": holder.title if holder else "",
            "supervisor": bool(holder and holder.supervisor),
            "daypart": daypart(self._gate.local(case.stamp)),
            "reason": decision.reason.value,
            "plate": visit.text,
        }
        lane.show(Prompt("greet", params, salute=decision.salute, seq=seq))
        if lane.relays is None:
            lane.show(Prompt("no-relays", seq=seq), asked=seq)
        else:
            lane.granted[done.card or f"plate:{visit.text}"] = seq  # its card, presented now, is no second vehicle
            lane.feed(b.Authorised(seq), covered=case.opens, of=tuple(done.numbers))
        self._gate.snap(lane.id, "plate-alone", seq)

    # ---- what a guard says -----------------------------------------------------------------------------------------

    async def correct(self, person: Person, lane_id: str, reading: int, plate: str, key: str = "") -> int:
        """Which plate it really is: typed, chosen or confirmed. The number of its event. Raises NotFound."""
        self._gate.lane(lane_id)
        text = normal(plate)
        seq = await self._correcting.plate_is(person, lane_id, reading, text, key)
        for visit in self._here.at(lane_id):
            if visit.seq == reading:
                visit.said = text
        self._gate.changed()
        return seq


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
