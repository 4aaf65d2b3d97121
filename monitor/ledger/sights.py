"""Sights merged: one row for each unbroken interval and hour, the open one extended in place.

A row is linked into the chain when it is sealed: when the next one of its shard begins, when it says more
than an open one may (see ``openness``), or by :func:`seal_stale` and :func:`seal_until`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, update

from monitor.ledger.head import Head
from monitor.ledger.openness import (
    HOUR,
    SHARD,
    Place,
    last_linked_at,
    may_stand_open,
    odd,
    open_rows,
    place_of,
)
from monitor.ledger.schema import sights
from monitor.model.events import EventId, Sight

_SAME: Final = ("watches", "blind", "inventory")
_GROWS: Final = ("epoch", "sequence", "end", "probes", "sealed", "recorded_at", "link", "hash")
_COLUMNS: Final = tuple(column.name for column in sights.columns)
_STALE: Final = 600_000
"""An open sight that did not grow for so long is sealed once its hour is over."""


class OpenSights:
    """The open row of every shard. Sights are added in memory; :meth:`write` stores the outcome."""

    def __init__(self, connection: Connection, head: Head, at: int) -> None:
        """``head`` gives the ids and links; ``at``: when this batch is recorded."""
        self._head = head
        self._stored = head.sights
        self._connection = connection
        self._at = at
        rows = open_rows(connection)
        # Once sealed, what somebody else put there would be evidence. It stays as it is, to be found.
        strange = {row["id"]: place_of(row) for row in odd(rows)}
        self._taken = set(strange.values())
        self._open = {place_of(row): row for row in rows if row["id"] not in strange}
        self._linked_at = last_linked_at(connection)
        self._ended: dict[Place, tuple[int | None, bool]] = {}
        self._born: list[dict[str, Any]] = []
        self._grown: dict[int, dict[str, Any]] = {}

    def add(self, said: EventId, sight: Sight) -> bool:
        """Merge one sight. True: with it the collector turned blind, or sees again."""
        new = self._row(said, sight)
        place = place_of(new)
        old = self._open.get(place)
        if old and _continues(old, new):
            old |= {name: new[name] for name in ("epoch", "sequence", "end", "recorded_at")}
            old["probes"] += new["probes"]
            self._touch(old)
            return False
        if old:
            self.seal(old)
        new["ended"], was_blind = self._last(place)
        self._head.sights += 1
        new["id"] = self._head.sights
        self._open[place] = new
        self._born.append(new)
        return bool(sight.blind != was_blind)

    def stale(self) -> list[dict[str, Any]]:
        """The open rows to which nothing was added for a while, and whose hour is over."""
        return [
            row
            for row in self._open.values()
            if row["recorded_at"] <= self._at - _STALE and row["start"] // HOUR < self._at // HOUR
        ]

    def begun_before(self, moment: int) -> list[dict[str, Any]]:
        """The open rows that begin before a moment."""
        return [row for row in self._open.values() if row["start"] < moment]

    def seal(self, row: dict[str, Any]) -> None:
        """An open row grows no more: it becomes a link of the chain."""
        row["sealed"], row["recorded_at"] = True, self._at
        self._head.link("sights", row)
        self._touch(row)
        place = place_of(row)
        del self._open[place]
        self._ended[place] = (row["end"], bool(row["blind"]))
        self._linked_at = self._at

    def write(self) -> None:
        """Store what was added since the last write."""
        self._settle()
        if self._grown:
            # Seal before a new row opens: the index allows one open row for a shard.
            statement = update(sights).where(sights.c.id == bindparam("row_id"))
            values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in _GROWS}
            rows = [
                {"row_id": row["id"]} | {f"new_{name}": row[name] for name in _GROWS}
                for row in self._grown.values()
            ]
            self._connection.execute(statement.values(values), rows)
        # An open row is held against those that are linked: they come first.
        for sealed in (True, False):
            born = [_stored(row) for row in self._born if row["sealed"] is sealed]
            if born:
                self._connection.execute(insert(sights), born)
        self._grown, self._born, self._stored = {}, [], self._head.sights

    def _settle(self) -> None:
        """Seal what says more than an open row may. With each link others may have been left behind."""
        while unfit := [row for place, row in self._open.items() if not self._may_stay(place, row)]:
            for row in unfit:
                self.seal(row)

    def _may_stay(self, place: Place, row: dict[str, Any]) -> bool:
        return place not in self._taken and may_stand_open(row | {"linked_at": self._linked_at})

    def _last(self, place: Place) -> tuple[int | None, bool]:
        """Until when the last linked row of a shard reaches (None: there is none); whether it says blind."""
        if place not in self._ended:
            same = (sights.c[name] == value for name, value in zip(SHARD, place, strict=True))
            query = select(sights.c.end, sights.c.blind).where(*same, sights.c.link.is_not(None))
            row = self._connection.execute(query.order_by(sights.c.id.desc()).limit(1)).one_or_none()
            self._ended[place] = (row.end, row.blind) if row else (None, False)
        return self._ended[place]

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
    return _seal(connection, now, OpenSights.stale)


def seal_until(connection: Connection, until: int, now: int) -> int:
    """Seal the open sights that begin before ``until``; how many. The head is locked."""
    return _seal(connection, now, lambda found: found.begun_before(until))


def _seal(connection: Connection, now: int, which: Callable[[OpenSights], Iterable[dict[str, Any]]]) -> int:
    head = Head.lock(connection)
    found = OpenSights(connection, head, now)
    before = head.links
    for row in which(found):
        found.seal(row)
    if head.links > before:
        found.write()
        head.save(connection)
    return head.links - before


def _stored(row: dict[str, Any]) -> dict[str, Any]:
    """Without what it is held against."""
    return {name: row[name] for name in _COLUMNS}


def _continues(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether the sight begins where the row ends, in its hour, and says the same."""
    unbroken = bool(new["start"] == old["end"] and new["start"] // HOUR == old["start"] // HOUR)
    return unbroken and all(new[name] == old[name] for name in _SAME)
