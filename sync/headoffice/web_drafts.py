"""Routes: drafts of the registry. A table handed in, or an entry written on the page; compared, looked at, published.

Who may see names may hand in; who may publish makes it so (MAY in web_users.py). A publication stands in the versions, and on record too.
"""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel, Field

from sync.headoffice import registry_view as view
from sync.headoffice.drafts import Edit, Handed, Stale, edited, edits_of, prepare, with_edit
from sync.headoffice.drafts_kept import BEAT_MS, Draft, Drafts, Full, whole
from sync.headoffice.drafts_work import (
    SMALL_BYTES,
    SMALL_LINES,
    Apart,
    Nothing,
    compare,
    now_ms,
    publish_draft,
    published_after_all,
)
from sync.headoffice.registry import Registry
from sync.headoffice.store import Store, StoreUnavailable
from sync.headoffice.web_context import Context, Ctx, Person, Pressed, Refusal, need
from sync.headoffice.web_registry import List, as_csv, table
from sync.headoffice.web_users import User

router = APIRouter(prefix="/api/v1/registry")
ROWS = 60
"""Of one entry: a permit has one for each of its items."""
Cell = Annotated[str, Field(max_length=600)]


class Written(BaseModel):
    """An entry as somebody wrote it: `was` its key in force ("": a new one), `rows` cells in the order of the headings (none: it goes)."""

    list_: str = Field(alias="list", pattern="^(" + "|".join(view.TITLES) + ")$")
    was: str = Field("", max_length=400)
    rows: list[list[Cell]] = Field([], max_length=ROWS)


def _apart(request: Request) -> Apart:
    found: Apart = request.app.state.apart
    return found


@router.post("/drafts", dependencies=[Pressed])
async def hand_in(
    request: Request,
    ctx: Ctx,
    user: Person,
    list_: Annotated[List, Query(alias="list")],
    mode: Literal["whole", "changes"] = "whole",
    name: Annotated[str, Header(alias="X-File-Name", max_length=400)] = "list.csv",
) -> dict[str, Any]:
    """A table as the request's body: what would change, or each bad row; of a large one first how far the comparing is."""
    need(user, "persons")
    said = "".join(c for c in unquote(name) if unicodedata.category(c)[0] != "C")[:100]
    return await _kept(request, ctx, user.name, Handed(list_, await request.body(), said, mode == "whole"))


@router.post("/tidy", dependencies=[Pressed])
async def tidy(request: Request, ctx: Ctx, user: Person, list_: Annotated[List, Query(alias="list")]) -> dict[str, Any]:
    """A draft without the entries whose time was over a day ago: nobody needs their names any more."""
    need(user, "persons")
    before = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()

    def work(store: Store) -> bytes:
        return as_csv(table(Registry(store, ctx.config.site), list_, lambda line: not view.over(list_, line, before)))

    return await _kept(request, ctx, user.name, Handed(list_, await ctx.reads(work), "清理过期 tidied.csv"))


@router.post("/edits", dependencies=[Pressed])
async def write(ctx: Ctx, user: Person, written: Written) -> dict[str, Any]:
    """One entry more in this person's draft of the list; what is wrong with it, and then nothing is kept."""
    need(user, "persons")
    headings = len(view.headings(written.list_))
    if any(len(row) != headings for row in written.rows) or not (written.was or written.rows):
        raise Refusal(422, "input", "输入有误 · not understood", "请刷新页面后再试 · load the page again")
    new = Edit(written.was, tuple(tuple(row) for row in written.rows))

    def work(store: Store) -> dict[str, Any]:
        drafts, registry = Drafts(store, ctx.config.site), Registry(store, ctx.config.site)
        mine = [d for d in drafts.all(now_ms()) if d.edits and (d.by, d.list) == (user.name, written.list_)]
        there = drafts.handed(mine[0].number) if mine else None
        handed = edited(written.list_, with_edit(written.list_, edits_of(there) if there else [], new))
        plan, problems = prepare(registry, handed)
        said = view.preview(written.list_, plan, problems)
        if plan is None or (plan.empty and not mine):
            return {"number": "", "list": written.list_, "name": "", "by": user.name, "edits": True, **said}
        number = mine[0].number if mine else drafts.keep(user.name, handed, now_ms())
        if mine and not drafts.put(number, handed, mine[0], now_ms()):
            raise _gone()
        drafts.compared(number, plan.base, said, fit=not plan.empty)
        return whole(_there(drafts.of(number)))

    try:
        return await ctx.reads(work)
    except Full as e:
        raise _full() from e


@router.post("/drafts/{number}/again", dependencies=[Pressed])
async def again(request: Request, ctx: Ctx, user: Person, number: str) -> dict[str, Any]:
    """The same table compared with what is in force now."""
    need(user, "persons")
    return await _compared(request, ctx, number)


