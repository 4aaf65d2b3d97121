from __future__ import annotations

import asyncio

import pytest
import structlog
from bus_ledger import KEYS, NOW, a_change, running, stopwatch
from redis.asyncio import Redis
from waiting import until

from monitor.bus import reader as reader_module
from monitor.bus.client import connect
from monitor.bus.embedded import EmbeddedServer
from monitor.bus.reader import Batch, Reader, announce, commit
from monitor.model.events import Event, EventId

STREAM = KEYS.facts


def an_event(sequence: int) -> Event:
    return Event(EventId("video-0of1", 5, sequence), "maoming", NOW, a_change(sequence))


async def add(bus: Redis, first: int, last: int, entry: str = "*") -> str:
    added = ""
    for sequence in range(first, last + 1):
        added = await bus.xadd(STREAM, an_event(sequence).encode(), id=entry)
    return added


async def take(reader: Reader, count: int) -> list[Batch]:
    """Batches until ``count`` entries, good or not, were read."""
    batches: list[Batch] = []
    async with asyncio.timeout(10):
        async for batch in reader:
            batches.append(batch)
            if sum(len(one.events) + len(one.refused) for one in batches) >= count:
                break
    return batches


def sequences(batches: list[Batch]) -> list[int]:
    return [event.id.sequence for batch in batches for event in batch.events]


async def test_it_reads_from_its_position_on(server: EmbeddedServer, bus: Redis) -> None:
    await add(bus, 1, 3)
    middle = (await bus.xrange(STREAM))[1][0]
    async with Reader(server.url, STREAM, "ledger", middle) as reader:
        batches = await take(reader, 1)
    assert batches[0].events == (an_event(3),)
    assert reader.connected


async def test_a_batch_tells_the_position_of_its_last_entry(server: EmbeddedServer, bus: Redis) -> None:
    last = await add(bus, 1, 5)
    async with Reader(server.url, STREAM, "ledger", "0-0") as reader:
        batches = await take(reader, 5)
    assert (batches[-1].position, reader.position) == (last, last)


async def test_more_than_a_batch_comes_in_order(server: EmbeddedServer, bus: Redis) -> None:
    pipe = bus.pipeline(transaction=False)
    for sequence in range(1, 2501):
        pipe.xadd(STREAM, an_event(sequence).encode())
    await pipe.execute()
    async with Reader(server.url, STREAM, "ledger", "0-0") as reader:
        batches = await take(reader, 2500)
    assert [len(batch.events) for batch in batches] == [1000, 1000, 500]
    assert sequences(batches) == list(range(1, 2501))


async def test_it_waits_for_what_comes_later_and_has_it_at_once(server: EmbeddedServer, bus: Redis) -> None:
    async with Reader(server.url, STREAM, "ledger", "0-0") as reader:
        waiting = asyncio.create_task(take(reader, 1))
        await asyncio.sleep(0.3)
        await add(bus, 1, 1)
        with stopwatch() as elapsed:
            assert sequences(await waiting) == [1]
        assert elapsed() < 0.2


GOOD = an_event(1).encode()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"hello": "world"}, "fields missing: id, source, type, time, data"),
        (GOOD | {"type": "quanshi.nonsense"}, "type 'quanshi.nonsense' is not known"),
        (GOOD | {"id": "video-0of1/5"}, "is not collector/epoch/sequence"),
        (GOOD | {"id": f"video-0of1/5/{'9' * 30}"}, "is beyond 64 bits"),
        (GOOD | {"id": f"video-0of1/5/{'9' * 5000}"}, "ValueError"),
        (GOOD | {"oldest": "-1"}, "oldest of video-0of1/5/1 is below zero"),
        (GOOD | {"data": "{"}, "data of video-0of1/5/1"),
        (GOOD | {"data": "[" * 200_000}, "RecursionError"),
        (GOOD | {"data": b'{"node": "\xff\xfe"}'}, "UnicodeEncodeError"),
        (GOOD | {"time": "yesterday"}, "envelope of video-0of1/5/1"),
    ],
)
async def test_what_is_no_event_is_refused_with_the_reason_and_the_rest_is_read(
    server: EmbeddedServer, bus: Redis, fields: dict[str, str], reason: str
) -> None:
    await add(bus, 1, 1)
    bad = await bus.xadd(STREAM, fields)
    await add(bus, 2, 2)
    async with Reader(server.url, STREAM, "ledger", "0-0") as reader:
        batches = await take(reader, 3)
    assert sequences(batches) == [1, 2]
    [(entry, error)] = [refused for batch in batches for refused in batch.refused]
    assert entry == bad
    assert reason in error


