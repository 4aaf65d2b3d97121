"""A real server for every test of the bus, in a directory of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from bus_ledger import KEYS, MemoryLedger
from redis.asyncio import Redis

from monitor.bus.client import connect
from monitor.bus.embedded import EmbeddedServer
from monitor.bus.keys import Keys
from monitor.bus.outbox import Outbox


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def bus(server: EmbeddedServer) -> AsyncIterator[Redis]:
    async with connect(server.url) as redis:
        yield redis


@pytest.fixture
def keys() -> Keys:
    return KEYS


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with Outbox(tmp_path / "outbox" / "video-0of1.db", "video-0of1") as box:
        yield box


@pytest.fixture
def memory_ledger() -> MemoryLedger:
    return MemoryLedger()
