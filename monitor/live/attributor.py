"""From what changed to whose fault it is: feeds the outage engine, and records what it decides.

Changes wait in the ledger's queue until they are judged there, so nothing is lost whenever this ends; it
begins with that queue. It runs beside the intake, which waits for it at the ledger's door alone.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final, Protocol, TypeVar

import structlog

from monitor.config import Site
from monitor.ledger.errors import LedgerError
from monitor.ledger.ledger import Ledger
from monitor.ledger.rows import ChangeRow, OpenOutage, StandingRow
from monitor.live.footings import Footings
from monitor.live.maintenance import Maintenance
from monitor.live.states import Live
from monitor.model.decisions import Decision
from monitor.model.events import Change, Standing
from monitor.model.observations import Cause, State
from monitor.model.outages import OutageKind, Verdict

LOOK_EVERY: Final = 1.0
"""Seconds until the ledger is asked again for what others recorded: orders and decisions."""

AT_ONCE: Final = 500
"""So many changes are judged in one transaction, for which the intake waits."""

READ_AT_ONCE: Final = 5_000
"""So many changes are read from the queue in one piece: in the meantime nobody else has his turn."""

FIRST_DELAY: Final = 0.25
LAST_DELAY: Final = 10.0

log = structlog.get_logger(__name__)

Watch = tuple[str, str]
Covering = Callable[[str, str], str]
"""For the id of a root and its network, the id of the exclusion that covers it now; empty if none does."""

_T = TypeVar("_T")


class Engine(Protocol):
    """What decides (see ``outages``). Moments in milliseconds; verdicts in the order to be recorded."""

    @property
    def next_due(self) -> int | None:
        """When :meth:`tick` may have something to say."""

    def restore(
        self, outages: Iterable[OpenOutage], standings: Mapping[Watch, Standing], now: int
    ) -> list[Verdict]:
        """Begin with what is recorded: open outages with their members, and how each judged watch stands."""

    def change(self, number: int, change: Change, now: int) -> list[Verdict]: ...
    def observer(
        self, collector: str, network: str, *, sees: bool, at: int, cause: Cause, now: int
    ) -> list[Verdict]: ...
    def tick(self, now: int) -> list[Verdict]: ...
    def reload(self, site: Site, now: int) -> list[Verdict]: ...
    def exclude(self, covering: Covering) -> None: ...


class Attributor:
    """Judges every change once, in the order of their numbers, and keeps the outages that are open."""

    def __init__(
        self,
        ledger: Ledger,
        live: Live,
        engine_of: Callable[[Site], Engine],
        *,
        on_verdicts: Callable[[], None],
    ) -> None:
        """``on_verdicts`` is called when the ledger has something more to tell."""
        self._ledger = ledger
        self._live = live
        self._on_verdicts = on_verdicts
        self._board = live.board
        self._engine = engine_of(live.site)
        self._footings = Footings(live, (), live.clock())
        self._heard: deque[tuple[int, Change]] = deque()
        self._given = 0  # the number of the last change that the engine has
        self._complete = 0  # up to here it was heard of every change, or it was judged before
        self._woken = asyncio.Event()
        self._must_look = False
        self._told = -1
        self._decided = -1
        self._decisions: list[Decision] = []
        self._maintenance: Maintenance | None = None
        self._edge: int | None = None

    def hear(self, changes: Iterable[tuple[int, Change]]) -> None:
        """Changes that the ledger has taken, with their numbers; and perhaps sights beside them."""
        self._heard.extend(changes)
        self._woken.set()

    def look(self) -> None:
        """The ledger may have taken changes of which nobody here has heard."""
        self._must_look = True
        self._woken.set()

    async def run(self) -> None:
        """Judge until cancelled. Raises LedgerError if only a person can help, or another monitor leads."""
        await self._patiently(self._look_at_ledger)
        await self._record(await self._patiently(self._begin))
        clock = asyncio.get_running_loop().time
        looked = clock()
        while True:
            self._woken.clear()
            if self._must_look:
                self._must_look = False
                await self._patiently(self._hear_all)
            if clock() - looked >= LOOK_EVERY:
                await self._patiently(self._look_at_ledger)
                looked = clock()
            await self._record(self._think())
            if self._heard:
                await asyncio.sleep(0)  # many changes may follow that nothing is to be recorded of yet
            else:
                await self._rest(looked + LOOK_EVERY - clock())

    async def _rest(self, longest: float) -> None:
        """Until something happened, or the engine has something to say by itself."""
        due = self._engine.next_due
        wait = longest if due is None else min(longest, (due - self._live.clock()) / 1000)
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.001, wait)):
                await self._woken.wait()

    # -- what is to be judged

    def _think(self) -> list[Verdict]:
        """All that has happened: who looks, then what was seen, then what is due."""
        now, engine = self._live.clock(), self._engine
        verdicts: list[Verdict] = []
        if self._live.board is not self._board:
            # Another list, or another day: nodes come and go by the day.
            self._board, self._maintenance = self._live.board, None
            verdicts += engine.reload(self._live.site, now)
        self._exclude(now)
        for turn in self._footings.turns(now):
            verdicts += engine.observer(
                turn.collector, turn.network, sees=turn.sees, at=turn.at, cause=turn.cause, now=now
            )
        for number, change in self._next():
            verdicts += engine.change(number, change, now)
        return verdicts + engine.tick(now)

    def _next(self) -> Iterator[tuple[int, Change]]:
        """Changes in the order of their numbers; none behind one that was stored without a word."""
        for _ in range(min(AT_ONCE, len(self._heard))):
            number, change = self._heard[0]
            if number > max(self._given, self._complete) + 1:
                self._must_look = True
                return
            self._heard.popleft()
            if number > self._given:
                self._given = number
                yield number, change

    def _exclude(self, now: int) -> None:
        """Let the engine know what is under maintenance, as soon as that is another thing than before."""
        if self._maintenance is None:
            self._maintenance = Maintenance(self._live.site, self._decisions)
        elif self._edge is None or now < self._edge:
            return
        self._edge = self._maintenance.next_edge(now)
        covering = self._maintenance.of(now)
        self._live.outages.maintained = covering
        self._engine.exclude(covering)

    # -- with the ledger

    async def _begin(self) -> list[Verdict]:
        """What the ledger knows of outages, and then what waits in its queue."""
        now, outages = self._live.clock(), await self._ledger.open_outages()
        standings = await self._ledger.standings()
        # After the standings: whatever they hold and nobody has judged is in the queue by now.
        queue = await self._hear_all()
        self._footings = Footings(self._live, _lost(outages), now)
        self._live.outages.begin(
            (each.outage for each in outages), (blame for each in outages for blame in each.members)
        )
        self._exclude(now)
        verdicts = self._engine.restore(outages, judged_standings(standings, queue), now)
        log.info("judges", outages=len(outages), waiting=len(queue))
        return verdicts

    async def _hear_all(self) -> list[ChangeRow]:
        """Whatever waits in the ledger, also what nobody told us of."""
        changes = (await self._ledger.news()).changes
        queue = await self._queue()
        # What was heard while we asked may be younger than the answer, and is younger than all before it.
        known = dict(self._heard) | {row.id: row.change for row in queue}
        self._heard = deque(sorted(known.items()))
        self._complete = changes
        return queue

    async def _queue(self) -> list[ChangeRow]:
        """All that waits, in pieces: a long queue must keep nobody from stopping this."""
        queue: list[ChangeRow] = []
        while True:
            piece = await self._ledger.unjudged(queue[-1].id if queue else 0, READ_AT_ONCE)
            queue += piece
            if len(piece) < READ_AT_ONCE:
                return queue

    async def _look_at_ledger(self) -> None:
        """What other processes recorded: orders are to be told, decisions heeded."""
        news = await self._ledger.news()
        if news.decided != self._decided:
            self._decisions = await self._ledger.decisions()
            self._decided, self._maintenance = news.decided, None
        if news.marks.last != self._told:
            self._told = news.marks.last
            self._on_verdicts()

    async def _record(self, verdicts: Sequence[Verdict]) -> None:
        """Into the ledger, however long that takes; only then shown and told."""
        if not verdicts:
            return
        await self._patiently(lambda: self._ledger.judge(verdicts, self._live.clock()))
        self._live.outages.take(verdicts)
        self._on_verdicts()

    async def _patiently(self, work: Callable[[], Awaitable[_T]]) -> _T:
        delay = FIRST_DELAY
        while True:
            try:
                return await work()
            except LedgerError as error:
                if error.lasting:
                    raise
                log.warning("judgements wait for the ledger", error=str(error), again_in=delay)
                await asyncio.sleep(delay)
                delay = min(LAST_DELAY, delay * 2)


def judged_standings(standings: Iterable[StandingRow], queue: Iterable[ChangeRow]) -> dict[Watch, Standing]:
    """How each watch stood before those of its changes that are not judged yet."""
    found = {(row.node, row.network): Standing(row.state, row.cause, row.at) for row in standings}
    first: dict[Watch, Change] = {}
    for row in queue:
        first.setdefault((row.change.node, row.change.network), row.change)
    for watch, change in first.items():
        if change.old is State.UNKNOWN:
            found.pop(watch, None)
        else:
            # Since when is not known any more; until then at least.
            proven = change.at if change.not_before is None else change.not_before
            found[watch] = Standing(change.old, Cause.OK, proven)
    return found


def _lost(outages: Iterable[OpenOutage]) -> Iterator[tuple[str, str]]:
    for each in outages:
        if each.outage.kind is OutageKind.OBSERVER:
            yield (each.outage.root, each.outage.network)
