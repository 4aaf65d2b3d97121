"""Measures groups and budgets, and tells what it found: to the pages, and to the alert role by a key.

It begins with what the ledger knows, goes on with what it is told, and begins anew whenever that cannot be
added: another node list or day, a decision of people, something that came too late for its place.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from monitor.bus.interruption import Interruption
from monitor.bus.keys import Keys
from monitor.bus.tasks import settle_memory
from monitor.config import Site
from monitor.ledger.errors import LedgerError
from monitor.ledger.ledger import Ledger
from monitor.live.board import Board
from monitor.live.burn import Burn
from monitor.live.groups import Groups
from monitor.live.health import Health
from monitor.live.horizon import Looked
from monitor.live.probetimes import ProbeTimes
from monitor.live.states import Live
from monitor.model.events import Change, Sight
from monitor.model.measured import EXPIRES, Certificate, GroupNow, Measured
from monitor.model.measured import Health as HealthNow
from monitor.model.observations import State

EVERY: Final = 5.0
"""Seconds between two measurements."""

LONGEST_PAUSE: Final = 20.0
SHARE: Final = 0.01
"""Of a core, at most so much is spent on measuring, unless the longest pause is too short for that."""

REST: Final = 20.0
"""After a beginning the next one waits for so many times as long as it took."""

CERTIFICATES_EVERY: Final = 60_000

Load = Callable[[Site, int], Awaitable[tuple[Burn, str]]]
"""From the ledger, as of a moment: all that any window counts, and the digest of its last node list."""

log = structlog.get_logger(__name__)


class Measurer:
    """Keeps ``live.measured`` and ``Keys.measured``. ``run`` it where everything is told it as well."""

    def __init__(
        self,
        ledger: Ledger,
        live: Live,
        health: Health,
        *,
        redis: Redis,
        keys: Keys,
        times: ProbeTimes,
        load: Load,
    ) -> None:
        self._ledger = ledger
        self._live = live
        self._health = health
        self._redis = redis
        self._keys = keys
        self._times = times
        self._load = load
        self._burn: Burn | None = None
        self._board: Board | None = None
        self._groups = Groups(live.site)
        self._must_begin = True
        self._decided = -1
        self._not_before = 0.0
        self._certified_at: int | None = None
        self._heard: deque[Change | Sight] = deque()
        self._interruption = Interruption(log, task="measure")

    # -- what is told, in the order recorded

    def hear(self, changes: Iterable[tuple[int, Change]]) -> None:
        """Changes that the ledger has taken, with their numbers."""
        self._heard.extend(change for _, change in changes)

    def see(self, sights: Iterable[Sight]) -> None:
        """Sights that the ledger has taken."""
        self._heard.extend(sights)

    def look(self) -> None:
        """The ledger may have taken something of which nobody here has heard."""
        self._must_begin = True

    # -- the task

    async def run(self) -> None:
        """Measure until cancelled. Raises LedgerError if only a person can help, or another monitor leads."""
        try:
            while True:
                await self._begin_if_needed()
                begun = time.thread_time()
                text = self._measure()
                cost = time.thread_time() - begun
                await self._tell(text)
                await asyncio.sleep(min(LONGEST_PAUSE, max(EVERY, cost / SHARE)))
        finally:
            self._live.measured = None

    async def _begin_if_needed(self) -> None:
        clock = asyncio.get_running_loop().time
        try:
            decided = (await self._ledger.news()).decided
            if not self._is_due(decided) or clock() < self._not_before:
                return
            begun = clock()
            await self._begin(decided)
        except LedgerError as error:
            if error.lasting:
                raise
            log.warning("measuring waits for the ledger", error=str(error))
        else:
            took = clock() - begun
            self._not_before = clock() + REST * took
            # All of it stays until the next beginning; looked through for garbage it would double the cost.
            settle_memory()
            log.info("measures", took=round(took, 2))

    def _is_due(self, decided: int) -> bool:
        changed = self._board is not self._live.board or decided != self._decided
        return self._must_begin or changed or self._burn is None or self._burn.stale

    async def _begin(self, decided: int) -> None:
        """Take what the ledger knows, and then what was told meanwhile, of which that may hold a part."""
        self._take()
        self._must_begin, board, site = False, self._live.board, self._live.site
        try:
            burn, digest = await self._load(site, self._live.clock())
        except BaseException:
            self._must_begin = True
            raise
        self._burn, self._board, self._decided, self._groups = burn, board, decided, Groups(site)
        # The list is used before it is recorded: then the ledger does not know the new watches yet.
        self._must_begin = self._must_begin or digest != site.inventory.digest
        self._take(again=True)

    def _take(self, *, again: bool = False) -> None:
        """Add what was told. ``again``: the ledger may have told some of it."""
        heard, self._heard = self._heard, deque()
        if self._burn is None:
            return
        for each in heard:
            if isinstance(each, Change):
                self._burn.change((each.node, each.network), each.at, each.new, again=again)
            else:
                self._burn.see(
                    Looked(each.network, each.shard, each.shards, each.start, each.end, each.blind)
                )

    def _measure(self) -> str:
        """Bring everything up to now; what was found, as the key holds it."""
        now = self._live.clock()
        self._live.refresh(now)
        self._take()
        groups: tuple[GroupNow, ...] = ()
        if self._burn is not None:
            self._burn.settle(now)
            outages = self._live.outages
            groups = self._groups.now(self._live.board, self._burn, outages.covers, outages.maintained)
        found = Measured(now, groups, self._health_now(now), self._certificates(), self._maintained())
        self._live.measured = found
        return json.dumps(found.to_json(), ensure_ascii=False, separators=(",", ":"))

    async def _tell(self, text: str) -> None:
        try:
            await self._redis.set(self._keys.measured, text, ex=EXPIRES)
            self._interruption.ended()
        except (RedisError, OSError) as error:
            # The next one, in 5 s, is worth more than this one later.
            self._interruption.failed(error)
        now = self._live.clock()
        if self._certified_at is None or not 0 <= now - self._certified_at < CERTIFICATES_EVERY:
            self._certified_at = now
            await self._times.fetch(self._live, now)

    def _health_now(self, now: int) -> HealthNow:
        ages = {name: self._live.sight_age(name, now) for name in self._live.observers}
        return HealthNow(
            sight_ages={name: age for name, age in ages.items() if age is not None},
            outboxes=self._health.unconfirmed(self._live),
            lags=dict(self._health.lag),
            ledger_takes=self._health.ledger_takes,
            reload_error=self._health.reload_error.told(self._live.site.language),
        )

    def _maintained(self) -> tuple[str, ...]:
        """Of those that are degraded: their alerts are for nobody now."""
        board = self._live.board
        keys = (board.watches[row].key for row in board.rows_showing(State.DEGRADED))
        maintained = self._live.outages.maintained
        return tuple(sorted(f"{network}/{node}" for node, network in keys if maintained(node, network)))

    def _certificates(self) -> tuple[Certificate, ...]:
        watches: Sequence[tuple[int, float]] = sorted(self._times.certificates(self._live).items())
        board = self._live.board
        return tuple(
            Certificate(board.watches[row].node.id, board.watches[row].network, round(1000 * end))
            for row, end in watches
        )
