"""Routes: charts, and the daily report. Each answers from small tables; none reads events."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from sync.headoffice.charts import Span, charts, report
from sync.headoffice.charts_stays import staying, waiting
from sync.headoffice.figures import left
from sync.headoffice.store import Store
from sync.headoffice.web_context import Ctx, Person

router = APIRouter(prefix="/api/v1")
When = Annotated[int, Query(ge=0, le=1 << 53)]
LONGEST_MS = 400 * 86_400_000


async def asked(
    ctx: Ctx,
    since: When,
    until: When,
    gate: Annotated[str, Query(max_length=64)] = "",
    east: Annotated[int, Query(ge=-900, le=900)] = 480,
) -> Span:
    """At most 400 days; `east`: minutes east of UTC."""
    return Span(ctx.config.site, max(since, until - LONGEST_MS), until, gate, east)


Of = Annotated[Span, Depends(asked)]


@router.get("/charts")
async def drawn(ctx: Ctx, _: Person, span: Of) -> dict[str, Any]:
    """Passages, openings by hand, days. `behind`: events that the charts do not have yet."""
    return await ctx.reads(lambda store: {**charts(store, span), "behind": left(store.run, span.site)})


@router.get("/charts/waits")
async def waits(ctx: Ctx, _: Person, span: Of) -> dict[str, Any]:
    """How long was waited."""
    return await ctx.reads(lambda store: waiting(store, span))


@router.get("/charts/stays")
async def stays(ctx: Ctx, _: Person, span: Of) -> dict[str, Any]:
    """Cards that are out, visits beyond their time."""

    def work(store: Store) -> dict[str, Any]:
        return {**staying(store, span, time.time_ns() // 1_000_000), "now_ms": time.time_ns() // 1_000_000}

    return await ctx.reads(work)


@router.get("/report")
async def day(ctx: Ctx, _: Person, span: Of) -> dict[str, Any]:
    """A day (or any time) of each gate, counted."""
    return {"gates": await ctx.reads(lambda store: report(store, span))}
