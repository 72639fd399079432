"""Reception: who is expected, who is watched for, who is inside, and the search through the years."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query

from edge.api import models_desk as d
from edge.api import models_visits as v
from edge.api.answers import REFUSALS
from edge.api.auth import Guarding, Key, Leading
from edge.api.context import Ctx
from edge.api.visits import Answers, VisitId
from edge.api.who import Who

router = APIRouter(prefix="/api/v1", tags=["reception"])
Number = Annotated[int, Path(ge=1, examples=[41])]


async def _visit(ctx: Ctx, who: Who, done: dict[str, Any], visit: int) -> dict[str, Any]:
    shown = await ctx.reads.call(lambda: ctx.port.desk.visit(who, visit))
    return {"seq": done["seq"], "again": done["again"], "visit": shown}


async def _appointment(ctx: Ctx, number: int, seq: int = 0, again: bool = False) -> dict[str, Any]:
    row = await ctx.reads.call(lambda: ctx.port.reception.appointment(number))
    return {"appointment": row, "seq": seq, "again": again}


# ---- expected visitors -----------------------------------------------------------------------------------------------


@router.get("/appointments", responses={200: {"model": v.AppointmentsOut}})
async def expected(ctx: Ctx, who: Guarding, later: bool = False) -> dict[str, Any]:
    """Visitors who may come now or in the next hours, the earliest first; with `later` those of the next weeks too."""
    return await ctx.reads.call(lambda: ctx.port.reception.expected(later=later))


@router.post("/appointments", responses={200: {"model": v.AppointmentOut}, **REFUSALS})
async def make(ctx: Ctx, who: Guarding, key: Key, wanted: v.AppointmentIn) -> dict[str, Any]:
    """Somebody is expected: typed for a host on the telephone, or by a shift leader. Answers with the code to tell the host."""
    done = await ctx.port.reception.act(who, "make", wanted.model_dump(), key)
    return await _appointment(ctx, done["about"], done["seq"], done["again"])


@router.get(
    "/appointments/{number}", responses={200: {"model": v.AppointmentOut}, 404: {"model": REFUSALS[404]["model"]}}
)
async def one(ctx: Ctx, who: Guarding, number: Number) -> dict[str, Any]:
    """One, whatever became of it."""
    return await _appointment(ctx, number)


@router.post("/appointments/find", responses={200: {"model": v.AppointmentOut}, **REFUSALS})
async def find(ctx: Ctx, who: Guarding, key: Key, wanted: v.FindIn) -> dict[str, Any]:
    """The appointment of a six-digit code or a scanned QR code. 409 with what to do when it cannot be used; that is on record."""
    return await _appointment(ctx, await ctx.port.reception.find(who, wanted.text, key))


@router.post("/appointments/{number}/change", responses={200: {"model": v.AppointmentOut}, **REFUSALS})
async def change(ctx: Ctx, who: Guarding, key: Key, number: Number, wanted: v.AppointmentIn) -> dict[str, Any]:
    """All its data anew; the code stays."""
    done = await ctx.port.reception.act(who, "change", {"appointment": number, **wanted.model_dump()}, key)
    return await _appointment(ctx, number, done["seq"], done["again"])


@router.post("/appointments/{number}/cancel", responses={200: {"model": v.AppointmentOut}, **REFUSALS})
async def cancel(ctx: Ctx, who: Guarding, key: Key, number: Number, wanted: v.CancelIn) -> dict[str, Any]:
    """They will not come."""
    done = await ctx.port.reception.act(who, "cancel", {"appointment": number, **wanted.model_dump()}, key)
    return await _appointment(ctx, number, done["seq"], done["again"])


@router.post("/appointments/{number}/arrive", responses=Answers)
async def arrive(ctx: Ctx, who: Guarding, key: Key, number: Number, wanted: v.ArriveIn) -> dict[str, Any]:
    """They are here: the visit begins with what is known, and the question for an appointment is answered already."""
    done = await ctx.port.reception.act(who, "arrive", {"appointment": number, **wanted.model_dump()}, key)
    return await _visit(ctx, who, done, done["about"])


# ---- visits ------------------------------------------------------------------------------------------------------------


@router.post("/visits/{visit}/correct", responses=Answers)
async def correct(ctx: Ctx, who: Guarding, key: Key, visit: VisitId, wanted: v.CorrectIn) -> dict[str, Any]:
    """更正: set data right until the visit has ended; what was before stays on record."""
    said = wanted.model_dump(exclude_none=True)
    done = await ctx.port.reception.act(who, "correct", {"visit": visit, **said}, key)
    return await _visit(ctx, who, done, visit)


@router.post("/visits/{visit}/decide", responses=Answers)
async def decide(ctx: Ctx, who: Leading, key: Key, visit: VisitId, wanted: v.DecideIn) -> dict[str, Any]:
    """A shift leader's word on a visit that fits the watch list."""
    done = await ctx.port.reception.act(who, "decide", {"visit": visit, **wanted.model_dump()}, key)
    return await _visit(ctx, who, done, visit)


