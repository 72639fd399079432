"""Routes that need no session and say nothing about anybody: how the pages are, and the certificate that a browser installs."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response

from sync.headoffice.figures import left
from sync.headoffice.follower import Follower
from sync.headoffice.store import Store, StoreUnavailable
from sync.headoffice.web_context import Ctx, Refusal

router = APIRouter(prefix="/api/v1")
PATIENCE_S = 5.0


@router.get("/health")
async def health(request: Request, ctx: Ctx, response: Response) -> dict[str, Any]:
    """`live`: this process answers; `ready`: the database answers too (else the status is 503). `index_problem`: why the index stands still;
    `index_behind`, `charts_behind`: events that search and charts do not have yet."""

    def work(store: Store) -> dict[str, int]:
        ((lag,),) = store.run(_LAG, (ctx.config.site,))
        return {"index_behind": int(lag or 0), "charts_behind": left(store.run, ctx.config.site)}

    follower: Follower | None = request.app.state.follower
    said: dict[str, Any] = {"live": True, "index_problem": follower.problem if follower else ""}
    try:
        return {**said, "ready": True, **await asyncio.wait_for(ctx.reads(work), PATIENCE_S)}
    except (StoreUnavailable, TimeoutError):
        response.status_code = 503
        return {**said, "ready": False}


_LAG = """SELECT CAST(sum(c.seq - coalesce(i.seq, 0)) AS bigint) FROM chains c LEFT JOIN index_chains i
    ON (i.site, i.gate, i.epoch) = (c.site, c.gate, c.epoch) WHERE c.site = ?"""


@router.get("/ca.crt")
async def authority(request: Request) -> Response:
    """The pages' own authority (PEM), where there is one."""
    ca: bytes = request.app.state.ca
    if not ca:
        raise Refusal(
            404,
            "no-authority",
            "本页没有自己的证书机构 · these pages have no authority of their own",
            '在设置中写 [pages] tls = "own" · put [pages] tls = "own" into the configuration',
        )
    named = {"Content-Disposition": 'attachment; filename="gate-headoffice-ca.crt"'}
    return Response(ca, media_type="application/x-x509-ca-cert", headers=named)
