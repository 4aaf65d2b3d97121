"""The application as a whole: what machines ask for, the built pages, and the headers of every answer."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from redis.asyncio import Redis
from small_site import Voice, camera, make_site

from monitor.bus.keys import Keys
from monitor.config import Reloader
from monitor.live.health import Health
from monitor.live.probetimes import ProbeTimes
from monitor.live.states import Live
from monitor.model.observations import State
from monitor.web import static
from monitor.web.app import make_app, make_metrics_app
from monitor.web.context import Context

T0 = 1_700_000_000_000
UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
PLAIN = {"Accept-Encoding": "identity"}
NASTY = "<script>alert(1)</script>\"'&路口"


@pytest.fixture
def context(tmp_path: Path, bus: Redis) -> Context:
    site = make_site(tmp_path, [camera("cam-1"), camera("cam-2", name=NASTY), camera("cam-3")])
    live, voice = Live(site, lambda: T0), Voice()
    live.apply(voice.sees(T0 - 10_000, T0))
    live.apply(voice.turns("cam-1", UNKNOWN, UP, T0 - 9000))
    live.apply(voice.turns("cam-2", UNKNOWN, DOWN, T0 - 8000))
    health = Health(ledger_takes=True, bus_connected=True, restored=True)
    keys = Keys("maoming")
    return Context(live, health, ProbeTimes(bus, keys), bus, keys, Reloader(site), T0)


@pytest.fixture
async def client(context: Context) -> AsyncIterator[Any]:
    async with TestClient(TestServer(make_app(context)), auto_decompress=False, headers=PLAIN) as client:
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


def with_metrics(context: Context, setting: str) -> None:
    context.live.site = replace(context.site, web=replace(context.site.web, metrics=setting))


async def test_metrics_may_need_a_token(client: Any, context: Context) -> None:
    with_metrics(context, "token")
    shown = {"Authorization": f"Bearer {context.local_token}"}

    assert (await client.get("/metrics")).status == 401
    assert (await client.get("/metrics", headers=shown)).status == 200


async def test_metrics_may_have_a_listener_of_their_own(client: Any, context: Context) -> None:
    with_metrics(context, "listen")

    assert (await client.get("/metrics")).status == 404
    async with TestClient(TestServer(make_metrics_app(context))) as own:
        assert (await own.get("/metrics")).status == 200
        assert (await own.get("/api/v1/status")).status == 404


async def test_a_living_process_says_so(client: Any) -> None:
    assert (await client.get("/healthz")).status == 200


async def test_it_is_ready_when_states_are_known(client: Any) -> None:
    assert (await client.get("/readyz")).status == 200


async def test_it_says_why_it_is_not_ready(client: Any, context: Context) -> None:
    context.health.ledger_takes = False
    context.health.bus_connected = False

    answer = await client.get("/readyz")

    assert answer.status == 503
    assert (await problem(answer))["reasons"] == ["ledger takes nothing", "Redis is not connected"]


async def test_the_status_is_one_document(client: Any) -> None:
    status = json.loads(await (await client.get("/api/v1/status")).text())

    assert status["site"] == "maoming"
    assert status["networks"]["video"]["states"] == {"up": 1, "degraded": 0, "down": 1, "unknown": 1}
    assert status["down"][0]["name"] == NASTY


@pytest.mark.parametrize(
    "path", ["/api/v1/nodes/nobody", "/nowhere", "/assets/%2e%2e/app.py", "/assets/none"]
)
async def test_what_is_not_there_is_a_problem(client: Any, path: str) -> None:
    answer = await client.get(path)

    assert answer.status == 404
    await problem(answer)


async def test_what_may_not_be_written_says_what_may(client: Any) -> None:
    answer = await client.post("/api/v1/nodes")

    assert answer.status == 405
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/", "/metrics", "/api/v1/status", "/nowhere", "/openapi.json"])
async def test_every_answer_is_no_frame_and_runs_nothing_foreign(client: Any, path: str) -> None:
    headers = (await client.get(path)).headers

    assert headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Server"] == "quanshi"


async def test_an_answer_that_somebody_has_is_not_sent_again(client: Any) -> None:
    first = await client.get("/api/v1/regions")
    again = await client.get("/api/v1/regions", headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status, await again.read()) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


async def test_a_message_of_on_call_leads_to_its_outage(client: Any) -> None:
    answer = await client.get("/o/7f3a00aa11", allow_redirects=False)

    assert (answer.status, answer.headers["Location"]) == (303, "/#/outage/7f3a00aa11")
    assert (await client.get("/o/..%2f..", allow_redirects=False)).status == 404


@dataclass
class Asked:
    """As much of a request as the pages look at."""

    headers: dict[str, str]


def test_built_files_never_change_and_the_page_is_asked_for_anew(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!DOCTYPE html>" + "x" * 500)
    (tmp_path / "assets" / "app-1.js").write_text("let a = 1;" * 100)
    found = dict(static.assets_of(tmp_path))

    packed = found["assets/app-1.js"].answer(Asked({"Accept-Encoding": "gzip, br"}))
    plain = found["assets/app-1.js"].answer(Asked({}))

    assert gzip.decompress(packed.body) == plain.body == b"let a = 1;" * 100
    assert packed.headers["Cache-Control"] == static.FOR_EVER
    assert packed.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert found["index.html"].answer(Asked({})).headers["Cache-Control"] == static.ANEW
