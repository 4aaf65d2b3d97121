"""What the monitor says and does while something that it needs is away or full."""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from monitor_kit import KEYS, Running, first_words, now, publish, running
from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError
from small_site import Voice, camera, make_site
from waiting import until

from monitor.bus.client import connect
from monitor.bus.embedded import EmbeddedServer
from monitor.bus.outbox import Outbox
from monitor.config import Site
from monitor.ledger import Ledger


async def has_states(monitor: Running, expected: dict[str, str]) -> bool:
    return await monitor.states() == expected


async def test_without_redis_the_pages_are_up_and_say_so(site: Site) -> None:
    async with running(site, "redis://127.0.0.1:1") as monitor:
        status, text = await monitor.get("/readyz")

        assert status == 503
        assert "Redis is not connected" in json.loads(text)["reasons"]
        assert (await monitor.get("/healthz"))[0] == 200
        assert await monitor.states() == {"a": "unknown", "b": "unknown"}


async def test_a_locked_ledger_is_waited_for(site: Site, server: EmbeddedServer, bus: Redis) -> None:
    async def has_opened(monitor: Running, *, opened: bool) -> bool:
        return ("ledger takes nothing" not in (await monitor.get("/readyz"))[1]) is opened

    async with await Ledger.open(site.ledger_url):
        pass
    with contextlib.closing(sqlite3.connect(site.data / "ledger.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        async with running(site, server.url) as monitor:
            await asyncio.sleep(1.5)
            assert await has_opened(monitor, opened=False)
            other.execute("ROLLBACK")
            await until(lambda: has_opened(monitor, opened=True))


async def test_it_is_not_ready_while_the_ledger_takes_nothing(
    monitor: Running, site: Site, bus: Redis
) -> None:
    voice = Voice()

    async def ready(status: int) -> bool:
        return (await monitor.get("/readyz"))[0] == status

    async def judged() -> bool:
        return int(await bus.xlen(KEYS.judgements)) == 3

    await publish(bus, *first_words(voice, now()))
    await until(lambda: ready(200))
    await until(judged)
    database = sqlite3.connect(site.data / "ledger.db", isolation_level=None, check_same_thread=False)
    with contextlib.closing(database) as other:
        # In a thread: a transaction of the monitor's that is open needs this loop to end.
        await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
        await publish(bus, voice.sees(now() - 1000, now()))
        await until(lambda: ready(503))
        reasons = json.loads((await monitor.get("/readyz"))[1])["reasons"]
        other.execute("ROLLBACK")
        await until(lambda: ready(200))

    assert reasons == ["ledger takes nothing"]


@contextlib.contextmanager
def no_file_grows_beyond(size: int) -> Iterator[None]:
    """What a full disk is to whoever writes. Other processes write on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_and_a_new_node_list_keep_nobody_from_starting(
    site: Site, server: EmbeddedServer, bus: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.live.upkeep.LOOK_EVERY", 0.1)
    async with running(site, server.url) as before:
        await publish(bus, *first_words(Voice(), now()))
        await until(lambda: has_states(before, {"a": "up", "b": "down"}))
    grown = make_site(tmp_path, [camera("a"), camera("b"), *(camera(f"cam-{n}") for n in range(3000))])

    async def recorded() -> bool:
        async with await Ledger.open(site.ledger_url) as ledger:
            return await ledger.inventory(grown.inventory.digest) is not None

    with no_file_grows_beyond((site.data / "ledger.db").stat().st_size + 50_000):
        async with running(grown, server.url) as monitor:

            async def restored() -> bool:
                states = await monitor.states()
                return (len(states), states["a"], states["b"]) == (1000, "up", "down")

            await until(restored)
            assert not await recorded()
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            await until(recorded)


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


async def test_while_redis_is_away_outboxes_are_counted_where_they_lie_and_no_lag_is_told(
    site: Site, server: EmbeddedServer, bus: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.live.upkeep.LOOK_EVERY", 0.1)
    voice = Voice()
    with Outbox(site.data / "collect" / f"{voice.name}.db", voice.name) as box:
        async with running(site, server.url) as monitor:

            async def lag(expected: float | None) -> bool:
                return await monitor.metric("quanshi_bus_lag_events") == expected

            async def kept(expected: int) -> bool:
                return await monitor.metric("quanshi_outbox_events") == expected

            await publish(bus, *first_words(voice, now()))
            await until(lambda: lag(0))
            await until(lambda: kept(0))
            server.stop()
            box.append([(event.payload, event.time) for event in first_words(Voice(), now())])

            await until(lambda: kept(3))
            await until(lambda: lag(None))
            server.start()
            await until(lambda: lag(0))


async def test_a_redis_full_of_what_nobody_had_read_flows_again(site: Site, tmp_path: Path) -> None:
    """The ledger may not even say there how far it is; it makes room by what it knows."""
    server = EmbeddedServer(site.data, maxmemory="4mb")
    server.start()
    voice, at = Voice(), now()
    async with connect(server.url) as bus:
        await publish(bus, *(voice.sees(at + step, at + step + 1) for step in range(4000)))
        # Well beyond, so that no buffer that is given back makes room for a word.
        await bus.config_set("maxmemory", (await bus.info("memory"))["used_memory"] - 200_000)
        news = voice.sees(at, at + 1)
        with pytest.raises(OutOfMemoryError):
            await publish(bus, news)

        async with running(site, server.url):

            async def flows() -> bool:
                with contextlib.suppress(OutOfMemoryError):
                    await publish(bus, news)
                    return True
                return False

            async def committed() -> bool:
                return bool(await bus.hget(KEYS.committed, voice.name) == "1/4001")

            await until(flows)
            await until(committed)
    server.stop()


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
