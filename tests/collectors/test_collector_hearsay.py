"""A broker beside the collector, and an uplink that is cut: all last wills fire at once."""

from __future__ import annotations

import asyncio
import ctypes
import random
import signal
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import servers
from aiomqtt import Client, MqttError, Will
from collector_kit import Collector, city, collecting, until
from small_site import camera

from monitor.config import Site
from monitor.model.observations import Cause, Observation, State

CAMS = tuple(f"cam-{number}" for number in range(12))
UP, OFF, MISSED = ("up", "ok"), ("down", "reported_off"), ("down", "heartbeat_missed")


class Gateway:
    """A witness that can be cut off: then the kernel drops every packet to it, and nobody says so."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self._program = bytearray(struct.pack("HBBI", 0x06, 0, 0, 0))  # BPF: return 0 bytes of each

    def cut(self) -> None:
        place = ctypes.addressof((ctypes.c_char * len(self._program)).from_buffer(self._program))
        self.listener.setsockopt(socket.SOL_SOCKET, 26, struct.pack("HP", 1, place))  # SO_ATTACH_FILTER

    def join(self) -> None:
        self.listener.setsockopt(socket.SOL_SOCKET, 27, 0)  # SO_DETACH_FILTER


class Cam:
    """A camera at the broker, which says that it lives until its connection is cut."""

    def __init__(self, name: str, port: int) -> None:
        self.name = name
        self._port = port
        self._client: Client | None = None
        self._beating: asyncio.Task[None] | None = None

    async def join(self) -> None:
        self._client = Client("127.0.0.1", self._port, will=Will(f"quanshi/{self.name}/will", b"", qos=1))
        await self._client.__aenter__()
        self._beating = asyncio.create_task(self._beat(self._client))

    async def _beat(self, client: Client) -> None:
        with suppress(MqttError):
            while True:
                await client.publish(f"quanshi/{self.name}/heartbeat")
                await asyncio.sleep(random.uniform(0.1, 0.5))

    def rest(self) -> None:
        """Its next heartbeat is not due for a long time."""
        assert self._beating is not None
        self._beating.cancel()

    def cut(self) -> None:
        assert self._client is not None
        self.rest()
        connection = self._client._client.socket()
        assert connection is not None
        connection.shutdown(socket.SHUT_RDWR)

    async def leave(self) -> None:
        if self._client is not None:
            self._beating.cancel()
            with suppress(MqttError):
                await self._client.__aexit__(None, None, None)


def town(folder: Path, port: int, witness: Gateway | None, every: str = "1s") -> Site:
    nodes = [camera(name, address=f"127.0.5.{n + 1}", probes="mqtt") for n, name in enumerate(CAMS)]
    network: dict[str, object] = {"name": "视频专网"}
    if witness is not None:
        nodes.append(
            camera("gw", address=f"127.0.0.1:{witness.port}", kind="gateway", probes="tcp", **{"class": ""})
        )
        network["witnesses"] = ["gw"]
    return city(
        folder,
        nodes,
        networks={"video": network},
        probes={"mqtt": {"every": every}, "tcp": {"every": "60s", "timeout": "400ms"}},
        mqtt={"url": f"mqtt://127.0.0.1:{port}", "will_topic": "quanshi/+/will"},
        judge={"blind": {"least": 3}},
    )


@asynccontextmanager
async def joined(port: int) -> AsyncIterator[list[Cam]]:
    async with AsyncExitStack() as stack:
        cams = [Cam(name, port) for name in CAMS]
        for cam in cams:
            stack.push_async_callback(cam.leave)
            await cam.join()
        yield cams


async def all_up(collector: Collector) -> None:
    await until(lambda: all(collector.state(name) == UP for name in CAMS))
    await asyncio.sleep(0.5)  # their first heartbeats come all at once, the others do not


def cut_at_once(cams: list[Cam], broker: servers.Mosquitto) -> None:
    """However busy the machine is: the broker finds all of them gone when it goes on."""
    broker.process.send_signal(signal.SIGSTOP)
    for cam in cams:
        cam.cut()
    broker.process.send_signal(signal.SIGCONT)


async def downs(collector: Collector) -> set[str]:
    return {one.node for one in await collector.changes() if one.new is State.DOWN}


async def test_wills_that_an_own_cut_uplink_fires_take_nobody_down_and_the_dead_are_found_afterwards(
    tmp_path: Path, mosquitto: servers.Mosquitto
) -> None:
    gate = Gateway()
    with gate.listener:
        async with (
            joined(mosquitto.port) as cams,
            collecting(town(tmp_path / "site", mosquitto.port, gate)) as collector,
        ):
            await all_up(collector)
            gate.cut()
            cut_at_once(cams, mosquitto)
            await until(lambda: collector.watcher.keeper.blind)
            await until(lambda: collector.listening._source.heard.off == len(CAMS))
            await asyncio.sleep(1)
            assert await downs(collector) == set()
            gate.join()
            for cam in cams[1:]:
                await cam.join()
            await until(lambda: not collector.watcher.keeper.blind)
            await until(lambda: collector.state("cam-0") == MISSED)
            assert await downs(collector) == {"cam-0"}
            assert all(collector.state(name) == UP for name in CAMS[1:])


async def test_wills_of_a_whole_city_are_an_outage_where_a_witness_answers(
    tmp_path: Path, mosquitto: servers.Mosquitto
) -> None:
    gate = Gateway()
    with gate.listener:
        async with (
            joined(mosquitto.port) as cams,
            collecting(town(tmp_path / "site", mosquitto.port, gate, every="30s")) as collector,
        ):
            await all_up(collector)
            cut_at_once(cams, mosquitto)
            await until(lambda: all(collector.state(name) == OFF for name in CAMS), 5)
            assert not any(one.blind for one in await collector.sights())


async def test_without_witnesses_the_wills_of_a_whole_city_are_our_own_blindness(
    tmp_path: Path, mosquitto: servers.Mosquitto
) -> None:
    async with (
        joined(mosquitto.port) as cams,
        collecting(town(tmp_path / "site", mosquitto.port, None)) as collector,
    ):
        await all_up(collector)
        cut_at_once(cams, mosquitto)
        await until(lambda: collector.watcher.keeper.blind)
        await asyncio.sleep(4)  # heartbeats are missed, too
        assert await downs(collector) == set()
        for cam in cams:
            await cam.join()
        await until(lambda: not collector.watcher.keeper.blind)
        await asyncio.sleep(1)
        assert await downs(collector) == set()


async def test_one_will_among_many_is_told_within_a_second(
    tmp_path: Path, mosquitto: servers.Mosquitto
) -> None:
    async with (
        joined(mosquitto.port) as cams,
        collecting(town(tmp_path / "site", mosquitto.port, None, every="30s")) as collector,
    ):
        await all_up(collector)
        cams[0].cut()
        await until(lambda: collector.state("cam-0") == OFF, 1)
        assert await downs(collector) == {"cam-0"}


async def test_a_clock_that_is_set_forward_makes_nobody_miss_a_heartbeat(
    tmp_path: Path, mosquitto: servers.Mosquitto
) -> None:
    async with (
        joined(mosquitto.port) as cams,
        collecting(town(tmp_path / "site", mosquitto.port, None, every="30s")) as collector,
    ):
        await all_up(collector)
        for cam in cams:
            cam.rest()
        clock = collector.watcher.clock
        clock._wall = lambda wall=clock._wall: wall() + 3_600
        await asyncio.sleep(3)
        assert await downs(collector) == set()
        assert collector.listening._source.heard.missed == 0


async def test_words_that_come_within_one_tick_are_heard_in_their_order(
    tmp_path: Path, mosquitto: servers.Mosquitto
) -> None:
    async with (
        joined(mosquitto.port),
        collecting(town(tmp_path / "site", mosquitto.port, None, every="30s")) as collector,
    ):
        await all_up(collector)
        moment = collector.watcher.now()
        for after, cause in enumerate((Cause.REPORTED_OFF, Cause.OK)):
            collector.watcher.told("cam-0", Observation("mqtt", moment + after, moment + after, cause))
        await until(lambda: not collector.watcher.hearsay._waiting)
        said = [(one.new, one.at) for one in await collector.changes("cam-0")]
        assert said[1:] == [(State.DOWN, moment), (State.UP, moment + 1)]


async def test_a_word_about_a_node_that_left_before_the_next_tick_is_said_by_nobody(
    tmp_path: Path, mosquitto: servers.Mosquitto
) -> None:
    site = town(tmp_path / "site", mosquitto.port, None, every="30s")
    async with joined(mosquitto.port), collecting(site) as collector:
        await all_up(collector)
        moment = collector.watcher.now()
        collector.watcher.told("cam-0", Observation("mqtt", moment, moment, Cause.REPORTED_OFF))
        left = [camera("cam-1", address="127.0.5.2", probes="mqtt")]
        collector.take(city(tmp_path / "site", left, mqtt={"url": f"mqtt://127.0.0.1:{mosquitto.port}"}))
        await until(lambda: not collector.watcher.hearsay._waiting)
        assert [one.new for one in await collector.changes("cam-0")] == [State.UP, State.UNKNOWN]
