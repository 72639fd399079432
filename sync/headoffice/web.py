"""Head office's pages, as an application: routes over the database. It changes nothing but its own people and who looked at what.

Whoever may not see persons gets events without their personal part, finds by no name, and gets no picture. Whoever may, is put on record first (`Users.looked`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.exceptions import HTTPException

from sync.headoffice.config import Config, ConfigError
from sync.headoffice.drafts import MAX_BYTES
from sync.headoffice.drafts_work import Apart
from sync.headoffice.exporting import Exports
from sync.headoffice.feed import Feed, said
from sync.headoffice.follower import Follower
from sync.headoffice.glance import glance
from sync.headoffice.photo_places import PlaceUnavailable
from sync.headoffice.photo_receiver import Archive
from sync.headoffice.search import Hit, Question, Search
from sync.headoffice.store import Store, StoreUnavailable
from sync.headoffice.web_charts import router as charts
from sync.headoffice.web_context import Context, Ctx, Person, Reads, Refusal, need
from sync.headoffice.web_drafts import router as drafts
from sync.headoffice.web_exports import router as exports
from sync.headoffice.web_found import Asked, shown
from sync.headoffice.web_health import router as health
from sync.headoffice.web_people import router as people
from sync.headoffice.web_proof import router as proof
from sync.headoffice.web_registry import router as registry
from sync.headoffice.web_requests import router as requests
from sync.headoffice.web_shield import NotKept, error, say
from sync.headoffice.web_static import Pages
from sync.headoffice.web_taking import router as taking
from sync.headoffice.web_users import Users
from sync.sealing import CannotOpen
from sync.shield import Refused, Shield

router = APIRouter(prefix="/api/v1")
BEAT_S = 15.0


@router.get("/gates")
async def gates(ctx: Ctx, _: Person) -> dict[str, Any]:
    """All gates at a glance."""
    return await ctx.reads(lambda store: glance(store, ctx.config.site))


@router.get("/find")
async def find(ctx: Ctx, user: Person, asked: Annotated[Asked, Query()]) -> dict[str, Any]:
    """Events of all gates, newest first. `behind`: events that the index does not have yet."""

    def work(store: Store) -> dict[str, Any]:
        search = Search(store, ctx.config.site)
        found = search.find(asked.question(user))
        rows = shown(store, user, search.whole(found.hits))
        older = ".".join(map(str, found.older)) if found.older else ""
        return {"rows": rows, "older": older, "many": found.many, "behind": search.behind(asked.gate)}

    return await ctx.reads(work)


@router.get("/recent")
async def recent(ctx: Ctx, _: Person) -> dict[str, Any]:
    """The newest 30 events of all gates, as the live feed has them: without what is personal."""

    def work(store: Store) -> dict[str, Any]:
        search = Search(store, ctx.config.site)
        found = search.whole(search.find(Question(limit=30, persons=False)).hits)
        return {"rows": [said(whole.hit.where, whole.event) for whole in found]}

    return await ctx.reads(work)


@router.get("/story")
async def story(
    ctx: Ctx,
    user: Person,
    gate: Annotated[str, Query(max_length=64)] = "",
    visit: Annotated[int, Query(ge=0, le=1 << 53)] = 0,
    passed: Annotated[int, Query(alias="pass", ge=0, le=1 << 53)] = 0,
    plate: Annotated[str, Query(max_length=20)] = "",
) -> dict[str, Any]:
    """All of a visit, of a passage, or of a vehicle over all gates, in order."""

    def work(store: Store) -> dict[str, Any]:
        search = Search(store, ctx.config.site)
        hits: list[Hit] = search.of_plate(plate) if plate else search.story(gate, visit=visit, passed=passed)
        return {"rows": shown(store, user, search.whole(hits))}

    return await ctx.reads(work)


@router.get("/pictures/{gate}/{digest}")
async def picture(
    ctx: Ctx, user: Person, gate: str, digest: str, part: Literal["picture", "thumbnail"] = "picture"
) -> Response:
    """A picture, or its thumbnail. A document's is for the administrator."""
    need(user, "persons")

    def work(store: Store) -> bytes | None:
        archive = Archive(store, ctx.config.site, ctx.config.place(), ctx.config.picture_key())
        known = archive.known(gate, digest)
        if known is None:
            return None
        if known.keep == "document":
            need(user, "documents")
        Users(store).looked(user, part, gate, [digest])
        return archive.get(gate, digest, part) or (archive.get(gate, digest) if part == "thumbnail" else None)

    try:
        found = await ctx.reads(work)
    except (ConfigError, PlaceUnavailable, CannotOpen) as e:
        raise Refusal(
            503,
            "pictures",
            f"图片暂时打不开 · pictures cannot be opened just now: {e}",
            "请看管理中心的设置 photos · look at the setting photos",
        ) from e
    if found is None:
        raise Refusal(
            404,
            "no-picture",
            "这张图片不在管理中心 · this picture is not here",
            "可用 tell … picture.send 向门岗要 · ask the gate for it with tell … picture.send",
        )
    return Response(found, media_type="image/jpeg")


