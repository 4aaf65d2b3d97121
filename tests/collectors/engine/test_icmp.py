"""Pings of real loopback addresses. Raw sockets need a right that CI has; without it these tests fail."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

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


WITHOUT_RAW_SOCKETS = """
import asyncio, ctypes, json, socket, time
from pathlib import Path
from collectors.engine.icmp import Pinger, PingSlot
from monitor.demo.netns import enter_private_network

def give_up_raw_sockets():
    libc, net_raw = ctypes.CDLL(None, use_errno=True), 1 << 13
    head = (ctypes.c_uint32 * 2)(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this thread
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; and those above 31
    assert libc.capget(head, sets) == 0
    sets[0] &= ~net_raw
    sets[1] &= ~net_raw
    assert libc.capset(head, sets) == 0

async def ping(*addresses):
    causes = {}
    pinger = Pinger(lambda slot, verdict, *_: causes.update({slot.address: verdict.cause}))
    pinger.attach(asyncio.get_running_loop())
    for address in addresses:
        pinger.start(PingSlot(socket.AF_INET6 if ":" in address else socket.AF_INET, address), 2.0)
    end = time.monotonic() + 5
    while len(causes) < len(addresses) and time.monotonic() < end:
        await asyncio.sleep(0.02)
        pinger.expire(time.monotonic())
    raw = {channel.raw for channel in pinger._channels.values()}
    pinger.close()
    return causes, raw

async def both():
    # As two collectors on one machine: the kernel gives each its own replies.
    return await asyncio.gather(ping(*hosts), ping(*hosts))

hosts = [f"127.9.{n // 250}.{n % 250 + 1}" for n in range(1_000)]
enter_private_network()
give_up_raw_sockets()
refused = Pinger(lambda *_: None)
said = {"refused": refused.missing, "can": refused.can(socket.AF_INET)}
Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 2147483647")
causes, raw = asyncio.run(ping("127.0.0.1", "::1", "192.0.2.1"))
said["causes"], said["raw"] = causes, list(raw)
said["both"] = [sorted(set(causes.values())) for causes, _ in asyncio.run(both())]
said["counts"] = [len(causes) for causes, _ in asyncio.run(both())]
print(json.dumps(said))
"""


def test_without_raw_sockets_a_group_that_may_ping_is_enough():
    repository = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_RAW_SOCKETS],
        env={**os.environ, "PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert "net.ipv4.ping_group_range" in said["refused"]
    assert not said["can"]
    assert said["raw"] == [False]
    assert said["causes"] == {"127.0.0.1": "ok", "::1": "ok", "192.0.2.1": "unreachable"}
    assert said["both"] == [["ok"], ["ok"]]
    assert said["counts"] == [1_000, 1_000]
