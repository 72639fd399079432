"""Routes: verification of a range on demand, as a signed certificate; and the range's exact bytes, to check it against."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from sync.headoffice.certificate import MOST, PAGE, NotProven, certificate, export_range, prove
from sync.headoffice.config import ConfigError
from sync.headoffice.intake import ChainId
from sync.headoffice.store import Store
from sync.headoffice.web_context import Ctx, Person, Pressed, Refusal, need
from sync.headoffice.web_users import Users

router = APIRouter(prefix="/api/v1")
_FILE = 'attachment; filename="{}-{}-{}-{}.jsonl"'


class Range(BaseModel):
    """Events of a chain; `epoch` empty: the newest."""

    gate: str = Field(max_length=64)
    epoch: str = Field("", max_length=64)
    first: int = Field(ge=1, le=1 << 53)
    last: int = Field(ge=1, le=1 << 53)


def _where(store: Store, site: str, said: Range) -> ChainId:
    found = [c.where for c in store.chains(site) if c.where.gate == said.gate and said.epoch in ("", c.where.epoch)]
    if not found:
        raise Refusal(
            404,
            "no-chain",
            "没有这个门岗的记录 · nothing is here of that gate",
            "请在列表中选择 · choose from the list",
        )
    return found[-1]


@router.post("/certificates", dependencies=[Pressed])
async def certify(ctx: Ctx, user: Person, said: Range) -> dict[str, Any]:
    """Verify, and sign what was found. The walk goes on to the newest event, which the gate has signed."""
    need(user, "certify")

    def work(store: Store) -> dict[str, Any]:
        where = _where(store, ctx.config.site, said)
        file = certificate(prove(store, where, said.first, said.last), user.name, ctx.config.signing())
        Users(store).looked(user, "certificate", said.gate, [f"{where.epoch}/{said.first}-{said.last}"])
        name = f"{where.gate}-{where.epoch}-{said.first}-{said.last}.certificate.json"
        return {"name": name, "file": file.decode(), "key": ctx.config.signing().public.hex(), "epoch": where.epoch}

    try:
        return await ctx.reads(work)
    except NotProven as e:
        raise Refusal(
            409,
            "not-proven",
            f"未能证明完整 · not proven: {e}",
            "请看该门岗的警报；可让门岗重发这一段 · look at the gate's alarms; the range can be sent again",
        ) from e
    except ConfigError as e:
        raise Refusal(503, "no-key", "签名密钥不可用 · the signing key cannot be used", str(e)) from e


@router.get("/range")
async def exact(ctx: Ctx, user: Person, gate: str, first: int, last: int, epoch: str = "") -> Response:
    """The exact bytes, a line an event, without personal parts."""
    need(user, "certify")
    if not 1 <= first <= last < 1 << 53 or last - first >= MOST:
        raise Refusal(400, "range", "编号范围有误 · not a range", f"一次最多 {MOST} 条 · at most {MOST} at once")

    said = Range(gate=gate[:64], epoch=epoch[:64], first=first, last=last)

    def begin(store: Store) -> ChainId:
        where = _where(store, ctx.config.site, said)
        Users(store).looked(user, "export", gate, [f"{where.epoch}/{first}-{last}"])
        return where

    where = await ctx.reads(begin)

    async def lines() -> AsyncIterator[bytes]:
        for at in range(first, last + 1, PAGE):
            to = min(last, at + PAGE - 1)
            yield await ctx.reads(partial(_joined, where=where, first=at, last=to))

    name = _FILE.format(where.gate, where.epoch, first, last)
    return StreamingResponse(lines(), media_type="application/x-ndjson", headers={"Content-Disposition": name})


def _joined(store: Store, where: ChainId, first: int, last: int) -> bytes:
    return b"".join(export_range(store, where, first, last))
