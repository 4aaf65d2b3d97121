"""Reads a stream. The position belongs to the reader's own store; there are no consumer groups."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from monitor.bus.client import BusError, connect
from monitor.bus.contact import check_server
from monitor.bus.interruption import Interruption
from monitor.bus.keys import START, Keys, entry_order
from monitor.model.events import Event, EventError

log = structlog.get_logger(__name__)

BATCH: Final = 1000
BLOCK: Final = 5.0
"""Seconds that one question for news waits at the server."""
_COUNTABLE: Final = 2**63 - 1  # the largest number that a database column holds

Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Batch:
    """Entries in the order of the stream. ``position`` is the one to go on from when all are dealt with.

    ``refused`` are entries that are no events of ours, as (entry id, what is wrong).
    """

    events: tuple[Event, ...]
    position: str
    refused: tuple[tuple[str, str], ...] = ()


class Reader:
    """An endless iteration over a stream, from ``position`` on, over every interruption of Redis.

    A stream that was emptied or begun anew is read from its start: whoever takes the events knows repeats.
    ``connected`` tells whether the last question was answered.
    """

    def __init__(self, source: str | Callable[[], Redis], stream: str, name: str, position: str) -> None:
        """``source`` is a URL, or makes a client that may block :data:`BLOCK` seconds."""
        self._redis = connect(source, block=BLOCK) if isinstance(source, str) else source()
        self.stream = stream
        self.name = name
        self.position = position
        self.connected = False
        self._interruption = Interruption(log, reader=name, stream=stream)

    def __aiter__(self) -> AsyncIterator[Batch]:
        return self.batches()

    async def batches(self, *, idle: bool = False) -> AsyncIterator[Batch]:
        """Batches with something in them; with ``idle`` also an empty one each 5 s in which nothing came."""
        while True:
            entries = await self._next_entries()
            if entries:
                batch = _decode(entries)
                self.position = batch.position
                yield batch
            elif idle:
                yield Batch((), self.position)

    async def close(self) -> None:
        await self._redis.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def _next_entries(self) -> list[tuple[str, Fields]]:
        """What is behind our position; nothing after 5 s without news, or after a failed try."""
        try:
            if not self.connected:
                await check_server(self._redis)
                await self._heed_rebirth()
            entries = await self._ask()
            if not entries:
                await self._heed_rebirth()
        except (RedisError, OSError, BusError) as error:  # away, too old, not letting us in: all end some day
            self.connected = False
            await asyncio.sleep(self._interruption.failed(error))
            return []
        self.connected = True
        self._interruption.ended()
        return entries

    async def _ask(self) -> list[tuple[str, Fields]]:
        answer: Any = await self._redis.xread(
            {self.stream: self.position}, count=BATCH, block=int(BLOCK * 1000)
        )
        return [entry for entries in (answer or {}).values() for entry in entries]

    async def _heed_rebirth(self) -> None:
        """Goes back to the start if the stream ends before our position: then it is not the one we read."""
        if self.position == START:
            return
        try:
            last = (await self._redis.xinfo_stream(self.stream))["last-generated-id"]
        except ResponseError as error:
            if "no such key" not in str(error):
                raise
            last = START
        if entry_order(last) < entry_order(self.position):
            log.warning("stream began anew", reader=self.name, stream=self.stream, was_at=self.position)
            self.position = START


async def announce(redis: Redis, keys: Keys, stream: str, name: str, position: str) -> None:
    """Tells writers and trimming how far this reader is. Only after its store has that position."""
    await redis.hset(keys.positions(stream), name, position)


async def announce_deputy(redis: Redis, keys: Keys, stream: str, name: str, position: str) -> None:
    """The same of one that may take a reader's place: trimming minds it for :data:`monitor.bus.trim.AWAY`."""
    await redis.hset(keys.deputies(stream), name, f"{position}/{int(time.time())}")


async def commit(redis: Redis, keys: Keys, committed: Mapping[str, tuple[int, int]]) -> None:
    """Tells collectors what is on the ledger's disk, so that their outboxes may forget it."""
    if committed:
        texts: dict[Any, Any] = {
            collector: f"{epoch}/{sequence}" for collector, (epoch, sequence) in committed.items()
        }
        await redis.hset(keys.committed, mapping=texts)


def _decode(entries: Iterable[tuple[str, Fields]]) -> Batch:
    events: list[Event] = []
    refused: list[tuple[str, str]] = []
    position = START
    for position, fields in entries:  # the last one is where to go on
        try:
            events.append(_event(fields))
        except (ValueError, RecursionError) as error:
            # EventError, bytes that are no UTF-8, numbers of 5,000 digits, JSON nested 100,000 deep.
            refused.append((position, f"{type(error).__name__}: {error}"))
    return Batch(tuple(events), position, tuple(refused))


def _event(fields: Fields) -> Event:
    for text in fields.values():
        text.encode()  # refuses what was no UTF-8 on the wire
    event = Event.decode(fields)
    if max(event.id.epoch, event.id.sequence, event.oldest) > _COUNTABLE:
        raise EventError(f"event id {event.id} is beyond 64 bits")
    if event.oldest < 0:
        raise EventError(f"oldest of {event.id} is below zero")
    return event
