"""Green way (V6, V7), wedding convoys (V8) and the ten courtesy phrases (D7). The gate decides; this translates."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path

from edge.api import models_escort as e
from edge.api.answers import answers
from edge.api.auth import Guarding, Key, Leading, Person
from edge.api.context import Ctx

router = APIRouter(prefix="/api/v1", tags=["escort"])
Green = Annotated[int, Path(ge=1, description="number of the green way", examples=[41])]
Convoy = Annotated[int, Path(ge=1, description="number of the convoy", examples=[41])]
Answers = answers(e.Done)


@router.get("/phrases", responses={200: {"model": e.Rows}})
async def phrases(ctx: Ctx, who: Person) -> dict[str, Any]:
    """The ten courtesy phrases, for reading aloud."""
    return ctx.port.escort.phrases()


# ---- green way -----------------------------------------------------------------------------------------------------


@router.get("/green-way", responses={200: {"model": e.Rows}})
async def greens(ctx: Ctx, who: Guarding) -> dict[str, Any]:
    """The last green ways: since when, by whom, and each vehicle that went through."""
    return {"rows": await ctx.reads.call(ctx.port.escort.greens)}


@router.post("/green-way", responses=Answers)
async def open_green(ctx: Ctx, who: Guarding, key: Key, wanted: e.PressIn) -> dict[str, Any]:
    """Hold the lanes open at once, both ways, until released. Open already: that one, with `again`. 409 when too late."""
    return await ctx.port.escort.act(who, "green-open", wanted.model_dump(), key)


@router.post("/green-way/{green}/name", responses=Answers)
async def name_green(ctx: Ctx, who: Guarding, key: Key, green: Green, wanted: e.KindIn) -> dict[str, Any]:
    """Say what it is for, afterwards: a funeral is shown quietly (V7)."""
    return await ctx.port.escort.act(who, "green-name", {"green": green, **wanted.model_dump()}, key)


@router.post("/green-way/{green}/release", responses=Answers)
async def release_green(ctx: Ctx, who: Guarding, key: Key, green: Green, wanted: e.PressIn) -> dict[str, Any]:
    """Let the lanes go: each arm comes down by itself when nothing is under it."""
    return await ctx.port.escort.act(who, "green-release", {"green": green, **wanted.model_dump()}, key)


# ---- convoys -------------------------------------------------------------------------------------------------------


@router.get("/convoys", responses={200: {"model": e.Rows}})
async def convoys(ctx: Ctx, who: Guarding) -> dict[str, Any]:
    """Convoys that come, are here, or were here within the last day, the next one first."""
    return {"rows": await ctx.reads.call(ctx.port.escort.convoys)}


@router.post("/convoys", responses=Answers)
async def announce(ctx: Ctx, who: Leading, key: Key, wanted: e.ConvoyIn) -> dict[str, Any]:
    """Expect a convoy. For shift leaders; head office announces over its own way."""
    return await ctx.port.escort.act(who, "announce", wanted.model_dump(), key)


@router.post("/convoys/plate", responses=Answers)
async def plate(ctx: Ctx, who: Guarding, key: Key, wanted: e.PlateIn) -> dict[str, Any]:
    """A car of a convoy that comes alone: its plate, as the guard reads it, opens the lane within the convoy's window."""
    return await ctx.port.escort.act(who, "plate", wanted.model_dump(), key)


@router.post("/convoys/{convoy}/change", responses=Answers)
async def change(ctx: Ctx, who: Leading, key: Key, convoy: Convoy, wanted: e.ConvoyIn) -> dict[str, Any]:
    """Set a convoy's data right: all of it as it is from now on."""
    return await ctx.port.escort.act(who, "change", {"convoy": convoy, **wanted.model_dump()}, key)


@router.post("/convoys/{convoy}/cancel", responses=Answers)
async def cancel(ctx: Ctx, who: Leading, key: Key, convoy: Convoy, wanted: e.CancelIn) -> dict[str, Any]:
    """It will not come."""
    return await ctx.port.escort.act(who, "cancel", {"convoy": convoy, **wanted.model_dump()}, key)


@router.post("/convoys/{convoy}/open", responses=Answers)
async def open_convoy(ctx: Ctx, who: Guarding, key: Key, convoy: Convoy, wanted: e.WayIn) -> dict[str, Any]:
    """It is here: its lanes of this way are held open until it is through."""
    return await ctx.port.escort.act(who, "convoy-open", {"convoy": convoy, **wanted.model_dump()}, key)


@router.post("/convoys/{convoy}/end", responses=Answers)
async def end_convoy(ctx: Ctx, who: Guarding, key: Key, convoy: Convoy, wanted: e.PressIn) -> dict[str, Any]:
    """It is through: the lanes are let go."""
    return await ctx.port.escort.act(who, "convoy-end", {"convoy": convoy, **wanted.model_dump()}, key)


@router.post("/convoys/{convoy}/car", responses=Answers)
async def car(ctx: Ctx, who: Guarding, key: Key, convoy: Convoy, wanted: e.CarIn) -> dict[str, Any]:
    """A car of the list is through; with the last one the lanes are let go."""
    return await ctx.port.escort.act(who, "tick", {"convoy": convoy, **wanted.model_dump()}, key)
