"""A switch with many dead cameras behind it: how much goes through it at once, and who waits for that."""

from __future__ import annotations

import asyncio
import socket
import time
from pathlib import Path

from collector_kit import Device, answering, at, city, collecting, device, until
from small_site import camera

from monitor.config import Site
from monitor.model.observations import State

ESTABLISHED = 1  # linux/tcp_states.h, the first byte of TCP_INFO


class Silent:
    """Takes every connection, never answers; ``most`` stood at one moment, by the kernel's word."""

    def __init__(self) -> None:
        self.most = 0
        self._open: set[socket.socket] = set()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        self._open.add(connection)
        self.most = max(self.most, sum(map(stands, self._open)))
        try:
            await reader.read()
        finally:
            self._open.discard(connection)


def stands(connection: socket.socket) -> bool:
    """Whether the other side has not closed it: that is known before anybody has read the end."""
    return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == ESTABLISHED


def town(folder: Path, dead: Device, living: Device, per_uplink: int = 10, probes: str = "rtsp") -> Site:
    """200 cameras behind one switch, and 20 behind another or none."""
    nodes = [camera("narrow", address="127.0.8.1", kind="switch", probes="ping", **{"class": ""})]
    nodes += [camera("other", address="127.0.8.2", kind="switch", probes="ping", **{"class": ""})]
    nodes += [
        camera(f"dead-{n}", address=f"127.0.7.{n + 1}:{dead.port}", parent="narrow", probes=probes)
        for n in range(200)
    ]
    nodes += [
        camera(f"well-{n}", address=f"127.0.9.{n + 1}:{living.port}", parent="other" if n % 2 else "")
        for n in range(20)
    ]
    return city(folder, nodes, per_uplink=per_uplink, judge={"blind": {"least": 1000}})


async def test_two_hundred_hung_cameras_behind_a_switch_take_so_many_connections_and_nobody_elses_time(
    tmp_path: Path,
) -> None:
    silent = Silent()
    async with (
        device(silent.answer, "0.0.0.0") as dead,
        device(answering(), "0.0.0.0") as living,
        collecting(town(tmp_path, dead, living)) as collector,
    ):
        await until(lambda: all(collector.state(f"well-{n}")[0] == "up" for n in range(20)), 3)
        before, begun = living.connections, time.monotonic()
        await asyncio.sleep(5)
        rate = (living.connections - before) / (time.monotonic() - begun)
        assert rate > 0.9 * 20 / 0.5, "asked as often as they should be"
        assert silent.most == 10
        assert dead.connections >= 10 * 5 / 0.5 * 0.6, "the places are used"
        await until(lambda: sum(collector.state(f"dead-{n}")[0] == "down" for n in range(200)) > 50, 30)
        assert all(collector.state(f"well-{n}") == ("up", "ok") for n in range(20))


async def test_a_reload_widens_the_switch_for_those_that_wait(tmp_path: Path) -> None:
    silent = Silent()
    async with (
        device(silent.answer, "0.0.0.0") as dead,
        device(answering(), "0.0.0.0") as living,
        collecting(town(tmp_path, dead, living, per_uplink=1)) as collector,
    ):
        await until(lambda: dead.connections >= 3)
        assert silent.most == 1
        collector.take(town(tmp_path, dead, living, per_uplink=30))
        await until(lambda: silent.most == 30, 3)


async def test_a_camera_moved_behind_another_switch_waits_there(tmp_path: Path) -> None:
    async with device(answering()) as cam:
        switches = [at(name, cam, kind="switch") | {"class": ""} for name in ("east", "west")]
        site = city(tmp_path, [*switches, at("cam", cam, parent="east")])
        async with collecting(site) as collector:
            await collector.become("cam", State.UP)
            wards = collector.watcher.roster.wards
            assert wards["cam"].uplink is not None
            assert wards["east"].uplink is None
            east = wards["cam"].uplink
            collector.take(city(tmp_path, [*switches, at("cam", cam, parent="west")]))
            west = wards["cam"].uplink
            assert west is not east
            asked = cam.connections
            await until(lambda: cam.connections > asked + 6)
            assert east.flying == 0
            assert [one.new for one in await collector.changes("cam")] == [State.UP]
