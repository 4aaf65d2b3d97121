"""The questions that others ask the ledger, as plain functions over a connection. Nothing is written here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import structlog
from sqlalchemy import Connection, RowMapping, Select, Table, func, select

from monitor.ledger import schema
from monitor.ledger.head import Head
from monitor.ledger.openness import odd, open_rows
from monitor.ledger.rows import (
    ChangeRow,
    GapRow,
    InventoryRow,
    JudgementMarks,
    ObserverRow,
    Origin,
    RefusalRow,
    SightRow,
    SnapshotRow,
    StandingRow,
)
from monitor.model.events import Change, EventId, Evidence
from monitor.model.observations import Cause, State

log = structlog.get_logger(__name__)


def standings(connection: Connection) -> list[StandingRow]:
    """Of one whose change has left for an archive, the probe and when it was sure are known there alone."""
    table, change = schema.standings, schema.changes
    known = (change.c.detected_at, change.c.probe)
    query = select(table, *known).outerjoin(change, change.c.id == table.c.change_id)
    return [
        StandingRow(
            node=row["node"],
            network=row["network"],
            state=State(row["state"]),
            cause=Cause(row["cause"]),
            at=row["at"],
            change_id=row["change_id"],
            detected_at=row["at"] if row["detected_at"] is None else row["detected_at"],
            probe=row["probe"] or "",
        )
        for row in connection.execute(query).mappings()
    ]


def changes(
    connection: Connection,
    *,
    since: int | None,
    until: int | None,
    node: str | None,
    network: str | None,
    after_id: int,
    limit: int | None,
) -> list[ChangeRow]:
    table = schema.changes
    query = select(table).where(table.c.id > after_id).order_by(table.c.id).limit(limit)
    if since is not None:
        query = query.where(table.c.at >= since)
    if until is not None:
        query = query.where(table.c.at < until)
    if node is not None:
        query = query.where(table.c.node == node)
    if network is not None:
        query = query.where(table.c.network == network)
    return [change_row(row) for row in connection.execute(query).mappings()]


def change_row(row: RowMapping) -> ChangeRow:
    change = Change(
        node=row["node"],
        network=row["network"],
        old=State(row["old"]),
        new=State(row["new"]),
        at=row["at"],
        not_before=row["not_before"],
        detected_at=row["detected_at"],
        cause=Cause(row["cause"]),
        probe=row["probe"],
        evidence=tuple(_readable(json.loads(row["evidence"]), row["id"])),
    )
    return ChangeRow(row["id"], _event_id(row), Origin(row["origin"]), change, row["recorded_at"])


def _readable(pieces: Iterable[Mapping[str, Any]], change_id: int) -> Iterator[Evidence]:
    """The evidence that can be read. One moment that another version wrote amiss must not hide the change."""
    for piece in pieces:
        try:
            yield Evidence.from_json(piece)
        except ValueError as error:
            log.warning("evidence cannot be read", change=change_id, error=str(error))


def sights(connection: Connection, since: int, until: int, network: str | None) -> list[SightRow]:
    table = schema.sights
    query = (
        select(table)
        .where(table.c.start < until, table.c.end > since, table.c.id.not_in(_strange(connection)))
        .order_by(table.c.start, table.c.id)
    )
    if network is not None:
        query = query.where(table.c.network == network)
    return _sight_rows(connection, query)


def _strange(connection: Connection) -> list[int]:
    """Sights without a link that this program did not leave so: they count nowhere; ``verify`` names them."""
    rows, table = open_rows(connection), schema.sights
    left = {row["id"] for row in rows} - {row["id"] for row in odd(rows)}
    unlinked = connection.scalars(select(table.c.id).where(table.c.link.is_(None)))
    return [number for number in unlinked if number not in left]


def last_sights(connection: Connection) -> list[SightRow]:
    """The last row of every shard of every collector, the last begun first.

    By their order, not by their time: a clock may have been set back.
    """
    table = schema.sights
    places = (table.c.collector, table.c.network, table.c.shard, table.c.shards)
    latest = select(func.max(table.c.id)).where(table.c.id.not_in(_strange(connection))).group_by(*places)
    return _sight_rows(connection, select(table).where(table.c.id.in_(latest)).order_by(table.c.id.desc()))


def snapshots(connection: Connection, network: str | None, limit: int) -> list[SnapshotRow]:
    table = schema.snapshots
    query = select(table).order_by(table.c.id.desc()).limit(limit)
    if network is not None:
        query = query.where(table.c.network == network)
    return [
        SnapshotRow(
            id=row["id"],
            event=_event_id(row),
            network=row["network"],
            shard=row["shard"],
            shards=row["shards"],
            at=row["at"],
            inventory=row["inventory"],
            body=json.loads(row["body"]),
            disagreements=tuple(json.loads(row["disagreements"])),
        )
        for row in connection.execute(query).mappings()
    ]


def observers(connection: Connection, since: int | None) -> list[ObserverRow]:
    table = schema.observers
    query = select(table).order_by(table.c.id)
    if since is not None:
        query = query.where(table.c.at >= since)
    return [observer_row(row) for row in connection.execute(query).mappings()]


def observer_row(row: RowMapping) -> ObserverRow:
    return ObserverRow(row["id"], _event_id(row), row["network"], row["at"], row["blind"], row["recorded_at"])


def fence(connection: Connection) -> int:
    return Head.read(connection).fence


def judgement_marks(connection: Connection) -> JudgementMarks:
    return Head.read(connection).marks


def inventory(connection: Connection, digest: str) -> InventoryRow | None:
    table = schema.inventories
    row = connection.execute(select(table).where(table.c.digest == digest)).one_or_none()
    return InventoryRow(row.digest, row.recorded_at, row.nodes, json.loads(row.body)) if row else None


def gaps(connection: Connection) -> list[GapRow]:
    table = schema.gaps
    return [
        GapRow(row.collector, row.epoch, row.first, row.last, row.noticed_at)
        for row in connection.execute(select(table).order_by(table.c.link))
    ]


def refusals(connection: Connection, limit: int) -> list[RefusalRow]:
    table = schema.refusals
    query = select(table).order_by(table.c.link.desc()).limit(limit)
    return [RefusalRow(row.stream, row.entry, row.error, row.at) for row in connection.execute(query)]


def counts(connection: Connection) -> dict[str, int]:
    head = Head.read(connection)
    recorded = {
        name: getattr(head, name)
        for name in ("changes", "sights", "snapshots", "observers", "judgements", "outages")
    }
    tables: tuple[Table, ...] = (schema.standings, schema.gaps, schema.refusals, schema.inventories)
    return recorded | {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables
    }


def position(connection: Connection, reader: str, stream: str) -> str | None:
    table = schema.positions
    query = select(table.c.position).where(table.c.reader == reader, table.c.stream == stream)
    return connection.scalar(query)


def _sight_rows(connection: Connection, query: Select[Any]) -> list[SightRow]:
    return [
        SightRow(
            id=row["id"],
            event=_event_id(row),
            network=row["network"],
            shard=row["shard"],
            shards=row["shards"],
            start=row["start"],
            end=row["end"],
            watches=row["watches"],
            probes=row["probes"],
            blind=row["blind"],
            inventory=row["inventory"],
            sealed=row["sealed"],
        )
        for row in connection.execute(query).mappings()
    ]


def _event_id(row: RowMapping) -> EventId:
    return EventId(row["collector"], row["epoch"], row["sequence"])
