"""The role as a whole, over a real server: from a judgement in the ledger to a receiver, and back into it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from engine_kit import closed, nodes, outage
from receivers import Anything, listening
from redis.asyncio import Redis
from small_site import make_site
from structlog.testing import capture_logs
from waiting import until

from alerts.role import run
from monitor.bus.client import connect
from monitor.bus.embedded import EmbeddedServer
from monitor.bus.keys import Keys
from monitor.bus.reader import Reader
from monitor.config import Site
from monitor.ledger import Ledger
from monitor.live.alertreader import AlertReader
from monitor.live.judgements import judgements_publisher
from monitor.model.deeds import Deed, Did
from monitor.model.measured import Health, Measured
from monitor.model.orders import Order, OrderKind
from monitor.model.telling import Telling

HOOK = "channels: {{hook: {{type: webhook, url: '{url}'}}}}\n"


def now() -> int:
    return time.time_ns() // 1_000_000


class City:
    """A ledger, a server, the monitor's side of both, and a receiver of alerts."""

    def __init__(self, folder: Path, server: EmbeddedServer, ledger: Ledger, redis: Redis) -> None:
        self.folder = folder
        self.server = server
        self.ledger = ledger
        self.redis = redis
        self.receiver = Anything(now)
        self.url = ""
        self.keys = Keys("maoming")
        self.wake: Callable[[], None] = lambda: None

    def settings(self, text: str) -> Site:
        (self.folder / "alerts.yaml").write_text(text.format(url=self.url))
        return make_site(self.folder, nodes())

    async def judge(self, *verdicts: Any) -> None:
        await self.ledger.judge(verdicts, now())
        self.wake()

    async def give(self, order: Order) -> None:
        await self.ledger.give(order)
        self.wake()

    def told(self) -> list[tuple[str, str]]:
        return [(one["status"], one["alerts"][0]["labels"]["subject"]) for one in self.receiver.got]

    async def deeds(self) -> list[Did]:
        rows = await self.ledger.alert_records()
        return [Deed.from_json(row.body).what for row in reversed(rows)]

    @asynccontextmanager
    async def role(self, site: Site) -> AsyncIterator[None]:
        stop = asyncio.Event()
        task = asyncio.create_task(run(site, self.server.url, stop))
        try:
            yield
        finally:
            stop.set()
            async with asyncio.timeout(10):
                await task


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    data = tmp_path / "data"
    data.mkdir()
    server = EmbeddedServer(data)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def city(tmp_path: Path, server: EmbeddedServer) -> AsyncIterator[City]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'data' / 'ledger.db'}"
    async with await Ledger.open(url) as ledger, connect(server.url) as redis:
        made = City(tmp_path, server, ledger, redis)
        publisher = await judgements_publisher(ledger, redis, made.keys)
        made.wake = publisher.wake
        reader = AlertReader(ledger, redis=redis, keys=made.keys)
        tasks = [asyncio.create_task(publisher.run()), asyncio.create_task(reader.run(server.url))]
        async with listening(made.receiver.take) as made.url:
            yield made
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def until_deeds(city: City, *wanted: Did) -> None:
    async with asyncio.timeout(20):
        # What became of a message is recorded by the next tick: other things may come in between.
        while sorted(await city.deeds()) != sorted(wanted):
            await asyncio.sleep(0.05)


async def test_a_start_and_its_end_reach_the_receiver_and_the_ledger_knows(city: City) -> None:
    one = outage("sw-1", now(), affected=4)
    async with city.role(city.settings(HOOK)):
        begun = time.monotonic()
        await city.judge(one)
        await until(city.told)
        assert time.monotonic() - begun < 2
        await city.judge(closed(one, now()))
        await until(lambda: len(city.told()) == 2)
        await until_deeds(city, Did.FIRED, Did.DELIVERED, Did.RESOLVED, Did.DELIVERED)
    assert city.told() == [("firing", one.id), ("resolved", one.id)]
    assert [header["X-Quanshi-Key"].partition("/")[2] for header in city.receiver.headers] == [
        "fired",
        "resolved",
    ]


async def test_what_was_told_has_its_end_told_by_the_next_process(city: City) -> None:
    one = outage("sw-1", now(), affected=4)
    site = city.settings(HOOK)
    async with city.role(site):
        await city.judge(one)
        await until(city.told)
    await city.judge(closed(one, now()))
    async with city.role(site):
        await until(lambda: len(city.told()) == 2)
    assert city.told() == [("firing", one.id), ("resolved", one.id)]


async def test_an_acknowledgement_and_a_silence_are_heard(city: City) -> None:
    one, other = outage("sw-1", now(), affected=4), outage("cam-2", now(), affected=3)
    async with city.role(city.settings(HOOK)):
        await city.judge(one)
        await until(city.told)
        (row, *_) = await _records(city, 1)
        await city.give(Order("A1", OrderKind.ACK, "张三", now(), target=row.alert))
        silence = Order("S1", OrderKind.SILENCE, "李四", now(), until=now() + 3_600_000, note="施工")
        await city.give(silence)
        await city.judge(other)
        await until_deeds(city, Did.FIRED, Did.DELIVERED, Did.ACKED, Did.FIRED)
        assert city.told() == [("firing", one.id)]
        await city.give(Order("E1", OrderKind.END_SILENCE, "李四", now(), target="S1"))
        await until(lambda: len(city.told()) == 2)


