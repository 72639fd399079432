"""The desk's cameras as pages see them (edge.api.port_rooms.SightPort): requests become calls of `edge.sight.Sight`."""

from __future__ import annotations

from typing import Any

from edge.api.who import Who
from edge.live_rows import person_of
from edge.sight import Sight

Row = dict[str, Any]


class LiveSight:
    """Satisfies edge.api.port_rooms.SightPort."""

    def __init__(self, sight: Sight) -> None:
        self._sight = sight

    def can(self) -> Row:
        """Which cameras there are, whether documents are read, whether pictures are taken by themselves."""
        return self._sight.can()

    def jpeg(self, of: str) -> bytes | None:
        """The newest frame."""
        return self._sight.jpeg(of)

    def still(self, of: str) -> bytes | None:
        """The newest frame, of full size."""
        return self._sight.still(of)

    async def look(self, who: Who, visit: int, of: str) -> Row:
        """How it is under the camera. Raises NotFound, NotExecuted."""
        return await self._sight.look(person_of(who), visit, of)

    async def take(self, who: Who, visit: int, of: str, key: str) -> Row:
        """Take a picture for an open visit. Raises NotFound, NotExecuted."""
        done, reading = await self._sight.take(person_of(who), visit, of, key)
        return {"seq": done.seq, "visit": done.about, "again": done.again, "reading": reading}
