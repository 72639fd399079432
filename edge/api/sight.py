"""The desk's cameras: the preview while a visit is open, and the pictures that belong to it. The gate decides; this translates."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from edge.api import models as m
from edge.api.answers import answers
from edge.api.auth import Guarding, Key
from edge.api.context import Ctx
from edge.api.models import Strict, shape
from edge.api.visits import VisitId
from edge.errors import NotFound

router = APIRouter(prefix="/api/v1", tags=["desk cameras"])
Of = Literal["person", "document", "pass"]
Whom = Annotated[Of, Query(description="of whom or what")]


class PictureIn(Strict):
    """Of whom or what a picture is to be taken now: the visitor, a document, a worker's pass (P8)."""

    of: Of


class LookOut(BaseModel):
    """How it is under the camera. `problem` "" or why a picture would be none (`zh`, `en`: what helps); `corners`: of the document, as parts of
    width and height; `ready`: it lies still, take it now; `taken`: what lies there was taken already; `reading`: what was read of the last one."""

    model_config = shape(
        frame=41, problem="glare", zh="反光，请挪一下", en="", corners=[], ready=False, taken=False, reading=None
    )
    frame: int
    problem: str
    zh: str
    en: str
    corners: list[list[float]]
    ready: bool
    taken: bool
    reading: dict[str, Any] | None


class TakenOut(BaseModel):
    """The event's number, the visit as it is now, and what was read (`page`, `paper`, `expired`, `fields`: name, text, confidence); an empty text
    is a field that could not be read for sure."""

    model_config = shape(seq=1234, again=False, visit=None, reading={"paper": "driving-licence", "fields": []})
    seq: int
    again: bool
    visit: dict[str, Any] | None
    reading: dict[str, Any] | None


@router.get(
    "/visits/{visit}/sight", responses={200: {"model": LookOut}, 404: {"model": m.Error}, 409: {"model": m.Error}}
)
async def look(ctx: Ctx, who: Guarding, visit: VisitId, of: Whom = "document") -> dict[str, Any]:
    """How it is under the desk's camera, for an open visit."""
    return await ctx.port.sight.look(who, visit, of)


@router.get(
    "/visits/{visit}/sight.jpg",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}, "description": "The newest frame"}, 404: {"model": m.Error}},
)
async def frame(ctx: Ctx, who: Guarding, visit: VisitId, of: Whom = "document") -> Response:
    """The newest frame of the desk's camera, while the visit is open."""
    row = await ctx.reads.call(lambda: ctx.port.desk.visit(who, visit))
    return now_or_none(await ctx.reads.call(lambda: ctx.port.sight.jpeg(of)) if row["state"] == "open" else None)


def now_or_none(picture: bytes | None) -> Response:
    """What a camera sees now. Raises NotFound."""
    if picture is None:
        raise NotFound(
            "现在没有画面 · there is no picture now", "请看故障栏，或检查摄像头 · see the faults, or check the camera"
        )
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.post("/visits/{visit}/pictures", responses=answers(TakenOut))
async def take(ctx: Ctx, who: Guarding, key: Key, visit: VisitId, wanted: PictureIn) -> dict[str, Any]:
    """Take a picture for an open visit. A document is found, judged, read and painted over first; what was read is marked «read» until the guard
    registers the document."""
    done = await ctx.port.sight.take(who, visit, wanted.of, key)
    row = await ctx.reads.call(lambda: ctx.port.desk.visit(who, visit))
    return done | {"visit": row}
