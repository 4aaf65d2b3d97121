"""From the stream into the ledger, then into the live picture; then the collectors hear of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
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
from monitor.live.health import Health
from monitor.live.states import Live
from monitor.model.events import Change, Sight

READER: Final = "ledger"
"""The name under which the monitor reads: outboxes wait for this reader alone."""

FIRST_DELAY: Final = 0.25
"""Seconds until a batch that the ledger did not take is tried again; twice as many after each further try."""

LAST_BATCH: Final = 2.0
"""Seconds that a batch may still take when the role stops."""

log = structlog.get_logger(__name__)


class Intake:
    """Takes the facts from the stream into the ledger, then into the live picture, then acknowledges."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        live: Live,
        health: Health,
        redis: Redis,
        keys: Keys,
        on_news: Callable[[Sequence[tuple[int, Change]]], None],
        restore: Callable[[], Awaitable[None]],
        on_sights: Callable[[Sequence[Sight]], None] = lambda _: None,
    ) -> None:
        """``on_news`` is called when the ledger has something that it did not have: with the changes of it
        and their numbers, mended ones among them.

        ``restore`` makes the live picture anew from the ledger. ``on_sights`` hears of what was looked at.
        """
        self._ledger = ledger
        self._live = live
        self._health = health
        self._redis = redis
        self._keys = keys
        self._on_news = on_news
        self._restore = restore
        self._on_sights = on_sights
        self._committed: dict[str, tuple[int, int]] = {}
        self._position = START
        self._turn = asyncio.Lock()
        self._interruption = Interruption(log, task="acknowledge")

    async def run(self, redis_url: str) -> None:
        """Take batch after batch, from where the ledger is. Raises LedgerError if only a person can help."""
        self._committed = await self._ledger.committed()
        self._position = await self._ledger.position(READER, self._keys.facts)
        async with Reader(redis_url, self._keys.facts, READER, self._position) as reader:
            async for batch in reader.batches(idle=True):
                self._health.bus_connected = reader.connected
                async with self._turn:
                    if batch.events or batch.refused:
                        await self._take(batch)
                    self._position = batch.position
                    if reader.connected:
                        await self._acknowledge()

    async def trim(self) -> None:
        """Cut the facts that the ledger has and everybody has read. Raises what Redis raises."""
        own = (READER, self._position)
        await trim(self._redis, self._keys, self._keys.facts, self._live.site.keep, own)

    async def finish(self) -> None:
        """Begin no further batch, and wait until the one in hand is acknowledged: 2 s at most."""
        try:
            async with asyncio.timeout(LAST_BATCH):
                await self._turn.acquire()
        except TimeoutError:
            log.warning("stopped in the middle of a batch; it is read again at the next start")

    async def _take(self, batch: Batch) -> None:
        appended = await self._append(batch)
        for event in appended.fresh:
            self._live.apply(event)
        self._committed.update(appended.committed)
        self._health.refused += appended.refused
        if appended.gaps:
            self._health.lost = await lost_events(self._ledger)
            log.error("events are lost", holes=appended.gaps, lost_in_all=self._health.lost)
        for collector in appended.waiting:
            log.warning("events are missing and will be sent again", collector=collector)
        if sights := [event.payload for event in appended.fresh if isinstance(event.payload, Sight)]:
            self._on_sights(sights)
        if appended.fresh:
            self._on_news(appended.changes)

    async def _append(self, batch: Batch) -> Appended:
        """Into the ledger, however long that takes: a full disk is waited out, nothing is skipped."""
        delay = FIRST_DELAY
        while True:
            try:
                appended = await self._ledger.append(
                    READER, self._keys.facts, batch.position, batch.events, batch.refused
                )
            except LedgerError as error:
                if error.lasting:
                    raise
                self._health.ledger_takes = False
                log.error("ledger takes nothing", error=str(error), again_in=delay)  # noqa: TRY400 - expected
                await asyncio.sleep(delay)
                delay = min(10.0, delay * 2)
            else:
                self._health.ledger_takes = True
                if delay > FIRST_DELAY and not appended.fresh:
                    # A server that went away at the last moment may have stored it all without a word.
                    await self._restore()
                return appended

    async def _acknowledge(self) -> None:
        """Tell the collectors everything that is committed, and not only the news: Redis may have lost it."""
        try:
            try:
                await self._tell()
            except OutOfMemoryError:
                # Full of what we have read, perhaps; cutting is the one thing that it still lets us do.
                await self.trim()
                await self._tell()
            self._interruption.ended()
        except (RedisError, OSError) as error:
            # The next batch, or the next 5 s without one, say it again.
            self._interruption.failed(error)

    async def _tell(self) -> None:
        await commit(self._redis, self._keys, self._committed)
        await announce(self._redis, self._keys, self._keys.facts, READER, self._position)


async def lost_events(ledger: Ledger) -> int:
    """How many events can never come, ever."""
    return sum(gap.last - gap.first + 1 for gap in await ledger.gaps())
