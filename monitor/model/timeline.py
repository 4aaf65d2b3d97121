"""The time of one watch within a window, by what it was: up, degraded, down, excluded, unknown.

Pure arithmetic on whole milliseconds, so that parts add up exactly and windows can be cut and joined. A
timeline is the watch's changes ∩ the sights that covered it − what is excluded (design §7). In words:

* From one change to the next the watch has the state of the first, *where a sight covers it*. Time that no
  sight covers is unknown, and so is all time before the first change.
* A change is counted from ``at``, when the new state was first seen. The true moment lies somewhere in
  [``not_before``, ``at``]: this *doubt* is counted for the old state, and makes the bounds.
* A flapping watch is degraded, and all of that is doubt: it was now up, now down. So it may have been as soon
  as it may have begun to flap.
* Excluded time is nothing else, whatever happened in it.

The **low** bound counts doubt and unknown time as down, the **high** bound as up.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from itertools import takewhile
from operator import attrgetter
from typing import Final, NamedTuple

from monitor.model.events import Change
from monitor.model.observations import Cause, State
from monitor.model.spans import Measure, Span, common, merged, without


class Step(NamedTuple):
    """From ``at`` on the watch is in ``state``; ``not_before``: until then the former state was proven."""

    at: int
    not_before: int | None
    state: State
    cause: Cause

    @classmethod
    def of(cls, change: Change) -> Step:
        return cls(change.at, change.not_before, change.new, change.cause)


def in_order(changes: Iterable[Change]) -> list[Step]:
    """The steps of one watch, whatever the order in which its changes arrived.

    A judge whose clock was set back holds ``at`` until its clock has caught up, so several changes may bear
    the same moment: each then follows the one that led to the state that it left.
    """
    left = sorted(changes, key=_by_time)
    found: list[Step] = []
    state = State.UNKNOWN
    while left:
        same = takewhile(lambda change: change.at == left[0].at, left)
        change = next((change for change in same if change.old is state), left[0])
        left.remove(change)
        found.append(Step.of(change))
        state = change.new
    return found


def _by_time(change: Change) -> tuple[int, ...]:
    proven = -1 if change.not_before is None else change.not_before
    return (change.at, change.detected_at, change.new.code, change.old.code, proven)


@dataclass(frozen=True, slots=True)
class Frame:
    """What counts of one watch within a window; watches that share it share the work of making it.

    ``counted``: the window while the watch was in service. ``stated``: of that, what no rule leaves out.
    ``seen``: of that, what somebody looked at.
    """

    start: int
    end: int
    counted: Measure
    stated: Measure
    seen: Measure

    @property
    def excluded(self) -> int:
        """Milliseconds in service that a rule leaves out."""
        return self.counted.total - self.stated.total

    @classmethod
    def of(
        cls,
        window: Span,
        seen: Iterable[Span],
        *,
        life: Iterable[Span] | None = None,
        excluded: Iterable[Span] = (),
    ) -> Frame:
        """``life``: when the watch was in service (None: always); ``excluded`` may overlap itself."""
        counted = merged([window]) if life is None else common([window], life)
        stated = without(counted, excluded)
        return cls(*window, Measure(counted), Measure(stated), Measure(common(stated, seen)))


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its bounds, each from 0 to 1. All None: there is no time of which anything can be said.

    ``value`` alone is None while everything is unknown.
    """

    value: float | None
    low: float | None
    high: float | None

    def verdict(self, target: float | None) -> Verdict:
        """Met only if the low bound reaches the target, missed only if the high one does not."""
        if self.low is None or self.high is None or target is None:
            return Verdict.NO_STATEMENT
        if self.low >= target:
            return Verdict.MET
        return Verdict.MISSED if self.high < target else Verdict.NOT_PROVABLE


class Verdict(StrEnum):
    """Whether a target was reached. No statement: no target, or all of the time is excluded."""

    MET = "met"
    MISSED = "missed"
    NOT_PROVABLE = "not_provable"
    NO_STATEMENT = "no_statement"


