from __future__ import annotations

import pytest
from bus_ledger import KEYS
from redis.asyncio import Redis

from monitor.bus import lag as lag_module
from monitor.bus.lag import lags
from monitor.bus.reader import announce


async def fill(bus: Redis, stream: str, count: int) -> list[str]:
    pipe = bus.pipeline(transaction=False)
    for number in range(1, count + 1):
        pipe.xadd(stream, {"data": "x"}, id=f"{number}-0")
    return list(await pipe.execute())


async def test_what_a_reader_has_not_read_is_counted_over_many_pages(bus: Redis) -> None:
    entries = await fill(bus, KEYS.facts, 3300)
    await announce(bus, KEYS, KEYS.facts, "nowhere", "0-0")
    await announce(bus, KEYS, KEYS.facts, "ledger", entries[299])
    await announce(bus, KEYS, KEYS.facts, "done", entries[-1])
    assert await lags(bus, KEYS) == {"nowhere": 3300, "ledger": 3000, "done": 0}


async def test_a_reader_of_both_streams_is_behind_in_both_together(bus: Redis) -> None:
    for stream, count in ((KEYS.facts, 7), (KEYS.judgements, 5)):
        await fill(bus, stream, count)
        await announce(bus, KEYS, stream, "outsider", "2-0")
    assert await lags(bus, KEYS) == {"outsider": 8}


async def test_beyond_a_limit_nothing_more_is_fetched(bus: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lag_module, "MOST_LAG", 2000)
    await fill(bus, KEYS.facts, 5000)
    await announce(bus, KEYS, KEYS.facts, "ledger", "0-0")
    assert await lags(bus, KEYS) == {"ledger": 2000}


async def test_what_is_no_position_or_no_name_is_passed(bus: Redis) -> None:
    await fill(bus, KEYS.facts, 3)
    for reader, position in (("odd", "(1-1"), ("new\nline", "0-0"), ("ledger", "1-0")):
        await announce(bus, KEYS, KEYS.facts, reader, position)
    assert await lags(bus, KEYS) == {"ledger": 2}
