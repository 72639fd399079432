"""One error shape for everything the API answers with, wrong paths and crashes included:

    {"error": {"code": "late", "message": "指令到得太晚，未执行", "hint": "看清道闸现在的状态，需要时再按一次"}}

`code` is for programs; `message` and `hint` are for the person in front of it, in the language of the `lang` cookie or of
Accept-Language, Chinese when neither says. A text that has both languages is written «中文 · English», as everywhere in
this program; one without the dot is shown as it is.
"""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from edge.errors import GateError, ImportRefused

log = logging.getLogger(__name__)
NAMED_ROWS = 20
ZH, EN = "zh-CN", "en"
Texts = tuple[str, str, str]
"""code, message, hint"""

_HTTP = {
    404: ("no-such-address", "没有这个地址 · there is nothing at this address", "接口说明在 /api/docs · see /api/docs"),
    405: ("method", "这个地址不接受此操作 · this method is not offered here", "接口说明在 /api/docs · see /api/docs"),
    413: ("too-large", "请求内容过大 · the request is too large", "请缩短内容后再试 · send less"),
}
_INTERNAL = (
    "internal",
    "网关内部出错，已记入日志 · the gate made an error; it is in the log",
    "请看现场，稍后再试 · try again soon",
)


def language(cookie: str | None, accept: str | None) -> str:
    """zh-CN or en."""
    if cookie in (ZH, EN):
        return cookie
    weighted = []
    for n, part in enumerate((accept or "").split(",")):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weighted.append((-float(quality or 1), n, tag.lower()))
        except ValueError:
            continue
    for _, _, tag in sorted(weighted):
        if tag.startswith("zh"):
            return ZH
        if tag.startswith("en"):
            return EN
    return ZH


def language_of(request: Request) -> str:
    """The language in which this request wants its answer."""
    return language(request.cookies.get("lang"), request.headers.get("accept-language"))


def say(text: str, lang: str) -> str:
    """The part of «中文 · English» that is wanted."""
    chinese, dot, english = text.partition(" · ")
    return english if dot and lang == EN else chinese


def body(code: str, message: str, hint: str, lang: str) -> dict[str, dict[str, str]]:
    """The one shape."""
    return {"error": {"code": code, "message": say(message, lang), "hint": say(hint, lang)}}


def _answer(request: Request, status: int, texts: Texts, headers: dict[str, str] | None = None) -> JSONResponse:
    content = body(*texts, language_of(request))
    return JSONResponse(content, status, {"Cache-Control": "no-store", **(headers or {})})


async def _gate_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, GateError)
    if isinstance(error, ImportRefused):
        rows = "; ".join(error.rows[:NAMED_ROWS])
        return _answer(
            request, error.status, (error.code, f"{say(error.message, language_of(request))}: {rows}", error.hint)
        )
    return _answer(request, error.status, (error.code, error.message, error.hint))


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    texts = _HTTP.get(error.status_code, (f"http-{error.status_code}", phrase, ""))
    return _answer(request, error.status_code, texts, dict(error.headers or {}))


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """A request that does not fit the API: names each field and what is wrong with it."""
    assert isinstance(error, RequestValidationError)
    problems = []
    for problem in error.errors():
        where = ".".join(str(part) for part in problem["loc"][1:]) or str(problem["loc"][0])
        problems.append(f"{where}: {problem['msg']}")
    named = "; ".join(problems)
    message = f"请求内容有误：{named} · the request does not fit: {named}"
    return _answer(request, 422, ("bad-input", message, "接口说明在 /api/docs · see /api/docs"))


async def _crash(request: Request, error: Exception) -> JSONResponse:
    return _answer(request, 500, _INTERNAL)


def install(app: FastAPI) -> None:
    """Give every error of `app` the one shape."""
    app.add_exception_handler(GateError, _gate_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _crash)
