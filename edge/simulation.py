"""Plays scenarios (scenario.py) at a simulated gate, at the lowest seam, and holds what happened against the journal.

`who` of a step is looked up in the registry when the step begins: somebody of that kind who is on the right side of the gate. So the same scenario
can be played again and again on the same gate.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from edge.bridge import Bridge
from edge.clock import Clock
from edge.errors import GateError, NotFound
from edge.scenario import Scenario, Step, load
from edge.settings_lane import LaneTable
from edge.store.db import Store

GIVE_UP_S = 180
ANSWER_S = 2.0
"""In real seconds: so long a step waits for the journal to say what became of its card, after the vehicle has gone."""
DESK_CARD = "desk-card"
"""Not a scenario of a file: a card at the reader beside the tablet."""
log = logging.getLogger(__name__)


class Vehicle(Protocol):
    """A vehicle under way; drivers.sim_vehicle.SimulatedVehicle satisfies it."""

    @property
    def outcome(self) -> str:
        """crossed, turned-back, gave-up; empty while under way."""

    def when_done(self, call: Callable[[], None]) -> None:
        """Call it when the vehicle is gone, on any thread."""


class Playground(Protocol):
    """The simulated world as a scenario needs it; wiring makes it of drivers.simulated.World and the cameras."""

    def car(self, lane: str, plate: str, card: bytes | None, behaviour: str) -> Vehicle:
        """A vehicle drives up."""

    def fault(self, lane: str, name: str, on: bool) -> None:
        """A fault begins or ends."""

    def desk_card(self, uid: bytes) -> None:
        """A card is held to the reader beside the tablet. Raises NotFound where there is none."""


@dataclass(slots=True)
class Told:
    """What a step came to."""

    step: Step
    lane: str
    plate: str = ""
    card: str = ""
    decision: str = ""
    reason: str = ""
    outcome: str = ""
    problem: str = ""
    """Why the step could not be played."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def wrong(self) -> str:
        """What is not as the scenario expects; empty when all is."""
        if self.problem:
            return self.problem
        said = (self.decision, self.reason)
        if self.step.expect and self.step.expect not in said:
            return f"expected {self.step.expect}, the gate said {' '.join(said).strip() or 'nothing'}"
        if self.step.outcome and self.step.outcome != self.outcome:
            return f"expected {self.step.outcome}, the vehicle {self.outcome or 'never left'}"
        return ""


