"""Routes: the requests of the gates' desks, and what departments do with them.

Words, notes, names and telephones of a request are seen by whoever sees persons (clerk, admin), and by a department's staff of its own requests. Each look is on record;
one page that follows by itself is one look an hour at each event.
"""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from sync.headoffice.charts_requests import charts, day
from sync.headoffice.desk_ask import Asked, Moved, NotNow, Requests
from sync.headoffice.desk_take import Taking
from sync.headoffice.intake import ChainId
from sync.headoffice.store import Store
from sync.headoffice.web_charts import Of
from sync.headoffice.web_context import Context, Ctx, Person, Pressed, Refusal, need
from sync.headoffice.web_taking import waiting as on_their_way
from sync.headoffice.web_users import User, Users

router = APIRouter(prefix="/api/v1/requests")
AGAIN_S = 3600.0
_KEPT = 20_000
Name = Annotated[str, Field(max_length=40)]
_NOT_NOW = {
    "request-over": ("这件事已经办结 · this request is settled", "请看最新情况 · look at how it stands now"),
    "request-done": ("已处理完毕，等待回访 · it is done already, and the owner is to be asked", "请回访业主 · ask the owner"),
    "request-there": ("已经在这个部门 · that department has it already", "需要催办时请写备注 · to remind them, add a note"),
    "request-open": ("还在办理中 · it is still being worked on", "处理完毕后再回访 · ask the owner when it is done"),
}  # fmt: skip


class Wanted(BaseModel):
    """Which requests are looked at."""

    state: Literal["", "open", "overdue", "ask", "ended"] = ""
    gate: str = Field("", max_length=64)
    department: Name = ""
    sort: Literal["", "request", "call", "complaint", "violation"] = ""
    text: str = Field("", max_length=60)


class Act(BaseModel):
    """What is done. `seen`: the `version` of the request that was looked at."""

    model_config = ConfigDict(extra="forbid")

    seen: str = Field("", max_length=40)
    department: Name = ""
    answer: Literal["", "satisfied", "unsatisfied", "unreached"] = ""
    note: str = Field("", max_length=400)


@router.get("/names")
async def names(ctx: Ctx, _: Person) -> dict[str, Any]:
    """Departments and categories, as the gates call them; `plans`: which of them each gate has."""
    site = ctx.config.site
    return await ctx.reads(lambda store: {**Requests(store, site).names(), "plans": Taking(store, site).plans()})


@router.get("")
async def listed(ctx: Ctx, user: Person, wanted: Annotated[Wanted, Query()]) -> dict[str, Any]:
    """Overdue ones first, then the open ones by deadline, then the last that ended; how many are open where; `taken`: what was taken down here and is not at
    its gate yet."""
    now = _now()

    def work(store: Store) -> dict[str, Any]:
        requests = Requests(store, ctx.config.site)
        rows = requests.rows(Asked(**wanted.model_dump()), now, persons=user.may("persons"))
        mine = [row for row in rows if _sees(user, row)]
        parts = requests.parts([(row["gate"], row["epoch"], row["request"]) for row in mine])
        _on_record(ctx, store, user, list(parts))
        for row in rows:
            part = parts.get((row["gate"], row["epoch"], row["request"]), {})
            row["words"] = str(part.get("words", ""))[:100]
        waiting = {(t.gate, t.about): t for t in store.told(ctx.config.site, only_open=True) if t.about}
        for row in rows:
            order = waiting.get((row["gate"], row["request"]))
            row["sent"] = order.act.removeprefix("request.") if order else ""
        return {"rows": rows, "counts": requests.counts(now), "taken": on_their_way(ctx, store, user), "now_ms": now}

    return await ctx.reads(work)


@router.get("/charts")
async def drawn(ctx: Ctx, _: Person, span: Of) -> dict[str, Any]:
    """Figures for charts."""
    return await ctx.reads(lambda store: charts(store, span, _now()))


@router.get("/day")
async def of_a_day(ctx: Ctx, _: Person, span: Of) -> dict[str, Any]:
    """A day (or any time) of each department, for the daily report."""
    return {"departments": await ctx.reads(lambda store: day(store, span, _now()))}


