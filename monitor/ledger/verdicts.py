"""Judgements given and told, and what the alert role said that it did."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from monitor.ledger import append, judging, telling, told
from monitor.ledger.access import Access
from monitor.ledger.rows import (
    AlertRecordRow,
    Appended,
    ChangeRow,
    JudgementMarks,
    JudgementRow,
    News,
    OpenOutage,
)
from monitor.model.events import ALERT, Event
from monitor.model.orders import Order
from monitor.model.outages import Verdict
from monitor.model.sequences import Mark
from monitor.model.times import wall_clock


class Verdicts(Access):
    """Every method may raise LedgerError, and then has done nothing."""

    def __init__(self, engine: AsyncEngine, place: str) -> None:
        super().__init__(engine, place)
        self._told = JudgementMarks(0, 0, 0)

    async def unjudged(self, after: int = 0, limit: int | None = None) -> list[ChangeRow]:
        """Changes above the number ``after`` that nobody has judged yet, in the order recorded."""
        return await self._read(judging.unjudged, after, limit)

    async def judged_until(self) -> int | None:
        """The moment up to which whose fault it was is known; None: of all that is recorded."""
        return await self._read(judging.judged_until)

    async def open_outages(self) -> list[OpenOutage]:
        """The outages that are not closed, each with the watches that it is blamed for now."""
        return await self._read(judging.open_outages)

    async def judge(self, verdicts: Sequence[Verdict], at: int) -> None:
        """Record verdicts, all or nothing; each, and each change with its own, is told as the next.

        Handed in again, they change nothing.
        """
        self._told = await self._write(judging.judge, verdicts, at)

    async def pass_over(self) -> None:
        """Let no change wait for its judgement any more: nobody is to be blamed for those that still do.

        For facts of a past that somebody has judged before they came here; nothing is told of them.
        """
        await self._write(judging.pass_over)

    async def give(self, order: Order) -> None:
        """Record what somebody tells the alert role. Raises OrderError if it may not be given."""
        self._told = await self._write(telling.give, order)

    async def news(self) -> News:
        """What other processes added; from then on :attr:`judgement_marks` knows of it too."""
        async with self._turn:  # or a write of ours meanwhile would be forgotten
            found = await self._read(told.news)
            self._told = found.marks
        return found

    async def judgements(self, after: int, limit: int) -> list[JudgementRow]:
        """The unconfirmed judgements with a sequence above ``after``, in order."""
        return await self._read(told.judgements, after, limit)

    @property
    def judgement_marks(self) -> JudgementMarks:
        """How far judgements are given and confirmed, by this program's last write; from memory."""
        return self._told

    async def confirm_judgements(self, epoch: int, sequence: int) -> None:
        """Who must hear the judgements has those up to ``sequence`` of ``epoch`` on disk. Never goes back.

        If that is more than was ever given, this database is an old copy of itself, and a new epoch
        begins in which everything unconfirmed is told again from 1.
        """
        self._told = await self._write(append.confirm_judgements, epoch, sequence, wall_clock())

    async def record_alerts(
        self,
        reader: str,
        stream: str,
        position: str,
        events: Sequence[Event],
        refused: Sequence[tuple[str, str]] = (),
        *,
        recorded_at: int | None = None,
    ) -> Appended:
        """Record a batch of what the alert role said, as :meth:`append` does with facts."""
        at = wall_clock() if recorded_at is None else recorded_at
        delivery = append.Delivery(reader, stream, position, events, refused, at)
        return await self._write(telling.record_alerts, delivery)

    async def alert_mark(self) -> dict[str, Mark]:
        """The (epoch, sequence) up to which the alert role may forget; empty if it never spoke."""
        return await self._read(append.marks_of, ALERT)

    async def alert_records(self, subject: str | None = None, limit: int = 1000) -> list[AlertRecordRow]:
        """What the alert role said that it did, the newest first; ``subject``: of one alert."""
        return await self._read(telling.alert_records, subject, limit)
