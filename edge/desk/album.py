"""Stored pictures for people: who may see which, what of it goes on record, and sending one that head office asks for.

Guards and shift leaders see pictures. One of a document is seen by a shift leader, and by the guard who deals with its visit (who opened it, or
took the picture), as whole numbers are (show.py); each such look is on record, `picture.seen`, once in a minute for the same person and picture.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from edge.domain import events_privacy as ev
from edge.domain.pictures import DOCUMENT
from edge.errors import NotAllowed, NotFound
from edge.gate import Gate
from edge.orders import Person
from edge.service import Acted, Doing, Service
from edge.store.photos import Photos
from sync.sealing import Part

ON_RECORD = frozenset({DOCUMENT})
"""Classes whose sight is on record."""
SAME_LOOK_MS = 60_000


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture for a page. `private`: it must not be kept by a browser."""

    jpeg: bytes
    private: bool


class Album(Service):
    """Over a gate and its pictures."""

    def __init__(self, gate: Gate, photos: Photos) -> None:
        super().__init__(gate)
        self._photos = photos
        self._looked: dict[tuple[str, str], int] = {}

    async def look(self, person: Person, digest: str, part: Part = "picture") -> Shown | None:
        """A picture (of a thumbnail that there is none of: the picture itself); None when it is not here. Raises NotAllowed."""
        keep = await asyncio.to_thread(self._class_for, person, digest)
        if keep in ON_RECORD:
            await self._on_record(person, digest, keep)
        found = await asyncio.to_thread(self._read, digest, part)
        return Shown(found, keep in ON_RECORD) if found is not None else None

    def _read(self, digest: str, part: Part) -> bytes | None:
        small = self._photos.get(digest, part) if part == "thumbnail" else None
        return small or self._photos.get(digest)

    def _class_for(self, person: Person, digest: str) -> str:
        """The picture's class, when this person may see it."""
        with self._gate.store.reader() as con:
            rows = con.execute(
                """SELECT p.keep, j.data ->> 'actor', v.opened_by FROM pictures p JOIN journal j USING (seq)
                   LEFT JOIN visits v ON v.visit = p.pass_seq WHERE p.digest = ?""",
                (digest,),
            ).fetchall()
        kept = self._photos.about(digest)
        classes = {str(row[0]) for row in rows} | ({kept.keep} if kept else set())
        if DOCUMENT not in classes:
            return min(classes, default="")
        mine = any(f"user:{person.user}" in row[1:] for row in rows)
        if person.role != "leader" and not mine:
            raise NotAllowed(
                "证件照片只给经办保安和班长看 · pictures of documents are for the guard who deals with the visit, and shift leaders",
                "请找经办保安或班长 · ask that guard, or a shift leader",
            )
        return DOCUMENT

    async def _on_record(self, person: Person, digest: str, keep: str) -> None:
        now = self._gate.clock.mono_ms()
        self._looked = {key: at for key, at in self._looked.items() if now - at < SAME_LOOK_MS}
        if (person.user, digest) not in self._looked:
            self._looked[person.user, digest] = now
            await self._gate.record((ev.PictureSeen(digest, keep),), actor=f"user:{person.user}")

    async def send(self, person: Person, digest: str, key: str = "") -> Acted:
        """Head office asks for a picture: it goes before all others. Raises NotFound when it is no longer here."""

        def action(d: Doing) -> Acted:
            sql = "UPDATE photos SET asked = 1, sent = 0 WHERE digest = ?"
            if d.con.execute(sql, (digest,)).rowcount == 0:
                raise NotFound(
                    "照片已不在 · this picture is no longer here",
                    "可能已过保存期 · its time may be over",
                    code="picture-gone",
                )
            return Acted(d.append(ev.PictureAsked(digest)))

        return await self.do(person, key, action)
