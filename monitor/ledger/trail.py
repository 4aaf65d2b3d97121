"""The audit trail: what people did, as rows of the chain."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select

from monitor.ledger import schema
from monitor.ledger.chain import to_json
from monitor.ledger.head import Head
from monitor.ledger.rows import ActionRow
from monitor.model.actions import Action, Outcome

_LONGEST = 500
"""Characters that are kept of what somebody typed."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which actions: those of all parts that are given. ``before``: with a link below this one."""

    account: str | None = None
    action: str | None = None
    since: int | None = None
    until: int | None = None
    before: int | None = None


def record(connection: Connection, action: Action) -> int:
    """Record an action; the number of its link."""
    head = Head.lock(connection)
    row = {
        "at": action.at,
        "account": _kept(action.account),
        "action": _kept(action.action),
        "target": _kept(action.target),
        "outcome": action.outcome.value,
        "address": _kept(action.address),
        "facts": _sound(to_json(dict(action.facts)).replace("\\u0000", "\\ufffd")),
    }
    connection.execute(insert(schema.actions), head.link("actions", row))
    head.save(connection)
    return head.links


def _kept(text: str) -> str:
    """Whatever somebody typed, in a form that every database keeps: a line of the trail is never refused."""
    return _sound(text[:_LONGEST].replace("\0", "\ufffd"))


def _sound(text: str) -> str:
    """Without halves of pairs (U+D800 to U+DFFF), of which no UTF-8 can be made."""
    return text.encode("utf-8", "replace").decode()


def actions(connection: Connection, wanted: Wanted, limit: int, offset: int) -> list[ActionRow]:
    """The newest first."""
    query = chosen(select(schema.actions), wanted)
    rows = connection.execute(query.order_by(schema.actions.c.link.desc()).limit(limit).offset(offset))
    return [_row(row) for row in rows]


def chosen(query: Select[Any], wanted: Wanted) -> Select[Any]:
    """The query for those actions alone that are wanted."""
    table = schema.actions
    if wanted.account is not None:
        query = query.where(table.c.account == wanted.account)
    if wanted.action is not None:
        query = query.where(table.c.action == wanted.action)
    if wanted.since is not None:
        query = query.where(table.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(table.c.at < wanted.until)
    if wanted.before is not None:
        query = query.where(table.c.link < wanted.before)
    return query


def _row(row: Row[Any]) -> ActionRow:
    action = Action(
        row.at,
        row.account,
        row.action,
        row.target,
        Outcome(row.outcome),
        row.address,
        json.loads(row.facts),
    )
    return ActionRow(row.link, action)
