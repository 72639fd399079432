"""The shapes of the desk's requests and answers, with examples (see models.py for how they are used).

Rows carry both languages (`zh`, `en`): two tablets in two languages watch the same visit.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from edge.api.models import Strict, shape

Title = Literal["", "mr", "ms"]
Short = Annotated[str, Field(max_length=40)]
Long = Annotated[str, Field(max_length=200)]
CardName = Annotated[str, Field(min_length=1, max_length=40, examples=["A-07"])]
IsoDate = Annotated[str, Field(pattern=r"^$|^\d{4}-\d{2}-\d{2}$", examples=["2026-11-23"])]


# ---- what is sent ------------------------------------------------------------------------------------------------


class VisitIn(Strict):
    """What is known of a visitor. Left out or empty: not known (in a note: stays as it is)."""

    mode: Literal["foot", "vehicle"] = "foot"
    name: Short = Field("", examples=["王伟"])
    title: Title = ""
    phone: Short = Field("", examples=["13800000000"])
    company: Short = ""
    purpose: Short = ""
    host: Short = Field("", examples=["郑伟"])
    unit: Short = Field("", examples=["11栋201"])
    plate: Annotated[str, Field(max_length=12, examples=["粤B12345"])] = ""
    vehicle: Short = ""
    companions: int = Field(0, ge=0, le=99)
    remark: Long = ""
    goods: Long = Field("", description="what is brought in")
    names: Long = Field("", description="the companions, as far as they said")


class VisitNew(VisitIn):
    """A visitor stands at the gate."""

    kind: Short = Field(examples=["business"])


class AnswerIn(Strict):
    """An answer to a step: a choice, the place that was told, or the pass that was looked at (P8)."""

    step: Short = Field(examples=["appointment"])
    answer: Short = Field("", examples=["yes"])
    place: Short = ""
    number: Short = ""
    valid_from: IsoDate = ""
    valid_until: IsoDate = ""
    mine: bool = False
    remark: Long = ""
    photo: Annotated[str, Field(max_length=80, description="digest of the picture on the pass")] = ""


class CallIn(Strict):
    """What the host said."""

    result: Literal["agreed", "refused", "no-answer"] = Field(examples=["agreed"])
    number: Short = Field("", description="the telephone that was called")


class DocumentIn(Strict):
    """A document: held in the rack until the visitor leaves (押证), or looked at and handed straight back."""

    how: Literal["hold", "check"] = Field(examples=["hold"])
    kind: Short = Field(examples=["driving-licence"])
    number: Short = Field(examples=["440301199001011237"])
    owner: Short = ""
    slot: int | None = Field(None, ge=1, le=999, description="left out: the first free one")


class ReturnDocumentIn(Strict):
    """To whom it goes back."""

    to: Short = Field("owner", examples=["owner"])


class CardIn(Strict):
    """A card by its UID, its printed number or its label. `until`: last local day of a pass of several days. `at_reader`: it lies on the
    desk's reader, and is looked at again (and written, where its kind wants it) before it is issued."""

    card: CardName
    until: IsoDate = ""
    at_reader: bool = False


class CardNamed(Strict):
    """A card."""

    card: CardName


class CardGone(Strict):
    """A card that is lost or is to be blocked, and why."""

    card: CardName
    reason: Short = Field(min_length=1, examples=["visitor-lost-it"])


class CardNew(Strict):
    """A card for the stock."""

    card: CardName
    kind: Literal["visitor", "vehicle", "construction"] = Field(examples=["visitor"])
    label: Short = Field("", examples=["A-07"])


class ReasonIn(Strict):
    """Why."""

    reason: Short = Field(min_length=1, examples=["host-refused"])


class WhereIn(Strict):
    """To which place."""

    where: Short = Field(min_length=1, examples=["clubhouse"])


class CloseIn(Strict):
    """The visitor has left. `override`: why although something is outstanding; empty: everything came back."""

    override: Short = Field("", examples=["card-lost"])


class AcknowledgeIn(Strict):
    """How they said that they heard it."""

    by: Literal["radio", "page", "phone"] = "radio"


