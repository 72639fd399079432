"""Routes: a request that is taken down at head office (desk_take.py), for whoever may act on requests.

What somebody has typed is theirs to see again: clerks, administrators, and the staff of the department that it is for. Each look at what waits is on record, as of a request.
"""

from __future__ import annotations

import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from sync.headoffice.desk_take import Taking, Unknown
from sync.headoffice.store import Store
from sync.headoffice.web_context import Context, Ctx, Person, Pressed, Refusal, need, pressed
from sync.headoffice.web_users import User, Users

router = APIRouter(prefix="/api/v1/taken")
AGAIN_S = 3600.0
Key = Annotated[str, Depends(pressed)]
Short = Annotated[str, Field(max_length=60)]
_UNKNOWN = {
    "gate": (
        "请选择门岗 · choose a gate",
        "从名单中选一个；新门岗联系过管理中心后才会出现 · one of the list; a new gate is there when it has been heard",
    ),
    "category": (
        "这个门岗没有这个类别 · that gate has no such category",
        "请从名单中选一个 · choose one of the list",
    ),
    "department": (
        "这个门岗没有这个部门 · that gate has no such department",
        "请从名单中选一个 · choose one of the list",
    ),
}


class Taken(BaseModel):
    """What the owner says, as the gate takes it down. `department` empty: the category's own."""

    model_config = ConfigDict(extra="forbid")

    gate: str = Field(max_length=64)
    category: Short
    department: Short = ""
    unit: Short = ""
    name: Short = ""
    title: Literal["", "mr", "ms"] = ""
    phone: Short = ""
    words: str = Field("", max_length=400)
    then: Literal["pass", "done"] = "pass"


@router.post("")
async def take(ctx: Ctx, user: Person, said: Taken, key: Key) -> dict[str, Any]:
    """Tell the gate. The answer says that it is on its way, no more: the gate's own event is the truth."""
    need(user, "requests")
    given = {name: value.strip() for name, value in said.model_dump().items()}
    if not given["words"]:
        raise Refusal(
            400,
            "request-words",
            "请写下业主的要求 · write down what they want",
            "一两句话即可 · a sentence or two is enough",
        )
    if not (given["unit"] or given["name"]):
        raise Refusal(
            400,
            "request-whom",
            "请填写房号或姓名 · fill in the unit or the name",
            "这样才能回访 · so that they can be asked afterwards",
        )
    gate = given.pop("gate")
    try:
        return {"number": await ctx.reads(lambda s: Taking(s, ctx.config.site).take(gate, given, user.name, key))}
    except Unknown as e:
        raise Refusal(400, e.what, *_UNKNOWN[e.what]) from e


@router.post("/{gate}/{number}/away", dependencies=[Pressed])
async def away(ctx: Ctx, user: Person, gate: str, number: int) -> dict[str, Any]:
    """What a gate would not take down is dealt with: it leaves the list."""
    need(user, "requests")
    await ctx.reads(lambda store: Taking(store, ctx.config.site).put_away(gate, number))
    return {}


def waiting(ctx: Context, store: Store, user: User) -> list[dict[str, Any]]:
    """What is on its way or was refused, as this person may see it; on record."""
    rows = Taking(store, ctx.config.site).waiting()
    online = {heard.gate: heard.online for heard in store.heard(ctx.config.site)}
    now = time.monotonic()
    for row in rows:
        row["online"] = online.get(row["gate"])
        row["sees"] = (
            user.may("persons") or (bool(user.only) and user.only == row["department"]) or row["by"] == user.name
        )
        if not row["sees"]:
            row |= {"name": "", "phone": "", "words": ""}
            continue
        at = (user.name, row["gate"], "instruction", row["number"])
        if row["by"] != user.name and now - ctx.looked.get(at, -AGAIN_S) >= AGAIN_S:
            Users(store).looked(user, "person", row["gate"], [f"instruction/{row['number']}"])
            ctx.looked[at] = now
    return rows
