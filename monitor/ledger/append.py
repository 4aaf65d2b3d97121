"""The one way in: a batch of events becomes rows, in one transaction with the reader's position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select

from monitor.ledger import schema
from monitor.ledger.engine import upsert
from monitor.ledger.fitness import flaw, misplaced
from monitor.ledger.head import Head
from monitor.ledger.rows import Appended, JudgementMarks
from monitor.ledger.scribe import Scribe
from monitor.model.events import ALERT, MONITOR, Event
from monitor.model.sequences import Gap, Mark, take


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a reader brings: the events it read, the entries that were none, and how far it has read.

    ``refused`` holds pairs of entry id and error. ``at`` is the moment of recording.
    """

    reader: str
    stream: str
    position: str
    events: Sequence[Event]
    refused: Sequence[tuple[str, str]]
    at: int


def append(connection: Connection, delivery: Delivery) -> tuple[Appended, JudgementMarks]:
    """Record a delivery; what came of it, and how far judgements are then.

    All or nothing is the caller's transaction; the head is locked in it.

    An event that has a flaw takes its place in its collector's sequence all the same, and becomes a
    refusal: sent again it would be no better, and everything behind it would wait for ever. One that can
    have no place there is a refusal and nothing more.
    """
    head = Head.lock(connection)
    places = [(event, misplaced(event)) for event in delivery.events]
    intake = take((event for event, why in places if not why), marks(connection))
    fresh: list[Event] = []
    refused = [*delivery.refused, *((str(event.id), why) for event, why in places if why)]
    scribe = Scribe(connection, head, delivery.at)
    for event in intake.taken:
        if fault := flaw(event):
            refused.append((str(event.id), fault))
        else:
            fresh += [event, *scribe.write(event)]
    scribe.flush()
    keep_marks(connection, intake.committed, delivery.at)
    keep_gaps(connection, head, intake.gaps, delivery.at)
    keep_refusals(connection, head, delivery, refused)
    head.save(connection)
    keep_position(connection, delivery.reader, delivery.stream, delivery.position)
    appended = Appended(
        fresh=tuple(fresh),
        committed=intake.committed,
        waiting=intake.waiting,
        gaps=len(intake.gaps),
        refused=len(refused),
        changes=tuple(scribe.recorded),
    )
    return appended, head.marks


def marks(connection: Connection) -> dict[str, Mark]:
    """The committed mark of every collector: the sequence reached in its newest epoch."""
    # What the monitor says is committed by whom it tells; an older version may have taken it for facts. What
    # the alert role says stands in another stream.
    return _marks(connection, schema.writers.c.collector.not_in((MONITOR, ALERT)))


def marks_of(connection: Connection, writer: str) -> dict[str, Mark]:
    """The mark of one writer; empty if nothing was ever heard of it."""
    return _marks(connection, schema.writers.c.collector == writer)


def _marks(connection: Connection, whose: ColumnElement[bool]) -> dict[str, Mark]:
    table = schema.writers
    newest = select(table.c.collector, func.max(table.c.epoch).label("epoch")).group_by(table.c.collector)
    latest = newest.where(whose).subquery()
    query = select(table.c.collector, table.c.epoch, table.c.sequence).join(
        latest, (table.c.collector == latest.c.collector) & (table.c.epoch == latest.c.epoch)
    )
    return {row.collector: (row.epoch, row.sequence) for row in connection.execute(query)}


def keep_position(connection: Connection, reader: str, stream: str, position: str) -> None:
    """A reader of this stream has dealt with everything up to this entry."""
    row = {"reader": reader, "stream": stream, "position": position}
    upsert(connection, schema.positions, [row])


def confirm_judgements(connection: Connection, epoch: int, sequence: int, now: int) -> JudgementMarks:
    """Judgements up to here need not be told again (see :meth:`Head.confirm`). How far they are now."""
    head = Head.lock(connection)
    head.confirm(epoch, sequence, now)
    head.save(connection)
    return head.marks


def keep_marks(connection: Connection, committed: Mapping[str, Mark], at: int) -> None:
    """Writers may forget what they said up to here."""
    rows = [
        {"collector": collector, "epoch": epoch, "sequence": sequence, "recorded_at": at}
        for collector, (epoch, sequence) in committed.items()
    ]
    upsert(connection, schema.writers, rows)


def keep_gaps(connection: Connection, head: Head, gaps: Sequence[Gap], at: int) -> None:
    """Record what can never come."""
    for gap in gaps:
        row: dict[str, Any] = {
            "collector": gap.collector,
            "epoch": gap.epoch,
            "first": gap.first,
            "last": gap.last,
            "noticed_at": at,
        }
        connection.execute(insert(schema.gaps), head.link("gaps", row))


def keep_refusals(
    connection: Connection, head: Head, delivery: Delivery, refused: Sequence[tuple[str, str]]
) -> None:
    """Record entries that are none of ours, as (entry, error), each once."""
    table = schema.refusals
    for entry, error in refused:
        key = {"stream": delivery.stream, "entry": _printable(entry)}
        # Entries that are read again after a crash or by a second reader were refused before.
        known = select(table.c.link).filter_by(**key)
        if connection.scalar(known) is None:
            row: dict[str, Any] = key | {"error": _printable(error), "at": delivery.at}
            connection.execute(insert(table), head.link("refusals", row))


def _printable(text: str) -> str:
    """What was refused may hold what no database keeps."""
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode()[:2000]
