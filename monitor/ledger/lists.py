"""What was done, decided and told, as lists and as pages of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, func, select

from monitor.ledger import judging, records, schema, told, trail
from monitor.ledger.access import Access
from monitor.ledger.rows import ActionRow, MemberRow, ReportRow
from monitor.ledger.trail import Wanted
from monitor.model.decisions import Action, Decision
from monitor.model.orders import Order, OrderKind
from monitor.model.outages import Outage

_T = TypeVar("_T")

Page = tuple[list[_T], int]
"""Some rows of a list, and how many it has."""


class Lists(Access):
    """Every method may raise LedgerError."""

    async def actions(
        self, wanted: Wanted | None = None, limit: int = 100, offset: int = 0
    ) -> list[ActionRow]:
        """What people did, the newest first."""
        return await self._read(trail.actions, wanted or Wanted(), limit, offset)

    async def decisions(self) -> list[Decision]:
        """All decisions in the order recorded."""
        return await self._read(records.decisions)

    async def reports(
        self, question: Mapping[str, Any] | None = None, limit: int | None = None
    ) -> list[ReportRow]:
        """The reports made, the newest first; of one question its revisions."""
        return await self._read(records.reports, question, limit)

    async def outages_told(self, since: int, until: int) -> list[tuple[int, Outage]]:
        """What was recorded of outages in [since, until), each with when, in that order."""
        return await self._read(told.outages_between, since, until)

    async def outage(self, name: str) -> list[tuple[int, Outage]]:
        """All that was told of one outage, each with when, in order; nothing for one that never was."""
        return await self._read(told.history, name)

    async def members(self, outage: str, limit: int, offset: int = 0) -> Page[MemberRow]:
        """A part of the nodes that an outage has hit, and how many those are: also of one that is over."""
        return await self._read(judging.members, outage, limit, offset)

    async def actions_page(self, wanted: Wanted, limit: int, offset: int) -> Page[ActionRow]:
        """What people did, the newest first."""
        return await self._read(_actions, wanted, limit, offset)

    async def reports_page(self, limit: int, offset: int) -> Page[ReportRow]:
        """The reports made, the newest first."""
        return await self._read(_reports, limit, offset)

    async def decisions_page(self, limit: int, offset: int) -> Page[Decision]:
        """All rows of some decisions, those that were requested last, in the order recorded."""
        return await self._read(_decisions, limit, offset)

    async def requests(self, letter: str) -> int:
        """How many decisions were requested whose names begin so."""
        return await self._read(_requests, letter)

    async def last_decision(self) -> int:
        """The link of the last row of all decisions; 0: there is none."""
        return await self._read(_last_decision)

    async def decisions_of(self, name: str) -> list[Decision]:
        """All rows of one decision in the order recorded."""
        return await self._read(records.decisions, [name])

    async def orders(self, *kinds: OrderKind) -> list[Order]:
        """The orders of these kinds, all without any, in the order recorded."""
        texts = await self._read(_orders, kinds)
        return await asyncio.to_thread(lambda: [Order.from_json(json.loads(text)) for text in texts])


def _actions(connection: Connection, wanted: Wanted, limit: int, offset: int) -> Page[ActionRow]:
    total = _count(connection, trail.chosen(select(schema.actions.c.link), wanted))
    return trail.actions(connection, wanted, limit, offset), total


def _reports(connection: Connection, limit: int, offset: int) -> Page[ReportRow]:
    return records.reports(connection, None, limit, offset), _count(connection, select(schema.reports.c.link))


def _decisions(connection: Connection, limit: int, offset: int) -> Page[Decision]:
    table = schema.decisions
    requests = select(table.c.id).where(table.c.action == Action.REQUEST.value)
    page = requests.order_by(table.c.link.desc()).limit(limit).offset(offset)
    return records.decisions(connection, list(connection.scalars(page))), _count(connection, requests)


def _last_decision(connection: Connection) -> int:
    return int(connection.scalar(select(func.max(schema.decisions.c.link))) or 0)


def _requests(connection: Connection, letter: str) -> int:
    table = schema.decisions
    query = select(table.c.id).where(table.c.action == Action.REQUEST.value)
    return _count(connection, query.where(table.c.id.startswith(letter, autoescape=True)))


def _orders(connection: Connection, kinds: Sequence[OrderKind]) -> list[str]:
    table = schema.orders
    query = select(table.c.body).order_by(table.c.link)
    if kinds:
        query = query.where(table.c.kind.in_(each.value for each in kinds))
    return list(connection.scalars(query))


def _count(connection: Connection, query: Select[Any]) -> int:
    return int(connection.scalar(select(func.count()).select_from(query.subquery())) or 0)
