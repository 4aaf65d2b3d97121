"""The dead man's switch: said every minute while all is well, and only then."""

from __future__ import annotations

import asyncio

from aiohttp import web
from delivery_kit import T0
from receivers import listening

from alerts.dead_man import DeadMan, troubles
from alerts.delivery import Numbers, WallClock
from alerts.pace import Latency
from alerts.postings import Failing


def numbers(failing: dict[str, Failing] | None = None, pending: dict[str, int] | None = None) -> Numbers:
    return Numbers(pending or {}, {}, failing or {}, Latency(), {})


def test_it_is_well_while_the_stream_is_read_and_messages_arrive() -> None:
    assert troubles(T0 - 5000, numbers(), T0) == []
    assert troubles(T0 - 31_000, numbers(), T0) == ["the stream was last read 31 s ago"]
    assert troubles(T0 + 60_000, numbers(), T0) == ["the stream was last read -60 s ago"]


def test_a_channel_may_fail_for_a_while() -> None:
    late, new = Failing(T0 - 1_200_000, "HTTP 503"), Failing(T0 - 60_000, "HTTP 503")
    assert troubles(T0, numbers({"duty": late}, {"duty": 2}), T0) == ["channel duty fails for 20 min"]
    assert troubles(T0, numbers({"duty": new}, {"duty": 2}), T0) == []


def test_a_channel_that_refuses_for_good_is_ill_although_nothing_waits_for_it() -> None:
    refused = Failing(T0 - 1_200_000, "HTTP 401")
    assert troubles(T0, numbers({"duty": refused}, {"duty": 0}), T0) == ["channel duty fails for 20 min"]
    assert troubles(T0 - 600_000, numbers({"duty": refused}), T0 - 600_000) == []


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
