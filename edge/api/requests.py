"""Requests and calls (D1–D4): taken down, passed on, done, the owner asked. The desk decides; this translates."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path

from edge.api import models as m
from edge.api import models_post as p
from edge.api.answers import answers
from edge.api.auth import Guarding, Key
from edge.api.context import Ctx
from edge.api.models_desk import RowsOut
from edge.api.who import Who

router = APIRouter(prefix="/api/v1", tags=["requests"])
RequestId = Annotated[int, Path(ge=1, description="number of the request", examples=[41])]
Answers = answers(p.RequestActed)


async def act(ctx: Ctx, who: Who, action: str, given: dict[str, Any], key: str) -> dict[str, Any]:
    """Do it, and say how the request is now."""
    done = await ctx.port.post.act(who, action, given, key)
    now = await ctx.reads.call(lambda: ctx.port.post.request(who, done["about"]))
    return {"seq": done["seq"], "again": done["again"], "request": now}


@router.get("/requests/kinds", responses={200: {"model": p.RequestKindsOut}})
async def kinds(ctx: Ctx, who: Guarding) -> dict[str, Any]:
    """The categories in the order of the page, each with the sentence to say, and the departments."""
    return ctx.port.post.request_kinds()


@router.get("/requests", responses={200: {"model": RowsOut}})
async def requests(ctx: Ctx, who: Guarding) -> dict[str, Any]:
    """Open requests, overdue ones first, then by deadline; after them the last ones that have ended."""
    return {"rows": await ctx.reads.call(lambda: ctx.port.post.requests(who))}


@router.get("/requests/{request}", responses={200: {"model": p.RequestOut}, 404: {"model": m.Error}})
async def one_request(ctx: Ctx, who: Guarding, request: RequestId) -> dict[str, Any]:
    """One request with its steps: who, when, with which note."""
    return await ctx.reads.call(lambda: ctx.port.post.request(who, request))


@router.post("/requests", responses=Answers)
async def receive(ctx: Ctx, who: Guarding, key: Key, wanted: p.RequestNew) -> dict[str, Any]:
    """Take a request, call, complaint or violation down. A complaint that is not settled on the spot is reported up at once (D3)."""
    return await act(ctx, who, "receive", wanted.model_dump(), key)


@router.post("/requests/{request}/pass", responses=Answers)
async def pass_on(ctx: Ctx, who: Guarding, key: Key, request: RequestId, wanted: p.PassIn) -> dict[str, Any]:
    """Pass it on to a department."""
    return await act(ctx, who, "pass", {"request": request, **wanted.model_dump()}, key)


@router.post("/requests/{request}/done", responses=Answers)
async def finish(ctx: Ctx, who: Guarding, key: Key, request: RequestId, wanted: p.NoteIn) -> dict[str, Any]:
    """The work is done."""
    return await act(ctx, who, "finish", {"request": request, **wanted.model_dump()}, key)


@router.post("/requests/{request}/ask", responses=Answers)
async def ask(ctx: Ctx, who: Guarding, key: Key, request: RequestId, wanted: p.AskIn) -> dict[str, Any]:
    """The owner was asked (回访). Not satisfied: it goes back to the department as the next round."""
    return await act(ctx, who, "ask", {"request": request, **wanted.model_dump()}, key)


@router.post("/requests/{request}/note", responses=Answers)
async def note(ctx: Ctx, who: Guarding, key: Key, request: RequestId, wanted: p.NoteIn) -> dict[str, Any]:
    """Add a note."""
    return await act(ctx, who, "note", {"request": request, **wanted.model_dump()}, key)


@router.post("/requests/{request}/withdraw", responses=Answers)
async def withdraw(ctx: Ctx, who: Guarding, key: Key, request: RequestId, wanted: p.NoteIn) -> dict[str, Any]:
    """The caller takes it back; the note says why."""
    return await act(ctx, who, "withdraw-request", {"request": request, **wanted.model_dump()}, key)


@router.post("/requests/{request}/seen", responses=Answers)
async def seen(ctx: Ctx, who: Guarding, key: Key, request: RequestId) -> dict[str, Any]:
    """Somebody has seen that it is overdue: its alarm rests until the next deadline."""
    return await act(ctx, who, "seen", {"request": request}, key)
