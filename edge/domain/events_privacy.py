"""The events of privacy: what was erased and why, what is kept longer. They hold numbers of events and names of fields, no person."""

from __future__ import annotations

from edge.domain.event import Event, event


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
    """These pictures (SHA-256, hex) are gone here: their keys are destroyed. `why`: retention, request, withdrawn (then head office destroys its own
    as well), room (others needed the place; head office keeps what it has)."""

    why: str
    pictures: tuple[str, ...]
    reason: str = ""


@event("pictures.checked")
class PicturesChecked(Event):
    """Pictures' files and rows did not agree. `strays`: files without a row (nobody can open them; put aside); `lost`: rows whose file is gone,
    the first of them in `missing`; `unnamed`: pictures that no event names, erased, the first of them in `erased`; `damaged`: plain files
    of an earlier version that are not what their name says (put aside)."""

    strays: int
    lost: int
    missing: tuple[str, ...] = ()
    unnamed: int = 0
    erased: tuple[str, ...] = ()
    damaged: int = 0


@event("picture.seen")
class PictureSeen(Event):
    """Somebody looked at a picture of a class whose sight is on record (documents)."""

    digest: str
    keep: str


@event("picture.asked")
class PictureAsked(Event):
    """Head office asks for a picture: it is sent before all others."""

    digest: str


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
