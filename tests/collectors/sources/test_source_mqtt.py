"""The MQTT source against a real broker, which is killed, stopped and started again."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import servers
from aiomqtt import Client, MqttError, Will
from waiting import until

from collectors.protocols.base import Login
from collectors.sources.mqtt import MqttSource, Told
from monitor.config.settings import MqttSettings
from monitor.model.observations import Cause, Observation


@dataclass
class Role:
    """What the collector's role would be told."""

    told: list[tuple[str, Observation]] = field(default_factory=list)
    turns: list[bool] = field(default_factory=list)
    proofs: list[tuple[str, Observation]] = field(default_factory=list)

    def tell(self, node: str, seen: Observation) -> None:
        self.told.append((node, seen))

    def still(self, node: str, seen: Observation) -> None:
        self.proofs.append((node, seen))

    def lost(self, gone: bool, at: int) -> None:
        assert at > 0
        self.turns.append(gone)

    def causes(self) -> list[tuple[str, str]]:
        return [(node, seen.cause.value) for node, seen in self.told]


def now() -> int:
    return time.time_ns() // 1_000_000


def made(url: str, role: Role, timeout: float = 60, login: Login | None = None) -> MqttSource:
    watched = {f"dev-{number}": Told(f"node-{number}", "mqtt", timeout, timeout / 3) for number in range(3)}
    return MqttSource(
        MqttSettings(url), login, watched, tell=role.tell, still=role.still, lost=role.lost, clock=now
    )


@asynccontextmanager
async def listening(source: MqttSource, *, connect: bool = True) -> AsyncIterator[None]:
    task = asyncio.create_task(source.run())
    try:
        if connect:
            await until(lambda: source.connected or task.done())
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def publish(port: int, topic: str, payload: bytes = b"", *, retain: bool = False) -> None:
    async with Client("127.0.0.1", port) as client:
        await client.publish(topic, payload, qos=1, retain=retain)


async def test_a_heartbeat_is_a_good_observation_of_its_node(mosquitto: servers.Mosquitto) -> None:
    role = Role()
    before = now()
    async with listening(made(mosquitto.url, role)):
        await publish(mosquitto.port, "quanshi/dev-1/heartbeat", b"anything")
        await until(lambda: role.told)
    ((node, seen),) = role.told
    assert (node, seen.probe, seen.cause) == ("node-1", "mqtt", Cause.OK)
    assert before <= seen.started == seen.finished <= now()
    assert role.turns == []


async def test_the_will_of_a_client_that_dies_is_heard_at_once(mosquitto: servers.Mosquitto) -> None:
    role = Role()
    async with listening(made(mosquitto.url, role)):
        will = Will("quanshi/dev-2/will", b"gone", qos=1)
        camera = Client("127.0.0.1", mosquitto.port, will=will)
        await camera.__aenter__()
        died = now()
        connection = camera._client.socket()
        assert connection is not None
        connection.shutdown(2)
        await until(lambda: role.told)
        with suppress(MqttError):
            await camera.__aexit__(None, None, None)
    node, seen = role.told[0]
    assert (node, seen.cause) == ("node-2", Cause.REPORTED_OFF)
    assert seen.finished - died < 1_000


async def test_retained_unknown_and_garbage_messages_are_counted_and_nothing_else(
    mosquitto: servers.Mosquitto,
) -> None:
    role = Role()
    await publish(mosquitto.port, "quanshi/dev-0/heartbeat", b"old", retain=True)
    await publish(mosquitto.port, "quanshi/dev-1/will", b"old", retain=True)
    source = made(mosquitto.url, role)
    async with listening(source):
        await until(lambda: source.heard.retained == 2)
        await publish(mosquitto.port, "quanshi/stranger/heartbeat")
        await publish(mosquitto.port, "quanshi/dev-0/heartbeat", b"x" * 100_000)
        await publish(mosquitto.port, "quanshi/dev-0/heartbeat", b"alive")
        await until(lambda: role.told)
    assert role.causes() == [("node-0", "ok")]
    assert (source.heard.unknown, source.heard.garbage, source.heard.signs) == (1, 1, 1)


