"""The ledger: what the monitor knows for certain, on disk."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from sqlalchemy.ext.asyncio import AsyncEngine

from monitor.ledger import (
    append,
    blamed,
    checkpoints,
    judging,
    queries,
    records,
    segments,
    telling,
    told,
    trail,
)
from monitor.ledger.chain import ChainHead
from monitor.ledger.engine import make_engine, place_of
from monitor.ledger.errors import LedgerError, LockedError
from monitor.ledger.head import Head
from monitor.ledger.lists import Lists
from monitor.ledger.postgres import end_speechless
from monitor.ledger.rows import (
    AlertRecordRow,
    Appended,
    ChangeRow,
    GapRow,
    InventoryRow,
    JudgementMarks,
    JudgementRow,
    News,
    ObserverRow,
    OpenOutage,
    RefusalRow,
    SegmentRow,
    SightRow,
    SnapshotRow,
    StandingRow,
)
from monitor.ledger.segment_file import SegmentWriter
from monitor.ledger.sights import seal_stale, seal_until
from monitor.ledger.signing import Checkpoint, Signer
from monitor.ledger.steps import Watch, columns, sorted_steps, steps
from monitor.ledger.upgrade import bring_up_to_date
from monitor.model.actions import Action
from monitor.model.decisions import Decision
from monitor.model.events import ALERT, Event
from monitor.model.orders import Order
from monitor.model.outages import Verdict
from monitor.model.sequences import Mark
from monitor.model.spans import Span
from monitor.model.timeline import Step

if TYPE_CHECKING:
    from monitor.ledger.columns import Columns

START: Final = "0-0"
"""The position of a reader that has read nothing."""

_PAGE: Final = 500
"""So many links go into a segment's file at a time: snapshots among them are large."""