class Stage:
    """Plays scenarios on a gate's playground."""

    def __init__(
        self, folder: Path, world: Playground, lanes: tuple[LaneTable, ...], store: Store, clock: Clock, bridge: Bridge
    ) -> None:
        self._folder, self._world, self._lanes = folder, world, lanes
        self._store, self._clock, self._bridge = store, clock, bridge
        self._strangers = itertools.count(1)
        self._taken: set[str] = set()
        self._commit = asyncio.Event()
        store.on_commit(bridge.sink(self._committed))

    def _committed(self, _records: object) -> None:
        self._commit.set()
        self._commit = asyncio.Event()

    def names(self) -> list[str]:
        """Scenarios that take minutes at most: those a page offers."""
        return sorted(path.stem for path in self._folder.glob("*.toml") if not path.stem.startswith("morning"))

    def tap_at_desk(self, card: str) -> dict[str, Any]:
        """Hold a card to the desk's reader: this one, else the next of the rack. Raises NotFound, BadInput."""
        with self._store.reader() as con:
            row = con.execute(
                "SELECT card, label FROM cards WHERE ? IN ('', card, label) AND (? <> '' OR state = 'rack') ORDER BY kind = 'visitor' DESC, label",
                (card, card),
            ).fetchone()
        uid, label = row or (card.lower(), "")
        try:
            self._world.desk_card(bytes.fromhex(uid))
        except ValueError:
            raise NotFound(f"没有这张卡 · no such card: {card}", "先入库一张卡 · stock a card first") from None
        return {"name": DESK_CARD, "title": f"刷卡 card {label or uid}", "steps": 1}

    def play(self, name: str, lane: str | None) -> dict[str, Any]:
        """Begin a scenario of the folder; returns at once. Raises NotFound."""
        if name not in self.names():
            raise NotFound(f"没有这个情景 · no scenario {name}", f"现有 · known: {', '.join(self.names())}")
        scenario = load(self._folder / f"{name}.toml")
        self._bridge.spawn(self.run(scenario, lane))
        return {"name": name, "title": scenario.title, "steps": len(scenario.step)}

    async def run(
        self, scenario: Scenario, lane: str | None = None, told: Callable[[Told], None] | None = None
    ) -> list[Told]:
        """Play it to its end; what each step came to, in the order of the file."""
        all_told = [Told(step, self._lane(step.lane or lane or "in").id) for step in scenario.step]
        named = {t.step.name: t for t in all_told if t.step.name}
        begun = self._clock.mono_ms()
        async with asyncio.TaskGroup() as group:
            for one in all_told:
                group.create_task(self._step(one, named, begun, told))
        return all_told

    async def _step(self, told: Told, named: dict[str, Told], begun: int, tell: Callable[[Told], None] | None) -> None:
        step = told.step
        if step.after:
            await named[step.after].ended.wait()
            begun = self._clock.mono_ms()
        await asyncio.sleep(self._clock.seconds(max(0, begun + int(step.begins_s * 1000) - self._clock.mono_ms())))
        try:
            if step.fault:
                self._world.fault(told.lane, step.fault, True)
                await asyncio.sleep(self._clock.seconds(int(step.for_s * 1000)))
                self._world.fault(told.lane, step.fault, False)
            else:
                await self._drive(told, named)
        except GateError as e:
            told.problem = f"{e.message} ({e.hint})"
            log.warning("scenario: %s", told.problem)
        told.ended.set()
        if tell:
            tell(told)

    async def _drive(self, told: Told, named: dict[str, Told]) -> None:
        step = told.step
        if step.same:
            told.plate, told.card = named[step.same].plate, named[step.same].card
        else:
            told.plate, told.card = self._who(step, told.lane)
        with self._store.reader() as con:
            before = int(con.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()[0])
        card = bytes.fromhex(told.card) if told.card else None
        vehicle = self._world.car(told.lane, told.plate, card, step.behaviour)
        gone, loop = asyncio.Event(), asyncio.get_running_loop()

        def left() -> None:
            loop.call_soon_threadsafe(gone.set)

        vehicle.when_done(left)
        with contextlib.suppress(TimeoutError):  # it still stands there: its outcome stays empty, and `wrong` says so
            async with asyncio.timeout(self._clock.seconds(GIVE_UP_S * 1000)):
                await gone.wait()
        told.outcome = str(vehicle.outcome or "")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_S):
                await self._said(told, before)
        self._taken.discard(told.card)

    async def _said(self, told: Told, before: int) -> None:
        """Until the journal says what was decided, and that whoever went through has crossed: at a hundred times the speed of life a
        vehicle is away before the disk has answered once."""
        while told.card:
            commit = self._commit
            with self._store.reader() as con:
                told.decision, told.reason, crossed = _said(con, told.card, told.lane, before)
            if told.decision and (crossed or told.decision != "granted" or told.outcome != "crossed"):
                return
            await commit.wait()

    def _who(self, step: Step, lane: str) -> tuple[str, str]:
        """Plate and card of somebody of that kind on the right side of the gate."""
        if step.card or step.plate or step.who == "none":
            return step.plate or f"粤A{next(self._strangers) % 100000:05d}", step.card
        if step.who == "unknown":
            number = next(self._strangers)
            return f"湘A{number % 100000:05d}", f"7f{random.getrandbits(32):08x}"
        direction = self._lane(lane).direction
        with self._store.reader() as con:
            pick = _visitor(con) if step.who == "visitor" else None
            found = pick or _pick(con, step.who, direction, self._taken)
        if found is None:
            raise NotFound(
                f"名册中没有合适的人 · nobody suitable in the registry: {step.who}, {direction}",
                "先导入 config/laptop-registry.csv · import it first",
            )
        self._taken.add(found[1])
        return found

    def _lane(self, name: str) -> LaneTable:
        for lane in self._lanes:
            if name in (lane.id, lane.direction):
                return lane
        raise NotFound(f"没有车道 · no lane {name}", f"现有 · known: {', '.join(lane.id for lane in self._lanes)}")


_KIND = {
    "expired": "c.status = 'active' AND c.valid_until <> '' AND c.valid_until < date('now')",
    "blocked": "c.status = 'blocked'",
    "lost": "c.status = 'lost'",
}
_GOOD = "c.status = 'active' AND c.valid_until = '' AND c.valid_from = '' AND c.schedule = '' AND c.category = ?"


def _pick(con: sqlite3.Connection, who: str, direction: str, taken: set[str]) -> tuple[str, str] | None:
    """Somebody of that kind who is not on the side that the lane leads to: plate, card."""
    there = "inside" if direction == "in" else "outside"
    rows = con.execute(
        f"""SELECT v.plate, c.uid FROM credentials c JOIN vehicles v ON v.uid = c.uid
            LEFT JOIN presence p ON p.credential = c.credential
            LEFT JOIN last_read r ON r.card = c.uid
            WHERE {_KIND.get(who, _GOOD)} AND coalesce(p.place, '') <> ?
            ORDER BY ?= 'out' AND coalesce(p.place, '') <> 'inside', coalesce(r.seq, 0), c.uid""",
        (*(() if who in _KIND else (who,)), there, direction),
    )
    return next(((plate, uid) for plate, uid in rows if uid not in taken), None)


def _visitor(con: sqlite3.Connection) -> tuple[str, str] | None:
    """The vehicle to which the desk gave a card last: plate, card."""
    found: tuple[str, str] | None = con.execute(
        "SELECT plate, card FROM cards WHERE kind = 'vehicle' AND state = 'issued' ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    return found


def _said(con: sqlite3.Connection, card: str, lane: str, after: int) -> tuple[str, str, bool]:
    """What the gate decided about that card at that lane since then, and whether the vehicle has crossed."""
    row = con.execute(
        "SELECT decision, reason, crossed_ms IS NOT NULL FROM passes WHERE pass_seq > ? AND lane = ? AND card = lower(?) ORDER BY pass_seq LIMIT 1",
        (after, lane, card),
    ).fetchone()
    return (row[0], row[1], bool(row[2])) if row else ("", "", False)
