"""Visitors: register, admit, let go (P3–P8, V3–V5), and who is inside. The desk decides; this translates.

Every action answers with the visit as it is afterwards, so the page needs no second question. For guards and shift leaders:
nobody else's work needs the names of visitors (roles.py).
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from edge.api import models as m
from edge.api import models_desk as d
from edge.api.answers import answers
from edge.api.auth import Guarding, Key, Person
from edge.api.context import Ctx
from edge.api.who import Who

router = APIRouter(prefix="/api/v1", tags=["visits"])
VisitId = Annotated[int, Path(ge=1, description="number of the visit", examples=[41])]
Answers = answers(d.ActedOut)


async def act(ctx: Ctx, who: Who, action: str, given: dict[str, Any], key: str) -> dict[str, Any]:
    """Do it, and say how the visit is now."""
    done = await ctx.port.desk.act(who, action, given, key)
    visit = done["visit"] and await ctx.reads.call(lambda: ctx.port.desk.visit(who, done["visit"]))
    return {"seq": done["seq"], "again": done["again"], "visit": visit or None}


@router.get("/visits/kinds", responses={200: {"model": d.KindsOut}})
async def kinds(ctx: Ctx, who: Person) -> dict[str, Any]:
    """What kinds of visits there are, what is asked at each, which documents are held or handed straight back, and why;
    and what whoever asks may do."""
    desk = ctx.port.desk
    return {
        "kinds": desk.kinds(),
        "documents": desk.documents(),
        "vehicles": desk.vehicles(),
        "sight": ctx.port.sight.can(),
        "say": desk.says(),
        "may": desk.may(who),
    }


@router.get("/visits", responses={200: {"model": d.Visits}})
async def visits(ctx: Ctx, who: Guarding) -> dict[str, Any]:
    """Visits that have not ended, newest first, with what is outstanding; and counts (cards in the rack, documents, inside)."""
    desk = ctx.port.desk
    return await ctx.reads.call(lambda: {"rows": desk.visits(who), "counts": desk.counts()})


@router.get("/visits/{visit}", responses={200: {"model": d.VisitOut}, 404: {"model": m.Error}})
async def one_visit(ctx: Ctx, who: Guarding, visit: VisitId) -> dict[str, Any]:
    """One visit with its steps and sentences, documents, cards and notices."""
    return await ctx.reads.call(lambda: ctx.port.desk.visit(who, visit))


@router.get("/visits/{visit}/telephones", responses={200: {"model": d.TelephonesOut}, 404: {"model": m.Error}})
async def telephones(ctx: Ctx, who: Guarding, visit: VisitId) -> dict[str, Any]:
    """Whom to call while the host is to be called (P3, P4), the host first. Empty: none is on head office's list."""
    return {"rows": await ctx.reads.call(lambda: ctx.port.desk.telephones(who, visit))}


@router.post("/visits", responses=Answers)
async def open_visit(ctx: Ctx, who: Guarding, key: Key, wanted: d.VisitNew) -> dict[str, Any]:
    """Begin a visit. The same visitor a second time (two guards at once) gives the visit that is there, with `again`."""
    return await act(ctx, who, "open", wanted.model_dump(), key)


@router.post("/visits/{visit}/note", responses=Answers)
async def note(ctx: Ctx, who: Guarding, key: Key, visit: VisitId, wanted: d.VisitIn) -> dict[str, Any]:
    """Set the visit's data right."""
    return await act(ctx, who, "note", {"visit": visit, **wanted.model_dump()}, key)


@router.post("/visits/{visit}/answer", responses=Answers)
async def answer(ctx: Ctx, who: Guarding, key: Key, visit: VisitId, wanted: d.AnswerIn) -> dict[str, Any]:
    """Answer the step that is next."""
    return await act(ctx, who, "answer", {"visit": visit, **wanted.model_dump()}, key)


