"""Goods at the gate: permits, what leaves and what stays, trucks and their loads, plates compared at the exit (G1, G2, V3).

    facts (within the transaction) → edge.domain.goods (pure) → events → a picture of what stays, after the commit

Head office's own acts (permits registered beforehand, withdrawn, specimens) come through the same methods, as a Person of the role
service.HEAD_OFFICE. Raises the errors of edge.errors, each with its sentence and next step.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from edge.desk import goods_leaving as leave
from edge.desk import goods_permits as permits
from edge.desk import goods_words as words
from edge.desk.goods_leaving import At, Snapped
from edge.desk.goods_permits import ItemInput, PermitInput
from edge.desk.goods_show import GoodsShow
from edge.desk.goods_views import FiledRow, GoodsRow, PermitRow, TruckRow
from edge.desk.words import not_found
from edge.domain import goods as g
from edge.domain import goods_plan
from edge.domain.courtesy import Phrases
from edge.domain.pictures import SPECIMEN
from edge.gate import Gate
from edge.lane import Prompt
from edge.orders import Person
from edge.service import Acted, Doing, Service
from edge.store import queries, queries_load
from edge.store import queries_goods as q
from edge.store.photos import Photos

SPECIMEN_BYTES = 48 * 1024


class Goods(Service):
    """Over a Gate; lives in its loop. `photos` keeps the specimens of signatures, in a class that never makes room for others."""

    def __init__(self, gate: Gate, plan: goods_plan.GoodsPlan, said: Mapping[str, Phrases], photos: Photos) -> None:
        super().__init__(gate)
        self.plan, self.photos = plan, photos
        self.show = GoodsShow(plan, said)
        self.sees: Callable[[str], bool] = lambda lane: False
        """Whether a lane has a camera; wiring says."""

    # ---- looking (any thread) ----------------------------------------------------------------------------------------

    def permits(self, person: Person, text: str = "") -> tuple[PermitRow, ...]:
        """Those on which something may leave today, the newest first; with a text, all that it finds (number, plate, unit, name)."""
        with self._gate.store.reader() as con:
            rows = q.search(con, text.strip()) if text.strip() else q.valid(con, self.today())
            return tuple(self.show.permit(con, row, person, self._local(), whole=False) for row in rows)

    def permit(self, person: Person, permit: int, plate: str = "") -> PermitRow:
        """One with its items, specimens and history; `plate` of the vehicle that has the goods. Raises NotFound."""
        with self._gate.store.reader() as con:
            row = q.row(con, permit)
            if row is None:
                raise not_found("permit", permit)
            return self.show.permit(con, row, person, self._local(), whole=True, plate=plate)

    def specimens(self, text: str = "") -> tuple[FiledRow, ...]:
        """Signatures that permits are compared with, the newest first; with a text those whose unit, company or name contains it."""
        with self._gate.store.reader() as con:
            return tuple(map(self.show.filed, q.filed(con, text.strip())))

    def kept(self) -> tuple[GoodsRow, ...]:
        """What stayed here and what was refused, the newest first."""
        with self._gate.store.reader() as con:
            return tuple(map(self.show.log, q.kept_rows(con)))

    def trucks(self) -> tuple[TruckRow, ...]:
        """Trucks at the exits: announced, or asked about because of their card."""
        stamp = self._gate.clock.stamp()
        with self._gate.store.reader() as con:
            found = (self._at_exit(con, lane_id, stamp) for lane_id in self._exits())
            return tuple(row for row in found if row is not None)

    def _at_exit(self, con: sqlite3.Connection, lane_id: str, stamp: Any) -> TruckRow | None:
        lane = self._gate.lane(lane_id)
        vehicle = queries_load.at_exit(con, lane_id, lane.asked)
        load = queries_load.load(con, vehicle, stamp, self._gate.rules) if lane.asked or vehicle.since else ""
        if not load:
            return None
        since = next((here["at_ms"] for here in q.here(con) if here["lane"] == lane_id), lane.since_ms)
        return TruckRow(lane_id, vehicle.plate, vehicle.credential, since, load)

    def passages(self, visit: int) -> dict[str, Any]:
        """V3: how a visit's vehicle came and how it leaves, as rows of the register, and what the guard said of its plates."""
        with self._gate.store.reader() as con:
            leaving, entry = self._passages(con, visit)
            return {
                "entry": queries.one_pass(con, entry) if entry else None,
                "exit": queries.one_pass(con, leaving) if leaving else None,
                "compared": q.compared(con, leaving) if leaving else None,
            }

    def _passages(self, con: sqlite3.Connection, visit: int) -> tuple[int, int]:
        row = con.execute("SELECT plate FROM visits WHERE visit = ?", (visit,)).fetchone()
        if row is None:
            raise not_found("visit", visit)
        return q.way_out(con, f"visit:{visit}", "")

    def counts(self) -> dict[str, int]:
        """For the live snapshot: open (permits on which something may leave), trucks (announced)."""
        with self._gate.store.reader() as con:
            return q.counts(con, self.today())

    def today(self) -> str:
        """The local date, ISO; "" while the clock is not known."""
        local = self._local()
        return local.date().isoformat() if local else ""

    def _local(self) -> Any:
        return self._gate.local(self._gate.clock.stamp())

    def _exits(self) -> list[str]:
        return [lane.id for lane in self._gate.lanes.values() if lane.table.direction == "out"]

    # ---- permits -----------------------------------------------------------------------------------------------------

    async def register(self, person: Person, given: PermitInput, key: str = "") -> Acted:
        """A permit is known: beforehand, or typed in from paper. The same number again gives the one that is there."""
        return await self.do(person, key, lambda d: permits.register(d, self.plan, given))

    async def stop(self, person: Person, permit: int, reason: str, key: str = "") -> Acted:
        """Nothing leaves on it any more. For whom config/goods.toml names, and head office."""
        return await self.do(person, key, lambda d: permits.stop(d, self.plan, permit, reason))

    async def restore(self, person: Person, permit: int, reason: str, key: str = "") -> Acted:
        """It was verified. As `stop`."""
        return await self.do(person, key, lambda d: permits.restore(d, self.plan, permit, reason))

    async def release(
        self,
        person: Person,
        permit: int,
        counted: Sequence[g.Counted],
        *,
        genuine: bool,
        lane: str = "",
        plate: str = "",
        extra: Sequence[ItemInput] = (),
        gone: int | None = None,
        key: str = "",
    ) -> Acted:
        """What agrees leaves, what differs stays (G1); a truck's load is checked with it (G2)."""
        at, rules = self._at(lane, plate), self._gate.rules

        def work(d: Doing, snapped: Snapped) -> Acted:
            given = (permit, at, tuple(counted), tuple(extra))
            return leave.release(d, self.plan, rules, *given, snapped, genuine=genuine, gone=gone)

        return await self._seen(person, key, lane, work)

    async def refuse(
        self,
        person: Person,
        permit: int,
        finding: str,
        *,
        lane: str = "",
        plate: str = "",
        extra: Sequence[ItemInput] = (),
        key: str = "",
    ) -> Acted:
        """Forged, used, expired, another's, or no permit at all: all goods stay, on record. One that is doubted is stopped."""
        at = self._at(lane, plate)
        return await self._seen(
            person, key, lane, lambda d, snapped: leave.refuse(d, self.plan, permit, finding, at, extra, snapped)
        )

    # ---- specimens ---------------------------------------------------------------------------------------------------

    async def file_specimen(
        self,
        person: Person,
        role: str,
        picture: bytes,
        *,
        unit: str = "",
        company: str = "",
        name: str = "",
        key: str = "",
    ) -> Acted:
        """How somebody signs: a JPEG. As `stop`."""
        if not (picture.startswith(b"\xff\xd8\xff") and len(picture) <= SPECIMEN_BYTES):
            raise words.bad("picture-form")
        digest = await asyncio.to_thread(partial(self.photos.put, picture, keep=SPECIMEN))
        return await self.do(
            person, key, lambda d: permits.file_specimen(d, self.plan, role, unit, company, name, digest, len(picture))
        )

    async def withdraw_specimen(self, person: Person, specimen: int, reason: str, key: str = "") -> Acted:
        """It is not compared with any more. As `stop`."""
        done = await self.do(person, key, lambda d: permits.withdraw_specimen(d, self.plan, specimen, reason))
        with self._gate.store.reader() as con:
            digest = q.lone_digest(con, specimen)
        if digest:
            await asyncio.to_thread(self.photos.remove, digest, "withdrawn")
        return done

    # ---- trucks ------------------------------------------------------------------------------------------------------

    async def mark_truck(
        self, person: Person, lane: str, *, truck: bool = True, plate: str = "", key: str = ""
    ) -> Acted:
        """«这是货车» at an exit, or not. Remembered by plate or credential."""
        at = self._exit(lane, plate)
        done = await self.do(person, key, lambda d: leave.mark_truck(d, at, truck))
        if not done.again and not self._gate.lane(lane).asked:
            self._gate.lane(lane).show(Prompt("truck" if truck else "", salute=truck, seq=done.seq))
        return done

    async def check_load(
        self,
        person: Person,
        lane: str,
        result: str,
        *,
        plate: str = "",
        reason: str = "",
        extra: Sequence[ItemInput] = (),
        key: str = "",
    ) -> Acted:
        """The load space was looked into: empty, unpermitted, override (a leader's, with a reason)."""
        at, rules = self._exit(lane, plate), self._gate.rules
        return await self._seen(
            person, key, lane, lambda d, snapped: leave.check_load(d, rules, at, result, reason, extra, snapped)
        )

    # ---- leaving -----------------------------------------------------------------------------------------------------

    async def compare_plates(self, person: Person, visit: int, plate: str, key: str = "") -> Acted:
        """V3: the plate as the guard reads it at the exit, against that of the entry."""

        def work(d: Doing) -> Acted:
            leaving, entry = self._passages(d.con, visit)
            return leave.compare_plates(d, leaving, entry, plate)

        return await self.do(person, key, work)

    # ---- what they share -----------------------------------------------------------------------------------------------

    async def _seen(self, person: Person, key: str, lane: str, work: Callable[[Doing, Snapped], Acted]) -> Acted:
        """Do it; then take the pictures of what stays, and tell the lane."""
        snapped: Snapped = []

        def once(d: Doing) -> Acted:
            snapped.clear()
            return work(d, snapped)

        done = await self.do(person, key, once)
        if done.again:
            return done
        for at, seq in snapped:
            self._gate.snap(at or self._camera(), "goods", seq)
        if lane:
            self._tell(lane)
        return done

    def _tell(self, lane_id: str) -> None:
        """The sentence at the lane follows what is known of the load now."""
        lane = self._gate.lane(lane_id)
        with self._gate.store.reader() as con:
            vehicle = queries_load.at_exit(con, lane_id, lane.asked)
            load = queries_load.load(con, vehicle, self._gate.clock.stamp(), self._gate.rules)
        if load and lane.prompt.code in OF_LOADS:
            lane.show(
                Prompt({g.DONE: "load-done", g.GOODS: "load-goods"}.get(load, "truck"), lane.prompt.params), lane.asked
            )

    def _at(self, lane: str, plate: str) -> At:
        if not lane:
            return At("", "", 0, self._camera() != "")
        return self._exit(lane, plate)

    def _exit(self, lane: str, plate: str) -> At:
        of = self._gate.lane(lane)
        if of.table.direction != "out":
            raise words.stop("not-an-exit")
        return At(lane, plate, of.asked, self.sees(lane))

    def _camera(self) -> str:
        """The exit that looks at whoever walks out; "" where none has a camera."""
        return next((lane for lane in self._exits() if self.sees(lane)), "")


OF_LOADS = frozenset({"truck", "load-done", "load-goods", "ask.load-unchecked", "ask.load-kept"})
"""Prompts that a load check changes; what else is said at the lane (card, document) stays."""
