"""Pings of real loopback addresses. Raw sockets need a right that CI has; without it these tests fail."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from collectors.engine import icmp
from collectors.engine.icmp import Pinger, PingSlot
from monitor.model.observations import Cause, Verdict


class Bench:
    def __init__(self) -> None:
        self.verdicts: list[tuple[PingSlot, Verdict]] = []
        self.pinger = Pinger(lambda slot, verdict, *_: self.verdicts.append((slot, verdict)))

    async def until(self, count: int) -> list[Cause]:
        end = time.monotonic() + 10
        while len(self.verdicts) < count and time.monotonic() < end:
            await asyncio.sleep(0.02)
            self.pinger.expire(time.monotonic())
        return [verdict.cause for _, verdict in self.verdicts]


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    made.pinger.attach(asyncio.get_running_loop())
    try:
        yield made
    finally:
        made.pinger.close()


def slots(count: int) -> list[PingSlot]:
    return [PingSlot(socket.AF_INET, f"127.9.{number // 250}.{number % 250 + 1}") for number in range(count)]


async def test_a_city_of_addresses_answers_without_a_single_loss():
    async with bench() as made:
        for slot in slots(3_352):
            made.pinger.start(slot, 2.0)
        assert await made.until(3_352) == [Cause.OK] * 3_352


async def test_more_than_the_receive_buffer_can_take_is_paced_and_not_lost():
    async with bench() as made:
        for channel in made.pinger._channels.values():
            channel.limit = 64
        for slot in slots(1_000):
            made.pinger.start(slot, 2.0)
        assert await made.until(1_000) == [Cause.OK] * 1_000


async def test_ipv6_is_pinged_too():
    async with bench() as made:
        made.pinger.start(PingSlot(socket.AF_INET6, "::1"), 2.0)
        assert await made.until(1) == [Cause.OK]


async def test_silence_is_no_reply_at_the_deadline():
    async with bench() as made:
        slot = slots(1)[0]
        channel = made.pinger._channels[socket.AF_INET]
        channel._template.id ^= 1  # replies to another id are not ours, so nothing ever answers
        start = time.monotonic()
        made.pinger.start(slot, 0.4)
        assert await made.until(1) == [Cause.NO_REPLY]
        assert 0.3 < time.monotonic() - start < 1.0


async def test_a_slot_under_way_is_not_sent_twice_and_can_be_asked_again_after_its_answer():
    async with bench() as made:
        slot = slots(1)[0]
        assert made.pinger.start(slot, 2.0)
        assert not made.pinger.start(slot, 2.0)
        await made.until(1)
        assert made.pinger.start(slot, 2.0)
        assert await made.until(2) == [Cause.OK] * 2


async def test_a_cancelled_ping_gives_no_verdict_when_its_reply_comes():
    async with bench() as made:
        slot = slots(1)[0]
        made.pinger.start(slot, 0.3)
        made.pinger.cancel(slot)
        await asyncio.sleep(0.6)
        made.pinger.expire(time.monotonic())
        assert made.verdicts == []


async def test_two_pingers_on_one_machine_do_not_take_each_others_replies():
    async with bench() as one, bench() as other:
        for slot in slots(300):
            one.pinger.start(slot, 2.0)
        for slot in slots(300):
            other.pinger.start(slot, 2.0)
        assert await one.until(300) == [Cause.OK] * 300
        assert await other.until(300) == [Cause.OK] * 300


async def test_without_the_right_to_send_it_says_what_to_grant(monkeypatch):
    def refuse(family: int) -> tuple[bool, socket.socket]:
        raise PermissionError

    monkeypatch.setattr(icmp, "_open", refuse)
    pinger = Pinger(lambda *_: None)
    assert not pinger.can(socket.AF_INET)
    assert "CAP_NET_RAW" in pinger.missing
    assert "net.ipv4.ping_group_range" in pinger.missing
    pinger.close()
