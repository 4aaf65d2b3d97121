"""Tables as every format shows them: columns with a kind of value, and rows of plain cells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Final
from zoneinfo import ZoneInfo

Cell = str | int | float | datetime | None
"""A text, a count, a share or hours, or a moment on the site's clock (without its zone, whole seconds)."""

HOUR: Final = 3_600_000


class Look(Enum):
    """How a column's values are shown; also what kind they are."""

    TEXT = "text"
    VERDICT = "verdict"
    COUNT = "count"
    SHARE = "share"
    HOURS = "hours"
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Column:
    """``key`` names the column in code and in no language; ``wide`` is its width in letters."""

    key: str
    title: str
    look: Look
    wide: int = 10


@dataclass(frozen=True, slots=True)
class Table:
    """``key`` is of the table itself. ``note``: what stands there instead of rows when there are none."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def place(self, key: str) -> int:
        """Which column this is. Raises KeyError."""
        for place, column in enumerate(self.columns):
            if column.key == key:
                return place
        raise KeyError(key)


def share(value: float | None) -> float | None:
    """A rate with four decimals, cut off and not rounded: 97.996 % must never read as 98 %."""
    return None if value is None else int(value * 10_000 + 1e-6) / 10_000


def hours(millis: float | None) -> float | None:
    """To the millisecond: seven decimals of an hour are less than one."""
    return None if millis is None else round(millis / HOUR, 7)


def moment(millis: int, zone: ZoneInfo) -> datetime:
    """The moment on the site's clock, cut to the second, without a zone: as spreadsheets keep it."""
    return datetime.fromtimestamp(millis // 1000, UTC).astimezone(zone).replace(tzinfo=None)


def local(millis: int | None, zone: ZoneInfo) -> datetime | None:
    """The same for a moment that may not be known."""
    return None if millis is None else moment(millis, zone)
