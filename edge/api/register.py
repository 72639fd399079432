"""The register of passes, vehicles inside, events of the journal, pictures, and what a guard adds to them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response

from edge.api import models as m
from edge.api import models_register as mr
from edge.api import queries
from edge.api.auth import Guarding, Key, Person
from edge.api.context import Ctx
from edge.api.roles import row_for_role, sees_names
from edge.errors import NotFound
from edge.store import queries as stored

router = APIRouter(prefix="/api/v1", tags=["register"])
Text = Annotated[str, Query(max_length=40)]


@router.get("/passes", responses={200: {"model": mr.Passes}})
async def passes(
    ctx: Ctx,
    who: Person,
    *,
    before: Annotated[int | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 30,
    lane: Text = "",
    plate: Text = "",
    credential: Text = "",
) -> dict[str, Any]:
    """The register, newest first, a page at a time. `plate` finds a part of a plate."""
    found = await ctx.reads.query(
        lambda con: stored.recent_passes(
            con, before=before, limit=limit + 1, lane=lane, plate=plate, credential=credential
        )
    )
    rows = [row_for_role(row, who.role) for row in found[:limit]]
    return {"rows": rows, "next": rows[-1]["pass_seq"] if len(found) > limit else None}


@router.get("/passes/{seq}", responses={200: {"model": mr.PassDetail}})
async def one_pass(ctx: Ctx, who: Person, seq: Annotated[int, Path(ge=1)]) -> dict[str, Any]:
    """One record with its other half, its pictures, its events, and plates of the registry much like it."""

    def read(con: stored.Con) -> dict[str, Any] | None:
        row = stored.one_pass(con, seq)
        if row is None:
            return None
        pair = queries.other_half(con, row)
        doubtful = row["plate_match"] == "differs" or (row["plate_read"] and not row["credential"])
        return {
            "row": row_for_role(row, who.role),
            "pair": pair and row_for_role(pair, who.role),
            "similar": queries.similar_plates(con, row["plate"]) if doubtful else [],
            "pictures": queries.pictures(con, seq) if sees_names(who.role) else [],
            "events": queries.story(con, seq),
        }

    found = await ctx.reads.query(read)
    if found is None:
        raise NotFound(
            f"没有第 {seq} 号通行记录 · there is no pass {seq}",
            "请在登记表中重新选择 · choose it again in the register",
        )
    return found


@router.post("/passes/{seq}/note", responses={200: {"model": m.Recorded}})
async def note(ctx: Ctx, who: Guarding, key: Key, seq: Annotated[int, Path(ge=1)], wanted: mr.NoteIn) -> dict[str, Any]:
    """Add the plate as it really is, the driver, the passengers (V2). The first reading of the plate is kept."""
    return await ctx.port.note_pass(who, seq, wanted.plate, wanted.driver, wanted.passengers, key)


@router.post("/passback/forgive", responses={200: {"model": m.Recorded}})
async def forgive(ctx: Ctx, who: Guarding, key: Key, wanted: mr.ForgiveIn) -> dict[str, Any]:
    """Set right on which side a credential is: its next presentation is accepted on either."""
    return await ctx.port.forgive(who, wanted.credential, wanted.reason, key)


@router.get("/inside", responses={200: {"model": mr.Inside}})
async def inside(ctx: Ctx, who: Person, category: Text = "") -> dict[str, Any]:
    """Vehicles inside now, the one that came in last first."""
    found = await ctx.reads.query(stored.inside)
    rows = [row for row in found if category in ("", row["category"])]
    return {"total": len(rows), "rows": rows}


@router.get("/events", responses={200: {"model": mr.Events}})
async def events(
    ctx: Ctx,
    who: Person,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    kind: Text = "",
) -> dict[str, Any]:
    """Events of the journal after a number, in order, without their personal parts."""
    return await ctx.reads.query(
        lambda con: {"head": stored.head(con).seq, "rows": queries.events(con, after, limit, kind)}
    )


@router.get(
    "/pictures/{digest}",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}, "description": "The picture"}, 404: {"model": m.Error}},
)
async def picture(
    ctx: Ctx,
    who: Guarding,
    digest: Annotated[str, Path(pattern="^[0-9a-f]{16,64}$")],
    size: Annotated[Literal["whole", "small"], Query(description="small: the thumbnail, where there is one")] = "whole",
) -> Response:
    """A stored picture by its content digest. For guards and shift leaders; one of a document only for the guard who deals with the
    visit and for shift leaders, and each look at it is on record."""
    found = await ctx.port.album.look(who, digest, small=size == "small")
    if found is None:
        raise NotFound("没有这张照片 · there is no such picture", "照片可能已过保存期 · its time may be over")
    kept = "no-store" if found.private else "private, max-age=86400, immutable"
    return Response(found.jpeg, media_type="image/jpeg", headers={"Cache-Control": kept})
