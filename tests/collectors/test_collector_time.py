"""Restarts, standstills and clocks: what a collector may claim, and what it may not."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from collector_kit import Collector, answering, at, city, collecting, device, now, until

from collectors import watcher as watching
from collectors.engine.clock import Clock
from monitor.model.observations import State


async def swept(collector: Collector) -> None:
    await until(lambda: not collector.watcher.keeper.sweeping)


async def test_a_restart_repeats_no_change_and_begins_its_sight_with_a_new_sweep(tmp_path: Path) -> None:
    async with device(answering()) as cam:
        site = city(tmp_path, [at("cam", cam)])
        async with collecting(site) as collector:
            await collector.become("cam", State.UP)
            await swept(collector)
            await asyncio.sleep(0.2)
        restarted = now()
        async with collecting(site) as collector:
            assert collector.state("cam") == ("up", "ok")
            await swept(collector)
            await until(lambda: collector.watcher.keeper._said > 0)
            assert len(await collector.changes()) == 1
            before, after = [one for one in await collector.sights() if one.end > one.start][-2:]
            assert before.end <= restarted <= after.start


async def test_what_changed_while_nobody_looked_changed_since_the_last_proof(tmp_path: Path) -> None:
    async with device(answering()) as cam:
        site = city(tmp_path, [at("cam", cam)])
        async with collecting(site) as collector:
            await collector.become("cam", State.UP)
            came_up = now()
            await swept(collector)
            await asyncio.sleep(3.0)
        cam.die()
        died = now()
        async with collecting(site) as collector:
            await collector.become("cam", State.DOWN)
            _, gone = await collector.changes()
            assert gone.not_before is not None
            assert came_up - 1_000 <= gone.not_before <= died <= gone.at
            # The proof is the last sight, less the time that a fault needs to be confirmed.
            assert gone.not_before >= died - 3_000


async def test_a_node_that_left_while_nobody_ran_is_told_unknown_once(tmp_path: Path) -> None:
    async with device(answering()) as cam, device(answering(), "127.0.0.2") as other:
        async with collecting(city(tmp_path, [at("cam", cam), at("other", other)])) as collector:
            await collector.stand({"cam": ("up", "ok"), "other": ("up", "ok")})
            await swept(collector)
        for _ in range(2):
            async with collecting(city(tmp_path, [at("other", other)])) as collector:
                await swept(collector)
                _, gone = await collector.changes("cam")
                assert (gone.new, gone.cause.value) == (State.UNKNOWN, "not_asked")


async def test_a_standstill_ends_the_sight_and_the_next_begins_with_a_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "STALL", 1.0)
    async with device(answering()) as cam, collecting(city(tmp_path, [at("cam", cam)])) as collector:
        await collector.become("cam", State.UP)
        await swept(collector)
        await asyncio.sleep(0.3)
        stopped = now()
        time.sleep(2.0)  # the whole process stands still
        went_on = now()
        await until(lambda: collector.watcher.keeper._start > went_on - 500)
        await swept(collector)
        await asyncio.sleep(0.3)
        sights = await collector.sights()
        assert not any(one.start < stopped + 500 and one.end > went_on - 500 for one in sights)
        assert max(one.end for one in sights if one.end < went_on - 500) <= stopped + 500
        assert [one.new for one in await collector.changes()] == [State.UP]


async def test_answers_that_came_while_the_process_stood_still_are_no_timeouts(tmp_path: Path) -> None:
    async with device(answering()) as cam, collecting(city(tmp_path, [at("cam", cam)])) as collector:
        await collector.become("cam", State.UP)
        for _ in range(3):
            before = cam.connections
            await until(lambda before=before: cam.connections > before)
            time.sleep(0.9)  # longer than the timeout
            await asyncio.sleep(0.3)
        track = collector.watcher.roster.wards["cam"].judge.tracks["rtsp"]
        assert track.run == ()
        assert len(await collector.changes()) == 1


async def test_a_clock_that_is_set_ends_the_sight_by_the_old_one(tmp_path: Path) -> None:
    async with device(answering()) as cam, collecting(city(tmp_path, [at("cam", cam)])) as collector:
        await collector.become("cam", State.UP)
        await swept(collector)
        moved = 0.0
        collector.watcher.clock._wall = lambda: time.time() + moved
        set_at = now()
        moved = 3_600.0
        await until(lambda: collector.watcher.clock.now() > set_at + 3_000_000)
        await swept(collector)
        await asyncio.sleep(0.3)
        sights = await collector.sights()
        assert max(one.end - one.start for one in sights) < 60_000
        assert any(one.start > set_at + 3_000_000 for one in sights)
        assert [one.new for one in await collector.changes()] == [State.UP]


async def set_clock(collector: Collector, seconds: float) -> None:
    """Return when the collector has noticed that the clock was set to so far from the true time."""
    clock = collector.watcher.clock
    clock._wall = lambda: time.time() + seconds
    await until(lambda: abs(clock.now() - now() - 1000 * seconds) < 500)


async def test_a_clock_set_back_half_a_minute_neither_deafens_the_judge_nor_bends_an_edge(
    tmp_path: Path,
) -> None:
    async with device(answering()) as cam, collecting(city(tmp_path, [at("cam", cam)])) as collector:
        await collector.become("cam", State.UP)
        await set_clock(collector, 60.0)
        await swept(collector)
        await set_clock(collector, 30.0)
        clock, track = collector.watcher.clock, collector.watcher.roster.wards["cam"].judge.tracks["rtsp"]
        assert track.proof <= track.last <= clock.now()
        died = clock.now()
        cam.die()
        await collector.become("cam", State.DOWN, 3)
        _, down = await collector.changes()
        assert died - 2_000 < down.not_before <= died <= down.at <= down.detected_at < died + 3_000


async def test_a_clock_set_back_while_a_fault_is_being_confirmed_delays_that_by_nothing(
    tmp_path: Path,
) -> None:
    seldom = {"rtsp": {"every": "5s", "timeout": "400ms"}}
    async with device(answering()) as cam:
        site = city(tmp_path, [at("cam", cam)], probes=seldom, judge={"confirm": 3, "retry": ["1s"]})
        async with collecting(site) as collector:
            await collector.become("cam", State.UP)
            await set_clock(collector, 60.0)
            died = collector.watcher.clock.now()
            cam.die()
            await until(lambda: collector.watcher.roster.wards["cam"].judge.missing)
            await set_clock(collector, 30.0)
            await collector.become("cam", State.DOWN, 4)
            _, down = await collector.changes()
            assert down.not_before <= died - 30_000 <= down.at < died - 30_000 + 6_000


def test_the_clock_says_once_that_it_was_set() -> None:
    wall = [1_000.0]
    clock = Clock(lambda: 5.0, lambda: wall[0])
    wall[0] = 2_000.0
    assert clock.now() == 1_000_000
    assert clock.stepped()
    assert not clock.stepped()
    assert clock.now() == 2_000_000
