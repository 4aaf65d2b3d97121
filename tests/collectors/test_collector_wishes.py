"""*Probe now*: what a collector makes of wishes, over a real Redis and with devices that count."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog
from collector_kit import (
    QUICK,
    Collector,
    Device,
    answering,
    at,
    city,
    collecting,
    device,
    hang,
    now,
    reset,
    until,
    vanished,
)
from redis.asyncio import Redis
from small_site import camera
from test_collector_logins import WRONG, Guarded, use

from collectors import wishing as wishing_module
from collectors.engine.schedule import ticks
from collectors.watcher import FIRST_SWEEP
from collectors.wishing import APART, MOST, Gate, Wishing
from monitor.bus.client import connect
from monitor.bus.embedded import EmbeddedServer
from monitor.bus.keys import Keys
from monitor.bus.wishes import STALE, Answers, BusAwayError, Dropped, Heard, Wish, Wishes, WishReader
from monitor.model.nodes import shard_of, stable_hash
from monitor.model.observations import Cause, State

SELDOM = {"rtsp": {"every": "1h", "timeout": "3s"}, "tcp": {"every": "1h"}}
"""Asked once in the first sweep, and then only on wish."""

CAM = next(
    name
    for name in (f"cam-{number}" for number in range(100_000))
    if all(stable_hash(f"{name}/{probe}") % ticks(FIRST_SWEEP) > 250 for probe in ("rtsp", "tcp"))
)
"""Asked in the last seconds of a first sweep: in a test, not before it is wished."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def bus(server: EmbeddedServer) -> AsyncIterator[Redis]:
    async with connect(server.url) as redis:
        await redis.flushall()
        yield redis


@pytest.fixture
def keys() -> Keys:
    return Keys("maoming")


@pytest.fixture
def wishes(bus: Redis, keys: Keys) -> Wishes:
    return Wishes(bus, keys)


@asynccontextmanager
async def granting(collector: Collector, server: EmbeddedServer, keys: Keys) -> AsyncIterator[Wishing]:
    """Wishes to this collector are heard, until the block ends."""
    network = collector.watcher.keeper.network
    async with connect(server.url) as redis:
        wishing = Wishing(collector.watcher, WishReader(server.url, keys, network), redis, keys)
        tasks = [asyncio.create_task(work) for work in (wishing.hear(), wishing.answer())]
        try:
            await heard(redis, keys)
            yield wishing
            assert not any(task.done() for task in tasks), "a task ended"
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def heard(redis: Redis, keys: Keys) -> None:
    async with asyncio.timeout(5):
        while not await redis.exists(keys.hearing("video")):
            await asyncio.sleep(0.01)


async def done(wishes: Wishes, wish: Wish, within: float = 5.0) -> Answers:
    async with asyncio.timeout(within):
        while True:
            answers = await wishes.answer_of(wish.id)
            if answers is not None and answers.done:
                return answers
            await asyncio.sleep(0.02)


async def probed(wishes: Wishes, node: str, within: float = 5.0) -> Answers:
    return await done(wishes, await wishes.tell(node, "video", now()), within)


def both(cam: Device) -> dict[str, str]:
    """Asked in two ways."""
    return camera(CAM, probes=f"rtsp:{cam.port};tcp:{cam.port}")


async def known(collector: Collector, state: State = State.UP) -> None:
    """Do not wait for the first sweep to ask the camera."""
    for turn in collector.watcher.roster.wards[CAM].turns.values():
        collector.watcher.asking.ask(turn)
    await collector.become(CAM, state)


# --- what is granted ---


async def test_a_wish_asks_at_once_in_every_way_and_judges_hear_of_it_as_ever(
    tmp_path: Path, server: EmbeddedServer, wishes: Wishes, keys: Keys
) -> None:
    async with device(answering(pause=0.05)) as cam:
        site = city(tmp_path, [both(cam)], probes=SELDOM)
        async with collecting(site) as collector, granting(collector, server, keys):
            await known(collector)
            asked, began = cam.connections, now()
            answers = await probed(wishes, CAM)
            assert (answers.node, answers.network, answers.dropped) == (CAM, "video", None)
            assert {one.probe: one.cause for one in answers.answers} == {"rtsp": Cause.OK, "tcp": Cause.OK}
            taken = {one.probe: one.duration for one in answers.answers}["rtsp"]
            assert taken is not None
            assert 0.05 <= taken < 1.0
            assert all(began <= one.at <= now() for one in answers.answers)
            assert cam.connections == asked + 2
            assert cam.most == 1
            tracks = collector.watcher.roster.wards[CAM].judge.tracks
            assert all(track.last >= began and track.steady is Cause.OK for track in tracks.values())
            assert len(await collector.changes()) == 1


