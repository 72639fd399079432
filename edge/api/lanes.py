"""The lanes: how they are, the picture of each, and the commands. The gate decides; this translates.

A command's answers, in their order: accepted and pulsed (POST …/command), then the arm up (GET …/arm). When the answer to
the POST was lost on the way, GET /commands/{key} tells whether it is on record, without any danger of carrying it out.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from edge.api import models as m
from edge.api import models_lanes as ml
from edge.api.auth import Guarding, Key, Leading, Person
from edge.api.context import Ctx
from edge.api.port import Command
from edge.api.roles import for_role
from edge.errors import NotFound
from edge.store import queries as stored

router = APIRouter(prefix="/api/v1", tags=["lanes"])
LaneId = Annotated[str, Path(max_length=32, examples=["entry"])]


@router.get("/lanes", responses={200: {"model": list[ml.LaneOut]}})
async def lanes(ctx: Ctx, who: Person) -> list[dict[str, Any]]:
    """All lanes as they are now."""
    shown: list[dict[str, Any]] = for_role(ctx.port.snapshot(), who.role)["lanes"]
    return shown


@router.get("/lanes/{lane}", responses={200: {"model": ml.LaneOut}})
async def one_lane(ctx: Ctx, who: Person, lane: LaneId) -> dict[str, Any]:
    """One lane as it is now."""
    known = await lanes(ctx, who)
    for state in known:
        if state["id"] == lane:
            return state
    names = ", ".join(state["id"] for state in known)
    raise NotFound(f"没有车道 {lane} · there is no lane {lane}", f"现有车道：{names} · lanes: {names}")


@router.post("/lanes/{lane}/command", responses={200: {"model": ml.CommandOut}, 409: {"model": m.Error}})
async def command(ctx: Ctx, who: Guarding, key: Key, lane: LaneId, wanted: ml.CommandIn) -> dict[str, Any]:
    """Raise, lower, stop, hold open or release. 409 when it was not executed, and why (late, occupied, held …)."""
    given = Command(lane, wanted.action, wanted.reason, wanted.plate, wanted.tick, wanted.age_ms, key)
    return await ctx.port.command(who, given)


@router.get("/lanes/{lane}/arm", responses={200: {"model": ml.ArmOut}})
async def arm(
    ctx: Ctx,
    who: Person,
    lane: LaneId,
    after: Annotated[int, Query(ge=0, description="`seq` of the command")],
    timeout_s: Annotated[float, Query(ge=0, le=25)] = 10.0,
) -> dict[str, Any]:
    """Wait until the arm that the command moved is up, at most `timeout_s`."""
    return await ctx.port.arm_up(lane, after, timeout_s)


@router.post("/lanes/{lane}/plate", responses={200: {"model": m.Recorded}, 404: {"model": m.Error}})
async def plate(ctx: Ctx, who: Guarding, key: Key, lane: LaneId, wanted: ml.PlateIn) -> dict[str, Any]:
    """Which plate the vehicle at this lane really has: typed, chosen among the candidates, or the reading confirmed. The first reading is kept."""
    return await ctx.port.correct_plate(who, lane, wanted.reading, wanted.plate, key)


@router.post("/lanes/{lane}/camera/view", responses={200: {"model": m.Recorded}, 404: {"model": m.Error}})
async def view(ctx: Ctx, who: Leading, key: Key, lane: LaneId) -> dict[str, Any]:
    """What this lane's camera looks at now is what it is to look at: ends «the camera was turned»."""
    return await ctx.port.accept_view(who, lane, key)


@router.get("/commands/{key}", responses={200: {"model": ml.CommandKnown}})
async def known_command(ctx: Ctx, who: Person, key: Annotated[str, Path(max_length=64)]) -> dict[str, Any]:
    """Whether one's own command with this key is on record, and whether as executed or as refused. Reads only: it can never carry one out."""
    answer = await ctx.reads.query(lambda con: stored.answered(con, key, who.user))
    seq, _, refused = (answer or "").partition(" ")
    return {"recorded": answer is not None, "seq": int(seq) if seq.isdecimal() else None, "refused": refused}


@router.get(
    "/lanes/{lane}/live.jpg",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}, "description": "The newest frame"}, 404: {"model": m.Error}},
)
async def live(ctx: Ctx, who: Person, lane: LaneId) -> Response:
    """The newest frame of the lane's camera."""
    picture = await ctx.reads.call(lambda: ctx.port.live_jpeg(lane))
    if picture is None:
        raise NotFound(
            "现在没有画面 · there is no picture now", "请看故障栏，或检查摄像头 · see the faults, or check the camera"
        )
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "no-store"})
