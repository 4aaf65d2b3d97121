"""The whole page as a real Prometheus reads it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from monitor_kit import Running, first_words, now, publish, until
from redis.asyncio import Redis
from servers import Prometheus
from small_site import Voice


async def test_prometheus_reads_all_of_it(
    monitor: Running, bus: Redis, prometheus: Callable[..., Prometheus]
) -> None:
    await publish(bus, *first_words(Voice(), now()))

    async def shown() -> bool:
        return await monitor.states() == {"a": "up", "b": "down"}

    await until(shown)
    # The server blocks while it starts, and the pages live on this loop.
    scraper = await asyncio.to_thread(prometheus, monitor.url.removeprefix("http://"))

    async def scraped() -> bool:
        return bool(await asyncio.to_thread(scraper.query, "quanshi_node_up"))

    await until(scraped)
    found = await asyncio.to_thread(scraper.query, 'quanshi_node_up{node="b"}')
    assert list(found.values()) == [0]
    assert 'kind="camera"' in next(iter(found))
    assert await asyncio.to_thread(scraper.scrape_errors) == []
