"""What the monitor does every few seconds, whatever happens on the bus."""

from __future__ import annotations

import asyncio
from itertools import count
from pathlib import Path
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from monitor.bus.interruption import Interruption
from monitor.bus.keys import Keys
from monitor.bus.lag import lags
from monitor.bus.outbox import unconfirmed
from monitor.bus.source import OutboxError
from monitor.bus.trim import trim
from monitor.live.alertreader import AlertReader
from monitor.live.health import Health
from monitor.live.intake import Intake
from monitor.live.recall import Recall
from monitor.live.states import Live

LOOK_EVERY: Final = 10.0
TRIM_TURNS: Final = 6
"""Every so many looks, the streams are cut behind their readers."""

log = structlog.get_logger(__name__)


class Upkeep:
    """Looks at outboxes and readers, cuts the streams, minds the day, and catches up with the ledger."""

    def __init__(
        self,
        live: Live,
        health: Health,
        *,
        redis: Redis,
        keys: Keys,
        intake: Intake,
        alerts: AlertReader,
        recall: Recall,
    ) -> None:
        self._live = live
        self._health = health
        self._redis = redis
        self._keys = keys
        self._intake = intake
        self._alerts = alerts
        self._recall = recall
        self._interruption = Interruption(log, task="upkeep")

    async def run(self) -> None:
        """Raises LedgerError only if somebody must act."""
        for turn in count():
            folder = self._live.site.data / "collect"
            self._health.outboxes = await asyncio.to_thread(_outboxes, folder)
            await self._look_at_bus(trimming=turn % TRIM_TURNS == 0)
            await asyncio.sleep(LOOK_EVERY)
            if self._live.day_is_over():
                # Nodes are commissioned and retired by the day, without anybody touching a file.
                await self._recall.reload(self._live.site)
            else:
                await self._recall.catch_up()

    async def _look_at_bus(self, *, trimming: bool) -> None:
        try:
            if trimming:
                await self._intake.trim()
                await self._alerts.trim(self._live.site.keep)
                await trim(self._redis, self._keys, self._keys.judgements, self._live.site.keep)
            self._health.lag = await lags(self._redis, self._keys)
            self._interruption.ended()
        except (RedisError, OSError) as error:
            # The next round finds it as it then is; what was counted before would pass for what is now.
            self._health.lag = {}
            self._interruption.failed(error)


def _outboxes(folder: Path) -> dict[str, int]:
    """How many events stand unconfirmed in each outbox of this machine, by collector."""
    found: dict[str, int] = {}
    for path in sorted(folder.glob("*.db")):
        try:
            found[path.stem] = unconfirmed(path)
        except OutboxError as error:
            log.debug("outbox cannot be looked at", path=str(path), error=str(error))
    return found
