"""A broker that says what no broker should: nothing ends, nothing spins, nothing is left behind."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from waiting import until

from collectors.sources.mqtt import MqttSource, Told
from monitor.config.settings import MqttSettings
from monitor.model.observations import Observation

CONNACK = b"\x20\x02\x00\x00"
GOOD = b"quanshi/dev/heartbeat"


def publish(topic: bytes, payload: bytes = b"", flags: int = 0) -> bytes:
    body = len(topic).to_bytes(2, "big") + topic + payload
    return bytes([0x30 | flags, len(body)]) + body


@dataclass
class Broker:
    """Takes anybody, grants what ``granted`` says to a subscription, then says ``words``, one by one."""

    words: list[bytes] = field(default_factory=list)
    granted: bytes = b"\x01\x01"
    greeting: bytes = CONNACK
    port: int = 0
    connections: int = 0
    open_now: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open_now += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await reader.readexactly(2):
                body = await reader.readexactly(head[1])
                writer.write(self.answer(head[0] >> 4, body))
                await writer.drain()
        self.open_now -= 1
        writer.close()

    def answer(self, packet: int, body: bytes) -> bytes:
        if packet == 1:
            return self.greeting
        if packet == 8:
            ack = bytes([0x90, 2 + len(self.granted)]) + body[:2] + self.granted
            return ack + b"".join(self.words)
        return b""


@asynccontextmanager
async def broker(**behaviour: object) -> AsyncIterator[Broker]:
    made = Broker(**behaviour)  # type: ignore[arg-type]
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()


@dataclass
class Listener:
    source: MqttSource
    told: list[tuple[str, Observation]]
    turns: list[bool]
    task: asyncio.Task[None]


@asynccontextmanager
async def listening(port: int) -> AsyncIterator[Listener]:
    told: list[tuple[str, Observation]] = []
    turns: list[bool] = []
    source = MqttSource(
        MqttSettings(f"mqtt://127.0.0.1:{port}"),
        None,
        {"dev": Told("node", "mqtt", 60, 20)},
        tell=lambda node, seen: told.append((node, seen)),
        still=lambda _node, _seen: None,
        lost=lambda gone, _at: turns.append(gone),
        clock=lambda: time.time_ns() // 1_000_000,
    )
    task = asyncio.create_task(source.run())
    try:
        yield Listener(source, told, turns, task)
        assert not task.done(), "the source ended"
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def idle_share(seconds: float = 0.5) -> float:
    """Which share of a core this process leaves alone for a while."""
    begun = time.process_time()
    await asyncio.sleep(seconds)
    return 1 - (time.process_time() - begun) / seconds


@pytest.mark.parametrize(
    "topic",
    [b"quanshi/+/heartbeat", b"quanshi/#", b"quanshi/\xff\xfe/heartbeat", b"\xed\xa0\x80"],
    ids=["a plus", "a hash", "no UTF-8", "a surrogate"],
)
async def test_a_message_on_an_impossible_topic_is_garbage_and_costs_nothing_else(topic: bytes) -> None:
    words = [publish(topic, b"x"), publish(topic, flags=1), publish(GOOD)]
    async with broker(words=words) as talker, listening(talker.port) as listener:
        await until(lambda: listener.told)
        assert listener.source.heard.garbage == 2
        assert (talker.connections, listener.turns) == (1, [])
        assert await idle_share() > 0.5


@pytest.mark.parametrize(
    "packet",
    [
        *(b"\x30\x00", b"\x30\x01a", b"\x30\x02\x00\x00", b"\x30\x02\xff\xff", b"\x36\x03\x00\x01a"),
        *(b"\xf0\x00", b"\x00\x00", b"\x30\xff\xff\xff\xff\x7f", b"\x40\x01a", b"\xd0\x01a", b"\x90\x00"),
    ],
    ids=bytes.hex,
)
async def test_a_packet_that_is_none_ends_the_connection_and_its_socket(packet: bytes) -> None:
    async with broker(words=[packet, publish(GOOD)]) as talker, listening(talker.port) as listener:
        await until(lambda: talker.connections >= 3)
        await until(lambda: talker.open_now <= 1)
        assert listener.turns[0] is True
        assert await idle_share() > 0.5
        talker.words = [publish(GOOD)]
        await until(lambda: listener.told)


async def test_a_subscription_that_is_granted_nothing_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    async with broker(granted=b"") as talker, listening(talker.port) as listener:
        await until(lambda: talker.connections >= 2)
        assert listener.turns == [True]
        assert not listener.source.connected
        talker.granted, talker.words = b"\x01\x01", [publish(GOOD)]
        await until(lambda: listener.told)


async def test_a_broker_that_never_greets_is_left_without_a_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collectors.sources.mqtt.CONNECT", 0.3)
    async with broker(greeting=b"") as talker, listening(talker.port):
        await until(lambda: talker.connections >= 3)
        await until(lambda: talker.open_now <= 1)


async def test_who_stops_listening_while_connecting_leaves_no_socket_behind() -> None:
    async with broker(words=[publish(GOOD)]) as talker:
        for turns in range(12):
            async with listening(talker.port):
                for _ in range(turns):
                    await asyncio.sleep(0)
        await asyncio.sleep(0.2)
        await until(lambda: talker.open_now == 0)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.binary(max_size=12), max_size=4))
async def test_any_bytes_after_the_subscription_leave_the_source_alive(words: list[bytes]) -> None:
    async with broker(words=words) as talker, listening(talker.port) as listener:
        await until(lambda: listener.source.heard.connected)
        talker.words = [publish(GOOD)]
        await asyncio.sleep(0.02)
        assert not listener.task.done()
