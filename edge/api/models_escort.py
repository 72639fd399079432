"""The shapes of green way and convoys."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from edge.api.models import Strict, shape

Plate = Annotated[str, Field(min_length=1, max_length=16, examples=["粤B12345"])]
Text = Annotated[str, Field(max_length=500)]
Way = Literal["in", "out"]


class PressIn(Strict):
    """A press that moves barriers: carried out only while it is at most two seconds old by the gate's clock."""

    tick: int = Field(description="`tick` of the last heartbeat", examples=[81236120])
    age_ms: int = Field(0, ge=0, description="how many ms before the press it had come", examples=[640])


class KindIn(Strict):
    """What the green way is for."""

    kind: Literal["ambulance", "fire-engine", "police", "funeral", "other"] = Field(examples=["ambulance"])


class ConvoyIn(Strict):
    """A wedding convoy. `arrives` is local time; no lanes: all of them."""

    arrives: str = Field(max_length=32, examples=["2026-11-28T10:08"])
    names: str = Field(max_length=500, description="the couple", examples=["王伟、李娜"])
    plates: list[Plate] = Field(default_factory=list, max_length=100)
    lanes: list[Annotated[str, Field(max_length=32)]] = Field(default_factory=list, max_length=8)
    customs: Text = ""
    wishes: Text = ""
    phone: Annotated[str, Field(max_length=40)] = ""


class CancelIn(Strict):
    """Why it will not come."""

    reason: Literal["called-off", "mistake", "other"] = Field(examples=["called-off"])


class WayIn(PressIn):
    """Which way it passes."""

    way: Way = Field(examples=["in"])


class CarIn(Strict):
    """A listed car that is through."""

    plate: Plate
    way: Way = Field(examples=["in"])


class PlateIn(PressIn):
    """A plate that the guard reads at a lane."""

    lane: str = Field(max_length=32, examples=["entry"])
    plate: Plate


class Done(BaseModel):
    """The number of the event, the green way or convoy that it is about, and whether it was so already."""

    model_config = shape(seq=1234, about=1234, again=False)
    seq: int
    about: int
    again: bool


class Rows(BaseModel):
    """A list."""

    model_config = shape(rows=[{"zh": "谢谢", "en": "Thank you"}])
    rows: list[dict[str, Any]]
