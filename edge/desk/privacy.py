"""Privacy carried out: what has had its time goes by itself, what a person asks for goes on request, what is looked into is kept.

    chore ──▶ carry_out: portion by portion, each one transaction (erase + personal.erased), then the log is scrubbed
    leader ─▶ find → erase (a whole matter, its pictures too) · keep / release (保全)

Nothing is erased while the wall clock is in doubt: a clock a year ahead would take a year of names with it.
"""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Any

from edge.domain import events_privacy as ev
from edge.domain.privacy import GROUPS, TIMED, Retention, picture_group
from edge.errors import BadInput, NotExecuted, NotFound
from edge.gate import Gate
from edge.orders import Person
from edge.service import Acted, Doing, Service
from edge.store import erasing, queries
from edge.store.db import Tx
from edge.store.photos import Photos

log = logging.getLogger(__name__)
Row = dict[str, Any]
LEAST = 2
"""Letters that a search must have at least."""


class Privacy(Service):
    """Over a gate, its pictures, and the times of the configuration."""

    def __init__(self, gate: Gate, photos: Photos, retention: Retention) -> None:
        super().__init__(gate)
        self._photos, self.retention = photos, retention
        self._owing = False
        """What was erased may still stand in the log: a reader was in the way."""

    # ---- by itself -------------------------------------------------------------------------------------------------

    async def carry_out(self) -> int:
        """Erase what has had its time; how many fields' events and pictures. Nothing while the clock is in doubt."""
        clock = self._gate.clock
        if not clock.usable:
            return 0
        total = 0
        for group in GROUPS:
            total += await self._fields(group, self.retention.limit_ms(group, clock.now_ms()))
        for keep in TIMED:
            total += await self._pictures(keep, self.retention.limit_ms(picture_group(keep), clock.now_ms()))
        if total or self._owing:
            await self._scrub()
        await asyncio.to_thread(self._photos.clear)
        if total:
            log.info("retention: %d personal parts and pictures have had their time and are gone", total)
        return total

    async def _fields(self, group: str, limit_ms: int) -> int:
        total, step = 0, erasing.next_portion
        for next_step in (partial(step, group=group, limit_ms=limit_ms, now_ms=self._gate.clock.now_ms()), None):
            more = True
            while more:
                done, more = await self._gate.store.transact(partial(self._portion, group, next_step), bulk=True)
                total += done
        return total

    def _portion(self, group: str, step: partial[erasing.Portion] | None, tx: Tx) -> tuple[int, bool]:
        found = step(tx.con) if step else erasing.waited(tx.con, group)
        done = erasing.erase(tx.con, found.events, found.fields)
        if done:
            gone = ev.PersonalErased("retention", group, found.fields, tuple(done))
            tx.append(gone, actor="gate", stamp=self._gate.clock.stamp())
            erasing.count(tx.con, group, len(done))
        return len(done), found.more

    async def _pictures(self, keep: str, limit_ms: int) -> int:
        total, more = 0, True
        while more:
            done, more = await self._gate.store.transact(partial(self._old_pictures, keep, limit_ms), bulk=True)
            total += done
        return total

    def _old_pictures(self, keep: str, limit_ms: int, tx: Tx) -> tuple[int, bool]:
        digests, more = erasing.old_pictures(tx.con, keep, limit_ms, self._gate.clock.now_ms())
        there = self._photos.claim(tx, digests)
        if there:
            tx.append(ev.PictureErased("retention", there), actor="gate", stamp=self._gate.clock.stamp())
            erasing.count(tx.con, picture_group(keep), len(there))
        return len(there), more

    async def _scrub(self) -> None:
        self._owing = not await asyncio.to_thread(self._gate.store.scrub)
        if self._owing:
            log.warning("a reader kept the log from being emptied after an erasure; the next round does it")

    # ---- on request ------------------------------------------------------------------------------------------------

    def find(self, text: str) -> list[Row]:
        """Where a name, number or telephone is kept: events with field, time and matter. Any thread. Raises BadInput."""
        if len(text.strip()) < LEAST:
            raise BadInput(
                "请至少输入两个字 · at least two letters", "姓名、电话或证件号码 · a name, telephone or number"
            )
        with self._gate.store.reader() as con:
            return erasing.find(con, text.strip())

    async def erase(self, person: Person, about: int, reason: str, key: str = "") -> Acted:
        """All personal parts and pictures of a matter (a visit, a pass …) go. Raises NotFound, NotExecuted while it goes on."""
        _reasoned(reason)
        found = await asyncio.to_thread(self._parts, about)
        if found is None:
            raise NotFound(
                f"没有第 {about} 号记录 · there is no record {about}", "请在查询结果中选择 · choose it in the list"
            )
        done = await self.do(
            person, key, partial(self._erase, about=about, events=found[0], pictures=found[1], reason=reason)
        )
        await self._scrub()
        await asyncio.to_thread(self._photos.clear)
        return done

    def _parts(self, about: int) -> tuple[list[int], tuple[str, ...]] | None:
        with self._gate.store.reader() as con:
            if not 1 <= about <= queries.head(con).seq:
                return None
            events = erasing.parts_of(con, about)
            return events, erasing.pictures_of(con, [about])

    def _erase(self, d: Doing, about: int, events: list[int], pictures: tuple[str, ...], reason: str) -> Acted:
        if about in erasing.in_use(d.con):
            raise NotExecuted(
                "这件事还没有结束，暂时保留 · this matter still goes on, or is kept",
                "请先结束来访、退还证件，或解除保全，然后再删除 · end it, or release it, then erase",
                code="still-open",
            )
        done = erasing.erase(d.con, events, None)
        there = self._photos.claim(d.tx, pictures)
        if there:
            d.append(ev.PictureErased("request", there, reason))
        fields = tuple(sorted(field for fields in GROUPS.values() for field in fields))
        return Acted(d.append(ev.PersonalErased("request", "all", fields, tuple(done), reason)), about)

    async def keep(self, person: Person, about: int, reason: str, key: str = "") -> Acted:
        """保全: the matter's personal data and pictures stay beyond their time, until released. Raises NotFound."""
        _reasoned(reason)
        return await self.do(person, key, partial(_keep, about=about, reason=reason))

    async def release(self, person: Person, about: int, key: str = "") -> Acted:
        """The matter is over. Raises NotFound when it was not kept."""
        return await self.do(person, key, partial(_release, about=about))

    def status(self) -> Row:
        """For the page: days and progress of each group, and what is kept."""
        with self._gate.store.reader() as con:
            done, kept = erasing.progress(con), erasing.kept(con)
        none = {"ran_ms": 0, "erased": 0, "waiting": 0}
        known = [*GROUPS, *map(picture_group, TIMED)]
        groups = [{"group": g, "days": self.retention.of(g), **done.get(g, none)} for g in known]
        return {"groups": groups, "kept": kept}


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise BadInput("请写明原因 · please write the reason", "例如：本人申请 · for instance: asked for in person")


def _keep(d: Doing, about: int, reason: str) -> Acted:
    if not 1 <= about <= queries.head(d.con).seq:
        raise NotFound(f"没有第 {about} 号记录 · there is no record {about}", "请重新选择 · choose it again")
    return Acted(d.append(ev.RecordKept(about, reason.strip())), about)


def _release(d: Doing, about: int) -> Acted:
    if about not in {row["about"] for row in erasing.kept(d.con)}:
        raise NotFound(
            f"第 {about} 号没有保全 · record {about} is not kept", "请在保全清单中选择 · choose it in the list"
        )
    return Acted(d.append(ev.RecordReleased(about)), about)
