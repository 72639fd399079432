"""Routes: the registry. Which version each gate has; the lists, searched and as a table; a table handed in, looked at, published.

Who may see names may look at the lists and hand in; who may publish makes it so (MAY in web_users.py). Whoever looks at rows of people, or takes a
list as a file, is on record before it is shown; a publication stands in the versions and on record too.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import unquote

from fastapi import APIRouter, Header, Query, Request, Response

from sync.headoffice import registry_view as view
from sync.headoffice.drafts import LISTS, Draft, Drafts, Handed, Stale, prepare, publish
from sync.headoffice.registry import Registry
from sync.headoffice.registry_plan import Plan
from sync.headoffice.store import Store
from sync.headoffice.web_context import Context, Ctx, Person, Pressed, Refusal, need
from sync.headoffice.web_users import Users

router = APIRouter(prefix="/api/v1/registry")
PAGE = 100
SHOWN = 200
"""Rows of each sort, and bad rows, that a preview names."""
VERSIONS = 20
List = Annotated[str, Query(pattern="^(" + "|".join(LISTS) + ")$")]
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _drafts(request: Request) -> Drafts:
    found: Drafts = request.app.state.drafts
    return found


@router.get("")
async def overview(request: Request, ctx: Ctx, user: Person) -> dict[str, Any]:
    """Versions, gates, lists with their numbers of rows, and what waits to be published."""

    def work(store: Store) -> dict[str, Any]:
        registry = Registry(store, ctx.config.site)
        newest = registry.newest()[0]
        known, counts = request.app.state.registry_counts
        if known != newest:
            counts = registry.counts()
            request.app.state.registry_counts = newest, counts
        versions = [{n: getattr(v, n) for n in v.__slots__} for v in registry.versions()[: -VERSIONS - 1 : -1]]
        found = view.gates(store, registry, ctx.config.site)
        if user.may("persons"):
            for gate in found:
                if gate["refused"]:
                    gate["refused"]["line"] = _line(registry, gate["refused"]["key"])
        return {
            "number": newest,
            "versions": versions,
            "gates": found,
            "lists": [
                {"list": name, "zh": zh, "en": en, "rows": counts[name], "headings": view.headings(name)}
                for name, (zh, en) in view.TITLES.items()
            ],
        }

    said = await ctx.reads(work)
    waiting = [d for d in _drafts(request).all() if d.plan and not d.plan.empty] if user.may("persons") else []
    return said | {"drafts": [_short(draft) for draft in waiting]}


def _line(registry: Registry, key: str) -> str:
    line = registry.line(key) if key else ""
    return view.said(line, "") if line else key


@router.get("/rows")
async def rows(
    ctx: Ctx,
    user: Person,
    list_: Annotated[List, Query(alias="list")],
    text: Annotated[str, Query(max_length=60)] = "",
    after: Annotated[str, Query(max_length=400)] = "",
) -> dict[str, Any]:
    """Rows of a list in force, a page of them."""
    need(user, "persons")

    def work(store: Store) -> dict[str, Any]:
        found = Registry(store, ctx.config.site).page(list_, after, text.strip(), PAGE)
        Users(store).looked(user, "registry", "", [list_])
        shown = [row for _, line, gates in found for row in view.cells(list_, line, gates)]
        return {
            "headings": view.headings(list_),
            "rows": shown,
            "after": found[-1][0] if len(found) == PAGE else "",
        }

    return await ctx.reads(work)


@router.get("/file")
async def file(
    ctx: Ctx, user: Person, list_: Annotated[List, Query(alias="list")], form: Literal["csv", "xlsx"] = "csv"
) -> Response:
    """A list in force as a table that can be handed in again."""
    need(user, "persons")

    def work(store: Store) -> bytes:
        Users(store).looked(user, "registry", "", [f"{list_}.{form}"])
        table = _table(Registry(store, ctx.config.site), list_)
        return _workbook(table) if form == "xlsx" else _csv(table)

    made = await ctx.reads(work)
    headers = {"Content-Disposition": f'attachment; filename="{list_}.{form}"'}
    return Response(made, media_type=_XLSX if form == "xlsx" else "text/csv; charset=utf-8", headers=headers)


def _table(registry: Registry, list_: str, keeps: Callable[[str], bool] = bool) -> Iterator[list[str]]:
    yield view.headings(list_)
    after = ""
    while page := registry.page(list_, after, "", 500):
        for _, line, gates in page:
            if keeps(line):
                yield from view.cells(list_, line, gates)
        after = page[-1][0]


def _csv(table: Iterator[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(table)
    return out.getvalue().encode("utf-8-sig")


def _workbook(table: Iterator[list[str]]) -> bytes:
    import openpyxl  # where a workbook is written, and nowhere else

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in table:
        cells = [openpyxl.cell.WriteOnlyCell(sheet, value) for value in row]
        for cell in cells:
            cell.number_format, cell.data_type = (
                "@",
                "s",
            )  # text: a card number keeps its zeros, and nothing is a formula
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


# ---- handing in -----------------------------------------------------------------------------------------------------------


@router.post("/drafts", dependencies=[Pressed])
async def hand_in(
    request: Request,
    ctx: Ctx,
    user: Person,
    list_: Annotated[List, Query(alias="list")],
    mode: Literal["whole", "changes"] = "whole",
    name: Annotated[str, Header(alias="X-File-Name", max_length=400)] = "list.csv",
) -> dict[str, Any]:
    """A table as the request's body: what would change, or each bad row."""
    need(user, "persons")
    handed = Handed(list_, await request.body(), unquote(name)[:100], mode == "whole")
    return _said(await _compared(request, ctx, user.name, handed))


