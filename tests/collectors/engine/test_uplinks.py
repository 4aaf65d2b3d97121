"""No more than so many probes at once behind one switch, and nobody behind another waits for them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import pytest

from collectors.engine.engine import Engine, Slot
from collectors.engine.icmp import Pinger, PingSlot
from collectors.engine.slots import Device, Uplink
from collectors.protocols.base import Step
from monitor.model.observations import Cause, Verdict

NOBODY = ("127.0.0.1", 1)


class Waits:
    """Sends nothing, and is content with whatever comes."""

    def begin(self, *, fresh: bool) -> Step:
        return b""

    def receive(self, data: bytes) -> Step:
        return Verdict(Cause.OK)

    def closed(self) -> Verdict:
        return Verdict(Cause.RESET)


class Bench:
    """An engine and a pinger that share uplinks, as in a collector."""

    def __init__(self, limit: int) -> None:
        self.verdicts: list[tuple[Slot | PingSlot, Cause]] = []
        self.engine = Engine(self._answered, lambda _: None, limit=limit)
        self.pinger = Pinger(self._answered)

    def _answered(self, slot: Slot | PingSlot, verdict: Verdict, *_: float) -> None:
        self.verdicts.append((slot, verdict.cause))

    def pings(self) -> list[Cause]:
        return [cause for slot, cause in self.verdicts if isinstance(slot, PingSlot)]

    async def until(self, count: int, seconds: float = 10.0) -> list[Cause]:
        end = time.monotonic() + seconds
        while len(self.verdicts) < count and time.monotonic() < end:
            await asyncio.sleep(0.02)
            self.engine.expire(time.monotonic())
            self.pinger.expire(time.monotonic())
        assert len(self.verdicts) == count
        return [cause for _, cause in self.verdicts]


@asynccontextmanager
async def bench(limit: int = 100) -> AsyncIterator[Bench]:
    made = Bench(limit)
    loop = asyncio.get_running_loop()
    made.engine.attach(loop)
    made.pinger.attach(loop)
    try:
        yield made
    finally:
        made.engine.close()
        made.pinger.close()


@asynccontextmanager
async def device(reply: bytes = b"") -> AsyncIterator[tuple[str, int]]:
    """Says ``reply`` to everybody at once, and holds on."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1000)
    try:
        yield server.sockets[0].getsockname()
    finally:
        server.close()


def slot(place: tuple[str, int], uplink: Uplink | None, **options: object) -> Slot:
    return Slot(Waits(), socket.AF_INET, place, uplink=uplink, **options)


def echo(uplink: Uplink | None, number: int = 1) -> PingSlot:
    return PingSlot(socket.AF_INET, f"127.9.0.{number}", uplink=uplink)


async def test_so_many_are_in_flight_and_the_rest_goes_in_its_order():
    async with bench() as made, device(b"well") as place:
        uplink = Uplink(5)
        slots = [slot(place, uplink) for _ in range(50)]
        for one in slots:
            made.engine.start(one, 2.0)
        assert (made.engine.flying, uplink.flying, len(uplink.waiting)) == (5, 5, 45)
        assert await made.until(50) == [Cause.OK] * 50
        assert [one for one, _ in made.verdicts] == slots
        assert (uplink.flying, len(uplink.waiting)) == (0, 0)


async def test_hung_devices_behind_one_uplink_delay_nobody_behind_another():
    async with bench() as made, device() as hung, device(b"well") as living:
        narrow, other = Uplink(2), Uplink(2)
        for _ in range(20):
            made.engine.start(slot(hung, narrow), 5.0)
        begun = time.monotonic()
        for number in range(60):
            made.engine.start(slot(living, other if number % 2 else None), 5.0)
        assert await made.until(60) == [Cause.OK] * 60
        assert time.monotonic() - begun < 1.0


async def test_pings_and_connections_share_what_goes_through_an_uplink():
    async with bench() as made, device() as hung:
        uplink = Uplink(2)
        for _ in range(2):
            made.engine.start(slot(hung, uplink), 0.5)
        for number in range(3):
            made.pinger.start(echo(uplink, number), 2.0)
        made.engine.start(slot(hung, uplink), 0.5)
        await asyncio.sleep(0.2)
        assert made.pings() == []
        await made.until(6)
        assert made.pings() == [Cause.OK] * 3
        assert uplink.flying == 0


