"""Which sights may stand open, in Python and in SQL.

An open sight is the one row that still grows: nothing vouches for it until it is sealed and becomes a link.
So it may say very little, whoever wrote it. It lies inside one hour of the clock; its shard has been looked
at by the same collector before, as a link says, and it begins where that link ended or later; and it lies
beside the last sight that was linked. What says more is sealed at once when it is recorded; what stands open
all the same was put there by somebody else: it counts in no figure, and ``verify`` names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection

HOUR: Final = 3_600_000

BESIDE: Final = 2 * HOUR
"""An open sight begins no further from the moment at which the last sight was linked (milliseconds)."""

Place = tuple[str, str, int, int]
"""Collector, network, shard and shards: what has one open sight at most."""

SHARD: Final = ("collector", "network", "shard", "shards")
"""The columns of a :data:`Place`."""

_STAYS: Final = ("id", *SHARD, "start", "watches", "blind", "inventory")
_MOMENTS: Final = ("start", "end", "ended", "linked_at")

# The plain words of both databases. What was linked last of all is found by the index on the links.
_LINKED_AT: Final = "(SELECT recorded_at FROM sights WHERE link = (SELECT max(link) FROM sights))"


def _ended(row: str) -> str:
    """Until when the last linked sight of the shard of this row reaches."""
    same = " AND ".join(f"former.{name} = {row}.{name}" for name in SHARD)
    return (
        f'(SELECT former."end" FROM sights AS former WHERE {same} AND former.link IS NOT NULL '  # noqa: S608 - our own names
        "ORDER BY former.id DESC LIMIT 1)"
    )


def _open(condition: str) -> str:
    return (
        f"SELECT one.*, {_ended('one')} AS ended, {_LINKED_AT} AS linked_at "  # noqa: S608 - our own names
        f"FROM sights AS one WHERE {condition}"
    )


OPEN: Final = _open("NOT one.sealed")
"""The open sights, each with what it is held against: see :func:`may_stand_open`."""

BY_INDEX: Final = {"sqlite": _open("one.sealed = 0"), "postgresql": OPEN}
"""The same in the words in which each database has its index of them: else all sights are looked through."""

_IN_HOUR: Final = f'NEW."end" >= NEW.start AND NEW."end" / {HOUR} = NEW.start / {HOUR}'

MAY_OPEN: Final = (
    f"NOT NEW.sealed AND {_IN_HOUR} AND NEW.start >= {_ended('NEW')} "
    f"AND NEW.start BETWEEN {_LINKED_AT} - {BESIDE} AND {_LINKED_AT} + {BESIDE}"
)
"""What the triggers ask of a new row without a link."""

MAY_GROW: Final = " AND ".join(
    [
        *(f"NEW.{name} = OLD.{name}" for name in _STAYS),
        'NEW."end" >= OLD."end"',
        f"(NEW.link IS NOT NULL OR ({_IN_HOUR}))",
    ]
)
"""What they ask of one that is open and changes."""


def place_of(row: Mapping[Any, Any]) -> Place:
    return (row["collector"], row["network"], row["shard"], row["shards"])


def may_stand_open(row: Mapping[Any, Any]) -> bool:
    """Whether this program can have left the row open.

    ``ended``: until when the last linked sight of its shard reaches; ``linked_at``: when the last sight of
    all was linked. None where there is none.
    """
    if not all(type(row[name]) is int for name in _MOMENTS):
        return False
    in_hour = row["start"] <= row["end"] and row["start"] // HOUR == row["end"] // HOUR
    return bool(in_hour and row["start"] >= row["ended"] and abs(row["start"] - row["linked_at"]) <= BESIDE)


def odd(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of the open sights that this program cannot have left so, a shard's second one among them."""
    found = []
    known: set[Place] = set()
    for row in sorted(rows, key=itemgetter("id")):
        if not may_stand_open(row) or place_of(row) in known:
            found.append(row)
        known.add(place_of(row))
    return found


def open_rows(connection: Connection) -> list[dict[str, Any]]:
    """All open sights, as :data:`OPEN` says."""
    query = BY_INDEX[connection.dialect.name]
    return [dict(row) for row in connection.exec_driver_sql(query).mappings()]


def last_linked_at(connection: Connection) -> int | None:
    """When the last sight was linked; None: none ever was."""
    return connection.exec_driver_sql(f"SELECT {_LINKED_AT}").scalar()
