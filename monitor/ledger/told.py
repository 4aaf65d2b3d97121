"""Judgements as they are told: each row's number with what its ``ref`` points to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, func, select

from monitor.ledger import schema
from monitor.ledger.head import Head
from monitor.ledger.queries import change_row, observer_row
from monitor.ledger.rows import Judgement, JudgementRow, News
from monitor.model.events import Judged, ObserverTurned
from monitor.model.orders import Order
from monitor.model.outages import Attribution, Outage

_Said = tuple[int, Judgement]
"""When it was recorded, and what it says."""


def judgements(connection: Connection, after: int, limit: int) -> list[JudgementRow]:
    table = schema.judgements
    head = Head.read(connection)
    after = max(after + head.base, head.confirmed)
    query = select(table).where(table.c.sequence > after).order_by(table.c.sequence).limit(limit)
    rows = connection.execute(query).all()
    said = {
        kind: ask(connection, [row.ref for row in rows if row.kind == kind]) for kind, ask in _ASKED.items()
    }
    return [JudgementRow(row.sequence - head.base, *said[row.kind][row.ref]) for row in rows]


def outages_between(connection: Connection, since: int, until: int) -> list[tuple[int, Outage]]:
    table = schema.outages
    recorded = table.c.recorded_at
    query = select(recorded, table.c.body).where(recorded >= since, recorded < until).order_by(table.c.id)
    return [(at, Outage.from_json(json.loads(body))) for at, body in connection.execute(query)]


def history(connection: Connection, name: str) -> list[tuple[int, Outage]]:
    """All that was told of one outage, each with when, in order."""
    table = schema.outages
    query = select(table.c.recorded_at, table.c.body).where(table.c.outage == name).order_by(table.c.id)
    return [(at, Outage.from_json(json.loads(body))) for at, body in connection.execute(query)]


def news(connection: Connection) -> News:
    decided = connection.scalar(select(func.max(schema.decisions.c.link)))
    head = Head.read(connection)
    return News(head.marks, decided or 0, head.changes)


def _changes(connection: Connection, ids: list[int]) -> dict[int, _Said]:
    blamed = _by(connection, "attributions", "change_id", ids)
    return {
        change_id: (row["recorded_at"], _judged(row, blamed.get(change_id)))
        for change_id, row in _by(connection, "changes", "id", ids).items()
    }


def _judged(row: RowMapping, blame: RowMapping | None) -> Judged:
    """A change for which nobody is blamed has no attribution; one of an older ledger never had any."""
    change = change_row(row).change
    if blame is None:
        return Judged.of(change, None)
    attribution = Attribution(blame["attribution"]) if blame["attribution"] else None
    return Judged.of(change, attribution, blame["outage"])


def _observers(connection: Connection, ids: list[int]) -> dict[int, _Said]:
    found = map(observer_row, _by(connection, "observers", "id", ids).values())
    return {
        row.id: (row.recorded_at, ObserverTurned(row.event.collector, row.network, row.at, row.blind))
        for row in found
    }


def _outages(connection: Connection, ids: list[int]) -> dict[int, _Said]:
    return {
        number: (row["recorded_at"], Outage.from_json(json.loads(row["body"])))
        for number, row in _by(connection, "outages", "id", ids).items()
    }


def _orders(connection: Connection, links: list[int]) -> dict[int, _Said]:
    return {
        link: (row["at"], Order.from_json(json.loads(row["body"])))
        for link, row in _by(connection, "orders", "link", links).items()
    }


_ASKED: Final[Mapping[str, Callable[[Connection, list[int]], dict[int, _Said]]]] = {
    schema.CHANGE: _changes,
    schema.OBSERVER: _observers,
    schema.OUTAGE: _outages,
    schema.ORDER: _orders,
}


def _by(connection: Connection, name: str, key: str, values: list[int]) -> dict[Any, RowMapping]:
    if not values:
        return {}
    table = schema.metadata.tables[name]
    rows = connection.execute(select(table).where(table.c[key].in_(values))).mappings()
    return {row[key]: row for row in rows}
