"""Cards of the desk, documents in custody, and notices to sales, patrol and shift leader (P3, P5, P7, V3–V5)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path

from edge.api import models_desk as d
from edge.api.auth import Guarding, Key, Leading, Person
from edge.api.context import Ctx
from edge.api.visits import Answers, act

router = APIRouter(prefix="/api/v1", tags=["cards"])


@router.get("/cards", responses={200: {"model": d.RowsOut}})
async def stock(ctx: Ctx, who: Person) -> dict[str, Any]:
    """All cards of the stock: in the rack, issued (to which visit, until when), lost, blocked."""
    return {"rows": await ctx.reads.call(ctx.port.desk.stock)}


@router.post("/cards", responses=Answers)
async def stock_card(ctx: Ctx, who: Leading, key: Key, wanted: d.CardNew) -> dict[str, Any]:
    """Put a card into the stock, or back into use after it was blocked. For shift leaders."""
    return await act(ctx, who, "stock", wanted.model_dump(), key)


@router.post("/cards/return", responses=Answers)
async def take_back(ctx: Ctx, who: Guarding, key: Key, wanted: d.CardNamed) -> dict[str, Any]:
    """A card is in the guard's hand again, whoever's it was: answers with its visit."""
    return await act(ctx, who, "take-back", wanted.model_dump(), key)


@router.post("/cards/lost", responses=Answers)
async def lost(ctx: Ctx, who: Guarding, key: Key, wanted: d.CardGone) -> dict[str, Any]:
    """A card is lost: blocked at once at all lanes."""
    return await act(ctx, who, "lost", wanted.model_dump(), key)


@router.post("/cards/block", responses=Answers)
async def block(ctx: Ctx, who: Leading, key: Key, wanted: d.CardGone) -> dict[str, Any]:
    """Take a card out of use until it is stocked anew. For shift leaders."""
    return await act(ctx, who, "block", wanted.model_dump(), key)


@router.get("/cards/suspects", responses={200: {"model": d.RowsOut}})
async def suspects(ctx: Ctx, who: Leading) -> dict[str, Any]:
    """Cards of which there are two: betrayed by their counter, refused at every lane until they are trusted again."""
    return {"rows": await ctx.reads.call(ctx.port.desk.suspects)}


@router.post("/cards/trust", responses=Answers)
async def trust(ctx: Ctx, who: Leading, key: Key, wanted: d.CardGone) -> dict[str, Any]:
    """The true card is in hand (or another was given out): its next presentation is taken as its first."""
    return await act(ctx, who, "trust", wanted.model_dump(), key)


@router.get("/rack", responses={200: {"model": d.RowsOut}})
async def rack(ctx: Ctx, who: Guarding) -> dict[str, Any]:
    """Every slot of the document rack, in order; `document` 0: free."""
    return {"rows": await ctx.reads.call(lambda: ctx.port.desk.rack(who))}


@router.get("/notices", responses={200: {"model": d.RowsOut}})
async def notices(ctx: Ctx, who: Guarding) -> dict[str, Any]:
    """Notices of the last day and those nobody acknowledged, newest first."""
    return {"rows": await ctx.reads.call(ctx.port.desk.notices)}


@router.post("/notices/{notice}/acknowledge", responses=Answers)
async def acknowledge(
    ctx: Ctx, who: Guarding, key: Key, notice: Annotated[int, Path(ge=1)], wanted: d.AcknowledgeIn
) -> dict[str, Any]:
    """They have said that they heard it: by radio (a tick on the page), on the page, by telephone."""
    return await act(ctx, who, "acknowledge", {"notice": notice, **wanted.model_dump()}, key)
