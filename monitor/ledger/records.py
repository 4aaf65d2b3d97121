"""What is recorded beside the facts: node lists and since when they are valid, decisions, and reports made.

Plain functions over a connection; those that write lock the head first and give their rows its links.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select

from monitor.ledger import schema
from monitor.ledger.chain import ChainHead, to_json
from monitor.ledger.fitness import is_text
from monitor.ledger.head import Head
from monitor.ledger.rows import ReportRow
from monitor.model.decisions import Action, Decision, DecisionError, fold
from monitor.model.said import Said


def use_inventory(connection: Connection, digest: str, body: Any, at: int) -> bool:
    """From ``at`` on this node list is valid. False: it was the valid one already.

    The digest names it, so one that is known stays as it was.
    """
    head = Head.lock(connection)
    _keep_inventory(connection, head, digest, body, at)
    uses = schema.inventory_uses
    latest = connection.scalar(select(uses.c.digest).order_by(uses.c.link.desc()).limit(1))
    if latest != digest:
        _add(connection, head, uses, {"at": at, "digest": digest})
    head.save(connection)
    return latest != digest


def _keep_inventory(connection: Connection, head: Head, digest: str, body: Any, at: int) -> None:
    table = schema.inventories
    if connection.scalar(select(table.c.link).where(table.c.digest == digest)) is None:
        nodes = body["nodes"] if isinstance(body, Mapping) else body
        row = {"digest": digest, "recorded_at": at, "nodes": len(nodes), "body": to_json(body)}
        _add(connection, head, table, row)


def inventory_uses(connection: Connection) -> list[tuple[int, str]]:
    table = schema.inventory_uses
    return [(row.at, row.digest) for row in connection.execute(select(table).order_by(table.c.link))]


def decide(connection: Connection, decision: Decision) -> None:
    """Record what somebody decided. Raises DecisionError if it may not follow what is recorded."""
    head = Head.lock(connection)
    row = {
        "id": decision.id,
        "action": decision.action.value,
        "person": decision.person,
        "at": decision.at,
        "body": to_json(dict(decision.body)),
    }
    if not all(is_text(row[name]) for name in ("id", "person", "body")):
        name = f"{decision.id!a}"
        raise DecisionError(
            Said(f"{name}：含有数据库无法保存的字符", f"{name}: a text that no database keeps")
        )
    fold([*decisions(connection, [decision.id]), decision])
    _add(connection, head, schema.decisions, row)
    head.save(connection)


def decisions(connection: Connection, names: Sequence[str] | None = None) -> list[Decision]:
    """All rows in the order recorded; ``names``: of these alone."""
    table = schema.decisions
    query = select(table).order_by(table.c.link)
    if names is not None:
        query = query.where(table.c.id.in_(names))
    return [
        Decision(row.id, Action(row.action), row.person, row.at, json.loads(row.body))
        for row in connection.execute(query)
    ]


def record_report(
    connection: Connection, question: Mapping[str, Any], digest: str, made_at: int, files: Mapping[str, Any]
) -> int:
    """The revision of a report: a known one for a known digest, else the next of its question."""
    head = Head.lock(connection)
    table, key = schema.reports, question_key(question)
    same = table.c.key == key
    known = connection.scalar(select(table.c.revision).where(same, table.c.digest == digest))
    if known is not None:
        return int(known)
    revision = 1 + (connection.scalar(select(func.max(table.c.revision)).where(same)) or 0)
    row = {
        "key": key,
        "revision": revision,
        "digest": digest,
        "made_at": made_at,
        "question": to_json(dict(question)),
        "files": to_json(dict(files)),
    }
    _add(connection, head, table, row)
    head.save(connection)
    return revision


def question_key(question: Mapping[str, Any]) -> str:
    """The same for the same question, however its parts are ordered."""
    text = json.dumps(question, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return sha256(text.encode()).hexdigest()


def reports(
    connection: Connection, question: Mapping[str, Any] | None, limit: int | None, offset: int = 0
) -> list[ReportRow]:
    table = schema.reports
    query = select(table).order_by(table.c.link.desc()).limit(limit).offset(offset)
    if question is not None:
        query = query.where(table.c.key == question_key(question))
    return [
        ReportRow(
            key=row.key,
            revision=row.revision,
            digest=row.digest,
            made_at=row.made_at,
            question=json.loads(row.question),
            files=json.loads(row.files),
        )
        for row in connection.execute(query)
    ]


def chain_head(connection: Connection) -> ChainHead:
    return Head.read(connection).chain


def _add(connection: Connection, head: Head, table: Table, row: dict[str, Any]) -> None:
    connection.execute(insert(table), head.link(table.name, row))
