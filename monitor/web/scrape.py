"""What machines ask for: metrics, and whether the monitor is alive and may be believed."""

from __future__ import annotations

import asyncio
import gzip
from typing import Final

from aiohttp import web

from monitor.access.roles import Permission
from monitor.live.exposition import OPENMETRICS, TEXT, accepts_gzip, prefers_openmetrics
from monitor.live.metrics import Metrics
from monitor.web.context import Context
from monitor.web.endpoints import Refused
from monitor.web.guard import who_asks
from monitor.web.problems import problem

LARGE: Final = 512 * 1024
"""Bytes from which compressing would hold up the loop for longer than a hand-over to a thread costs."""

OPEN: Final = "open"
"""The setting ``web.metrics`` that lets everybody scrape."""


class Scrape:
    """Handlers over one live picture. ``is_open``: whoever reaches it may scrape, whatever the setting."""

    def __init__(self, context: Context, *, is_open: bool = False) -> None:
        self._context = context
        self._is_open = is_open
        self._metrics = Metrics(context.live, context.health, context.times)

    async def metrics(self, request: web.Request) -> web.Response:
        """Prometheus text or OpenMetrics by ``Accept``, compressed by ``Accept-Encoding``."""
        if not self._is_open and (refused := await self._refusal(request)):
            return refused
        live = self._context.live
        now = live.clock()
        await self._context.times.fetch(live, now)
        openmetrics = prefers_openmetrics(request.headers.get("Accept", ""))
        body = self._metrics.render(now, openmetrics=openmetrics)
        headers = {"Content-Type": OPENMETRICS if openmetrics else TEXT, "Vary": "Accept, Accept-Encoding"}
        if accepts_gzip(request.headers.get("Accept-Encoding", "")):
            headers["Content-Encoding"] = "gzip"
            body = await _compressed(body)
        return web.Response(body=body, headers=headers)

    async def _refusal(self, request: web.Request) -> web.Response | None:
        """Unless all may, a scraper shows a token; where there is another listener, nobody may here."""
        setting = self._context.site.web.metrics
        if setting == OPEN:
            return None
        if setting != "token":
            return problem(404, "Not Found", "metrics have a listener of their own")
        try:
            who = await who_asks(self._context, request)
        except Refused as refused:
            return problem(refused.status, "Unauthorized", refused.en)
        if who.via in ("token", "local") and Permission.LOOK in who.permissions:
            return None
        return problem(401, "Unauthorized", "metrics need a token: Authorization: Bearer …")

    async def alive(self, _request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def ready(self, _request: web.Request) -> web.Response:
        """200 when what the other paths say may be believed, else 503 and the reasons."""
        reasons = list(self._context.health.not_ready(self._context.live))
        if reasons:
            return problem(503, "Not ready", "; ".join(reasons), reasons=reasons)
        return web.Response(text="ready\n")


async def _compressed(body: bytes) -> bytes:
    """Level 1: four times smaller is enough, and the higher levels cost more than the whole page."""
    if len(body) < LARGE:
        return gzip.compress(body, 1)
    return await asyncio.to_thread(gzip.compress, body, 1)