@router.get("/{gate}/{epoch}/{request}")
async def one(ctx: Ctx, user: Person, gate: str, epoch: str, request: int) -> dict[str, Any]:
    """One with all its steps, and what head office has told the gate about it."""

    def work(store: Store) -> dict[str, Any]:
        found = _one(ctx, store, gate, epoch, request)
        heard = {h.gate: h for h in store.heard(ctx.config.site)}.get(gate)
        found["online"] = None if heard is None else heard.online
        requests, sees = Requests(store, ctx.config.site), _sees(user, found)
        parts = requests.parts([(gate, step["epoch"], step["seq"]) for step in found["steps"]]) if sees else {}
        _on_record(ctx, store, user, list(parts))
        for step in found["steps"]:
            step["personal"] = parts.get((gate, step["epoch"], step["seq"]), {})
        found["sees"], found["now_ms"] = sees, _now()
        if not (user.may("requests") and user.only in ("", found["department"])):
            found["may"] = {}
        return found

    return await ctx.reads(work)


@router.post("/{gate}/{epoch}/{request}/{act}", dependencies=[Pressed])
async def order(
    ctx: Ctx,
    user: Person,
    gate: str,
    epoch: str,
    request: int,
    act: Literal["pass", "finish", "ask", "note", "withdraw"],
    said: Act,
) -> dict[str, Any]:
    """Tell the gate that has it. The answer says that it is on its way, no more: the gate's own event is the truth."""
    need(user, "requests")
    note = said.note.strip()

    def work(store: Store) -> int:
        data = _data(store, ctx, act, said, note)
        return Requests(store, ctx.config.site).act(
            ChainId(ctx.config.site, gate, epoch), request, act, data, user.name, said.seen, only=user.only
        )

    try:
        return {"number": await ctx.reads(work)}
    except KeyError as e:
        if e.args[0] != request:
            raise Refusal(
                403,
                "department",
                "这件事归其他部门处理 · another department has this request",
                "可请主管转交 · ask a supervisor to pass it on",
            ) from e
        raise _not_here() from e
    except Moved as e:
        raise Refusal(
            409,
            "moved",
            "同事或值班室刚刚处理过这件事 · somebody else has just dealt with this",
            "已显示最新情况，请看过再办 · this is how it stands now: look at it first",
        ) from e
    except NotNow as e:
        raise Refusal(409, e.code, *_NOT_NOW[e.code]) from e


def _data(store: Store, ctx: Context, act: str, said: Act, note: str) -> dict[str, str]:
    """What the instruction says. Raises Refusal."""
    known = [d["id"] for d in Requests(store, ctx.config.site).names()["departments"]]
    if act == "pass" and said.department not in known:
        raise Refusal(400, "department", "请选择部门 · choose a department", "从名单中选一个 · one of the list")
    if act == "ask" and not said.answer:
        raise Refusal(
            400,
            "answer",
            "请选择回访结果 · choose what the owner said",
            "满意、退回或未联系上 · satisfied, sent back, unreached",
        )
    if not note and (act in ("finish", "note", "withdraw") or said.answer == "unsatisfied"):
        hint = "一两句话即可 · a sentence or two is enough"
        raise Refusal(400, "note-needed", "请写明情况 · please write what was done, or why", hint)
    more = {"department": said.department} if act == "pass" else {"answer": said.answer} if act == "ask" else {}
    return {**more, "note": note}


def _one(ctx: Context, store: Store, gate: str, epoch: str, request: int) -> dict[str, Any]:
    found = Requests(store, ctx.config.site).one(ChainId(ctx.config.site, gate, epoch), request, _now())
    if found is None:
        raise _not_here()
    return found


def _not_here() -> Refusal:
    return Refusal(
        404,
        "no-request",
        "管理中心没有这件事 · head office knows of no such request",
        "请从列表中选择 · choose one of the list",
    )


def _sees(user: User, row: dict[str, Any]) -> bool:
    return user.may("persons") or bool(user.only and user.only == row["department"])


def _on_record(ctx: Context, store: Store, user: User, seen: list[tuple[str, str, int]]) -> None:
    """Each event once an hour for each person, before it is shown."""
    now, held = time.monotonic(), ctx.looked
    if len(held) > _KEPT:
        held.clear()
    fresh = [key for key in seen if now - held.get((user.name, *key), -AGAIN_S) >= AGAIN_S]
    about: dict[str, list[str]] = {}
    for gate, epoch, seq in fresh:
        about.setdefault(gate, []).append(f"{epoch}/{seq}")
    for gate, events in about.items():
        Users(store).looked(user, "person", gate, events)
    held.update({(user.name, *key): now for key in fresh})


def _now() -> int:
    return time.time_ns() // 1_000_000
