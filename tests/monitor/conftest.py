"""A real server for every test of the monitor, and on wish the role itself over it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from monitor_kit import Running, running
from redis.asyncio import Redis
from small_site import camera, make_site

from monitor.bus.client import connect
from monitor.bus.embedded import EmbeddedServer
from monitor.config import Site


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path / "data")
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def bus(server: EmbeddedServer) -> AsyncIterator[Redis]:
    async with connect(server.url) as redis:
        yield redis


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return make_site(tmp_path, [camera("a", name='路口 "甲"\\'), camera("b")])


@pytest.fixture
async def monitor(site: Site, server: EmbeddedServer) -> AsyncIterator[Running]:
    async with running(site, server.url) as monitor:
        yield monitor
