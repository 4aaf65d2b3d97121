"""What runs beside the watcher: other lists of nodes, and tables for people who look."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import chain, repeat
from pathlib import Path

import pytest
import structlog
from collector_kit import QUICK, answering, at, city, collecting, device, saying, until
from small_site import camera
from test_collector_causes import expired_identity

from collectors import role, tables
from collectors.tables import Tables
from monitor.bus.client import connect
from monitor.bus.embedded import EmbeddedServer
from monitor.bus.keys import Keys

SHARD = ("video", 0, 1)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path / "redis")
    server.start()
    yield server
    server.stop()


async def test_a_day_that_asks_too_much_of_this_machine_leaves_the_list_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(role, "LOOK_AT_DAY", 0.01)
    days = chain([date(2026, 5, 1)], repeat(date(2026, 5, 2)))
    async with device(answering()) as cam, collecting(city(tmp_path, [at("cam", cam)])) as collector:
        watcher = collector.watcher
        watcher.site = replace(watcher.site, concurrency=10**9)
        with structlog.testing.capture_logs() as lines:
            minding = asyncio.create_task(role.mind_the_day(watcher, collector.listening, lambda: next(days)))
            await until(lambda: lines or minding.done())
        assert [line["event"] for line in lines] == ["the old list of watches stays"]
        assert not minding.done()
        assert watcher.roster.wards.keys() == {"cam"}
        minding.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await minding


async def test_the_end_of_a_certificate_that_is_no_more_is_not_told_any_longer(
    tmp_path: Path, server: EmbeddedServer
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(expired_identity(tmp_path))
    web = saying(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    probes = {"http": QUICK, "https": QUICK | {"protocol": "http", "tls": True}, "tcp": QUICK}
    keys = Keys("maoming")
    async with (
        device(web, "127.0.4.1", tls) as one,
        device(web, "127.0.4.2", tls) as two,
        connect(server.url) as redis,
    ):
        rows = [at("one", one, probes="https"), at("two", two, probes="https")]
        async with collecting(city(tmp_path, rows, probes=probes)) as collector:
            kept = Tables(collector.watcher.roster, redis, keys, SHARD)
            await collector.stand(dict.fromkeys(("one", "two"), ("degraded", "certificate_expired")))
            await kept.write()
            assert (await redis.hgetall(keys.certificates(*SHARD))).keys() == {"one", "two"}
            assert 0 < await redis.ttl(keys.certificates(*SHARD)) <= tables.EXPIRES
            collector.take(city(tmp_path, [rows[0], at("two", two, probes="tcp")], probes=probes))
            await kept.write()
            assert (await redis.hgetall(keys.certificates(*SHARD))).keys() == {"one"}
            collector.take(city(tmp_path, [camera("other", probes="tcp:8000")], probes=probes))
            await kept.write()
            assert await redis.hgetall(keys.certificates(*SHARD)) == {}
