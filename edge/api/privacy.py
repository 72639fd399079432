"""Privacy, for shift leaders: how long what is kept, where a person is named, erase on request, keep for a matter (保全)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from edge.api.answers import answers
from edge.api.auth import Key, Leading
from edge.api.context import Ctx

router = APIRouter(prefix="/api/v1/privacy", tags=["privacy"])
About = Annotated[int, Path(ge=1, description="number of the visit, pass or other matter", examples=[41])]


class Group(BaseModel):
    """One kind of personal data."""

    group: str = Field(examples=["number"])
    days: int
    ran_ms: int = Field(description="when it was last carried out; 0: not yet")
    erased: int
    waiting: int = Field(description="have had their time, but their matter still goes on")


class Kept(BaseModel):
    """A matter that is kept longer."""

    about: int
    reason: str
    by: str
    since_ms: int


class StatusOut(BaseModel):
    """Retention at this gate."""

    groups: list[Group]
    kept: list[Kept]


class Named(BaseModel):
    """An event that names the person."""

    seq: int
    at_ms: int
    kind: str
    about: int
    fields: dict[str, str]
    in_use: bool


class NamedOut(BaseModel):
    """Newest first, at most 200."""

    rows: list[Named]


class ReasonIn(BaseModel):
    """Why."""

    reason: str = Field("", max_length=200, examples=["本人申请"])


class DoneOut(BaseModel):
    """Number of its event."""

    seq: int
    again: bool


Answers = answers(DoneOut)


@router.get("", responses={200: {"model": StatusOut}})
async def status(ctx: Ctx, who: Leading) -> dict[str, Any]:
    """How long each kind of personal data is kept, when that was last carried out, and what is kept longer."""
    return await ctx.reads.call(ctx.port.privacy.status)


@router.get("/find", responses={200: {"model": NamedOut}})
async def find(
    ctx: Ctx, who: Leading, text: Annotated[str, Query(min_length=1, max_length=60, examples=["王小明"])]
) -> dict[str, Any]:
    """Where a person is named: by name, telephone or number."""
    return {"rows": await ctx.reads.call(lambda: ctx.port.privacy.find(text))}


@router.post("/{about}/erase", responses=Answers)
async def erase(ctx: Ctx, who: Leading, key: Key, about: About, wanted: ReasonIn) -> dict[str, Any]:
    """Erase the personal data and pictures of a matter, for good, here and at head office."""
    return await ctx.port.privacy.act(who, "erase", about, wanted.reason, key)


@router.post("/{about}/keep", responses=Answers)
async def keep(ctx: Ctx, who: Leading, key: Key, about: About, wanted: ReasonIn) -> dict[str, Any]:
    """Keep a matter's personal data and pictures beyond their time (保全)."""
    return await ctx.port.privacy.act(who, "keep", about, wanted.reason, key)


@router.post("/{about}/release", responses=Answers)
async def release(ctx: Ctx, who: Leading, key: Key, about: About) -> dict[str, Any]:
    """The matter is over: what has had its time goes with the next round."""
    return await ctx.port.privacy.act(who, "release", about, "", key)
