"""The layers of one node, asked of Redis when somebody looks at it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from live_kit import T0, Clock
from redis.asyncio import Redis
from small_site import Voice, camera, make_site

from monitor.bus.embedded import EmbeddedServer
from monitor.bus.keys import Keys
from monitor.live.durations import PackedError
from monitor.live.layers import FETCH_AGAIN, Head, Layers
from monitor.live.states import Live
from monitor.model.layers import CELL, MARK, NO_PROBE, Layer, mark_of
from monitor.model.nodes import shard_of
from monitor.model.observations import Cause

KEYS = Keys("maoming")
CAUSES = tuple(Cause)

Cell = tuple[Cause, int, float]


@dataclass
class Shard:
    """What a collector packs: of each node its cells by probe."""

    inventory: str
    rows: Mapping[str, Mapping[str, Cell]]
    marks: Mapping[str, int] = field(default_factory=dict)

    @property
    def packed(self) -> bytes:
        probes = sorted({probe for cells in self.rows.values() for probe in cells})
        head = {"inventory": self.inventory, "probes": probes, "nodes": len(self.rows), "causes": CAUSES}
        return (
            json.dumps(head).encode()
            + b"\n"
            + b"".join(self._row(node, probes) for node in sorted(self.rows))
        )

    def _row(self, node: str, probes: Iterable[str]) -> bytes:
        cells = self.rows[node]
        return MARK.pack(self.marks.get(node, mark_of(node))) + b"".join(
            CELL.pack(cells[probe][1], cells[probe][2], CAUSES.index(cells[probe][0]))
            if probe in cells
            else CELL.pack(0, math.nan, NO_PROBE)
            for probe in probes
        )


def ok(at: int = T0, duration: float = 0.25) -> dict[str, Cell]:
    return {"rtsp": (Cause.OK, at, duration)}


async def put(bus: Redis, value: bytes, network: str = "video", shard: int = 0, shards: int = 1) -> None:
    await bus.set(KEYS.layers(network, shard, shards), value)


def seen(live: Live, *voices: Voice) -> Live:
    for voice in voices or (Voice(),):
        live.apply(voice.sees(T0 - 10_000, T0))
    return live


async def test_a_node_has_each_probe_and_source_that_its_collector_knows(
    live_of: Callable[..., Live], bus: Redis
) -> None:
    live = seen(live_of("a", "b"))
    rows: dict[str, dict[str, Cell]] = {
        "a": ok(),
        "b": {
            "ping": (Cause.NO_REPLY, T0 - 5000, 2.0),
            "mqtt": (Cause.REPORTED_OFF, T0 - 900, math.nan),
            "rtsp": (Cause.NOT_ASKED, 0, math.nan),
        },
    }
    await put(bus, Shard(live.site.inventory.digest, rows).packed)
    layers = Layers(live, bus, KEYS)
    assert await layers.of("a") == [Layer("video", "rtsp", Cause.OK, T0, 0.25)]
    found = await layers.of("b")
    assert found == [
        Layer("video", "mqtt", Cause.REPORTED_OFF, T0 - 900, None),
        Layer("video", "ping", Cause.NO_REPLY, T0 - 5000, 2.0),
        Layer("video", "rtsp", Cause.NOT_ASKED, None, None),
    ]
    assert [layer.ok for layer in found] == [False, False, None]


async def test_a_node_of_two_networks_has_the_layers_of_both(
    tmp_path: Path, clock: Clock, bus: Redis
) -> None:
    networks = {"video": {"name": "视频专网"}, "police": {"name": "公安网"}}
    nodes = [camera("a", "video;police"), camera("b", "police")]
    live = seen(Live(make_site(tmp_path, nodes, networks=networks), clock), Voice(), Voice("police"))
    digest = live.site.inventory.digest
    await put(bus, Shard(digest, {"a": ok(T0, 0.5)}).packed, "video")
    await put(bus, Shard(digest, {"a": ok(T0, 0.125), "b": ok()}).packed, "police")
    found = await Layers(live, bus, KEYS).of("a")
    assert [(layer.network, layer.duration) for layer in found] == [("video", 0.5), ("police", 0.125)]


async def test_each_node_is_found_in_the_shard_that_the_last_sights_put_it_in(
    live_of: Callable[..., Live], bus: Redis
) -> None:
    names = [f"cam-{number}" for number in range(9)]
    live = seen(live_of(*names), Voice(shard=0, shards=3), Voice(shard=1, shards=3), Voice(shard=2, shards=3))
    for shard in range(3):
        rows = {name: ok(T0 + names.index(name)) for name in names if shard_of(name, 3) == shard}
        await put(bus, Shard(live.site.inventory.digest, rows).packed, "video", shard, 3)
    await put(bus, Shard(live.site.inventory.digest, {name: ok(1) for name in names}).packed)  # as it was cut
    layers = Layers(live, bus, KEYS)
    assert [[one.at for one in await layers.of(name)] for name in names] == [[T0 + i] for i in range(9)]


@pytest.mark.parametrize("case", ["another inventory", "fewer nodes", "no key", "never seen", "unknown node"])
async def test_what_does_not_fit_is_not_shown(live_of: Callable[..., Live], bus: Redis, case: str) -> None:
    live = live_of("a", "b")
    if case != "never seen":
        seen(live)
    rows = {"a": ok()} | ({} if case == "fewer nodes" else {"b": ok()})
    digest = "another" if case == "another inventory" else live.site.inventory.digest
    if case != "no key":
        await put(bus, Shard(digest, rows).packed)
    with structlog.testing.capture_logs() as lines:
        assert await Layers(live, bus, KEYS).of("nobody" if case == "unknown node" else "a") == []
    assert lines == []


@pytest.mark.parametrize(
    "value",
    [
        b"no header",
        b"x" * 100_000,
        b"{}\n",
        b"[" * 10_000 + b"\n",
        json.dumps({"inventory": "a", "probes": ["rtsp"], "nodes": 1}).encode() + b"\n",
        json.dumps({"inventory": "a", "probes": ["rtsp"], "nodes": 1, "causes": 5}).encode() + b"\n",
        json.dumps({"inventory": "a", "probes": ["rtsp"], "nodes": 1, "causes": ["odd"]}).encode() + b"\n",
        json.dumps({"inventory": "a", "probes": [], "nodes": 1, "causes": ["ok"] * 256}).encode() + b"\n",
    ],
)
async def test_garbage_is_no_layer_and_is_said_in_the_log(
    live_of: Callable[..., Live], bus: Redis, value: bytes
) -> None:
    live = seen(live_of("a"))
    await put(bus, value)
    with structlog.testing.capture_logs() as lines:
        assert await Layers(live, bus, KEYS).of("a") == []
    assert [line["event"] for line in lines] == ["layers of a shard are not readable"]


@pytest.mark.parametrize("damage", ["cut short", "another's row", "no such cause", "no such moment"])
async def test_a_damaged_row_is_no_layer(live_of: Callable[..., Live], bus: Redis, damage: str) -> None:
    live = seen(live_of("a"))
    shard = Shard(live.site.inventory.digest, {"a": ok(1 << 62 if damage == "no such moment" else T0)})
    if damage == "another's row":
        shard.marks = {"a": mark_of("b")}
    packed = shard.packed
    if damage == "cut short":
        packed = packed[:-1]
    if damage == "no such cause":
        packed = packed[:-1] + bytes([len(CAUSES)])
    await put(bus, packed)
    with structlog.testing.capture_logs() as lines:
        assert await Layers(live, bus, KEYS).of("a") == []
    assert [line["event"] for line in lines] == ["layers of a shard are not readable"]


async def test_another_kind_of_key_is_no_layer(live_of: Callable[..., Live], bus: Redis) -> None:
    live = seen(live_of("a"))
    await bus.hset(KEYS.layers("video", 0, 1), "a", "b")
    with structlog.testing.capture_logs() as lines:
        assert await Layers(live, bus, KEYS).of("a") == []
    assert [line["event"] for line in lines] == ["layers are not to be had"]


async def test_fetched_layers_are_good_for_a_second(
    live_of: Callable[..., Live], bus: Redis, clock: Clock
) -> None:
    live = seen(live_of("a"))
    layers = Layers(live, bus, KEYS)
    shown = []
    for moment, at in ((0, 1), (FETCH_AGAIN - 1, 2), (FETCH_AGAIN, 3), (-60_000, 4)):
        await put(bus, Shard(live.site.inventory.digest, {"a": ok(at)}).packed)
        clock.now = T0 + moment
        shown.append([one.at for one in await layers.of("a")])
    assert shown == [[1], [1], [3], [4]]  # the last: the clock was set back


async def test_a_layout_that_changes_between_two_questions_is_read_as_it_is_now(
    live_of: Callable[..., Live], bus: Redis, clock: Clock
) -> None:
    live = seen(live_of("a", "b"))
    layers, digest = Layers(live, bus, KEYS), live.site.inventory.digest
    await put(bus, Shard(digest, {"a": ok(), "b": ok()}).packed)
    assert [one.probe for one in await layers.of("b")] == ["rtsp"]
    wider = {"ping": (Cause.SLOW, T0, 1.5)} | ok(T0 + 7)
    await put(bus, Shard(digest, {"a": wider, "b": wider}).packed)
    clock.now += FETCH_AGAIN
    assert [(one.probe, one.at) for one in await layers.of("b")] == [("ping", T0), ("rtsp", T0 + 7)]
    await bus.delete(KEYS.layers("video", 0, 1))
    clock.now += FETCH_AGAIN
    assert await layers.of("b") == []


async def test_one_node_costs_its_own_row_and_not_the_citys(live_of: Callable[..., Live], bus: Redis) -> None:
    names = [f"cam-{number:04}" for number in range(3352)]
    live = seen(live_of(*names))
    cells = {f"probe-{number}": (Cause.OK, T0, 0.1) for number in range(3)}
    packed = Shard(live.site.inventory.digest, dict.fromkeys(names, cells)).packed
    await put(bus, packed)
    layers = Layers(live, bus, KEYS)
    assert len(await layers.of(names[0])) == 3
    before = (await bus.info("stats"))["total_net_output_bytes"]
    assert len(await layers.of(names[-1])) == 3
    after = (await bus.info("stats"))["total_net_output_bytes"]
    assert len(packed) > 100_000
    assert after - before < 12_000  # most of it the answer to INFO


async def test_without_redis_there_are_none_and_nobody_waits_for_long(
    live_of: Callable[..., Live], bus: Redis, server: EmbeddedServer
) -> None:
    live = seen(live_of("a"))
    await put(bus, Shard(live.site.inventory.digest, {"a": ok()}).packed)
    server.stop()
    began = time.monotonic()
    with structlog.testing.capture_logs() as lines:
        assert await Layers(live, bus, KEYS).of("a") == []
    assert time.monotonic() - began < 1.5
    assert [line["event"] for line in lines] == ["layers are not to be had"]


@given(st.binary())
def test_bytes_at_random_are_no_head(value: bytes) -> None:
    with pytest.raises(PackedError):
        Head.parse(value)