@dataclass(frozen=True, slots=True)
class Parts:
    """Milliseconds of a window, or of many windows and watches added up.

    The first six add up to the time in service. The others say how much of them is doubt: of ``up``, what
    may have been worse; of the rest that is known, what may have been up; likewise for online, which is
    up or degraded.
    """

    up: int = 0
    degraded: int = 0
    down_own: int = 0
    down_upstream: int = 0
    excluded: int = 0
    unknown: int = 0
    up_doubted: int = 0
    up_missed: int = 0
    online_doubted: int = 0
    online_missed: int = 0

    @classmethod
    def total(cls, parts: Iterable[Parts]) -> Parts:
        """All of them added up: sums of time, never averages of rates."""
        return cls(*map(sum, zip(*map(_all_of, parts), strict=True)))

    @property
    def down(self) -> int:
        return self.down_own + self.down_upstream

    @property
    def known(self) -> int:
        return self.up + self.degraded + self.down

    @property
    def stated(self) -> int:
        """What a figure speaks of: all but excluded time."""
        return self.known + self.unknown

    @property
    def window(self) -> int:
        return self.stated + self.excluded

    @property
    def coverage(self) -> float | None:
        """The share of the time not excluded that somebody looked at."""
        return self.known / self.stated if self.stated else None

    @property
    def intact(self) -> Rate:
        """完好率 = up ÷ (up + degraded + down)."""
        return _rate(self.up, self.known, self.unknown, self.up_doubted, self.up_missed)

    @property
    def online(self) -> Rate:
        """在线率 = (up + degraded) ÷ (up + degraded + down)."""
        online = self.up + self.degraded
        return _rate(online, self.known, self.unknown, self.online_doubted, self.online_missed)

    @property
    def own_fault(self) -> Rate:
        """Like intact, with the time left out in which something upstream was at fault."""
        known = self.known - self.down_upstream
        missed = min(self.up_missed, known - self.up)
        return _rate(self.up, known, self.unknown, self.up_doubted, missed)


_all_of: Final = attrgetter(*(field.name for field in fields(Parts)))


def _rate(good: int, known: int, unknown: int, doubted: int, missed: int) -> Rate:
    stated = known + unknown
    if not stated:
        return Rate(None, None, None)
    return Rate(
        good / known if known else None, (good - doubted) / stated, (good + missed + unknown) / stated
    )


def doubts(state: State, following: State) -> tuple[str, ...]:
    """Which parts grow by a time that belonged to one of the two, nobody knows to which.

    After unknown it may be anything.
    """
    found = []
    if state is State.UP and following is not State.UP:
        found.append("up_doubted")
    if state is not State.UP and following in (State.UP, State.UNKNOWN):
        found.append("up_missed")
    if state is not State.DOWN and following in (State.DOWN, State.UNKNOWN):
        found.append("online_doubted")
    if state is State.DOWN and following is not State.DOWN:
        found.append("online_missed")
    return tuple(found)


def corrected(steps: Sequence[Step], corrections: Iterable[tuple[int, int, State]]) -> list[Step]:
    """The steps as they would be had the watch been in ``state`` during [start, end) of each correction.

    Later corrections outweigh earlier ones. What a correction says is certain: it leaves no doubt.
    """
    found = list(steps)
    for start, end, state in corrections:
        first, last = bisect_right(found, start - 1, key=_moment), bisect_right(found, end, key=_moment)
        before = found[last - 1] if last else Step(start, None, State.UNKNOWN, Cause.NOT_ASKED)
        corrected_to = Step(start, start, state, _CORRECTED[state])
        found[first:last] = [corrected_to, before._replace(at=end, not_before=end)]
    return found


def _moment(step: Step) -> int:
    return step.at


_CORRECTED: Final = {
    State.UP: Cause.OK,
    State.DEGRADED: Cause.CORRECTED,
    State.DOWN: Cause.CORRECTED,
    State.UNKNOWN: Cause.NOT_ASKED,
}
