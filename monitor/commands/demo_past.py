"""Whose fault it was, in the invented past of a demo: judged while it is written, as it would have been then.

What took nothing else along leaves no words: nobody reads them, and they are many. Reports take what nobody
is blamed for as a fault of its own, and so it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from monitor.config import Site
from monitor.ledger.ledger import Ledger
from monitor.live.outages import OutageEngine
from monitor.model.events import Change
from monitor.model.outages import Blame, Outage, OutageKind, Phase, Verdict

_AT_ONCE: Final = 2_000
"""So many verdicts go into one transaction."""

_Watch = tuple[str, str]


class Past:
    """Judges the changes of each network, in the order of time, and records what others suffered for."""

    def __init__(self, ledger: Ledger, site: Site) -> None:
        self._ledger = ledger
        self._site = site
        self._courts: dict[str, _Court] = {}

    async def hear(self, network: str, changes: Sequence[tuple[int, Change]]) -> None:
        """The next changes of a network that the ledger has taken, with their numbers."""
        if network not in self._courts:
            # One engine for each: its clock must not go back to where the next network begins.
            self._courts[network] = _Court(OutageEngine(self._site))
        court = self._courts[network]
        for number, change in changes:
            court.hear(number, change)
        await self._record(court.settled(), court.now)

    async def end(self) -> None:
        """There are no more changes: also what is still going on is recorded, and nothing waits any more."""
        for court in self._courts.values():
            await self._record(court.rest(), court.now)
        await self._ledger.pass_over()

    async def _record(self, verdicts: Sequence[Verdict], at: int) -> None:
        for start in range(0, len(verdicts), _AT_ONCE):
            await self._ledger.judge(verdicts[start : start + _AT_ONCE], at)


class _Court:
    """One network: the verdicts of its engine, less those of outages that turned out to be one watch."""

    def __init__(self, engine: OutageEngine) -> None:
        self._engine = engine
        self._waiting: list[tuple[str, Verdict]] = []
        self._single: set[str] = set()  # the open ones that took nothing along, as far as is known
        self._dropped: set[str] = set()
        self._blamed: dict[_Watch, str] = {}
        self.now = 0

    def hear(self, number: int, change: Change) -> None:
        while (due := self._engine.next_due) is not None and due <= change.detected_at:
            self.now = max(self.now, due)
            self._take(self._engine.tick(self.now))
        self.now = max(self.now, change.detected_at)
        self._take(self._engine.change(number, change, self.now))

    def settled(self) -> list[Verdict]:
        """What is to be recorded of all before the first outage of which nobody knows how wide it will be."""
        self._waiting = [each for each in self._waiting if each[0] not in self._dropped]
        self._dropped.clear()
        count = next((n for n, (of, _) in enumerate(self._waiting) if of in self._single), len(self._waiting))
        settled, self._waiting = self._waiting[:count], self._waiting[count:]
        return [verdict for _, verdict in settled]

    def rest(self) -> list[Verdict]:
        self._single.clear()
        return self.settled()

    def _take(self, verdicts: Sequence[Verdict]) -> None:
        for each in verdicts:
            if isinstance(each, Outage):
                self._outage(each)
                self._waiting.append((each.id, each))
            else:
                self._blame(each)

    def _outage(self, outage: Outage) -> None:
        is_single = outage.kind is OutageKind.NODE and outage.affected == 1 and not outage.merged_into
        if outage.phase is Phase.OPENED and is_single:
            self._single.add(outage.id)
        elif not is_single:
            self._single.discard(outage.id)
        elif outage.phase is Phase.CLOSED and outage.id in self._single:
            self._single.discard(outage.id)
            self._dropped.add(outage.id)

    def _blame(self, blame: Blame) -> None:
        watch = (blame.node, blame.network)
        of = blame.outage_id
        if of:
            self._blamed[watch] = of
        else:
            of = self._blamed.pop(watch, "")  # the end of what it was blamed for, and dropped with that
        if of:
            self._waiting.append((of, blame))
