"""Delivery: a worker for each channel, and one who gives to a fallback what waits too long."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from alerts import postings
from alerts.channels.base import Channel
from alerts.database import Database, DatabaseError
from alerts.outbox import Heirs, Outbox
from alerts.pace import Chance, Latency, Patience
from alerts.postings import Failing
from alerts.worker import Clock, Worker
from monitor.bus.tasks import end, named
from monitor.model.times import wall_clock

log = structlog.get_logger(__name__)

_PRUNE_EVERY: Final = 3_600_000
_DISK_RETRY: Final = 2.0


class WallClock:
    """The machine's own time."""

    def now(self) -> int:
        return wall_clock()

    async def pause(self, event: asyncio.Event, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return


@dataclass(frozen=True, slots=True)
class Numbers:
    """How delivery is now. By channel: how many wait, how many of them only for its limit, what fails.

    ``gone``: how many wait for channels that are not there.
    """

    pending: Mapping[str, int]
    held: Mapping[str, int]
    failing: Mapping[str, Failing]
    latency: Latency
    gone: Mapping[str, int]


def nobody(route: str) -> Mapping[str, Sequence[str]]:
    """The heirs of a channel that is gone, where nobody said any: its messages wait for it."""
    del route
    return {}


class Delivery:
    """Brings what is in the outbox to its receivers while :meth:`run` runs."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        channels: Iterable[Channel],
        *,
        heirs: Heirs = nobody,
        clock: Clock | None = None,
        patience: Patience | None = None,
        chance: Chance = random.random,
    ) -> None:
        """``heirs``: the channels of a route, for what waits in one that is gone. Owns the channels."""
        self.latency = Latency()
        self._database = database
        self._outbox = outbox
        self._clock = clock or WallClock()
        self._patience = patience or Patience()
        self._chance = chance
        self._wanted = {channel.name: channel for channel in channels}
        self._heirs = heirs
        self._workers: dict[str, tuple[Worker, asyncio.Task[None]]] = {}
        self._changed = asyncio.Event()
        self._late = asyncio.Event()
        self._prune_at = 0
        outbox.listen(self.wake)

    def replace(self, channels: Iterable[Channel], heirs: Heirs = nobody) -> None:
        """Use these from now on. A channel object that was there already goes on undisturbed."""
        self._wanted = {channel.name: channel for channel in channels}
        self._heirs = heirs
        self._changed.set()

    def wake(self) -> None:
        """There may be something new."""
        self._late.set()
        for worker, _ in self._workers.values():
            worker.wake()

    def numbers(self) -> Numbers:
        """Raises DatabaseError."""
        with self._database.reading() as db:
            waiting = postings.pending(db)
        workers = {name: worker for name, (worker, _) in self._workers.items()}
        return Numbers(
            pending={name: waiting.get(name, 0) for name in self._wanted},
            held={name: worker.held for name, worker in workers.items() if worker.held},
            failing={name: worker.failing for name, worker in workers.items() if worker.failing is not None},
            latency=self.latency,
            gone={name: count for name, count in waiting.items() if name not in self._wanted},
        )

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until ``stop`` is set, then let go of all channels. Raises DatabaseError at its start."""
        self._outbox.recover()
        stopped = asyncio.create_task(stop.wait(), name="delivery stop")
        keeper = named(self._keep(), "delivery keeper")
        try:
            while not stop.is_set():
                self._changed.clear()
                await self._settled()
                changed = asyncio.create_task(self._changed.wait(), name="delivery change")
                working = [keeper, *(task for _, task in self._workers.values())]
                done, _ = await asyncio.wait(
                    [stopped, changed, *working], return_when=asyncio.FIRST_COMPLETED
                )
                await end([changed])
                for task in done.intersection(working):
                    task.result()  # a fault of ours: the role is started again
        finally:
            await end([stopped, keeper])
            await self._let_go(list(self._workers))

    async def _settled(self) -> None:
        try:
            await self._settle()
        except DatabaseError as error:
            log.warning("channels wait for the disk", error=str(error))
            asyncio.get_running_loop().call_later(_DISK_RETRY, self._changed.set)

    async def _settle(self) -> None:
        """Have a worker for every channel that is wanted, and for none else."""
        gone = [
            name
            for name, (worker, _) in self._workers.items()
            if self._wanted.get(name) is not worker.channel
        ]
        await self._let_go(gone)
        for name, channel in self._wanted.items():
            if name not in self._workers:
                worker = self._worker(channel)
                self._workers[name] = (worker, named(worker.run(), f"deliver {name}"))
        self._outbox.inherit(self._wanted, self._heirs)
        self.wake()

    def _worker(self, channel: Channel) -> Worker:
        now = self._clock.now()
        self._outbox.revive(channel.name, now - round(1000 * self._patience.give_up))
        with self._database.reading() as db:
            window = round(1000 * channel.limit[1]) if channel.limit else 0
            past = postings.tries(db, channel.name, now - window - round(1000 * self._patience.attempt))
            failing = postings.failing(db).get(channel.name)
        return Worker(
            *(channel, self._outbox, self._clock, self._patience),
            chance=self._chance,
            latency=self.latency,
            past=past,
            failing=failing,
        )

    async def _let_go(self, names: Sequence[str]) -> None:
        """An attempt under way has a moment to end: broken off, it would be made twice."""
        leaving = [self._workers.pop(name) for name in names]
        if not leaving:
            return
        for worker, _ in leaving:
            worker.finish()
        tasks = [task for _, task in leaving]
        try:
            await asyncio.wait(tasks, timeout=self._patience.grace)
        finally:
            await end(tasks)
            for worker, _ in leaving:
                await worker.channel.close()

    async def _keep(self) -> None:
        """Give what waits too long to its fallback; forget what is old."""
        while True:
            self._late.clear()
            try:
                wait = self._upkeep()
            except DatabaseError as error:
                log.warning("fallbacks wait for the disk", error=str(error))
                wait = _DISK_RETRY
            await self._clock.pause(self._late, wait)

    def _upkeep(self) -> float:
        """Seconds to the next time."""
        now = self._clock.now()
        late = self._outbox.next_fallback()
        if late is not None and late <= now:
            self._outbox.hand_over_late()
            late = self._outbox.next_fallback()
        if now >= self._prune_at:
            self._outbox.prune()
            self._prune_at = now + _PRUNE_EVERY
        next_at = self._prune_at if late is None else min(late, self._prune_at)
        return min(max(next_at - now, 50), _PRUNE_EVERY) / 1000
