"""Routes: the registry. Which version each gate has; the lists, searched, as a table, and one entry of them to be changed (web_drafts.py).

Who may see names may look at the lists. Whoever looks at rows of people, or takes a list as a file, is on record before it is shown.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from sync.headoffice import registry_form
from sync.headoffice import registry_view as view
from sync.headoffice.drafts import LISTS
from sync.headoffice.drafts_kept import Drafts, short
from sync.headoffice.drafts_work import now_ms
from sync.headoffice.registry import Registry
from sync.headoffice.store import Store
from sync.headoffice.web_context import Ctx, Person, Refusal, need
from sync.headoffice.web_users import Users

router = APIRouter(prefix="/api/v1/registry")
PAGE = 100
VERSIONS = 20
List = Annotated[str, Query(pattern="^(" + "|".join(LISTS) + ")$")]
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


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
        waiting = Drafts(store, ctx.config.site).all(now_ms()) if user.may("persons") else []
        return {
            "drafts": [
                short(draft) | {"broken": draft.said is None and draft.number in request.app.state.apart.broken}
                for draft in waiting
                if draft.fit or draft.said is None
            ],
            "number": newest,
            "versions": versions,
            "gates": found,
            "lists": [
                {
                    "list": name,
                    "zh": zh,
                    "en": en,
                    "rows": counts[name],
                    "headings": view.headings(name),
                    "columns": view.names(name),
                }
                for name, (zh, en) in view.TITLES.items()
            ],
        }

    return await ctx.reads(work)


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
        shown = [(key, row) for key, line, gates in found for row in view.cells(list_, line, gates)]
        return {
            "headings": view.headings(list_),
            "rows": [row for _, row in shown],
            "keys": [key for key, _ in shown],
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
        made = table(Registry(store, ctx.config.site), list_)
        return _workbook(made) if form == "xlsx" else as_csv(made)

    made = await ctx.reads(work)
    headers = {"Content-Disposition": f'attachment; filename="{list_}.{form}"'}
    return Response(made, media_type=_XLSX if form == "xlsx" else "text/csv; charset=utf-8", headers=headers)


@router.get("/form")
async def form(
    ctx: Ctx,
    user: Person,
    list_: Annotated[List, Query(alias="list")],
    key: Annotated[str, Query(max_length=400)] = "",
) -> dict[str, Any]:
    """How an entry of a list is written: its columns; and with a key, the rows of that entry."""
    need(user, "persons")

    def work(store: Store) -> dict[str, Any]:
        registry = Registry(store, ctx.config.site)
        if key:
            Users(store).looked(user, "registry", "", [list_])
        gates = [gate["gate"] for gate in view.gates(store, registry, ctx.config.site)]
        columns = registry_form.columns(list_, [s[0] for s in registry.schedules()], gates)
        found = registry.entry(key) if key else None
        if key and found is None:
            raise Refusal(404, "no-entry", "名单里已没有这一条 · this entry is no longer in the list", "请刷新后再看 · look again")  # fmt: skip
        return {"columns": columns, "rows": registry_form.rows(list_, *found) if found else []}

    return await ctx.reads(work)


def table(registry: Registry, list_: str, keeps: Callable[[str], bool] = bool) -> Iterator[list[str]]:
    """A list in force, headings first; `keeps`: which lines."""
    yield view.headings(list_)
    after = ""
    while page := registry.page(list_, after, "", 500):
        for _, line, gates in page:
            if keeps(line):
                yield from view.cells(list_, line, gates)
        after = page[-1][0]


def as_csv(table: Iterator[list[str]]) -> bytes:
    """A table that a spreadsheet opens."""
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
