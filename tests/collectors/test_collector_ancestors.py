"""A watch that fails has those above it asked at once: the cause shall be known with the failure."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import servers
from aiomqtt import Client
from collector_kit import Collector, Device, at, city, collecting, device, hang, now, until
from small_site import camera

from collectors.ancestors import above
from collectors.clearance import PATIENCE
from monitor.model.events import Change
from monitor.model.nodes import Address, Kind, Node, stable_hash
from monitor.model.observations import Cause, State

PROBES = {"tcp": {"every": "1s", "timeout": "900ms"}}


def seldom(name: str) -> str:
    """An id by which a probe that comes once a minute has its first turn soon after the start."""
    return next(f"{name}-{n}" for n in count() if stable_hash(f"{name}-{n}/tcp") % 300 < 10)


TOWN, CORE = seldom("town"), seldom("core")


def switch(node: str, made: Device, parent: str = "") -> dict[str, str]:
    return at(node, made, kind="switch", probes="tcp@60s", parent=parent) | {"class": ""}


async def said(collector: Collector, node: str, count: int) -> list[Change]:
    """The changes of a node, once there are so many: one may wait a moment for a word from above."""
    async with asyncio.timeout(3):
        while len(changes := await collector.changes(node)) < count:
            await asyncio.sleep(0.02)
    return changes


async def test_a_switch_that_is_seldom_asked_is_down_with_the_first_cameras_behind_it(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        core, town, *cams = [
            await stack.enter_async_context(device(hang, f"127.0.6.{n + 1}")) for n in range(5)
        ]
        nodes = [switch(CORE, core), switch(TOWN, town, CORE)]
        nodes += [at(f"cam-{n}", cam, probes="tcp", parent=TOWN) for n, cam in enumerate(cams)]
        async with collecting(city(tmp_path, nodes, probes=PROBES, judge={})) as collector:
            await until(lambda: {state for state, _ in collector.states().values()} == {"up"})
            before, died = core.connections, now()
            for dead in (town, *cams):
                dead.die()
            await collector.become(TOWN, State.DOWN, 8)
            _, down = await said(collector, TOWN, 2)
            assert down.cause is Cause.REFUSED
            assert died <= down.at < died + 1_500
            assert down.detected_at < died + 6_000
            await until(lambda: all(collector.state(f"cam-{n}")[0] == "down" for n in range(3)))
            # Those above the switch are asked too, and not once for every camera.
            assert 1 <= core.connections - before <= 1 + (now() - died) / 1000
            assert collector.state(CORE) == ("up", "ok")


async def test_a_camera_that_is_told_to_be_off_has_its_switch_asked(
    tmp_path: Path, mosquitto: servers.Mosquitto
) -> None:
    async with device(hang) as town:
        cam = camera("cam", address="127.0.6.9", probes="mqtt", parent=TOWN)
        broker = {"url": f"mqtt://127.0.0.1:{mosquitto.port}"}
        site = city(tmp_path / "site", [switch(TOWN, town), cam], probes=PROBES, mqtt=broker)
        async with collecting(site) as collector, Client("127.0.0.1", mosquitto.port) as client:
            await until(lambda: collector.state(TOWN)[0] == "up" and collector.listening._source.connected)
            await client.publish("quanshi/cam/heartbeat", qos=1)
            await collector.become("cam", State.UP)
            before = town.connections
            await client.publish("quanshi/cam/will", qos=1)
            await until(lambda: town.connections > before, 1.0)


async def test_a_camera_falls_with_the_answer_of_the_living_switch_as_evidence(tmp_path: Path) -> None:
    async with device(hang) as town, device(hang, "127.0.6.2") as cam:
        site = city(tmp_path, [switch(TOWN, town), at("cam", cam, probes="tcp", parent=TOWN)], probes=PROBES)
        async with collecting(site) as collector:
            await until(lambda: {state for state, _ in collector.states().values()} == {"up"})
            cam.die()
            _, down = await said(collector, "cam", 2)
            (above,) = [piece for piece in down.evidence if piece.node]
            assert (above.node, above.ok, above.cause) == (TOWN, True, Cause.OK)
            assert above.at >= down.at


async def test_two_cameras_that_fall_one_after_the_other_are_both_cleared_of_their_switch(
    tmp_path: Path,
) -> None:
    """Though a switch is asked for the sake of others once a second at most."""
    async with device(hang) as town, device(hang, "127.0.6.2") as one, device(hang, "127.0.6.3") as two:
        rows = [
            switch(TOWN, town),
            *(at(f"cam-{n}", cam, probes="tcp", parent=TOWN) for n, cam in ((1, one), (2, two))),
        ]
        async with collecting(city(tmp_path, rows, probes=PROBES)) as collector:
            await until(lambda: {state for state, _ in collector.states().values()} == {"up"})
            one.die()
            await until(lambda: collector.watcher.roster.wards["cam-1"].judge.missing)
            two.die()
            for name in ("cam-1", "cam-2"):
                _, down = await said(collector, name, 2)
                assert any(piece.node == TOWN and piece.ok and piece.at >= down.at for piece in down.evidence)


async def test_a_will_waits_for_the_word_of_the_switch_and_not_for_long(
    tmp_path: Path, mosquitto: servers.Mosquitto
) -> None:
    async with device(hang) as town:
        cam = camera("cam", address="127.0.6.9", probes="mqtt", parent=TOWN)
        broker = {"url": f"mqtt://127.0.0.1:{mosquitto.port}"}
        site = city(tmp_path / "site", [switch(TOWN, town), cam], probes=PROBES, mqtt=broker)
        async with collecting(site) as collector, Client("127.0.0.1", mosquitto.port) as client:
            await until(lambda: collector.state(TOWN)[0] == "up" and collector.listening._source.connected)
            await client.publish("quanshi/cam/heartbeat", qos=1)
            await collector.become("cam", State.UP)
            sent = now()
            await client.publish("quanshi/cam/will", qos=1)
            _, down = await said(collector, "cam", 2)
            assert now() - sent < 800
            assert [(piece.node, piece.ok) for piece in down.evidence if piece.node] == [(TOWN, True)]


async def test_a_camera_behind_a_switch_that_says_nothing_is_told_within_patience(tmp_path: Path) -> None:
    async with device(hang) as town, device(hang, "127.0.6.2") as cam:
        site = city(tmp_path, [switch(TOWN, town), at("cam", cam, probes="tcp", parent=TOWN)], probes=PROBES)
        async with collecting(site) as collector:
            await until(lambda: {state for state, _ in collector.states().values()} == {"up"})
            for dead in (cam, town):
                dead.die()
            await collector.become("cam", State.DOWN, 8)
            decided = now()
            _, down = await said(collector, "cam", 2)
            assert now() - decided < PATIENCE + 400
            assert not any(piece.node and piece.ok and piece.at >= down.at for piece in down.evidence)


async def test_when_the_switch_is_back_those_below_are_asked_soon(tmp_path: Path) -> None:
    """And not in their usual turn, once a minute."""
    async with device(hang) as town, device(hang, "127.0.6.2") as cam:
        rows = [at(TOWN, town, kind="switch", probes="tcp") | {"class": ""}]
        rows.append(at(seldom("cam"), cam, probes="tcp@60s", parent=TOWN))
        node = rows[1]["id"]
        async with collecting(city(tmp_path, rows, probes=PROBES)) as collector:
            await until(lambda: {state for state, _ in collector.states().values()} == {"up"})
            town.die()
            cam.die()
            await until(lambda: collector.state(TOWN)[0] == "down")
            (turn,) = collector.watcher.roster.wards[node].turns.values()
            collector.watcher.asking.start(turn, 0.4)
            await collector.become(node, State.DOWN)
            await cam.live()
            await town.live()
            await collector.become(TOWN, State.UP)
            await collector.become(node, State.UP, 2.0)


async def test_a_reload_that_moves_a_camera_behind_another_switch_is_heeded(tmp_path: Path) -> None:
    async with device(hang) as town, device(hang, "127.0.6.2") as core, device(hang, "127.0.6.3") as cam:
        switches = [switch(TOWN, town), switch(CORE, core)]
        before = city(tmp_path, [*switches, at("cam", cam, probes="tcp", parent=TOWN)], probes=PROBES)
        async with collecting(before) as collector:
            await until(lambda: {state for state, _ in collector.states().values()} == {"up"})
            moved = [*switches, at("cam", cam, probes="tcp", parent=CORE)]
            collector.take(city(tmp_path, moved, probes=PROBES))
            asked, asked_before = core.connections, town.connections
            cam.die()
            await until(lambda: core.connections > asked, 3.0)
            await asyncio.sleep(0.2)
            assert town.connections == asked_before


def node(name: str, *parents: str, networks: tuple[str, ...] = ("video",)) -> Node:
    addresses = tuple(Address("127.0.0.1") for _ in networks)
    return Node(name, Kind.SWITCH, networks, addresses, (), parents=parents)


def test_above_are_the_parents_and_theirs_each_once_and_the_nearest_first() -> None:
    made = [node("town", "east", "west"), node("east", "core"), node("west", "core"), node("core")]
    nodes = {one.id: one for one in made}
    assert list(above(("town",), nodes, "video")) == ["town", "east", "west", "core"]


def test_a_parent_in_another_network_or_in_no_list_is_none() -> None:
    made = [node("a", "b", "gone"), node("b", "c", networks=("police",)), node("c")]
    nodes = {one.id: one for one in made}
    assert list(above(("a",), nodes, "video")) == ["a"]


def test_parents_in_a_circle_come_to_an_end() -> None:
    nodes = {"a": node("a", "b"), "b": node("b", "a")}
    assert list(above(("b",), nodes, "video")) == ["b", "a"]
