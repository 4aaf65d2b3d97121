"""Two monitors on one PostgreSQL and one Redis: one leads, and whatever ends it, the other goes on."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
import servers
from aiohttp import ClientError, ClientSession
from servers import Postgres, free_port
from small_site import write_site
from waiting import until

from monitor.bus.embedded import EmbeddedServer
from monitor.bus.lease import TTL
from monitor.ledger import ChangeRow, Ledger
from monitor.ledger.postgres import IDLE_WITHIN
from monitor.ledger.sources import source_of
from monitor.ledger.verify import verify
from monitor.model.observations import State

CAMERAS = 16
SETTINGS = {
    "probes": {"tcp": {"every": "500ms", "timeout": "400ms"}},
    "judge": {
        "confirm": 1,
        "recover": 1,
        "retry": ["100ms"],
        "flap": {"changes": 1000},
        "blind": {"share": "100%", "least": 1000},
    },
}


@dataclass
class Cameras:
    """Ports that are open or not; ``truth`` is how each stands now."""

    ports: list[int] = field(default_factory=lambda: [free_port() for _ in range(CAMERAS)])
    open: dict[int, asyncio.Server] = field(default_factory=dict)
    random: Random = field(default_factory=Random)

    async def turn(self, port: int) -> None:
        if server := self.open.pop(port, None):
            server.close()
        else:
            self.open[port] = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", port)

    async def go_on(self) -> None:
        """One after the other comes and goes, until cancelled."""
        while True:
            await self.turn(self.random.choice(self.ports))
            await asyncio.sleep(0.15)

    def truth(self) -> dict[str, State]:
        return {str(port): State.UP if port in self.open else State.DOWN for port in self.ports}


@dataclass
class Monitor:
    """A real ``quanshi run monitor`` with files of its own."""

    folder: Path
    session: ClientSession
    process: subprocess.Popen[bytes]

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def log(self) -> str:
        return (self.folder / "log").read_text()

    async def ready(self) -> tuple[int, str]:
        """What it says of itself; (0, "") while it says nothing."""
        try:
            url = json.loads((self.folder / "data" / "monitor.json").read_text())["url"]
            async with self.session.get(f"{url}/readyz") as answer:
                return answer.status, await answer.text()
        except (OSError, ClientError, TimeoutError):
            return 0, ""

    async def leads(self) -> bool:
        return (await self.ready())[0] == 200

    async def follows(self) -> bool:
        status, text = await self.ready()
        return status == 503 and json.loads(text)["reasons"][0].startswith("follows ")


@contextmanager
def run(folder: Path, *role: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "monitor.cli", "run", *role, "--site", str(folder / "site.yaml")]
    with servers.running(command, folder / "log") as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGCONT)


@dataclass
class City:
    """Cameras and a collector, watched by two monitors: ``one`` leads, and ``two`` follows."""

    server: Postgres
    ledger: str
    cameras: Cameras
    one: Monitor
    two: Monitor

    async def changes(self) -> list[ChangeRow]:
        async with await Ledger.open(self.ledger) as ledger:
            return await ledger.changes()

    async def fence(self) -> int:
        async with await Ledger.open(self.ledger) as ledger:
            return await ledger.fence()

    async def has_more_than(self, count: int) -> bool:
        return len(await self.changes()) > count

    async def is_told_right(self) -> bool:
        async with await Ledger.open(self.ledger) as ledger:
            told = {row.node: row.state for row in await ledger.standings()}
        return told == self.cameras.truth()

    async def assert_everything_once(self) -> None:
        changes = await self.changes()
        assert len({row.event for row in changes}) == len(changes)
        for node in self.cameras.truth():
            mine = [row.change for row in changes if row.change.node == node]
            assert all(before.new is after.old for before, after in pairwise(mine)), node
        async with await Ledger.open(self.ledger) as ledger:
            assert await ledger.gaps() == []
            assert [row.change for row in changes if row.origin != "event"] == []
        found = await asyncio.to_thread(verify, source_of(self.ledger), None)
        assert found.findings == ()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path / "redis")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_server() -> Iterator[Postgres]:
    """One that a test may stop."""
    with servers.postgres() as server:
        yield server


@pytest.fixture
async def city(tmp_path: Path, own_server: Postgres, redis: EmbeddedServer) -> AsyncIterator[City]:
    cameras = Cameras()
    ledger = own_server.url("postgres")
    nodes = [
        {
            "id": str(port),
            "kind": "camera",
            "network": "video",
            "address": f"127.0.0.1:{port}",
            "probes": "tcp",
        }
        for port in cameras.ports
    ]
    for role in ("one", "two", "collect"):
        (tmp_path / role).mkdir()
        write_site(tmp_path / role, nodes, redis=redis.url, ledger=ledger, **SETTINGS)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(ClientSession())
        for port in cameras.ports[::2]:
            await cameras.turn(port)
        one = Monitor(tmp_path / "one", session, stack.enter_context(run(tmp_path / "one", "monitor")))
        await until(lambda: _has_fence(ledger, 1), 60, "one leads")
        two = Monitor(tmp_path / "two", session, stack.enter_context(run(tmp_path / "two", "monitor")))
        await until(two.follows, 30, "two follows")
        stack.enter_context(run(tmp_path / "collect", "collect", "--network", "video"))
        await until(one.leads, 40, "one is ready")
        await stack.enter_async_context(turning(cameras))
        yield City(own_server, ledger, cameras, one, two)


async def _has_fence(ledger: str, fence: int) -> bool:
    async with await Ledger.open(ledger) as opened:
        # More than that where whoever takes over had to try again: the database was still locked.
        return await opened.fence() >= fence


@asynccontextmanager
async def turning(cameras: Cameras) -> AsyncIterator[None]:
    task = asyncio.create_task(cameras.go_on())
    try:
        yield
    finally:
        task.cancel()
        for server in cameras.open.values():
            server.close()


async def settle(city: City) -> None:
    """No camera turns any more, and all that did is told."""
    (turns,) = (task for task in asyncio.all_tasks() if "go_on" in repr(task))
    turns.cancel()
    await until(city.is_told_right, 30, "all is told as it is")


@pytest.mark.timeout(180)
async def test_a_leader_that_is_killed_is_followed_at_once_and_nothing_is_lost_or_doubled(city: City) -> None:
    await until(lambda: city.has_more_than(40), 40, "changes come")
    assert city.two.log().count("follows another monitor") == 1
    known = len(await city.changes())

    city.one.signal(signal.SIGKILL)
    took = await until(lambda: city.has_more_than(known + 20), TTL + 10, "changes come again")
    print(f"took over, restored and went on within {took:.1f} s")

    assert await city.fence() == 2
    await until(city.two.leads, 40, "two is ready")
    await settle(city)
    await city.assert_everything_once()


@pytest.mark.timeout(180)
async def test_a_leader_that_stops_hands_over_at_once(city: City) -> None:
    await until(lambda: city.has_more_than(20), 40, "changes come")
    city.one.signal(signal.SIGTERM)
    await asyncio.to_thread(city.one.process.wait, 10)
    assert await until(lambda: _has_fence(city.ledger, 2), 8, "two leads") < TTL
    await settle(city)
    await city.assert_everything_once()


@pytest.mark.timeout(180)
async def test_while_the_database_is_away_the_leader_waits_and_goes_on_by_itself(city: City) -> None:
    await until(lambda: city.has_more_than(20), 40, "changes come")
    await asyncio.to_thread(city.server.stop)
    await asyncio.sleep(3)
    await asyncio.to_thread(city.server.start)
    known = len(await city.changes())
    await until(lambda: city.has_more_than(known + 20), 30, "changes come again")
    assert city.one.process.poll() is None
    assert "the server cannot be reached" in city.one.log()
    await settle(city)
    await city.assert_everything_once()


@pytest.mark.timeout(240)
async def test_a_leader_that_slept_through_its_term_writes_no_more_and_follows(city: City) -> None:
    await until(lambda: city.has_more_than(20), 40, "changes come")
    city.one.signal(signal.SIGSTOP)
    known = len(await city.changes())
    # Stopped in the middle of a transaction it keeps its lock for as long as the database lets it.
    try:
        took = await until(lambda: _has_fence(city.ledger, 2), TTL + IDLE_WITHIN + 10, "two leads")
    finally:
        print(city.two.log())
    print(f"took over after {took:.1f} s")
    await until(lambda: city.has_more_than(known + 20), 30, "changes come again")
    term = await city.fence()

    city.one.signal(signal.SIGCONT)
    await until(city.one.follows, 20, "one follows")
    assert "does not lead any more" in city.one.log()
    assert await city.fence() == term
    await settle(city)
    await city.assert_everything_once()

    city.two.signal(signal.SIGKILL)
    await until(lambda: _has_fence(city.ledger, term + 1), TTL + 10, "one leads again")
    await until(city.one.leads, 40, "one is ready again")