async def test_a_wish_tells_of_a_fault_and_does_not_confirm_it_by_itself(
    tmp_path: Path, server: EmbeddedServer, wishes: Wishes, keys: Keys
) -> None:
    judge = {"confirm": 3, "recover": 1, "retry": ["60s"]}
    async with device(answering()) as cam:
        site = city(tmp_path, [at(CAM, cam)], probes=SELDOM, judge=judge)
        async with collecting(site) as collector, granting(collector, server, keys):
            await known(collector)
            cam.answer = reset
            (answer,) = (await probed(wishes, CAM)).answers
            assert (answer.probe, answer.cause) == ("rtsp", Cause.RESET)
            assert collector.state(CAM) == ("up", "ok")
            assert len(collector.watcher.roster.wards[CAM].judge.tracks["rtsp"].run) == 1


async def test_a_device_that_says_nothing_is_answered_for_when_its_time_is_up(
    tmp_path: Path, server: EmbeddedServer, wishes: Wishes, keys: Keys
) -> None:
    with vanished() as port:
        site = city(tmp_path, [at(CAM, port)], probes={"rtsp": {"every": "1h", "timeout": "1s"}})
        async with collecting(site) as collector, granting(collector, server, keys):
            began = now()
            (answer,) = (await probed(wishes, CAM)).answers
            assert answer.cause is Cause.NO_REPLY
            assert answer.duration is not None
            assert 0.9 <= answer.duration <= 2.0
            assert now() - began < 3000


async def test_answers_are_told_as_they_come(
    tmp_path: Path, server: EmbeddedServer, wishes: Wishes, keys: Keys
) -> None:
    """The quick one first; the slow one follows, and the device never has two connections."""
    async with device(answering(pause=1.5)) as cam:
        site = city(tmp_path, [both(cam)], probes=SELDOM)
        async with collecting(site) as collector, granting(collector, server, keys):
            wish = await wishes.tell(CAM, "video", now())
            seen: list[tuple[int, bool]] = []
            async with asyncio.timeout(8):
                while not seen or not seen[-1][1]:
                    told = await wishes.answer_of(wish.id)
                    if told is not None and (len(told.answers), told.done) not in seen:
                        seen.append((len(told.answers), told.done))
                    await asyncio.sleep(0.02)
            assert seen[0] == (0, False)
            assert seen[-1] == (2, True)
            assert cam.most == 1


async def test_what_cannot_be_asked_says_why_at_once(
    tmp_path: Path, server: EmbeddedServer, wishes: Wishes, keys: Keys
) -> None:
    site = city(tmp_path, [camera(CAM, address="no-such-name.invalid:554")], probes=SELDOM)
    async with collecting(site) as collector, granting(collector, server, keys):
        await until(lambda: collector.state(CAM) == ("unknown", "name_unresolved"))
        (answer,) = (await probed(wishes, CAM)).answers
        assert (answer.cause, answer.duration) == (Cause.NAME_UNRESOLVED, None)


async def test_who_only_tells_by_itself_cannot_be_asked(
    tmp_path: Path, server: EmbeddedServer, wishes: Wishes, keys: Keys
) -> None:
    mqtt = {"url": "mqtt://127.0.0.1:1", "topic": "quanshi/+/heartbeat"}
    site = city(tmp_path, [camera("box", probes="mqtt")], probes={}, mqtt=mqtt)
    async with collecting(site) as collector, granting(collector, server, keys):
        answers = await probed(wishes, "box")
        assert (answers.answers, answers.dropped) == ((), None)


