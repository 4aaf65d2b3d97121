"""The role that tells: what was judged or ordered becomes alerts, these become messages, and they go out.

Several may run, each with a database of its own: all hear and decide, and the one that has the lease tells.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError, RedisError

from alerts.channels.base import Channel
from alerts.channels.registry import make_channels
from alerts.database import Database, DatabaseError
from alerts.dead_man import DeadMan, troubles
from alerts.deeds import DeedBox
from alerts.delivery import Delivery, WallClock
from alerts.desk import STEPS, Desk
from alerts.measures import EVERY, failing_of, measured_now, say
from alerts.routing import addresses
from alerts.turns import Turns, alone
from monitor.bus.client import connect
from monitor.bus.keys import Keys
from monitor.bus.lease import Lease
from monitor.bus.publisher import Publisher
from monitor.bus.reader import Batch, Reader, announce, announce_deputy, commit
from monitor.bus.tasks import end, named, settle_memory, until
from monitor.bus.trim import trim
from monitor.config import ConfigError, Reloader, Site
from monitor.config.alerting import ChannelSettings
from monitor.model.events import MONITOR, Event
from monitor.model.times import wall_clock

log = structlog.get_logger(__name__)

READER: Final = "alert"
"""The name under which this role's position is announced; publishers of judgements wait for it."""
TICK: Final = 1.0
"""Seconds between two looks at what follows from time alone."""
_RETRY: Final = 2.0


async def run(site: Site, redis_url: str, stop: asyncio.Event) -> None:
    """Hear, tell and deliver until ``stop`` is set.

    Raises DatabaseError when its database cannot be opened.
    """
    async with alone(site.data / "alerts.lock", stop) as is_alone:
        if is_alone:
            await _run(site, redis_url, stop)


async def _run(site: Site, redis_url: str, stop: asyncio.Event) -> None:
    with Database(site.data / "alerts.db", STEPS) as database:
        redis = connect(redis_url)
        box = DeedBox(database.path)
        try:
            role = _Role(site, database, redis, box, stop)
            log.info("alert role reads", stream=role.keys.judgements, heard=role.desk.inbox.counts())
            await role.run(redis_url)
        finally:
            box.close()
            await redis.aclose()


