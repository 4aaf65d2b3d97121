"""A real server for what collectors put beside the streams."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from monitor.bus.client import connect
from monitor.bus.embedded import EmbeddedServer


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
