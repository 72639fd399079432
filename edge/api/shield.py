"""What stands before every request, as one plain ASGI layer (streams pass through it untouched).

Host     an address, localhost, or a configured name; else 421: a foreign name that points here is DNS rebinding
Origin   of a request that changes something must be this very page; else 403: another site's page is pressing
body     at most 64 KiB (a registry: more), counted as it comes, whatever Content-Length says; else 413
answer   Content-Security-Policy (own files only), nosniff, no framing, no referrer
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.api.errors import body, language
from edge.store import registry

BODY_LIMIT = 64 * 1024
DRAINED = 1 << 20
LARGE = {"/api/v1/registry": registry.MAX_BYTES, "/api/v1/technician/replay": 700_000}
"""Paths that take more."""
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
_Problem = tuple[int, str, str, str]
_HOST: _Problem = (
    421,
    "host",
    "这个网址不是本网关的名字 · this gate is not known by that name",
    "请用网关的 IP 地址打开，或在 [api] names 中登记此名 · use the gate's address, or add the name to [api] names",
)
_ORIGIN: _Problem = (
    403,
    "cross-site",
    "请求来自别的网站，已拒绝 · the request came from another site",
    "请在网关页面上操作 · use the gate's own page",
)
_LARGE: _Problem = (413, "too-large", "请求内容过大 · the request is too large", "请缩短内容后再试 · send less")


class Shield:
    """The layer. `names`: host names by which this gate may be reached, beside addresses and localhost."""

    def __init__(self, app: ASGIApp, names: Iterable[str] = ()) -> None:
        self._app = app
        self._names = {"localhost", *(name.lower() for name in names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        problem = self._objection(scope, headers)
        if problem:
            await _drain(receive)
            await _refuse(headers, guarded, problem)
            return
        await self._app(scope, _counted(receive, LARGE.get(scope["path"], BODY_LIMIT)), guarded)

    def _objection(self, scope: Scope, headers: Headers) -> _Problem | None:
        host = headers.get("host", "")
        if not self._known(host):
            return _HOST
        if scope["method"] not in SAFE:
            origin = headers.get("origin")
            if origin is not None and origin.lower() != f"{scope['scheme']}://{host}".lower():
                return _ORIGIN
            if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
                return _ORIGIN
        length = headers.get("content-length", "0")
        limit = LARGE.get(scope["path"], BODY_LIMIT)
        return _LARGE if not length.isdecimal() or int(length) > limit else None

    def _known(self, host: str) -> bool:
        name = host[1:].partition("]")[0] if host.startswith("[") else host.rpartition(":")[0] or host
        if name.lower() in self._names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def _counted(receive: Receive, limit: int) -> Receive:
    """`receive`, which raises when more has come than is allowed."""
    got = 0

    async def counted() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        if got > limit:
            raise HTTPException(413)
        return message

    return counted


async def _drain(receive: Receive) -> None:
    """Take what the other side is sending, within reason: else it would see a broken connection instead of the answer."""
    got = 0
    while got < DRAINED:
        message = await receive()
        got += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            return


async def _refuse(headers: Headers, send: Send, problem: _Problem) -> None:
    status, code, message, hint = problem
    lang = language(cookie_parser(headers.get("cookie", "")).get("lang"), headers.get("accept-language"))
    content = json.dumps(body(code, message, hint, lang), ensure_ascii=False).encode()
    kind = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": kind})
    await send({"type": "http.response.body", "body": content})
