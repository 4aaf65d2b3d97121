from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis
from servers import Prometheus
from small_site import Voice, camera, make_site, write_site

from monitor import role
from monitor.bus.embedded import EmbeddedServer
from monitor.bus.keys import Keys
from monitor.bus.outbox import Outbox
from monitor.bus.publisher import Publisher
from monitor.config import Site, load_site
from monitor.ledger import Ledger
from monitor.ledger.signing import is_signed, read_public
from monitor.model.events import Event, Judged
from monitor.model.observations import State

KEYS = Keys("maoming")
UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN


def now() -> int:
    return time.time_ns() // 1_000_000


class Running:
    """The role in this process, asked from outside as anybody would."""

    def __init__(self, site: Site, session: ClientSession) -> None:
        self.note = site.data / "monitor.json"
        self._session = session

    @property
    def url(self) -> str:
        return str(json.loads(self.note.read_text())["url"])

    async def get(self, path: str) -> tuple[int, str]:
        async with self._session.get(self.url + path) as answer:
            return answer.status, await answer.text()

    async def status(self) -> Any:
        return json.loads((await self.get("/api/v1/status"))[1])

    async def states(self) -> dict[str, str]:
        listed = json.loads((await self.get("/api/v1/nodes"))[1])
        return {each["node"]: each["state"] for each in listed["nodes"]}

    async def is_open(self) -> bool:
        return "ledger is not open" not in (await self.get("/readyz"))[1]

    async def metric(self, name: str) -> float | None:
        text = (await self.get("/metrics"))[1]
        samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
        return next((sample.value for sample in samples if sample.name == name), None)


async def until(condition: Callable[[], Awaitable[bool]], within: float = 10.0) -> None:
    async with asyncio.timeout(within):
        while not await condition():
            await asyncio.sleep(0.03)


@asynccontextmanager
async def running(site: Site, redis_url: str) -> AsyncIterator[Running]:
    stop = asyncio.Event()
    note = site.data / "monitor.json"
    async with ClientSession() as session:
        task = asyncio.create_task(role.run(site, redis_url, stop))
        while not note.exists():
            assert not task.done(), task.result()
            await asyncio.sleep(0.01)
        try:
            yield Running(site, session)
        finally:
            stop.set()
            async with asyncio.timeout(5):
                await task


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return make_site(tmp_path, [camera("a", name='路口 "甲"\\'), camera("b")])


@pytest.fixture
async def monitor(site: Site, server: EmbeddedServer) -> AsyncIterator[Running]:
    async with running(site, server.url) as monitor:
        yield monitor


async def publish(bus: Redis, *events: Event) -> None:
    for event in events:
        await bus.xadd(KEYS.facts, event.encode())


def first_words(voice: Voice, at: int) -> list[Event]:
    """Both watches judged and the first sight given."""
    return [
        voice.turns("a", UNKNOWN, UP, at - 2000),
        voice.turns("b", UNKNOWN, DOWN, at - 1000),
        voice.sees(at - 10_000, at),
    ]


async def test_a_fact_is_in_the_ledger_the_status_and_a_metric_and_its_collector_hears_it(
    monitor: Running, site: Site, bus: Redis
) -> None:
    voice = Voice()

    await publish(bus, *first_words(voice, now()))

    async def shown() -> bool:
        return await monitor.states() == {"a": "up", "b": "down"}

    async def acknowledged() -> bool:
        return bool(await bus.hget(KEYS.committed, voice.name) == "1/3")

    await until(shown)
    await until(acknowledged)
    assert await monitor.metric("quanshi_node_up") == 1
    assert [each["node"] for each in (await monitor.status())["down"]] == ["b"]
    async with await Ledger.open(site.ledger_url) as ledger:
        assert [row.change.node for row in await ledger.changes()] == ["a", "b"]
        assert await ledger.inventory(site.inventory.digest) is not None


