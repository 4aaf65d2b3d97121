"""A network cut anew: what former collectors knew and had not yet said."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog

from collectors.succession import AS_OF_KEY, Estate, Succession, former_estates, take_over
from monitor.bus.client import connect
from monitor.bus.embedded import EmbeddedServer
from monitor.bus.keys import Keys
from monitor.bus.outbox import Outbox, peek
from monitor.bus.reader import commit
from monitor.model.events import Change
from monitor.model.nodes import collector_name, shard_of
from monitor.model.observations import Cause, State

KEYS = Keys("maoming")
NODES = [f"cam-{number}" for number in range(12)]


def state(at: int, word: str = "up ok") -> str:
    return f"{word} {at} -"


def leave(
    folder: Path,
    shard: int,
    shards: int,
    memory: Mapping[str, str],
    *,
    events: int = 0,
    network: str = "video",
) -> Path:
    """The box of a collector that has ended."""
    name = collector_name(network, shard, shards)
    with Outbox(folder / f"{name}.db", name) as box:
        changes = [
            Change(f"cam-{at}", network, State.UP, State.DOWN, at, at - 1, at + 1, Cause.REFUSED, "rtsp")
            for at in range(1, events + 1)
        ]
        box.append([(change, change.at) for change in changes], memory)
    return folder / f"{name}.db"


def succeed(folder: Path, shard: int, shards: int) -> dict[str, str]:
    """What the collector of this shard remembers when it starts."""
    name = collector_name("video", shard, shards)
    planned = {collector_name("video", each, shards) for each in range(shards)}
    with Outbox(folder / f"{name}.db", name) as box:
        own = Estate(box.path, "video", shard, shards, box.memory(""))
        take_over(box, own, former_estates(folder, planned))
        return box.memory("")


def test_each_new_shard_takes_over_its_own_watches_and_no_others(tmp_path: Path) -> None:
    known = {f"state:{node}": state(1_000) for node in NODES} | {"lock:cam-3/rtsp": "print"}
    leave(tmp_path, 0, 1, known | {"sight": "9000"})
    memories = [succeed(tmp_path, shard, 3) for shard in range(3)]
    for shard, memory in enumerate(memories):
        mine = {f"state:{node}" for node in NODES if shard_of(node, 3) == shard}
        assert {key for key in memory if key.startswith("state:")} == mine
        assert (memory["sight"], memory[AS_OF_KEY]) == ("9000", "9000")
    assert [shard for shard in range(3) if "lock:cam-3/rtsp" in memories[shard]] == [shard_of("cam-3", 3)]


def test_of_several_cuts_the_last_to_look_at_a_watch_counts(tmp_path: Path) -> None:
    leave(tmp_path, 0, 1, {f"state:{node}": state(1_000) for node in NODES} | {"sight": "5000"})
    part = [node for node in NODES if shard_of(node, 3) == 1]
    leave(
        tmp_path, 1, 3, {f"state:{node}": state(6_000, "down refused") for node in part} | {"sight": "8000"}
    )
    memory = succeed(tmp_path, 0, 2)
    for node in (node for node in NODES if shard_of(node, 2) == 0):
        assert memory[f"state:{node}"] == (state(6_000, "down refused") if node in part else state(1_000))
    assert memory["sight"] == "5000", "the earliest proof holds for all"


def test_what_a_later_cut_forgot_is_not_remembered_from_an_earlier_one(tmp_path: Path) -> None:
    leave(tmp_path, 0, 1, {"state:cam-1": state(1_000), "state:cam-2": state(1_000), "sight": "5000"})
    for shard in range(3):
        kept = {"state:cam-2": state(1_000)} if shard_of("cam-2", 3) == shard else {}
        leave(tmp_path, shard, 3, kept | {"sight": "8000"})
    memory = succeed(tmp_path, 0, 1)
    assert "state:cam-1" not in memory
    assert (memory["state:cam-2"], memory["sight"]) == (state(1_000), "8000")


def test_what_a_collector_learned_since_is_not_overwritten_at_its_next_start(tmp_path: Path) -> None:
    leave(tmp_path, 0, 3, {"state:cam-1": state(1_000), "sight": "8000"})
    leave(tmp_path, shard_of("cam-1", 3), 3, {"state:cam-1": state(1_000), "sight": "8000"})
    succeed(tmp_path, 0, 1)
    leave(tmp_path, 0, 1, {"state:cam-1": state(8_500, "down refused")})
    memory = succeed(tmp_path, 0, 1)
    assert memory["state:cam-1"] == state(8_500, "down refused")


def test_files_that_are_no_outboxes_of_ours_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "video-0of2.db").write_bytes(b"no database")
    for name in ("video-0of0.db", "video-5of2.db", "notes.db"):
        (tmp_path / name).write_bytes(b"")
    leave(tmp_path, 0, 1, {"state:cam-1": state(1), "sight": "2"}, network="police")
    with structlog.testing.capture_logs() as lines:
        assert succeed(tmp_path, 0, 1) == {}
    assert [line["event"] for line in lines] == ["outbox of a former collector cannot be read"]


# -- what was left unsaid


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path / "redis")
    server.start()
    yield server
    server.stop()


@asynccontextmanager
async def succession(server: EmbeddedServer, folder: Path) -> AsyncIterator[Succession]:
    """As one of the sisters that all start at once runs it."""
    with ThreadPoolExecutor(1) as executor:
        async with connect(server.url) as redis:
            new = Succession(former_estates(folder, {"video-0of3", "video-1of3"}), redis, KEYS, executor)
            running = asyncio.create_task(new.run())
            yield new
            running.cancel()
            await asyncio.wait([running])


async def test_what_was_left_is_said_once_before_any_sister_says_something_new(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    boxes = [leave(tmp_path, 0, 1, {}, events=3, network="gone"), leave(tmp_path, 0, 1, {}, events=700)]
    async with (
        succession(server, tmp_path) as one,
        succession(server, tmp_path) as other,
        connect(server.url) as redis,
    ):
        last = {path.stem: peek(path).last for path in boxes}
        for path in boxes:
            async with asyncio.timeout(10):
                while not (said := [each async for each in entries(redis, path.stem)])[last[path.stem] - 1 :]:
                    await asyncio.sleep(0.05)
            assert [int(each.rpartition("/")[2]) for each in said] == list(range(1, last[path.stem] + 1))
            assert not one.done.is_set()
            assert not other.done.is_set()
            epoch = int(said[0].split("/")[1])
            await commit(redis, KEYS, {path.stem: (epoch, last[path.stem])})
        async with asyncio.timeout(10):
            await one.done.wait()
            await other.done.wait()
    assert [peek(path).oldest for path in boxes] == [4, 701]


async def entries(redis, collector: str) -> AsyncIterator[str]:
    for _, fields in await redis.xrange(KEYS.facts):
        if fields["id"].startswith(f"{collector}/"):
            yield fields["id"]


async def test_a_box_that_cannot_be_read_does_not_hold_up_the_others(
    server: EmbeddedServer, tmp_path: Path
) -> None:
    path = leave(tmp_path, 0, 1, {}, events=1)
    with Outbox(path, "video-0of1") as box:
        box._db.execute("UPDATE events SET type = 'quanshi.of.tomorrow'")
    with structlog.testing.capture_logs() as lines:
        async with succession(server, tmp_path) as new, asyncio.timeout(10):
            await new.done.wait()
    assert "stay in its outbox" in lines[-1]["event"]
    assert "quanshi.of.tomorrow" in lines[-1]["error"]
    assert peek(path).oldest == 1