async def test_silence_is_missed_at_its_deadline(mosquitto: servers.Mosquitto) -> None:
    role = Role()
    async with listening(made(mosquitto.url, role, timeout=1.5)):
        await publish(mosquitto.port, "quanshi/dev-0/heartbeat")
        await until(lambda: len(role.told) == 4)
    (_, sign), *silences = role.told
    assert {node for node, _ in silences} == {"node-0", "node-1", "node-2"}
    assert {seen.cause for _, seen in silences} == {Cause.HEARTBEAT_MISSED}
    assert dict(silences)["node-0"].finished == sign.finished + 1_500


async def test_a_device_that_is_heard_again_was_silent_until_an_interval_before(
    mosquitto: servers.Mosquitto,
) -> None:
    role = Role()
    source = made(mosquitto.url, role, timeout=1.5)
    async with listening(source):
        await until(lambda: source.heard.missed == 3)
        for _ in range(10):
            await publish(mosquitto.port, "quanshi/dev-1/heartbeat")
            await asyncio.sleep(0.3)
        before = now()
        await publish(mosquitto.port, "quanshi/dev-0/heartbeat")
        await until(lambda: ("node-0", "ok") in role.causes())
    (_, missed) = next(told for told in role.told if told[0] == "node-0")
    ((node, proof),) = role.proofs
    assert (node, proof.probe, proof.cause) == ("node-0", "mqtt", Cause.HEARTBEAT_MISSED)
    assert missed.finished < proof.started == proof.finished <= now() - 500
    assert proof.finished > before - 500 - 2_500, "it looks every second, and believes the one before"


async def test_a_broker_that_dies_is_said_to_be_lost_and_found_again_without_false_alarms(
    tmp_path: Path,
) -> None:
    role = Role()
    with servers.mosquitto(tmp_path) as broker:
        source = made(broker.url, role, timeout=4)
        task = listening(source)
        await task.__aenter__()
        os.kill(broker.process.pid, signal.SIGKILL)
        await until(lambda: role.turns == [True])
        await asyncio.sleep(5)
        assert role.told == [], "nobody could be heard, so nobody was missed"
    with servers.mosquitto(tmp_path, port=broker.port) as broker:
        await until(lambda: role.turns == [True, False], within=40)
        await publish(broker.port, "quanshi/dev-0/heartbeat")
        await until(lambda: role.causes() == [("node-0", "ok")])
        await task.__aexit__(None, None, None)
    assert source.heard.connected == 2


async def test_a_broker_that_was_never_there_is_lost_once(free_port: int) -> None:
    role = Role()
    async with listening(made(f"mqtt://127.0.0.1:{free_port}", role), connect=False):
        await until(lambda: role.turns)
        await asyncio.sleep(1)
    assert role.turns == [True]


@pytest.mark.parametrize("host", ["10.1..2", "a" * 70, "no-such-broker.invalid"])
async def test_a_broker_whose_name_cannot_be_looked_up_is_lost_and_tried_again(host: str) -> None:
    role = Role()
    source = made(f"mqtt://{host}", role)
    async with listening(source, connect=False):
        await until(lambda: role.turns)
        await asyncio.sleep(1.5)
    assert role.turns == [True]


async def test_a_new_inventory_is_listened_for_at_once(mosquitto: servers.Mosquitto) -> None:
    role = Role()
    source = made(mosquitto.url, role)
    async with listening(source):
        source.watch({"late": Told("node-9", "mqtt", 60, 20)})
        await publish(mosquitto.port, "quanshi/dev-0/heartbeat")
        await publish(mosquitto.port, "quanshi/late/heartbeat")
        await until(lambda: role.told)
    assert role.causes() == [("node-9", "ok")]
    assert source.heard.unknown == 1


@pytest.mark.parametrize("url", ["http://broker", "mqtt://", "broker:1883"])
def test_what_is_no_broker_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="MQTT broker"):
        made(url, Role())


def test_no_password_is_shown() -> None:
    source = made("mqtt://127.0.0.1:1", Role(), login=Login("u", "very-secret"))
    assert "very-secret" not in repr(source) + repr(vars(source))