async def test_a_refused_login_is_not_tried_again_on_wish(
    tmp_path: Path, server: EmbeddedServer, wishes: Wishes, keys: Keys
) -> None:
    guard = Guarded("right")
    async with device(guard) as cam:
        probes = {"rtsp": QUICK | {"credential": "cams", "path": "/live", "every": "1h"}}
        site = city(tmp_path, [at(CAM, cam)], probes=probes, credentials=use(WRONG))
        async with collecting(site) as collector, granting(collector, server, keys):
            await known(collector, State.DEGRADED)
            assert guard.rejected == 1
            asked = cam.connections
            (answer,) = (await probed(wishes, CAM)).answers
            assert answer.cause is Cause.AUTH_REJECTED
            assert cam.connections > asked
            assert guard.rejected == 1


# --- what is not ---


async def test_a_second_wish_about_one_node_is_dropped_with_its_reason(
    tmp_path: Path, server: EmbeddedServer, wishes: Wishes, keys: Keys
) -> None:
    async with device(answering(pause=0.3)) as cam:
        site = city(tmp_path, [at(CAM, cam)], probes=SELDOM)
        async with collecting(site) as collector, granting(collector, server, keys) as wishing:
            await known(collector)
            asked = cam.connections
            told = [await wishes.tell(CAM, "video", now()) for _ in range(5)]
            first, *others = [await done(wishes, wish) for wish in told]
            assert [one.cause for one in first.answers] == [Cause.OK]
            assert {(one.answers, one.dropped) for one in others} == {((), Dropped.TOO_SOON)}
            assert wishing.dropped == {Dropped.TOO_SOON: 4}
            assert (cam.connections, cam.most) == (asked + 1, 1)


async def test_a_flood_is_granted_twenty_a_second_and_the_collector_goes_on_looking(
    tmp_path: Path, server: EmbeddedServer, bus: Redis, keys: Keys
) -> None:
    nodes = [f"cam-{number}" for number in range(60)]
    async with device(answering()) as cam, device(answering(), "127.0.7.1") as other:
        rows = [
            at(node, cam, probes="tcp@1h") | {"address": f"127.0.8.{i}:1"} for i, node in enumerate(nodes, 1)
        ]
        site = city(tmp_path, [*rows, at("other", other)])
        async with collecting(site) as collector:
            with structlog.testing.capture_logs() as lines:
                async with granting(collector, server, keys) as wishing:
                    await collector.become("other", State.UP)
                    asked = other.connections
                    for turn in range(10):  # past the cap of the stream, by a stranger who does not heed it
                        pipe = bus.pipeline(transaction=False)
                        for number, node in enumerate(nodes):
                            wish = Wish(f"{turn * 100 + number:016x}", node, "video", now())
                            pipe.xadd(keys.wishes("video"), wish.fields())
                        await pipe.execute()
                    await until(lambda: wishing.dropped.total() + MOST >= 580)
                    granted = 600 - wishing.dropped.total()
                    assert MOST <= granted <= 2 * MOST
                    assert set(wishing.dropped) <= {Dropped.TOO_SOON, Dropped.TOO_MANY}
                    await until(lambda: other.connections >= asked + 3)
            written = [key async for key in bus.scan_iter(match=keys.wish("*"), count=1000)]
            assert len(written) <= granted + 2 * MOST
            told = [line for line in lines if line["event"] == "wishes dropped"]
            assert len(told) == 1
            assert told[0]["collector"] == "video-0of1"


async def test_garbage_in_the_stream_is_counted_and_the_next_wish_is_granted(
    tmp_path: Path, server: EmbeddedServer, bus: Redis, wishes: Wishes, keys: Keys
) -> None:
    stream = keys.wishes("video")
    good = Wish("0" * 16, CAM, "video", 1).fields()
    garbage: list[dict[str, str | bytes]] = [
        {"hello": "world"},
        good | {"id": "../../facts"},
        good | {"id": "0" * 5000},
        good | {"node": ""},
        good | {"node": b"\xff\xfe"},
        good | {"node": "n" * 100_000},
        good | {"at": "soon"},
        good | {"at": "9" * 5000},
    ]
    async with device(answering()) as cam:
        site = city(tmp_path, [at(CAM, cam)], probes=SELDOM)
        async with collecting(site) as collector, granting(collector, server, keys) as wishing:
            for fields in garbage:
                await bus.xadd(stream, fields)  # type: ignore[arg-type]  # redis-py's types know no such union
            await bus.xadd(stream, good | {"network": "police", "id": "1" * 16})
            assert [one.cause for one in (await probed(wishes, CAM)).answers] == [Cause.OK]
            assert wishing.dropped == {Dropped.UNREADABLE: len(garbage)}
            assert await bus.exists(keys.wish("1" * 16)) == 0


