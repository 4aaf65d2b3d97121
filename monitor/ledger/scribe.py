"""Facts written as rows, inside the transaction of one append."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, select

from monitor.ledger import schema
from monitor.ledger.chain import to_json
from monitor.ledger.engine import upsert
from monitor.ledger.head import Head, judgement
from monitor.ledger.rows import Origin
from monitor.ledger.sights import OpenSights
from monitor.ledger.snapshots import compare
from monitor.model.events import Change, Event, EventId, ObserverTurned, Sight, Snapshot, Standing
from monitor.model.nodes import shard_of
from monitor.model.observations import Cause, State


class Scribe:
    """Writes new facts in their order. Rows are gathered and stored by :meth:`flush`, a table at a time."""

    def __init__(self, connection: Connection, head: Head, at: int) -> None:
        self._connection = connection
        self._head = head
        self._at = at
        self._changes: list[dict[str, Any]] = []
        self._standings: dict[tuple[str, str], dict[str, Any]] = {}
        self._observers: list[dict[str, Any]] = []
        self._judgements: list[dict[str, Any]] = []
        self._unjudged: list[dict[str, Any]] = []
        self.recorded: list[tuple[int, Change]] = []
        """The changes that were written, each with its number."""
        self._sights: OpenSights | None = None

    def write(self, event: Event) -> list[Event]:
        """Record one fact, which must have no flaw. The events by which it mended the ledger, if any."""
        match event.payload:
            case Change() as change:
                self._change(event.id, change, Origin.EVENT)
            case Sight() as sight:
                self._sight(event.id, sight)
            case Snapshot() as snapshot:
                return [
                    Event(event.id, event.site, event.time, repair, event.oldest)
                    for repair in self._snapshot(event.id, snapshot)
                ]
        return []

    def flush(self) -> None:
        """Store everything that was gathered."""
        for table, rows in (
            (schema.changes, self._changes),
            (schema.observers, self._observers),
            (schema.judgements, self._judgements),
            (schema.unjudged, self._unjudged),
        ):
            if rows:
                self._connection.execute(insert(table), rows)
                rows.clear()
        upsert(self._connection, schema.standings, list(self._standings.values()))
        self._standings.clear()
        if self._sights:
            self._sights.write()

    def _change(self, said: EventId, change: Change, origin: Origin) -> None:
        self._head.changes += 1
        row = {
            "id": self._head.changes,
            "collector": said.collector,
            "epoch": said.epoch,
            "sequence": said.sequence,
            "origin": origin.value,
            "node": change.node,
            "network": change.network,
            "old": change.old.value,
            "new": change.new.value,
            "at": change.at,
            "not_before": change.not_before,
            "detected_at": change.detected_at,
            "cause": change.cause.value,
            "probe": change.probe,
            "evidence": to_json([piece.to_json() for piece in change.evidence]),
            "recorded_at": self._at,
        }
        self._changes.append(self._head.link("changes", row))
        self._standings[change.node, change.network] = {
            "node": change.node,
            "network": change.network,
            "state": change.new.value,
            "cause": change.cause.value,
            "at": change.at,
            "change_id": self._head.changes,
        }
        self._unjudged.append({"change_id": self._head.changes})
        self.recorded.append((self._head.changes, change))

    def _sight(self, said: EventId, sight: Sight) -> None:
        if self._sights is None:
            self._sights = OpenSights(self._connection, self._head, self._at)
        if self._sights.add(said, sight):
            turned = ObserverTurned(said.collector, sight.network, sight.start, sight.blind)
            self._observer(said, turned)

    def _observer(self, said: EventId, turned: ObserverTurned) -> None:
        self._head.observers += 1
        row = {
            "id": self._head.observers,
            "collector": said.collector,
            "epoch": said.epoch,
            "sequence": said.sequence,
            "network": turned.network,
            "at": turned.at,
            "blind": turned.blind,
            "recorded_at": self._at,
        }
        self._observers.append(self._head.link("observers", row))
        self._judgements.append(judgement(self._head, schema.OBSERVER, self._head.observers))

    def _snapshot(self, said: EventId, snapshot: Snapshot) -> tuple[Change, ...]:
        self.flush()  # what was said before it in this batch must be known when it is compared
        comparison = compare(snapshot, self._known(snapshot))
        self._head.snapshots += 1
        body = snapshot.to_json()
        row = {
            "id": self._head.snapshots,
            "collector": said.collector,
            "epoch": said.epoch,
            "sequence": said.sequence,
            "network": snapshot.network,
            "shard": snapshot.shard,
            "shards": snapshot.shards,
            "at": snapshot.at,
            "inventory": snapshot.inventory,
            "body": to_json({"up": body["up"], "others": body["others"]}),
            "disagreements": to_json([found.to_json() for found in comparison.disagreements]),
            "recorded_at": self._at,
        }
        self._connection.execute(insert(schema.snapshots), self._head.link("snapshots", row))
        for repair in comparison.repairs:
            self._change(said, repair, Origin.SNAPSHOT)
        return comparison.repairs

    def _known(self, snapshot: Snapshot) -> dict[str, Standing]:
        """The ledger's standings of the watches in the snapshot's network and shard."""
        table = schema.standings
        query = select(table.c.node, table.c.state, table.c.cause, table.c.at)
        rows = self._connection.execute(query.where(table.c.network == snapshot.network))
        return {
            row.node: Standing(State(row.state), Cause(row.cause), row.at)
            for row in rows
            if _in_shard(row.node, snapshot)
        }


def _in_shard(node: str, snapshot: Snapshot) -> bool:
    return snapshot.shards == 1 or shard_of(node, snapshot.shards) == snapshot.shard
