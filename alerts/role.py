"""The role that tells: it reads the judgements. The rules that make alerts of them come later."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError, RedisError

from alerts.database import Database, DatabaseError
from alerts.inbox import STEPS, Inbox
from monitor.bus.client import connect
from monitor.bus.keys import Keys
from monitor.bus.reader import Batch, Reader, announce, commit
from monitor.bus.tasks import end, named, settle_memory, until
from monitor.bus.trim import trim
from monitor.config import Site
from monitor.model.events import MONITOR, Event

log = structlog.get_logger(__name__)

READER: Final = "alert"
"""The name under which this role's position is announced; publishers of judgements wait for it."""
_RETRY: Final = 2.0


async def run(site: Site, redis_url: str, stop: asyncio.Event) -> None:
    """Read judgements until ``stop`` is set. Each is counted once, over every restart and outage.

    Raises DatabaseError when its database cannot be opened.
    """
    with Database(site.data / "alerts.db", STEPS) as database:
        inbox = Inbox(database)
        log.info("alert role reads", stream=Keys(site.name).judgements, heard=inbox.counts())
        settle_memory()
        tasks = [named(_listen(database, inbox, redis_url, Keys(site.name), site.keep), "listen")]
        try:
            await until(stop, tasks)
        finally:
            await end(tasks)


async def _listen(database: Database, inbox: Inbox, redis_url: str, keys: Keys, keep: float) -> None:
    stream = keys.judgements
    start = inbox.position(stream)
    async with Reader(redis_url, stream, READER, start) as reader, connect(redis_url) as redis:
        async for batch in reader.batches(idle=True):
            await _keep(database, inbox, stream, batch)
            await _acknowledge(redis, keys, inbox, keep)


async def _keep(database: Database, inbox: Inbox, stream: str, batch: Batch) -> None:
    """Store a batch; while the disk does not let us, nothing else is read."""
    judgements, refused = _sift(batch)
    for entry, error in refused:
        log.warning("judgement refused", entry=entry, error=error)
    while True:
        try:
            # On the loop: it takes milliseconds, and nothing else runs here.
            if judgements or refused or batch.position != inbox.position(stream):
                with database.transaction() as db:
                    inbox.take(db, stream, batch.position, judgements, refused)
        except DatabaseError as error:
            log.warning("judgements wait for the disk", error=str(error))
            await asyncio.sleep(_RETRY)
        else:
            return


def _sift(batch: Batch) -> tuple[list[Event], list[tuple[str, str]]]:
    """The judgements of a batch, and what was none, as (entry, error)."""
    judgements = [event for event in batch.events if event.id.collector == MONITOR]
    others = [
        (str(event.id), f"said by {event.id.collector}, and only the monitor judges")
        for event in batch.events
        if event.id.collector != MONITOR
    ]
    return judgements, [*batch.refused, *others]


async def _acknowledge(redis: Redis, keys: Keys, inbox: Inbox, keep: float) -> None:
    """Tell the publisher and the trimming how far we are, as it is on our disk.

    Also when nothing came: a Redis that lost everything hears it again.
    """
    try:
        try:
            await _tell(redis, keys, inbox)
        except OutOfMemoryError:
            # Full of what we have read, perhaps; cutting is the one thing that it still lets us do.
            own = (READER, inbox.position(keys.judgements))
            await trim(redis, keys, keys.judgements, keep, own)
            await _tell(redis, keys, inbox)
    except (RedisError, OSError, DatabaseError) as error:
        log.debug("acknowledgement waits", error=str(error))


async def _tell(redis: Redis, keys: Keys, inbox: Inbox) -> None:
    await commit(redis, keys, inbox.committed())
    await announce(redis, keys, keys.judgements, READER, inbox.position(keys.judgements))
