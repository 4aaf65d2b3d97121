"""What truly happened: one row for each watch that a fault touched, with the moments it was applied.

A fault takes effect inside a system call. ``began`` is read before the call and ``began_by`` after
it, so the true moment is known to lie between them; likewise for the end, and for each turn of what
flaps. They usually differ by 0 ms.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self, TextIO

from monitor.demo.faults import EXPECTED, Expectation, FaultKind
from monitor.model.times import format_time, parse_time

MARK: Final = "# 演示城市的真实情况: 全部数据为虚构 / the truth about an invented city"
COLUMNS: Final = (
    "node", "network", "address", "fault", "state", "cause", "from", "to",
    "from_by", "to_by", "delay", "root", "turns",
)  # fmt: skip

Span = tuple[int, int]
"""A true moment lies between these two."""


@dataclass(slots=True)
class TruthRow:
    """One watch and one fault. ``ended`` None: it still lasts.

    ``turns``: when what flaps worked again, then refused again, and so on.
    """

    node: str
    network: str
    address: str
    fault: FaultKind
    began: int
    began_by: int
    ended: int | None = None
    ended_by: int | None = None
    delay: float = 0.0
    root: str = ""
    turns: list[Span] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str]:
        return (self.node, self.network)

    @property
    def expected(self) -> Expectation:
        return EXPECTED[self.fault]

    def to_json(self) -> dict[str, Any]:
        return {
            "node": self.node,
            "network": self.network,
            "address": self.address,
            "fault": self.fault.value,
            "state": self.expected.state.value,
            "cause": self.expected.cause.value,
            "from": format_time(self.began),
            "to": _moment(self.ended),
            "from_by": format_time(self.began_by),
            "to_by": _moment(self.ended_by),
            "delay": self.delay,
            "root": self.root,
            "turns": ";".join(f"{format_time(first)}/{format_time(last)}" for first, last in self.turns),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Raises KeyError or ValueError for what is no row of a truth file."""
        return cls(
            node=data["node"],
            network=data["network"],
            address=data["address"],
            fault=FaultKind(data["fault"]),
            began=parse_time(data["from"]),
            began_by=parse_time(data["from_by"]),
            ended=parse_time(data["to"]) if data["to"] else None,
            ended_by=parse_time(data["to_by"]) if data["to_by"] else None,
            delay=float(data["delay"]),
            root=data["root"],
            turns=[_span(text) for text in data["turns"].split(";") if text],
        )


def _span(text: str) -> Span:
    first, _, last = text.partition("/")
    return parse_time(first), parse_time(last)


def _moment(millis: int | None) -> str:
    return "" if millis is None else format_time(millis)


class TruthFile:
    """``truth.csv``: a row is written when its fault ends, so that a killed fleet loses only open ones."""

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("w", encoding="utf-8", newline="")
        self._file.write(MARK + "\n")
        self._table = csv.DictWriter(self._file, COLUMNS)
        self._table.writeheader()
        self._file.flush()

    def write(self, rows: Iterable[TruthRow]) -> None:
        self._table.writerows(row.to_json() for row in rows)
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def read_truth(path: Path) -> list[TruthRow]:
    """The rows of a truth file. Raises ValueError naming the line."""
    with path.open(encoding="utf-8", newline="") as file:
        table = csv.DictReader(line for line in file if not line.startswith("#"))
        rows = []
        for row in table:
            try:
                rows.append(TruthRow.from_json(row))
            except (KeyError, ValueError, TypeError) as error:
                raise ValueError(f"{path.name}: row {len(rows) + 1}: {error}") from error
        return rows
