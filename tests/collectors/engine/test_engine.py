"""The engine against real sockets on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from collectors.engine.engine import Device, Engine, Phase, Slot
from collectors.protocols.base import Step
from monitor.model.observations import Cause, Verdict

OK = Verdict(Cause.OK)
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Echo:
    """Sends ``hello`` and is content with ``hello`` back."""

    def __init__(self) -> None:
        self.heard = b""

    def begin(self, *, fresh: bool) -> Step:
        self.heard = b""
        return b"hello"

    def receive(self, data: bytes) -> Step:
        self.heard += data
        if len(self.heard) > 1_000:
            return Verdict(Cause.BAD_REPLY)
        return OK if self.heard == b"hello" else None

    def closed(self) -> Verdict:
        return Verdict(Cause.RESET, "closed")

    def lock(self, instead: Verdict | None) -> None:
        raise AssertionError


class Bench:
    """An engine with its ticks running; collects the verdicts."""

    def __init__(self, limit: int = 100) -> None:
        self.verdicts: list[tuple[Slot, Verdict, float]] = []
        self.ended: list[Slot] = []
        self.engine = Engine(self._answered, self.ended.append, limit=limit)

    def _answered(self, slot: Slot, verdict: Verdict, started: float, finished: float) -> None:
        self.verdicts.append((slot, verdict, finished - started))

    async def until(self, count: int, seconds: float = 10.0) -> list[Cause]:
        end = time.monotonic() + seconds
        while len(self.verdicts) < count and time.monotonic() < end:
            await asyncio.sleep(0.02)
            self.engine.expire(time.monotonic())
        assert len(self.verdicts) >= count
        return [verdict.cause for _, verdict, _ in self.verdicts]


@asynccontextmanager
async def bench(limit: int = 100) -> AsyncIterator[Bench]:
    made = Bench(limit)
    made.engine.attach(asyncio.get_running_loop())
    try:
        yield made
    finally:
        made.engine.close()


@asynccontextmanager
async def device(answer: Answer, host: str = "127.0.0.1") -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await answer(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, host, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(100):
        writer.write(data)


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(5)


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(5)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.1)


async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


def slot(port: int, host: str = "127.0.0.1", **options: object) -> Slot:
    if ":" in host:
        return Slot(Echo(), socket.AF_INET6, (host, port, 0, 0), **options)
    return Slot(Echo(), socket.AF_INET, (host, port), **options)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (echo, Cause.OK),
        (hang, Cause.TIMEOUT),
        (hang_up, Cause.RESET),
        (reset, Cause.RESET),
        (drip, Cause.TIMEOUT),
        (flood, Cause.BAD_REPLY),
    ],
)
async def test_every_way_to_answer_ends_in_its_cause_within_the_deadline(answer: Answer, cause: Cause):
    async with bench() as made, device(answer) as port:
        made.engine.start(slot(port), 0.6)
        assert await made.until(1) == [cause]
        assert made.verdicts[0][2] < 1.0
        assert made.engine.flying == 0


async def test_ipv6_is_asked_like_ipv4():
    async with bench() as made, device(echo, "::1") as port:
        made.engine.start(slot(port, "::1"), 2.0)
        assert await made.until(1) == [Cause.OK]


async def test_nobody_listening_is_refused_at_once():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        async with bench() as made:
            made.engine.start(slot(port), 5.0)
            assert await made.until(1) == [Cause.REFUSED]
            assert made.verdicts[0][2] < 0.5


async def test_a_handshake_that_nobody_answers_is_no_reply_and_not_a_timeout():
    drop_all = struct.pack("HBBI", 0x06, 0, 0, 0)
    program = bytearray(drop_all)
    address = (__import__("ctypes").c_char * len(program)).from_buffer(program)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        option = struct.pack("HP", 1, __import__("ctypes").addressof(address))
        listener.setsockopt(socket.SOL_SOCKET, 26, option)
        async with bench() as made:
            made.engine.start(slot(listener.getsockname()[1]), 0.4)
            assert await made.until(1) == [Cause.NO_REPLY]


async def test_hung_devices_within_the_limit_do_not_delay_the_living():
    async with bench(limit=60) as made, device(hang) as dead, device(echo) as living:
        for _ in range(50):
            made.engine.start(slot(dead), 3.0)
        start = time.monotonic()
        for _ in range(200):
            made.engine.start(slot(living), 3.0)
        await made.until(200)
        assert time.monotonic() - start < 2.0


async def test_no_more_than_the_limit_is_in_flight_and_the_rest_waits_its_turn():
    async with bench(limit=5) as made, device(echo) as port:
        for _ in range(50):
            made.engine.start(slot(port), 3.0)
        assert made.engine.flying == 5
        assert made.engine.queued == 45
        assert await made.until(50) == [Cause.OK] * 50


async def test_thousands_that_fail_at_once_behind_the_limit_are_a_loop_and_no_recursion():
    async with bench(limit=1) as made, device(hang) as port:
        made.engine.start(slot(port), 0.3)
        # Nothing listens on port 1 of an address without a route; the connect itself fails.
        for _ in range(3_000):
            made.engine.start(Slot(Echo(), socket.AF_INET, ("127.0.0.1", 1)), 0.3)
        assert len(await made.until(3_001)) == 3_001


async def test_one_device_is_asked_over_one_connection_at_a_time():
    open_now = most = 0

    async def counting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await asyncio.sleep(0.02)
        writer.write(await reader.read(5))
        await reader.read()
        open_now -= 1

    async with bench() as made, device(counting) as port:
        shared = Device()
        for _ in range(6):
            made.engine.start(slot(port, device=shared), 3.0)
        assert await made.until(6) == [Cause.OK] * 6
        assert most == 1


async def test_a_slot_that_is_being_asked_is_not_asked_twice():
    async with bench() as made, device(hang) as port:
        one = slot(port)
        assert made.engine.start(one, 0.5)
        assert not made.engine.start(one, 0.5)
        assert await made.until(1) == [Cause.TIMEOUT]
        assert len(made.verdicts) == 1


async def test_a_cancelled_slot_gives_no_verdict_and_frees_its_device():
    async with bench() as made, device(hang) as dead, device(echo) as living:
        shared = Device()
        gone, waiting = slot(dead, device=shared), slot(living, device=shared)
        made.engine.start(gone, 3.0)
        made.engine.start(waiting, 3.0)
        made.engine.cancel(gone)
        assert await made.until(1) == [Cause.OK]
        assert [one for one, _, _ in made.verdicts] == [waiting]


async def test_a_held_connection_is_asked_again_without_a_new_handshake():
    handshakes = 0

    async def counting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal handshakes
        handshakes += 1
        await echo(reader, writer)

    async with bench() as made, device(counting) as port:
        held = slot(port, hold=True)
        for round_ in range(1, 4):
            assert made.engine.start(held, 2.0)
            assert await made.until(round_) == [Cause.OK] * round_
            assert held.phase is Phase.HELD
        assert handshakes == 1


async def test_the_end_of_a_held_connection_is_noticed_at_once():
    writers: list[asyncio.StreamWriter] = []

    async def noting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await echo(reader, writer)

    async with bench() as made, device(noting) as port:
        held = slot(port, hold=True)
        made.engine.start(held, 2.0)
        await made.until(1)
        start = time.monotonic()
        writers[0].transport.abort()
        while not made.ended and time.monotonic() - start < 2:
            await asyncio.sleep(0.005)
        assert made.ended == [held]
        assert time.monotonic() - start < 0.5
        assert held.phase is Phase.IDLE


async def test_closing_leaves_no_connection_and_no_reader_behind():
    async with device(hang) as port:
        made = Bench()
        made.engine.attach(asyncio.get_running_loop())
        one = slot(port)
        made.engine.start(one, 5.0)
        await asyncio.sleep(0.05)
        made.engine.close()
        assert one.sock is None
        assert not made.verdicts