class Ledger(Lists):
    """The store of facts. Every method may raise LedgerError, and then has done nothing.

    Opened by :meth:`open`. Readers see the state after some whole append, never half of one.
    """

    def __init__(self, engine: AsyncEngine, place: str) -> None:
        super().__init__(engine, place)
        self._told = JudgementMarks(0, 0, 0)

    @classmethod
    async def open(cls, url: str, *, wait: float = 5.0) -> Self:
        """The ledger at a SQLAlchemy URL, made or brought to the newest schema if need be.

        ``wait``: seconds to wait for a lock that another process holds. The directory must exist.
        """
        place = place_of(url)
        ledger = cls(make_engine(url, wait), place)
        try:
            await ledger._write(bring_up_to_date, place)
            ledger._told = await ledger._read(queries.judgement_marks)
        except LedgerError:
            await ledger.close()
            raise
        return ledger

    # -- who writes

    async def fence(self) -> int:
        """The number of whoever led last; 0 if nobody ever did."""
        return await self._read(queries.fence)

    async def lead(self, fence: int) -> None:
        """All that is written by this object from now on is written by the leader with this number.

        As soon as one with a higher number leads, every write raises LedByAnotherError and stores nothing;
        so does this, when the number was somebody's before. An object that never led is held back by nobody.
        """
        try:
            marks = (await self._write(Head.claim, fence)).marks
        except LockedError:
            await self._write(end_speechless)  # it may be the former leader, stopped in the middle of it
            raise
        self._writer = self._engine.execution_options(writes=True, fence=fence)
        self._told = marks

    # -- writing

    async def append(
        self,
        reader: str,
        stream: str,
        position: str,
        events: Sequence[Event],
        refused: Sequence[tuple[str, str]] = (),
        *,
        recorded_at: int | None = None,
    ) -> Appended:
        """Record a batch with the position up to which its reader has read, all or nothing.

        Repeats are dropped; behind a hole that can still be filled nothing of that collector is taken
        (see :mod:`monitor.model.sequences`). ``refused``: entries that were no events, as (id, error).
        """
        at = _now() if recorded_at is None else recorded_at
        delivery = append.Delivery(reader, stream, position, events, refused, at)
        appended, self._told = await self._write(append.append, delivery)
        return appended

    async def record_inventory(self, digest: str, body: Any, at: int) -> None:
        """Keep a version of the node list: a JSON array, or an object with one under ``nodes``.

        The digest names it, so one that is known stays as it was.
        """
        await self._write(records.keep_inventory, digest, body, at)

    async def use_inventory(self, digest: str, body: Any, at: int) -> bool:
        """Keep a node list, and that it is valid from ``at`` on. False: it was the valid one already."""
        return await self._write(records.use_inventory, digest, body, at)

    async def decide(self, decision: Decision) -> None:
        """Record what somebody decided about the figures. Raises DecisionError if it may not be taken."""
        await self._write(records.decide, decision)

    async def record_report(
        self, question: Mapping[str, Any], digest: str, made_at: int, files: Mapping[str, Any]
    ) -> int:
        """The revision under which a report is kept: the one of its digest if that was made before.

        ``question`` is what was asked for, ``files`` what was written; both are JSON.
        """
        return await self._write(records.record_report, question, digest, made_at, files)

    async def demand_writable(self) -> None:
        """Raises LedgerError unless something could be written now."""
        await self._write(Head.lock)

    async def record_action(self, action: Action) -> int:
        """Record what somebody did with the system; the number of its link."""
        return await self._write(trail.record, action)

    async def seal_stale(self, now: int) -> int:
        """Seal the sights that nothing was added to for 10 minutes and whose hour is over; how many."""
        return await self._write(seal_stale, now)

    async def seal_until(self, until: int, now: int) -> int:
        """Seal the sights that begin before ``until``, so that what rests on them is linked; how many."""
        return await self._write(seal_until, until, now)

    # -- proof

    async def head(self) -> ChainHead:
        """How far the chain reaches, and the hash of its last link."""
        return await self._read(records.chain_head)

    async def checkpoint(self, signer: Signer, at: int | None = None) -> Checkpoint:
        """Sign the chain as it is now. The public key is kept in the chain itself."""
        return await self._write(checkpoints.sign_head, signer, _now() if at is None else at)

    async def checkpoints(self, limit: int | None = None) -> list[Checkpoint]:
        """What was signed, the newest first."""
        return await self._read(checkpoints.checkpoints, limit)

    async def export_segment(self, folder: Path, keep_from: int) -> SegmentRow | None:
        """Move the oldest rows into a file in ``folder`` if a whole segment is older than ``keep_from``.

        Nothing is deleted before its file is complete and checked. None: there was no such segment.
        """
        plan = await self._read(segments.plan, keep_from)
        if plan is None:
            return None
        with await asyncio.to_thread(SegmentWriter, folder, plan) as file:
            for first in range(plan.first, plan.last + 1, _PAGE):
                rows = await self._read(segments.linked, first, min(first + _PAGE - 1, plan.last))
                await asyncio.to_thread(file.add, rows)
            digest = await asyncio.to_thread(file.finish)
        row, self._told = await self._write(segments.leave, plan, digest, _now())
        return row

    async def segments(self) -> list[SegmentRow]:
        """What has left the database, the oldest first. What was before its last ``until`` is in files."""
        return await self._read(segments.segments)

    # -- what keeps reading exact

    async def position(self, reader: str, stream: str) -> str:
        """The entry up to which this reader has dealt with the stream; ``0-0`` at first."""
        return await self._read(queries.position, reader, stream) or START

    async def committed(self) -> dict[str, Mark]:
        """For every collector ever heard, the (epoch, sequence) up to which it may forget."""
        return await self._read(append.marks)

    # -- judgements

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
        self._told = await self._write(append.confirm_judgements, epoch, sequence, _now())

    # -- what the alert role did

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
        at = _now() if recorded_at is None else recorded_at
        delivery = append.Delivery(reader, stream, position, events, refused, at)
        return await self._write(telling.record_alerts, delivery)

    async def alert_mark(self) -> dict[str, Mark]:
        """The (epoch, sequence) up to which the alert role may forget; empty if it never spoke."""
        return await self._read(append.marks_of, ALERT)

    async def alert_records(self, subject: str | None = None, limit: int = 1000) -> list[AlertRecordRow]:
        """What the alert role said that it did, the newest first; ``subject``: of one alert."""
        return await self._read(telling.alert_records, subject, limit)

    # -- facts

    async def standings(self) -> list[StandingRow]:
        """The latest state of every watch that ever changed."""
        return await self._read(queries.standings)

    async def changes(
        self,
        since: int | None = None,
        until: int | None = None,
        *,
        node: str | None = None,
        network: str | None = None,
        after_id: int = 0,
        limit: int | None = None,
    ) -> list[ChangeRow]:
        """Changes with ``since`` ≤ at < ``until``, in the order they were recorded (by id)."""
        return await self._read(
            queries.changes,
            since=since,
            until=until,
            node=node,
            network=network,
            after_id=after_id,
            limit=limit,
        )

    async def sights(self, since: int, until: int, network: str | None = None) -> list[SightRow]:
        """Sights that overlap [since, until), blind ones too, by their start."""
        return await self._read(queries.sights, since, until, network)

    async def last_sights(self) -> dict[tuple[str, int, int], SightRow]:
        """The last sight of every (network, shard, shards) ever watched, old layouts too; newest first."""
        latest: dict[tuple[str, int, int], SightRow] = {}
        for row in await self._read(queries.last_sights):
            latest.setdefault((row.network, row.shard, row.shards), row)
        return latest

    async def snapshots(self, network: str | None = None, limit: int = 24) -> list[SnapshotRow]:
        """The latest snapshots with their disagreements, the newest first."""
        return await self._read(queries.snapshots, network, limit)

    async def observers(self, since: int | None = None) -> list[ObserverRow]:
        """When which collector went blind and saw again, in the order recorded."""
        return await self._read(queries.observers, since)

    async def inventory(self, digest: str) -> InventoryRow | None:
        """The node list with this digest, if it was recorded."""
        return await self._read(queries.inventory, digest)

    async def inventory_uses(self) -> list[tuple[int, str]]:
        """Which node list is valid from when: (at, digest) in the order recorded."""
        return await self._read(records.inventory_uses)

    async def steps(self, until: int, since: int = 0) -> dict[Watch, list[Step]]:
        """For every watch (node, network) its steps with ``at`` < ``until``, in the order of time.

        Of the time before ``since`` only the last that was recorded for each watch.
        """
        return await self._read(steps, until, since)

    async def steps_of(self, node: str, network: str, until: int) -> list[Step]:
        """The steps of one watch with ``at`` < ``until``, in the order of time."""
        return await self._read(sorted_steps, (node, network), until)

    async def attributed(self, until: int, watch: Watch | None = None) -> dict[Watch, list[Span]]:
        """For every watch (node, network), or only this, when before ``until`` down was another's fault."""
        return await self._read(blamed.attributed, until, watch)

    async def columns(self, until: int) -> Columns | None:
        """The same for very large ledgers, in columns; None where rows will do, or without the extra."""
        return await self._read(columns, until)

    async def gaps(self) -> list[GapRow]:
        """All sequences that can never come, in the order noticed."""
        return await self._read(queries.gaps)

    async def refusals(self, limit: int = 100) -> list[RefusalRow]:
        """The latest entries that were refused, the newest first."""
        return await self._read(queries.refusals, limit)

    async def counts(self) -> dict[str, int]:
        """How many of each kind of fact were ever recorded, and how many standings there are."""
        return await self._read(queries.counts)


def _now() -> int:
    return time.time_ns() // 1_000_000
