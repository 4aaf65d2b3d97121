"""Two alert roles on one Redis and one ledger, each a process with files of its own: one of them tells."""

from __future__ import annotations

import asyncio
import signal
import time
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web
from engine_kit import closed, nodes, outage
from receivers import listening
from redis.asyncio import Redis
from small_site import write_site
from test_alert_role_kill import started

from monitor.bus.client import connect
from monitor.bus.embedded import EmbeddedServer
from monitor.bus.holder import Holder
from monitor.bus.keys import Keys
from monitor.bus.publisher import Publisher
from monitor.ledger import Ledger
from monitor.live.alertreader import AlertReader
from monitor.live.judgements import judgements_publisher
from monitor.model.deeds import Deed, Did
from monitor.model.outages import Outage

KEYS = Keys("maoming")
ALERTS = (
    "channels: {{hook: {{type: webhook, url: '{url}/duty'}}}}\nroutes: [{{to: hook, group_interval: 0s}}]\n"
)
WITHIN = 8.0
"""Seconds within which another tells, on a busy machine."""


def now() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class Phone:
    """What it heard, as often as it heard it: by subject and state."""

    heard: Counter[str] = field(default_factory=Counter)

    async def take(self, request: web.Request) -> web.Response:
        for alert in (await request.json())["alerts"]:  # what is heard in one batch is told in one message
            self.heard[f"{alert['status']} {alert['labels']['node']}"] += 1
        return web.Response()

    async def hears(self, text: str) -> None:
        async with asyncio.timeout(WITHIN):
            while not self.heard[text]:
                await asyncio.sleep(0.02)


@dataclass
class City:
    """A ledger whose judgements are published, and the two roles by name."""

    folder: Path
    url: str
    redis: Redis
    ledger: Ledger
    publisher: Publisher
    roles: dict[str, Process] = field(default_factory=dict)
    open: dict[str, Outage] = field(default_factory=dict)

    async def start(self, name: str) -> None:
        self.roles[name] = await started(self.folder / name / "site.yaml", self.url)

    async def fails(self, root: str) -> None:
        self.open[root] = outage(root, now())
        await self._judge(self.open[root])

    async def recovers(self, root: str) -> None:
        await self._judge(closed(self.open.pop(root), now()))

    async def _judge(self, one: Outage) -> None:
        await self.ledger.judge([one], now())
        self.publisher.wake()

    async def leader(self) -> str:
        """The role that has the lease; waits until one has it."""
        async with asyncio.timeout(WITHIN):
            while True:
                text = await self.redis.get(KEYS.teller)
                pid = Holder.parse(text).pid if text else 0
                for name, process in self.roles.items():
                    if process.returncode is None and process.pid == pid:
                        return name
                await asyncio.sleep(0.05)

    async def end(self, name: str, number: signal.Signals) -> None:
        self.roles[name].send_signal(number)
        await self.roles[name].wait()

    async def records(self, what: Did, *roots: str) -> Counter[tuple[Did, str]]:
        """Wait until the ledger has this of all of them; how often it has what of whom then."""
        async with asyncio.timeout(WITHIN):
            while True:
                rows = await self.ledger.alert_records(limit=1000)
                deeds = [Deed.from_json(row.body) for row in rows]
                found = Counter((deed.what, deed.key.partition("/")[2].partition("@")[0]) for deed in deeds)
                if all(found[what, root] for root in roots):
                    return found
                await asyncio.sleep(0.05)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path)
    server.start()
    yield server
    server.stop()


@asynccontextmanager
async def city(folder: Path, server: EmbeddedServer, phone: Phone) -> AsyncIterator[City]:
    async with (
        listening(phone.take) as url,
        connect(server.url) as redis,
        await Ledger.open(f"sqlite+aiosqlite:///{folder / 'ledger.db'}") as ledger,
    ):
        for name in ("first", "second"):
            (folder / name / "data").mkdir(parents=True)
            write_site(folder / name, nodes(8))
            (folder / name / "alerts.yaml").write_text(ALERTS.format(url=url))
        publisher = await judgements_publisher(ledger, redis, KEYS)
        made = City(folder, server.url, redis, ledger, publisher)
        tasks = [
            asyncio.create_task(publisher.run()),
            asyncio.create_task(AlertReader(ledger, redis=redis, keys=KEYS).run(server.url)),
        ]
        try:
            yield made
        finally:
            for process in made.roles.values():
                if process.returncode is None:
                    process.kill()
                    await process.wait()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


@pytest.mark.timeout(120)
async def test_one_tells_and_the_other_goes_on_where_it_ended(tmp_path: Path, server: EmbeddedServer) -> None:
    phone = Phone()
    async with city(tmp_path, server, phone) as made:
        await made.start("first")
        await made.start("second")
        leader = await made.leader()
        follower = "second" if leader == "first" else "first"
        await made.fails("cam-1")
        await phone.hears("firing cam-1")
        await made.fails("cam-2")
        await phone.hears("firing cam-2")
        await made.records(Did.DELIVERED, "cam-1", "cam-2")

        await made.end(leader, signal.SIGKILL)
        begun = time.monotonic()
        await made.fails("cam-3")
        await phone.hears("firing cam-3")
        assert time.monotonic() - begun < WITHIN
        await made.recovers("cam-1")
        await phone.hears("resolved cam-1")
        assert await made.leader() == follower

        await made.start(leader)  # it comes back with what it knew, and follows
        await made.fails("cam-4")
        await phone.hears("firing cam-4")
        await made.records(Did.DELIVERED, "cam-4")
        await made.end(follower, signal.SIGTERM)
        await made.recovers("cam-2")
        await made.recovers("cam-3")
        await phone.hears("resolved cam-2")
        await phone.hears("resolved cam-3")
        recorded = await made.records(Did.RESOLVED, "cam-1", "cam-2", "cam-3")
    fired, resolved = (f"firing cam-{n}" for n in (1, 2, 3, 4)), (f"resolved cam-{n}" for n in (1, 2, 3))
    assert phone.heard == Counter([*fired, *resolved])
    assert {recorded[Did.FIRED, f"cam-{n}"] for n in (1, 2, 3, 4)} == {1}
    assert {recorded[Did.RESOLVED, f"cam-{n}"] for n in (1, 2, 3)} == {1}


@pytest.mark.timeout(60)
async def test_two_on_the_same_files_are_one_and_one_that_waits(
    tmp_path: Path, server: EmbeddedServer
) -> None:
    phone = Phone()
    async with city(tmp_path, server, phone) as made:
        await made.start("first")
        await made.leader()
        made.roles["again"] = await started(tmp_path / "first" / "site.yaml", server.url)
        await made.fails("cam-1")
        await phone.hears("firing cam-1")
        await made.records(Did.DELIVERED, "cam-1")
        await made.end("first", signal.SIGKILL)
        await made.recovers("cam-1")
        await phone.hears("resolved cam-1")
        assert await made.leader() == "again"
    assert phone.heard == Counter(["firing cam-1", "resolved cam-1"])
