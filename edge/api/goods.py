"""Goods that leave (G1), trucks (G2), and what belongs to a vehicle's leaving (V3). The goods service decides; this translates.

For guards and shift leaders; who of them stops and restores permits and files specimens, config/goods.toml says.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from edge.api import models as m
from edge.api import models_goods as g
from edge.api.answers import answers
from edge.api.auth import Guarding, Key
from edge.api.context import Ctx
from edge.api.lanes import LaneId
from edge.api.models_desk import RowsOut
from edge.api.sight import now_or_none
from edge.api.visits import VisitId
from edge.api.who import Who
from edge.desk.goods_words import bad, leader

router = APIRouter(prefix="/api/v1", tags=["goods"])
PermitId = Annotated[int, Path(ge=1, description="number of the permit's event", examples=[77])]
Text = Annotated[str, Query(max_length=40)]
Answers = answers(g.GoodsActed, 403)


async def act(ctx: Ctx, who: Who, action: str, given: dict[str, Any], key: str) -> dict[str, Any]:
    """Do it, and say how the permit is now."""
    plate = given.get("plate", "")
    done = await ctx.port.goods.act(who, action, given, key)
    number = 0 if action == "specimen" else done["permit"]
    permit = number and await ctx.reads.call(lambda: ctx.port.goods.permit(who, number, plate))
    return {"seq": done["seq"], "again": done["again"], "permit": permit or None}


@router.get("/goods/words", responses={200: {"model": g.GoodsWords}})
async def words(ctx: Ctx, who: Guarding) -> dict[str, Any]:
    """Who may sign for what, what may be wrong with a permit, in words; and what whoever asks may do."""
    return ctx.port.goods.words(who)


@router.get("/permits", responses={200: {"model": g.PermitsOut}})
async def permits(ctx: Ctx, who: Guarding, text: Text = "") -> dict[str, Any]:
    """Permits on which something may leave; with `text` those of that number, plate, unit, company or name, whatever their state."""
    goods = ctx.port.goods
    return await ctx.reads.call(lambda: {"rows": goods.permits(who, text), "trucks": goods.trucks()})


@router.post("/permits", responses=Answers)
async def register(ctx: Ctx, who: Guarding, key: Key, wanted: g.PermitNew) -> dict[str, Any]:
    """A permit on paper, typed in at the gate. A number that is known gives the permit that is there, with `again`."""
    return await act(ctx, who, "register", wanted.model_dump(), key)


@router.get("/permits/{permit}", responses={200: {"model": g.PermitOut}, 404: {"model": m.Error}})
async def one_permit(ctx: Ctx, who: Guarding, permit: PermitId, plate: Text = "") -> dict[str, Any]:
    """One permit, for the vehicle with this plate ("": on foot)."""
    return await ctx.reads.call(lambda: ctx.port.goods.permit(who, permit, plate))


@router.post("/permits/{permit}/release", responses=Answers)
async def release(ctx: Ctx, who: Guarding, key: Key, permit: PermitId, wanted: g.ReleaseIn) -> dict[str, Any]:
    """What agrees leaves, what differs stays, in one step; 409 when the permit is not good, or has just been used elsewhere."""
    return await act(ctx, who, "release", {"permit": permit, **wanted.model_dump()}, key)


@router.post("/permits/{permit}/stop", responses=Answers)
async def stop(ctx: Ctx, who: Guarding, key: Key, permit: PermitId, wanted: g.WhyIn) -> dict[str, Any]:
    """Nothing leaves on it until it is restored."""
    return await act(ctx, who, "stop", {"permit": permit, **wanted.model_dump()}, key)


@router.post("/permits/{permit}/restore", responses=Answers)
async def restore(ctx: Ctx, who: Guarding, key: Key, permit: PermitId, wanted: g.WhyIn) -> dict[str, Any]:
    """The management centre has verified it."""
    return await act(ctx, who, "restore", {"permit": permit, **wanted.model_dump()}, key)


@router.post("/goods/refuse", responses=Answers)
async def refuse(ctx: Ctx, who: Guarding, key: Key, wanted: g.RefuseIn) -> dict[str, Any]:
    """The permit is not good, or there is none: the goods stay, on record with a picture."""
    return await act(ctx, who, "refuse", wanted.model_dump(), key)


@router.get("/goods/kept", responses={200: {"model": RowsOut}})
async def kept(ctx: Ctx, who: Guarding) -> dict[str, Any]:
    """What stayed at the gate, and permits that were not good, newest first."""
    return {"rows": await ctx.reads.call(ctx.port.goods.kept)}


@router.get("/goods/specimens", responses={200: {"model": RowsOut}})
async def specimens(ctx: Ctx, who: Guarding, text: Text = "") -> dict[str, Any]:
    """Signatures that permits are compared with, newest first; with `text` those of that unit, company or name."""
    return {"rows": await ctx.reads.call(lambda: ctx.port.goods.specimens(text))}


@router.get(
    "/goods/camera.jpg",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}, "description": "The newest frame"}, 404: {"model": m.Error}},
)
async def camera(ctx: Ctx, who: Guarding) -> Response:
    """What lies under the desk's camera now, of which the page cuts a signature."""
    if not ctx.port.goods.words(who)["may"]["specimen"]:
        raise leader()
    return now_or_none(await ctx.reads.call(lambda: ctx.port.sight.still("document")))


