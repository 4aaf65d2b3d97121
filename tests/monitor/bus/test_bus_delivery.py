"""From outbox to ledger over a real server: nothing lost, nothing twice, whatever happens between."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog
from bus_ledger import KEYS, MemoryLedger, changes, running
from redis.asyncio import Redis
from waiting import until

from monitor.bus.client import connect
from monitor.bus.embedded import EmbeddedServer
from monitor.bus.outbox import Outbox
from monitor.bus.publisher import Publisher


@pytest.fixture
async def publisher(outbox: Outbox, bus: Redis) -> AsyncIterator[Publisher]:
    publisher = Publisher(outbox, bus, KEYS, KEYS.facts)
    async with running(publisher.run()):
        yield publisher


async def say(outbox: Outbox, publisher: Publisher, first: int, last: int) -> None:
    await asyncio.to_thread(outbox.append, changes(first, last))
    publisher.wake()


def everything_once(ledger: MemoryLedger, last: int) -> bool:
    return ledger.nodes == [f"cam-{number}" for number in range(1, last + 1)]


async def test_what_is_said_reaches_the_ledger_and_leaves_the_outbox(
    server: EmbeddedServer, outbox: Outbox, publisher: Publisher, memory_ledger: MemoryLedger
) -> None:
    async with running(memory_ledger.run(server.url)):
        await say(outbox, publisher, 1, 20)
        await until(lambda: outbox.count() == 0)
    assert everything_once(memory_ledger, 20)
    assert memory_ledger.repeats == 0
    assert (publisher.published, publisher.republished, publisher.pending) == (20, 0, 0)
    assert publisher.connected


async def test_an_entry_is_a_cloud_event(outbox: Outbox, publisher: Publisher, bus: Redis) -> None:
    await say(outbox, publisher, 1, 1)
    await until(lambda: publisher.published == 1)
    [(_, fields)] = await bus.xrange("quanshi:maoming:facts")
    assert fields["id"] == f"video-0of1/{outbox.epoch}/1"
    assert fields["source"] == "/quanshi/maoming/video-0of1"
    assert (fields["specversion"], fields["type"], fields["oldest"]) == ("1.0", "quanshi.watch.changed", "1")


async def test_without_a_ledger_the_outbox_keeps_everything(outbox: Outbox, publisher: Publisher) -> None:
    await say(outbox, publisher, 1, 3)
    await until(lambda: publisher.published == 3)
    assert not await publisher.drain(0.3)
    assert (outbox.count(), publisher.pending) == (3, 3)


async def test_more_than_one_batch_goes_out_in_order(
    server: EmbeddedServer, outbox: Outbox, publisher: Publisher, memory_ledger: MemoryLedger
) -> None:
    async with running(memory_ledger.run(server.url)):
        await say(outbox, publisher, 1, 2345)
        assert await publisher.drain(10)
    assert everything_once(memory_ledger, 2345)


async def test_drain_publishes_by_itself_and_returns_when_the_ledger_has_all(
    server: EmbeddedServer, outbox: Outbox, bus: Redis, memory_ledger: MemoryLedger
) -> None:
    publisher = Publisher(outbox, bus, KEYS, KEYS.facts)
    outbox.append(changes(1, 5))
    async with running(memory_ledger.run(server.url)):
        assert await publisher.drain(5)
    assert everything_once(memory_ledger, 5)
    assert await publisher.drain(0.1)


async def test_flushall_in_the_middle_loses_nothing(
    server: EmbeddedServer, outbox: Outbox, publisher: Publisher, memory_ledger: MemoryLedger, bus: Redis
) -> None:
    await say(outbox, publisher, 1, 50)
    await until(lambda: publisher.published == 50)
    await bus.flushall()
    async with running(memory_ledger.run(server.url)):
        await say(outbox, publisher, 51, 60)
        assert await publisher.drain(10)
    assert everything_once(memory_ledger, 60)
    assert publisher.republished >= 50


async def test_flushall_again_and_again_under_load_loses_nothing(
    server: EmbeddedServer, outbox: Outbox, publisher: Publisher, memory_ledger: MemoryLedger, bus: Redis
) -> None:
    async with running(memory_ledger.run(server.url)):
        for round_ in range(20):
            await say(outbox, publisher, round_ * 30 + 1, round_ * 30 + 30)
            await asyncio.sleep(0.01)
            await bus.flushall()
        assert await publisher.drain(15)
    assert everything_once(memory_ledger, 600)


async def test_a_lost_stream_is_noticed_without_anything_new_to_say(
    server: EmbeddedServer, outbox: Outbox, publisher: Publisher, memory_ledger: MemoryLedger, bus: Redis
) -> None:
    await say(outbox, publisher, 1, 5)
    await until(lambda: publisher.published == 5)
    await bus.flushall()
    async with running(memory_ledger.run(server.url)):
        await until(lambda: outbox.count() == 0, 5)
    assert everything_once(memory_ledger, 5)


async def test_an_event_that_the_reader_passed_without_taking_it_is_sent_again(
    server: EmbeddedServer, outbox: Outbox, publisher: Publisher, memory_ledger: MemoryLedger
) -> None:
    memory_ledger.deaf_to = {3}
    async with running(memory_ledger.run(server.url)):
        await say(outbox, publisher, 1, 5)
        await until(lambda: len(memory_ledger.facts) == 2)
        memory_ledger.deaf_to = set()
        await until(lambda: outbox.count() == 0, 8)
    assert everything_once(memory_ledger, 5)
    assert publisher.republished == 3


async def test_an_event_that_is_never_taken_is_sent_less_and_less_often(
    outbox: Outbox, publisher: Publisher, bus: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.bus.publisher.PATIENCE", 0.05)
    monkeypatch.setattr("monitor.bus.publisher.CHECK", 0.05)
    await bus.hset(KEYS.positions(KEYS.facts), "ledger", "9999999999999-0")
    await say(outbox, publisher, 1, 1)
    await asyncio.sleep(2.0)
    assert 3 <= publisher.published <= 8
    assert outbox.count() == 1


async def test_kill_9_of_the_server_loses_nothing(
    server: EmbeddedServer, outbox: Outbox, publisher: Publisher, memory_ledger: MemoryLedger
) -> None:
    async with running(memory_ledger.run(server.url)):
        await say(outbox, publisher, 1, 100)
        assert server.process is not None
        server.process.kill()
        server.process.wait()
        await say(outbox, publisher, 101, 150)
        server.start()
        await until(lambda: outbox.count() == 0)
    assert everything_once(memory_ledger, 150)


async def test_a_server_that_comes_back_without_its_data_loses_nothing(
    server: EmbeddedServer, outbox: Outbox, publisher: Publisher, memory_ledger: MemoryLedger
) -> None:
    await say(outbox, publisher, 1, 100)
    await until(lambda: publisher.published == 100)
    server.stop()
    shutil.rmtree(server.directory / "appendonlydir")
    server.start()
    async with running(memory_ledger.run(server.url)):
        await say(outbox, publisher, 101, 110)
        await until(lambda: outbox.count() == 0)
    assert everything_once(memory_ledger, 110)


async def test_while_the_server_is_away_the_outbox_keeps_and_the_log_hears_of_it_once(
    server: EmbeddedServer, outbox: Outbox, publisher: Publisher, memory_ledger: MemoryLedger
) -> None:
    with structlog.testing.capture_logs() as lines:
        await say(outbox, publisher, 1, 1)
        await until(lambda: publisher.connected)
        server.stop()
        for number in range(2, 30):
            await say(outbox, publisher, number, number)
            await asyncio.sleep(0.05)
        assert (outbox.count(), publisher.connected) == (29, False)
        server.start()
        async with running(memory_ledger.run(server.url)):
            await until(lambda: outbox.count() == 0)
    assert everything_once(memory_ledger, 29)
    said = [line["event"] for line in lines if line.get("collector") == "video-0of1"]
    assert (said.count("bus interrupted"), said.count("bus flows again")) == (1, 1)


async def test_a_server_that_is_full_is_waited_for(
    server: EmbeddedServer, outbox: Outbox, publisher: Publisher, memory_ledger: MemoryLedger, bus: Redis
) -> None:
    await bus.config_set("maxmemory", "1")
    await say(outbox, publisher, 1, 10)
    await asyncio.sleep(0.3)
    assert (publisher.published, publisher.connected, outbox.count()) == (0, False, 10)
    await bus.config_set("maxmemory", "512mb")
    async with running(memory_ledger.run(server.url)):
        assert await publisher.drain(5)
    assert everything_once(memory_ledger, 10)


async def test_a_collector_that_starts_again_repeats_and_the_repeats_are_known(
    server: EmbeddedServer, tmp_path: Path, bus: Redis, memory_ledger: MemoryLedger
) -> None:
    with Outbox(tmp_path / "box.db", "c") as box:
        box.append(changes(1, 10))
        async with running(Publisher(box, bus, KEYS, KEYS.facts).run()):
            await until(lambda: box.last() == 10)
            await asyncio.sleep(0.2)
    with Outbox(tmp_path / "box.db", "c") as box:
        publisher = Publisher(box, bus, KEYS, KEYS.facts)
        async with running(publisher.run(), memory_ledger.run(server.url)):
            await until(lambda: box.count() == 0)
    assert everything_once(memory_ledger, 10)
    assert memory_ledger.repeats == 10


async def test_a_ledger_that_starts_again_goes_on_where_its_store_says(
    server: EmbeddedServer, outbox: Outbox, publisher: Publisher, memory_ledger: MemoryLedger
) -> None:
    for first in (1, 11, 21):
        async with running(memory_ledger.run(server.url)):
            await say(outbox, publisher, first, first + 9)
            assert await publisher.drain(5)
    assert everything_once(memory_ledger, 30)
    assert memory_ledger.repeats == 0


async def test_several_collectors_share_a_stream(
    server: EmbeddedServer, tmp_path: Path, bus: Redis, memory_ledger: MemoryLedger
) -> None:
    boxes = [Outbox(tmp_path / f"{name}.db", name) for name in ("video-0of1", "police-0of1")]
    publishers = [Publisher(box, bus, KEYS, KEYS.facts) for box in boxes]
    async with running(memory_ledger.run(server.url), *(one.run() for one in publishers)):
        for number in range(1, 20):
            for box, publisher in zip(boxes, publishers, strict=True):
                await say(box, publisher, number, number)
            if number == 10:
                await bus.flushall()
        await until(lambda: all(box.count() == 0 for box in boxes))
    for box in boxes:
        mine = [fact.sequence for fact in memory_ledger.facts if fact.collector == box.collector]
        assert mine == list(range(1, 20))
        box.close()


async def test_a_full_disk_under_the_outbox_does_not_end_the_publisher(
    server: EmbeddedServer, outbox: Outbox, publisher: Publisher, memory_ledger: MemoryLedger
) -> None:
    await say(outbox, publisher, 1, 3)
    await until(lambda: publisher.published == 3)
    outbox._db.execute("PRAGMA query_only = on")
    async with running(memory_ledger.run(server.url)):
        await until(lambda: not publisher.connected)
        outbox._db.execute("PRAGMA query_only = off")
        await until(lambda: outbox.count() == 0)
    assert everything_once(memory_ledger, 3)


async def test_an_outbox_put_back_from_an_older_copy_still_loses_nothing(
    server: EmbeddedServer, tmp_path: Path, bus: Redis, memory_ledger: MemoryLedger
) -> None:
    path, copy = tmp_path / "box.db", tmp_path / "copy.db"
    async with running(memory_ledger.run(server.url)):
        with Outbox(path, "c") as box:
            box.append(changes(1, 2))
        shutil.copy(path, copy)
        with Outbox(path, "c") as box:
            box.append(changes(3, 8))
            assert await Publisher(box, bus, KEYS, KEYS.facts).drain(5)
        shutil.copy(copy, path)
        with structlog.testing.capture_logs() as lines, Outbox(path, "c") as box:
            box.append(changes(9, 20))
            assert await Publisher(box, bus, KEYS, KEYS.facts).drain(5)
    assert everything_once(memory_ledger, 20)
    assert [line["ledger"].split("/")[1] for line in lines if "a new epoch begins" in line["event"]] == ["8"]


async def test_an_idle_publisher_asks_nothing(outbox: Outbox, publisher: Publisher, bus: Redis) -> None:
    await asyncio.sleep(0.1)
    before = (await bus.info("stats"))["total_commands_processed"]
    await asyncio.sleep(1.5)
    assert (await bus.info("stats"))["total_commands_processed"] - before == 1


async def test_the_event_loop_is_not_held_up_by_the_disk(outbox: Outbox, publisher: Publisher) -> None:
    outbox._turn.acquire()
    publisher.wake()
    began = time.monotonic()
    await asyncio.sleep(0.05)
    outbox._turn.release()
    assert time.monotonic() - began < 0.5


async def test_it_goes_on_when_the_password_is_put_right(
    server: EmbeddedServer, outbox: Outbox, bus: Redis
) -> None:
    await bus.config_set("requirepass", "s3cret")
    with structlog.testing.capture_logs() as lines:
        async with connect(server.url.replace("unix://", "unix://:wr0ng@")) as redis:
            publisher = Publisher(outbox, redis, KEYS, KEYS.facts)
            async with running(publisher.run()):
                await say(outbox, publisher, 1, 1)
                await asyncio.sleep(0.5)
                assert not publisher.connected
                await bus.config_set("requirepass", "wr0ng")
                await until(lambda: publisher.published == 1)
    assert "wr0ng" not in str(lines)
