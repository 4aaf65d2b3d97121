"""When half of a city falls silent at once: its own fault, or the collector's?"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path

import pytest
import structlog
from collector_kit import (
    Device,
    answering,
    at,
    city,
    collecting,
    device,
    hang,
    until,
    vanished,
    wire,
)
from small_site import camera

from collectors.engine.engine import Engine, Slot
from collectors.protocols.errors import cause_of_error
from collectors.wards import Turn
from collectors.witnesses import Witnesses
from monitor.model.observations import Cause, State, Verdict

CITY = 12
BLIND = {"confirm": 3, "recover": 1, "retry": ["1s"], "blind": {"least": 3}}
"""All are asked before the first is confirmed down, as with the defaults: doubt comes in time."""


async def town(stack: AsyncExitStack) -> dict[str, Device]:
    return {
        f"cam-{n}": await stack.enter_async_context(device(answering(), f"127.0.3.{n + 1}"))
        for n in range(CITY)
    }


def network(*witnesses: str) -> dict[str, object]:
    return {"video": {"name": "视频专网", "witnesses": list(witnesses)}}


async def test_without_witnesses_a_city_that_falls_silent_is_our_own_blindness(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        cams = await town(stack)
        site = city(tmp_path, [at(name, cam) for name, cam in cams.items()], judge=BLIND)
        async with collecting(site) as collector:
            await collector.stand(dict.fromkeys(cams, ("up", "ok")))
            await until(lambda: not collector.watcher.keeper.sweeping)
            for cam in cams.values():
                cam.die()
            await until(lambda: collector.watcher.keeper.blind)
            asked = collector.watcher.keeper.tallies["rtsp"][Cause.REFUSED]
            await until(lambda: collector.watcher.keeper.tallies["rtsp"][Cause.REFUSED] >= asked + 3 * CITY)
            for cam in cams.values():
                await cam.live()
            await until(lambda: not collector.watcher.keeper.blind)
            await until(lambda: not collector.watcher.keeper.sweeping)
            sights = await collector.sights()
            assert [one.new for one in await collector.changes()] == [State.UP] * CITY
            assert any(one.blind for one in sights)
            seen = sorted((one.start, one.end) for one in sights)
            assert all(before[1] <= after[0] for before, after in pairwise(seen))


async def test_what_failed_while_blind_is_not_called_down_when_sight_returns(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        cams = await town(stack)
        site = city(tmp_path, [at(name, cam) for name, cam in cams.items()], judge=BLIND)
        async with collecting(site) as collector:
            await collector.stand(dict.fromkeys(cams, ("up", "ok")))
            for cam in cams.values():
                cam.die()
            await until(lambda: collector.watcher.keeper.blind)
            tally = collector.watcher.keeper.tallies["rtsp"]
            asked = tally[Cause.REFUSED]
            await until(lambda: tally[Cause.REFUSED] >= asked + 4 * CITY)
            assert len(collector.watcher._held_back) == 0
            for cam in cams.values():
                await cam.live()
            await until(lambda: not collector.watcher.keeper.blind)
            await collector.stand(dict.fromkeys(cams, ("up", "ok")))
            await until(lambda: not collector.watcher.keeper.sweeping)
            assert [one.new for one in await collector.changes()] == [State.UP] * CITY


async def test_a_witness_that_answers_makes_it_an_outage(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        cams = await town(stack)
        gate = await stack.enter_async_context(device(answering(), "127.0.3.100"))
        nodes = [at(name, cam) for name, cam in cams.items()]
        # Its name is resolved, and its refusal comes over the network, too.
        gateway = camera("gw", address=f"localhost:{gate.port}", kind="gateway", **{"class": ""})
        site = city(tmp_path, [*nodes, gateway], judge=BLIND, networks=network("gw"))
        async with collecting(site) as collector:
            await collector.stand(dict.fromkeys(cams, ("up", "ok")) | {"gw": ("down", "refused")})
            for cam in cams.values():
                cam.die()
            await until(lambda: all(collector.state(name) == ("down", "refused") for name in cams))
            assert not collector.watcher.keeper.blind
            assert not any(one.blind for one in await collector.sights())


async def test_witnesses_that_are_silent_too_make_it_blindness(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        cams = await town(stack)
        port = stack.enter_context(vanished())
        nodes = [at(name, cam) for name, cam in cams.items()]
        gateway = camera("gw", address=f"127.0.0.1:{port}", kind="gateway", **{"class": ""})
        site = city(tmp_path, [*nodes, gateway], judge=BLIND, networks=network("gw"))
        async with collecting(site) as collector:
            await until(lambda: all(collector.state(name) == ("up", "ok") for name in cams))
            for cam in cams.values():
                cam.die()
            await until(lambda: collector.watcher.keeper.blind)
            downs = {one.node for one in await collector.changes() if one.new is State.DOWN}
            assert downs <= {"gw"}


def gateway(port: int) -> dict[str, str]:
    """A witness that is there for whoever can connect."""
    return camera("gw", address=f"127.0.0.1:{port}", kind="gateway", probes="tcp@500ms", **{"class": ""})


async def test_an_uplink_that_goes_again_after_a_moment_takes_nobody_down(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        cams = await town(stack)
        uplink = stack.enter_context(wire())
        nodes = [*(at(name, cam) for name, cam in cams.items()), gateway(uplink.port)]
        site = city(tmp_path, nodes, judge=BLIND, networks=network("gw"))
        async with collecting(site) as collector:
            keeper = collector.watcher.keeper
            await until(lambda: all(collector.state(name) == ("up", "ok") for name in cams))
            for _ in range(2):
                await until(lambda: not keeper.sweeping)
                await asyncio.sleep(2)
                uplink.cut()
                for cam in cams.values():
                    cam.die()
                await until(lambda: keeper.blind)
                uplink.mend()
                for cam in cams.values():
                    await cam.live()
                await until(lambda: not keeper.blind)
            assert not [one for one in await collector.changes() if one.new is State.DOWN]


async def test_a_dead_witness_keeps_nobody_blind_once_the_cameras_answer(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        lines = stack.enter_context(structlog.testing.capture_logs())
        cams = await town(stack)
        port = stack.enter_context(vanished())
        nodes = [*(at(name, cam) for name, cam in cams.items()), gateway(port)]
        site = city(tmp_path, nodes, judge=BLIND, networks=network("gw"))
        async with collecting(site) as collector:
            await until(lambda: all(collector.state(name) == ("up", "ok") for name in cams))
            for cam in cams.values():
                cam.die()
            await until(lambda: collector.watcher.keeper.blind)
            for cam in cams.values():
                await cam.live()
            await until(lambda: not collector.watcher.keeper.blind, 5)
            assert collector.watcher.witnesses.silent == ["gw"]
    assert [line["silent_witnesses"] for line in lines if line["event"] == "sees again"] == [["gw"]]


async def test_a_question_to_a_witness_that_was_dropped_leaves_nobody_blind_for_ever(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        cams = await town(stack)
        gate = await stack.enter_async_context(device(hang, "127.0.3.100"))
        nodes = [at(name, cam) for name, cam in cams.items()]
        gateway = at("gw", gate, kind="gateway", **{"class": ""})
        site = city(tmp_path, [*nodes, gateway], judge=BLIND, networks=network("gw"))
        async with collecting(site) as collector:
            await until(lambda: all(collector.state(name) == ("up", "ok") for name in cams))
            for cam in cams.values():
                cam.die()
            watcher = collector.watcher
            await until(lambda: watcher.keeper.blind and watcher.witnesses._open)
            (witness,) = watcher.roster._witnesses
            for turn in witness.turns.values():
                watcher.roster._cancel(turn)  # as when its name has another address
            gate.answer = answering()
            await until(lambda: not watcher.keeper.blind, 5)


async def test_what_was_silent_while_blind_is_not_proven_to_have_been_down(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        cams = await town(stack)
        dead = await stack.enter_async_context(device(answering(), "127.0.3.50"))
        nodes = [*(at(name, cam) for name, cam in cams.items()), at("dead", dead)]
        async with collecting(city(tmp_path, nodes, judge=BLIND)) as collector:
            await collector.stand(dict.fromkeys([*cams, "dead"], ("up", "ok")))
            await until(lambda: not collector.watcher.keeper.sweeping)
            dead.die()
            await collector.become("dead", State.DOWN)
            await asyncio.sleep(1)
            for cam in cams.values():
                cam.die()
            await until(lambda: collector.watcher.keeper.blind)
            since = collector.watcher.footing.blind_since
            tally = collector.watcher.keeper.tallies["rtsp"]
            asked = tally[Cause.REFUSED]
            await until(lambda: tally[Cause.REFUSED] >= asked + 4 * CITY)
            await dead.live()
            for cam in cams.values():
                await cam.live()
            await collector.become("dead", State.UP)
            up = [one for one in await collector.changes("dead") if one.new is State.UP][-1]
            assert since is not None
            assert up.not_before is not None
            assert since - 600 <= up.not_before <= since


class Failing(Engine):
    """An engine on a machine without a route: every connection fails while it is started."""

    def start(self, slot: Slot, timeout: float) -> bool:
        self.answered(slot, Verdict(cause_of_error(self.number)), 0.0, 0.0)
        return True

    number = 0


@pytest.mark.parametrize("number", [101, 100, 99], ids=["no route", "interface down", "no address"])
async def test_witnesses_that_fail_at_once_are_silent_and_can_be_asked_again(
    tmp_path: Path, number: int
) -> None:
    nodes = [camera(f"w{n}", address=f"127.0.0.{n + 1}:554") for n in range(3)]
    site = city(tmp_path, nodes, networks=network("w0", "w1", "w2"))
    said: list[bool] = []
    async with collecting(site) as collector:
        watcher = collector.watcher

        def answered(slot: Slot, verdict: Verdict, started: float, finished: float) -> None:
            turn: Turn = slot.owner
            assert witnesses.answered(turn, verdict)

        engine = Failing(answered, lambda _: None, limit=10)
        engine.number = number
        witnesses = Witnesses(engine, watcher.pinger, said.append)
        witnesses.take(watcher.roster.witnesses())
        for times in range(1, 4):
            said.clear()
            witnesses.ask()
            assert said, f"nothing was said when asked for the {times}. time"
            assert not any(said)
        engine.close()
