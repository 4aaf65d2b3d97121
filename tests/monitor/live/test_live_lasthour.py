"""How long probes took in the last hour, kept in memory within a budget."""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from live_kit import T0, Clock
from redis.asyncio import Redis
from small_site import Voice, camera, make_site

from monitor.bus.embedded import EmbeddedServer
from monitor.bus.keys import Keys
from monitor.live.lasthour import LEAST_STEP, SPAN, LastHour, Line
from monitor.live.probetimes import ProbeTimes
from monitor.live.states import Live

KEYS = Keys("maoming")
NAN = math.nan


async def put(bus: Redis, live: Live, *rows: Sequence[float], probes: Sequence[str] = ("rtsp",)) -> None:
    """What a collector writes: a row for each node of the one shard."""
    header = {"inventory": live.site.inventory.digest, "probes": list(probes), "nodes": len(rows)}
    values = array("f", [value for row in rows for value in row])
    await bus.set(KEYS.durations("video", 0, 1), json.dumps(header).encode() + b"\n" + values.tobytes())


def hear(live: Live, now: int) -> None:
    live.apply(Voice().sees(now - 10_000, now))


async def test_each_probe_of_a_node_has_a_line_with_gaps_where_it_did_not_answer(
    tmp_path: Path, bus: Redis, clock: Clock
) -> None:
    live = Live(make_site(tmp_path, [camera("a"), camera("b", probes="ping;rtsp")]), clock)
    last_hour = LastHour(live, ProbeTimes(bus, KEYS))
    for turn, (ping, rtsp) in enumerate([(0.25, 0.5), (NAN, 0.5), (0.125, NAN)]):
        clock.now = T0 + turn * LEAST_STEP
        hear(live, clock.now)
        await put(bus, live, (NAN, 1.0), (ping, rtsp), probes=("ping", "rtsp"))
        await last_hour.sample()

    assert last_hour.of("b") == (
        [T0, T0 + LEAST_STEP, T0 + 2 * LEAST_STEP],
        [Line("video", "ping", [0.25, None, 0.125]), Line("video", "rtsp", [0.5, 0.5, None])],
    )
    assert last_hour.of("a")[1] == [Line("video", "rtsp", [1.0, 1.0, 1.0])]
    assert last_hour.of("nobody")[1] == []


async def test_what_is_older_than_an_hour_is_let_go(
    live_of: Callable[..., Live], bus: Redis, clock: Clock
) -> None:
    live = live_of("a")
    last_hour = LastHour(live, ProbeTimes(bus, KEYS))
    for clock.now in range(T0, T0 + SPAN + 5 * LEAST_STEP, LEAST_STEP):
        hear(live, clock.now)
        await put(bus, live, (0.5,))
        await last_hour.sample()

    times, _ = last_hour.of("a")
    assert (times[0], times[-1]) == (clock.now - SPAN + LEAST_STEP, clock.now)


async def test_more_watches_have_fewer_samples_and_no_more_memory(
    live_of: Callable[..., Live], bus: Redis, clock: Clock
) -> None:
    names = [f"c{number}" for number in range(10)]
    live, samples = live_of(*names), 6
    last_hour = LastHour(live, ProbeTimes(bus, KEYS), budget=samples * 4 * len(names))
    for _ in range(3 * samples):
        hear(live, clock.now)
        await put(bus, live, *[(0.5,)] * len(names))
        await last_hour.sample()
        clock.now += last_hour.step

    assert last_hour.step == SPAN / samples
    times, (line,) = last_hour.of("c3")
    assert len(times) == samples
    assert line.seconds == [0.5] * samples


async def test_without_redis_and_without_a_collector_there_are_gaps(
    live_of: Callable[..., Live], bus: Redis, clock: Clock, server: EmbeddedServer
) -> None:
    live = live_of("a")
    last_hour = LastHour(live, ProbeTimes(bus, KEYS))
    hear(live, clock.now)
    await put(bus, live, (0.5,))
    await last_hour.sample()
    clock.now += 40_000  # what it wrote is still there, and the collector silent
    live.refresh()
    await last_hour.sample()
    server.stop()
    clock.now += LEAST_STEP
    await last_hour.sample()

    times, (line,) = last_hour.of("a")
    assert line.seconds == [0.5, None, None, None]
    assert times == [T0, T0 + LEAST_STEP, T0 + 40_000, clock.now], "nobody looked for 40 s: a gap of its own"


async def test_the_past_of_a_point_outlives_another_node_list_and_is_never_anothers(
    tmp_path: Path, bus: Redis, clock: Clock
) -> None:
    live = Live(make_site(tmp_path, [camera("b"), camera("c")]), clock)
    last_hour = LastHour(live, ProbeTimes(bus, KEYS))

    async def sample(*rows: Sequence[float]) -> None:
        hear(live, clock.now)
        await put(bus, live, *rows)
        await last_hour.sample()
        clock.now += LEAST_STEP

    await sample((0.5,), (0.25,))
    live.reload(replace(live.site))  # another day, the same nodes
    await sample((0.5,), (0.25,))
    assert last_hour.of("c")[1][0].seconds == [0.25, 0.25]

    live.reload(make_site(tmp_path, [camera("a"), camera("b")]))
    await sample((0.125,), (0.5,))
    assert last_hour.of("a")[1][0].seconds == [None, None, 0.125]


async def test_a_clock_that_was_set_back_begins_the_hour_anew(
    live_of: Callable[..., Live], bus: Redis, clock: Clock
) -> None:
    live = live_of("a")
    last_hour = LastHour(live, ProbeTimes(bus, KEYS))
    await put(bus, live, (0.5,))
    for clock.now in (T0, T0 - 600_000):
        hear(live, clock.now)
        await last_hour.sample()

    assert last_hour.of("a") == ([T0 - 600_000], [Line("video", "rtsp", [0.5])])