async def test_it_is_ready_once_every_collector_was_heard(monitor: Running, bus: Redis) -> None:
    async def unheard() -> bool:
        status, text = await monitor.get("/readyz")
        return status == 503 and json.loads(text)["reasons"] == ["no sight of collector video-0of1 yet"]

    async def ready() -> bool:
        return (await monitor.get("/readyz"))[0] == 200

    await publish(bus, Voice().turns("a", UNKNOWN, UP, now()))
    await until(unheard)
    await publish(bus, *first_words(Voice(epoch=2), now()))
    await until(ready)


async def test_a_sight_from_long_ago_leaves_its_watches_unknown(monitor: Running, bus: Redis) -> None:
    voice = Voice()

    await publish(bus, *first_words(voice, now() - 60_000))

    async def taken() -> bool:
        return len((await monitor.status())["changes"]) == 2

    await until(taken)
    assert await monitor.states() == {"a": "unknown", "b": "unknown"}
    assert (await monitor.status())["networks"]["video"]["collectors"][0]["footing"] == "silent"
    assert await monitor.metric("quanshi_node_up") is None


async def test_a_restart_restores_what_was_known(site: Site, server: EmbeddedServer, bus: Redis) -> None:
    async def known(monitor: Running) -> bool:
        return await monitor.states() == {"a": "up", "b": "down"}

    async with running(site, server.url) as before:
        await publish(bus, *first_words(Voice(), now()))
        await until(lambda: known(before))
        earlier = await before.status()
    await bus.flushall()
    async with running(site, server.url) as after:
        await until(lambda: known(after))
        later = await after.status()

    assert [each["since"] for each in later["down"]] == [each["since"] for each in earlier["down"]]
    assert later["changes"] == earlier["changes"]


async def test_a_redis_that_loses_everything_loses_nothing(
    monitor: Running, site: Site, bus: Redis, tmp_path: Path
) -> None:
    voice = Voice()
    with Outbox(tmp_path / "box.db", voice.name) as box:
        publisher = Publisher(box, bus, KEYS, KEYS.facts)
        publishing = asyncio.create_task(publisher.run())

        def say(*events: Event) -> None:
            box.append([(event.payload, event.time) for event in events])
            publisher.wake()

        async def committed() -> bool:
            return box.count() == 0

        async def shows(state: str) -> bool:
            return (await monitor.states())["a"] == state

        say(*first_words(voice, now()))
        await until(lambda: shows("up"))
        await until(committed)
        await bus.flushall()
        say(voice.turns("a", UP, DOWN, now()), voice.sees(now() - 1000, now()))
        await until(lambda: shows("down"))
        await until(committed)
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)

    async with await Ledger.open(site.ledger_url) as ledger:
        assert [(row.change.node, row.change.new) for row in await ledger.changes()] == [
            ("a", UP),
            ("b", DOWN),
            ("a", DOWN),
        ]
        assert await ledger.gaps() == []


async def test_an_emptied_redis_hears_again_what_is_committed_though_nothing_is_new(
    monitor: Running, bus: Redis
) -> None:
    async def acknowledged() -> bool:
        return bool(await bus.hget(KEYS.committed, "video-0of1") == "1/3")

    await publish(bus, *first_words(Voice(), now()))
    await until(acknowledged)
    await bus.flushall()

    await until(acknowledged)


async def test_changes_are_told_onwards_as_judgements(monitor: Running, bus: Redis) -> None:
    await publish(bus, *first_words(Voice(), now()))

    async def told() -> bool:
        return int(await bus.xlen(KEYS.judgements)) == 2

    await until(told)
    entries = [Event.decode(fields).payload for _, fields in await bus.xrange(KEYS.judgements)]
    assert all(isinstance(payload, Judged) for payload in entries)
    assert [payload.node for payload in entries if isinstance(payload, Judged)] == ["a", "b"]


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


