"""Who asks, whether they may, and under which key: the dependencies that every route names in its signature.

    Person    anybody signed in            Guarding  guard or shift leader (the gate's work)
    Leading   shift leader (people)        Technical technician, or the console
    Key       the Idempotency-Key, required by whatever changes something

A session is a cookie of 32 random bytes, HttpOnly and SameSite=Strict, Secure under TLS. `tests/test_api_routes.py` walks
all routes and fails when one that changes something names no person or no key.
"""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import Depends, Header, Request, Response, Security
from fastapi.security import APIKeyCookie

from edge.api.context import Context, Ctx
from edge.api.who import Who
from edge.errors import BadInput, NotAllowed, SignInNeeded
from edge.store import users
from edge.store.users import Session

COOKIE = "gate_session"
COOKIE_S = 30 * 86400
"""The browser keeps the cookie longer than any session lasts: when it ends is the gate's to say."""
CONSOLE = Who(users.CONSOLE, "控制台", "leader")
"""Whoever may read the gate's data folder on this machine."""
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="Set by POST /api/v1/session")
Token = Annotated[str | None, Security(_cookie)]


async def signed_in(request: Request, ctx: Ctx, token: Token) -> Who:
    """The person behind the request. Raises SignInNeeded.

    Only what a person does prolongs the session; what an open page fetches by itself (pictures, the stream) does not.
    """
    if ctx.options.console and secrets.compare_digest(
        request.headers.get("authorization", "").encode(), f"Bearer {ctx.options.console}".encode()
    ):
        return CONSOLE
    session = ctx.users.session(token or "", used=request.method != "GET")
    if session is None:
        raise SignInNeeded("请先登录 · please sign in", "点自己的名字，输入密码 · tap your name and enter your PIN")
    return Who(session.user, session.name, session.role)


Person = Annotated[Who, Depends(signed_in)]


def still_in(ctx: Context, who: Who, token: str | None) -> bool:
    """Whether a long answer to this person may go on: the console's token lasts as long as the gate runs, a session until it ends."""
    return who is CONSOLE or ctx.users.session(token or "") is not None


class Needs:
    """Only these roles."""

    def __init__(self, *roles: str) -> None:
        self.roles = roles

    async def __call__(self, who: Person) -> Who:
        """Raises NotAllowed. Whoever sits at the gate's own console may do what a technician may."""
        if who.role not in self.roles and not (who is CONSOLE and "technician" in self.roles):
            raise NotAllowed(
                "您的岗位没有这项权限 · your role may not do this",
                "请当班人员操作 · ask the guard or the shift leader on duty",
            )
        return who


GUARDING = Needs("guard", "leader")
LEADING = Needs("leader")
TECHNICAL = Needs("technician")
Guarding = Annotated[Who, Depends(GUARDING)]
Technical = Annotated[Who, Depends(TECHNICAL)]
Leading = Annotated[Who, Depends(LEADING)]


async def idempotency_key(
    value: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="8 to 64 characters of A-Z a-z 0-9 - _, new for each press, the same for each repetition of it",
            examples=["3f2b8c0e5d7a4e19"],
        ),
    ] = None,
) -> str:
    """The key of a request that changes something. Raises BadInput."""
    if value is None:
        raise BadInput(
            "缺少 Idempotency-Key 请求头 · the header Idempotency-Key is missing",
            "每次按键生成一个新的随机号 · send a new random key with each press",
            code="key-missing",
        )
    if not (8 <= len(value) <= 64 and value.isascii() and value.replace("-", "").replace("_", "").isalnum()):
        raise BadInput(
            "Idempotency-Key 格式不对 · the Idempotency-Key is malformed",
            "8 到 64 个字母、数字、- 或 _ · 8 to 64 letters, digits, - or _",
            code="key-malformed",
        )
    return value


Key = Annotated[str, Depends(idempotency_key)]


def give_cookie(response: Response, ctx: Context, token: str) -> None:
    """Put the token into the browser's keeping."""
    age = COOKIE_S if token else 0
    response.set_cookie(
        COOKIE, token, max_age=age, path="/", secure=ctx.options.secure, httponly=True, samesite="strict"
    )


def session_json(session: Session) -> dict[str, object]:
    """A session as the page sees it."""
    return {"user": session.user, "name": session.name, "role": session.role, "since_ms": session.began_ms}
