"""The shapes of requests and answers about goods and trucks, with examples (see models.py for how they are used)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from edge.api.models import Strict, shape
from edge.api.models_desk import IsoDate, Long, Short

Plate = Annotated[str, Field(max_length=12, examples=["粤B12345"])]
Lane = Annotated[str, Field(max_length=32, examples=["exit"])]
Count = Annotated[int, Field(ge=0, le=9999)]


class ItemIn(Strict):
    """A line of a permit, or goods that no permit names."""

    name: Short = Field(examples=["空调外机"])
    quantity: int = Field(ge=1, le=9999, examples=[2])
    measure: Annotated[str, Field(max_length=8, examples=["台"])] = "件"
    category: Short = ""


class PermitNew(Strict):
    """A permit as it is written (出闸纸)."""

    role: Short = Field(examples=["owner"])
    until: IsoDate = Field(examples=["2026-11-23"])
    items: list[ItemIn] = Field(max_length=60)
    number: Short = Field("", examples=["CZ-0312"])
    unit: Short = Field("", examples=["11栋201"])
    company: Short = ""
    plate: Plate = ""
    signer: Short = ""
    bearer: Short = ""
    stamped: bool = False
    stamp: Short = ""
    remark: Long = ""


class CountedIn(Strict):
    """How much of an item stands at the gate; `other`: it is another thing than the permit says."""

    n: int = Field(ge=0, le=59)
    found: Count
    other: bool = False


class ReleaseIn(Strict):
    """What was counted. `gone`: how many pieces had left before, as the page showed it. `lane` "": on foot."""

    items: list[CountedIn] = Field(max_length=60)
    extra: list[ItemIn] = Field(default=[], max_length=60)
    genuine: bool = Field(description="signature and stamp were compared and are genuine")
    lane: Lane = ""
    plate: Plate = ""
    gone: int | None = Field(None, ge=0)


class RefuseIn(Strict):
    """Why nothing leaves: a finding of config/goods.toml. `permit` 0: there is none."""

    finding: Short = Field(examples=["expired"])
    permit: int = Field(0, ge=0)
    extra: list[ItemIn] = Field(default=[], max_length=60)
    lane: Lane = ""
    plate: Plate = ""


class WhyIn(Strict):
    """A reason, in words."""

    reason: Short = Field(examples=["管理中心电话核实"])


class SpecimenNew(Strict):
    """How somebody signs: a JPEG in base64, at most 48 kB."""

    role: Short = Field(examples=["owner"])
    picture: Annotated[str, Field(max_length=66_000, description="JPEG, base64")]
    unit: Short = ""
    company: Short = ""
    name: Short = ""


class TruckIn(Strict):
    """«这是货车» at an exit."""

    truck: bool = True
    plate: Plate = ""


class LoadIn(Strict):
    """What was found in the load space. `override` is a shift leader's, with a reason."""

    result: Literal["empty", "unpermitted", "override"] = Field(examples=["empty"])
    reason: Short = ""
    plate: Plate = ""
    extra: list[ItemIn] = Field(default=[], max_length=60)


class PlateIn(Strict):
    """The plate as the guard reads it at the exit."""

    plate: Plate


class GoodsWords(BaseModel):
    """Who may sign for what, what may be wrong with a permit, and the sentences that go with it."""

    roles: list[dict[str, Any]]
    categories: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    say: dict[str, dict[str, Any]]
    may: dict[str, bool]
    today: str


class PermitsOut(BaseModel):
    """Permits, and the trucks at the exits."""

    model_config = shape(rows=[], trucks=[])
    rows: list[dict[str, Any]]
    trucks: list[dict[str, Any]]


class PermitOut(BaseModel):
    """One permit with items, specimens, history, findings and the sentence of the moment (edge/desk/goods_views.py)."""

    permit: int
    number: str
    state: str
    findings: list[str]
    stops: str
    items: list[dict[str, Any]]
    specimens: list[dict[str, Any]]
    log: list[dict[str, Any]]

    model_config = {"extra": "allow"}


class GoodsActed(BaseModel):
    """What was done: the event's number, whether it had been done already, the permit as it is now (null: none)."""

    model_config = shape(seq=1234, again=False, permit=None)
    seq: int
    again: bool
    permit: PermitOut | None


class PassagesOut(BaseModel):
    """How a visit's vehicle came and how it leaves (rows of the register), and what the guard said of the plates."""

    model_config = shape(entry=None, exit=None, compared=None)
    entry: dict[str, Any] | None
    exit: dict[str, Any] | None
    compared: dict[str, Any] | None
