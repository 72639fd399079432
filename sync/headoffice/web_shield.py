"""What stands before every request of the pages: which host, from which page, how large; and the headers of every answer.

As the gate's own (the two ends share nothing but the protocol): an unknown host name is DNS rebinding, a foreign Origin is another site's page pressing.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_LIMIT = 64 * 1024
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Shield:
    """The layer. `names`: by which names head office's pages may be reached, beside addresses and localhost."""

    def __init__(self, app: ASGIApp, names: Iterable[str] = ()) -> None:
        self._app = app
        self._names = {"localhost", *(name.lower() for name in names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if scope["path"].startswith("/api/"):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        problem = self._objection(scope, Headers(scope=scope))
        if problem is None:
            await self._app(scope, receive, guarded)
            return
        status, error = problem
        content = json.dumps({"error": error}, ensure_ascii=False).encode()
        kind = [(b"content-type", b"application/json"), (b"connection", b"close")]
        await guarded({"type": "http.response.start", "status": status, "headers": kind})
        await guarded({"type": "http.response.body", "body": content})

    def _objection(self, scope: Scope, headers: Headers) -> tuple[int, dict[str, str]] | None:
        host = headers.get("host", "")
        if not self._known(host):
            return 421, _error(
                "host",
                "这个网址不是管理中心的名字 · head office is not known by that name",
                "请用 --name 登记此名 · add the name with --name",
            )
        if scope["method"] in SAFE:
            return None
        origin = headers.get("origin")
        elsewhere = origin is not None and origin.lower().partition("://")[2] != host.lower()
        if elsewhere or headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return 403, _error(
                "cross-site",
                "请求来自别的网站，已拒绝 · the request came from another site",
                "请在管理中心页面上操作 · use head office's own page",
            )
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > BODY_LIMIT or "transfer-encoding" in headers:
            return 413, _error("too-large", "请求内容过大 · the request is too large", "请缩短内容 · send less")
        return None

    def _known(self, host: str) -> bool:
        name = host[1:].partition("]")[0] if host.startswith("[") else host.rpartition(":")[0] or host
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name.lower() in self._names
        return True


def _error(code: str, message: str, hint: str) -> dict[str, str]:
    return {"code": code, "message": message, "hint": hint}
