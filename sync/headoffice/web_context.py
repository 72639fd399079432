"""What the pages' routes share: the database on threads of its own, who asks, and the one shape of errors.

    route (the loop) ─▶ `reads(work)` ─▶ one of four threads, each with its own connection ─▶ answer

A session is a cookie, HttpOnly and SameSite=Strict. Whatever changes something carries an `Idempotency-Key` as at the gate's API: another site's page cannot
send that header, nor pass the check of Origin and Sec-Fetch-Site that stands before (web_shield.py).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

from fastapi import Cookie, Depends, Header, Request

from sync.headoffice.config import Config
from sync.headoffice.store import Store
from sync.headoffice.web_users import User, Users

COOKIE = "office_session"
T = TypeVar("T")


class Refusal(Exception):
    """The answer is no. `message` and `hint`: Chinese · English; the hint says what to do."""

    def __init__(self, status: int, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.hint = status, code, message, hint


class Reads:
    """Work on the database, off the loop."""

    def __init__(self, open_store: Callable[[], Store], threads: int = 4) -> None:
        self._open = open_store
        self._mine = threading.local()
        self._all: list[Store] = []
        self._pool = ThreadPoolExecutor(threads, "office-read", initializer=self._begin)

    def _begin(self) -> None:
        self._mine.store = self._open()
        self._all.append(self._mine.store)

    async def __call__(self, work: Callable[[Store], T]) -> T:
        """What `work` gives for a connection. Raises what it raises."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: work(self._mine.store))

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()


@dataclass
class Context:
    """One application's."""

    config: Config
    reads: Reads
    secure: bool = False
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    looked: dict[tuple[str, str, str, int], float] = field(default_factory=dict)
    """Who has seen which event of a request's when (web_requests.py)."""


def context(request: Request) -> Context:
    """The application's context."""
    found: Context = request.app.state.context
    return found


Ctx = Annotated[Context, Depends(context)]
Token = Annotated[str, Cookie(alias=COOKIE)]


async def signed_in(request: Request, ctx: Ctx, token: Token = "") -> User:
    """Who asks. Raises Refusal. Only what a person does prolongs the session."""
    used = request.headers.get("sec-fetch-dest", "") != "image" and not request.url.path.endswith("/feed")
    user = await ctx.reads(lambda store: Users(store).session(token, used=used)) if token else None
    if user is None:
        raise Refusal(401, "sign-in", "请先登录 · please sign in", "输入姓名和密码 · enter your name and password")
    if user.fresh and not request.url.path.endswith(("/session", "/password")):
        raise Refusal(
            403,
            "password",
            "请先换一个自己的密码 · choose a password of your own first",
            "至少 10 个字符 · 10 characters or more",
        )
    return user


Person = Annotated[User, Depends(signed_in)]


def need(user: User, what: str) -> None:
    """Raises Refusal when this role may not."""
    if not user.may(what):
        raise Refusal(
            403, "role", "您的岗位没有这项权限 · your role may not do this", "请联系管理员 · ask the administrator"
        )


async def pressed(value: Annotated[str, Header(alias="Idempotency-Key")] = "") -> str:
    """The key of a request that changes something. Raises Refusal."""
    if not (8 <= len(value) <= 64 and value.isascii() and value.replace("-", "").replace("_", "").isalnum()):
        raise Refusal(
            400,
            "key-missing",
            "缺少 Idempotency-Key 请求头 · the header Idempotency-Key is missing",
            "请在本页面上操作 · use this page",
        )
    return value


Pressed = Depends(pressed)
