"""The ledger: what the monitor knows for certain, on disk."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Concatenate, Final, ParamSpec, Self, TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from monitor.ledger import append, queries, schema
from monitor.ledger.engine import make_engine, place_of, upsert
from monitor.ledger.errors import LedgerError, explained
from monitor.ledger.rows import (
    Appended,
    ChangeRow,
    GapRow,
    InventoryRow,
    JudgementMarks,
    JudgementRow,
    ObserverRow,
    RefusalRow,
    SightRow,
    SnapshotRow,
    StandingRow,
)
from monitor.ledger.upgrade import bring_up_to_date
from monitor.model.events import Event
from monitor.model.sequences import Mark

_P = ParamSpec("_P")
_T = TypeVar("_T")

START: Final = "0-0"
"""The position of a reader that has read nothing."""


class Ledger:
    """The store of facts. Every method may raise LedgerError, and then has done nothing.

    Opened by :meth:`open`. Readers see the state after some whole append, never half of one.
    """

    def __init__(self, engine: AsyncEngine, place: str) -> None:
        self._engine = engine
        self._writer = engine.execution_options(writes=True)
        self._place = place
        # Appends of this process take turns here rather than in SQLite's busy handler, which sleeps.
        self._turn = asyncio.Lock()
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

    async def close(self) -> None:
        """Give the database free. A second call does nothing."""
        await self._engine.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

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
        nodes = body["nodes"] if isinstance(body, Mapping) else body
        row = {"digest": digest, "recorded_at": at, "nodes": len(nodes), "body": body}
        await self._write(upsert, schema.inventories, [row], overwrite=False)

    # -- what keeps reading exact

    async def position(self, reader: str, stream: str) -> str:
        """The entry up to which this reader has dealt with the stream; ``0-0`` at first."""
        return await self._read(queries.position, reader, stream) or START

    async def committed(self) -> dict[str, Mark]:
        """For every collector ever heard, the (epoch, sequence) up to which it may forget."""
        return await self._read(append.marks)

    # -- judgements

    async def judgements(self, after: int, limit: int) -> list[JudgementRow]:
        """The unconfirmed judgements with a sequence above ``after``, in order."""
        return await self._read(queries.judgements, after, limit)

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

    async def gaps(self) -> list[GapRow]:
        """All sequences that can never come, in the order noticed."""
        return await self._read(queries.gaps)

    async def refusals(self, limit: int = 100) -> list[RefusalRow]:
        """The latest entries that were refused, the newest first."""
        return await self._read(queries.refusals, limit)

    async def counts(self) -> dict[str, int]:
        """How many of each kind of fact were ever recorded, and how many standings there are."""
        return await self._read(queries.counts)

    # -- transactions

    async def _read(
        self, query: Callable[Concatenate[Connection, _P], _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """Run a query on one state of the database."""

        async def transaction() -> _T:
            with explained(self._place):
                async with self._engine.connect() as connection:
                    return await connection.run_sync(query, *args, **kwargs)

        return await _to_its_end(transaction())

    async def _write(
        self, work: Callable[Concatenate[Connection, _P], _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """Run work on the database; it is stored when this returns, and undone when it raises."""

        async def transaction() -> _T:
            with explained(self._place):
                async with self._turn, self._writer.begin() as connection:
                    return await connection.run_sync(work, *args, **kwargs)

        return await _to_its_end(transaction())


async def _to_its_end(work: Coroutine[Any, Any, _T]) -> _T:
    """Await work that must not be torn: a cancelled caller waits for its end, then is cancelled.

    A driver's thread that is left in the middle of a transaction would keep the lock of the database.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # nobody is left to hear of it
        raise


def _now() -> int:
    return time.time_ns() // 1_000_000
