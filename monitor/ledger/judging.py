"""Verdicts become rows: whose fault a change was, what outages there are, and what is told of both.

All that follows from a batch is one transaction; each change leaves the queue of the unjudged in it. What was
recorded before is not recorded again: a batch may be handed in once more by somebody who did not hear that it
was stored.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, and_, case, delete, func, insert, select

from monitor.ledger import schema
from monitor.ledger.chain import to_json
from monitor.ledger.engine import upsert
from monitor.ledger.head import Head, judgement
from monitor.ledger.queries import change_row
from monitor.ledger.rows import ChangeRow, JudgementMarks, MemberRow, OpenOutage
from monitor.model.outages import Attribution, Blame, Outage, Phase, Verdict

_Watch = tuple[str, str]

_AT_ONCE: Final = 500
"""So many values go into one question: databases bound their number."""
_NOBODY: Final = ""


def judge(connection: Connection, verdicts: Sequence[Verdict], at: int) -> JudgementMarks:
    """Record verdicts in their order, and number what is told of them. How far judgements are then.

    A change that is not among the unjudged was judged before: what is said of it now is dropped. So is what
    says no more of a watch or an outage than the word before it.
    """
    head = Head.lock(connection)
    writing = _Writing(connection, head, at, verdicts)
    if not writing.is_repeat():
        writing.write()
        head.save(connection)
    return head.marks


class _Writing:
    """One batch of verdicts against what is recorded."""

    def __init__(self, connection: Connection, head: Head, at: int, verdicts: Sequence[Verdict]) -> None:
        self._connection = connection
        self._head = head
        self._at = at
        self._verdicts = verdicts
        blames = [each for each in verdicts if isinstance(each, Blame)]
        self._waiting = _waiting(connection, (each.change_id for each in blames))
        self._blames = _blames(connection, blames)
        self._told = _last_bodies(connection, {each.id for each in verdicts if isinstance(each, Outage)})
        self._rows: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self._judged: list[int] = []
        self._blamed: set[_Watch] = set()

    def is_repeat(self) -> bool:
        """Whether all of this was recorded: its changes are judged, and its last words are the last ones."""
        words: dict[_Watch | str, bool] = {}
        for each in self._verdicts:
            if isinstance(each, Outage):
                words[each.id] = self._told.get(each.id) == to_json(each.to_json())
            else:
                words[each.node, each.network] = self._is_known(each)
        return not self._waiting and all(words.values())

    def write(self) -> None:
        for each in self._verdicts:
            if isinstance(each, Outage):
                self._outage(each)
            elif each.change_id is None or each.change_id in self._waiting:
                self._blame(each)
        for name, rows in self._rows.items():
            self._connection.execute(insert(schema.metadata.tables[name]), rows)
        upsert(self._connection, schema.blames, [self._blames[watch] for watch in sorted(self._blamed)])
        table = schema.unjudged
        for some in _pieces(self._judged):
            self._connection.execute(delete(table).where(table.c.change_id.in_(some)))

    def _blame(self, blame: Blame) -> None:
        watch = (blame.node, blame.network)
        is_news = blame.change_id is not None or not self._is_known(blame)
        if is_news and (_is_somebody(blame) or self._is_blamed(watch)):
            said = _row_of(blame)
            self._blames[watch] = said
            self._blamed.add(watch)
            row = said | {"recorded_at": self._at}
            self._rows["attributions"].append(self._head.link("attributions", row))
        if blame.change_id is not None:
            self._waiting.discard(blame.change_id)
            self._judged.append(blame.change_id)
            self._tell(schema.CHANGE, blame.change_id)

    def _outage(self, outage: Outage) -> None:
        body = to_json(outage.to_json())
        if self._told.get(outage.id) == body:
            return
        self._told[outage.id] = body
        self._head.outages += 1
        row = {
            "id": self._head.outages,
            "outage": outage.id,
            "phase": outage.phase.value,
            "network": outage.network,
            "kind": outage.kind.value,
            "root": outage.root,
            "at": outage.at,
            "body": body,
            "recorded_at": self._at,
        }
        self._rows["outages"].append(self._head.link("outages", row))
        self._tell(schema.OUTAGE, self._head.outages)

    def _tell(self, kind: str, ref: int) -> None:
        self._rows["judgements"].append(judgement(self._head, kind, ref))

    def _is_known(self, blame: Blame) -> bool:
        """Whether the last word on the watch says just this; of one that nobody is blamed for, any such."""
        watch = (blame.node, blame.network)
        if not _is_somebody(blame):
            return not self._is_blamed(watch)
        known, said = self._blames.get(watch), _row_of(blame)
        return known is not None and all(
            known[name] == said[name] for name in ("at", "attribution", "outage")
        )

    def _is_blamed(self, watch: _Watch) -> bool:
        known = self._blames.get(watch)
        return known is not None and (known["attribution"], known["outage"]) != (_NOBODY, "")


def unjudged(connection: Connection, after: int, limit: int | None) -> list[ChangeRow]:
    """Up to ``limit`` changes with a number above ``after`` that nobody has judged yet, in that order."""
    changes, queue = schema.changes, schema.unjudged
    waiting = select(changes).join(queue, queue.c.change_id == changes.c.id)
    query = waiting.where(queue.c.change_id > after).order_by(queue.c.change_id).limit(limit)
    return [change_row(row) for row in connection.execute(query).mappings()]


def judged_until(connection: Connection) -> int | None:
    """The moment of the earliest change that waits for its judgement; None if none does."""
    changes, queue = schema.changes, schema.unjudged
    query = select(func.min(changes.c.at)).join(queue, queue.c.change_id == changes.c.id)
    found: int | None = connection.scalar(query)
    return found


def pass_over(connection: Connection) -> None:
    """Empty the queue of the unjudged. The head is locked: whoever does not lead may not."""
    Head.lock(connection)
    connection.execute(delete(schema.unjudged))


def open_outages(connection: Connection) -> list[OpenOutage]:
    """The outages that are not closed, in the order opened, with the watches that are blamed on them now."""
    table, blames = schema.outages, schema.blames
    latest = select(func.max(table.c.id)).group_by(table.c.outage)
    query = select(table.c.body).where(table.c.id.in_(latest), table.c.phase != Phase.CLOSED.value)
    found = [Outage.from_json(json.loads(row.body)) for row in connection.execute(query.order_by(table.c.id))]
    members: defaultdict[str, list[Blame]] = defaultdict(list)
    blamed = select(blames).where(blames.c.outage != "").order_by(blames.c.node, blames.c.network)
    for row in connection.execute(blamed).mappings():
        members[row["outage"]].append(blame_of(row))
    return [OpenOutage(each, tuple(members[each.id])) for each in sorted(found, key=lambda one: one.at)]


def members(connection: Connection, outage: str, limit: int, offset: int) -> tuple[list[MemberRow], int]:
    """The nodes that were ever blamed on an outage: those that still are first, then by id; and how many."""
    said, now = schema.attributions, schema.blames
    ever = select(said.c.node, said.c.network).where(said.c.outage == outage).distinct().subquery()
    still = case((now.c.outage == outage, 1), else_=0).label("still")
    known = ever.outerjoin(now, and_(now.c.node == ever.c.node, now.c.network == ever.c.network))
    query = select(ever.c.node, still).select_from(known).order_by(still.desc(), ever.c.node)
    found = connection.execute(query.limit(limit).offset(offset))
    total = connection.scalar(select(func.count()).select_from(ever)) or 0
    return [MemberRow(row.node, bool(row.still)) for row in found], total


def blame_of(row: Mapping[Any, Any]) -> Blame:
    attribution = Attribution(row["attribution"]) if row["attribution"] else None
    return Blame(row["change_id"], row["node"], row["network"], row["at"], attribution, row["outage"])


def _row_of(blame: Blame) -> dict[str, Any]:
    return {
        "change_id": blame.change_id,
        "node": blame.node,
        "network": blame.network,
        "at": blame.at,
        "attribution": _NOBODY if blame.attribution is None else blame.attribution.value,
        "outage": blame.outage_id,
    }


def _is_somebody(blame: Blame) -> bool:
    return blame.attribution is not None or bool(blame.outage_id)


def _waiting(connection: Connection, ids: Iterable[int | None]) -> set[int]:
    """Those of these changes that are not judged yet."""
    column = schema.unjudged.c.change_id
    return {
        row.change_id
        for some in _pieces([each for each in ids if each is not None])
        for row in connection.execute(select(column).where(column.in_(some)))
    }


def _blames(connection: Connection, blames: Sequence[Blame]) -> dict[_Watch, dict[str, Any]]:
    """The last word on each of these watches."""
    table, nodes = schema.blames, sorted({each.node for each in blames})
    return {
        (row["node"], row["network"]): dict(row)
        for some in _pieces(nodes)
        for row in connection.execute(select(table).where(table.c.node.in_(some))).mappings()
    }


def _last_bodies(connection: Connection, outages: Iterable[str]) -> dict[str, str]:
    table = schema.outages
    bodies: dict[str, str] = {}
    for some in _pieces(sorted(outages)):
        latest = select(func.max(table.c.id)).where(table.c.outage.in_(some)).group_by(table.c.outage)
        query = select(table.c.outage, table.c.body).where(table.c.id.in_(latest))
        bodies |= {row.outage: row.body for row in connection.execute(query)}
    return bodies


def _pieces(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (values[start : start + _AT_ONCE] for start in range(0, len(values), _AT_ONCE))
