"""The role: bus → ledger → live → judgements, web.

Order is what keeps it honest: an event is in the ledger before it shows anywhere, and its collector is
told that it may forget it only after that.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog
from redis.asyncio import Redis

from monitor.access.access import Access
from monitor.access.access import url_of as access_url
from monitor.bus.client import connect
from monitor.bus.keys import Keys
from monitor.bus.lease import Lease
from monitor.bus.tasks import end, named, settle_memory, until
from monitor.config import (
    ConfigError,
    Reloader,
    Site,
    as_far_as_it_runs,
    restart_keys,
    restart_note,
)
from monitor.ledger.errors import LedByAnotherError, LedgerError
from monitor.ledger.ledger import Ledger
from monitor.ledger.signing import Signer
from monitor.live.health import Health
from monitor.live.judgements import judgements_publisher
from monitor.live.probetimes import ProbeTimes
from monitor.live.recall import Recall
from monitor.live.states import Live
from monitor.model.said import NOTHING, Said
from monitor.term import Term
from monitor.web.context import Context
from monitor.web.first import access_settings, offer_first
from monitor.web.news import News
from monitor.web.server import Pages

PAUSE: Final = 1.0
"""Seconds until a ledger that could not be led is tried again."""

LOCK_PATIENCE: Final = 1.0
"""Seconds that a lock on the ledger is waited for before the log hears of it and ``stop`` is looked at."""

log = structlog.get_logger(__name__)


async def run(site: Site, redis_url: str, stop: asyncio.Event) -> None:
    """Understand and remember until ``stop``.

    The pages are up from the first moment, and say that they are not ready until they are. Raises
    LedgerError when the ledger needs somebody's hand, and OSError when the address is taken.
    """
    site.data.mkdir(parents=True, exist_ok=True)
    redis = connect(redis_url)
    loop = asyncio.get_running_loop()
    try:
        monitor = Monitor(site, redis, redis_url)
        # From the start: until somebody listens, a SIGHUP is ignored and lost.
        loop.add_signal_handler(signal.SIGHUP, monitor.reloader.poke)
        async with Pages(site, monitor.web):
            await monitor.run(stop)
    finally:
        loop.remove_signal_handler(signal.SIGHUP)
        await redis.aclose()


class Monitor:
    """One site's ledger and live picture, and the tasks that keep them."""

    def __init__(self, site: Site, redis: Redis, redis_url: str) -> None:
        self.live = Live(site)
        self.health = Health(reloaded_at=self.live.clock())
        self.keys = Keys(site.name)
        self.times = ProbeTimes(redis, self.keys)
        self.reloader = Reloader(site)
        self.web = Context(
            self.live,
            self.health,
            self.times,
            redis,
            self.keys,
            self.reloader,
            started_at=self.live.clock(),
        )
        self._news = News(self.live, self.health, self.web.hub, self.web.alerts.forget)
        self._started_with = site
        if site.refused is not None:
            self.health.reload_error = _in_short(site.refused)
        self._redis = redis
        self._redis_url = redis_url

    async def run(self, stop: asyncio.Event) -> None:
        """Open the ledger, and lead whenever no other monitor does, until ``stop``."""
        opened = await _open_ledger(self.live.site, stop)
        if opened is None:
            return
        ledger, signer = opened
        recall = Recall(ledger, self.live, self.health)
        self.web.ledger, self.web.signer = ledger, signer
        async with ledger, self._accounts(), Lease(self._redis, self.keys.leader) as lease:
            self.health.ledger_takes = True
            while not stop.is_set():
                fence = await self._follow(ledger, recall, lease, stop)
                if fence is not None:
                    await self._lead(ledger, signer, recall, stop, named(lease.keep(fence), "lease"))

    @asynccontextmanager
    async def _accounts(self) -> AsyncIterator[None]:
        """Who may log in; while there is no account yet, a link that makes the first one."""
        site = self.live.site
        async with await Access.open(access_url(site.ledger_url, site.data), access_settings(site)) as access:
            self.web.access = access
            try:
                await offer_first(access, site, self.web.url, self.live.clock())
            except LedgerError as error:
                # A full disk keeps nobody from looking; the next start offers it.
                log.warning("no link for a first account", error=str(error))
            try:
                yield
            finally:
                self.web.access = None

    async def _follow(self, ledger: Ledger, recall: Recall, lease: Lease, stop: asyncio.Event) -> int | None:
        """Wait until this monitor is to lead: the number of its term. None if ``stop`` came first."""
        election = asyncio.create_task(self._elect(ledger, recall, lease), name="election")
        tasks = [
            election,
            named(self._reload(None), "reload"),
            named(self.web.jobs.run(), "reports"),
            named(self.web.trail.run(), "trail"),
        ]
        try:
            await until(stop, tasks)
        finally:
            await end(tasks)
        return None if election.cancelled() else election.result()

    async def _elect(self, ledger: Ledger, recall: Recall, lease: Lease) -> int:
        """Take the lease, and with it the ledger; then know again what was known."""
        while True:
            try:
                fence = await lease.take(await ledger.fence(), self._hear_of)
                await ledger.lead(fence)
                await recall.restore()
            except LedByAnotherError:
                # Redis had forgotten a number that the ledger knows, and somebody else was faster with it.
                await lease.release()
            except LedgerError as error:
                if error.lasting:
                    raise
                await lease.release()
                log.error("ledger cannot be led", error=str(error), again_in=PAUSE)  # noqa: TRY400 - expected
                await asyncio.sleep(PAUSE)
            else:
                self.health.follows = ""
                log.info("leads", term=fence)
                return fence

    def _hear_of(self, leader: str) -> None:
        if leader != self.health.follows:
            self.health.follows = leader
            log.info("follows another monitor", leader=leader)

    async def _lead(
        self,
        ledger: Ledger,
        signer: Signer,
        recall: Recall,
        stop: asyncio.Event,
        lease: asyncio.Task[None],
    ) -> None:
        """Keep all tasks running until ``stop``, or until another monitor leads or the ledger is away."""
        try:
            await self._keep(ledger, signer, recall, stop, lease)
        except LedByAnotherError:
            pass
        except LedgerError as error:
            if error.lasting:
                raise
            log.error("ledger is away", error=str(error))  # noqa: TRY400 - expected
        finally:
            self.health.restored = False
        if not stop.is_set():
            log.warning("does not lead any more")

    async def _keep(
        self,
        ledger: Ledger,
        signer: Signer,
        recall: Recall,
        stop: asyncio.Event,
        lease: asyncio.Task[None],
    ) -> None:
        """The work of a leader, until ``stop`` or until one of its parts cannot go on."""
        judgements = await judgements_publisher(ledger, self._redis, self.keys)
        term = Term(
            self.web,
            self._redis_url,
            ledger=ledger,
            signer=signer,
            recall=recall,
            news=self._news,
            judgements=judgements,
        )
        settle_memory()
        tasks = [
            lease,
            named(self._reload(recall), "reload"),
            named(self.web.jobs.run(), "reports"),
            named(self.web.trail.run(), "trail"),
            *term.tasks(),
        ]
        try:
            await until(stop, tasks)
        finally:
            await term.last_words()
            await end(tasks)
            if stop.is_set():
                await term.sign()

    async def _reload(self, recall: Recall | None) -> None:
        """Take over changed files; those with a mistake change nothing. SIGHUP: look at them at once.

        ``recall``: brings the ledger's word into the new list, and the list into the ledger; None for a
        follower.
        """
        while True:
            await self.reloader.changed()
            try:
                site = await self.reloader.load()
            except ConfigError as error:
                self._refuse(error)
                continue
            await self._take(site, recall)

    def _refuse(self, error: ConfigError) -> None:
        """The former list stays, and the log, the metric and the page say so."""
        self.health.reload_error = _in_short(error)
        first = str(error.mistakes[0])
        log.error("reload refused, the old inventory stays", mistakes=len(error.mistakes), first=first)

    async def _take(self, site: Site, recall: Recall | None) -> None:
        waiting = restart_keys(self._started_with, site)
        # With the list in one step, before anything is waited for: nobody sees the one without the other.
        self.health.reload_error = restart_note(waiting, site.path.name)
        if waiting:
            log.warning("restart needed", keys=waiting)
        taken = as_far_as_it_runs(self._started_with, site)
        if recall is None:
            self.live.reload(taken)
        else:
            await recall.reload(taken)
        if self.web.access is not None:
            self.web.access.settings = access_settings(taken)
        self.health.reloaded_at = self.live.clock()
        log.info("reloaded", watches=len(self.live.board), inventory=site.inventory.digest)


def _in_short(error: ConfigError) -> Said:
    """The first mistake, and how many there are beside it."""
    first, more = error.mistakes[0], len(error.mistakes) - 1
    zh, en = (f"\n（另有 {more} 处）", f"\n(+ {more})") if more else NOTHING
    return Said(first.told("zh") + zh, first.told("en") + en)


async def _open_ledger(site: Site, stop: asyncio.Event) -> tuple[Ledger, Signer] | None:
    """The ledger and what signs it, as soon as they can be had; None if ``stop`` came first.

    Raises LedgerError when waiting cannot help.
    """
    delay = 0.5
    while not stop.is_set():
        try:
            signer = await asyncio.to_thread(Signer.of, site.data)
            return await Ledger.open(site.ledger_url, wait=LOCK_PATIENCE), signer
        except LedgerError as error:
            if error.lasting:
                raise
            log.error("ledger cannot be opened", error=str(error), again_in=delay)  # noqa: TRY400 - expected
        with suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await stop.wait()
        delay = min(10.0, delay * 2)
    return None
