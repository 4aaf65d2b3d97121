"""A ledger in memory that keeps the real one's promises: each event once, in order, holes waited for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from monitor.bus.client import connect
from monitor.bus.keys import Keys
from monitor.bus.reader import Reader, announce, commit
from monitor.model.events import Change, Event, EventId
from monitor.model.observations import Cause, State

NOW = 1_795_400_000_000
KEYS = Keys("maoming")


def a_change(node: int) -> Change:
    return Change(
        node=f"cam-{node}",
        network="video",
        old=State.UP,
        new=State.DOWN,
        at=NOW + node,
        not_before=NOW + node - 1000,
        detected_at=NOW + node + 2000,
        cause=Cause.NO_REPLY,
        probe="ping",
    )


def changes(first: int, last: int) -> list[tuple[Change, int]]:
    return [(a_change(number), NOW + number) for number in range(first, last + 1)]


class MemoryLedger:
    """What survives in it survives a "crash" of its reading task, as a database would."""

    def __init__(self) -> None:
        self.facts: list[EventId] = []
        self.nodes: list[str] = []
        self.repeats = 0
        self.committed: dict[str, tuple[int, int]] = {}
        self.position = "0-0"
        self.deaf_to: set[int] = set()

    def take(self, event: Event) -> None:
        epoch, sequence = self.committed.get(event.id.collector, (0, 0))
        if event.id.epoch > epoch:
            sequence = 0
        if event.id.epoch < epoch or event.id.sequence <= sequence:
            self.repeats += 1
        elif event.id.sequence <= max(sequence + 1, event.oldest) and event.id.sequence not in self.deaf_to:
            self.committed[event.id.collector] = (event.id.epoch, event.id.sequence)
            self.facts.append(event.id)
            self.nodes.append(event.payload.node)

    async def run(self, url: str) -> None:
        async with Reader(url, KEYS.facts, "ledger", self.position) as reader, connect(url) as redis:
            async for batch in reader.batches(idle=True):
                for event in batch.events:
                    self.take(event)
                self.position = batch.position
                await self._tell(redis)

    async def _tell(self, redis: Redis) -> None:
        try:
            await commit(redis, KEYS, self.committed)
            await announce(redis, KEYS, KEYS.facts, "ledger", self.position)
        except (RedisError, OSError):
            return  # told again after the next batch


@asynccontextmanager
async def running(*works: Any) -> Any:
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        done = await asyncio.gather(*tasks, return_exceptions=True)
        for one in done:
            if isinstance(one, Exception):
                raise one


@contextmanager
def stopwatch() -> Iterator[Callable[[], float]]:
    began = time.monotonic()
    yield lambda: time.monotonic() - began
