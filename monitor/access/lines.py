"""Lines of the audit trail on their way: kept from before a deed until the ledger has them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final

from sqlalchemy import Connection, delete, insert, select, update

from monitor.access import tables
from monitor.access.store import Store
from monitor.model.actions import Action, Outcome

BROKEN_OFF: Final = 10 * 60_000
"""Milliseconds after which whoever began a deed is gone: no request takes as long."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that the ledger does not have yet. ``id`` rises with the order in which they were begun."""

    id: int
    action: Action


class Lines(Store):
    """What :class:`~monitor.access.trail.Trail` keeps here."""

    async def begin_line(self, action: Action) -> int:
        """Keep what is about to be done, as it is told should nobody say how it ended."""
        return await self._write(_add, action, is_ended=False)

    async def end_line(self, line: int | None, action: Action) -> None:
        """Keep how it ended until the ledger takes it; None: it was never begun."""
        await self._write(_end, line, action)

    async def drop_line(self, line: int) -> None:
        """The ledger has it, or nothing was done."""
        await self._write(_drop, line)

    async def lines(self, now: int) -> list[Line]:
        """In their order: those that ended, and those whose deed broke off."""
        return await self._read(_waiting, now)


def _add(connection: Connection, action: Action, *, is_ended: bool) -> int:
    row = {"at": action.at, "ended": is_ended, "action": json.dumps(asdict(action))}
    key = connection.execute(insert(tables.lines), row).inserted_primary_key
    assert key is not None  # noqa: S101 - one row has one
    return int(key[0])


def _end(connection: Connection, line: int | None, action: Action) -> None:
    table = tables.lines
    values = {"ended": True, "action": json.dumps(asdict(action))}
    known = connection.execute(update(table).where(table.c.id == line).values(**values)).rowcount
    if not known:
        _add(connection, action, is_ended=True)


def _drop(connection: Connection, line: int) -> None:
    connection.execute(delete(tables.lines).where(tables.lines.c.id == line))


def _waiting(connection: Connection, now: int) -> list[Line]:
    table = tables.lines
    query = select(table).where(table.c.ended | (table.c.at <= now - BROKEN_OFF)).order_by(table.c.id)
    return [Line(row.id, _action(row.action)) for row in connection.execute(query)]


def _action(text: str) -> Action:
    kept = json.loads(text)
    return Action(**{**kept, "outcome": Outcome(kept["outcome"])})
