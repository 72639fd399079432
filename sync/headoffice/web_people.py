"""Routes: signing in and out, one's own password, people, and who looked at what."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from sync.headoffice.retention import done
from sync.headoffice.store import Store
from sync.headoffice.web_context import COOKIE, Ctx, Person, Pressed, Refusal, Token, need
from sync.headoffice.web_users import LONGEST_S, MAY, Locked, NotIn, Unfit, User, Users

router = APIRouter(prefix="/api/v1")
_UNFIT = {
    "password-short": ("密码太短或太简单 · the password is too short or too simple", "至少 10 个字符，5 种以上 · 10 characters or more, 5 different ones"),
    "password-same": ("新密码与旧密码相同 · that is the old password", "请另想一个 · choose another"),
    "user": ("姓名或岗位不合规 · name or role cannot be", "姓名 1 到 40 个字 · a name has 1 to 40 signs"),
    "department": ("没有这个部门 · there is no such department", "请从名单中选择 · choose one from the list"),
    "department-needed": ("部门人员须属于一个部门 · staff belong to a department", "请选择部门 · choose their department"),
    "searches": ("保存的查询太多 · too many saved searches", "请先删掉一些 · remove some first"),
    "last-admin": ("至少要留一位管理员 · one administrator must remain", "请先设另一位管理员 · appoint another first"),
}  # fmt: skip


class SignIn(BaseModel):
    """Who."""

    name: str = Field(max_length=40)
    password: str = Field(max_length=200)


class NewPassword(BaseModel):
    """One's own."""

    old: str = Field(max_length=200)
    new: str = Field(max_length=200)


class Saved(BaseModel):
    """A saved search; without `asked` it is removed."""

    title: str = Field(min_length=1, max_length=60)
    asked: dict[str, str | int] = Field(default_factory=dict, max_length=12)


class Change(BaseModel):
    """Somebody; `password` empty: as it was."""

    name: str = Field(max_length=40)
    role: str
    enabled: bool = True
    password: str = Field("", max_length=200)
    department: str | None = Field(None, max_length=40)


def _me(user: User) -> dict[str, Any]:
    may = [what for what in MAY if user.may(what)]
    return {"name": user.name, "role": user.role, "fresh": user.fresh, "may": may, "department": user.department}


@router.post("/session", dependencies=[Pressed])
async def sign_in(ctx: Ctx, who: SignIn, response: Response) -> dict[str, Any]:
    """Sign in; five wrong passwords lock the account."""
    try:
        token, user = await ctx.reads(lambda store: Users(store).sign_in(who.name.strip(), who.password))
    except NotIn as e:
        raise Refusal(
            401,
            "wrong",
            "姓名或密码有误 · name and password do not fit",
            "请再核对一次；忘了请找管理员 · try again; forgotten: ask the administrator",
        ) from e
    except Locked as e:
        raise Refusal(
            429,
            "locked",
            f"密码错误次数过多，请等 {e.seconds} 秒 · locked for {e.seconds} s",
            "管理员可以设新密码解锁 · an administrator's new password unlocks",
        ) from e
    response.set_cookie(COOKIE, token, max_age=LONGEST_S, path="/", secure=ctx.secure, httponly=True, samesite="strict")
    return _me(user)


@router.get("/session")
async def session(user: Person) -> dict[str, Any]:
    """Who is signed in, and what they may."""
    return _me(user)


@router.delete("/session", dependencies=[Pressed])
async def sign_out(ctx: Ctx, response: Response, token: Token = "") -> dict[str, Any]:
    """Sign out."""
    await ctx.reads(lambda store: Users(store).sign_out(token))
    response.delete_cookie(COOKIE, path="/")
    return {}


@router.post("/password", dependencies=[Pressed])
async def password(ctx: Ctx, user: Person, said: NewPassword, token: Token = "") -> dict[str, Any]:
    """Change one's own password."""
    try:
        await ctx.reads(lambda store: Users(store).own_password(user, said.old, said.new, token))
    except NotIn as e:
        raise Refusal(403, "wrong", "旧密码有误 · the old password does not fit", "请再输一次 · enter it again") from e
    except Unfit as e:
        raise Refusal(400, e.code, *_UNFIT[e.code]) from e
    return {}


@router.get("/people")
async def people(ctx: Ctx, user: Person) -> dict[str, Any]:
    """Everybody."""
    need(user, "people")
    found = await ctx.reads(lambda store: Users(store).everybody())
    rows = [{n: getattr(u, n) for n in ("name", "role", "enabled", "fresh", "locked_ms", "department")} for u in found]
    return {"rows": rows}


@router.post("/people", dependencies=[Pressed])
async def save(ctx: Ctx, user: Person, change: Change) -> dict[str, Any]:
    """Add or change somebody."""
    need(user, "people")

    def work(store: Store) -> None:
        users, department = Users(store), change.department
        users.save(change.name, change.role, enabled=change.enabled, password=change.password, department=department)
        belongs = f":{department}" if department else ""
        users.looked(user, "people", "", [f"{change.name}:{change.role}:{int(change.enabled)}{belongs}"])

    try:
        await ctx.reads(work)
    except Unfit as e:
        raise Refusal(400, e.code, *_UNFIT[e.code]) from e
    return {}


@router.get("/looks")
async def looks(ctx: Ctx, user: Person, name: str = "") -> dict[str, Any]:
    """Who looked at what, the newest 200."""
    need(user, "looks")
    found = await ctx.reads(lambda store: Users(store).looks(name))
    return {
        "rows": [{"at_ms": x.at_ms, "name": x.name, "what": x.what, "gate": x.gate, "about": x.about} for x in found]
    }


@router.get("/retention")
async def erased(ctx: Ctx, user: Person) -> dict[str, Any]:
    """What head office's own retention has erased, the newest 200 rounds."""
    need(user, "looks")
    return {"rows": await ctx.reads(lambda store: list(done(store.run, ctx.config.site)))}


@router.get("/searches")
async def searches(ctx: Ctx, user: Person) -> dict[str, Any]:
    """One's own saved searches."""
    found = await ctx.reads(lambda store: Users(store).searches(user))
    return {"rows": [{"title": title, "asked": json.loads(asked)} for title, asked in found]}


@router.post("/searches", dependencies=[Pressed])
async def keep(ctx: Ctx, user: Person, saved: Saved) -> dict[str, Any]:
    """Save one, in the place of another of that title; or remove it."""
    asked = json.dumps(saved.asked, ensure_ascii=False) if saved.asked else ""
    try:
        await ctx.reads(lambda store: Users(store).keep_search(user, saved.title, asked))
    except Unfit as e:
        raise Refusal(400, e.code, *_UNFIT[e.code]) from e
    return {}
