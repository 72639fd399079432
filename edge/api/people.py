"""Signing in and out, and the accounts that a shift leader keeps."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable
from typing import Any

from fastapi import APIRouter, Response

from edge.api import models_people as mp
from edge.api.auth import Key, Leading, Person, Token, give_cookie, session_json
from edge.api.context import Ctx
from edge.errors import BadInput, NotFound, SignInNeeded
from edge.store.users import Account, Session, UserChange

router = APIRouter(prefix="/api/v1", tags=["people"])


def _shown(account: Account) -> dict[str, Any]:
    return {"user": account.user, "name": account.name, "role": account.role, "enabled": account.enabled}


def _change(ctx: Ctx, user: str, wanted: mp.UserIn) -> UserChange:
    given = wanted.model_dump(exclude={"user"})
    return UserChange(user, **given | {"card": None if wanted.card is None else ctx.port.post.card_name(wanted.card)})


@router.get("/people", responses={200: {"model": mp.People}})
async def people(ctx: Ctx) -> dict[str, Any]:
    """The names to tap on the sign-in page, and the gate's name. Needs no session."""
    gate = ctx.port.snapshot()["gate"]
    shown = [_shown(a) for a in ctx.users.accounts() if a.enabled]
    card = ctx.port.post.card_presented()
    return {"gate": gate["name"], "simulated": gate.get("simulated", False), "people": shown, "card": card}


@router.get("/session", responses={200: {"model": mp.SessionOut}})
async def who_am_i(ctx: Ctx, token: Token) -> dict[str, Any]:
    """Who is signed in on this tablet."""
    session = ctx.users.session(token or "", used=True)
    if session is None:
        raise SignInNeeded("请先登录 · please sign in", "点自己的名字，输入密码 · tap your name and enter your PIN")
    return session_json(session)


@router.post("/session", responses={200: {"model": mp.SessionOut}})
async def sign_in(ctx: Ctx, wanted: mp.SignIn, key: Key, response: Response, token: Token) -> dict[str, Any]:
    """Sign in with a PIN (or a card's ticket); the answer sets the session's cookie. Five wrong PINs lock for a minute, each further
    twice as long. `taking_over`: the session that was here goes on until the hand-over."""
    asked = hashlib.sha256(wanted.model_dump_json().encode()).digest()
    replacing = "" if wanted.taking_over else token or ""

    def work() -> Awaitable[tuple[str, Session]]:
        if wanted.ticket:
            return ctx.port.post.sign_on(wanted.ticket, wanted.device, replacing)
        return ctx.users.sign_in(wanted.user, wanted.pin, wanted.device, replacing)

    given, session = await ctx.once.do(wanted.user, key, asked, work)
    give_cookie(response, ctx, given)
    return session_json(session)


@router.delete("/session", responses={200: {"model": mp.SessionOut}})
async def sign_out(ctx: Ctx, who: Person, key: Key, response: Response, token: Token) -> dict[str, Any]:
    """Sign out."""
    await ctx.users.sign_out(token or "")
    give_cookie(response, ctx, "")
    return {"user": who.user, "name": who.name, "role": who.role, "since_ms": 0}


@router.get("/users", responses={200: {"model": mp.Users}})
async def users(ctx: Ctx, who: Leading) -> dict[str, Any]:
    """All accounts. For shift leaders."""
    return {"users": [_shown(a) | {"card": a.card} for a in ctx.users.accounts()]}


@router.post("/users", responses={200: {"model": mp.UserOut}})
async def add_user(ctx: Ctx, who: Leading, key: Key, wanted: mp.UserNew) -> dict[str, Any]:
    """Add an account. For shift leaders."""
    if wanted.pin is None:
        raise BadInput(
            "新人员要有密码 · a new person needs a PIN",
            "请输入 6 位以上的密码 · enter 6 digits or more",
            code="pin-missing",
        )
    return await ctx.users.save(who.user, _change(ctx, wanted.user, wanted), key, new=True)


@router.put("/users/{user}", responses={200: {"model": mp.UserOut}})
async def change_user(ctx: Ctx, who: Leading, key: Key, user: str, wanted: mp.UserIn) -> dict[str, Any]:
    """Change an account, or give it a new PIN (which unlocks it and ends its sessions). For shift leaders."""
    if all(a.user != user for a in ctx.users.accounts()):
        raise NotFound(f"没有人员 {user} · there is nobody called {user}", "请在名单中选择 · choose from the list")
    return await ctx.users.save(who.user, _change(ctx, user, wanted), key)