@router.post("/tidy", dependencies=[Pressed])
async def tidy(request: Request, ctx: Ctx, user: Person, list_: Annotated[List, Query(alias="list")]) -> dict[str, Any]:
    """A draft without the entries whose time was over a day ago: nobody needs their names any more."""
    need(user, "persons")
    before = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()

    def work(store: Store) -> bytes:
        table = _table(Registry(store, ctx.config.site), list_, lambda line: not view.over(list_, line, before))
        return _csv(table)

    handed = Handed(list_, await ctx.reads(work), "清理过期 tidied.csv")
    return _said(await _compared(request, ctx, user.name, handed))


@router.post("/drafts/{number}/again", dependencies=[Pressed])
async def again(request: Request, ctx: Ctx, user: Person, number: str) -> dict[str, Any]:
    """The same table compared with what is in force now."""
    need(user, "persons")
    draft = _draft(request, number)
    _drafts(request).drop(number)
    return _said(await _compared(request, ctx, draft.by, draft.handed))


@router.get("/drafts/{number}")
async def look(request: Request, user: Person, number: str) -> dict[str, Any]:
    """One that waits."""
    need(user, "persons")
    return _said(_draft(request, number))


@router.delete("/drafts/{number}", dependencies=[Pressed])
async def drop(request: Request, user: Person, number: str) -> dict[str, Any]:
    """Not wanted."""
    need(user, "persons")
    _drafts(request).drop(number)
    return {}


@router.post("/drafts/{number}/publish", dependencies=[Pressed])
async def make_it_so(request: Request, ctx: Ctx, user: Person, number: str) -> dict[str, Any]:
    """The next version, on its way to the gates."""
    need(user, "publish")
    draft = _draft(request, number)
    plan = draft.plan
    if plan is None or plan.empty:
        raise Refusal(409, "nothing", "没有可下发的更改 · there is nothing to publish", "请先更正名单 · correct the list first")  # fmt: skip

    def work(store: Store) -> int:
        registry = Registry(store, ctx.config.site)
        by = user.name if draft.by == user.name else f"{user.name} ({draft.by})"
        made = publish(store, registry, ctx.config.site, plan, f"{draft.handed.list}: {draft.handed.name}", by)
        Users(store).looked(user, "published", "", [f"{draft.handed.list} {made}"])
        return made

    try:
        made = await ctx.reads(work)
    except Stale as e:
        raise Refusal(
            409,
            "stale",
            "刚才有别的更改已下发，请重新比较 · somebody has published meanwhile: compare again",
            "点「重新比较」，看清后再下发 · press «compare again», look, then publish",
        ) from e
    _drafts(request).drop(number)
    return {"number": made}


async def _compared(request: Request, ctx: Context, by: str, handed: Handed) -> Draft:
    plan, problems = await ctx.reads(lambda store: prepare(Registry(store, ctx.config.site), handed))
    return _drafts(request).keep(by, handed, plan, problems)


def _draft(request: Request, number: str) -> Draft:
    found = _drafts(request).of(number)
    if found is None:
        raise Refusal(
            404,
            "no-draft",
            "这份名单已下发、作废或过了时间 · this one was published, thrown away, or is too old",
            "请重新上传 · hand it in again",
        )
    return found


def _short(draft: Draft) -> dict[str, Any]:
    plan = draft.plan
    counts = {"added": len(plan.added), "changed": len(plan.changed), "removed": len(plan.removed)} if plan else {}
    return {
        "number": draft.number,
        "list": draft.handed.list,
        "name": draft.handed.name,
        "whole": draft.handed.whole,
        "by": draft.by,
        "at_ms": int(draft.at * 1000),
        "bad": len(draft.problems),
        "counts": counts,
    }


def _said(draft: Draft) -> dict[str, Any]:
    """A preview: counts, the rows (at most SHOWN of each sort), or what is wrong."""
    return _short(draft) | {
        "problems": draft.problems[:SHOWN],
        "same": draft.plan.same if draft.plan else 0,
        "base": draft.plan.base if draft.plan else 0,
        **_changes(draft.handed.list, draft.plan),
    }


def _changes(list_: str, plan: Plan | None) -> dict[str, Any]:
    if plan is None:
        return {"added": [], "changed": [], "removed": []}
    return {
        "added": [view.pairs(list_, *row) for row in list(plan.added.values())[:SHOWN]],
        "changed": [view.differences(list_, *pair) for pair in list(plan.changed.values())[:SHOWN]],
        "removed": [view.pairs(list_, *row) for row in list(plan.removed.values())[:SHOWN]],
    }
