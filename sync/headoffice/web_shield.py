"""What stands before every request of the pages: sync/shield.py, with head office's own words; and that nothing of the API is kept by a browser."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sync.shield import Refused

_WORDS = {
    Refused.HOST: (
        "host",
        "这个网址不是管理中心的名字 · head office is not known by that name",
        "请用 --name 登记此名 · add the name with --name",
    ),
    Refused.CROSS_SITE: (
        "cross-site",
        "请求来自别的网站，已拒绝 · the request came from another site",
        "请在管理中心页面上操作 · use head office's own page",
    ),
    Refused.TOO_LARGE: ("too-large", "请求内容过大 · the request is too large", "请缩短内容 · send less"),
}


def error(code: str, message: str, hint: str) -> dict[str, Any]:
    """The one shape of what the pages' API refuses."""
    return {"error": {"code": code, "message": message, "hint": hint}}


def say(problem: Refused, _: Headers | None = None) -> dict[str, Any]:
    """The refusal, in both languages: the page shows its own."""
    return error(*_WORDS[problem])


class NotKept:
    """No answer of the API is kept by a browser."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start" and scope["path"].startswith("/api/"):
                MutableHeaders(scope=message)["Cache-Control"] = "no-store"
            await send(message)

        await self._app(scope, receive, marked if scope["type"] == "http" else send)