@router.post("/visits/{visit}/call", responses=Answers)
async def call(ctx: Ctx, who: Guarding, key: Key, visit: VisitId, wanted: d.CallIn) -> dict[str, Any]:
    """The host was called (P3, P4): agreed, refused, no answer. Each call is on record."""
    return await act(ctx, who, "call", {"visit": visit, **wanted.model_dump()}, key)


@router.post("/visits/{visit}/document", responses=Answers)
async def document(ctx: Ctx, who: Guarding, key: Key, visit: VisitId, wanted: d.DocumentIn) -> dict[str, Any]:
    """Hold a document in the rack, or record that it was looked at and handed back."""
    given = wanted.model_dump()
    return await act(ctx, who, given.pop("how"), {"visit": visit, **given}, key)


@router.post("/visits/{visit}/document/return", responses=Answers)
async def return_document(
    ctx: Ctx, who: Guarding, key: Key, visit: VisitId, wanted: d.ReturnDocumentIn
) -> dict[str, Any]:
    """Give the held document back."""
    return await act(ctx, who, "return-document", {"visit": visit, **wanted.model_dump()}, key)


@router.post("/visits/{visit}/card", responses=Answers)
async def card(ctx: Ctx, who: Guarding, key: Key, visit: VisitId, wanted: d.CardIn) -> dict[str, Any]:
    """Bind a card of the rack to this visit."""
    return await act(ctx, who, "issue", {"visit": visit, **wanted.model_dump()}, key)


@router.post("/visits/{visit}/card/return", responses=Answers)
async def return_card(ctx: Ctx, who: Guarding, key: Key, visit: VisitId) -> dict[str, Any]:
    """The visit's card is in the guard's hand again."""
    return await act(ctx, who, "take-back", {"visit": visit}, key)


@router.post("/visits/{visit}/admit", responses=Answers)
async def admit(ctx: Ctx, who: Guarding, key: Key, visit: VisitId) -> dict[str, Any]:
    """Let the visitor in. 409 while a step is missing."""
    return await act(ctx, who, "admit", {"visit": visit}, key)


@router.post("/visits/{visit}/refuse", responses=Answers)
async def refuse(ctx: Ctx, who: Guarding, key: Key, visit: VisitId, wanted: d.ReasonIn) -> dict[str, Any]:
    """Decline politely."""
    return await act(ctx, who, "refuse", {"visit": visit, **wanted.model_dump()}, key)


@router.post("/visits/{visit}/direct", responses=Answers)
async def direct(ctx: Ctx, who: Guarding, key: Key, visit: VisitId, wanted: d.WhereIn) -> dict[str, Any]:
    """Send to another place; those who receive the visitor there are told at once (P5, V4)."""
    return await act(ctx, who, "direct", {"visit": visit, **wanted.model_dump()}, key)


@router.post("/visits/{visit}/close", responses=Answers)
async def close(ctx: Ctx, who: Guarding, key: Key, visit: VisitId, wanted: d.CloseIn) -> dict[str, Any]:
    """The visitor has left. 409 while the card or the document is outstanding, unless a reason says why that is accepted."""
    return await act(ctx, who, "close", {"visit": visit, **wanted.model_dump()}, key)


@router.get("/people-inside", responses={200: {"model": d.RowsOut}})
async def people_inside(ctx: Ctx, who: Guarding) -> dict[str, Any]:
    """Visitors who are inside, the longest first: what a muster list is made of."""
    return {"rows": await ctx.reads.call(lambda: ctx.port.desk.people_inside(who))}


@router.get("/suggest", responses={200: {"model": d.RowsOut}})
async def suggest(
    ctx: Ctx, who: Guarding, text: Annotated[str, Query(min_length=1, max_length=40, examples=["zw"])]
) -> dict[str, Any]:
    """Completion: hosts by name, unit or pinyin initials; visitors seen before by name, company or plate."""
    return {"rows": await ctx.reads.call(lambda: ctx.port.desk.suggest(who, text))}
