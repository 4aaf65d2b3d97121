"""What people tell the alert role, and what it did: orders and alert records, as rows of the chain."""

from __future__ import annotations

import json

from sqlalchemy import Connection, insert, select

from monitor.ledger import schema
from monitor.ledger.append import (
    Delivery,
    keep_gaps,
    keep_marks,
    keep_position,
    keep_refusals,
    marks_of,
)
from monitor.ledger.chain import to_json
from monitor.ledger.fitness import is_text, misplaced_deed
from monitor.ledger.head import Head, judgement
from monitor.ledger.rows import AlertRecordRow, Appended, JudgementMarks
from monitor.model.events import ALERT, EventId, type_of
from monitor.model.orders import Order, OrderError, OrderKind
from monitor.model.said import Said
from monitor.model.sequences import take


def give(connection: Connection, order: Order) -> JudgementMarks:
    """Record an order and number it as the next to be told. How far judgements are then.

    One that is recorded already is not recorded again. Raises OrderError for one that may not be given.
    """
    head = Head.lock(connection)
    row = {
        "id": order.id,
        "kind": order.kind.value,
        "person": order.person,
        "at": order.at,
        "body": to_json(order.to_json()),
    }
    table = schema.orders
    known = connection.scalar(select(table.c.body).where(table.c.id == order.id))
    if known == row["body"]:
        return head.marks
    _check(connection, order, known=known is not None)
    if not all(is_text(row[name]) for name in ("id", "person", "body")):
        name = f"{order.id!a}"
        raise OrderError(Said(f"{name}：含有数据库无法保存的字符", f"{name}: a text that no database keeps"))
    connection.execute(insert(table), head.link("orders", row))
    told = judgement(head, schema.ORDER, head.links)
    connection.execute(insert(schema.judgements), told)
    head.save(connection)
    return head.marks


def _check(connection: Connection, order: Order, *, known: bool) -> None:
    if known:
        raise OrderError(Said(f"{order.id} 已存在", f"{order.id} is there already"))
    if not order.person.strip():
        raise OrderError(Said("须写明由谁下达", "an order needs the name of who gives it"))
    if order.kind is not OrderKind.END_SILENCE:
        return
    table = schema.orders
    silence = (table.c.id == order.target) & (table.c.kind == OrderKind.SILENCE.value)
    if connection.scalar(select(table.c.link).where(silence)) is None:
        raise OrderError(Said(f"没有静默 {order.target}", f"there is no silence {order.target}"))


def record_alerts(connection: Connection, delivery: Delivery) -> Appended:
    """Record what the alert role said, with the position up to which its stream was read.

    Like an append of facts: repeats are dropped, a hole that can still be filled is waited for.
    """
    head = Head.lock(connection)
    places = [(event, misplaced_deed(event)) for event in delivery.events]
    intake = take((event for event, why in places if not why), marks_of(connection, ALERT))
    refused = [*delivery.refused, *((str(event.id), why) for event, why in places if why)]
    for event in intake.taken:
        row = {
            "collector": event.id.collector,
            "epoch": event.id.epoch,
            "sequence": event.id.sequence,
            "type": type_of(event.payload),
            "subject": event.payload.subject,
            "time": event.time,
            "body": to_json(event.payload.to_json()),
            "recorded_at": delivery.at,
        }
        if all(is_text(row[name]) for name in ("type", "subject", "body")):
            connection.execute(insert(schema.alert_records), head.link("alert_records", row))
        else:
            refused.append((str(event.id), "a text that no database keeps"))
    keep_marks(connection, intake.committed, delivery.at)
    keep_gaps(connection, head, intake.gaps, delivery.at)
    keep_refusals(connection, head, delivery, refused)
    head.save(connection)
    keep_position(connection, delivery.reader, delivery.stream, delivery.position)
    return Appended(intake.taken, intake.committed, intake.waiting, len(intake.gaps), len(refused))


def alert_records(connection: Connection, subject: str | None, limit: int) -> list[AlertRecordRow]:
    """What the alert role said, the newest first; of one alert alone on wish."""
    table = schema.alert_records
    query = select(table).order_by(table.c.link.desc()).limit(limit)
    if subject is not None:
        query = query.where(table.c.subject == subject)
    return [
        AlertRecordRow(
            event=EventId(row.collector, row.epoch, row.sequence),
            type=row.type,
            subject=row.subject,
            time=row.time,
            body=json.loads(row.body),
            recorded_at=row.recorded_at,
        )
        for row in connection.execute(query)
    ]