@router.post("/visits/{visit}/overstay", responses=Answers)
async def heard(ctx: Ctx, who: Guarding, key: Key, visit: VisitId) -> dict[str, Any]:
    """Somebody sees to a visitor who has stayed too long: the page is quiet about it for a while."""
    done = await ctx.port.reception.act(who, "heard", {"visit": visit}, key)
    return await _visit(ctx, who, done, visit)


@router.get("/visits/{visit}/story", responses={200: {"model": d.RowsOut}})
async def story(ctx: Ctx, who: Guarding, visit: VisitId) -> dict[str, Any]:
    """All that happened on a visit, in order, with what was before each correction."""
    return {"rows": await ctx.reads.call(lambda: ctx.port.reception.story(who, visit))}


@router.get("/worker-passes", responses={200: {"model": v.LastPassOut}})
async def last_pass(
    ctx: Ctx, who: Guarding, number: Annotated[str, Query(min_length=2, max_length=40)]
) -> dict[str, Any]:
    """P8: a long-term construction pass as it was last checked: dates, person, picture."""
    return {"last": await ctx.reads.call(lambda: ctx.port.reception.last_pass(number))}


# ---- watch list ----------------------------------------------------------------------------------------------------------


@router.get("/watch", responses={200: {"model": d.RowsOut}})
async def watch_list(ctx: Ctx, who: Leading) -> dict[str, Any]:
    """Whom to look out for, and why. For shift leaders."""
    return {"rows": await ctx.reads.call(ctx.port.reception.watch_list)}


@router.post("/watch", responses={200: {"model": v.DoneOut}, **REFUSALS})
async def watch(ctx: Ctx, who: Leading, key: Key, wanted: v.WatchIn) -> dict[str, Any]:
    """Look out for somebody. A document's number is kept as a digest alone."""
    return await ctx.port.reception.act(who, "watch", wanted.model_dump(), key)


@router.post("/watch/{number}/remove", responses={200: {"model": v.DoneOut}, **REFUSALS})
async def unwatch(ctx: Ctx, who: Leading, key: Key, number: Number, wanted: v.WhyIn) -> dict[str, Any]:
    """No longer."""
    return await ctx.port.reception.act(who, "unwatch", {"entry": number, **wanted.model_dump()}, key)


# ---- inside, search --------------------------------------------------------------------------------------------------------


@router.get("/muster", responses={200: {"model": v.MusterOut}})
async def muster(ctx: Ctx, who: Guarding) -> dict[str, Any]:
    """Who is inside, by building and unit, with vehicles: the list for an evacuation."""
    return await ctx.reads.call(ctx.port.reception.muster)


@router.get("/search", responses={200: {"model": v.FoundOut}})
async def search(
    ctx: Ctx,
    who: Guarding,
    text: Annotated[str, Query(min_length=1, max_length=40, examples=["粤B?23"])],
    what: Literal["", "visit", "pass"] = "",
    before: Annotated[int, Query(ge=0, description="`older` of the page before")] = 0,
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
) -> dict[str, Any]:
    """Visits and passes of all years by plate (? and * for signs; look-alikes are found), name or initials, unit, company, card."""
    return await ctx.reads.call(lambda: ctx.port.reception.search(who, text, what, before, limit))
