"""What each probe and source last said, as the monitor reads it from what a collector packs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from collector_kit import Collector, Device, answering, at, city, collecting, device, now, reset, until
from small_site import Voice, camera

from collectors import role, tables
from collectors.layers import SLICE
from monitor.bus.client import connect
from monitor.bus.embedded import EmbeddedServer
from monitor.bus.keys import Keys
from monitor.bus.wishes import Wishes
from monitor.live.layers import Head, Layers
from monitor.live.states import Live
from monitor.model.layers import Layer, row_size
from monitor.model.observations import Cause, Observation, State

QUICKLY = {"rtsp": {"every": "500ms", "timeout": "400ms"}, "tcp": {"every": "500ms", "timeout": "400ms"}}


async def read(collector: Collector, node: str) -> dict[str, Layer]:
    """The layers of this node by probe."""
    packed = await collector.watcher.roster.layers.packed()
    head = Head.parse(packed)
    assert head.inventory == collector.watcher.site.inventory.digest
    place = sorted(collector.watcher.roster.wards).index(node)
    size = row_size(len(head.probes))
    assert len(packed) == head.size + head.nodes * size
    start = head.size + place * size
    return {layer.probe: layer for layer in head.layers("video", node, packed[start : start + size])}


def both(node: str, cam: Device) -> dict[str, str]:
    return camera(node, probes=f"rtsp:{cam.port};tcp:{cam.port}")


async def test_each_probe_has_its_own_answer_its_moment_and_what_it_took(tmp_path: Path) -> None:
    async with device(answering(pause=0.05)) as cam, device(answering()) as other:
        site = city(tmp_path, [both("b", cam), at("a", other)], probes=QUICKLY)
        began = now()
        async with collecting(site) as collector:
            await collector.stand({"a": ("up", "ok"), "b": ("up", "ok")})
            await until(lambda: not collector.watcher.keeper.sweeping)
            layers = await read(collector, "b")
            assert layers.keys() == {"rtsp", "tcp"}
            assert {one.cause for one in layers.values()} == {Cause.OK}
            assert all(one.at is not None and began <= one.at <= now() for one in layers.values())
            taken, first = layers["rtsp"].duration, layers["rtsp"].at
            assert taken is not None
            assert 0.05 <= taken < 0.4
            assert (await read(collector, "a")).keys() == {"rtsp"}
            await until(lambda: cam.connections >= 8)
            later = (await read(collector, "b"))["rtsp"]
            assert first is not None
            assert later.at is not None
            assert later.at > first


async def test_a_failing_probe_shows_its_last_answer_though_nothing_is_confirmed(tmp_path: Path) -> None:
    judge = {"confirm": 3, "recover": 1, "retry": ["500ms"]}
    async with device(answering()) as cam:
        site = city(tmp_path, [at("a", cam)], probes=QUICKLY, judge=judge)
        async with collecting(site) as collector:
            await collector.become("a", State.UP)
            cam.answer = reset
            track = collector.watcher.roster.wards["a"].judge.tracks["rtsp"]
            await until(lambda: track.run)
            layer = (await read(collector, "a"))["rtsp"]
            assert (layer.cause, layer.ok) == (Cause.RESET, False)
            assert layer.at == track.run[-1].finished
            assert layer.duration is not None
            assert collector.state("a") == ("up", "ok")
            await collector.become("a", State.DOWN)
            assert (await read(collector, "a"))["rtsp"].cause is Cause.RESET


async def test_a_slow_answer_shows_what_it_took(tmp_path: Path) -> None:
    probes = {"rtsp": QUICKLY["rtsp"] | {"slow": "100ms"}}
    async with (
        device(answering(pause=0.2)) as cam,
        collecting(city(tmp_path, [at("a", cam)], probes=probes)) as collector,
    ):
        await collector.become("a", State.DEGRADED)
        await until(lambda: collector.watcher.roster.wards["a"].judge.tracks["rtsp"].steady)
        layer = (await read(collector, "a"))["rtsp"]
        assert layer.cause is Cause.SLOW
        assert layer.duration is not None
        assert 0.19 <= layer.duration < 0.4


async def test_a_source_is_a_layer_that_took_no_time(tmp_path: Path) -> None:
    mqtt = {"url": "mqtt://127.0.0.1:1", "topic": "quanshi/+/heartbeat"}
    async with device(answering()) as cam:
        row = camera("a", probes=f"mqtt;rtsp:{cam.port}")
        async with collecting(city(tmp_path, [row], probes=QUICKLY, mqtt=mqtt)) as collector:
            await collector.become("a", State.UP)
            track = collector.watcher.roster.wards["a"].judge.tracks["mqtt"]
            await until(lambda: track.answer is Cause.SOURCE_LOST)
            moment = now()
            collector.watcher.told("a", Observation("mqtt", moment, moment, Cause.OK))
            told = (await read(collector, "a"))["mqtt"]
            assert (told.cause, told.at, told.duration) == (Cause.OK, moment, None)
            collector.watcher.source_turned(True, moment + 1)
            lost = (await read(collector, "a"))["mqtt"]
            assert (lost.cause, lost.at, lost.ok) == (Cause.SOURCE_LOST, moment + 1, None)


async def test_a_name_that_is_unknown_is_said_with_its_moment(tmp_path: Path) -> None:
    began = now()
    async with collecting(city(tmp_path, [camera("a", address="no-such-name.invalid:554")])) as collector:
        await until(lambda: collector.state("a") == ("unknown", "name_unresolved"))
        layer = (await read(collector, "a"))["rtsp"]
        assert (layer.cause, layer.duration) == (Cause.NAME_UNRESOLVED, None)
        assert layer.at is not None
        assert layer.at >= began


async def test_layers_survive_a_reload_that_moves_their_rows(tmp_path: Path) -> None:
    async with (
        device(answering()) as cam,
        collecting(city(tmp_path, [at("m", cam)], probes=QUICKLY)) as collector,
    ):
        await collector.become("m", State.UP)
        before = (await read(collector, "m"))["rtsp"]
        rows = [at("m", cam), camera("a", probes="tcp:1"), camera("z")]
        collector.take(city(tmp_path, rows, probes=QUICKLY))
        after = (await read(collector, "m"))["rtsp"]
        assert before.at is not None
        assert after.at is not None
        assert (after.cause, after.at >= before.at) == (Cause.OK, True)
        assert (await read(collector, "z"))["rtsp"].at is None


async def test_the_rows_of_many_slices_are_each_in_their_place(tmp_path: Path) -> None:
    names = [f"n{number:04}" for number in range(2 * SLICE + 1)]
    site = city(tmp_path, [camera(name, address="127.0.0.9:1") for name in names], probes={})
    async with collecting(site) as collector:
        for name in (names[0], names[SLICE - 1], names[SLICE], names[-1]):
            ward = collector.watcher.roster.wards[name]
            moment = now() + int(name[1:])
            ward.judge.observe(Observation("rtsp", moment, moment, Cause.REFUSED))
            layer = (await read(collector, name))["rtsp"]
            assert (layer.cause, layer.at) == (Cause.REFUSED, moment)


async def test_the_role_writes_layers_for_who_looks_and_grants_wishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "EVERY", 0.2)
    monkeypatch.setattr(role, "LAST_WORDS", 0.1)
    server, keys, stop = EmbeddedServer(tmp_path / "redis"), Keys("maoming"), asyncio.Event()
    server.start()
    try:
        async with device(answering()) as cam, connect(server.url) as redis:
            site = city(tmp_path, [both("a", cam)], probes=QUICKLY)
            live = Live(site)
            live.apply(Voice().sees(now() - 1000, now()))
            layers, wishes = Layers(live, redis, keys), Wishes(redis, keys)
            running = asyncio.create_task(role.run(site, role.Post("video"), server.url, stop))
            async with asyncio.timeout(15):
                while [layer.cause for layer in await layers.of("a")] != [Cause.OK, Cause.OK]:
                    await asyncio.sleep(0.2)
                wish = await wishes.tell("a", "video", now())
                while (answers := await wishes.answer_of(wish.id)) is None or not answers.done:
                    await asyncio.sleep(0.02)
            assert {one.probe: one.cause for one in answers.answers} == {"rtsp": Cause.OK, "tcp": Cause.OK}
            assert 0 < await redis.ttl(keys.layers("video", 0, 1)) <= tables.EXPIRES
            stop.set()
            await running
    finally:
        server.stop()
