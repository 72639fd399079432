"""The events of notices from head office (D5). A notice is named by the number of its `bulletin.posted`.

They are public announcements: nothing in them is personal.
"""

from __future__ import annotations

from edge.domain.event import Event, event


@event("bulletin.posted", "D5")
class BulletinPosted(Event):
    """In force from `from_ms` until `until_ms` (UTC ms; until 0: until withdrawn), shown from `show_ms` on.

    `restored_ms`: when power or water is expected back (0: not known yet). `text`: the cause, or what is announced.
    """

    notice: str
    text: str
    from_ms: int
    until_ms: int
    show_ms: int
    restored_ms: int = 0
    where: str = ""


@event("bulletin.corrected", "D5")
class BulletinCorrected(Event):
    """The whole notice as it is from now on: a new `version`, which is to be read again."""

    bulletin: int
    version: int
    notice: str
    text: str
    from_ms: int
    until_ms: int
    show_ms: int
    restored_ms: int = 0
    where: str = ""


@event("bulletin.withdrawn", "D5")
class BulletinWithdrawn(Event):
    """No longer shown."""

    bulletin: int
    reason: str = ""


@event("bulletin.read", "D5")
class BulletinRead(Event):
    """已读: the actor has read this version, on that tablet."""

    bulletin: int
    version: int
    device: str = ""
