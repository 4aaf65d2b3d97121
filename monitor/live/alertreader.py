"""What the alert role says that it did, from its stream into the ledger; then its outbox hears of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError, RedisError

from monitor.bus.interruption import Interruption
from monitor.bus.keys import START, Keys
from monitor.bus.reader import Batch, Reader, announce, commit
from monitor.bus.trim import trim
from monitor.ledger.errors import LedgerError
from monitor.ledger.ledger import Ledger
from monitor.ledger.rows import Appended
from monitor.live.intake import FIRST_DELAY, READER
from monitor.model.deeds import Deed
from monitor.model.sequences import Mark

LAST_DELAY: Final = 10.0

log = structlog.get_logger(__name__)


class AlertReader:
    """Takes the alert role's own record into the ledger, then acknowledges it and cuts its stream."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        redis: Redis,
        keys: Keys,
        on_deeds: Callable[[Sequence[Deed]], None] = lambda _: None,
    ) -> None:
        """``on_deeds`` is called with what the ledger did not have yet."""
        self._ledger = ledger
        self._on_deeds = on_deeds
        self._redis = redis
        self._keys = keys
        self._stream = keys.alerts
        self._committed: dict[str, Mark] = {}
        self._position = START
        self._interruption = Interruption(log, task="acknowledge alerts")

    async def run(self, redis_url: str) -> None:
        """Take batch after batch, from where the ledger is. Raises LedgerError if only a person can help."""
        self._committed = await self._ledger.alert_mark()
        self._position = await self._ledger.position(READER, self._stream)
        async with Reader(redis_url, self._stream, READER, self._position) as reader:
            async for batch in reader.batches(idle=True):
                if batch.events or batch.refused:
                    appended = await self._keep(batch)
                    self._committed.update(appended.committed)
                    self._on_deeds(
                        [event.payload for event in appended.fresh if isinstance(event.payload, Deed)]
                    )
                self._position = batch.position
                if reader.connected:
                    await self._acknowledge()

    async def trim(self, keep: float) -> None:
        """Cut what the ledger has and everybody has read. Raises what Redis raises."""
        await trim(self._redis, self._keys, self._stream, keep, (READER, self._position))

    async def _keep(self, batch: Batch) -> Appended:
        """Into the ledger, however long that takes."""
        delay = FIRST_DELAY
        while True:
            try:
                return await self._ledger.record_alerts(
                    READER, self._stream, batch.position, batch.events, batch.refused
                )
            except LedgerError as error:
                if error.lasting:
                    raise
                log.warning("what was told waits for the ledger", error=str(error), again_in=delay)
                await asyncio.sleep(delay)
                delay = min(LAST_DELAY, delay * 2)

    async def _acknowledge(self) -> None:
        """Also when nothing came: a Redis that lost everything hears it again."""
        try:
            try:
                await self._tell()
            except OutOfMemoryError:
                # Full of what we have read, perhaps; cutting is the one thing that it still lets us do.
                await self.trim(0.0)
                await self._tell()
            self._interruption.ended()
        except (RedisError, OSError) as error:
            # The next batch, or the next 5 s without one, say it again.
            self._interruption.failed(error)

    async def _tell(self) -> None:
        await commit(self._redis, self._keys, self._committed)
        await announce(self._redis, self._keys, self._stream, READER, self._position)
