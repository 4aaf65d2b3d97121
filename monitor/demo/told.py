"""What a ledger says of one watch, as episodes: stretches of states that are not up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from monitor.demo.truth import TruthRow
from monitor.model.observations import Cause, State
from monitor.model.times import format_time

Key = tuple[str, str]
"""Node and network: a watch."""


class ChangeLike(Protocol):
    """What is needed of a change; :class:`monitor.model.events.Change` is one."""

    @property
    def node(self) -> str: ...
    @property
    def network(self) -> str: ...
    @property
    def old(self) -> State: ...
    @property
    def new(self) -> State: ...
    @property
    def at(self) -> int: ...
    @property
    def not_before(self) -> int | None: ...
    @property
    def cause(self) -> Cause: ...


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which nobody could look at a network: what happened in it need not be known."""

    network: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Edge:
    """The true moment lies in [low, high]. ``low`` None: the watch was like this when first looked at."""

    low: int | None
    high: int

    def may_be(self, first: int, last: int) -> bool:
        """Whether a moment somewhere in [first, last] can be the one."""
        return (self.low is None or self.low <= last) and self.high >= first

    def __str__(self) -> str:
        low = "?" if self.low is None else format_time(self.low)
        return f"[{low}, {format_time(self.high)}]"


@dataclass(frozen=True, slots=True)
class Standing:
    """From ``since`` on the watch is said to stand like this."""

    state: State
    cause: Cause
    since: int

    @property
    def word(self) -> tuple[State, Cause]:
        return (self.state, self.cause)

    def __str__(self) -> str:
        return f"{self.state} ({self.cause})"


@dataclass(slots=True)
class Episode:
    """A stretch of states that are not up; unknown time within it does not end it."""

    begin: Edge
    said: list[Standing] = field(default_factory=list)
    end: Edge | None = None

    def __str__(self) -> str:
        return ", ".join(map(str, self.said))

    @property
    def edges(self) -> list[Edge]:
        return [self.begin] if self.end is None else [self.begin, self.end]

    def stretches(self, now: int) -> list[tuple[Standing, int]]:
        """Each standing with the moment at which the next one, or the end, took over."""
        ends = [standing.since for standing in self.said[1:]] + [now if self.end is None else self.end.high]
        return list(zip(self.said, ends, strict=True))

    def touches(self, row: TruthRow, now: int) -> bool:
        """Whether the row may be what it speaks of."""
        first, last = self.begin.low, now if self.end is None else self.end.high
        ends_by = row.ended_by or row.ended or now
        return (first is None or first <= ends_by) and last >= row.began


class Timeline:
    """What the ledger says of one watch, as episodes and as the times of which it says unknown."""

    def __init__(self, key: Key, changes: Iterable[ChangeLike], now: int, gaps: Sequence[Gap]) -> None:
        self.key = key
        self.now = now
        self.episodes: list[Episode] = []
        self.unseen = [(gap.start, gap.end) for gap in gaps if gap.network == key[1]]
        self._unknown_since: int | None = None
        self._known_at: int | None = None
        self._current: Episode | None = None
        for change in sorted(changes, key=lambda change: change.at):
            self._take(change)
        if self._unknown_since is not None:
            self.unseen.append((self._unknown_since, now))

    def _take(self, change: ChangeLike) -> None:
        if self._unknown_since is not None and change.new is not State.UNKNOWN:
            self.unseen.append((self._unknown_since, change.at))
            self._unknown_since = None
        match change.new:
            case State.UNKNOWN:
                self._unknown_since = change.at if change.not_before is None else change.not_before
                return
            case State.UP:
                self._end(change)
            case State.DOWN | State.DEGRADED:
                self._continue(change)
        self._known_at = change.at

    def _end(self, change: ChangeLike) -> None:
        if self._current is not None:
            low = self._current.begin.high if change.not_before is None else change.not_before
            self._current.end = Edge(low, change.at)
            self._current = None

    def _continue(self, change: ChangeLike) -> None:
        if self._current is None:
            self._current = Episode(Edge(self._low(change), change.at))
            self.episodes.append(self._current)
        self._current.said.append(Standing(change.new, change.cause, change.at))

    def _low(self, change: ChangeLike) -> int | None:
        if change.not_before is not None:
            return change.not_before
        if change.old is not State.UNKNOWN:
            return change.at  # what was known was proven: a change without proof claims its moment
        return self._known_at  # None only where nothing was ever known

    def about(self, row: TruthRow) -> list[Episode]:
        """The episodes that may speak of this row."""
        return [episode for episode in self.episodes if episode.touches(row, self.now)]

    def longest_sight(self, start: int, end: int) -> int:
        """The longest unbroken piece of [start, end] that was not unknown."""
        longest, cursor = 0, start
        for first, last in sorted([*self.unseen, (end, end)]):
            longest = max(longest, min(first, end) - cursor)
            cursor = max(cursor, min(last, end))
        return longest

    def hidden(self, start: int, end: int) -> bool:
        """Whether some of [start, end] was unknown."""
        return any(first < end and last > start for first, last in self.unseen)
