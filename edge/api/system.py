"""The gate itself: whether it lives, its whole state, what is wrong, and the simulation."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from edge import __version__
from edge.api import models as m
from edge.api.auth import Key, Person
from edge.api.context import Ctx
from edge.api.roles import for_role

router = APIRouter(prefix="/api/v1", tags=["gate"])


@router.get("/health", responses={200: {"model": m.Health}})
async def health(ctx: Ctx) -> dict[str, Any]:
    """The process answers. Needs no session, and says nothing about anybody."""
    gate = ctx.port.snapshot()["gate"]
    return {"ok": True, "version": __version__, "gate": gate["id"], "tick": ctx.port.now_tick()}


@router.get("/state", responses={200: {"model": m.State}})
async def state(ctx: Ctx, who: Person) -> dict[str, Any]:
    """Everything the page shows, at this moment; `tick` goes with the next command."""
    return for_role(ctx.port.snapshot(), who.role)


@router.get("/faults", responses={200: {"model": list[m.FaultOut]}})
async def faults(ctx: Ctx, who: Person) -> list[dict[str, Any]]:
    """What is wrong now, the oldest first."""
    shown: list[dict[str, Any]] = ctx.port.snapshot()["faults"]
    return shown


@router.post("/simulation", responses={200: {"model": dict[str, Any]}})
async def simulate(ctx: Ctx, who: Person, key: Key, wanted: m.SimulateIn) -> dict[str, Any]:
    """Let a scenario happen («a car drives up»). Only on a simulated gate; the names are in the state."""
    return await ctx.once.do(who.user, key, wanted, lambda: ctx.port.simulate(wanted.name, wanted.lane))
