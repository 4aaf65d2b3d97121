from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from redis.asyncio import Redis
from small_site import Voice, camera, make_site

from monitor.bus.keys import Keys
from monitor.live.health import Health
from monitor.live.probetimes import ProbeTimes
from monitor.live.states import Live
from monitor.model.observations import State
from monitor.web.app import make_app

T0 = 1_700_000_000_000
UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
PLAIN = {"Accept-Encoding": "identity"}
NASTY = "<script>alert(1)</script>\"'&路口"


@pytest.fixture
def live(tmp_path: Path) -> Live:
    site = make_site(tmp_path, [camera("cam-1"), camera("cam-2", name=NASTY), camera("cam-3")])
    live, voice = Live(site, lambda: T0), Voice()
    live.apply(voice.sees(T0 - 10_000, T0))
    live.apply(voice.turns("cam-1", UNKNOWN, UP, T0 - 9000))
    live.apply(voice.turns("cam-2", UNKNOWN, DOWN, T0 - 8000))
    return live


@pytest.fixture
def health() -> Health:
    return Health(ledger_takes=True, bus_connected=True, restored=True)


@pytest.fixture
async def client(live: Live, health: Health, bus: Redis) -> AsyncIterator[Any]:
    app = make_app(live, health, ProbeTimes(bus, Keys("maoming")))
    async with TestClient(TestServer(app), auto_decompress=False, headers=PLAIN) as client:
        yield client


async def problem(answer: ClientResponse) -> dict[str, Any]:
    assert answer.content_type == "application/problem+json"
    document: dict[str, Any] = json.loads(await answer.text())
    assert document["status"] == answer.status
    return document


async def test_metrics_are_text_unless_openmetrics_is_asked_for(client: Any) -> None:
    text = await client.get("/metrics")
    openmetrics = await client.get("/metrics", headers={"Accept": "application/openmetrics-text"})

    assert text.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert openmetrics.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert (await openmetrics.text()).endswith("# EOF\n")
    assert list(parse_openmetrics(await openmetrics.text()))


async def test_metrics_are_compressed_for_those_who_can_read_it(client: Any) -> None:
    plain = await client.get("/metrics")
    packed = await client.get("/metrics", headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert b"quanshi_node_up" in gzip.decompress(await packed.read())
    assert packed.headers["Vary"] == "Accept, Accept-Encoding"


async def test_a_living_process_says_so(client: Any) -> None:
    assert (await client.get("/healthz")).status == 200


async def test_it_is_ready_when_states_are_known(client: Any) -> None:
    assert (await client.get("/readyz")).status == 200


async def test_it_says_why_it_is_not_ready(client: Any, health: Health) -> None:
    health.ledger_takes = False
    health.bus_connected = False

    answer = await client.get("/readyz")

    assert answer.status == 503
    assert (await problem(answer))["reasons"] == ["ledger takes nothing", "Redis is not connected"]


async def test_the_status_is_one_document(client: Any) -> None:
    answer = await client.get("/api/v1/status")
    status = json.loads(await answer.text())

    assert status["site"] == "maoming"
    assert status["networks"]["video"]["states"] == {"up": 1, "degraded": 0, "down": 1, "unknown": 1}
    assert status["down"][0]["name"] == NASTY


async def test_nodes_are_listed_by_state(client: Any) -> None:
    document = json.loads(await (await client.get("/api/v1/nodes?state=down&network=video")).text())

    assert [each["node"] for each in document["nodes"]] == ["cam-2"]
    assert document["complete"]


async def test_a_cut_list_says_that_it_is_not_complete(client: Any) -> None:
    document = json.loads(await (await client.get("/api/v1/nodes?limit=2")).text())

    assert len(document["nodes"]) == 2
    assert not document["complete"]


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("state=broken", "state 'broken' is none of unknown, down, degraded, up"),
        ("network=vidoe", "network 'vidoe' is none of video"),
        ("limit=0", "limit '0' is no number from 1 to 10000"),
        ("limit=²", "limit '²' is no number from 1 to 10000"),
    ],
)
async def test_a_wrong_query_is_told_what_is_allowed(client: Any, query: str, detail: str) -> None:
    answer = await client.get(f"/api/v1/nodes?{query}")

    assert answer.status == 400
    assert (await problem(answer))["detail"] == detail


async def test_one_node_is_shown_with_each_of_its_watches(client: Any) -> None:
    node = json.loads(await (await client.get("/api/v1/nodes/cam-2")).text())

    assert node["name"] == NASTY
    assert node["watches"] == [
        {
            "node": "cam-2",
            "name": NASTY,
            "network": "video",
            "kind": "camera",
            "class": 1,
            "region": "",
            "address": "127.0.0.1",
            "state": "down",
            "cause": "refused",
            "since": "2023-11-14T22:13:12.000Z",
            "detected_at": "2023-11-14T22:13:12.500Z",
            "probe": "rtsp",
        }
    ]


@pytest.mark.parametrize(
    "path", ["/api/v1/nodes/nobody", "/nowhere", "/assets/%2e%2e/views.py", "/assets/none"]
)
async def test_what_is_not_there_is_a_problem(client: Any, path: str) -> None:
    answer = await client.get(path)

    assert answer.status == 404
    await problem(answer)


async def test_nothing_can_be_written(client: Any) -> None:
    answer = await client.post("/api/v1/nodes")

    assert answer.status == 405
    assert "GET" in answer.headers["Allow"]


async def test_a_name_that_holds_html_is_shown_as_text(client: Any) -> None:
    page = await (await client.get("/")).text()

    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&amp;路口" in page


async def test_the_page_tells_what_is_down_and_looks_again_by_itself(client: Any) -> None:
    page = await (await client.get("/")).text()

    assert '<html lang="zh-CN">' in page
    assert '<meta http-equiv="refresh" content="5">' in page
    assert "06:13:12" in page
    assert "拒绝连接" in page
    assert "50.00 %" in page


@pytest.mark.parametrize("path", ["/", "/metrics", "/api/v1/status", "/nowhere", "/assets/style.css"])
async def test_every_answer_is_no_frame_and_runs_nothing_foreign(client: Any, path: str) -> None:
    headers = (await client.get(path)).headers

    assert headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Server"] == "quanshi"


async def test_the_page_asks_nobody_else_for_anything(client: Any, live: Live) -> None:
    page = await (await client.get("/")).text()
    style = await (await client.get("/assets/style.css")).text()

    assert "//" not in page.replace("<!DOCTYPE html>", "")
    assert "url(" not in style
    assert "<style" not in page
    assert "style=" not in page


async def test_a_refused_reload_is_on_the_page(client: Any, health: Health) -> None:
    health.reload_error = 'nodes.csv:4  network = "<vidoe>"'

    page = await (await client.get("/")).text()

    assert "nodes.csv:4  network = &quot;&lt;vidoe&gt;&quot;" in page


async def test_the_page_speaks_english_where_the_site_does(tmp_path: Path, bus: Redis) -> None:
    live = Live(make_site(tmp_path, [camera("cam-1")], language="en"), lambda: T0)
    app = make_app(live, Health(), ProbeTimes(bus, Keys("maoming")))

    async with TestServer(app) as server, ClientSession() as session:
        page = await (await session.get(server.make_url("/"))).text()

    assert '<html lang="en">' in page
    assert "No node is down." in page
    assert "first sweep awaited" in page