async def test_thousands_that_fail_at_once_behind_an_uplink_are_a_loop_and_no_recursion():
    async with bench() as made, device() as hung:
        uplink = Uplink(1)
        made.engine.start(slot(hung, uplink), 0.3)
        for number in range(3_000):
            made.engine.start(slot(NOBODY, uplink), 0.3)
            if number % 10 == 0:  # an address without a route: the echo fails while it is sent
                made.pinger.start(PingSlot(socket.AF_INET, "255.255.255.255", uplink=uplink), 0.3)
        await made.until(3_301)
        assert uplink.flying == 0


async def test_a_device_that_waits_for_its_uplink_is_still_asked_over_one_connection_at_a_time():
    async with bench() as made, device() as hung, device(b"well") as living:
        uplink, shared = Uplink(1), Device()
        made.engine.start(slot(hung, uplink), 0.3)
        for _ in range(3):
            made.engine.start(slot(living, uplink, device=shared), 2.0)
        assert (len(uplink.waiting), len(shared.waiting)) == (1, 2)
        assert await made.until(4) == [Cause.TIMEOUT] + [Cause.OK] * 3
        assert (uplink.flying, shared.busy) == (0, False)


async def test_a_question_on_a_held_connection_is_counted_and_does_not_wait():
    async with bench() as made, device(b"well") as place, device() as hung:
        uplink = Uplink(1)
        held = slot(place, uplink, hold=True)
        made.engine.start(held, 2.0)
        await made.until(1)
        assert uplink.flying == 0
        made.engine.start(held, 0.5)
        assert uplink.flying == 1
        made.engine.start(slot(hung, uplink), 0.3)
        assert len(uplink.waiting) == 1
        assert await made.until(3) == [Cause.OK, Cause.TIMEOUT, Cause.TIMEOUT]
        assert uplink.flying == 0


async def test_who_is_cancelled_leaves_its_place_wherever_it_waits():
    async with bench(limit=3) as made, device() as hung, device(b"well") as living:
        uplink, shared = Uplink(2), Device()
        flying = [slot(hung, uplink) for _ in range(2)]
        waiting, ping = slot(hung, uplink, device=shared), echo(uplink)
        behind, last = slot(living, uplink, device=shared), slot(living, uplink)
        for one in (*flying, waiting, behind, last):
            made.engine.start(one, 5.0)
        made.pinger.start(ping, 5.0)
        made.engine.cancel(waiting)
        made.pinger.cancel(ping)
        assert [one for _, one in uplink.waiting] == [last, behind]
        made.engine.cancel(flying[0])
        assert await made.until(2) == [Cause.OK] * 2
        made.engine.cancel(flying[1])
        assert (uplink.flying, len(uplink.waiting), made.engine.flying) == (0, 0, 0)


async def test_a_wider_uplink_lets_those_go_that_wait():
    async with bench() as made, device() as hung, device(b"well") as living:
        uplink = Uplink(1)
        made.engine.start(slot(hung, uplink), 5.0)
        for _ in range(5):
            made.engine.start(slot(living, uplink), 5.0)
        made.pinger.start(echo(uplink), 5.0)
        uplink.resize(3)
        assert await made.until(6) == [Cause.OK] * 6
        uplink.resize(1)
        made.engine.start(slot(living, uplink), 5.0)
        assert len(uplink.waiting) == 1


@pytest.mark.parametrize("seed", range(5))
async def test_whatever_happens_every_place_is_given_back(seed: int):
    random = Random(seed)
    async with bench(limit=7) as made, device() as hung, device(b"well") as living:
        uplinks, shared = [Uplink(random.randint(1, 4)) for _ in range(3)], [Device() for _ in range(4)]
        places = [hung, living, living, NOBODY]
        slots: list[Slot | PingSlot] = [
            slot(
                random.choice(places),
                random.choice([*uplinks, None]),
                device=random.choice([*shared, None]),
                hold=random.random() < 0.3,
            )
            for _ in range(40)
        ]
        slots += [echo(random.choice([*uplinks, None]), number) for number in range(10)]
        for _ in range(300):
            one = random.choice(slots)
            machine = made.pinger if isinstance(one, PingSlot) else made.engine
            if random.random() < 0.2:
                machine.cancel(one)
            else:
                machine.start(one, random.choice([0.2, 1.0]))
            if random.random() < 0.1:
                await asyncio.sleep(0.01)
        # Each one's end lets another go, which may let another go.
        for _ in range(1000):
            await asyncio.sleep(0.02)
            made.engine.expire(time.monotonic())
            made.pinger.expire(time.monotonic())
            if not made.engine.flying and not any(one.flying or one.waiting for one in uplinks):
                break
        assert [(uplink.flying, len(uplink.waiting)) for uplink in uplinks] == [(0, 0)] * 3
        assert not any(one.busy or one.waiting for one in shared)
        assert (made.engine.flying, made.engine.queued) == (0, 0)