class _Role:
    def __init__(
        self, site: Site, database: Database, redis: Redis, box: DeedBox, stop: asyncio.Event
    ) -> None:
        self.keys = Keys(site.name)
        self.desk = Desk(database, site)
        self._site = site
        self._redis = redis
        self._box = box
        self._stop = stop
        self._publisher = Publisher(box, redis, self.keys, self.keys.alerts)
        self._database = database
        self._channels: dict[ChannelSettings, Channel] = {}
        self._delivery: Delivery | None = None
        self._dead_man: tuple[asyncio.Event, asyncio.Task[None]] | None = None
        self._read_at = wall_clock()

    async def run(self, redis_url: str) -> None:
        settle_memory()
        self.desk.follow()
        tasks = [
            named(self._listen(redis_url), "listen"),
            named(self._tick(), "tick"),
            named(self._measure(), "measure"),
            named(self._publisher.run(), "record"),
            named(self._reload(), "reload"),
        ]
        over = asyncio.Event()
        turns = named(self._take_turns(redis_url, over), "turns")
        try:
            await until(self._stop, [*tasks, turns])
        finally:
            over.set()
            await asyncio.wait([turns])
            await end(tasks)
            turns.result()

    # Who tells.

    async def _take_turns(self, redis_url: str, over: asyncio.Event) -> None:
        """Follow, and tell whenever no other does, until ``over``."""
        turns = Turns(self._redis, redis_url, self.keys, self._overhear)
        async with Lease(self._redis, self.keys.teller) as lease:
            while not over.is_set():
                fence = await turns.follow(lease, over)
                if fence is not None:
                    await self._lead(named(lease.keep(fence), "lease"), over)

    async def _overhear(self, events: Sequence[Event]) -> None:
        await self._do(lambda: self.desk.overhear(events))

    async def _lead(self, lease: asyncio.Task[None], over: asyncio.Event) -> None:
        """Tell until ``over``, or until another has the lease."""
        await self._do(self.desk.lead)
        log.info("tells")
        self._channels = make_channels(self._site.alerting.channels.values())
        outbox = self.desk.outbox
        self._delivery = Delivery(self._database, outbox, self._channels.values(), heirs=self._heirs)
        # It lets go of its channels by itself, and what is under way has a moment to end.
        done = asyncio.Event()
        delivery = named(self._delivery.run(done), "delivery")
        self._follow_dead_man()
        try:
            await until(over, [lease, delivery])
        finally:
            # Before all that takes time: settings that change meanwhile find nobody who tells.
            self._delivery = None
            done.set()
            await self._end_dead_man()
            await end([lease])
            await asyncio.wait([delivery])
            delivery.result()
        if not over.is_set():
            log.warning("does not tell any more")
            await self._do(self.desk.tick)  # what came of the last messages is ours to record
            self.desk.follow()

    # Hearing.

    async def _listen(self, redis_url: str) -> None:
        stream = self.keys.judgements
        start = self.desk.inbox.position(stream)
        async with Reader(redis_url, stream, READER, start) as reader:
            async for batch in reader.batches(idle=True):
                if reader.connected:
                    self._read_at = wall_clock()
                await self._keep(stream, batch)
                await self._acknowledge()

    async def _keep(self, stream: str, batch: Batch) -> None:
        """Store a batch with what follows from it; while the disk does not let us, nothing else is read."""
        judgements, refused = _sift(batch)
        for entry, error in refused:
            log.warning("judgement refused", entry=entry, error=error)
        if judgements or refused or batch.position != self.desk.inbox.position(stream):
            # On the loop: it takes milliseconds, and nothing else may use the desk meanwhile.
            await self._do(lambda: self.desk.hear(stream, batch.position, judgements, refused))

    async def _do(self, work: Callable[[], None]) -> None:
        while True:
            try:
                work()
            except DatabaseError as error:
                log.warning("judgements wait for the disk", error=str(error))
                await asyncio.sleep(_RETRY)
            else:
                self._note_deeds()
                return

    def _note_deeds(self) -> None:
        if self.desk.deeds != self._box.last():
            self._box.note(self.desk.deeds)
            self._publisher.wake()

    async def _acknowledge(self) -> None:
        """Tell the publisher and the trimming how far we are, as it is on our disk.

        The publisher hears it of the one that tells alone; the trimming waits for the others too. Also when
        nothing came: a Redis that lost everything hears it again.
        """
        try:
            if self.desk.leads:
                await self._announce()
            position = self.desk.inbox.position(self.keys.judgements)
            await announce_deputy(self._redis, self.keys, self.keys.judgements, self.desk.name(), position)
        except (RedisError, OSError, DatabaseError) as error:
            log.debug("acknowledgement waits", error=str(error))

    async def _announce(self) -> None:
        try:
            await self._say_place()
        except OutOfMemoryError:
            # Full of what we have read, perhaps; cutting is the one thing that it still lets us do.
            own = (READER, self.desk.inbox.position(self.keys.judgements))
            await trim(self._redis, self.keys, self.keys.judgements, self._site.keep, own)
            await self._say_place()

    async def _say_place(self) -> None:
        await commit(self._redis, self.keys, self.desk.inbox.committed())
        position = self.desk.inbox.position(self.keys.judgements)
        await announce(self._redis, self.keys, self.keys.judgements, READER, position)

    # What follows from time.

    async def _tick(self) -> None:
        while True:
            await self._do(self.desk.tick)
            await asyncio.sleep(TICK)

    async def _measure(self) -> None:
        """Hear what the monitor measured, and say our own numbers."""
        while True:
            measured = await measured_now(self._redis, self.keys)
            self.desk.engine.measure(measured, wall_clock())
            if self._delivery is not None:
                with suppress(DatabaseError):  # the numbers of the next time will do
                    numbers = self._delivery.numbers()
                    self.desk.engine.fail(failing_of(numbers))
                    await say(self._redis, self.keys, self.desk.engine.book.counts, numbers)
            await asyncio.sleep(EVERY)

    # Settings.

    async def _reload(self) -> None:
        """Take over changed files; those with a mistake change nothing. SIGHUP: look at them at once."""
        reloader = Reloader(self._site)
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, reloader.poke)
        try:
            while True:
                await reloader.changed()
                try:
                    site = await reloader.load()
                except ConfigError as error:
                    first = str(error.mistakes[0])
                    log.error("reload refused", mistakes=len(error.mistakes), first=first)  # noqa: TRY400
                    continue
                await self._take(site)
        finally:
            loop.remove_signal_handler(signal.SIGHUP)

    async def _take(self, site: Site) -> None:
        self._site = site
        if self._delivery is not None:
            # First the channels: what the change itself has to say finds them.
            self._channels = make_channels(site.alerting.channels.values(), self._channels)
            self._delivery.replace(self._channels.values(), self._heirs)
        await self._do(lambda: self.desk.reload(site))
        await self._end_dead_man()
        if self._delivery is not None:
            self._follow_dead_man()
        log.info("reloaded", channels=sorted(site.alerting.channels), routes=len(site.alerting.routes))

    def _heirs(self, route: str) -> Mapping[str, Sequence[str]]:
        """The channels of a route as it is now, and whom to call, for what waits in one that is gone."""
        routes = self._site.alerting.routes
        named = next((each for each in routes if each.name == route), routes[-1] if routes else None)
        if named is None:
            return {}
        now = wall_clock()
        return {channel: addresses(self._site, named.called, channel, now) for channel in named.to}

    # The dead man's switch.

    def _follow_dead_man(self) -> None:
        settings = self._site.alerting.dead_man
        if settings is not None:
            stop = asyncio.Event()
            switch = DeadMan(settings.url, self._troubles, WallClock(), settings.every)
            self._dead_man = (stop, named(switch.run(stop), "dead man's switch"))

    async def _end_dead_man(self) -> None:
        if self._dead_man is not None:
            stop, task = self._dead_man
            self._dead_man = None
            stop.set()
            await end([task])

    def _troubles(self) -> Sequence[str]:
        if self._delivery is None:
            return ["another tells"]
        try:
            world = self.desk.engine.world(wall_clock())
            return troubles(self._read_at, self._delivery.numbers(), world)
        except DatabaseError as error:
            return [str(error)]


def _sift(batch: Batch) -> tuple[list[Event], list[tuple[str, str]]]:
    """The judgements of a batch, and what was none, as (entry, error)."""
    judgements = [event for event in batch.events if event.id.collector == MONITOR]
    others = [
        (str(event.id), f"said by {event.id.collector}, and only the monitor judges")
        for event in batch.events
        if event.id.collector != MONITOR
    ]
    return judgements, [*batch.refused, *others]
