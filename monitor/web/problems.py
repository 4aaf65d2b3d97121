"""Errors as RFC 9457 problem documents, and the headers that every answer carries."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from monitor.model.said import Said
from monitor.web.context import Context
from monitor.web.language import language_of

BEGUN: Final = web.RequestKey("begun", bool)
"""Whether the answer is on its way."""

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_TITLES: Final[Mapping[int, str]] = {
    400: "请求有误",
    401: "未登录",
    403: "无此权限",
    404: "不存在",
    405: "不支持此方法",
    408: "超时",
    409: "与现状冲突",
    413: "内容过大",
    415: "不支持此格式",
    429: "请求过多",
    500: "内部错误",
    503: "暂不可用",
}
_UNFORESEEN: Final = Said("已记入日志，请联系系统管理员", "it is in the log: tell the system administrator")
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "quanshi",
}


def title_of(status: int) -> Said:
    """What kind of error a status means."""
    phrase = HTTPStatus(status).phrase
    return Said(_TITLES.get(status, phrase), phrase)


def problem(status: int, title: str, detail: str = "", **more: Any) -> web.Response:
    """A problem document: ``title`` names the kind of error, ``detail`` what was wrong this time."""
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return web.Response(
        status=status,
        text=json.dumps(document, ensure_ascii=False),
        content_type="application/problem+json",
        charset="utf-8",
    )


def errors_as_problems(context: Context) -> Middleware:
    """What aiohttp says as plain text (no such path, wrong method) becomes a problem document.

    So does what nobody foresaw: it is in the log, once, and whoever asked learns nothing of what is inside.
    """

    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPError as error:
            said = problem(error.status, title_of(error.status).told(language_of(request, context)))
            if "Allow" in error.headers:
                said.headers["Allow"] = error.headers["Allow"]
            return said
        except Exception:
            if request.get(BEGUN):
                raise  # nothing can be said any more: the connection is closed
            log.exception("an answer broke off", method=request.method, path=request.path)
            language = language_of(request, context)
            return problem(500, title_of(500).told(language), _UNFORESEEN.told(language))

    return answer


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Signal ``on_response_prepare``: answers are no frames, run no foreign script, name no version.

    Nobody keeps them, but for those that say themselves for how long.
    """
    request[BEGUN] = True
    response.headers.update(_HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
    if request.secure:  # a proxy before us says so itself
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
