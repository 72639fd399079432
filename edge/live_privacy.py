"""Privacy as pages see it (edge.api.port.PrivacyPort)."""

from __future__ import annotations

from typing import Any

from edge.api.port import Picture
from edge.api.who import Who
from edge.desk.album import Album
from edge.desk.privacy import Privacy
from edge.live_rows import person_of

Row = dict[str, Any]


class LivePrivacy:
    """Satisfies edge.api.port.PrivacyPort."""

    def __init__(self, privacy: Privacy) -> None:
        self._privacy = privacy

    def status(self) -> Row:
        """Times, progress, what is kept."""
        return self._privacy.status()

    def find(self, text: str) -> list[Row]:
        """Where a person is named."""
        return self._privacy.find(text)

    async def act(self, who: Who, action: str, about: int, reason: str, key: str) -> Row:
        """erase, keep, release."""
        person = person_of(who)
        match action:
            case "erase":
                done = await self._privacy.erase(person, about, reason, key)
            case "keep":
                done = await self._privacy.keep(person, about, reason, key)
            case _:
                done = await self._privacy.release(person, about, key)
        return {"seq": done.seq, "again": done.again}


class LiveAlbum:
    """Satisfies edge.api.port.AlbumPort."""

    def __init__(self, album: Album) -> None:
        self._album = album

    async def look(self, who: Who, digest: str, *, small: bool) -> Picture | None:
        """A stored picture."""
        shown = await self._album.look(person_of(who), digest, "thumbnail" if small else "picture")
        return Picture(shown.jpeg, shown.private) if shown else None

    async def act(self, who: Who, action: str, given: Row, key: str) -> Row:
        """send."""
        done = await self._album.send(person_of(who), given["digest"], key)
        return {"seq": done.seq, "again": done.again}
