"""The ledger: what the monitor knows for certain, on disk."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

from monitor.ledger import append, checkpoints, queries, records, segments, trail
from monitor.ledger.chain import ChainHead
from monitor.ledger.engine import make_engine, place_of
from monitor.ledger.errors import LedgerError, LockedError
from monitor.ledger.facts import Facts
from monitor.ledger.head import Head
from monitor.ledger.lists import Lists
from monitor.ledger.postgres import end_speechless
from monitor.ledger.rows import Appended, SegmentRow
from monitor.ledger.segment_file import SegmentWriter
from monitor.ledger.sights import seal_stale, seal_until
from monitor.ledger.signing import Checkpoint, Signer
from monitor.ledger.upgrade import bring_up_to_date
from monitor.ledger.verdicts import Verdicts
from monitor.model.actions import Action
from monitor.model.decisions import Decision
from monitor.model.events import Event
from monitor.model.sequences import Mark
from monitor.model.times import wall_clock

START: Final = "0-0"
"""The position of a reader that has read nothing."""

_PAGE: Final = 500
"""So many links go into a segment's file at a time: snapshots among them are large."""


class Ledger(Facts, Lists, Verdicts):
    """The store of facts. Every method may raise LedgerError, and then has done nothing.

    Opened by :meth:`open`. Readers see the state after some whole append, never half of one.
    """

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
        at = wall_clock() if recorded_at is None else recorded_at
        delivery = append.Delivery(reader, stream, position, events, refused, at)
        appended, self._told = await self._write(append.append, delivery)
        return appended

    async def use_inventory(self, digest: str, body: Any, at: int) -> bool:
        """Keep a node list, and that it is valid from ``at`` on. False: it was the valid one already.

        ``body``: a JSON array of nodes, or an object with one under ``nodes``. The digest names it, so one
        that is known stays as it was.
        """
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
        return await self._write(checkpoints.sign_head, signer, wall_clock() if at is None else at)

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
        row, self._told = await self._write(segments.leave, plan, digest, wall_clock())
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