@router.get("/drafts/{number}")
async def look(request: Request, ctx: Ctx, user: Person, number: str) -> dict[str, Any]:
    """One that waits, or how far the comparing is. One that nobody compares (a restart came between) is compared."""
    need(user, "persons")
    draft = await _draft(ctx, number)
    broken = draft.said is None and number in _apart(request).broken
    if draft.said is None and not broken and draft.beat_ms < now_ms() - BEAT_MS:
        return await _compared(request, ctx, number)
    return whole(draft) | {"broken": broken}


@router.delete("/drafts/{number}", dependencies=[Pressed])
async def drop(ctx: Ctx, user: Person, number: str) -> dict[str, Any]:
    """Not wanted."""
    need(user, "persons")
    await ctx.reads(lambda store: Drafts(store, ctx.config.site).drop(number))
    return {}


@router.post("/drafts/{number}/publish", dependencies=[Pressed])
async def make_it_so(
    request: Request, ctx: Ctx, user: Person, number: str, at_ms: Annotated[int, Query(ge=0, le=1 << 53)] = 0
) -> dict[str, Any]:
    """The next version, on its way to the gates. `at_ms`: of the draft that was looked at."""
    need(user, "publish")
    draft = await _draft(ctx, number)
    try:
        if at_ms not in (0, draft.at_ms) or draft.said is None:
            raise Stale
        if not draft.fit:
            raise Nothing
        return {"number": await _publish(_apart(request), ctx, draft, user)}
    except Nothing as e:
        raise Refusal(409, "nothing", "没有可下发的更改 · there is nothing to publish", "请先更正名单 · correct the list first") from e  # fmt: skip
    except Stale as e:
        raise Refusal(
            409,
            "stale",
            "刚才有人下发或改动过，请重新比较 · somebody has published meanwhile, or changed this: compare again",
            "点「重新比较」，看清后再下发 · press «compare again», look, then publish",
        ) from e


async def _publish(apart: Apart, ctx: Context, draft: Draft, user: User) -> int:
    """Beside the pages where it is large; the version. Raises Stale, Nothing, StoreUnavailable, and Refusal when it broke off."""
    broke: StoreUnavailable | None = None
    try:
        if not await ctx.reads(lambda store: _large(store, ctx, draft.number)):
            return await ctx.reads(lambda store: publish_draft(store, ctx.config.site, draft, user))
        answer = await apart("publish", draft.number, user, draft.at_ms)
    except StoreUnavailable as e:  # perhaps in the middle of it
        broke, answer = e, {"failed": 0}
    if "nothing" in answer:
        raise Nothing
    if "stale" in answer:
        raise Stale
    if "failed" not in answer:
        return int(answer["number"])
    made = await ctx.reads(lambda store: published_after_all(store, ctx.config.site, draft, user))
    if made is None:
        raise _gone()
    if made:
        return made
    raise Refusal(
        503,
        "broke-off",
        "下发中途断了：没有任何内容生效，这份名单还在 · publishing broke off: nothing of it is in force, and the draft is still here",
        "请稍等片刻再点「下发到各门岗」。若又断了，多半是服务器内存或磁盘不够，请联系系统管理员 · "
        "wait a moment, then press «Publish to the gates» once more. If it breaks off again the server is probably short of memory or disk: tell whoever looks after it",
    ) from broke


async def _kept(request: Request, ctx: Context, by: str, handed: Handed) -> dict[str, Any]:
    try:
        number = await ctx.reads(lambda store: Drafts(store, ctx.config.site).keep(by, handed, now_ms()))
    except Full as e:
        raise _full() from e
    return await _compared(request, ctx, number)


async def _compared(request: Request, ctx: Context, number: str) -> dict[str, Any]:
    """A small one at once; of a large one how far it is."""

    apart = _apart(request)

    def work(store: Store) -> bool:
        """Whether it is to be compared apart."""
        if not _large(store, ctx, number):
            compare(store, ctx.config.site, number)
            return False
        return Drafts(store, ctx.config.site).begin(number, now_ms(), broken=number in apart.broken)

    if await ctx.reads(work):
        apart.begin(number)
    return whole(await _draft(ctx, number))


def _large(store: Store, ctx: Context, number: str) -> bool:
    handed = Drafts(store, ctx.config.site).handed(number)
    if handed is None or handed.edits:
        return False
    return len(handed.data) > SMALL_BYTES or Registry(store, ctx.config.site).cards() > SMALL_LINES


async def _draft(ctx: Context, number: str) -> Draft:
    return _there(await ctx.reads(lambda store: Drafts(store, ctx.config.site).of(number)))


def _there(draft: Draft | None) -> Draft:
    if draft is None:
        raise _gone()
    return draft


def _gone() -> Refusal:
    return Refusal(
        404,
        "no-draft",
        "这份名单已下发、作废或过了时间 · this one was published, thrown away, or is too old",
        "请重新上传 · hand it in again",
    )


def _full() -> Refusal:
    return Refusal(
        409,
        "drafts-full",
        "等待下发的名单太多 · too many lists wait to be published",
        "请先下发或作废几份 · publish some or throw some away first",
    )
