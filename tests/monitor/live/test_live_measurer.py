"""The task that measures: what it begins with, what makes it begin anew, and what it tells."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from clockwork import HOUR, MINUTE, at
from ledger_city import Past, point, write_site
from live_kit import Clock
from redis.asyncio import Redis
from small_site import Voice

from monitor.bus.keys import Keys
from monitor.config import Site
from monitor.ledger import Ledger, LedgerError
from monitor.live import measurer as measurer_of
from monitor.live.burn import Burn
from monitor.live.health import Health
from monitor.live.measurer import Measurer
from monitor.live.probetimes import ProbeTimes
from monitor.live.states import Live
from monitor.model.events import Change
from monitor.model.measured import GroupNow, Measured, Spent
from monitor.model.observations import State
from monitor.model.said import Said
from monitor.past import burn_of

UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
KEYS = Keys("maoming")
NOON = at("10-20 12:00")


@dataclass
class Monitor:
    """What measures, and all that it is told by."""

    measurer: Measurer
    live: Live
    health: Health
    clock: Clock
    bus: Redis
    loads: list[int] = field(default_factory=list)
    voice: Voice = field(default_factory=Voice)

    async def told(self) -> Measured:
        """The next that is told."""
        await self.bus.delete(KEYS.measured)
        async with asyncio.timeout(10):
            while (text := await self.bus.get(KEYS.measured)) is None:
                await asyncio.sleep(0.01)
        return Measured.from_json(json.loads(text))

    async def until(self, condition: Callable[[Measured], bool]) -> Measured:
        async with asyncio.timeout(10):
            while not condition(found := await self.told()):
                pass
        return found

    def turn(self, node: str, old: State, new: State, moment: int) -> None:
        change = self.voice.turns(node, old, new, moment).payload
        assert isinstance(change, Change)
        self.measurer.hear([(self.voice.sequence, change)])

    def see(self, start: int, end: int) -> None:
        sight: Any = self.voice.sees(start, end).payload
        self.measurer.see([sight])


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return write_site(tmp_path, [point("a"), point("b", region="440904100")])


@pytest.fixture
async def ledger(site: Site) -> AsyncIterator[Ledger]:
    """Both points up all month and seen until noon."""
    async with await Ledger.open(site.ledger_url) as opened:
        past = Past(opened)
        await past.uses(site, "09-15")
        await past.turned("a", ("09-15", UP))
        await past.turned("b", ("09-15", UP))
        await past.saw("09-15 to 10-20 12:00")
        yield opened


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measurer_of, "EVERY", 0.01)
    monkeypatch.setattr(measurer_of, "SHARE", 1.0)
    monkeypatch.setattr(measurer_of, "REST", 0.0)


Load = Callable[[Ledger, Site, int], Awaitable[tuple[Burn, str]]]


@asynccontextmanager
async def measuring(site: Site, ledger: Ledger, bus: Redis, load: Load = burn_of) -> AsyncIterator[Monitor]:
    clock = Clock()
    clock.now = NOON
    live, health = Live(site, clock), Health(ledger_takes=True, lag={"ledger": 5})
    loads: list[int] = []

    async def loaded(its_site: Site, now: int) -> tuple[Burn, str]:
        loads.append(now)
        return await load(ledger, its_site, now)

    times = ProbeTimes(bus, KEYS)
    measurer = Measurer(ledger, live, health, redis=bus, keys=KEYS, times=times, load=loaded)
    task = asyncio.create_task(measurer.run())
    try:
        yield Monitor(measurer, live, health, clock, bus, loads)
    finally:
        task.cancel()
        await asyncio.wait([task])
    assert task.cancelled(), task.exception()


def everything(found: Measured) -> GroupNow:
    return found.groups[0]


async def test_it_begins_with_what_the_ledger_knows(site: Site, ledger: Ledger, bus: Redis) -> None:
    async with measuring(site, ledger, bus) as monitor:
        found = await monitor.told()

        assert everything(found).windows["1h"] == Spent(good=2 * HOUR)
        assert found.at == NOON
        assert monitor.live.measured is not None
        assert 0 < await bus.ttl(KEYS.measured) <= 60
    assert monitor.live.measured is None, "who measures no more has nothing to show"


async def test_it_names_what_is_degraded_under_maintenance(site: Site, ledger: Ledger, bus: Redis) -> None:
    async with measuring(site, ledger, bus) as monitor:
        monitor.live.outages.maintained = lambda node, _network: "e1" if node == "b" else ""
        monitor.live.apply(monitor.voice.sees(NOON - HOUR, NOON))
        for node in ("a", "b"):
            monitor.live.apply(monitor.voice.turns(node, UNKNOWN, State.DEGRADED, NOON - 1))

        found = await monitor.until(lambda found: bool(found.maintained))

        assert found.maintained == ("video/b",)


async def test_it_goes_on_with_what_it_is_told(site: Site, ledger: Ledger, bus: Redis) -> None:
    async with measuring(site, ledger, bus) as monitor:
        await monitor.told()
        monitor.clock.now = NOON + 10 * MINUTE
        monitor.turn("a", UP, DOWN, NOON + 6 * MINUTE)
        monitor.see(NOON, NOON + 10 * MINUTE)

        found = await monitor.until(lambda found: found.at > NOON)

        assert everything(found).windows["5m"] == Spent(good=6 * MINUTE, bad=4 * MINUTE)
        assert monitor.loads == [NOON]


async def test_what_is_told_while_it_begins_counts_once(site: Site, ledger: Ledger, bus: Redis) -> None:
    """The ledger has one of two changes when it is read, and both are told meanwhile."""
    reading, read = asyncio.Event(), asyncio.Event()

    async def slowly(ledger: Ledger, site: Site, now: int) -> tuple[Burn, str]:
        reading.set()
        await read.wait()
        return await burn_of(ledger, site, now)

    await Past(ledger, epoch=2).turned("a", ("10-20 11:58", DOWN), old=UP)
    async with measuring(site, ledger, bus, slowly) as monitor:
        await reading.wait()
        monitor.turn("a", UP, DOWN, NOON - 2 * MINUTE)
        monitor.turn("b", UP, DOWN, NOON - MINUTE)
        monitor.see(NOON - 2 * MINUTE, NOON)
        read.set()

        found = await monitor.told()

        assert everything(found).windows["5m"] == Spent(good=7 * MINUTE, bad=3 * MINUTE)
        await monitor.told()
        assert len(monitor.loads) == 1


async def test_it_begins_anew_with_another_list_and_when_the_ledger_may_know_more(
    site: Site, ledger: Ledger, bus: Redis, tmp_path: Path
) -> None:
    later = write_site(tmp_path / "later", [point("a")])
    async with measuring(site, ledger, bus) as monitor:
        await monitor.told()
        monitor.live.reload(later)
        await Past(ledger).uses(later, "10-20 11:00")

        found = await monitor.until(lambda found: everything(found).watches == 1)
        found = await monitor.until(lambda found: everything(found).windows["5m"].good == 5 * MINUTE)
        assert everything(found).windows["6h"].good == 11 * HOUR, "b was in the list for five hours"

        await Past(ledger, epoch=2).turned("a", ("10-20 11:58", DOWN), old=UP)
        monitor.measurer.look()
        await monitor.until(lambda found: everything(found).windows["5m"].bad == 2 * MINUTE)


async def test_without_the_ledger_it_says_how_it_is_and_tries_again(
    site: Site, ledger: Ledger, bus: Redis
) -> None:
    async def fails_once(ledger: Ledger, site: Site, now: int) -> tuple[Burn, str]:
        if len(monitor.loads) < 3:
            raise LedgerError(Said.same("away"), lasting=False)
        return await burn_of(ledger, site, now)

    async with measuring(site, ledger, bus, fails_once) as monitor:
        found = await monitor.told()
        assert (found.groups, found.health.lags) == ((), {"ledger": 5})

        await monitor.until(lambda found: bool(found.groups))


async def test_its_own_health_and_certificates_are_told(site: Site, ledger: Ledger, bus: Redis) -> None:
    async with measuring(site, ledger, bus) as monitor:
        await bus.hset(KEYS.certificates("video", 0, 1), "b", "1800000000.5")
        monitor.live.apply(monitor.voice.sees(NOON - 12_000, NOON - 2_000))
        monitor.health.outboxes = {"video-0of1": 7}
        monitor.health.reload_error = Said.same("nodes.csv:3")
        monitor.clock.now += MINUTE + 1

        found = await monitor.until(lambda found: bool(found.certificates))

        assert found.health.sight_ages == {"video-0of1": 62.001}
        assert found.health.outboxes == {"video-0of1": 7}
        assert (found.health.ledger_takes, found.health.reload_error) == (True, "nodes.csv:3")
        assert [(each.node, each.network, each.expires) for each in found.certificates] == [
            ("b", "video", 1_800_000_000_500)
        ]


async def test_an_outage_of_redis_passes(site: Site, ledger: Ledger, bus: Redis, server: Any) -> None:
    async with measuring(site, ledger, bus) as monitor:
        await monitor.told()
        server.stop()
        monitor.clock.now += MINUTE
        async with asyncio.timeout(10):
            while monitor.live.measured is None or monitor.live.measured.at == NOON:
                await asyncio.sleep(0.01)
