"""Errors as RFC 9457 problem documents, and the headers that every answer carries."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

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


def problem(status: int, title: str, detail: str = "", **more: Any) -> web.Response:
    """A problem document: ``title`` names the kind of error, ``detail`` what was wrong this time."""
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return web.Response(
        status=status,
        text=json.dumps(document, ensure_ascii=False),
        content_type="application/problem+json",
        charset="utf-8",
    )


@web.middleware
async def errors_as_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What aiohttp says as plain text (no such path, wrong method) becomes a problem document."""
    try:
        return await handler(request)
    except web.HTTPError as error:
        answer = problem(error.status, error.reason)
        if "Allow" in error.headers:
            answer.headers["Allow"] = error.headers["Allow"]
        return answer


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Signal ``on_response_prepare``: answers are no frames, run no foreign script, name no version."""
    response.headers.update(_HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
