"""What the monitor says and does while something that it needs is away or full."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3

from monitor_kit import KEYS, Running, first_words, now, publish, running, until
from redis.asyncio import Redis
from small_site import Voice

from monitor.bus.embedded import EmbeddedServer
from monitor.config import Site
from monitor.ledger import Ledger


async def test_without_redis_the_pages_are_up_and_say_so(site: Site) -> None:
    async with running(site, "redis://127.0.0.1:1") as monitor:
        status, text = await monitor.get("/readyz")

        assert status == 503
        assert "Redis is not connected" in json.loads(text)["reasons"]
        assert (await monitor.get("/healthz"))[0] == 200
        assert await monitor.states() == {"a": "unknown", "b": "unknown"}


async def test_a_locked_ledger_is_waited_for(site: Site, server: EmbeddedServer, bus: Redis) -> None:
    async def has_opened(monitor: Running, *, opened: bool) -> bool:
        return ("ledger is not open" not in (await monitor.get("/readyz"))[1]) is opened

    async with await Ledger.open(site.ledger_url):
        pass
    with contextlib.closing(sqlite3.connect(site.data / "ledger.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        async with running(site, server.url) as monitor:
            await asyncio.sleep(1.5)
            assert await has_opened(monitor, opened=False)
            other.execute("ROLLBACK")
            await until(lambda: has_opened(monitor, opened=True))


async def test_lag_is_told_of_each_reader_and_odd_positions_are_passed(
    site: Site, server: EmbeddedServer, bus: Redis
) -> None:
    await publish(bus, *first_words(Voice(), now()))
    positions = {"outsider": "0-0", "odd": "(1-1", "\ud800".encode(errors="surrogatepass"): "0-0"}
    await bus.hset(KEYS.positions(KEYS.facts), mapping=positions)

    async with running(site, server.url) as monitor:

        async def told() -> bool:
            return await monitor.metric("quanshi_bus_lag_events") == 3

        await until(told)
        assert "odd" not in (await monitor.get("/metrics"))[1]


async def test_entries_that_are_no_events_are_counted_and_passed(monitor: Running, bus: Redis) -> None:
    await bus.xadd(KEYS.facts, {"hello": "world"})
    await publish(bus, *first_words(Voice(), now()))

    async def counted() -> bool:
        return await monitor.metric("quanshi_events_refused_total") == 1

    await until(counted)
    assert await monitor.metric("quanshi_events_lost_total") == 0


async def test_events_that_can_never_come_are_counted_as_lost(monitor: Running, bus: Redis) -> None:
    voice = Voice(sequence=7)

    await publish(bus, *first_words(voice, now()))

    async def counted() -> bool:
        return await monitor.metric("quanshi_events_lost_total") == 7

    await until(counted)