async def test_another_kind_of_key_in_place_of_the_stream_is_waited_out(
    tmp_path: Path, server: EmbeddedServer, bus: Redis, wishes: Wishes, keys: Keys
) -> None:
    async with device(answering()) as cam:
        site = city(tmp_path, [at(CAM, cam)], probes=SELDOM)
        await bus.set(keys.wishes("video"), "no stream")
        async with collecting(site) as collector, granting(collector, server, keys):
            await bus.delete(keys.wishes("video"))
            answers = await probed(wishes, CAM, 10)
            assert [one.cause for one in answers.answers] == [Cause.OK]


async def test_a_stale_wish_is_dropped_and_a_nodes_that_nobody_watches(
    tmp_path: Path, server: EmbeddedServer, bus: Redis, wishes: Wishes, keys: Keys
) -> None:
    async with device(answering()) as cam:
        site = city(tmp_path, [at(CAM, cam)], probes=SELDOM)
        async with collecting(site) as collector, granting(collector, server, keys) as wishing:
            stale = Heard(Wish("a" * 16, CAM, "video", now()), STALE + 1)
            wishing.take(stale)
            assert (await done(wishes, stale.wish)).dropped is Dropped.STALE
            assert (await probed(wishes, "gone")).dropped is Dropped.NOT_WATCHED
            assert wishing.dropped == {Dropped.STALE: 1, Dropped.NOT_WATCHED: 1}


async def test_each_of_two_shards_grants_what_is_its_own(
    tmp_path: Path, server: EmbeddedServer, wishes: Wishes, keys: Keys
) -> None:
    names = [f"cam-{number}" for number in range(6)]
    assert {shard_of(node, 2) for node in names} == {0, 1}
    async with device(answering()) as cam:
        rows = [at(node, cam, probes=f"rtsp:{cam.port}") for node in names]
        site = city(tmp_path, rows, probes=SELDOM, networks={"video": {"name": "视频专网", "shards": 2}})
        async with (
            collecting(site, shard=(0, 2)) as first,
            collecting(site, shard=(1, 2)) as second,
            granting(first, server, keys) as one,
            granting(second, server, keys) as other,
        ):
            assert len(first.watcher.roster.wards) + len(second.watcher.roster.wards) == len(names)
            answers = await asyncio.gather(*(probed(wishes, node) for node in names))
            assert [[one.cause for one in each.answers] for each in answers] == [[Cause.OK]] * len(names)
            nobody = await asyncio.gather(*(probed(wishes, f"none-{number}") for number in range(4)))
            assert {each.dropped for each in nobody} == {Dropped.NOT_WATCHED}
            assert one.dropped.total() + other.dropped.total() == 4  # each said by its own shard alone


# --- in between ---


async def test_a_probe_that_turns_out_not_to_be_possible_took_no_time(
    tmp_path: Path, server: EmbeddedServer, wishes: Wishes, keys: Keys
) -> None:
    async with (
        device(hang) as cam,
        collecting(city(tmp_path, [at(CAM, cam)], probes=SELDOM)) as collector,
        granting(collector, server, keys),
    ):
        wish = await wishes.tell(CAM, "video", now())
        await until(lambda: cam.open_now == 1)
        judge = collector.watcher.roster.wards[CAM].judge
        judge.cannot_ask("rtsp", Cause.NOT_PERMITTED, collector.watcher.now())
        (answer,) = (await done(wishes, wish)).answers
        assert (answer.cause, answer.duration) == (Cause.NOT_PERMITTED, None)


async def test_a_reload_in_between_asks_the_device_where_it_is_now(
    tmp_path: Path, server: EmbeddedServer, wishes: Wishes, keys: Keys
) -> None:
    async with (
        device(hang) as old,
        device(answering(), "127.0.7.2") as new,
        collecting(city(tmp_path, [at(CAM, old)], probes=SELDOM)) as collector,
        granting(collector, server, keys),
    ):
        wish = await wishes.tell(CAM, "video", now())
        await until(lambda: old.open_now == 1)
        collector.take(city(tmp_path, [at(CAM, new)], probes=SELDOM))
        (answer,) = (await done(wishes, wish, 2.5)).answers
        assert answer.cause is Cause.OK


