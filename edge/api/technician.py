"""Bring-up, for technicians: what is plugged in, live bytes, captures, finding and calibrating readers, inputs and relays, cameras.

Looking is not journalled. What moves something (pulse), changes a device (install), puts one out of service (search with release) or
discloses what cards said (capture) is. No names of people are seen here; card numbers are.

What takes long (a camera that gives no picture, a long replay) is not done on the two reading threads: those are the guards'.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import PlainTextResponse, StreamingResponse

from edge.api import models as m
from edge.api import models_technician as t
from edge.api.answers import answers
from edge.api.auth import Key, Technical, Token, still_in
from edge.api.context import Context, Ctx
from edge.api.lanes import LaneId
from edge.api.stream import frame
from edge.api.who import Who
from edge.errors import NotExecuted, NotFound

router = APIRouter(prefix="/api/v1/technician", tags=["technician"])
BEAT_S = 1.0
"""A stream without bytes looks so often whether it may go on."""
Device = Annotated[str, Path(max_length=64, examples=["entry.reader"])]
Done = answers(t.DoneOut)


async def _stop(ctx: Context, who: Who, key: str, what: str, device: str = "") -> dict[str, Any]:
    async def work() -> dict[str, Any]:
        return ctx.port.technician.stop(what, device)

    return await ctx.once.do(who.user, key, (what, device), work)


@router.get("/devices", responses={200: {"model": t.DevicesOut}})
async def devices(ctx: Ctx, who: Technical) -> dict[str, Any]:
    """Serial ports by their stable names, cameras, pins; what each is bound to; what is configured, its state, what is missing."""
    around = ctx.port.technician.around()
    return await asyncio.to_thread(ctx.port.technician.look, around)


# ---- bytes -----------------------------------------------------------------------------------------------------


@router.get(
    "/readers/{device}/raw",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}, "description": "bytes, beat, end"}, 404: {"model": m.Error}},
)
async def raw(ctx: Ctx, who: Technical, token: Token, device: Device) -> StreamingResponse:
    """The live bytes of a reader with its decoder's reading: `{"ms", "hex", "found", "dropped"}`. For a quarter of an hour at most."""
    with ctx.port.technician.listen(
        device
    ):  # there is no such reader, or it does not run: said before the stream begins
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_raw(ctx, who, token, device), media_type="text/event-stream", headers=headers)


async def _raw(ctx: Context, who: Who, token: str | None, device: str) -> AsyncIterator[bytes]:
    with contextlib.suppress(NotExecuted, NotFound), ctx.port.technician.listen(device) as listening:
        yield frame("beat", {})
        async for row in listening.rows(BEAT_S):
            if ctx.closing.is_set() or not still_in(ctx, who, token):
                break
            yield frame("beat", {}) if row is None else frame("bytes", row)
    yield frame("end", {})


@router.get("/captures", responses={200: {"model": t.CapturesOut}})
async def captures(ctx: Ctx, who: Technical) -> dict[str, Any]:
    """Recorded bytes: the files, and what is being recorded."""
    return await ctx.reads.call(ctx.port.technician.captures)


@router.post("/captures", responses=Done)
async def capture(ctx: Ctx, who: Technical, key: Key, wanted: t.CaptureIn) -> dict[str, Any]:
    """Record a reader's bytes to a file, with their times; it ends by itself. On record: card numbers are in it."""
    return await ctx.port.technician.act(who, "capture", wanted.model_dump(), key)


@router.post("/captures/{device}/stop", responses=Done)
async def stop_capture(ctx: Ctx, who: Technical, key: Key, device: Device) -> dict[str, Any]:
    """End it now."""
    return await _stop(ctx, who, key, "capture", device)


@router.get("/captures/{name}", response_class=PlainTextResponse, responses={404: {"model": m.Error}})
async def capture_file(ctx: Ctx, who: Technical, name: Annotated[str, Path(max_length=120)]) -> PlainTextResponse:
    """One file, to send it in to whoever helps."""
    text = await ctx.reads.call(lambda: ctx.port.technician.capture(name))
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return PlainTextResponse(text, headers=headers)


