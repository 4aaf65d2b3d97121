import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest
from demo_people import own_port
from hypothesis import given
from hypothesis import strategies as st

from monitor.demo import mqtt
from monitor.demo.broker import BrokerProcess
from monitor.demo.broker import main as broker_main
from monitor.demo.city import Intervals, make_city
from monitor.demo.client import FleetProcess
from monitor.demo.heartbeat import Broker
from monitor.demo.plan import plan_of
from monitor.demo.process import FleetError
from monitor.demo.site_files import TOPIC, WILL_TOPIC
from monitor.model.times import wall_clock

BEAT = 0.3


class Heard:
    """A fleet with heartbeats, its broker, and the ids of the nodes that beat."""

    def __init__(self, fleet: FleetProcess, port: int, nodes: list[str]) -> None:
        self.fleet = fleet
        self.port = port
        self._nodes = iter(nodes)

    def node(self) -> str:
        return next(self._nodes)


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Heard]:
    city = make_city(700, seed=21, port=own_port(21), intervals=Intervals(mqtt=BEAT))
    nodes = [n.id for n in city.nodes if any(p.protocol == "mqtt" for p in n.probes)]
    with BrokerProcess(own_port(22)) as broker:
        plan = plan_of(city, broker=Broker("127.0.0.1", broker.port, TOPIC, WILL_TOPIC))
        with FleetProcess(plan, tmp_path_factory.mktemp("mqtt")) as fleet:
            yield Heard(fleet, broker.port, nodes)


@asynccontextmanager
async def listening(port: int, topic: str) -> AsyncIterator[aiomqtt.Client]:
    async with aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe(topic)
        yield client


async def next_message(client: aiomqtt.Client, limit: float = 3.0) -> aiomqtt.Message:
    async with asyncio.timeout(limit):
        return await anext(aiter(client.messages))


async def nothing_for(client: aiomqtt.Client, span: float) -> bool:
    try:
        await next_message(client, span)
    except TimeoutError:
        return True
    return False


async def test_a_device_beats_at_its_interval(heard: Heard) -> None:
    node = heard.node()
    async with listening(heard.port, f"quanshi/{node}/heartbeat") as client:
        await next_message(client)
        begun = wall_clock()
        message = await next_message(client)
        assert wall_clock() - begun < 3 * BEAT * 1000
        assert json.loads(bytes(message.payload))["id"] == node
        assert not message.retain


async def test_a_silent_device_keeps_its_connection_and_publishes_no_will(heard: Heard) -> None:
    node = heard.node()
    async with listening(heard.port, f"quanshi/{node}/+") as client:
        await next_message(client)
        heard.fleet.fail([node], "silent")
        while not await nothing_for(client, 3 * BEAT):
            pass
        heard.fleet.clear([node])
        message = await next_message(client)
        assert str(message.topic).endswith("/heartbeat")


async def test_a_device_that_dies_is_told_of_by_its_broker_within_a_second(heard: Heard) -> None:
    node = heard.node()
    async with listening(heard.port, f"quanshi/{node}/will") as client:
        await asyncio.sleep(1.5)  # until it has surely connected
        heard.fleet.fail([node], "will")
        died = wall_clock()
        await next_message(client)
        assert wall_clock() - died < 1000


async def test_a_dead_device_beats_again_when_it_is_back_and_truth_ends_with_that_beat(heard: Heard) -> None:
    node = heard.node()
    async with listening(heard.port, f"quanshi/{node}/heartbeat") as client:
        await next_message(client)
        heard.fleet.fail([node], "will")
        while not await nothing_for(client, 3 * BEAT):
            pass
        heard.fleet.clear([node])
        message = await next_message(client)
        (row,) = [row for row in heard.fleet.truth() if row.node == node]
        assert row.ended is not None
        assert row.ended_by is not None
        said = json.loads(bytes(message.payload))["time"]
        assert row.to_json()["to"] <= row.to_json()["to_by"] <= said


async def test_a_device_behind_a_dead_link_is_neither_heard_nor_told_of(heard: Heard) -> None:
    node = heard.node()
    async with listening(heard.port, f"quanshi/{node}/+") as client:
        await next_message(client)
        heard.fleet.fail([node], "vanish")
        while not await nothing_for(client, 3 * BEAT):
            pass
        heard.fleet.clear([node])
        assert str((await next_message(client)).topic).endswith("/heartbeat")


async def test_devices_connect_again_after_their_broker_was_away(tmp_path: Path) -> None:
    city = make_city(5, seed=23, port=own_port(23), intervals=Intervals(mqtt=BEAT))
    broker = BrokerProcess(own_port(24))
    plan = plan_of(city, broker=Broker("127.0.0.1", broker.port, TOPIC, WILL_TOPIC))
    with FleetProcess(plan, tmp_path):
        await asyncio.sleep(0.3)
        with broker:
            async with listening(broker.port, "quanshi/+/heartbeat") as client:
                await next_message(client, 6)


def test_a_broker_on_a_taken_port_says_so() -> None:
    with (
        BrokerProcess(own_port(25)) as first,
        pytest.raises(FleetError, match=r"cannot start.*address already in use"),
    ):
        BrokerProcess(first.port).start()


def test_the_broker_without_passwords_stays_where_nobody_else_reaches_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert broker_main(["--host", "8.8.8.8", "--port", "1"]) == 1
    assert "private addresses only" in capsys.readouterr().out


def test_connect_names_the_will_as_mqtt_3_1_1_wants_it() -> None:
    packet = mqtt.connect("dev", 60, mqtt.Will("t", b"off"))
    assert packet == b"\x10\x17\x00\x04MQTT\x04\x0e\x00\x3c\x00\x03dev\x00\x01t\x00\x03off"


def test_packets_come_whole_and_the_rest_is_kept() -> None:
    connack, start = b"\x20\x02\x00\x00", b"\xd0"
    assert mqtt.packets(connack + connack[:3]) == ([(mqtt.CONNACK, b"\x00\x00")], connack[:3])
    assert mqtt.packets(start) == ([], start)


def test_a_length_of_more_than_four_bytes_is_refused() -> None:
    with pytest.raises(ValueError, match="four bytes"):
        mqtt.packets(b"\x30\xff\xff\xff\xff\x01")


@given(st.text(max_size=20), st.binary(max_size=400))
def test_what_is_published_is_read_back(topic: str, payload: bytes) -> None:
    ((kind, body),), rest = mqtt.packets(mqtt.publish(topic, payload))
    assert (kind, rest) == (3, b"")
    assert body.endswith(payload)