async def test_a_reload_in_between_that_takes_the_node_away_ends_the_wish(
    tmp_path: Path, server: EmbeddedServer, wishes: Wishes, keys: Keys
) -> None:
    async with device(hang) as cam:
        rows = [at(CAM, cam), camera("stays", address="127.0.0.9:1")]
        async with (
            collecting(city(tmp_path, rows, probes=SELDOM)) as collector,
            granting(collector, server, keys),
        ):
            wish = await wishes.tell(CAM, "video", now())
            await until(lambda: cam.open_now == 1)
            collector.take(city(tmp_path, rows[1:], probes=SELDOM))
            assert (await done(wishes, wish)).dropped is Dropped.NOT_WATCHED


async def test_a_wish_whose_probe_never_answers_ends_without_it(
    tmp_path: Path, server: EmbeddedServer, wishes: Wishes, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wishing_module, "PATIENCE", 0.5)
    async with device(hang) as cam:
        probes = {"rtsp": {"every": "1h", "timeout": "30s"}}
        async with (
            collecting(city(tmp_path, [at(CAM, cam)], probes=probes)) as collector,
            granting(collector, server, keys),
        ):
            answers = await probed(wishes, CAM)
            assert (answers.answers, answers.dropped) == ((), None)


async def test_wishes_flow_again_when_redis_is_back(
    tmp_path: Path, server: EmbeddedServer, bus: Redis, wishes: Wishes, keys: Keys
) -> None:
    """It hangs, and its connections are cut; who wished in vain is told so."""
    async with device(answering()) as cam:
        site = city(tmp_path, [at(CAM, cam)], probes=SELDOM)
        async with collecting(site) as collector, granting(collector, server, keys):
            assert [one.cause for one in (await probed(wishes, CAM)).answers] == [Cause.OK]
            assert server.process is not None
            os.kill(server.process.pid, signal.SIGSTOP)
            try:
                with pytest.raises(BusAwayError):
                    await wishes.tell(CAM, "video", now())
            finally:
                os.kill(server.process.pid, signal.SIGCONT)
            await bus.client_kill_filter(_type="normal", skipme=True)
            await asyncio.sleep(APART)
            await until_answered(wishes)


async def until_answered(wishes: Wishes) -> None:
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(TimeoutError):
                answers = await probed(wishes, CAM, 3)
                if answers.answers:
                    return
            await asyncio.sleep(APART)


# --- the gate alone ---


def heard_at(number: int, node: str, age: int = 0) -> Heard:
    return Heard(Wish(f"{number:016x}", node, "video", 0), age)


def test_one_node_is_asked_on_wish_once_in_two_seconds() -> None:
    gate = Gate()
    verdicts = [gate.refusal(heard_at(0, "a"), moment) for moment in (0.0, 1.9, 2.1, 4.0, 4.2)]
    assert verdicts == [None, Dropped.TOO_SOON, None, Dropped.TOO_SOON, None]


def test_twenty_are_granted_within_any_second() -> None:
    gate = Gate()
    verdicts = [gate.refusal(heard_at(i, f"n{i}"), i / 100) for i in range(150)]
    moments = [i / 100 for i, verdict in enumerate(verdicts) if verdict is None]
    assert len(moments) == 2 * MOST
    assert all(later - earlier >= 1.0 for earlier, later in zip(moments, moments[MOST:], strict=False))
    assert {verdict for verdict in verdicts if verdict} == {Dropped.TOO_MANY}


def test_what_was_not_granted_does_not_count() -> None:
    gate = Gate()
    assert [gate.refusal(heard_at(i, "old", STALE + 1), 0.0) for i in range(50)] == [Dropped.STALE] * 50
    assert gate.refusal(heard_at(50, "old", STALE), 0.0) is None


def test_a_repeat_is_known_for_longer_than_it_can_be_read_again() -> None:
    gate = Gate()
    wish = heard_at(1, "a").wish
    assert [gate.is_repeat(wish, moment) for moment in (0.0, 9.0, 20.0, 30.0)] == [False, True, True, True]
    assert not gate.is_repeat(wish, 30.0 + 3 * STALE / 1000)
