"""What stands before every request of a page of ours, at the gate and at head office, as one plain ASGI layer (streams pass through it untouched).

Host     an address, localhost, or a configured name; else 421: a foreign name that points here is DNS rebinding
Origin   of a request that changes something must be this very page; else 403: another site's page is pressing
body     at most 64 KiB (some paths: more), counted as it comes, whatever Content-Length says; else 413
answer   Content-Security-Policy (own files only), nosniff, no framing, no referrer

Each end has its own words for the three refusals, so it makes the answers: `say`.
"""

from __future__ import annotations

import enum
import ipaddress
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_LIMIT = 64 * 1024
DRAINED = 1 << 20
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


class Refused(enum.IntEnum):
    """Why a request goes no further; the value is the HTTP status."""

    HOST = 421
    CROSS_SITE = 403
    TOO_LARGE = 413


Say = Callable[[Refused, Headers], Mapping[str, Any]]
"""The body of a refusal, in the words of this end."""


class Shield:
    """The layer. `names`: host names by which this end may be reached, beside addresses and localhost; `limits`: paths that take more;
    `any_scheme`: a proxy in front may speak HTTPS where we hear HTTP, so a page's own Origin may differ in its scheme."""

    def __init__(
        self,
        app: ASGIApp,
        say: Say,
        names: Iterable[str] = (),
        *,
        limits: Mapping[str, int] | None = None,
        any_scheme: bool = False,
    ) -> None:
        self._app, self._say, self._limits, self._any_scheme = app, say, limits or {}, any_scheme
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
            await _refuse(guarded, problem, self._say(problem, headers))
            return
        await self._app(scope, _counted(receive, self._limit(scope)), guarded)

    def _limit(self, scope: Scope) -> int:
        return self._limits.get(scope["path"], BODY_LIMIT)

    def _objection(self, scope: Scope, headers: Headers) -> Refused | None:
        host = headers.get("host", "")
        if not self._known(host):
            return Refused.HOST
        if scope["method"] not in SAFE:
            if not self._own(scope["scheme"], host.lower(), headers.get("origin")):
                return Refused.CROSS_SITE
            if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
                return Refused.CROSS_SITE
        length = headers.get("content-length", "0")
        return Refused.TOO_LARGE if not length.isdecimal() or int(length) > self._limit(scope) else None

    def _own(self, scheme: str, host: str, origin: str | None) -> bool:
        if origin is None:
            return True
        schemes = ("http", "https") if self._any_scheme else (scheme,)
        return origin.lower() in [f"{one}://{host}" for one in schemes]

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
            raise HTTPException(Refused.TOO_LARGE)
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


async def _refuse(send: Send, problem: Refused, said: Mapping[str, Any]) -> None:
    content = json.dumps(said, ensure_ascii=False).encode()
    kind = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": int(problem), "headers": kind})
    await send({"type": "http.response.body", "body": content})
