"""Routes: a search as a file, made as a job that says how far it is."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse

from sync.headoffice.exporting import Busy, Exports, Job, Words
from sync.headoffice.search import Place, Question, Search
from sync.headoffice.store import Store
from sync.headoffice.web_context import Ctx, Person, Pressed, Refusal, Token
from sync.headoffice.web_found import Asked, shown
from sync.headoffice.web_users import Users

router = APIRouter(prefix="/api/v1")
_TYPES = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


class Wanted(Asked):
    """A search, and as what; `lang`: in whose words (empty: the journal's own)."""

    form: Literal["csv", "xlsx"] = "xlsx"
    lang: Literal["", "zh-CN", "en"] = ""


@router.post("/exports", dependencies=[Pressed])
async def begin(request: Request, ctx: Ctx, user: Person, wanted: Wanted, token: Token = "") -> dict[str, Any]:
    """Start one; its file follows."""
    exports: Exports = request.app.state.exports

    async def ask(question: Question) -> tuple[list[dict[str, Any]], Place | None]:
        def work(store: Store) -> tuple[list[dict[str, Any]], Place | None]:
            now = Users(store).session(token, used=False)  # whoever was shut out meanwhile gets no more
            if now is None or now.role != user.role:
                raise Refusal(401, "sign-in", "登录已结束 · the session has ended", "请重新登录 · sign in again")
            search = Search(store, ctx.config.site)
            found = search.find(question)
            return shown(store, now, search.whole(found.hits)), found.older

        return await ctx.reads(work)

    try:
        words = Words(wanted.lang, wanted.east) if wanted.lang else None
        job = exports.begin(user.name, wanted.form, wanted.question(user), ask, words)
    except Busy as e:
        raise Refusal(
            429, "busy", "正在导出的文件太多 · too many exports at once", "请稍后再试 · try again soon"
        ) from e
    await ctx.reads(lambda store: Users(store).looked(user, "export", wanted.gate, [f"{wanted.form}:{job.number}"]))
    return job.said()


def _job(request: Request, user: str, number: str) -> Job:
    exports: Exports = request.app.state.exports
    job = exports.of(user, number)
    if job is None:
        raise Refusal(
            404,
            "no-export",
            "没有这个导出文件 · there is no such export",
            "文件只留一小时，请重新导出 · files are kept for an hour; export again",
        )
    return job


@router.get("/exports/{number}")
async def progress(request: Request, user: Person, number: str) -> dict[str, Any]:
    """How far it is."""
    return _job(request, user.name, number).said()


@router.delete("/exports/{number}", dependencies=[Pressed])
async def stop(request: Request, user: Person, number: str) -> dict[str, Any]:
    """No more of it."""
    job = _job(request, user.name, number)
    request.app.state.exports.stop(job)
    return job.said()


@router.get("/exports/{number}/file")
async def file(request: Request, user: Person, number: str) -> FileResponse:
    """The file, once it is done."""
    job = _job(request, user.name, number)
    if job.state != "done":
        raise Refusal(409, "not-done", "文件还没有做好 · the file is not ready", "请稍等 · wait for it")
    return FileResponse(job.path, media_type=_TYPES[job.form], filename=f"events-{job.number[:8]}.{job.form}")
