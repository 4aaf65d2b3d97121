"""Probe times are asked of Redis while somebody waits for the page, and he does not wait long."""

from __future__ import annotations

import json
import os
import signal
import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from live_kit import T0
from redis.asyncio import Redis
from small_site import Voice

from monitor.bus.embedded import EmbeddedServer
from monitor.bus.keys import Keys
from monitor.live.probetimes import FETCH_AGAIN, PATIENCE, ProbeTimes
from monitor.live.states import Live

KEYS = Keys("maoming")


@contextmanager
def hanging(server: EmbeddedServer) -> Iterator[None]:
    """It takes connections and answers nothing."""
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.process.pid, signal.SIGCONT)


async def put(bus: Redis, live: Live, seconds: float) -> None:
    header = json.dumps({"inventory": live.site.inventory.digest, "probes": ["rtsp"], "nodes": 1})
    await bus.set(KEYS.durations("video", 0, 1), header.encode() + b"\n" + array("f", [seconds]).tobytes())


def shown(times: ProbeTimes, live: Live) -> list[float]:
    return [value for _, durations in times.durations(live) for value in durations.values]


async def test_a_redis_that_hangs_is_waited_for_half_a_second_and_answers_right_when_it_is_back(
    live_of: Callable[..., Live], bus: Redis, server: EmbeddedServer
) -> None:
    live, times = live_of("a"), ProbeTimes(bus, KEYS)
    live.apply(Voice().sees(T0 - 10_000, T0))
    await put(bus, live, 0.25)
    await times.fetch(live, T0)
    before = shown(times, live)

    with hanging(server):
        began = time.monotonic()
        await times.fetch(live, T0 + FETCH_AGAIN)
        took = time.monotonic() - began
        meanwhile = shown(times, live)
    await put(bus, live, 0.5)
    await times.fetch(live, T0 + 2 * FETCH_AGAIN)

    assert before == [0.25]
    assert PATIENCE <= took < PATIENCE + 0.5
    assert meanwhile == []
    assert shown(times, live) == [0.5]
