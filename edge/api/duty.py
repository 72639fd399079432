"""Notices from head office (D5) and the change of shift (D6). The desk decides; this translates."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path

from edge.api import models as m
from edge.api import models_post as p
from edge.api.answers import answers
from edge.api.auth import Guarding, Key, Leading, Person
from edge.api.context import Ctx

router = APIRouter(prefix="/api/v1", tags=["duty"])
BulletinId = Annotated[int, Path(ge=1, description="number of the notice", examples=[41])]
Answers = answers(p.DoneOut)


# ---- notices from head office ------------------------------------------------------------------------------------


@router.get("/bulletins", responses={200: {"model": p.BulletinsOut}})
async def bulletins(ctx: Ctx, who: Person) -> dict[str, Any]:
    """Notices in force, coming, and just over, each with the sentence for whoever asks, and who has read it."""
    return await ctx.reads.call(ctx.port.post.bulletins)


@router.post("/bulletins", responses=Answers)
async def post_bulletin(ctx: Ctx, who: Leading, key: Key, wanted: p.BulletinIn) -> dict[str, Any]:
    """Announce something. For shift leaders; head office's own come with the downlink."""
    return await ctx.port.post.act(who, "post", wanted.model_dump(), key)


@router.post("/bulletins/{bulletin}/correct", responses=Answers)
async def correct(ctx: Ctx, who: Leading, key: Key, bulletin: BulletinId, wanted: p.BulletinIn) -> dict[str, Any]:
    """The whole notice as it is from now on; it is shown anew to everybody."""
    return await ctx.port.post.act(who, "correct", {"bulletin": bulletin, **wanted.model_dump()}, key)


@router.post("/bulletins/{bulletin}/withdraw", responses=Answers)
async def withdraw(ctx: Ctx, who: Leading, key: Key, bulletin: BulletinId, wanted: p.WithdrawIn) -> dict[str, Any]:
    """Take it down."""
    return await ctx.port.post.act(who, "withdraw-bulletin", {"bulletin": bulletin, **wanted.model_dump()}, key)


@router.post("/bulletins/{bulletin}/read", responses=Answers)
async def read(ctx: Ctx, who: Guarding, key: Key, bulletin: BulletinId, wanted: p.ReadIn) -> dict[str, Any]:
    """已读: on record with who and on which tablet."""
    return await ctx.port.post.act(who, "read", {"bulletin": bulletin, **wanted.model_dump()}, key)


# ---- the change of shift -----------------------------------------------------------------------------------------


@router.get("/duty", responses={200: {"model": p.DutyOut}})
async def duty(ctx: Ctx, who: Guarding) -> dict[str, Any]:
    """Who is on duty, when the shift ends, the last hand-overs with what differed. Says nothing of what is to be counted."""
    return await ctx.reads.call(lambda: ctx.port.post.duty(who))


@router.get("/duty/overview", responses={200: {"model": p.OverviewOut}})
async def overview(ctx: Ctx, who: Leading) -> dict[str, Any]:
    """Lifts by hand by reason, overrides, refusals, cards not back since the last hand-over. For shift leaders."""
    return await ctx.reads.call(ctx.port.post.overview)


@router.post("/duty/count", responses={200: {"model": p.CountOut}, 422: {"model": m.Error}})
async def count(ctx: Ctx, who: Guarding, key: Key, wanted: p.CountIn) -> dict[str, Any]:
    """Whoever takes over has counted; the answer, and nothing before it, says what the gate knows."""
    done = await ctx.port.post.act(who, "count", wanted.model_dump(), key)
    return await ctx.reads.call(lambda: ctx.port.post.counted(done["about"]))


@router.post("/duty/hand-over", responses=Answers)
async def hand_over(ctx: Ctx, who: Guarding, key: Key, wanted: p.HandOverIn) -> dict[str, Any]:
    """Take over by that count. Sessions of those who hand over end; cards that are not back are blocked."""
    return await ctx.port.post.act(who, "hand-over", wanted.model_dump(), key)