async def test_changed_files_are_taken_over_and_mistakes_are_not(
    monitor: Running, site: Site, tmp_path: Path
) -> None:
    async def watches(expected: set[str]) -> bool:
        os.kill(os.getpid(), signal.SIGHUP)
        return set(await monitor.states()) == expected

    async def success(expected: int) -> bool:
        os.kill(os.getpid(), signal.SIGHUP)
        return await monitor.metric("quanshi_config_reload_success") == expected

    await until(lambda: success(1))
    write_site(tmp_path, [camera("a"), camera("b", network="vidoe")])
    await until(lambda: success(0))
    refused = await monitor.status()
    kept = set(await monitor.states())
    write_site(tmp_path, [camera("b"), camera("c")])
    await until(lambda: watches({"b", "c"}))

    assert "vidoe" in refused["reload_error"]
    assert kept == {"a", "b"}
    assert (await monitor.status())["reload_error"] is None
    assert await monitor.metric("quanshi_config_reload_success") == 1


async def test_a_changed_file_is_noticed_without_a_signal(monitor: Running, tmp_path: Path) -> None:
    async def grown() -> bool:
        return set(await monitor.states()) == {"a", "b", "c"}

    await until(monitor.is_open)
    write_site(tmp_path, [camera("a"), camera("b"), camera("c")])

    await until(grown)


async def test_without_redis_the_pages_are_up_and_say_so(site: Site) -> None:
    async with running(site, "redis://127.0.0.1:1") as monitor:
        status, text = await monitor.get("/readyz")

        assert status == 503
        assert "Redis is not connected" in json.loads(text)["reasons"]
        assert (await monitor.get("/healthz"))[0] == 200
        assert await monitor.states() == {"a": "unknown", "b": "unknown"}


async def test_a_locked_ledger_is_waited_for(site: Site, server: EmbeddedServer, bus: Redis) -> None:
    async def has_opened(monitor: Running, *, opened: bool) -> bool:
        return await monitor.is_open() is opened

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


async def test_the_note_of_where_it_listens_goes_with_it(site: Site, server: EmbeddedServer) -> None:
    async with running(site, server.url) as monitor:
        note = json.loads(monitor.note.read_text())

    assert note["pid"] == os.getpid()
    assert note["url"].startswith("http://127.0.0.1:")
    assert not monitor.note.exists()


async def test_an_address_that_is_taken_is_an_error(tmp_path: Path, server: EmbeddedServer) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        site = make_site(tmp_path, [camera("a")], listen=f"127.0.0.1:{port}")

        with pytest.raises(OSError, match="address already in use"):
            await role.run(site, server.url, asyncio.Event())


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


async def test_which_node_list_is_valid_from_when_is_recorded(
    site: Site, server: EmbeddedServer, tmp_path: Path
) -> None:
    async def restored(monitor: Running) -> bool:
        text = (await monitor.get("/readyz"))[1]
        return "ledger is not open" not in text and "states are not restored" not in text

    for _ in range(2):  # a restart is no news
        async with running(site, server.url) as monitor:
            await until(lambda: restored(monitor))
    write_site(tmp_path, [camera("a"), camera("b"), camera("c")])
    later = load_site(site.path)
    async with running(later, server.url) as monitor:
        await until(lambda: restored(monitor))

    async with await Ledger.open(site.ledger_url) as ledger:
        uses = await ledger.inventory_uses()
    assert [digest for _, digest in uses] == [site.inventory.digest, later.inventory.digest]
    assert uses[0][0] < uses[1][0] <= now()


async def test_the_ledger_is_signed_with_a_key_of_its_own_at_the_start_and_at_the_end(
    site: Site, server: EmbeddedServer, bus: Redis
) -> None:
    async with running(site, server.url) as monitor:

        async def taken() -> bool:
            return await monitor.states() == {"a": "up", "b": "down"}

        async def signed() -> bool:
            async with await Ledger.open(site.ledger_url) as ledger:
                return await ledger.checkpoints() != []

        await until(signed)
        await publish(bus, *first_words(Voice(), now()))
        await until(taken)

    assert (site.data / "ledger.key").stat().st_mode & 0o777 == 0o600
    async with await Ledger.open(site.ledger_url) as ledger:
        checkpoints = await ledger.checkpoints()
        head = await ledger.head()
    assert len(checkpoints) == 2
    assert (checkpoints[0].link, checkpoints[0].hash) == (head.links, head.hash)
    public = read_public(site.data / "ledger.pub")
    assert all(is_signed(each.text(), each.signature, public) for each in checkpoints)
