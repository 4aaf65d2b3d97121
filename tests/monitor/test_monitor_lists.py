"""Another node list, while the monitor runs."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from monitor_kit import DOWN, KEYS, UNKNOWN, Running, first_words, now, publish
from redis.asyncio import Redis
from small_site import Voice, camera, write_site
from waiting import until

from monitor.config import Site
from monitor.model.events import Standing
from monitor.model.observations import Cause
from monitor.model.times import format_time

REFUSED = Standing(DOWN, Cause.REFUSED, now() - 10_000)


async def test_changed_files_are_taken_over_and_mistakes_are_not(
    monitor: Running, site: Site, tmp_path: Path
) -> None:
    async def watches(expected: set[str]) -> bool:
        os.kill(os.getpid(), signal.SIGHUP)
        return set(await monitor.states()) == expected

    async def success(expected: int) -> bool:
        os.kill(os.getpid(), signal.SIGHUP)
        return await monitor.metric("quanshi_config_reload_success") == expected

    await until(lambda: success(1))
    write_site(tmp_path, [camera("a"), camera("b", network="vidoe")])
    await until(lambda: success(0))
    refused = await monitor.status()
    kept = set(await monitor.states())
    write_site(tmp_path, [camera("b"), camera("c")])
    await until(lambda: watches({"b", "c"}))

    assert "vidoe" in refused["reload_error"]
    assert kept == {"a", "b"}
    assert (await monitor.status())["reload_error"] is None
    assert await monitor.metric("quanshi_config_reload_success") == 1


async def test_what_needs_a_restart_is_named_until_it_is_taken_back_and_the_rest_is_taken(
    monitor: Running, site: Site, bus: Redis, tmp_path: Path
) -> None:
    async def told(error: str | None) -> bool:
        os.kill(os.getpid(), signal.SIGHUP)
        return (await monitor.status())["reload_error"] == error

    async def states(expected: dict[str, str]) -> bool:
        return await monitor.states() == expected

    await publish(bus, *first_words(Voice(), now()))
    await until(lambda: states({"a": "up", "b": "down"}))
    nodes = [camera("a"), camera("b"), camera("c")]
    write_site(tmp_path, nodes, networks={"video": {"shards": 2}}, redis="redis://127.0.0.1:1")
    await until(lambda: told("site.yaml  redis, networks.video.shards\n  需要重启"))

    assert await monitor.metric("quanshi_config_reload_success") == 0
    assert await monitor.states() == {"a": "up", "b": "down", "c": "unknown"}
    assert (await monitor.get("/readyz"))[0] == 200
    write_site(tmp_path, nodes)
    await until(lambda: told(None))
    assert await monitor.metric("quanshi_config_reload_success") == 1


async def test_a_changed_file_is_noticed_without_a_signal(monitor: Running, tmp_path: Path) -> None:
    async def ledger_open() -> bool:
        return "ledger takes nothing" not in (await monitor.get("/readyz"))[1]

    async def grown() -> bool:
        return set(await monitor.states()) == {"a", "b", "c"}

    await until(ledger_open)
    write_site(tmp_path, [camera("a"), camera("b"), camera("c")])

    await until(grown)


async def test_a_new_node_that_its_collector_judged_first_shows_what_the_ledger_has_of_it(
    monitor: Running, bus: Redis, tmp_path: Path
) -> None:
    voice, at = Voice(), now()

    async def committed() -> bool:
        return bool(await bus.hget(KEYS.committed, voice.name) == "1/5")

    async def shown() -> bool:
        return await monitor.states() == {"a": "up", "b": "down", "c": "down", "d": "up"}

    early = [
        voice.turns("c", UNKNOWN, DOWN, at - 900),
        voice.sums_up(at, ["a", "d"], {"b": REFUSED, "c": REFUSED}),
    ]
    await publish(bus, *first_words(voice, at), *early)
    await until(committed)
    write_site(tmp_path, [camera(name) for name in "abcd"])

    await until(shown, within=5)
    found = json.loads((await monitor.get("/api/v1/nodes/c"))[1])["watches"][0]
    assert (found["since"], found["detected_at"]) == (format_time(at - 900), format_time(at - 400))
    assert (found["cause"], found["probe"]) == ("refused", "rtsp")
