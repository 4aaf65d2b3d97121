"""The dead man's switch: said every minute while all is well, and only then."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from aiohttp import web
from engine_kit import T0, site_of
from receivers import listening

from alerts.dead_man import DeadMan, troubles
from alerts.delivery import Numbers, WallClock
from alerts.engine import Engine
from alerts.life import Book
from alerts.pace import Latency
from alerts.postings import Failing
from alerts.rules.world import World
from monitor.config import Site
from monitor.model.measured import Health, Measured

AGES = {"video-0of1": 8.0, "police-0of1": 900.0}


def numbers(failing: dict[str, Failing] | None = None, pending: dict[str, int] | None = None) -> Numbers:
    return Numbers(pending or {}, {}, failing or {}, Latency(), {})


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return site_of(tmp_path)


def well(site: Site, now: int = T0, ages: Mapping[str, float] = AGES) -> World:
    return World(now, site, measured=Measured(now, (), Health(ages, {}, {}, ledger_takes=True)))


def test_it_is_well_while_the_stream_is_read_and_messages_arrive(site: Site) -> None:
    assert troubles(T0 - 5000, numbers(), well(site)) == []
    assert troubles(T0 - 31_000, numbers(), well(site)) == ["the stream was last read 31 s ago"]
    assert troubles(T0 + 60_000, numbers(), well(site)) == ["the stream was last read -60 s ago"]


def test_it_is_not_well_while_nobody_looks(site: Site) -> None:
    unseen = {"video-0of1": 121.0, "police-0of1": 900.0}
    assert troubles(T0, numbers(), well(site, T0, unseen)) == ["no collector has seen anything for 121 s"]
    assert troubles(T0, numbers(), well(site, T0, {})) == ["no collector was ever heard of"]


def test_it_is_not_well_while_the_monitor_is_silent(site: Site) -> None:
    """The role works and reads its stream, in which nobody says anything any more."""
    engine = Engine(site, Book(), T0, lambda _: False)
    assert troubles(T0, numbers(), engine.world(T0)) == ["nothing was heard of the monitor yet"]
    engine.measure(well(site).measured, T0)
    assert troubles(T0 + 59_000, numbers(), engine.world(T0 + 59_000)) == []
    assert troubles(T0 + 61_000, numbers(), engine.world(T0 + 61_000)) == ["the monitor is silent for 61 s"]


def test_a_channel_may_fail_for_a_while(site: Site) -> None:
    late, new = Failing(T0 - 1_200_000, "HTTP 503"), Failing(T0 - 60_000, "HTTP 503")
    assert troubles(T0, numbers({"duty": late}, {"duty": 2}), well(site)) == ["channel duty fails for 20 min"]
    assert troubles(T0, numbers({"duty": new}, {"duty": 2}), well(site)) == []


def test_a_channel_that_refuses_for_good_is_ill_although_nothing_waits_for_it(site: Site) -> None:
    refused = Failing(T0 - 1_200_000, "HTTP 401")
    assert troubles(T0, numbers({"duty": refused}, {"duty": 0}), well(site)) == [
        "channel duty fails for 20 min"
    ]
    assert troubles(T0 - 600_000, numbers({"duty": refused}), well(site, T0 - 600_000)) == []


async def test_it_is_said_while_it_is_well_and_not_repeated_when_it_was_not_heard() -> None:
    heard = []
    wrong: list[str] = []
    status = 200

    async def take(request: web.Request) -> web.Response:
        heard.append(request.path)
        return web.Response(status=status, text="/ping/12345678-geheim is unknown")

    async with listening(take) as base:
        switch = DeadMan(f"{base}/ping/12345678-geheim", lambda: wrong, WallClock(), every=0.05)
        stop = asyncio.Event()
        task = asyncio.create_task(switch.run(stop))
        await until(lambda: len(heard) >= 3)
        assert switch.trouble == ""
        wrong.append("the stream was last read 60 s ago")
        await until(lambda: switch.trouble != "")
        before = len(heard)
        await asyncio.sleep(0.3)
        assert len(heard) == before
        wrong.clear()
        status = 404
        await until(lambda: switch.trouble.startswith("not heard"))
        assert switch.trouble == "not heard: HTTP 404: /ping/… is unknown"
        stop.set()
        await task


async def until(condition: object) -> None:
    async with asyncio.timeout(5):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)
