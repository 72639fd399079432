"""What stands before every request of the gate's API: sync/shield.py, with the gate's own words and limits."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import Headers
from starlette.requests import cookie_parser

from edge.api.errors import body, language
from edge.store import registry
from sync.shield import Refused

LIMITS = {"/api/v1/registry": registry.MAX_BYTES, "/api/v1/technician/replay": 700_000}
"""Paths that take more than others."""
_WORDS = {
    Refused.HOST: (
        "host",
        "这个网址不是本网关的名字 · this gate is not known by that name",
        "请用网关的 IP 地址打开，或在 [api] names 中登记此名 · use the gate's address, or add the name to [api] names",
    ),
    Refused.CROSS_SITE: (
        "cross-site",
        "请求来自别的网站，已拒绝 · the request came from another site",
        "请在网关页面上操作 · use the gate's own page",
    ),
    Refused.TOO_LARGE: ("too-large", "请求内容过大 · the request is too large", "请缩短内容后再试 · send less"),
}


def say(problem: Refused, headers: Headers) -> dict[str, Any]:
    """The refusal, in the language of the tablet."""
    lang = language(cookie_parser(headers.get("cookie", "")).get("lang"), headers.get("accept-language"))
    return body(*_WORDS[problem], lang)
