"""What tests of delivery share: an outbox in a file, a time of their own, and a role's life in a block."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from delivery_kit import FakeChannel, FakeClock

from alerts.database import Database
from alerts.delivery import Delivery
from alerts.model import Message
from alerts.outbox import STEPS, Fallback, Outbox


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "alerts.db", STEPS) as opened:
        yield opened


@pytest.fixture
def outbox(database: Database, clock: FakeClock) -> Outbox:
    return Outbox(database, clock.now)


@pytest.fixture
def add(database: Database, outbox: Outbox) -> Callable[..., None]:
    def put(*messages: Message, channel: str = "duty", fallback: Fallback | None = None) -> None:
        with database.transaction() as db:
            for each in messages:
                outbox.enqueue(db, channel, each, fallback=fallback)

    return put


@pytest.fixture
def deliver(database: Database, outbox: Outbox, clock: FakeClock) -> Callable[..., Any]:
    @asynccontextmanager
    async def delivering(*channels: FakeChannel, **options: Any) -> AsyncIterator[Delivery]:
        delivery = Delivery(database, outbox, channels, clock=clock, chance=lambda: 1.0, **options)
        stop = asyncio.Event()
        task = asyncio.create_task(delivery.run(stop))
        await clock.advance(0)
        yield delivery
        stop.set()
        await task

    return delivering
