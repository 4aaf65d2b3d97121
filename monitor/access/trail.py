"""The audit trail: nothing is done without its line, and nobody fills it with what he was refused.

The ledger is asked before a deed whether it takes lines, and the deed is written down beside the accounts
until the ledger has its line: a line is late when the ledger goes away in between, and never lost. It may be
told twice where a program ends between the two, or where two monitors of one database catch up at the same
moment. Moments in milliseconds.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Final

import structlog

from monitor.access.errors import Refused
from monitor.access.lines import Lines
from monitor.ledger.errors import LedgerError
from monitor.ledger.ledger import Ledger
from monitor.model.actions import Action

WINDOW: Final = 60_000
"""Refusals that are alike within this time are one line, and one more that says how many there were."""

MOST_OPEN: Final = 200
"""So many kinds of refusals are told apart at a time; the rest is counted by what was tried alone."""

MOST_TARGETS: Final = 10
LOOK_EVERY: Final = 5.0
"""Seconds after which it is seen what may be written."""

BELIEVED: Final = 1.0
"""Seconds for which the ledger is taken to be there when it has just taken something."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Begun:
    """A deed that goes on: what is told of it should it break off."""

    line: int
    action: Action


@dataclass(slots=True)
class _Fold:
    """Refusals that are alike: the first was told; ``more`` were not yet."""

    first: Action
    ends: int
    more: int = 0
    targets: list[str] = field(default_factory=list)

    def add(self, action: Action) -> None:
        self.more += 1
        if action.target not in self.targets and len(self.targets) < MOST_TARGETS:
            self.targets.append(action.target)

    def told(self, now: int) -> Action:
        facts = {**self.first.facts, "repeated": self.more, "since": self.first.at, "targets": self.targets}
        return replace(self.first, at=now, facts=facts)


class Trail:
    """One for a monitor. Each method may raise LedgerError unless it says otherwise."""

    def __init__(
        self, ledger: Callable[[], Ledger | None], lines: Callable[[], Lines | None], clock: Callable[[], int]
    ) -> None:
        """Ledger and accounts as they are now: both are opened after the pages, and None until then."""
        self._ledger = ledger
        self._lines = lines
        self._clock = clock
        self._turn = asyncio.Lock()
        self._is_behind = True
        self._took_at = -BELIEVED
        self._folds: dict[tuple[str, ...], _Fold] = {}

    async def begin(self, action: Action) -> Begun:
        """Before something is done. Raises Refused (503) when its line could not be had: do nothing then."""
        ledger, lines = self._both()
        if self._is_behind:
            await self.catch_up()
        if monotonic() - self._took_at >= BELIEVED:
            await ledger.demand_writable()
            self._took_at = monotonic()
        return Begun(await lines.begin_line(action), action)

    async def end(self, begun: Begun, action: Action) -> None:
        """What came of it. Never raises: it is done, and its line is written as soon as that can be."""
        await self._tell(action, begun.line)

    async def take_back(self, begun: Begun) -> None:
        """Nothing was done. Never raises: a line that stays is told as one that broke off."""
        await self._drop(begun.line, begun.action)

    async def write(self, action: Action) -> None:
        """A line before what it tells of is handed out. Raises Refused (503) as :meth:`begin`."""
        ledger, _ = self._both()
        if self._is_behind:
            await self.catch_up()
        await ledger.record_action(action)
        self._took_at = monotonic()

    async def refused(self, action: Action, span: float = 0) -> None:
        """Something was tried in vain. The first of its kind is told at once; never raises.

        ``span``: seconds for which the same will be answered anyhow, where that is longer than usual.
        """
        key = self._kind(action)
        fold, now = self._folds.get(key), self._clock()
        if fold is not None and now < fold.ends:
            fold.add(action)
            return
        self._folds[key] = _Fold(action, now + max(WINDOW, int(span * 1000)))
        if fold is not None:
            await self._tell_rest(fold, now)
        await self._tell(action)

    def _kind(self, action: Action) -> tuple[str, ...]:
        """An account is known; of somebody who is none, only where he is."""
        status = str(action.facts.get("status", ""))
        key = (action.account or action.address, action.action, status)
        return key if key in self._folds or len(self._folds) < MOST_OPEN else ("", action.action, status)

    async def _close(self, until: float) -> None:
        """Tell the rest of those that end by then. Whoever takes one out tells it: nobody else finds it."""
        while ended := [key for key, fold in self._folds.items() if fold.ends <= until]:
            await self._tell_rest(self._folds.pop(ended[0]), self._clock())

    async def _tell_rest(self, fold: _Fold, now: int) -> None:
        if fold.more:
            await self._tell(fold.told(now))

    async def run(self) -> None:
        """Write what waits, until cancelled; then how often what was refused was tried."""
        try:
            while True:
                await self._close(self._clock())
                await self._try_catch_up()
                await asyncio.sleep(LOOK_EVERY)
        finally:
            await self._close(math.inf)

    async def _try_catch_up(self) -> None:
        try:
            await self.catch_up()
        except LedgerError as error:
            log.warning("lines of the audit trail wait", error=str(error))
        except Refused:
            pass  # they wait for ledger and accounts to be opened

    async def catch_up(self) -> None:
        """Write what the ledger did not take, in order. Raises Refused (503) as :meth:`begin`."""
        ledger, lines = self._both()
        async with self._turn:
            for line in await lines.lines(self._clock()):
                await ledger.record_action(line.action)
                await lines.drop_line(line.id)
            self._is_behind = False

    async def _tell(self, action: Action, line: int | None = None) -> None:
        try:
            await self.write(action)
        except (LedgerError, Refused) as error:
            self._is_behind, self._took_at = True, -BELIEVED
            log.warning("a line of the audit trail waits", action=action.action, error=str(error))
            await self._keep(action, line)
            return
        if line is not None:
            await self._drop(line, action)

    async def _drop(self, line: int, action: Action) -> None:
        lines = self._lines()
        try:
            if lines is not None:
                await lines.drop_line(line)
        except LedgerError as error:  # it will be told twice
            log.warning("a line of the audit trail stays", action=action.action, error=str(error))

    async def _keep(self, action: Action, line: int | None) -> None:
        lines = self._lines()
        try:
            if lines is not None:
                await lines.end_line(line, action)
                return
        except LedgerError as error:
            log.error("an action is not recorded", action=action.action, error=str(error))  # noqa: TRY400
        # What was begun is told as broken off by whoever opens the accounts next.

    def _both(self) -> tuple[Ledger, Lines]:
        ledger, lines = self._ledger(), self._lines()
        if ledger is None:
            raise Refused(503, "台账尚未就绪", "the ledger is not ready yet", after=2)
        if lines is None:
            raise Refused(503, "账号库尚未就绪", "accounts are not ready yet", after=2)
        return ledger, lines
