"""From the ledger over a real server to the alert role: every judgement is heard once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis
from waiting import until

from alerts.database import Database
from alerts.desk import STEPS
from alerts.inbox import Inbox
from alerts.role import run
from monitor.bus.client import connect
from monitor.bus.embedded import EmbeddedServer
from monitor.bus.keys import Keys
from monitor.bus.lease import Lease
from monitor.bus.publisher import Publisher
from monitor.config import Site, load_site, write_starter
from monitor.ledger import Ledger
from monitor.live.judgements import LISTENER, judgements_publisher
from monitor.model.events import Change, Event, EventId, Judged
from monitor.model.observations import Cause, State
from monitor.model.outages import Attribution, Blame

T0 = 1_795_392_000_000


@pytest.fixture
def site(tmp_path: Path) -> Site:
    write_starter(tmp_path / "site", "zh")
    site = load_site(tmp_path / "site" / "site.yaml")
    site.data.mkdir(parents=True)
    return site


@pytest.fixture
def server(site: Site) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(site.data)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def ledger(site: Site) -> AsyncIterator[Ledger]:
    async with await Ledger.open(site.ledger_url) as opened:
        yield opened


@asynccontextmanager
async def telling(ledger: Ledger, redis: Redis, keys: Keys) -> AsyncIterator[Publisher]:
    """The monitor's side: judgements from the ledger, published until confirmed."""
    publisher = await judgements_publisher(ledger, redis, keys)
    task = asyncio.create_task(publisher.run())
    yield publisher
    task.cancel()
    await asyncio.wait([task])


@asynccontextmanager
async def listening(site: Site, url: str) -> AsyncIterator[None]:
    stop = asyncio.Event()
    role = asyncio.create_task(run(site, url, stop))
    yield
    stop.set()
    async with asyncio.timeout(5):
        await role


def a_change(number: int) -> Change:
    at = T0 + number
    return Change(f"cam-{number}", "video", State.UP, State.DOWN, at, T0, at, Cause.TIMEOUT)


async def happen(ledger: Ledger, first: int, last: int) -> None:
    """Changes with these numbers are committed to the ledger."""
    events = [Event(EventId("video-0of1", 1, n), "maoming", 0, a_change(n)) for n in range(first, last + 1)]
    appended = await ledger.append("ledger", "facts", f"{last}-0", events)
    assert len(appended.fresh) == len(events)
    own = [
        Blame(number, each.node, each.network, each.at, Attribution.OWN) for number, each in appended.changes
    ]
    await ledger.judge(own, T0)


def heard(site: Site) -> int:
    with Database(site.data / "alerts.db", STEPS) as database:
        inbox = Inbox(database)
        return inbox.counts().get("quanshi.watch.judged", 0)


async def last_entry(redis: Redis, keys: Keys) -> str:
    return (await redis.xinfo_stream(keys.judgements))["last-generated-id"]


async def test_what_the_ledger_committed_is_heard_and_confirmed_back(
    site: Site, server: EmbeddedServer, ledger: Ledger
) -> None:
    keys = Keys(site.name)
    async with connect(server.url) as redis, listening(site, server.url):
        async with telling(ledger, redis, keys) as publisher:
            await happen(ledger, 1, 700)
            publisher.wake()
            assert await publisher.drain(20)
        assert await redis.hget(keys.positions(keys.judgements), LISTENER) == await last_entry(redis, keys)
    assert heard(site) == 700
    assert ledger.judgement_marks.confirmed == 700


async def test_an_emptied_redis_loses_no_judgement(
    site: Site, server: EmbeddedServer, ledger: Ledger
) -> None:
    async with connect(server.url) as redis, telling(ledger, redis, Keys(site.name)) as publisher:
        await happen(ledger, 1, 50)
        publisher.wake()
        await until(lambda: publisher.published >= 50)
        await redis.flushall()
        await happen(ledger, 51, 60)
        publisher.wake()
        async with listening(site, server.url):
            assert await publisher.drain(20)
    assert heard(site) == 60


