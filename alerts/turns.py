"""Who of several alert roles tells: one that has the lease, and knows what the one before it told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from monitor.bus.keys import START, Keys, entry_order
from monitor.bus.lease import Lease
from monitor.bus.locks import FileLock, LockHeldError
from monitor.bus.reader import Reader
from monitor.bus.tasks import end, named, until
from monitor.model.events import Event

log = structlog.get_logger(__name__)

_ALONE: Final = 15.0
"""Seconds without a word of Redis after which one tells that has no lease: better twice than never."""
_CATCH_UP: Final = 5.0
"""Seconds for which the record of the one before is read, until what it told is told again."""
_LOOK_EVERY: Final = 0.5

Overhear = Callable[[Sequence[Event]], Awaitable[None]]


@asynccontextmanager
async def alone(path: Path, stop: asyncio.Event) -> AsyncIterator[bool]:
    """Be the only one that uses these files, however long that takes; False if ``stop`` came first."""
    lock = await _locked(path, stop)
    try:
        yield lock is not None
    finally:
        if lock is not None:
            lock.release()


async def _locked(path: Path, stop: asyncio.Event) -> FileLock | None:
    holder = None
    while not stop.is_set():
        try:
            return FileLock(path)
        except LockHeldError as error:
            if error.pid != holder:
                holder = error.pid
                log.warning("another alert role uses these files", path=str(path), process=holder)
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_EVERY):
                await stop.wait()
    return None


class Turns:
    """One candidate. ``overhear`` is given the record of the one that tells, in its order."""

    def __init__(self, redis: Redis, redis_url: str, keys: Keys, overhear: Overhear) -> None:
        self._redis = redis
        self._redis_url = redis_url
        self._stream = keys.alerts
        self._overhear = overhear
        self._position = START
        self._moved = asyncio.Event()
        self._answered_at = time.monotonic()
        self._leader = ""

    async def follow(self, lease: Lease, over: asyncio.Event) -> int | None:
        """Hear what another tells until it does so no more: the number of our term. None when ``over``."""
        self._position = START
        election = asyncio.create_task(self._elect(lease), name="election")
        tasks = [election, named(self._listen(), "overhear")]
        try:
            await until(over, tasks)
        finally:
            await end(tasks)
        self._leader = ""
        return None if election.cancelled() else election.result()

    async def _elect(self, lease: Lease) -> int:
        """Wait for the lease, and then until all that was told is known."""
        while True:
            try:
                async with asyncio.timeout(_ALONE):
                    fence = await lease.take(0, self._hear_of)
            except TimeoutError:
                if time.monotonic() - self._answered_at < _ALONE:
                    continue
                log.warning("tells without a lease: redis does not answer")
                return 0  # below all others: whoever takes it, this one follows
            with suppress(TimeoutError):
                async with asyncio.timeout(_CATCH_UP):
                    await self._catch_up()
            return fence

    def _hear_of(self, leader: str) -> None:
        self._answered_at = time.monotonic()
        if leader != self._leader:
            self._leader = leader
            log.info("follows another alert role", leader=leader)

    async def _listen(self) -> None:
        async with Reader(self._redis_url, self._stream, "overhear", START) as reader:
            async for batch in reader.batches():
                await self._overhear(batch.events)
                self._position = batch.position
                self._moved.set()

    async def _catch_up(self) -> None:
        """Until all is heard that stands in the record now."""
        try:
            last = (await self._redis.xrevrange(self._stream, count=1) or [(START, {})])[0][0]
        except (RedisError, OSError) as error:
            log.debug("what was told is not to be had", error=str(error))
            return
        while entry_order(self._position) < entry_order(str(last)):
            self._moved.clear()
            await self._moved.wait()
