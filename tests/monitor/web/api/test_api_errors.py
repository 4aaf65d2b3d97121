"""What nobody foresaw is a problem document that says nothing of what is inside; and what answers carry."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from api_kit import NOBODY, Answer, Desk
from structlog.testing import capture_logs

from monitor.model.times import format_time
from monitor.web.app import ENDPOINTS, make_app
from monitor.web.server import tls_context

FAR = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1999-12-31T23:59:59.999Z", "3000-01-01T00:00:00Z")
FAR_DAYS = ("0001-01-01", "9999-12-31")


async def asked(desk: Desk, moment: str) -> list[Answer]:
    """Whatever takes a moment, with this one."""
    now = format_time(desk.context.live.clock())
    works: dict[str, Any] = {"scope": {"nodes": ["cam-1"]}, "reason": "planned_work", "note": "n"}
    mend = {"node": "cam-1", "network": "video", "state": "up", "note": "n"}
    silence = {"scope": {"nodes": ["cam-1"]}, "note": "n"}
    return [
        await desk.ask("GET", f"/actions?since={quote(moment)}", "aud"),
        await desk.ask("GET", f"/actions?until={quote(moment)}", "aud"),
        await desk.ask("GET", f"/outages?since={quote(moment)}"),
        await desk.ask("GET", f"/nodes/cam-1/timeline?since={quote(moment)}&until={now}"),
        await desk.ask("GET", f"/nodes/cam-1/timeline?since={now}&until={quote(moment)}"),
        await desk.ask("POST", "/silences", "op", {**silence, "until": moment}),
        await desk.ask("POST", "/maintenance", "op", {**works, "start": moment, "end": now}),
        await desk.ask("POST", "/maintenance", "op", {**works, "start": now, "end": moment}),
        await desk.ask("POST", "/corrections", "op", {**mend, "start": moment, "end": now}),
        await desk.ask("POST", "/reports/preview", "op", {"since": moment, "until": now}),
        await desk.ask("POST", "/reports", "op", {"since": now, "until": moment, "forms": ["json"]}),
    ]


@pytest.mark.parametrize("moment", [*FAR, "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_a_moment_that_no_clock_shows_is_a_mistake_of_who_asks(desk: Desk, moment: str) -> None:
    for answer in await asked(desk, moment):
        assert answer.status == 400, answer.body
        assert answer.headers["Content-Type"].startswith("application/problem+json")


@pytest.mark.parametrize(
    "period", ["0001", "0001-01", "9999", "9999-12", "9999-12-31", "0001-W01", "9999-W52"]
)
async def test_a_period_that_no_calendar_has_is_one_too(desk: Desk, period: str) -> None:
    assert (await desk.ask("POST", "/reports/preview", "op", {"period": period})).status == 400


@pytest.mark.parametrize("day", FAR_DAYS)
async def test_so_is_a_day(desk: Desk, day: str) -> None:
    given = {"since": day, "until": day}
    assert (await desk.ask("POST", "/reports/preview", "op", given)).status == 400


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_what_nobody_foresaw_is_told_as_that_and_logged_once(desk: Desk, language: str) -> None:
    desk.context.rows = None  # type: ignore[assignment]
    with capture_logs() as said:
        answer = await desk.ask("GET", "/nodes?limit=7", Accept_Language=language)

    assert answer.status == 500
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "NoneType" not in answer.body.decode()
    assert answer.json["title"] == {"en": "Internal Server Error", "zh": "内部错误"}[language]
    (line,) = said
    assert (line["log_level"], line["path"], line["exc_info"]) == ("error", "/api/v1/nodes", True)


async def test_nobody_keeps_an_answer_but_to_ask_whether_it_still_holds(desk: Desk) -> None:
    for endpoint in ENDPOINTS:
        if endpoint.parts or endpoint.path == "/events" or "/oidc" in endpoint.path:
            continue  # what needs more than a name, never ends, or leads elsewhere
        for who in ("op", "sec", "aud", "adm", NOBODY):
            answer = await desk.ask(endpoint.method, endpoint.path, who)
            wanted = "private, no-cache" if "ETag" in answer.headers else "no-store"
            assert answer.headers["Cache-Control"] == wanted, (endpoint.path, who)


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    paths = tmp_path / "cert.pem", tmp_path / "key.pem"
    words = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=q")
    subprocess.run([*words, "-out", paths[0], "-keyout", paths[1]], check=True, capture_output=True)
    return tls_context(*paths)


async def test_by_tls_browsers_come_back_by_tls_alone(desk: Desk, tls: ssl.SSLContext) -> None:
    async with TestServer(make_app(desk.context)) as server, ClientSession() as session:
        plain = await session.get(server.make_url("/healthz"))
    secure = TestServer(make_app(desk.context))
    await secure.start_server(ssl=tls)
    async with secure, ClientSession() as session:
        answer = await session.get(f"https://127.0.0.1:{secure.port}/healthz", ssl=False)

    assert "Strict-Transport-Security" not in plain.headers
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