# ---- what comes back ---------------------------------------------------------------------------------------------


class Choice(BaseModel):
    """One possible answer. `effect`: go, refuse, direct."""

    answer: str
    zh: str
    en: str
    effect: str


class StepOut(BaseModel):
    """A step. `does`: question, call, document, card, check, tell; `say_*`: the sentence for this visitor."""

    id: str
    does: str
    state: str
    zh: str
    en: str
    say_zh: str
    say_en: str
    salute: bool
    choices: list[Choice]
    answer: str
    at_ms: int
    card_kind: str
    hold: bool
    rack_full: bool


class VisitOut(BaseModel):
    """A visit. In lists without steps, documents, cards and notices. `may`: action → "" or why it is not possible now."""

    model_config = shape(
        visit=41,
        kind="business",
        kind_zh="业务来访",
        kind_en="business visit",
        mode="vehicle",
        rule="V3",
        state="open",
        step="document",
        outstanding=[],
        name="王伟",
        title="先生",
        phone="138****0000",
        host="周明",
        unit="11栋201",
        plate="粤B12345",
        vehicle="car",
        companions=1,
        company="宏达",
        purpose="",
        remark="",
        place="",
        since_ms=1793000000000,
        opened_by="guard-1",
        admitted_ms=None,
        ended_ms=None,
        how="",
        reason="",
        may={"admit": "document"},
        steps=[],
        documents=[],
        cards=[],
        notices=[],
        say_zh="王先生，请出示您的证件。",
        say_en="Mr Wang, may I see your document, please?",
    )
    visit: int
    kind: str
    kind_zh: str
    kind_en: str
    mode: str
    rule: str
    state: Literal["open", "admitted", "refused", "directed", "closed"]
    step: str
    outstanding: list[str]
    name: str
    title: str
    phone: str
    host: str
    unit: str
    plate: str
    vehicle: str
    companions: int
    company: str
    purpose: str
    remark: str
    place: str
    since_ms: int
    opened_by: str
    admitted_ms: int | None
    ended_ms: int | None
    how: str
    reason: str
    may: dict[str, str]
    steps: list[StepOut]
    documents: list[dict[str, Any]]
    cards: list[dict[str, Any]]
    notices: list[dict[str, Any]]
    say_zh: str
    say_en: str
    goods: str = ""
    names: str = ""
    due_ms: int | None = None
    alarm_ms: int | None = None
    watched: str = ""
    watch: list[dict[str, Any]] = Field([], description="for shift leaders: why")
    pictures: list[dict[str, Any]] = Field([], description="of, digest; for shift leaders and who deals with it")
    leave_zh: str = Field("", description="the sentence for the leaving; only with one visit")
    leave_en: str = ""


class Visits(BaseModel):
    """Visits that have not ended, and the counts a guard must know."""

    rows: list[VisitOut]
    counts: dict[str, int]


class ActedOut(BaseModel):
    """What was done: the event's number, whether it had been done already, and the visit as it is now (null: none)."""

    model_config = shape(seq=1234, again=False, visit=None)
    seq: int
    again: bool
    visit: VisitOut | None


class KindsOut(BaseModel):
    """The kinds of visits, and the documents that are known, with the reason why one is held or handed back."""

    kinds: list[dict[str, Any]]
    documents: list[dict[str, Any]]
    vehicles: list[dict[str, Any]]
    sight: dict[str, bool] = Field(description="the desk's cameras: person, document; reads; auto")
    say: dict[str, dict[str, Any]]
    may: dict[str, bool] = Field(description="what whoever asks may: appointment")


class Telephone(BaseModel):
    """A host's number, from head office's list."""

    model_config = shape(name="郑伟", phone="13800138000")
    name: str
    phone: str


class TelephonesOut(BaseModel):
    """The host first."""

    model_config = shape(rows=[{"name": "郑伟", "phone": "13800138000"}])
    rows: list[Telephone]


class RowsOut(BaseModel):
    """A list."""

    model_config = shape(rows=[])
    rows: list[dict[str, Any]]
