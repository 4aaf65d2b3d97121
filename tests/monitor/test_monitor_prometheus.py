"""The whole page of a small city, as a real Prometheus reads it in either format."""

from __future__ import annotations

import asyncio
import json
import math
import subprocess
from array import array
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import tools
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from monitor_kit import DEGRADED, DOWN, KEYS, UNKNOWN, UP, Running, now, publish, running
from redis.asyncio import Redis
from servers import Prometheus
from small_site import Voice, camera, make_site
from waiting import until

from monitor.bus.embedded import EmbeddedServer
from monitor.config import Site
from monitor.live import measurer
from monitor.model.observations import Cause

CAMERAS = [f"4409020000132{number:07d}" for number in range(335)]
WITH_CERTIFICATE = CAMERAS[::5]
REGIONS = {"440902": "茂南区", "440981": "高州市"}
TEXT = "text/plain;version=0.0.4"
OPENMETRICS = "application/openmetrics-text;version=1.0.0"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    nodes = [
        camera(name, region=list(REGIONS)[place % 2], probes="ping;rtsp", **{"class": str(1 + place % 3)})
        for place, name in enumerate(CAMERAS)
    ]
    return make_site(tmp_path, nodes, regions=REGIONS)


@pytest.fixture
async def city(
    site: Site, server: EmbeddedServer, bus: Redis, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Running]:
    """A monitor with something to show in every family: states, probe times, certificates, counters."""
    monkeypatch.setattr(measurer, "EVERY", 0.1)
    voice, seen = Voice(), now()
    await publish_states(bus, voice, seen)
    await put_times(bus, site)
    async with running(site, server.url) as monitor:

        async def shown() -> bool:
            states = set((await monitor.states()).values())
            return states == {"up", "down", "degraded"} and (await monitor.get("/readyz"))[0] == 200

        async def measured() -> bool:
            return "quanshi_availability_ratio{" in (await monitor.get("/metrics"))[1]

        await until(shown)
        # Before the list was in use no time counts.
        await publish(bus, voice.sees(seen, now()))
        await until(measured)
        yield monitor


async def publish_states(bus: Redis, voice: Voice, at: int) -> None:
    ends = ((UP, Cause.OK), (DOWN, Cause.TIMEOUT), (DEGRADED, Cause.BUSY))
    for place, name in enumerate(CAMERAS):
        state, cause = ends[place % 3]
        await publish(bus, voice.turns(name, UNKNOWN, state, at - place, cause))
    results = {"ping": {"ok": 335}, "rtsp": {"ok": 112, "timeout": 112, "busy": 111}}
    await publish(bus, voice.sees(at - 10_000, at, results=results))


async def put_times(bus: Redis, site: Site) -> None:
    """What the collector puts beside the streams; a camera that did not answer has no time."""
    header = {"inventory": site.inventory.digest, "probes": ["ping", "rtsp"], "nodes": len(CAMERAS)}
    values = [0.0012, 0.034] * len(CAMERAS)
    values[3::6] = [math.nan] * len(values[3::6])
    key = KEYS.durations("video", 0, 1)
    await bus.set(key, json.dumps(header).encode() + b"\n" + array("f", values).tobytes())
    await bus.hset(KEYS.certificates("video", 0, 1), mapping=dict.fromkeys(WITH_CERTIFICATE, "1893456000"))


async def page_of(city: Running, accept: str) -> str:
    async with (
        ClientSession() as session,
        session.get(f"{city.url}/metrics", headers={"Accept": accept}) as answer,
    ):
        assert answer.headers["Content-Type"].startswith(accept.partition(";")[0])
        return await answer.text()


@asynccontextmanager
async def place_of(city: Running, accept: str | None) -> AsyncIterator[str]:
    """``host:port`` of the city, or of a proxy that asks it for one format whatever its client prefers."""

    async def forward(_request: web.Request) -> web.Response:
        return web.Response(body=(await page_of(city, accept)).encode(), headers={"Content-Type": accept})

    if accept is None:
        yield city.url.removeprefix("http://")
        return
    app = web.Application()
    app.router.add_get("/metrics", forward)
    async with TestServer(app) as server:
        yield f"{server.host}:{server.port}"


def samples_of(page: str) -> list[str]:
    return [line for line in page.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("accept", [TEXT, OPENMETRICS, None], ids=["text", "openmetrics", "as it likes"])
async def test_prometheus_takes_every_sample_of_the_page_in_either_format(
    city: Running, prometheus: Callable[..., Prometheus], accept: str | None
) -> None:
    async with place_of(city, accept) as target:
        # The server blocks while it starts, and the pages live on this loop.
        scraper = await asyncio.to_thread(prometheus, target)

        async def ask(expression: str) -> list[float]:
            return list((await asyncio.to_thread(scraper.query, expression)).values())

        async def scraped() -> bool:
            return await ask("up") == [1]

        await until(scraped)
        samples = samples_of(await page_of(city, accept or TEXT))

        assert await asyncio.to_thread(scraper.scrape_errors) == []
        assert len(samples) > 1600
        assert await ask("scrape_samples_scraped") == [len(samples)]
        assert await ask('count({job="quanshi",__name__!~"up|scrape_.*"})') == [len(samples)]
        assert await ask("count(quanshi_node_state)") == [len(CAMERAS)]
        assert await ask("count(quanshi_probe_duration_seconds)") == [2 * len(CAMERAS) - 112]
        assert await ask("count(quanshi_certificate_expiry_timestamp_seconds == 1893456000)") == [67]
        assert await ask('quanshi_probes_total{probe="rtsp",result="busy"}') == [111]
        assert await ask('sum(quanshi_nodes{region="440981",state="degraded"})') == [55]
        groups = "(network, region, class)"
        assert await ask(f"count(count by {groups} (quanshi_availability_ratio))") == [2 * 3 * 4]
        ratio = 'quanshi_availability_ratio{network="video",region="",class="",window="5m"}'
        assert await ask(ratio) == [pytest.approx(1 / 3, abs=0.02)]
        assert await ask("count(quanshi_error_budget_remaining_ratio)") == [2 * 3 * 3]


async def test_promtool_finds_nothing_to_complain_of(city: Running) -> None:
    page = await page_of(city, TEXT)

    checked = await asyncio.to_thread(
        subprocess.run,
        [tools.find("promtool"), "check", "metrics"],
        input=page.encode(),
        env=tools.env(),
        capture_output=True,
    )

    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")