async def _records(city: City, count: int) -> list[Deed]:
    async with asyncio.timeout(20):
        while len(rows := await city.ledger.alert_records()) < count:
            await asyncio.sleep(0.05)
    return [Deed.from_json(row.body) for row in reversed(rows)]


def has_said(lines: Iterable[Mapping[str, Any]], event: str) -> bool:
    return any(line["event"] == event for line in lines)


async def test_settings_change_without_a_restart_and_the_end_finds_the_new_channel(city: City) -> None:
    one = outage("sw-1", now(), affected=4)
    async with city.role(city.settings("channels: {{gone: {{type: webhook, url: '{url}/gone'}}}}\n")):
        await city.judge(one)
        await until(city.told)
        with capture_logs() as said:
            city.settings(HOOK.replace("'{url}'", "'{url}/fresh'"))
            await until(lambda: has_said(said, "reloaded"))
        await city.judge(closed(one, now()))
        await until(lambda: len(city.told()) == 2)
    assert [one["receiver"] for one in city.receiver.got] == ["gone", "hook"]


async def test_a_mistake_in_the_settings_changes_nothing(city: City) -> None:
    async with city.role(city.settings(HOOK)):
        with capture_logs() as said:
            (city.folder / "alerts.yaml").write_text("channles: {}\n")
            await until(lambda: has_said(said, "reload refused"))
        await city.judge(outage("sw-1", now(), affected=4))
        await until(city.told)


async def test_what_the_monitor_measures_is_heard_and_our_own_numbers_are_said(city: City) -> None:
    health = Health({}, {}, {}, ledger_takes=False)
    measured = Measured(now(), (), health)
    await city.redis.set(city.keys.measured, json.dumps(measured.to_json()), ex=60)
    async with city.role(city.settings(HOOK)):
        await until(lambda: ("firing", "ledger") in city.told())
        async with asyncio.timeout(20):
            while not (text := await city.redis.get(city.keys.telling)) or '"critical", 1' not in text:
                await asyncio.sleep(0.1)
    telling = Telling.from_json(json.loads(text))
    assert telling.alerts == (("pipeline", "critical", 1),)
    assert telling.pending == {"hook": 0}
    assert 0 < await city.redis.ttl(city.keys.telling) <= 60


async def test_what_it_does_goes_into_the_stream_of_alerts_for_anybody(city: City) -> None:
    async with city.role(city.settings(HOOK)):
        await city.judge(outage("sw-1", now(), affected=4))
        async with (
            asyncio.timeout(20),
            Reader(city.server.url, city.keys.alerts, "anybody", "0-0") as reader,
        ):
            async for batch in reader.batches():
                first = batch.events[0]
                break
    assert first.id.collector == "alert"
    assert isinstance(first.payload, Deed)
    assert first.payload.what is Did.FIRED
    assert first.payload.facts["rule"] == "outage"


async def test_all_is_well_is_said_only_when_the_monitor_speaks_and_somebody_sees(city: City) -> None:
    heard: list[str] = []

    async def take(request: Any) -> Any:
        heard.append(request.path)
        return await Anything(now).take(request)

    async with listening(take) as url:
        (city.folder / "alerts.yaml").write_text(f"dead_man: {{url: '{url}/alive', every: 5s}}\n")
        async with city.role(make_site(city.folder, nodes())):
            await asyncio.sleep(1.5)
            assert heard == [], "the role is alive, but the monitor has said nothing yet"
            health = Health({"video-0of1": 5.0}, {}, {}, ledger_takes=True)
            await city.redis.set(city.keys.measured, json.dumps(Measured(now(), (), health).to_json()))
            await until(lambda: heard)
    assert heard == ["/alive"]


def switches() -> int:
    """How many dead man's switches run."""
    return sum(task.get_name() == "dead man's switch" for task in asyncio.all_tasks())


@pytest.mark.timeout(60)
async def test_settings_that_change_while_telling_ends_start_no_dead_mans_switch(city: City) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def take(request: Any) -> Any:
        begun.set()
        await may_end.wait()
        return await Anything(now).take(request)

    async with listening(take) as city.url:
        settings = HOOK + "dead_man: {{url: '{url}/alive', every: 5s}}\n"
        async with city.role(city.settings(settings)):
            await city.judge(outage("sw-1", now(), affected=4))
            await begun.wait()
            assert switches() == 1
            await city.redis.incr(f"{city.keys.teller}:fence")  # another had the lease meanwhile
            await city.redis.set(city.keys.teller, "another", ex=60)
            await until(lambda: switches() == 0)
            with capture_logs() as said:
                city.settings(settings.replace("every: 5s", "every: 6s"))
                os.kill(os.getpid(), signal.SIGHUP)
                await until(lambda: has_said(said, "reloaded"))
                assert not has_said(said, "does not tell any more"), "what is under way still ends"
            assert switches() == 0
            may_end.set()