async def test_a_stream_that_ends_before_the_position_is_read_from_its_start(
    server: EmbeddedServer, bus: Redis
) -> None:
    await bus.xadd(STREAM, an_event(1).encode(), id="5-1")
    async with Reader(server.url, STREAM, "ledger", "9-9") as reader:
        assert sequences(await take(reader, 1)) == [1]


async def test_a_missing_stream_is_read_from_its_start_when_it_comes(
    server: EmbeddedServer, bus: Redis
) -> None:
    async with Reader(server.url, STREAM, "ledger", "9999999999999-0") as reader:
        waiting = asyncio.create_task(take(reader, 1))
        await asyncio.sleep(0.2)
        await add(bus, 1, 1)
        assert sequences(await waiting) == [1]


async def test_a_stream_begun_anew_while_waiting_is_noticed_at_idle(
    server: EmbeddedServer, bus: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "BLOCK", 0.3)
    await bus.xadd(STREAM, an_event(1).encode(), id="9-1")
    async with Reader(server.url, STREAM, "ledger", "9-1") as reader:
        waiting = asyncio.create_task(take(reader, 1))
        await asyncio.sleep(0.1)
        await bus.flushall()
        await bus.xadd(STREAM, an_event(2).encode(), id="5-1")  # the clock went back
        assert sequences(await waiting) == [2]


async def test_a_reader_outlives_the_server_and_says_so_once(server: EmbeddedServer, bus: Redis) -> None:
    await add(bus, 1, 1)
    seen: list[int] = []

    async def follow(reader: Reader) -> None:
        async for batch in reader:
            seen.extend(event.id.sequence for event in batch.events)

    with structlog.testing.capture_logs() as lines:
        async with Reader(server.url, STREAM, "ledger", "0-0") as reader, running(follow(reader)):
            await until(lambda: seen == [1])
            server.stop()
            await until(lambda: not reader.connected)
            await asyncio.sleep(1.0)
            server.start()
            async with connect(server.url) as redis:
                await add(redis, 2, 2)
            await until(lambda: seen == [1, 2])
            assert reader.connected
    said = [line["event"] for line in lines]
    assert (said.count("bus interrupted"), said.count("bus flows again")) == (1, 1)


async def test_an_idle_reader_gives_empty_batches_only_on_wish(
    server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "BLOCK", 0.1)
    async with Reader(server.url, STREAM, "ledger", "0-0") as reader:
        async with asyncio.timeout(5):
            batch = await anext(reader.batches(idle=True))
        assert batch == Batch((), "0-0", ())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await anext(reader.batches())


async def test_it_may_be_given_a_way_to_make_its_client(server: EmbeddedServer, bus: Redis) -> None:
    await add(bus, 1, 1)
    async with Reader(lambda: connect(server.url, block=5), STREAM, "ledger", "0-0") as reader:
        assert sequences(await take(reader, 1)) == [1]


async def test_commits_and_positions_stand_where_writers_look(bus: Redis) -> None:
    await commit(bus, KEYS, {"video-0of1": (5, 17), "police-0of1": (6, 2)})
    await commit(bus, KEYS, {})
    await announce(bus, KEYS, STREAM, "ledger", "12-3")
    assert await bus.hgetall("quanshi:maoming:committed") == {"video-0of1": "5/17", "police-0of1": "6/2"}
    assert await bus.hgetall("quanshi:maoming:facts:positions") == {"ledger": "12-3"}
