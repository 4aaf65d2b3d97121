"""What somebody reads who has not logged in: how the city is, not where devices are nor who works on them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
from api_kit import NOBODY, Begun, Desk
from city_kit import HOUR, OUTAGE, POINT, city_of

from monitor.access.roles import Permission
from monitor.model.deeds import Did
from monitor.model.said import Said
from monitor.model.times import format_time
from monitor.web.app import ENDPOINTS

WRITTEN: Final = "call 13800138000"
SECRETS: Final = (
    "127.0.0.",
    "110.9255",
    "0668-1234567",
    "13800138000",
    '"op"',
    '"boss"',
    "oncall-wang",
    "10.44.20.31",
)


@pytest.fixture
async def busy(tmp_path: Path, begun: Begun) -> AsyncIterator[Desk]:
    """A city in which people have done something, and written of it."""
    async with city_of(tmp_path, begun) as desk:
        now = desk.context.live.clock()
        hour = {"start": format_time(now), "end": format_time(now + HOUR)}
        scope = {"nodes": [POINT]}
        await desk.did(Did.FIRED, "aaaa1111", rule="outage", title="a switch", outage=OUTAGE)
        await desk.did(Did.DELIVERED, "aaaa1111", channel="oncall-wang")
        await desk.did(Did.FAILED, "aaaa1111", channel="sms", error=f"no route: {WRITTEN}")
        await desk.did(Did.ACKED, "aaaa1111", person="op")
        await desk.post("/alerts/aaaa1111/assign", {"to": "boss", "note": WRITTEN})
        await desk.post(f"/outages/{OUTAGE}/note", {"note": WRITTEN})
        await desk.post("/silences", {"scope": scope, "until": hour["end"], "note": WRITTEN})
        work = {**hour, "scope": scope, "reason": "planned_work", "note": WRITTEN}
        await desk.post("/maintenance", work)
        await desk.post("/maintenance/M1/approve", None, "boss")
        desk.context.health.reload_error = Said.same("nodes.csv:7 address = 10.44.20.31")
        yield desk


def paths(now: int) -> list[str]:
    """Whatever may be looked at, with what is there in every place that varies."""
    values = {"/nodes": POINT, "/outages": OUTAGE, "/alerts": "aaaa1111"}
    span = f"?since={format_time(now - 6 * HOUR)}&until={format_time(now)}"
    found = []
    for endpoint in ENDPOINTS:
        if endpoint.changes or endpoint.permission is not Permission.LOOK or endpoint.path == "/events":
            continue
        path = endpoint.path
        for start, value in values.items():
            if path.startswith(start):
                path = path.replace("{id}", value)
        if "{" not in path:
            found.append(path + (span if path.endswith("timeline") else ""))
    return found


async def read(desk: Desk, who: str) -> dict[str, str]:
    found = {}
    for path in paths(desk.context.live.clock()):
        answer = await desk.ask("GET", path, who)
        if answer.status != 503:  # Redis, which is not there
            assert answer.status == 200, (path, answer.body)
            found[path] = answer.body.decode()
    return found


async def test_no_address_no_person_and_no_phone(busy: Desk) -> None:
    said = await read(busy, NOBODY)

    assert len(said) > 15
    assert {(path, secret) for path, text in said.items() for secret in SECRETS if secret in text} == set()


async def test_whoever_works_on_it_reads_all_of_that(busy: Desk) -> None:
    """Else the test above would prove nothing."""
    said = " ".join((await read(busy, "op")).values())

    assert [secret for secret in SECRETS if secret not in said] == []


async def test_that_somebody_takes_care_of_it_is_seen_by_all(busy: Desk) -> None:
    alert: dict[str, Any] = (await busy.get("/alerts", NOBODY))["alerts"][0]
    (decision,) = (await busy.get("/maintenance", NOBODY))["decisions"]

    assert alert["acked_by"] == alert["assigned_to"] == "somebody on duty"
    assert decision["approved_by"] == "somebody on duty"
    assert (decision["standing"], decision["reason"], decision["note"]) == ("now", "planned_work", "")
