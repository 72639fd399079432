"""The shapes of requests, notices from head office and the change of shift (see models.py for how they are used)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from edge.api.models import Strict, shape
from edge.api.models_desk import Title

Short = Annotated[str, Field(max_length=60)]
Words = Annotated[str, Field(max_length=400)]
Ms = Annotated[int, Field(ge=0, le=4_102_444_800_000, description="UTC ms since 1970; 0: none")]
Number = Annotated[int, Field(ge=0, le=9_999)]


# ---- requests ----------------------------------------------------------------------------------------------------


class RequestNew(Strict):
    """What a caller or an owner wants. `then`: passed on at once, kept at the post, or done on the spot."""

    category: Short = Field(examples=["repair"])
    then: Literal["pass", "keep", "done"] = "pass"
    source: Literal["telephone", "post", "patrol"] = "telephone"
    name: Short = Field("", examples=["周杰"])
    title: Title = ""
    unit: Short = Field("", examples=["11栋201"])
    phone: Short = ""
    words: Words = Field("", examples=["厨房水龙头漏水"])
    department: Short = Field("", description="left out: the category's own")
    minutes: int = Field(0, ge=0, le=10_080, description="deadline; 0: the category's own")
    phrase: Short = Field("", description="of a violation: which sentence was said")
    lane: Short = Field("", description="a lane whose camera takes a picture")
    note: Words = ""


class PassIn(Strict):
    """To which department, until when."""

    department: Short = Field("", examples=["engineering"])
    minutes: int = Field(0, ge=0, le=10_080)
    note: Words = ""


class NoteIn(Strict):
    """A word on it."""

    note: Words = Field("", examples=["师傅约好下午三点上门"])


class AskIn(Strict):
    """What the owner said (回访)."""

    answer: Literal["satisfied", "unsatisfied", "unreached"] = Field(examples=["satisfied"])
    note: Words = ""


class RequestKindsOut(BaseModel):
    """The tiles with their sentences, and the departments."""

    kinds: list[dict[str, Any]]
    departments: list[dict[str, Any]]


class RequestOut(BaseModel):
    """One request; in lists without steps. `may`: action → "" or why it is not possible now."""

    model_config = shape(
        request=41,
        sort="request",
        category="repair",
        state="passed",
        round=1,
        department="engineering",
        due_ms=1793000000000,
        overdue=False,
        alarm=False,
        may={"done": "", "ask": "request-open"},
        say_zh="好的，我马上通知工程部。",
        say_en="Certainly, I am telling the engineers now.",
        steps=[],
    )
    request: int
    sort: str
    category: str
    state: Literal["received", "passed", "done", "satisfied", "closed", "withdrawn"]
    round: int
    department: str
    due_ms: int
    overdue: bool
    alarm: bool
    may: dict[str, str]
    say_zh: str
    say_en: str
    steps: list[dict[str, Any]]


class RequestActed(BaseModel):
    """What was done, and the request as it is now."""

    model_config = shape(seq=1234, again=False, request=None)
    seq: int
    again: bool
    request: RequestOut | None


# ---- notices from head office --------------------------------------------------------------------------------------


class BulletinIn(Strict):
    """A notice (D5)."""

    notice: Short = Field(examples=["water-cut"])
    text: Annotated[str, Field(max_length=200, examples=["水管检修"])] = ""
    where: Annotated[str, Field(max_length=200, examples=["11栋、12栋"])] = ""
    from_ms: Ms = 0
    until_ms: Ms = 0
    restored_ms: Ms = 0


class WithdrawIn(Strict):
    """Why it is taken down."""

    reason: Annotated[str, Field(max_length=200, examples=["已恢复供水"])] = ""


class ReadIn(Strict):
    """已读."""

    version: int = Field(ge=1)
    device: Annotated[str, Field(max_length=40)] = ""


class BulletinsOut(BaseModel):
    """The kinds; and notices in force, coming, and just over."""

    model_config = shape(kinds=[], rows=[])
    kinds: list[dict[str, Any]]
    rows: list[dict[str, Any]]


class DoneOut(BaseModel):
    """What was done: number of its event, what it is about."""

    model_config = shape(seq=1234, about=1234, again=False)
    seq: int
    about: int
    again: bool


# ---- the change of shift -------------------------------------------------------------------------------------------


class CountIn(Strict):
    """What the incoming guard has counted."""

    documents: Number
    cards_rack: Number
    cards_out: Number
    visitors: Number
    requests: Number


class HandOverIn(Strict):
    """Taking over by a count. `outgoing`: who hands over; `reason`: needed where something differs."""

    count: int = Field(ge=1)
    outgoing: list[Short] = Field(max_length=20, examples=[["guard-1"]])
    reason: Words = ""


class DutyOut(BaseModel):
    """Who is on duty; the shift; the last hand-overs; and the count of whoever asks that is not used yet (null: none)."""

    on_duty: list[dict[str, Any]]
    shift: dict[str, Any]
    items: list[str]
    handovers: list[dict[str, Any]]
    count: dict[str, Any] | None


class CountOut(BaseModel):
    """The count, beside what the gate knew."""

    model_config = shape(count=77, items=["documents"], counted=[3], known=[4], differences=["documents"])
    count: int
    items: list[str]
    counted: list[int]
    known: list[int]
    differences: list[str]


class OverviewOut(BaseModel):
    """The shift leader's view, since the last hand-over (at most a day)."""

    since_ms: int
    totals: dict[str, int]
    lifts_by_reason: dict[str, int]
    lifts: list[dict[str, Any]]
    overrides: list[dict[str, Any]]
    refusals: list[dict[str, Any]]
    cards_out: list[dict[str, Any]]
    known: dict[str, int]
