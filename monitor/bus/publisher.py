"""Carries events from a box to a stream, again and again until the ledger has them on disk."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from monitor.bus.client import BusError
from monitor.bus.contact import check_server
from monitor.bus.interruption import Interruption
from monitor.bus.keys import START, Keys, entry_order
from monitor.bus.source import EventSource, OutboxError, Said
from monitor.model.events import Event, EventId

log = structlog.get_logger(__name__)

BATCH: Final = 500
CHECK: Final = 1.0
"""Seconds from a publication to the look whether it was committed."""
SLOW_CHECK: Final = 5.0
"""The same, when several looks in a row found nothing new."""
PATIENCE: Final = 3.0
"""Seconds that a reader may have passed an event without committing it, before it is sent again."""
LONGEST_PATIENCE: Final = 60.0
_FLIGHT: Final = 1000

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Sent:
    """The end of a published batch: its last sequence and where that stands in the stream."""

    sequence: int
    entry: str


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one exchange with the server told."""

    stands: bool  # the last entry that we had published is still there
    committed: tuple[int, int]  # epoch and sequence
    position: str  # of the reader that counts
    entries: list[str]  # ids of what was added, up to the first failure
    failure: Exception | None


class Publisher:
    """Publishes the events of one box in order and confirms to it what the ledger has committed.

    One exchange per batch carries the new entries and asks for everything else that matters: how far the
    ledger is, and whether what was published before still stands. A stream that lost it (FLUSHALL,
    a restart without data), and a reader that passed it without committing, get everything again from the
    first uncommitted event on; readers recognise repeats. With an empty box nothing runs at all.

    ``pending``, ``published``, ``republished`` and ``connected`` are for the metrics.
    """

    def __init__(
        self,
        source: EventSource,
        redis: Redis,
        keys: Keys,
        stream: str,
        reader: str = "ledger",
        *,
        executor: Executor | None = None,
    ) -> None:
        """``reader`` is whose position and commits count; ``executor`` runs the box's disk work."""
        self._source = source
        self._redis = redis
        self._keys = keys
        self._stream = stream
        self._reader = reader
        self._executor = executor
        self.pending = 0
        self.published = 0
        self.republished = 0
        self.connected = False
        self._interruption = Interruption(log, collector=source.collector, stream=stream)
        self._woken = asyncio.Event()
        self._turn = asyncio.Lock()
        self._epoch = 0  # of the box, when we began with it
        self._sent = 0
        self._highest = 0
        self._committed = 0
        self._flight: deque[_Sent] = deque()
        self._passed_since: float | None = None
        self._restarts = 0
        self._quiet_checks = 0

    def wake(self) -> None:
        """There is something new in the box. From the event loop's thread."""
        self._woken.set()

    async def run(self) -> None:
        """Publishes until cancelled. Neither Redis nor a full disk ends it."""
        while True:
            delay = await self._attempt()
            await self._rest(delay)

    async def drain(self, timeout: float) -> bool:  # noqa: ASYNC109  # False is the answer, not an error
        """Publishes until the ledger has committed everything in the box; False if it did not in time."""
        try:
            async with asyncio.timeout(timeout):
                while await self._attempt() is not None:  # noqa: ASYNC110  # the ledger's commit has no event
                    await asyncio.sleep(0.05)
        except TimeoutError:
            return False
        return True

    async def _rest(self, delay: float | None) -> None:
        if self._interruption.lasts:  # news must not shorten the back-off
            await asyncio.sleep(delay or 0.0)
            return
        try:
            async with asyncio.timeout(delay):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _attempt(self) -> float | None:
        """One round. Returns the seconds until the next, None for: when there is something new."""
        async with self._turn:
            self._woken.clear()
            try:
                return await self._round()
            except (RedisError, OSError, BusError, OutboxError) as error:
                # Away, too old, not letting us in, disk full: the box keeps all, and all of it ends.
                self.connected = False
                return self._interruption.failed(error)

    async def _round(self) -> float | None:
        if self._source.oldest() > self._source.last():
            self._interruption.ended()
            return None
        if not self.connected:
            await check_server(self._redis)
        if self._epoch != self._source.epoch:
            await self._begin()
        said = await self._call(lambda: self._source.pending(self._sent, BATCH))
        if self._epoch != self._source.epoch:
            return 0.0  # the box began another life of its numbers: these are not those that we count
        answer = await self._exchange(said)
        lost = self._is_lost(answer)
        self._note(said, answer)
        await self._settle(answer.committed)
        if answer.failure is not None:
            raise answer.failure
        self.connected = True
        self._interruption.ended()
        if self._epoch != self._source.epoch:
            return 0.0
        if lost:
            return self._start_again("the stream lost what was published")
        if self._is_passed_over(answer.position):
            return self._start_again("the reader passed what it did not commit")
        return self._next_look(len(said))

    async def _begin(self) -> None:
        """Starts at the box's front. The ledger's word comes first: the box may be an old copy of itself."""
        committed: Any = await self._redis.hget(self._keys.committed, self._source.collector)
        await self._call(lambda: self._source.confirm(*_epoch_and_sequence(committed)))
        self._epoch = self._source.epoch
        self._sent = self._highest = self._committed = 0
        self._flight.clear()
        self._passed_since = None

    async def _exchange(self, said: list[Said]) -> _Answer:
        """Adds the events and asks after the earlier ones, in one round trip."""
        pipe = self._redis.pipeline(transaction=False)
        last = self._flight[-1].entry if self._flight else START
        pipe.xrange(self._stream, last, last)
        pipe.hget(self._keys.committed, self._source.collector)
        pipe.hget(self._keys.positions(self._stream), self._reader)
        for one in said:
            pipe.xadd(self._stream, self._fields(one))
        standing, committed, position, *added = await pipe.execute(raise_on_error=False)
        for reply in (standing, committed, position):
            if isinstance(reply, Exception):
                raise reply
        failure = next((reply for reply in added if isinstance(reply, Exception)), None)
        entries = added if failure is None else added[: added.index(failure)]
        return _Answer(bool(standing), _epoch_and_sequence(committed), position or START, entries, failure)

    def _fields(self, said: Said) -> dict[Any, Any]:
        event_id = EventId(self._source.collector, self._epoch, said.sequence)
        return {**Event(event_id, self._keys.site, said.time, said.payload, said.oldest).encode()}

    def _is_lost(self, answer: _Answer) -> bool:
        """Whether our last entry is gone although it was not committed. Before the new ones are noted."""
        if not self._flight or answer.stands:
            return False
        return (self._epoch, self._flight[-1].sequence) > answer.committed

    def _note(self, said: list[Said], answer: _Answer) -> None:
        """Remembers what was added now."""
        if not answer.entries:
            return
        sequence = said[len(answer.entries) - 1].sequence
        if len(self._flight) >= _FLIGHT:  # the ledger is away for long: the last one is enough to know
            self._flight.pop()
        self._flight.append(_Sent(sequence, answer.entries[-1]))
        self.published += len(answer.entries)
        self.republished += sum(one.sequence <= self._highest for one in said[: len(answer.entries)])
        self._sent = sequence
        self._highest = max(self._highest, sequence)
        self._quiet_checks = 0

    async def _settle(self, committed: tuple[int, int]) -> None:
        """Lets the box forget what the ledger has. A lower word than before comes from an emptied server."""
        if committed > (self._epoch, self._committed):
            await self._call(lambda: self._source.confirm(*committed))
            self._committed = committed[1]
            self._passed_since = None
            self._restarts = self._quiet_checks = 0
        while self._flight and self._flight[0].sequence <= self._committed:
            self._flight.popleft()
        self.pending = self._source.last() - self._source.oldest() + 1

    def _is_passed_over(self, position: str) -> bool:
        """Whether the reader has been behind our first uncommitted batch for too long."""
        if not self._flight or entry_order(position) < entry_order(self._flight[0].entry):
            self._passed_since = None
            return False
        now = time.monotonic()
        since = self._passed_since = self._passed_since or now
        patience = min(LONGEST_PATIENCE, PATIENCE * 2.0 ** min(self._restarts, 10))
        return now - since >= patience

    def _start_again(self, reason: str) -> float:
        """Sends everything uncommitted again; at once the first time, then with the pace of the looks."""
        log.warning(
            "publishing again",
            collector=self._source.collector,
            stream=self._stream,
            reason=reason,
            after=self._committed,
            until=self._sent,
        )
        self._flight.clear()
        self._passed_since = None
        self._sent = self._committed
        self._restarts += 1
        return 0.0 if self._restarts == 1 else CHECK

    def _next_look(self, taken: int) -> float | None:
        if taken == BATCH:
            return 0.0
        if self.pending == 0:
            return None
        self._quiet_checks += 1
        return CHECK if self._quiet_checks <= 5 else SLOW_CHECK

    async def _call(self, work: Callable[[], _T]) -> _T:
        """Disk work, off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)


def _epoch_and_sequence(committed: str | None) -> tuple[int, int]:
    """``epoch/sequence`` as the ledger wrote it; before everything when it wrote nothing."""
    epoch, _, sequence = (committed or "").partition("/")
    return (int(epoch), int(sequence)) if epoch.isdecimal() and sequence.isdecimal() else (0, 0)
