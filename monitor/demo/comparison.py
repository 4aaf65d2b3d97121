"""What was found when a ledger was held against the truth, counted and in words."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from statistics import median
from typing import TypedDict

from monitor.demo.faults import Word
from monitor.demo.told import Edge, Episode, Key, Standing
from monitor.demo.truth import TruthRow
from monitor.model.times import format_time


class Counts(TypedDict):
    """A comparison for programs. The widths are in milliseconds; null where the ledger states no edge."""

    long_enough: int
    faults: int
    missed: int
    invented: int
    wrong_state: int
    wrong_cause: int
    wrong_edge: int
    edge_median_ms: int | None
    edge_worst_ms: int | None


@dataclass(slots=True)
class Comparison:
    """``missed`` to ``wrong_edge`` are zero when the ledger tells the truth.

    ``long_enough`` faults lasted so long by the truth alone that they had to be found; ``faults`` of them
    were in sight for so long by the ledger's own word. ``widths`` are those of all edges, in milliseconds.
    """

    long_enough: int = 0
    faults: int = 0
    missed: int = 0
    invented: int = 0
    wrong_state: int = 0
    wrong_cause: int = 0
    wrong_edge: int = 0
    widths: list[int] = field(default_factory=list)
    details: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        """Nothing that the ledger says, or does not say, is wrong."""
        return not (self.missed or self.invented or self.wrong_state or self.wrong_cause or self.wrong_edge)

    @property
    def blind(self) -> bool:
        """Whether something had to be found, and the ledger excuses itself from all of it."""
        return self.long_enough > 0 and self.faults == 0

    def to_json(self) -> Counts:
        return {
            "long_enough": self.long_enough,
            "faults": self.faults,
            "missed": self.missed,
            "invented": self.invented,
            "wrong_state": self.wrong_state,
            "wrong_cause": self.wrong_cause,
            "wrong_edge": self.wrong_edge,
            "edge_median_ms": round(median(self.widths)) if self.widths else None,
            "edge_worst_ms": max(self.widths, default=None),
        }

    def count(self, *, long_enough: bool, in_sight: bool) -> None:
        """One fault: whether it had to be found by the truth, and by what the ledger saw."""
        self.long_enough += long_enough
        self.faults += in_sight

    def miss(self, row: TruthRow) -> None:
        self.missed += 1
        self._note("missed", row)

    def weigh(self, row: TruthRow, standing: Standing, episode: Episode, right: AbstractSet[Word]) -> bool:
        """Whether this word is one of those that are right; if not, what is wrong with it is counted."""
        if standing.word in right:
            return True
        if standing.state in {state for state, _ in right}:
            self.wrong_cause += 1
            self._note(f"cause {episode}", row)
        else:
            self.wrong_state += 1
            self._note(f"state {episode}", row)
        return False

    def mistake_state(self, row: TruthRow, said: str) -> None:
        self.wrong_state += 1
        self._note(said, row)

    def mistake_edge(self, row: TruthRow, said: str) -> None:
        self.wrong_edge += 1
        self._note(said, row)

    def too_wide(self, key: Key, episode: Episode, edge: Edge, window: int) -> None:
        self.wrong_edge += 1
        node, network = key
        self.details.append(f"wider than {window} ms: {node} in {network}: {episode}, edge {edge}")

    def invent(self, key: Key, episode: Episode) -> None:
        self.invented += 1
        node, network = key
        self.details.append(f"invented: {node} in {network}: {episode} from {episode.begin}")

    def _note(self, found: str, row: TruthRow) -> None:
        last = "now" if row.ended is None else format_time(row.ended)
        self.details.append(
            f"{found}: truth is {row.node} in {row.network}: {row.fault} ({row.expected.state}, "
            f"{row.expected.cause}) from {format_time(row.began)} to {last}"
        )
