from __future__ import annotations

import time

import pytest
from bus_ledger import KEYS
from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError

from monitor.bus.keys import entry_order
from monitor.bus.reader import announce, announce_deputy
from monitor.bus.trim import AWAY, trim

STREAM = KEYS.facts


async def fill(bus: Redis, count: int, age: float, size: int = 10) -> list[str]:
    """Entries made ``age`` seconds ago, as their ids tell."""
    millis = int((time.time() - age) * 1000)
    pipe = bus.pipeline(transaction=False)
    for number in range(count):
        pipe.xadd(STREAM, {"data": "x" * size}, id=f"{millis}-{number}")
    return list(await pipe.execute())


async def oldest(bus: Redis) -> str:
    return str((await bus.xrange(STREAM, count=1))[0][0])


async def test_where_nobody_reads_nothing_is_removed(bus: Redis) -> None:
    await fill(bus, 1000, age=3600)
    assert await trim(bus, KEYS, STREAM, keep=0) == 0
    assert await bus.xlen(STREAM) == 1000


async def test_an_entry_that_the_slowest_reader_has_not_read_is_never_removed(bus: Redis) -> None:
    entries = await fill(bus, 3000, age=3600)
    await announce(bus, KEYS, STREAM, "ledger", entries[-1])
    for index in (0, 250, 1777, 2900):
        await announce(bus, KEYS, STREAM, "slow", entries[index])
        await trim(bus, KEYS, STREAM, keep=0)
        left = [entry for entry, _ in await bus.xrange(STREAM)]
        assert left[-(2999 - index) :] == entries[index + 1 :]
    assert await bus.xlen(STREAM) < 300


async def test_a_reader_that_has_read_nothing_keeps_everything(bus: Redis) -> None:
    entries = await fill(bus, 1000, age=3600)
    await announce(bus, KEYS, STREAM, "ledger", entries[-1])
    await announce(bus, KEYS, STREAM, "new", "0-0")
    assert await trim(bus, KEYS, STREAM, keep=0) == 0


async def test_a_position_that_is_none_counts_as_nothing_read(bus: Redis) -> None:
    entries = await fill(bus, 1000, age=3600)
    await announce(bus, KEYS, STREAM, "ledger", entries[-1])
    await announce(bus, KEYS, STREAM, "foreign", "yesterday")
    assert await trim(bus, KEYS, STREAM, keep=0) == 0


async def test_what_was_read_is_kept_for_its_time(bus: Redis) -> None:
    await fill(bus, 500, age=7200)
    young = await fill(bus, 500, age=60)
    await announce(bus, KEYS, STREAM, "ledger", young[-1])
    assert await trim(bus, KEYS, STREAM, keep=3600) > 0
    assert entry_order(await oldest(bus)) <= entry_order(young[0])
    assert [entry for entry, _ in await bus.xrange(STREAM)][-500:] == young


async def test_more_than_one_call_may_remove_goes_too(bus: Redis) -> None:
    entries = await fill(bus, 25_000, age=3600)
    await announce(bus, KEYS, STREAM, "ledger", entries[-1])
    assert await trim(bus, KEYS, STREAM, keep=60) >= 24_900


async def test_when_memory_is_short_age_counts_no_more_but_reading_does(bus: Redis) -> None:
    entries = await fill(bus, 4000, age=1, size=1000)
    await announce(bus, KEYS, STREAM, "ledger", entries[2000])
    assert await trim(bus, KEYS, STREAM, keep=3600) == 0
    used = (await bus.info("memory"))["used_memory"]
    await bus.config_set("maxmemory", int(used / 0.8))
    assert await trim(bus, KEYS, STREAM, keep=3600) > 1000
    assert [entry for entry, _ in await bus.xrange(STREAM)][-1999:] == entries[2001:]


async def test_the_callers_own_position_counts_in_place_of_the_one_it_announced(bus: Redis) -> None:
    entries = await fill(bus, 2000, age=3600)
    await announce(bus, KEYS, STREAM, "ledger", entries[1500])
    await trim(bus, KEYS, STREAM, keep=0, own=("ledger", entries[500]))
    kept = await bus.xlen(STREAM)
    await trim(bus, KEYS, STREAM, keep=0, own=("ledger", entries[-1]))
    assert 1500 <= kept < 1700
    assert await bus.xlen(STREAM) < 200


async def test_the_callers_own_position_removes_nothing_that_another_has_not_read(bus: Redis) -> None:
    entries = await fill(bus, 2000, age=3600)
    await announce(bus, KEYS, STREAM, "slow", entries[500])
    await trim(bus, KEYS, STREAM, keep=0, own=("ledger", entries[-1]))
    assert [entry for entry, _ in await bus.xrange(STREAM)][-1499:] == entries[501:]


async def test_a_server_full_of_what_was_read_has_room_again_though_it_refuses_to_hear_of_that(
    bus: Redis,
) -> None:
    last = (await fill(bus, 3000, age=60, size=1000))[-1]
    used = (await bus.info("memory"))["used_memory"]
    await bus.config_set("maxmemory", used - 500_000)
    with pytest.raises(OutOfMemoryError):
        await announce(bus, KEYS, STREAM, "ledger", last)

    assert await trim(bus, KEYS, STREAM, keep=3600, own=("ledger", last)) > 1000

    await announce(bus, KEYS, STREAM, "ledger", last)
    await fill(bus, 100, age=0, size=1000)


async def test_what_a_deputy_has_not_read_stays_until_it_was_away_for_days_or_memory_is_short(
    bus: Redis,
) -> None:
    entries = await fill(bus, 3000, age=90_000)
    await announce(bus, KEYS, STREAM, "alert", entries[-1])
    await announce_deputy(bus, KEYS, STREAM, "second", entries[1500])
    await trim(bus, KEYS, STREAM, keep=86_400)
    assert [entry for entry, _ in await bus.xrange(STREAM)][-1499:] == entries[1501:]

    name = KEYS.deputies(STREAM)
    await bus.hset(name, "second", f"{entries[1500]}/{int(time.time()) - AWAY}")
    assert await trim(bus, KEYS, STREAM, keep=86_400) > 1000
    assert await bus.hgetall(name) == {}


async def test_no_deputy_keeps_a_server_full(bus: Redis) -> None:
    entries = await fill(bus, 3000, age=90_000, size=1000)
    await announce(bus, KEYS, STREAM, "alert", entries[-1])
    await announce_deputy(bus, KEYS, STREAM, "second", entries[10])
    await bus.config_set("maxmemory", (await bus.info("memory"))["used_memory"] + 100_000)
    assert await trim(bus, KEYS, STREAM, keep=86_400) > 1000