@router.get("/feed")
async def feed(request: Request, ctx: Ctx, user: Person) -> StreamingResponse:
    """Server-sent events: one `event` each, a comment at least every 15 s; ends with the session."""
    source: Feed = request.app.state.feed
    token = request.cookies.get("office_session", "")

    async def lines() -> AsyncIterator[str]:
        queue = source.listen()
        try:
            yield f": {user.name}\n\n"
            while not ctx.closing.is_set():
                try:
                    one = await asyncio.wait_for(queue.get(), BEAT_S)
                except TimeoutError:
                    if await ctx.reads(lambda store: Users(store).session(token, used=False)) is None:
                        return
                    yield ": \n\n"
                    continue
                named = "event: desk\n" if "desk" in one else ""
                yield f"{named}data: {json.dumps(one, ensure_ascii=False)}\n\n"
        finally:
            source.leave(queue)

    return StreamingResponse(lines(), media_type="text/event-stream")


# ---- the application


def create_app(
    config: Config,
    *,
    names: Sequence[str] = (),
    secure: bool = False,
    ca: bytes = b"",
    follower: Follower | None = None,
) -> FastAPI:
    """The application. Its threads begin with its first request and end with it. `ca`: the pages' own authority, for browsers to install;
    `follower`: the index's, whose state `/health` says."""
    reads = Reads(config.open_store)
    live = Feed(reads, config.site)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(live.run())
        try:
            yield
        finally:
            task.cancel()
            app.state.exports.close()
            app.state.apart.close()
            reads.close()

    app = FastAPI(title="管理中心 head office", docs_url=None, redoc_url=None, openapi_url=None, lifespan=life)
    app.state.context = Context(config, reads, secure)
    app.state.feed = live
    app.state.exports = Exports()
    app.state.apart = Apart(config)
    app.state.registry_counts = -1, {}
    app.state.ca, app.state.follower = ca, follower
    app.include_router(router)
    app.include_router(health)
    app.include_router(people)
    app.include_router(charts)
    app.include_router(proof)
    app.include_router(exports)
    app.include_router(registry)
    app.include_router(drafts)
    app.include_router(requests)
    app.include_router(taking)
    app.include_router(Pages().router())
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(StoreUnavailable, _no_database)
    app.add_exception_handler(RequestValidationError, _not_understood)
    app.add_exception_handler(HTTPException, _no_such)
    app.add_middleware(NotKept)
    app.add_middleware(Shield, say=say, names=names, any_scheme=True, limits={"/api/v1/registry/drafts": MAX_BYTES})
    return app


def _answer(status: int, code: str, message: str, hint: str) -> JSONResponse:
    return JSONResponse(error(code, message, hint), status)


def _no_such(_: Request, e: Exception) -> JSONResponse:
    assert isinstance(e, HTTPException)
    if e.status_code == Refused.TOO_LARGE:
        return JSONResponse(say(Refused.TOO_LARGE), Refused.TOO_LARGE)
    return _answer(
        e.status_code,
        "no-such-address",
        "没有这个地址 · there is nothing at this address",
        "请刷新页面 · load the page again",
    )


def _refused(_: Request, e: Exception) -> JSONResponse:
    assert isinstance(e, Refusal)
    return _answer(e.status, e.code, e.message, e.hint)


def _no_database(_: Request, e: Exception) -> JSONResponse:
    return _answer(
        503,
        "database",
        "数据库没有应答 · the database does not answer",
        f"请稍后再试；若一直这样，请系统管理员检查数据库和磁盘空间。门岗照常工作，事件不会丢 · {getattr(e, 'hint', '')} Gates go on, nothing is lost",
    )


def _not_understood(_: Request, e: Exception) -> JSONResponse:
    assert isinstance(e, RequestValidationError)
    where = ", ".join(str(part) for error in e.errors() for part in error["loc"][1:])
    return _answer(422, "input", f"输入有误 · not understood: {where}", "请改正后再试 · correct it and try again")
