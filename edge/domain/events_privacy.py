"""The events of privacy: what was erased and why, what is kept longer. They hold numbers of events and names of fields, no person."""

from __future__ import annotations

from edge.domain.events import Event, event


@event("personal.erased")
class PersonalErased(Event):
    """Fields of the personal parts of these events are gone, here and (when this arrives) at head office.

    `why`: retention, request. `group`: name, phone, number, remark; "all" on request. `reason`: the request's reference.
    """

    why: str
    group: str
    fields: tuple[str, ...]
    events: tuple[int, ...]
    reason: str = ""


@event("picture.erased")
class PictureErased(Event):
    """These pictures (SHA-256, hex) are gone. `why`: retention, request."""

    why: str
    pictures: tuple[str, ...]
    reason: str = ""


@event("record.kept")
class RecordKept(Event):
    """保全: personal data and pictures of a matter (`about`: number of its visit, pass, request …) stay until released."""

    about: int
    reason: str


@event("record.released")
class RecordReleased(Event):
    """The matter is over: what has had its time goes with the next round."""

    about: int
    reason: str = ""