@router.post("/replay", responses=answers(t.ReplayOut))
async def replay(ctx: Ctx, who: Technical, key: Key, wanted: t.ReplayIn) -> dict[str, Any]:
    """What a decoder makes of a capture, with its own driver or another: nothing of it reaches the gate."""
    return await asyncio.to_thread(ctx.port.technician.replay, wanted.name, wanted.text, wanted.driver, wanted.options)


# ---- finding and calibrating -----------------------------------------------------------------------------------


@router.get("/search", responses={200: {"model": t.SearchState}})
async def search(ctx: Ctx, who: Technical) -> dict[str, Any]:
    """How far the search is, and what was found."""
    return {"search": ctx.port.technician.search()}


@router.post("/search", responses=Done)
async def start_search(ctx: Ctx, who: Technical, key: Key, wanted: t.SearchIn) -> dict[str, Any]:
    """Find a reader on a port: push readers by listening alone, OSDP by the one question that changes nothing."""
    return await ctx.port.technician.act(who, "search", wanted.model_dump(), key)


@router.post("/search/stop", responses=Done)
async def stop_search(ctx: Ctx, who: Technical, key: Key) -> dict[str, Any]:
    """End it; what was released comes back."""
    return await _stop(ctx, who, key, "search")


@router.get("/calibration", responses={200: {"model": t.CalibrationState}})
async def calibration(ctx: Ctx, who: Technical) -> dict[str, Any]:
    """How far the calibration is."""
    return {"calibration": ctx.port.technician.calibration()}


@router.post("/calibration", responses=answers(t.CalibrationOut))
async def calibrate(ctx: Ctx, who: Technical, key: Key, wanted: t.CalibrationIn) -> dict[str, Any]:
    """Wait a minute for a card whose number is known; its rule follows, or another card is needed."""
    return await ctx.once.do(
        who.user,
        key,
        wanted,
        lambda: ctx.port.technician.calibrate(wanted.device, wanted.known, wanted.kind, wanted.more),
    )


@router.post("/calibration/stop", responses=Done)
async def stop_calibration(ctx: Ctx, who: Technical, key: Key) -> dict[str, Any]:
    """Wait no more."""
    return await _stop(ctx, who, key, "calibration")


@router.post("/readers/{device}/install", responses=Done)
async def install(ctx: Ctx, who: Technical, key: Key, device: Device, wanted: t.InstallIn) -> dict[str, Any]:
    """OSDP install mode for so many seconds (0: end it): the reader may be given the gate's key over the published default key."""
    return await ctx.port.technician.act(who, "install", {"device": device, "seconds": wanted.seconds}, key)


# ---- pins and cameras ------------------------------------------------------------------------------------------


@router.get("/inputs", responses={200: {"model": t.InputsOut}})
async def inputs(ctx: Ctx, who: Technical) -> dict[str, Any]:
    """Every input's level, last edge and bounces; and whether a relay may be tried at each lane."""
    return ctx.port.technician.inputs()


@router.post("/lanes/{lane}/pulse", responses=answers(t.DoneOut, 401, 403, 429))
async def pulse(ctx: Ctx, who: Technical, key: Key, lane: LaneId, wanted: t.PulseIn) -> dict[str, Any]:
    """Pulse a relay: only with the loops free, the beam whole, nobody waiting, and a shift leader's PIN. On record with both names."""
    return await ctx.port.technician.act(who, "pulse", {"lane": lane, **wanted.model_dump()}, key)


@router.get("/cameras/{lane}", responses=answers(t.FiguresOut))
async def figures(
    ctx: Ctx, who: Technical, lane: LaneId, after: Annotated[int, Query(ge=0, description="number of a frame")] = 0
) -> dict[str, Any]:
    """The newest picture in figures: sharpness, exposure, what to do. Waits up to two seconds for a newer one."""
    return await asyncio.to_thread(ctx.port.technician.figures, lane, after)


@router.get(
    "/cameras/{lane}/picture.jpg",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}, "description": "full size"}, 404: {"model": m.Error}},
)
async def picture(ctx: Ctx, who: Technical, lane: LaneId) -> Response:
    """The newest picture at its full size."""
    data = await asyncio.to_thread(ctx.port.technician.picture, lane)
    return Response(data, media_type="image/jpeg", headers={"Cache-Control": "no-store"})
