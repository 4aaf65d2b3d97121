"""The small parts between looking and saying: herald, durations, ping without permission."""

from __future__ import annotations

import asyncio
import math
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from collector_kit import Box, answering, at, city, collecting, device, reset, until
from small_site import camera

from collectors import herald as heralding
from collectors.durations import Durations
from collectors.engine import icmp
from collectors.herald import Herald
from monitor.bus.outbox import Outbox
from monitor.bus.source import OutboxError
from monitor.live.durations import Durations as Read
from monitor.model.events import Change
from monitor.model.observations import Cause, State


def change(node: str, at: int) -> Change:
    return Change(node, "video", State.UP, State.DOWN, at, at, at, Cause.REFUSED)


class Full(Outbox):
    """A disk that has room again after some refusals."""

    refusals = 3

    def append(self, said, remember=None) -> None:
        if self.refusals:
            self.refusals -= 1
            raise OutboxError("disk full")
        super().append(said, remember or {})


async def test_what_the_disk_refuses_is_kept_in_order_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heralding, "RETRY", 0.05)
    with closing(Full(tmp_path / "box.db", "video-0of1")) as box, ThreadPoolExecutor(1) as writer:
        herald = Herald(box, Box(), writer)
        task = asyncio.create_task(herald.run())
        herald.say(change("a", 1), 1, {"state:a": "first", "kept": "yes"})
        await until(lambda: box.refusals < 3)
        herald.say(change("b", 2), 2, {"state:a": "second"})
        herald.remember({"kept": None, "more": "memory"})
        await asyncio.wait_for(herald.settle(), 5)
        task.cancel()
        assert [one.payload.node for one in box.pending(0, 10)] == ["a", "b"]
        assert box.memory("") == {"state:a": "second", "more": "memory"}


def test_the_monitor_reads_the_durations_that_a_collector_packs() -> None:
    packed = Durations("digest", {"b": ["rtsp"], "a": ["rtsp", "ping"]})
    packed.values[packed.index("a", "ping")] = 0.25
    packed.values[packed.index("b", "rtsp")] = 0.5
    read = Read.unpack(packed.packed())
    assert (read.inventory, read.probes, read.nodes) == ("digest", ("ping", "rtsp"), 2)
    a, b = read.of_probe("ping")
    assert a == 0.25
    assert math.isnan(b)
    a, b = read.of_probe("rtsp")
    assert math.isnan(a)
    assert b == 0.5


async def test_durations_survive_a_reload_that_moves_their_rows(tmp_path: Path) -> None:
    async with device(answering(pause=0.05)) as cam, collecting(city(tmp_path, [at("m", cam)])) as collector:
        await collector.become("m", State.UP)
        collector.take(city(tmp_path, [at("m", cam), camera("a", address="127.0.0.9:1")]))
        read = Read.unpack(collector.watcher.roster.durations.packed())
        assert read.inventory == collector.watcher.site.inventory.digest
        nothing, taken = read.of_probe("rtsp")
        assert math.isnan(nothing)
        assert 0.05 <= taken < 2.0


async def test_a_probe_without_an_answer_has_no_duration(tmp_path: Path) -> None:
    async with device(answering()) as cam, collecting(city(tmp_path, [at("a", cam)])) as collector:
        await collector.become("a", State.UP)
        durations = collector.watcher.roster.durations
        assert durations.values[0] > 0
        cam.answer = reset
        await collector.become("a", State.DOWN)
        assert math.isnan(durations.values[0])
        collector.take(city(tmp_path, [at("a", cam), camera("b", address="127.0.0.9:1")]))
        assert math.isnan(collector.watcher.roster.durations.values[0]), "nor after a reload"


async def test_without_permission_ping_is_unknown_and_other_probes_decide(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(family: int) -> tuple[bool, socket.socket]:
        raise PermissionError

    monkeypatch.setattr(icmp, "_open", forbidden)
    async with device(answering()) as cam:
        nodes = [
            camera("pinged", address="127.0.0.7", probes="ping"),
            at("both", cam, probes=f"ping;rtsp:{cam.port}") | {"address": "127.0.0.1"},
        ]
        async with collecting(city(tmp_path, nodes)) as collector:
            await collector.stand({"pinged": ("unknown", "not_permitted"), "both": ("up", "ok")})
            await until(lambda: not collector.watcher.keeper.sweeping)
            assert "CAP_NET_RAW" in collector.watcher.pinger.missing


async def test_a_watch_that_was_up_turns_unknown_when_ping_is_no_longer_permitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = {"ping": {"every": "500ms", "timeout": "400ms"}}
    site = city(tmp_path, [camera("pinged", address="127.0.0.7", probes="ping")], probes=quick)
    async with collecting(site) as collector:
        await collector.become("pinged", State.UP)

    def forbidden(family: int) -> tuple[bool, socket.socket]:
        raise PermissionError

    monkeypatch.setattr(icmp, "_open", forbidden)
    async with collecting(site) as collector:
        _, lost = await collector.changes()
        assert (lost.old, lost.new, lost.cause) == (State.UP, State.UNKNOWN, Cause.NOT_PERMITTED)
