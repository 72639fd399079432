"""The configuration, for technicians: look, edit, compare, apply on trial, confirm, go back (edge/configuring.py has the rules)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path

from edge.api import models_config as m
from edge.api.answers import answers
from edge.api.auth import Key, Technical
from edge.api.context import Ctx

router = APIRouter(prefix="/api/v1/config", tags=["configuration"])
Number = Annotated[int, Path(ge=1, description="number of the version", examples=[3])]
Answers = answers(m.DoneOut)


@router.get("", responses={200: {"model": m.ConfigOut}})
async def status(ctx: Ctx, who: Technical) -> dict[str, Any]:
    """Which version is in force, which is on trial and for how long yet, and every version with who and why."""
    return ctx.port.config.status()


@router.get("/schema", responses={200: {"model": m.SchemaOut}})
async def schema(ctx: Ctx, who: Technical) -> dict[str, Any]:
    """What may stand in a configuration."""
    return await ctx.reads.call(ctx.port.config.schema)


@router.get("/versions/{version}", responses=answers(m.TextOut))
async def text(ctx: Ctx, who: Technical, version: Number) -> dict[str, Any]:
    """A version's text."""
    found = ctx.port.config.text(version)
    return {"version": version, **ctx.port.config.edited(found, [])}


@router.post("/edit", responses=answers(m.EditOut))
async def edit(ctx: Ctx, who: Technical, key: Key, wanted: m.EditIn) -> dict[str, Any]:
    """Set keys in a text, comments and order kept. Nothing comes into force."""
    return ctx.port.config.edited(wanted.text, [(one.key, one.value) for one in wanted.changes])


@router.post("/compare", responses=answers(m.CompareOut))
async def compare(ctx: Ctx, who: Technical, key: Key, wanted: m.CompareIn) -> dict[str, Any]:
    """What applying a text would mean. Nothing comes into force."""
    return ctx.port.config.compared(wanted.text)


@router.post("/apply", responses=Answers)
async def apply(ctx: Ctx, who: Technical, key: Key, wanted: m.ApplyIn) -> dict[str, Any]:
    """Try a text. Without a confirmation within a minute what was before is back by itself."""
    return await ctx.port.config.apply(who, wanted.text, wanted.base, wanted.reason, key)


@router.post("/versions/{version}/confirm", responses=Answers)
async def confirm(ctx: Ctx, who: Technical, key: Key, version: Number) -> dict[str, Any]:
    """It works: the version on trial stays."""
    return await ctx.port.config.confirm(who, version, key)


@router.post("/versions/{version}/revert", responses=Answers)
async def revert(ctx: Ctx, who: Technical, key: Key, version: Number, wanted: m.ReasonIn) -> dict[str, Any]:
    """Back to a version: from a trial at once, else as a new trial."""
    return await ctx.port.config.revert(who, version, wanted.reason, key)
