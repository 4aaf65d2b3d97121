"""The HTTP application: which path is answered by what."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from aiohttp import web

from monitor.live.health import Health
from monitor.live.probetimes import ProbeTimes
from monitor.live.states import Live
from monitor.web.problems import add_headers, errors_as_problems
from monitor.web.views import Views

ASSETS: Final = {"style.css": "text/css", "icon.svg": "image/svg+xml"}


def make_app(live: Live, health: Health, times: ProbeTimes) -> web.Application:
    """An application that only reads: nothing that is asked of it changes anything."""
    views = Views(live, health, times)
    app = web.Application(middlewares=[errors_as_problems])
    app.on_response_prepare.append(add_headers)
    app.add_routes(
        [
            web.get("/", views.page),
            web.get("/metrics", views.metrics),
            web.get("/healthz", views.alive),
            web.get("/readyz", views.ready),
            web.get("/api/v1/status", views.status),
            web.get("/api/v1/nodes", views.nodes),
            web.get("/api/v1/nodes/{id}", views.node),
            *[web.get(f"/assets/{name}", _asset(name, kind)) for name, kind in ASSETS.items()],
        ]
    )
    return app


def _asset(name: str, content_type: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A handler that answers with a file of this package, read once."""
    body = (Path(__file__).parent / "assets" / name).read_bytes()

    async def answer(_request: web.Request) -> web.Response:
        headers = {"Cache-Control": "max-age=300"}
        return web.Response(body=body, content_type=content_type, charset="utf-8", headers=headers)

    return answer
