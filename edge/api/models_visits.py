"""Shapes of requests and answers of reception: expected visitors, watch list, search, muster list."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from edge.api.models import Strict, shape
from edge.api.models_desk import IsoDate, Long, Short, Title

Ms = Annotated[int, Field(ge=0, le=1 << 53, description="UTC milliseconds", examples=[1795000000000])]


class AppointmentIn(Strict):
    """Somebody is expected."""

    kind: Short = Field(examples=["guest"])
    from_ms: Ms
    until_ms: Ms
    mode: Literal["foot", "vehicle"] = "foot"
    name: Short = Field("", examples=["王伟"])
    title: Title = ""
    phone: Short = ""
    company: Short = ""
    purpose: Short = ""
    host: Short = ""
    unit: Short = Field("", examples=["11栋201"])
    plate: Annotated[str, Field(max_length=12)] = ""
    vehicle: Short = ""
    companions: int = Field(0, ge=0, le=99)
    remark: Long = ""


class AppointmentTold(AppointmentIn):
    """The same from head office, which may name the signed code that goes with it."""

    token: Annotated[str, Field(pattern=r"^([0-9a-f]{16,64})?$")] = ""


class RevokeIn(Strict):
    """A signed code is taken back."""

    token: Annotated[str, Field(pattern=r"^[0-9a-f]{16,64}$")]
    reason: Short = ""


class CancelIn(Strict):
    """They will not come."""

    reason: Short = ""


class FindIn(Strict):
    """A six-digit code, or the text of a QR code: as a scanner typed it, or as a camera read it."""

    text: Annotated[str, Field(min_length=1, max_length=400, examples=["482913"])]


class ArriveIn(Strict):
    """They are here. `by`: how the appointment was found."""

    by: Literal["list", "code", "qr"] = "list"


class WatchIn(Strict):
    """Whom to look out for: at least one of name, number (of a document), plate, phone."""

    name: Short = ""
    number: Short = ""
    plate: Annotated[str, Field(max_length=12)] = ""
    phone: Short = ""
    reason: Long = Field("", examples=["曾冒充快递员"])
    until: IsoDate = ""


class WhyIn(Strict):
    """Why."""

    why: Short = ""


class DecideIn(Strict):
    """A shift leader's word on a visit that fits the watch list."""

    decision: Literal["admit", "decline"]
    remark: Long = ""


class CorrectIn(Strict):
    """更正: the fields that are given become as they are given, empty ones as well; those left out stay."""

    name: Short | None = None
    title: Title | None = None
    phone: Short | None = None
    company: Short | None = None
    purpose: Short | None = None
    host: Short | None = None
    unit: Short | None = None
    plate: Annotated[str, Field(max_length=12)] | None = None
    vehicle: Short | None = None
    companions: int | None = Field(None, ge=0, le=99)
    goods: Long | None = None
    names: Long | None = None
    remark: Long | None = None


class DoneOut(BaseModel):
    """What was done: the event's number, what it is about, whether it had been done already."""

    model_config = shape(seq=1234, about=1234, again=False)
    seq: int
    about: int
    again: bool


class AppointmentsOut(BaseModel):
    """Those who may come now or soon, the earliest first. `later`: how many valid ones begin after these."""

    model_config = shape(rows=[], later=0)
    rows: list[dict[str, Any]]
    later: int


class AppointmentOut(BaseModel):
    """One appointment; `seq` is there after a change."""

    model_config = shape(appointment={"appointment": 41, "code": "482913"}, seq=41, again=False)
    appointment: dict[str, Any]
    seq: int = 0
    again: bool = False


class FoundOut(BaseModel):
    """A page of visits and passes, newest first. `older`: `before` of the next page, 0: that was all."""

    model_config = shape(rows=[], older=0)
    rows: list[dict[str, Any]]
    older: int


class MusterOut(BaseModel):
    """Who is inside, in the order in which an evacuation looks for them."""

    model_config = shape(at_ms=1795000000000, gate="正门", head="正门 疏散名单", people=[], vehicles=[])
    at_ms: int
    gate: str
    head: str
    people: list[dict[str, Any]]
    vehicles: list[dict[str, Any]]


class LastPassOut(BaseModel):
    """A construction pass as it was last checked; null: it is new here."""

    model_config = shape(last=None)
    last: dict[str, Any] | None
