"""The HTTP application: which path is answered by what."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Final

from aiohttp import web

from monitor.web import static
from monitor.web.api import (
    about,
    accounts,
    alerts,
    audit,
    events,
    inventory,
    layers,
    maintenance,
    nodes,
    oidc,
    outages,
    reports,
    session,
    status,
)
from monitor.web.context import Context
from monitor.web.dispatch import routes_of
from monitor.web.door import DOOR, Door
from monitor.web.endpoints import Endpoint
from monitor.web.openapi import document
from monitor.web.problems import add_headers, errors_as_problems
from monitor.web.scrape import Scrape

ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    *session.ENDPOINTS,
    *oidc.ENDPOINTS,
    *status.ENDPOINTS,
    *nodes.ENDPOINTS,
    *layers.ENDPOINTS,
    *events.ENDPOINTS,
    *outages.ENDPOINTS,
    *alerts.ENDPOINTS,
    *maintenance.ENDPOINTS,
    *reports.ENDPOINTS,
    *inventory.ENDPOINTS,
    *accounts.ENDPOINTS,
    *audit.ENDPOINTS,
    *about.ENDPOINTS,
)
"""Everything below ``/api/v1``. Tests hold each of them against each role."""


def make_app(context: Context) -> web.Application:
    """Pages, API, and what machines ask for."""
    scrape = Scrape(context)
    app = web.Application(middlewares=[errors_as_problems(context)])
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(_send_away(context))
    app[DOOR] = door = Door()
    app.on_cleanup.append(door.close)
    app.add_routes(
        [
            web.get("/metrics", scrape.metrics),
            web.get("/healthz", scrape.alive),
            web.get("/readyz", scrape.ready),
            web.get("/openapi.json", _document),
            *routes_of(ENDPOINTS, context),
            *static.routes(),
        ]
    )
    return app


def make_metrics_app(context: Context) -> web.Application:
    """Only ``/metrics``, for a listener of its own: who reaches it needs no token."""
    app = web.Application(middlewares=[errors_as_problems(context)])
    app.on_response_prepare.append(add_headers)
    app.add_routes([web.get("/metrics", Scrape(context, is_open=True).metrics)])
    return app


def _send_away(context: Context) -> Callable[[web.Application], Awaitable[None]]:
    async def close(_app: web.Application) -> None:
        context.hub.close()  # streams end only when somebody ends them

    return close


async def _document(_request: web.Request) -> web.Response:
    return web.Response(text=_document_text(), content_type="application/json", charset="utf-8")


@cache
def _document_text() -> str:
    """Made when somebody asks for it: at each start it would take longer than all the rest of the app."""
    return json.dumps(document(ENDPOINTS), ensure_ascii=False)
