"""The whole role killed at fifty moments of a fault script, with a receiver that is away half of the time."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from engine_kit import closed, nodes, outage
from receivers import listening
from small_site import write_site
from test_alert_kill import Receiver

from monitor.bus.client import connect
from monitor.bus.embedded import EmbeddedServer
from monitor.bus.keys import Keys
from monitor.ledger import Ledger
from monitor.live.alertreader import AlertReader
from monitor.live.judgements import judgements_publisher
from monitor.model.deeds import Deed, Did
from monitor.model.outages import Outage

VICTIM = Path(__file__).with_name("role_victim.py")
KILLS = 50
ROOTS = ("sw-1", *(f"cam-{number}" for number in range(1, 9)))
ALERTS = """
channels: {{hook: {{type: webhook, url: '{url}/duty'}}, mail: {{type: webhook, url: '{url}/mail'}}}}
routes: [{{to: hook, group_interval: 1s, fallback: {{to: mail, after: 1s}}}}]
"""


def now() -> int:
    return time.time_ns() // 1_000_000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    (tmp_path / "data").mkdir()
    server = EmbeddedServer(tmp_path / "data")
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'data' / 'ledger.db'}"
    async with await Ledger.open(url) as opened:
        yield opened


class Faults:
    """Outages that come and go at random, until told to stop; then all of them end."""

    def __init__(self, ledger: Ledger, chance: random.Random) -> None:
        self.ledger = ledger
        self.chance = chance
        self.open: dict[str, Outage] = {}
        self.done = asyncio.Event()

    async def run(self) -> None:
        while not self.done.is_set():
            root = self.chance.choice(ROOTS)
            if root in self.open:
                await self._end(root)
            else:
                self.open[root] = outage(root, now(), affected=9 if root == "sw-1" else 1)
                await self.ledger.judge([self.open[root]], now())
            await asyncio.sleep(self.chance.random() * 0.3)
        for root in list(self.open):
            await self._end(root)

    async def _end(self, root: str) -> None:
        await self.ledger.judge([closed(self.open.pop(root), now())], now())


async def started(path: Path, url: str) -> Process:
    env = {"PYTHONPATH": f"{VICTIM.parents[2]}:{VICTIM.parent}", "PATH": "/usr/bin:/bin"}
    victim = await asyncio.create_subprocess_exec(
        *(sys.executable, str(VICTIM), str(path), url),
        env=env,
        stdout=PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert victim.stdout is not None
    assert await victim.stdout.readline() == b"ready\n"
    return victim


@pytest.mark.timeout(300)
async def test_never_zero_and_never_orphaned(tmp_path: Path, server: EmbeddedServer, ledger: Ledger) -> None:
    chance = random.Random(11)
    receiver, faults, keys = Receiver(chance), Faults(ledger, chance), Keys("maoming")
    path = write_site(tmp_path, nodes(8))
    async with listening(receiver.take) as url, connect(server.url) as redis:
        (tmp_path / "alerts.yaml").write_text(ALERTS.format(url=url))
        publisher = await judgements_publisher(ledger, redis, keys)
        tasks = [
            asyncio.create_task(publisher.run()),
            asyncio.create_task(AlertReader(ledger, redis=redis, keys=keys).run(server.url)),
            asyncio.create_task(_wake(publisher.wake)),
        ]
        script = asyncio.create_task(faults.run())
        for _ in range(KILLS):
            victim = await started(path, server.url)
            await asyncio.sleep(chance.random() * 1.0)
            victim.kill()
            await victim.wait()
        faults.done.set()
        await script
        receiver.good = True
        victim = await started(path, server.url)
        deeds = await _settled(ledger)
        victim.terminate()
        assert await victim.wait() == 0
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    _check(deeds, receiver.got)


async def _wake(wake: object) -> None:
    while True:
        assert callable(wake)
        wake()
        await asyncio.sleep(0.05)


async def _settled(ledger: Ledger) -> list[Deed]:
    """What the role did, when for a while nothing more came and all that was told is over."""
    seen, since = -1, time.monotonic()
    async with asyncio.timeout(90):
        while True:
            rows = await ledger.alert_records(limit=100_000)
            if len(rows) != seen:
                seen, since = len(rows), time.monotonic()
            if time.monotonic() - since > 5:
                return [Deed.from_json(row.body) for row in reversed(rows)]
            await asyncio.sleep(0.2)


def _check(deeds: list[Deed], got: list[tuple[str, str, str]]) -> None:
    fired = {deed.alert for deed in deeds if deed.what is Did.FIRED}
    told = {deed.alert for deed in deeds if deed.what is Did.RESOLVED and deed.facts["told"]}
    over = {deed.alert for deed in deeds if deed.what is Did.RESOLVED}
    assert len(told) > KILLS / 2, "too little happened to prove anything"
    assert fired == over, "every alert ended"
    delivered: dict[str, set[str]] = {}
    for deed in deeds:
        if deed.what is Did.DELIVERED:
            kind = "end" if str(deed.facts["message"]).endswith("resolved") else "start"
            delivered.setdefault(deed.alert, set()).add(kind)
    # Also what went out together with others, or through the fallback.
    assert {alert for alert in told if delivered.get(alert) != {"start", "end"}} == set()
    assert delivered.keys() <= told, "nobody heard of what was not told"
    texts: dict[tuple[str, str], str] = {}
    for channel, key, status in got:
        assert texts.setdefault((channel, key), status) == status
    assert len(got) > len(texts), "no duplicate at all: the faults of this test have no teeth"
    # Whoever heard of a start by itself heard the end by itself or with others, never nothing.
    heard = {key for _, key, _ in got}
    assert {deed.facts["message"] for deed in deeds if deed.what is Did.DELIVERED} <= heard
