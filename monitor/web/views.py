"""What each path answers."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from aiohttp import web

from monitor.live.exposition import OPENMETRICS, TEXT, accepts_gzip, prefers_openmetrics
from monitor.live.health import Health
from monitor.live.metrics import Metrics
from monitor.live.probetimes import ProbeTimes
from monitor.live.states import Live
from monitor.live.status import nodes_of, status_of, watch_json
from monitor.model.observations import State
from monitor.web.page import page_of
from monitor.web.problems import problem

LARGE: Final = 512 * 1024
"""Bytes from which compressing would hold up the loop for longer than a hand-over to a thread costs."""

MOST_NODES: Final = 10_000
USUAL_NODES: Final = 1_000


class Views:
    """Handlers over one live picture."""

    def __init__(self, live: Live, health: Health, times: ProbeTimes) -> None:
        self._live = live
        self._health = health
        self._times = times
        self._metrics = Metrics(live, health, times)

    async def metrics(self, request: web.Request) -> web.Response:
        """Prometheus text or OpenMetrics by ``Accept``, compressed by ``Accept-Encoding``."""
        now = self._live.clock()
        await self._times.fetch(self._live, now)
        openmetrics = prefers_openmetrics(request.headers.get("Accept", ""))
        body = self._metrics.render(now, openmetrics=openmetrics)
        headers = {"Content-Type": OPENMETRICS if openmetrics else TEXT, "Vary": "Accept, Accept-Encoding"}
        if accepts_gzip(request.headers.get("Accept-Encoding", "")):
            headers["Content-Encoding"] = "gzip"
            body = await _compressed(body)
        return web.Response(body=body, headers=headers)

    async def alive(self, _request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def ready(self, _request: web.Request) -> web.Response:
        """200 when what the other paths say may be believed, else 503 and the reasons."""
        reasons = list(self._health.not_ready(self._live))
        if reasons:
            return problem(503, "Not ready", "; ".join(reasons), reasons=reasons)
        return web.Response(text="ready\n")

    async def status(self, _request: web.Request) -> web.Response:
        return _json(status_of(self._live, self._health, self._live.clock()))

    async def nodes(self, request: web.Request) -> web.Response:
        """Watches, on wish those of one ``state`` and ``network``, at most ``limit`` of them."""
        wanted = _wanted(request.query, self._live)
        if isinstance(wanted, str):
            return problem(400, "Bad query", wanted)
        state, network, limit = wanted
        self._live.refresh()
        found = nodes_of(self._live, state, network)
        listed = list(islice(found, limit))
        return _json({"nodes": listed, "complete": next(found, None) is None})

    async def node(self, request: web.Request) -> web.Response:
        """One node with its watch in each network."""
        name = request.match_info["id"]
        node = self._live.site.inventory.nodes.get(name)
        if node is None:
            return problem(404, "No such node", f"the site has no node {name!r}")
        self._live.refresh()
        board = self._live.board
        rows = [board.row(name, network) for network in node.networks]
        watches = [watch_json(board.watches[row], board.truth(row)) for row in rows if row is not None]
        return _json({"node": node.id, "name": node.label, "watches": watches})

    async def page(self, _request: web.Request) -> web.Response:
        status = status_of(self._live, self._health, self._live.clock())
        return web.Response(text=page_of(status), content_type="text/html", charset="utf-8")


def _wanted(query: Mapping[str, str], live: Live) -> tuple[State | None, str | None, int] | str:
    """The state, network and limit that a query asks for, or what is wrong with it."""
    state, network, limit = query.get("state"), query.get("network"), query.get("limit", str(USUAL_NODES))
    if state is not None and state not in list(State):
        return f"state {state!r} is none of {', '.join(State)}"
    if network is not None and network not in live.site.networks:
        return f"network {network!r} is none of {', '.join(live.site.networks)}"
    if not (limit.isascii() and limit.isdigit() and len(limit) < 6 and 1 <= int(limit) <= MOST_NODES):
        return f"limit {limit!r} is no number from 1 to {MOST_NODES}"
    return None if state is None else State(state), network, int(limit)


async def _compressed(body: bytes) -> bytes:
    """Level 1: four times smaller is enough, and the higher levels cost more than the whole page."""
    if len(body) < LARGE:
        return gzip.compress(body, 1)
    return await asyncio.to_thread(gzip.compress, body, 1)


def _json(document: Any) -> web.Response:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return web.Response(text=text, content_type="application/json", charset="utf-8")
