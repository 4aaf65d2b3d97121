"""Kept connections, and never more than one at a time to a device."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from collector_kit import QUICK, answering, at, city, collecting, device, now, request, rtsp_reply, until
from small_site import camera

from monitor.model.observations import State

HELD = {"rtsp": QUICK | {"hold": True}}
SELDOM = {"rtsp": {"every": "8s", "timeout": "2s", "hold": True}}


async def test_a_held_connection_is_asked_again_and_again(tmp_path: Path) -> None:
    asked = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        while True:
            _, cseq = await request(reader)
            asked += 1
            writer.write(rtsp_reply("200 OK", cseq))

    async with device(answer) as cam, collecting(city(tmp_path, [at("cam", cam)], probes=HELD)) as collector:
        await until(lambda: asked >= 4)
        assert cam.connections == 1
        assert collector.state("cam") == ("up", "ok")


async def test_the_end_of_a_held_connection_is_known_within_a_second_by_the_usual_judge_and_any_interval(
    tmp_path: Path,
) -> None:
    async with device(answering()) as cam:
        site = city(tmp_path, [at("cam", cam)], probes=SELDOM, judge={})
        async with collecting(site) as collector:
            await collector.become("cam", State.UP, 25)
            await asyncio.sleep(1.2)  # who hangs up sooner than a second after an answer keeps no connections
            died = now()
            cam.die()
            await collector.become("cam", State.DOWN)
            assert now() - died < 1_000
            assert collector.state("cam") == ("down", "refused")
            _, down = await collector.changes()
            assert down.not_before <= died <= down.at < died + 200
            assert [piece.cause.value for piece in down.evidence] == ["reset", "refused", "refused"]


async def test_a_device_that_only_tidies_up_its_connections_is_never_down(tmp_path: Path) -> None:
    async def tidy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, cseq = await request(reader)
        writer.write(rtsp_reply("200 OK", cseq))
        await asyncio.sleep(1.1)

    async with device(tidy) as cam:
        site = city(tmp_path, [at("cam", cam)], probes=SELDOM, judge={})
        async with collecting(site) as collector:
            await collector.become("cam", State.UP, 25)
            before = cam.connections
            await until(lambda: cam.connections >= before + 4)
            assert collector.state("cam") == ("up", "ok")
            assert [one.new for one in await collector.changes()] == [State.UP]
            assert cam.most == 1


async def test_a_device_that_hangs_up_after_each_answer_is_not_asked_without_a_pause(tmp_path: Path) -> None:
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, cseq = await request(reader)
        writer.write(rtsp_reply("200 OK", cseq))

    async with device(once) as cam, collecting(city(tmp_path, [at("cam", cam)], probes=HELD)) as collector:
        await collector.become("cam", State.UP)
        before, start = cam.connections, time.monotonic()
        await until(lambda: cam.connections >= before + 3)
        assert time.monotonic() - start > 0.9
        assert collector.state("cam") == ("up", "ok")


async def test_a_held_tcp_connection_proves_nothing_until_it_is_made_anew(tmp_path: Path) -> None:
    async with device(answering()) as cam:
        probes = {"tcp": QUICK | {"hold": True, "port": cam.port}}
        site = city(tmp_path, [at("cam", cam, probes="tcp")], probes=probes)
        async with collecting(site) as collector:
            await until(lambda: cam.connections >= 4)
            assert collector.state("cam") == ("up", "ok")
            assert cam.most <= 2  # the old one's end may reach the device after the new one's beginning


async def test_an_endless_talker_on_a_held_connection_stops_nobody_else(tmp_path: Path) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    async with device(talk) as talker, device(answering(), "127.0.0.2") as cam:
        probes = HELD | {"tcp": QUICK | {"hold": True, "port": talker.port}}
        nodes = [at("talker", talker, probes="tcp"), at("cam", cam)]
        async with collecting(city(tmp_path, nodes, probes=probes)) as collector:
            await collector.become("cam", State.UP)
            await until(lambda: talker.connections >= 4)
            assert collector.state("cam") == ("up", "ok")


async def test_two_watches_on_one_host_take_turns(tmp_path: Path) -> None:
    async with device(answering(pause=0.05)) as recorder:
        nodes = [camera(f"channel-{n}", address=recorder.place) for n in range(4)]
        site = city(tmp_path, nodes)
        async with collecting(site) as collector:
            await until(lambda: all(state == "up" for state, _ in collector.states().values()))
            await until(lambda: recorder.connections >= 12)
            assert recorder.most == 1


async def test_others_on_a_host_are_asked_beside_its_held_connection_one_after_the_other(
    tmp_path: Path,
) -> None:
    async with device(answering(pause=0.05)) as recorder:
        probes = HELD | {"plain": QUICK | {"protocol": "rtsp"}}
        nodes = [
            at("held", recorder),
            at("one", recorder, probes="plain"),
            at("two", recorder, probes="plain"),
        ]
        async with collecting(city(tmp_path, nodes, probes=probes)) as collector:
            await collector.stand(dict.fromkeys(("held", "one", "two"), ("up", "ok")))
            await until(lambda: recorder.connections >= 10)
            assert not collector.watcher.keeper.sweeping
            assert recorder.most == 2


async def test_a_reload_leaves_held_connections_of_others_alone_and_says_what_left(tmp_path: Path) -> None:
    async with device(answering()) as kept, device(answering(), "127.0.0.2") as other:
        stays, goes = at("stays", kept), at("goes", other)
        site = city(tmp_path, [stays, goes], probes=HELD)
        async with collecting(site) as collector:
            await collector.stand({"stays": ("up", "ok"), "goes": ("up", "ok")})
            comes = camera("comes", address=other.place)
            collector.take(city(tmp_path, [stays | {"name": "renamed"}, comes], probes=HELD))
            await collector.stand({"stays": ("up", "ok"), "comes": ("up", "ok")})
            await asyncio.sleep(0.6)
            assert kept.connections == 1
            assert collector.watcher.roster.wards["stays"].watch.node.name == "renamed"
            assert len(await collector.changes("stays")) == 1
            came, gone = await collector.changes("goes")
            assert (came.new, gone.old, gone.new) == (State.UP, State.UP, State.UNKNOWN)
            assert gone.cause.value == "not_asked"
            assert "state:goes" not in collector.outbox.memory("state:")


async def test_a_reload_that_changes_how_to_judge_counts_for_those_that_stand_and_breaks_no_connection(
    tmp_path: Path,
) -> None:
    async with device(answering()) as kept, device(answering(), "127.0.0.2") as other:
        nodes = [at("kept", kept), at("dies", other)]
        patient = {"confirm": 100, "recover": 1}
        async with collecting(city(tmp_path, nodes, probes=HELD, judge=patient)) as collector:
            await collector.stand({"kept": ("up", "ok"), "dies": ("up", "ok")})
            other.die()
            died = now()
            await until(lambda: collector.watcher.roster.wards["dies"].judge.missing)
            collector.take(city(tmp_path, nodes, probes=HELD, judge={"confirm": 2, "recover": 1}))
            await collector.become("dies", State.DOWN, 3)
            _, gone = await collector.changes("dies")
            assert gone.not_before <= died <= gone.at
            await asyncio.sleep(0.6)
            assert kept.connections == 1
            assert len(await collector.changes("kept")) == 1


async def test_a_changed_address_is_asked_from_then_on(tmp_path: Path) -> None:
    async with (
        device(answering()) as old,
        device(answering(), "127.0.0.2") as new,
        collecting(city(tmp_path, [at("cam", old)], probes=HELD)) as collector,
    ):
        await collector.become("cam", State.UP)
        collector.take(city(tmp_path, [at("cam", new)], probes=HELD))
        await until(lambda: new.connections and not old.open_now)
        await asyncio.sleep(0.5)
        assert old.connections == 1
        assert [one.new for one in await collector.changes()] == [State.UP]
