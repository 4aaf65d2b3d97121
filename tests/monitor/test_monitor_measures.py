"""The monitor that leads tells what it measures, and the next one goes on with it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from monitor_kit import DOWN, KEYS, UNKNOWN, UP, now, publish, running
from redis.asyncio import Redis
from small_site import Voice, camera, make_site

from monitor.bus.embedded import EmbeddedServer
from monitor.config import Site
from monitor.live import measurer
from monitor.model.measured import GroupNow, Measured


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(measurer, "EVERY", 0.1)
    monkeypatch.setattr(measurer, "REST", 0.0)
    return make_site(tmp_path, [camera("a"), camera("b")])


async def told(bus: Redis, bad: int) -> GroupNow:
    """Of all watches, as soon as so much of the month was bad."""
    async with asyncio.timeout(10):
        while True:
            text = await bus.get(KEYS.measured)
            groups = () if text is None else Measured.from_json(json.loads(text)).groups
            if groups and groups[0].windows["month"].bad >= bad:
                return groups[0]
            await asyncio.sleep(0.05)


async def test_a_restart_forgets_nothing_of_the_budget(
    site: Site, server: EmbeddedServer, bus: Redis
) -> None:
    voice = Voice()
    async with running(site, server.url) as monitor:
        await told(bus, bad=0)  # from here on the list is in use
        begun = now()
        await asyncio.sleep(0.5)
        await publish(
            bus, voice.turns("a", UNKNOWN, UP, begun + 10), voice.turns("b", UNKNOWN, DOWN, begun + 10)
        )
        await publish(bus, voice.sees(begun, begun + 400))
        first = await told(bus, bad=100)
        assert "quanshi_error_budget_remaining_ratio" in (await monitor.get("/metrics"))[1]
    await bus.delete(KEYS.measured)

    async with running(site, server.url):
        second = await told(bus, bad=100)

    assert first.states == {"unknown": 0, "down": 1, "degraded": 0, "up": 1}
    assert (second.windows["month"].good, second.windows["month"].bad) == (
        first.windows["month"].good,
        first.windows["month"].bad,
    )
