"""Holds what the ledger says against what truly happened.

A fault that lasted longer than its watch needs to confirm it must be in the ledger: the right node,
network, state and cause, and its true moments inside the interval that each edge states. And the
ledger must hold nothing that did not happen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from monitor.demo.faults import FaultKind
from monitor.demo.truth import TruthRow
from monitor.model.nodes import Watch
from monitor.model.observations import Cause, State
from monitor.model.times import format_time

Key = tuple[str, str]
"""Node and network: a watch."""

_BAD: Final = (State.DOWN, State.DEGRADED)


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


@dataclass(slots=True)
class Comparison:
    """``faults`` had to be found. The other numbers are zero when the ledger tells the truth."""

    faults: int = 0
    missed: int = 0
    invented: int = 0
    wrong_state: int = 0
    wrong_cause: int = 0
    wrong_edge: int = 0
    details: list[str] = field(default_factory=list)

    @property
    def right(self) -> bool:
        return not (self.missed or self.invented or self.wrong_state or self.wrong_cause or self.wrong_edge)

    def to_json(self) -> dict[str, Any]:
        names = ("faults", "missed", "invented", "wrong_state", "wrong_cause", "wrong_edge")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class _Edge:
    """The true moment lies in [low, high]; None on a side of which nothing is known."""

    low: int | None
    high: int | None

    def may_be(self, first: int, last: int) -> bool:
        """Whether a moment somewhere in [first, last] can be the one."""
        return (self.low is None or self.low <= last) and (self.high is None or self.high >= first)


@dataclass(slots=True)
class _Episode:
    """A stretch of states that are not up; unknown time within it does not end it."""

    begin: _Edge
    said: list[tuple[State, Cause]]
    end: _Edge | None = None

    def touches(self, row: TruthRow, now: int) -> bool:
        first, last = self.begin.low, now if self.end is None else self.end.high
        ends_by = row.ended_by or row.ended or now
        return (first is None or first <= ends_by) and (last is None or last >= row.began)


def confirm_window(watch: Watch, *, confirm: int = 3, retry: Sequence[float] = (1.0, 2.0, 4.0)) -> int:
    """Milliseconds by which the watch has surely been judged, whether it failed or recovered.

    The slowest probe comes round once, then quick repeats follow, each up to its deadline; a second more
    for the machine. A heartbeat must be missed for as many beats as it takes to confirm.
    """
    slowest = max((probe.every for probe in watch.probes), default=0.0)
    timeout = max((probe.timeout for probe in watch.probes), default=0.0)
    pauses = sum(retry[number] if number < len(retry) else slowest for number in range(confirm - 1))
    beats = max((probe.every for probe in watch.probes if probe.protocol == "mqtt"), default=0.0)
    return round(1000 * max(slowest + pauses + confirm * timeout + 1.0, beats * (confirm + 1) + 1.0))


def compare(
    truth: Iterable[TruthRow],
    changes: Iterable[ChangeLike],
    windows: Mapping[Key, int],
    now: int,
    *,
    gaps: Sequence[Gap] = (),
) -> Comparison:
    """What the ledger got right and wrong until ``now`` (milliseconds).

    ``windows``: how long each watch needs to be judged, see :func:`confirm_window`. A fault that is
    younger, shorter, or was hidden in ``gaps`` for all but such a time is not asked for. The time
    before the collectors' first look is such a gap, and the caller's to say: of a watch that the ledger
    never mentions every fault is missed.
    """
    rows: dict[Key, list[TruthRow]] = defaultdict(list)
    for row in truth:
        rows[row.key].append(row)
    told: dict[Key, list[ChangeLike]] = defaultdict(list)
    for change in changes:
        told[change.node, change.network].append(change)
    result = Comparison()
    for key in rows.keys() | told.keys():
        timeline = _Timeline(key, told[key], now, gaps)
        for row in rows[key]:
            _check(row, timeline, windows[key], result)
        _look_for_inventions(rows[key], timeline, result)
    return result


class _Timeline:
    """What the ledger says of one watch, as episodes and as the times of which it says unknown."""

    def __init__(self, key: Key, changes: list[ChangeLike], now: int, gaps: Sequence[Gap]) -> None:
        self.key = key
        self.now = now
        self.episodes: list[_Episode] = []
        self.unseen = [(gap.start, gap.end) for gap in gaps if gap.network == key[1]]
        self._unknown_since: int | None = None
        self._current: _Episode | None = None
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
            case State.UP:
                self._end(change)
            case State.DOWN | State.DEGRADED:
                self._continue(change)

    def _end(self, change: ChangeLike) -> None:
        if self._current is not None:
            low = self._current.begin.high if change.not_before is None else change.not_before
            self._current.end = _Edge(low, change.at)
            self._current = None

    def _continue(self, change: ChangeLike) -> None:
        if self._current is None:
            low = change.not_before
            if low is None and change.old is not State.UNKNOWN:
                low = change.at  # what was known was proven: a change without proof claims its moment
            self._current = _Episode(_Edge(low, change.at), [])
            self.episodes.append(self._current)
        self._current.said.append((change.new, change.cause))

    def longest_sight(self, start: int, end: int) -> int:
        """The longest unbroken piece of [start, end] that was not unknown."""
        longest, cursor = 0, start
        for first, last in sorted([*self.unseen, (end, end)]):
            longest = max(longest, min(first, end) - cursor)
            cursor = max(cursor, min(last, end))
        return longest


def _check(row: TruthRow, timeline: _Timeline, window: int, result: Comparison) -> None:
    end = timeline.now if row.ended is None else row.ended
    # What flaps need only be noticed if one of its turns is long enough.
    length = min(end - row.began, round(1000 * row.delay)) if _flaps(row) else end - row.began
    required = min(length, timeline.longest_sight(row.began, end)) > window
    result.faults += required
    episodes = [episode for episode in timeline.episodes if episode.touches(row, timeline.now)]
    if not episodes:
        if required:
            result.missed += 1
            _note(result, row, "missed")
        return
    if not _flaps(row):
        _check_said(row, episodes[0], result)
        _check_edges(row, episodes, window, timeline, result)


def _flaps(row: TruthRow) -> bool:
    return row.fault is FaultKind.FLAPPING


def _check_said(row: TruthRow, episode: _Episode, result: Comparison) -> None:
    """State and cause of what was found, also for a fault that need not have been."""
    if row.expected.state not in {state for state, _ in episode.said}:
        result.wrong_state += 1
        _note(result, row, f"state {_words(episode)}")
    elif not any(
        state is row.expected.state and cause in row.expected.causes for state, cause in episode.said
    ):
        result.wrong_cause += 1
        _note(result, row, f"cause {_words(episode)}")


def _check_edges(
    row: TruthRow, episodes: list[_Episode], window: int, timeline: _Timeline, result: Comparison
) -> None:
    begin, end = episodes[0].begin, episodes[-1].end
    if len(episodes) > 1:
        result.wrong_edge += 1
        _note(result, row, f"told as {len(episodes)} faults")
        return
    if not begin.may_be(row.began, row.began_by):
        result.wrong_edge += 1
        _note(result, row, f"begin in {_interval(begin)}")
    if row.ended is None:
        if end is not None:
            result.wrong_edge += 1
            _note(result, row, f"ended in {_interval(end)}, and it still lasts")
    elif end is not None:
        if not end.may_be(row.ended, row.ended_by or timeline.now):
            result.wrong_edge += 1
            _note(result, row, f"end in {_interval(end)}")
    elif timeline.longest_sight(row.ended_by or row.ended, timeline.now) > window:
        result.wrong_edge += 1
        _note(result, row, "told as lasting")


def _look_for_inventions(rows: Sequence[TruthRow], timeline: _Timeline, result: Comparison) -> None:
    for episode in timeline.episodes:
        if not any(episode.touches(row, timeline.now) for row in rows):
            result.invented += 1
            node, network = timeline.key
            result.details.append(
                f"invented: {node} in {network}: {_words(episode)} from {_interval(episode.begin)}"
            )


def _note(result: Comparison, row: TruthRow, found: str) -> None:
    last = "" if row.ended is None else format_time(row.ended)
    result.details.append(
        f"{found}: truth is {row.node} in {row.network}: {row.fault} ({row.expected.state}, "
        f"{row.expected.cause}) from {format_time(row.began)} to {last or 'now'}"
    )


def _words(episode: _Episode) -> str:
    return ", ".join(f"{state} ({cause})" for state, cause in episode.said)


def _interval(edge: _Edge) -> str:
    low, high = (("?" if side is None else format_time(side)) for side in (edge.low, edge.high))
    return f"[{low}, {high}]"