async def test_a_role_that_was_away_hears_what_it_missed_and_nothing_twice(
    site: Site, server: EmbeddedServer, ledger: Ledger
) -> None:
    async with connect(server.url) as redis, telling(ledger, redis, Keys(site.name)) as publisher:
        for round_ in range(3):
            async with listening(site, server.url):
                await happen(ledger, round_ * 20 + 1, round_ * 20 + 10)
                publisher.wake()
                assert await publisher.drain(20)
            await happen(ledger, round_ * 20 + 11, round_ * 20 + 20)
            publisher.wake()
        async with listening(site, server.url):
            assert await publisher.drain(20)
    assert heard(site) == 60


async def test_what_is_no_judgement_is_passed_by(site: Site, server: EmbeddedServer, ledger: Ledger) -> None:
    keys = Keys(site.name)
    async with connect(server.url) as redis:
        await redis.xadd(keys.judgements, {"id": "nonsense"})
        async with telling(ledger, redis, keys) as publisher, listening(site, server.url):
            await happen(ledger, 1, 3)
            publisher.wake()
            assert await publisher.drain(20)
    assert heard(site) == 3


async def test_only_the_monitor_is_heard_and_only_it_is_told_what_was(
    site: Site, server: EmbeddedServer, ledger: Ledger
) -> None:
    keys, judged = Keys(site.name), Judged.of(a_change(1), None)
    theirs = Event(EventId("video-0of1", 1, 1), site.name, T0, judged)
    async with connect(server.url) as redis:
        await redis.xadd(keys.judgements, {"id": "nonsense"})
        await redis.xadd(keys.judgements, theirs.encode())
        async with telling(ledger, redis, keys) as publisher, listening(site, server.url):
            await happen(ledger, 1, 3)
            publisher.wake()
            assert await publisher.drain(20)
        assert set(await redis.hgetall(keys.committed)) == {"monitor"}
    assert heard(site) == 3
    with Database(site.data / "alerts.db", STEPS) as database:
        inbox = Inbox(database)
        assert set(inbox.committed()) == {"monitor"}
        refused = dict(inbox.refusals())
    assert refused.pop("video-0of1/1/1") == "said by video-0of1, and only the monitor judges"
    assert [error.partition(":")[0] for error in refused.values()] == ["EventError"]


async def test_a_redis_full_of_what_the_role_had_not_heard_flows_again(
    site: Site, server: EmbeddedServer, ledger: Ledger
) -> None:
    async with connect(server.url) as redis, telling(ledger, redis, Keys(site.name)) as publisher:
        await happen(ledger, 1, 2000)
        publisher.wake()
        await until(lambda: publisher.published >= 2000)
        used = (await redis.info("memory"))["used_memory"]
        await redis.config_set("maxmemory", used - 200_000)
        await happen(ledger, 2001, 2010)
        publisher.wake()
        async with listening(site, server.url):
            assert await publisher.drain(20)
    assert heard(site) == 2010


async def test_without_redis_the_role_waits_and_stops_when_told(site: Site) -> None:
    async with listening(site, f"unix://{site.data / 'nobody.sock'}"):
        await asyncio.sleep(0.3)
    assert heard(site) == 0


async def test_a_role_that_follows_says_how_far_it_is_in_a_name_of_its_own(
    site: Site, server: EmbeddedServer, ledger: Ledger
) -> None:
    keys = Keys(site.name)
    async with connect(server.url) as redis, Lease(redis, keys.teller) as other:
        await other.take(0)
        async with telling(ledger, redis, keys) as publisher, listening(site, server.url):
            await happen(ledger, 1, 7)
            publisher.wake()
            async with asyncio.timeout(10):
                while not (words := await redis.hvals(keys.deputies(keys.judgements))):
                    await asyncio.sleep(0.05)
                while not words[0].startswith(f"{await last_entry(redis, keys)}/"):
                    await asyncio.sleep(0.05)
                    words = await redis.hvals(keys.deputies(keys.judgements))
            assert await redis.hget(keys.positions(keys.judgements), LISTENER) is None
