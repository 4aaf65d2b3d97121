"""What a monitor does while it leads: facts into the ledger, judgements and measures out of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from monitor.bus.publisher import Publisher
from monitor.bus.tasks import named
from monitor.ledger.ledger import Ledger
from monitor.ledger.signing import Signer
from monitor.live.alertreader import AlertReader
from monitor.live.attributor import Attributor
from monitor.live.intake import Intake
from monitor.live.keeper import ARCHIVE, Keeper
from monitor.live.measurer import Measurer
from monitor.live.outages import OutageEngine
from monitor.live.recall import Recall
from monitor.live.upkeep import Upkeep
from monitor.model.events import Change
from monitor.past import burn_of
from monitor.reports.monthly import Monthly
from monitor.web.context import Context
from monitor.web.news import News


class Term:
    """The parts that work for one term as the leader, and who hears what from whom."""

    def __init__(
        self,
        web: Context,
        redis_url: str,
        *,
        ledger: Ledger,
        signer: Signer,
        recall: Recall,
        news: News,
        judgements: Publisher,
    ) -> None:
        live, health, redis, keys = web.live, web.health, web.redis, web.keys
        self._web = web
        self._redis_url = redis_url
        self._ledger = ledger
        self._recall = recall
        self._news = news
        self._judgements = judgements
        self._measurer = Measurer(
            ledger, live, health, redis=redis, keys=keys, times=web.times, load=partial(burn_of, ledger)
        )
        self._attributor = Attributor(ledger, live, OutageEngine, on_verdicts=judgements.wake)
        self._intake = Intake(
            ledger,
            live=live,
            health=health,
            redis=redis,
            keys=keys,
            on_news=self._hear,
            restore=self._restore,
            on_sights=self._measurer.see,
        )
        self._alerts = AlertReader(ledger, redis=redis, keys=keys, on_deeds=news.alerted)
        self._keeper = Keeper(ledger, signer, live.site.data / ARCHIVE, lambda: live.site.retain)
        self._upkeep = Upkeep(
            live,
            health,
            redis=redis,
            keys=keys,
            intake=self._intake,
            alerts=self._alerts,
            recall=recall,
        )

    def tasks(self) -> list[asyncio.Task[None]]:
        """All of it, begun. Whoever called ends them, and then calls :meth:`finish`."""
        web = self._web
        return [
            named(self._intake.run(self._redis_url), "intake"),
            named(self._attributor.run(), "attributor"),
            named(self._measurer.run(), "measurer"),
            named(self._alerts.run(self._redis_url), "alert record"),
            named(self._judgements.run(), "judgements"),
            named(self._upkeep.run(), "upkeep"),
            named(web.last_hour.run(), "durations"),
            named(self._news.run(self._ledger), "news"),
            named(self._keeper.run(), "keeper"),
            named(Monthly(self._ledger, lambda: web.live.site).run(), "monthly reports"),
        ]

    async def last_words(self) -> None:
        """Take in what has already been read. Before the tasks end."""
        await self._intake.finish()

    async def sign(self) -> None:
        """Sign what the ledger holds. After the tasks ended."""
        await self._keeper.sign()

    def _hear(self, changes: Sequence[tuple[int, Change]]) -> None:
        self._judgements.wake()
        self._attributor.hear(changes)
        self._measurer.hear(changes)

    async def _restore(self) -> None:
        await self._recall.restore()
        self._attributor.look()
        self._measurer.look()
