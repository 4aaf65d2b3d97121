"""Transactions on the database of a ledger: one state to read, or all or nothing to write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

from monitor.ledger.engine import database_of, reading
from monitor.ledger.errors import explained

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Access:
    """A database that is read and written in whole transactions. Every method may raise LedgerError."""

    def __init__(self, engine: AsyncEngine, place: str) -> None:
        self._engine = engine
        self._reader = reading(engine)
        self._writer = engine.execution_options(writes=True)
        self._place = place
        # Appends of this process take turns here rather than in SQLite's busy handler, which sleeps.
        self._turn = asyncio.Lock()

    async def close(self) -> None:
        """Give the database free. A second call does nothing."""
        await self._engine.dispose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def database(self) -> tuple[str, str]:
        """Which one it is, and its version: ``("PostgreSQL", "16.4")``."""
        return await self._read(database_of)

    async def _read(
        self, query: Callable[Concatenate[Connection, _P], _T], *args: _P.args, **kwargs: _P.kwargs
    ) -> _T:
        """Run a query on one state of the database."""

        async def transaction() -> _T:
            with explained(self._place):
                async with self._reader.connect() as connection:
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
