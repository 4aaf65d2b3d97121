"""Old rows leave the database in whole segments, from checkpoint to checkpoint, for a file with their hashes.

The file is complete before a row is deleted; what leaves is recorded as a row of the chain. Where each watch
stood at its end stays behind, so that timelines after it go on. The tables that people decide by (node lists,
decisions, reports, keys, segments, outages, orders, what the alert role did) stay in the database as a whole,
and are in the file too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, delete, func, insert, or_, select

from monitor.ledger import schema
from monitor.ledger.chain import BASE, FORMS, GENESIS, LEAVING, base_digest
from monitor.ledger.engine import upsert
from monitor.ledger.head import Head
from monitor.ledger.rows import JudgementMarks, SegmentRow
from monitor.model.outages import Attribution

SPAN: Final = 30 * 86_400_000
"""A segment reaches at least so far (milliseconds)."""

WITNESSES: Final = 100
"""So many checkpoints must be later than what leaves: a clock that jumped ahead has not made them."""

_PLACE: Final = ("at", "epoch", "sequence", "collector")
"""The order of steps, as in ``steps``."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The next segment: links ``first`` to ``last``, all recorded before ``until``."""

    number: int
    first: int
    last: int
    hash_before: str
    hash_last: str
    until: int

    @property
    def file(self) -> str:
        return f"{self.number:06d}-{self.first}-{self.last}.jsonl.gz"


@dataclass(frozen=True, slots=True)
class Linked:
    """A row as it stands in the chain."""

    link: int
    table: str
    hash: str
    row: Mapping[str, Any]


def plan(connection: Connection, keep_from: int) -> Plan | None:
    """What may leave if all that was recorded since ``keep_from`` must stay; None if that is no segment."""
    latest = _latest(connection)
    table = schema.checkpoints
    begun = latest.until if latest else connection.scalar(select(func.min(table.c.at)))
    if begun is None:
        return None
    number, first, before = (latest.number, latest.last + 1, latest.hash_last) if latest else (0, 1, GENESIS)
    fits = (table.c.at >= begun + SPAN, table.c.at <= keep_from, table.c.link >= first)
    end = connection.execute(select(table).where(*fits).order_by(table.c.link).limit(1)).one_or_none()
    if end is None:
        return None
    later = select(func.count()).select_from(table).where(table.c.at > end.at, table.c.link > end.link)
    if (connection.scalar(later) or 0) < WITNESSES:
        return None
    return Plan(number + 1, first, end.link, before, end.hash, end.at)


def linked(connection: Connection, first: int, last: int) -> list[Linked]:
    """The rows of the links ``first`` to ``last``, in order."""
    found = [
        Linked(row["link"], table.name, row["hash"], {name: row[name] for name in FORMS[table.name]})
        for table in (schema.metadata.tables[name] for name in FORMS)
        for row in _rows(connection, select(table).where(table.c.link.between(first, last)))
    ]
    return sorted(found, key=lambda each: each.link)


def leave(
    connection: Connection, planned: Plan, file_sha256: str, at: int
) -> tuple[SegmentRow | None, JudgementMarks]:
    """Record a segment whose file is written, and delete its rows. None: another monitor was first."""
    head = Head.lock(connection)
    latest = _latest(connection)
    if (latest.last + 1 if latest else 1) != planned.first:
        return None, head.marks
    left = {
        table.name: connection.scalar(select(func.max(table.c.id)).where(table.c.link <= planned.last)) or 0
        for table in (schema.changes, schema.observers)
    }
    _keep_base(connection, planned.last)
    _keep_blames(connection, head, planned.last, at)
    row = asdict(planned) | {
        "file": planned.file,
        "sha256": file_sha256,
        "base_sha256": base_digest(_rows(connection, select(schema.base_states))),
        "exported_at": at,
    }
    connection.execute(insert(schema.segments), head.link("segments", row))
    for name in LEAVING:
        table = schema.metadata.tables[name]
        connection.execute(delete(table).where(table.c.link <= planned.last))
    queue = schema.unjudged
    connection.execute(delete(queue).where(queue.c.change_id <= left["changes"]))
    _forget_judgements(connection, head, left["changes"], left["observers"])
    head.save(connection)
    return _latest(connection), head.marks


def _keep_base(connection: Connection, last: int) -> None:
    """Where each watch stands after the changes up to the link ``last``."""
    stood, changes = schema.base_states, schema.changes
    columns = [changes.c.new.label("state") if name == "state" else changes.c[name] for name in BASE]
    latest: dict[tuple[str, str], dict[str, Any]] = {}
    for query in (select(stood), select(*columns).where(changes.c.link <= last)):
        for row in _rows(connection, query):
            watch = (row["node"], row["network"])
            if watch not in latest or _place(latest[watch]) < _place(row):
                latest[watch] = row
    upsert(connection, stood, list(latest.values()))


def _keep_blames(connection: Connection, head: Head, last: int, at: int) -> None:
    """What was another's fault at the end, and was not taken back since, is said again: its row leaves."""
    table = schema.attributions
    watch = (table.c.node, table.c.network)
    latest = select(func.max(table.c.link)).where(table.c.link <= last).group_by(*watch)
    taken_back = select(*watch, func.min(table.c.at).label("at")).where(table.c.link > last).group_by(*watch)
    since = {tuple(row[:2]): row.at for row in connection.execute(taken_back)}
    held = table.c.attribution.in_([Attribution.UPSTREAM.value, Attribution.SUSPECTED.value])
    columns = (table.c[name] for name in FORMS["attributions"])
    query = select(*columns).where(table.c.link.in_(latest), held).order_by(table.c.link)
    for row in list(_rows(connection, query)):
        if since.get((row["node"], row["network"]), at) > row["at"]:
            again = head.link("attributions", row | {"change_id": None, "recorded_at": at})
            connection.execute(insert(table), again)


def _place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in _PLACE)


def _forget_judgements(connection: Connection, head: Head, changes: int, observers: int) -> None:
    """What was told of rows that left can be told no more, heard or not."""
    table = schema.judgements
    gone = or_(
        (table.c.kind == schema.CHANGE) & (table.c.ref <= changes),
        (table.c.kind == schema.OBSERVER) & (table.c.ref <= observers),
    )
    last = connection.scalar(select(func.max(table.c.sequence)).where(gone)) or 0
    connection.execute(delete(table).where(table.c.sequence <= last))
    head.confirmed = max(head.confirmed, last)


def _rows(connection: Connection, query: Select[Any]) -> Iterator[dict[str, Any]]:
    for row in connection.execute(query).mappings():
        yield dict(row)


def segments(connection: Connection) -> list[SegmentRow]:
    table = schema.segments
    names = SegmentRow.__slots__
    query = select(*(table.c[name] for name in names)).order_by(table.c.number)
    return [SegmentRow(**row) for row in connection.execute(query).mappings()]


def _latest(connection: Connection) -> SegmentRow | None:
    return next(reversed(segments(connection)), None)