@router.post("/goods/specimens", responses=Answers)
async def file_specimen(ctx: Ctx, who: Guarding, key: Key, wanted: g.SpecimenNew) -> dict[str, Any]:
    """A specimen signature, to be compared with what stands on permits."""
    given = wanted.model_dump()
    try:
        given["picture"] = base64.b64decode(given["picture"], validate=True)
    except (binascii.Error, ValueError):
        raise bad("picture-form") from None
    return await act(ctx, who, "specimen", given, key)


@router.post("/goods/specimens/{specimen}/withdraw", responses=Answers)
async def withdraw(
    ctx: Ctx, who: Guarding, key: Key, specimen: Annotated[int, Path(ge=1)], wanted: g.WhyIn
) -> dict[str, Any]:
    """It is not compared with any more."""
    done = await ctx.port.goods.act(who, "withdraw", {"specimen": specimen, **wanted.model_dump()}, key)
    return {"seq": done["seq"], "again": done["again"], "permit": None}


@router.post("/lanes/{lane}/truck", responses=Answers)
async def truck(ctx: Ctx, who: Guarding, key: Key, lane: LaneId, wanted: g.TruckIn) -> dict[str, Any]:
    """«这是货车»: what stands at this exit is a truck (or is not). Its plate is remembered."""
    return await act(ctx, who, "truck", {"lane": lane, **wanted.model_dump()}, key)


@router.post("/lanes/{lane}/load", responses=Answers)
async def load(ctx: Ctx, who: Guarding, key: Key, lane: LaneId, wanted: g.LoadIn) -> dict[str, Any]:
    """The load space of the truck at this exit was looked into (G2)."""
    return await act(ctx, who, "load", {"lane": lane, **wanted.model_dump()}, key)


@router.get("/visits/{visit}/passages", responses={200: {"model": g.PassagesOut}, 404: {"model": m.Error}})
async def passages(ctx: Ctx, who: Guarding, visit: VisitId) -> dict[str, Any]:
    """How the visit's vehicle came and how it leaves: pictures, plates, times, and whether the plates agree."""
    return await ctx.reads.call(lambda: ctx.port.goods.passages(visit))


@router.post("/visits/{visit}/plate", responses=Answers)
async def compare(ctx: Ctx, who: Guarding, key: Key, visit: VisitId, wanted: g.PlateIn) -> dict[str, Any]:
    """The plate as it is read at the exit, compared with that of the entry."""
    return await act(ctx, who, "plate", {"visit": visit, **wanted.model_dump()}, key)
