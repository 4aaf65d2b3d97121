"""Sights merged: one row for each unbroken interval and hour, the open one extended in place.

A row is linked into the chain when it is sealed: when the next one of its shard begins, or by
:func:`seal_stale` when none comes any more.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, not_, select, update

from monitor.ledger.head import Head
from monitor.ledger.schema import sights
from monitor.model.events import EventId, Sight

_HOUR: Final = 3_600_000
_SAME: Final = ("watches", "blind", "inventory")
_GROWS: Final = ("epoch", "sequence", "end", "probes", "sealed", "recorded_at", "link", "hash")
_STALE: Final = 600_000
"""An open sight that did not grow for so long is sealed once its hour is over."""

_Place = tuple[str, str, int, int]


class OpenSights:
    """The open row of every shard. Sights are added in memory; :meth:`write` stores the outcome."""

    def __init__(self, connection: Connection, head: Head, at: int) -> None:
        """``head`` gives the ids and links; ``at``: when this batch is recorded."""
        self._head = head
        self._stored = head.sights
        self._connection = connection
        self._at = at
        rows = connection.execute(select(sights).where(not_(sights.c.sealed))).mappings()
        self._open: dict[_Place, dict[str, Any]] = {_place_of(row): dict(row) for row in rows}
        self._born: list[dict[str, Any]] = []
        self._grown: dict[int, dict[str, Any]] = {}

    def add(self, said: EventId, sight: Sight) -> bool:
        """Merge one sight. True: with it the collector turned blind, or sees again."""
        new = self._row(said, sight)
        place = _place_of(new)
        old = self._open.get(place)
        if old and _continues(old, new):
            old |= {name: new[name] for name in ("epoch", "sequence", "end", "recorded_at")}
            old["probes"] += new["probes"]
            self._touch(old)
            return False
        was_blind = old["blind"] if old else self._ended_blind(place)
        if old:
            self.seal(old)
        self._head.sights += 1
        new["id"] = self._head.sights
        self._open[place] = new
        self._born.append(new)
        return bool(sight.blind != was_blind)

    def stale(self, now: int) -> list[dict[str, Any]]:
        """The open rows to which nothing was added for a while, and whose hour is over."""
        return [
            row
            for row in self._open.values()
            if row["recorded_at"] <= now - _STALE and row["start"] // _HOUR < now // _HOUR
        ]

    def seal(self, row: dict[str, Any]) -> None:
        """An open row grows no more: it becomes a link of the chain."""
        row["sealed"] = True
        self._head.link("sights", row)
        self._touch(row)

    def write(self) -> None:
        """Store what was added since the last write."""
        if self._grown:
            # Seal before a new row opens: the index allows one open row for a shard.
            statement = update(sights).where(sights.c.id == bindparam("row_id"))
            values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in _GROWS}
            rows = [
                {"row_id": row["id"]} | {f"new_{name}": row[name] for name in _GROWS}
                for row in self._grown.values()
            ]
            self._connection.execute(statement.values(values), rows)
        if self._born:
            self._connection.execute(insert(sights), self._born)
        self._grown, self._born, self._stored = {}, [], self._head.sights

    def _ended_blind(self, place: _Place) -> bool:
        """Whether the last row of a shard that has no open one says blind."""
        names = ("collector", "network", "shard", "shards")
        same = (sights.c[name] == value for name, value in zip(names, place, strict=True))
        query = select(sights.c.blind).where(*same).order_by(sights.c.id.desc()).limit(1)
        return bool(self._connection.scalar(query))

    def _touch(self, row: dict[str, Any]) -> None:
        """Remember that a stored row must be updated; one born in this batch is stored as it is then."""
        if row["id"] <= self._stored:
            self._grown[row["id"]] = row

    def _row(self, said: EventId, sight: Sight) -> dict[str, Any]:
        return {
            "collector": said.collector,
            "epoch": said.epoch,
            "sequence": said.sequence,
            "network": sight.network,
            "shard": sight.shard,
            "shards": sight.shards,
            "start": sight.start,
            "end": sight.end,
            "watches": sight.watches,
            "probes": sight.probes,
            "blind": sight.blind,
            "inventory": sight.inventory,
            "sealed": False,
            "recorded_at": self._at,
            "link": None,
            "hash": None,
        }


def seal_stale(connection: Connection, now: int) -> int:
    """Seal the open sights that ended without a successor; how many. The head is locked."""
    head = Head.lock(connection)
    found = OpenSights(connection, head, now)
    stale = found.stale(now)
    if not stale:
        return 0
    for row in stale:
        found.seal(row)
    found.write()
    head.save(connection)
    return len(stale)


def _place_of(row: Any) -> _Place:
    return (row["collector"], row["network"], row["shard"], row["shards"])


def _continues(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether the sight begins where the row ends, in its hour, and says the same."""
    unbroken = bool(new["start"] == old["end"] and new["start"] // _HOUR == old["start"] // _HOUR)
    return unbroken and all(new[name] == old[name] for name in _SAME)
