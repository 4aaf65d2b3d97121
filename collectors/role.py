"""The role: schedule → engine → judge → bus, for one shard of one network."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime

import structlog

from collectors.engine.limits import LimitError
from collectors.herald import Herald
from collectors.listening import Listening
from collectors.sights import SightKeeper
from collectors.succession import Estate, Succession, former_estates, take_over
from collectors.tables import Tables
from collectors.watcher import Watcher
from collectors.wishing import Wishing
from monitor.bus.client import connect
from monitor.bus.keys import Keys
from monitor.bus.outbox import Outbox
from monitor.bus.publisher import Publisher
from monitor.bus.tasks import end, heed_callbacks, named, settle_memory, until
from monitor.bus.wishes import WishReader
from monitor.config import ConfigError, Reloader, Site
from monitor.model.nodes import collector_name

log = structlog.get_logger(__name__)

LOOK_AT_DAY = 60.0
"""Seconds between two looks at the date."""

LAST_WORDS = 3.0
"""Seconds a stopping collector waits for the ledger to have everything."""


@dataclass(frozen=True, slots=True)
class Post:
    """Which part of the city a collector looks at."""

    network: str
    shard: int = 0
    shards: int = 1

    @property
    def name(self) -> str:
        return collector_name(self.network, self.shard, self.shards)


async def run(site: Site, post: Post, redis_url: str, stop: asyncio.Event) -> None:
    """Look until ``stop``; then say the last sight and wait until the ledger has everything.

    Raises OutboxError when the outbox is another process's, and LimitError when the machine allows
    too few open files.
    """
    writer = ThreadPoolExecutor(1, thread_name_prefix="outbox")
    box = site.data / "collect"
    box.mkdir(parents=True, exist_ok=True)
    outbox = Outbox(box / f"{post.name}.db", post.name)
    former = former_estates(box, _planned(site, post))
    own = Estate(outbox.path, post.network, post.shard, post.shards, outbox.memory(""))
    take_over(outbox, own, former)
    redis = connect(redis_url)
    keys = Keys(site.name)
    succession = Succession(former, redis, keys, writer)
    publisher = Publisher(outbox, redis, keys, keys.facts, executor=writer)
    herald = Herald(outbox, publisher, writer)
    watcher = Watcher(site, SightKeeper(post.network, post.shard, post.shards), herald, outbox.memory(""))
    watcher.start()
    listening = Listening(post.network, watcher)
    listening.follow(site)
    wishing = Wishing(watcher, WishReader(redis_url, keys, post.network), redis, keys)
    tables = Tables(watcher.roster, redis, keys, (post.network, post.shard, post.shards))
    settle_memory()
    tasks = [
        named(herald.run(), "herald"),
        named(_publish(succession, publisher), "publisher"),
        named(watcher.roster.resolver.run(), "resolver"),
        named(heed_callbacks(), "callbacks"),
        named(tables.run(), "tables"),
        named(wishing.hear(), "wishes"),
        named(wishing.answer(), "answers"),
        named(listening.run(), "mqtt"),
        named(_reload(watcher, listening, post.network), "reload"),
        named(mind_the_day(watcher, listening, lambda: datetime.now(watcher.site.zone).date()), "day"),
    ]
    log.info("looking", collector=post.name, watches=len(watcher.roster.wards))
    try:
        await until(stop, tasks)
    finally:
        listening.stop()
        watcher.stop()
        if not tasks[0].done() and not tasks[1].done():
            await _last_words(herald, succession, publisher, post)
        await end(tasks)
        await redis.aclose()
        writer.shutdown()
        outbox.close()


def _planned(site: Site, post: Post) -> set[str]:
    """The collectors whose outboxes are nobody's estate. Our cut counts, should the site's be another."""
    cuts = {name: network.shards for name, network in site.networks.items()} | {post.network: post.shards}
    return {collector_name(name, shard, shards) for name, shards in cuts.items() for shard in range(shards)}


async def _publish(succession: Succession, publisher: Publisher) -> None:
    """What is old first: of one watch, events must come in the order in which they happened."""
    await succession.run()
    await publisher.run()


async def _last_words(herald: Herald, succession: Succession, publisher: Publisher, post: Post) -> None:
    try:
        async with asyncio.timeout(LAST_WORDS):
            await herald.settle()
            await succession.done.wait()
            drained = await publisher.drain(LAST_WORDS)
    except TimeoutError:
        drained = False
    if not drained:
        log.warning(
            "stopped before the ledger had everything; it is kept and sent at the next start",
            collector=post.name,
            events=publisher.pending,
        )


async def _reload(watcher: Watcher, listening: Listening, network: str) -> None:
    """Take over changed files; keep the old inventory when the new one has mistakes."""
    loop = asyncio.get_running_loop()
    reloader = Reloader(watcher.site)
    loop.add_signal_handler(signal.SIGHUP, reloader.poke)
    while True:
        await reloader.changed()
        try:
            site = await reloader.load()
        except ConfigError as error:
            first = str(error.mistakes[0])
            log.error(  # noqa: TRY400 - a mistake in a file needs no traceback
                "reload refused, the old inventory stays", mistakes=len(error.mistakes), first=first
            )
            continue
        if network not in site.networks:
            log.error("network is gone from the site: restart to stop looking at it", network=network)
            continue
        if site.networks[network].shards != watcher.keeper.shards:
            log.warning("another number of shards: restart to cut the network anew", network=network)
        if take(site, watcher, listening):
            log.info("reloaded", watches=len(watcher.roster.wards), inventory=site.inventory.digest)


async def mind_the_day(watcher: Watcher, listening: Listening, today: Callable[[], date]) -> None:
    """Nodes are commissioned and retired by the day, without anybody touching a file."""
    day = today()
    while True:
        await asyncio.sleep(LOOK_AT_DAY)
        if day != today():
            day = today()
            take(watcher.site, watcher, listening)


def take(site: Site, watcher: Watcher, listening: Listening) -> bool:
    """Watch from now on what ``site`` says; false where this machine allows too little for it."""
    try:
        watcher.take(site)
    except LimitError as error:
        log.error("the old list of watches stays", reason=str(error))  # noqa: TRY400 - its text says all
        return False
    listening.follow(site)
    return True
