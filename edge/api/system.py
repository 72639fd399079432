"""The gate itself: whether it lives, its whole state, what is wrong, and the simulation."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import PlainTextResponse

from edge import __version__
from edge.api import models as m
from edge.api import models_system as ms
from edge.api.auth import Key, Leading, Person
from edge.api.context import Ctx
from edge.api.roles import for_role
from edge.errors import NotFound
from edge.store import registry

router = APIRouter(prefix="/api/v1", tags=["gate"])
metrics_router = APIRouter(tags=["gate"])
"""Where Prometheus looks for it."""


@router.get("/health", responses={200: {"model": ms.Health}})
async def health(ctx: Ctx) -> dict[str, Any]:
    """Whether the process answers (`live`), whether what happens can be recorded (`ready`), and each device, the worst first. Needs no
    session, and says nothing about anybody."""
    gate = ctx.port.snapshot()["gate"]
    said = {"ok": True, "version": __version__, "gate": gate["id"], "tick": ctx.port.now_tick()}
    return said | ctx.port.health.report()


@metrics_router.get("/metrics", response_class=PlainTextResponse)
async def metrics(ctx: Ctx) -> PlainTextResponse:
    """For Prometheus: faults, devices, journal and head office, disk, heat, power. Needs no session, and says nothing about anybody."""
    return PlainTextResponse(ctx.port.health.metrics(ctx.port.snapshot()), media_type="text/plain; version=0.0.4")


@router.get(
    "/ca.crt",
    response_class=Response,
    responses={200: {"content": {"application/x-x509-ca-cert": {}}}, 404: {"model": m.Error}},
)
async def authority(ctx: Ctx) -> Response:
    """The certificate that a tablet installs once, so that it trusts this gate's page. Needs no session: it is public."""
    if not ctx.options.ca:
        raise NotFound("这个门岗没有自签证书 · this gate has no authority of its own", "[api] tls = own")
    headers = {"Content-Disposition": 'attachment; filename="gate-ca.crt"'}
    return Response(ctx.options.ca, media_type="application/x-x509-ca-cert", headers=headers)


@router.get("/state", responses={200: {"model": ms.State}})
async def state(ctx: Ctx, who: Person) -> dict[str, Any]:
    """Everything the page shows, at this moment; `tick` goes with the next command."""
    return for_role(ctx.port.snapshot(), who.role)


@router.get("/faults", responses={200: {"model": list[ms.FaultOut]}})
async def faults(ctx: Ctx, who: Person) -> list[dict[str, Any]]:
    """What is wrong now, the worst first."""
    shown: list[dict[str, Any]] = ctx.port.snapshot()["faults"]
    return shown


@router.post("/simulate", responses={200: {"model": dict[str, Any]}})
async def simulate(ctx: Ctx, who: Person, key: Key, wanted: ms.SimulateIn) -> dict[str, Any]:
    """Let a scenario happen («a car drives up»). Only on a simulated gate; the names are in the state."""
    return await ctx.once.do(who.user, key, wanted, lambda: ctx.port.simulate(wanted.name, wanted.lane, wanted.card))


@router.post(
    "/registry",
    responses={200: {"model": ms.RegistryOut}, 422: {"model": m.Error}},
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string"}}}}
    },
)
async def import_registry(
    ctx: Ctx,
    who: Leading,
    key: Key,
    request: Request,
    name: Annotated[str, Header(alias="X-File-Name", max_length=200)] = "registry.csv",
) -> dict[str, Any]:
    """A whole registry (CSV or JSON) in the place of the old one, all or nothing; bad rows are named. For shift leaders."""
    data = await request.body()
    done = await ctx.once.do(
        who.user,
        key,
        (name, data),
        lambda: asyncio.to_thread(registry.import_bytes, ctx.port.store, data, name, actor=f"user:{who.user}"),
    )
    return {"rows": done.rows, "version": done.version}
