"""The role as a whole: from the stream to the ledger, the pages and the judgements."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from monitor_kit import DEGRADED, DOWN, KEYS, UNKNOWN, UP, Running, first_words, now, publish, running
from redis.asyncio import Redis
from small_site import Voice, camera, make_site, write_site
from waiting import until

from monitor import role
from monitor.bus.embedded import EmbeddedServer
from monitor.bus.outbox import Outbox
from monitor.bus.publisher import Publisher
from monitor.config import Site, load_site
from monitor.ledger import Ledger
from monitor.ledger.signing import is_signed, read_public
from monitor.model.deeds import Deed, Did
from monitor.model.events import ALERT, Event, Judged, Standing
from monitor.model.observations import Cause
from monitor.model.outages import Outage, Phase


async def test_a_fact_is_in_the_ledger_the_status_and_a_metric_and_its_collector_hears_it(
    monitor: Running, site: Site, bus: Redis
) -> None:
    voice = Voice()

    await publish(bus, *first_words(voice, now()))

    async def shown() -> bool:
        return await monitor.states() == {"a": "up", "b": "down"}

    async def acknowledged() -> bool:
        return bool(await bus.hget(KEYS.committed, voice.name) == "1/3")

    await until(shown)
    await until(acknowledged)
    assert await monitor.metric("quanshi_node_up") == 1
    assert [each["node"] for each in (await monitor.status())["down"]] == ["b"]
    async with await Ledger.open(site.ledger_url) as ledger:
        assert [row.change.node for row in await ledger.changes()] == ["a", "b"]
        assert await ledger.inventory(site.inventory.digest) is not None


async def test_it_is_ready_once_every_collector_was_heard(monitor: Running, bus: Redis) -> None:
    async def unheard() -> bool:
        status, text = await monitor.get("/readyz")
        return status == 503 and json.loads(text)["reasons"] == ["no sight of collector video-0of1 yet"]

    async def ready() -> bool:
        return (await monitor.get("/readyz"))[0] == 200

    await publish(bus, Voice().turns("a", UNKNOWN, UP, now()))
    await until(unheard)
    await publish(bus, *first_words(Voice(epoch=2), now()))
    await until(ready)


async def test_a_sight_from_long_ago_leaves_its_watches_unknown(monitor: Running, bus: Redis) -> None:
    voice = Voice()

    await publish(bus, *first_words(voice, now() - 60_000))

    async def taken() -> bool:
        return len((await monitor.status())["changes"]) == 2

    await until(taken)
    assert await monitor.states() == {"a": "unknown", "b": "unknown"}
    assert (await monitor.status())["networks"]["video"]["collectors"][0]["footing"] == "silent"
    assert await monitor.metric("quanshi_node_up") is None


async def test_a_restart_restores_what_was_known(tmp_path: Path, server: EmbeddedServer, bus: Redis) -> None:
    """To the last field, of what was said outright and of what a snapshot mended."""
    site, voice, at = make_site(tmp_path, [camera(name) for name in "abcd"]), Voice(), now()

    async def known(monitor: Running) -> bool:
        """And whose fault it is that b is down, which is judged a moment later."""
        is_judged = bool((await monitor.status())["outages"])
        return is_judged and await monitor.states() == {"a": "up", "b": "down", "c": "degraded", "d": "up"}

    async def shown(monitor: Running) -> list[Any]:
        """The watches, what is down, and the last changes, as anybody may read them."""
        status = await monitor.status()
        nodes = (await monitor.get("/api/v1/nodes"))[1]
        return [nodes, status["down"], status["changes"]]

    async with running(site, server.url) as before:
        mended = {
            "b": Standing(DOWN, Cause.REFUSED, at - 1000),
            "c": Standing(DEGRADED, Cause.BUSY, at - 500),
        }
        await publish(bus, *first_words(voice, at), voice.sums_up(at, ["a", "d"], mended))
        await until(lambda: known(before))
        earlier = await shown(before)
    await bus.flushall()
    async with running(site, server.url) as after:
        await until(lambda: known(after))
        later = await shown(after)

    assert later == earlier
    assert json.loads(later[0])["nodes"][1]["probe"] == "rtsp"


async def test_a_redis_that_loses_everything_loses_nothing(
    monitor: Running, site: Site, bus: Redis, tmp_path: Path
) -> None:
    voice = Voice()
    with Outbox(tmp_path / "box.db", voice.name) as box:
        publisher = Publisher(box, bus, KEYS, KEYS.facts)
        publishing = asyncio.create_task(publisher.run())

        def say(*events: Event) -> None:
            box.append([(event.payload, event.time) for event in events])
            publisher.wake()

        async def committed() -> bool:
            return box.count() == 0

        async def shows(state: str) -> bool:
            return (await monitor.states())["a"] == state

        say(*first_words(voice, now()))
        await until(lambda: shows("up"))
        await until(committed)
        await bus.flushall()
        say(voice.turns("a", UP, DOWN, now()), voice.sees(now() - 1000, now()))
        await until(lambda: shows("down"))
        await until(committed)
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)

    async with await Ledger.open(site.ledger_url) as ledger:
        assert [(row.change.node, row.change.new) for row in await ledger.changes()] == [
            ("a", UP),
            ("b", DOWN),
            ("a", DOWN),
        ]
        assert await ledger.gaps() == []


async def test_an_emptied_redis_hears_again_what_is_committed_though_nothing_is_new(
    monitor: Running, bus: Redis
) -> None:
    async def acknowledged() -> bool:
        return bool(await bus.hget(KEYS.committed, "video-0of1") == "1/3")

    await publish(bus, *first_words(Voice(), now()))
    await until(acknowledged)
    await bus.flushall()

    await until(acknowledged)


async def test_changes_are_told_onwards_as_judgements(monitor: Running, bus: Redis) -> None:
    await publish(bus, *first_words(Voice(), now()))

    async def told() -> bool:
        return int(await bus.xlen(KEYS.judgements)) == 3

    await until(told)
    entries = [Event.decode(fields).payload for _, fields in await bus.xrange(KEYS.judgements)]
    judged = [payload for payload in entries if isinstance(payload, Judged)]
    (outage,) = [payload for payload in entries if isinstance(payload, Outage)]
    assert {payload.node: payload.outage for payload in judged} == {"a": "", "b": outage.id}
    assert (outage.root, outage.phase) == ("b", Phase.OPENED)
    assert [each["root"] for each in (await monitor.status())["outages"]] == ["b"]
    assert "quanshi_outages" in (await monitor.get("/metrics"))[1]


async def test_a_judgement_is_told_soon_after_the_change_was_heard(monitor: Running, bus: Redis) -> None:
    voice, took = Voice(), []
    await publish(bus, *first_words(voice, now()))
    for number in range(10):
        before = int(await bus.xlen(KEYS.judgements))
        began = time.perf_counter()
        await publish(bus, voice.turns("a", *((UP, DOWN) if number % 2 == 0 else (DOWN, UP)), now()))
        while int(await bus.xlen(KEYS.judgements)) == before:
            await asyncio.sleep(0.002)
        took.append(time.perf_counter() - began)
        await asyncio.sleep(0.1)
    took.sort()
    print(f"told after {1000 * took[5]:.0f} ms, at most {1000 * took[-1]:.0f} ms")
    assert took[0] < 0.1


async def test_what_the_alert_role_did_is_in_the_ledger_and_its_outbox_hears_it(
    monitor: Running, site: Site, bus: Redis, tmp_path: Path
) -> None:
    deed = Deed(Did.FIRED, "0a1b2c3d", "offline/video/b", now(), {"channel": "duty"})
    with Outbox(tmp_path / "alert.db", ALERT) as box:
        box.append([(deed, now())])
        publishing = asyncio.create_task(Publisher(box, bus, KEYS, KEYS.alerts).run())

        async def confirmed() -> bool:
            return box.count() == 0

        await until(confirmed)
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)
    async with await Ledger.open(site.ledger_url) as ledger:
        (row,) = await ledger.alert_records()
    assert (row.type, row.body) == ("quanshi.alert.fired", deed.to_json())


async def test_the_note_of_where_it_listens_goes_with_it(site: Site, server: EmbeddedServer) -> None:
    async with running(site, server.url) as monitor:
        note = json.loads(monitor.note.read_text())

    assert note["pid"] == os.getpid()
    assert note["url"].startswith("http://127.0.0.1:")
    assert not monitor.note.exists()


async def test_an_address_that_is_taken_is_an_error(tmp_path: Path, server: EmbeddedServer) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        site = make_site(tmp_path, [camera("a")], listen=f"127.0.0.1:{port}")

        with pytest.raises(OSError, match="address already in use"):
            await role.run(site, server.url, asyncio.Event())


async def test_which_node_list_is_valid_from_when_is_recorded(
    site: Site, server: EmbeddedServer, tmp_path: Path
) -> None:
    async def restored(monitor: Running) -> bool:
        text = (await monitor.get("/readyz"))[1]
        return "ledger takes nothing" not in text and "states are not restored" not in text

    for _ in range(2):  # a restart is no news
        async with running(site, server.url) as monitor:
            await until(lambda: restored(monitor))
    write_site(tmp_path, [camera("a"), camera("b"), camera("c")])
    later = load_site(site.path)
    async with running(later, server.url) as monitor:
        await until(lambda: restored(monitor))

    async with await Ledger.open(site.ledger_url) as ledger:
        uses = await ledger.inventory_uses()
    assert [digest for _, digest in uses] == [site.inventory.digest, later.inventory.digest]
    assert uses[0][0] < uses[1][0] <= now()


async def test_the_ledger_is_signed_with_a_key_of_its_own_at_the_start_and_at_the_end(
    site: Site, server: EmbeddedServer, bus: Redis
) -> None:
    async with running(site, server.url) as monitor:

        async def taken() -> bool:
            return await monitor.states() == {"a": "up", "b": "down"}

        async def signed() -> bool:
            async with await Ledger.open(site.ledger_url) as ledger:
                return await ledger.checkpoints() != []

        await until(signed)
        await publish(bus, *first_words(Voice(), now()))
        await until(taken)

    assert (site.data / "ledger.key").stat().st_mode & 0o777 == 0o600
    async with await Ledger.open(site.ledger_url) as ledger:
        checkpoints = await ledger.checkpoints()
        head = await ledger.head()
    assert len(checkpoints) == 2
    assert (checkpoints[0].link, checkpoints[0].hash) == (head.links, head.hash)
    public = read_public(site.data / "ledger.pub")
    assert all(is_signed(each.text(), each.signature, public) for each in checkpoints)
