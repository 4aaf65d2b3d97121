"""The time of one watch within a window, by what it was: up, degraded, down, excluded, unknown.

Pure arithmetic on whole milliseconds, so that parts add up exactly and windows can be cut and joined. A
timeline is the watch's changes ∩ the sights that covered it − what is excluded (design §7). In words:

* From one change to the next the watch has the state of the first, *where a sight covers it*. Time that no
  sight covers is unknown, and so is all time before the first change.
* A change is counted from ``at``, when the new state was first seen. The true moment lies somewhere in
  [``not_before``, ``at``]: this *doubt* is counted for the old state, and makes the bounds.
* A flapping watch is degraded, and all of that is doubt: it was now up, now down.
* Excluded time is nothing else, whatever happened in it.

The **low** bound counts doubt and unknown time as down, the **high** bound as up.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
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
    """The steps of one watch, whatever the order in which its changes arrived."""
    by_time = sorted(changes, key=lambda change: (change.at, change.detected_at, change.new.code))
    return [Step.of(change) for change in by_time]


@dataclass(frozen=True, slots=True)
class Frame:
    """What counts of one watch within a window; watches that share it share the work of making it.

    ``counted``: the window while the watch was in service. ``seen``: of that, what is not excluded and
    somebody looked at. ``excluded``: of that, what a rule leaves out.
    """

    start: int
    end: int
    counted: Measure
    seen: Measure
    excluded: int

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
        left = without(counted, excluded)
        whole = Measure(counted)
        return cls(*window, whole, Measure(common(left, seen)), whole.total - Measure(left).total)


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

    def __add__(self, other: Parts) -> Parts:
        return Parts(*(getattr(self, name) + getattr(other, name) for name in _NAMES))

    @classmethod
    def total(cls, parts: Iterable[Parts]) -> Parts:
        """All of them added up: sums of time, never averages of rates."""
        sums = dict.fromkeys(_NAMES, 0)
        for each in parts:
            for name in _NAMES:
                sums[name] += getattr(each, name)
        return cls(**sums)

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


_NAMES: Final = tuple(field.name for field in fields(Parts))


def _rate(good: int, known: int, unknown: int, doubted: int, missed: int) -> Rate:
    stated = known + unknown
    if not stated:
        return Rate(None, None, None)
    return Rate(
        good / known if known else None, (good - doubted) / stated, (good + missed + unknown) / stated
    )


def divide(steps: Sequence[Step], frame: Frame, upstream: Sequence[Span] = ()) -> Parts:
    """The parts of one watch's time. ``steps`` in order; ``upstream``: when being down was another's fault.

    The time of a window equals that of its pieces added up, however it is cut.
    """
    tally = _Tally(frame, upstream)
    for stretch in stretches(steps, frame):
        tally.add(stretch)
    return tally.parts()


class Stretch(NamedTuple):
    """A watch in one state. Its true end lies in [``doubted``, ``end``]; ``following`` is the state then.

    ``start`` and ``end`` may lie outside the window: what counts is what a frame sees of them.
    """

    start: int
    end: int
    state: State
    cause: Cause
    doubted: int
    following: State | None


def stretches(steps: Sequence[Step], frame: Frame) -> Iterator[Stretch]:
    """The stretches that touch the frame's window, in order. Before the first step all is unknown."""
    place = bisect_right(steps, frame.start, key=_moment)
    current = steps[place - 1] if place else Step(frame.start, None, State.UNKNOWN, Cause.NOT_ASKED)
    for step in steps[place:]:
        proven = current.at if step.not_before is None else step.not_before
        doubted = min(max(proven, current.at), step.at)
        yield Stretch(current.at, step.at, current.state, current.cause, doubted, step.state)
        current = step
        if step.at >= frame.end:
            return
    yield Stretch(current.at, max(current.at, frame.end), current.state, current.cause, frame.end, None)


def _moment(step: Step) -> int:
    return step.at


class _Tally:
    """Adds up stretches as a frame sees them."""

    def __init__(self, frame: Frame, upstream: Sequence[Span]) -> None:
        self._frame = frame
        self._until = frame.seen.until
        self._upstream = Measure(common(frame.seen.spans, upstream)) if upstream else None
        self._up = self._degraded = self._down = self._blamed = 0
        self._up_doubted = self._up_missed = self._online_doubted = self._online_missed = 0

    def add(self, stretch: Stretch) -> None:
        start, end, state, cause, doubted, following = stretch
        if state is State.UNKNOWN:
            return
        until = self._until
        reached = until(end)
        length = reached - until(start)
        if state is State.UP:
            self._up += length
        elif state is State.DEGRADED:
            self._degraded += length
        else:
            self._down += length
            if self._upstream is not None:
                self._blamed += self._upstream.within(start, end)
        if cause is Cause.FLAPPING and state is State.DEGRADED:
            self._doubt(state, State.UNKNOWN, length)
        elif following is not None and doubted < end:
            self._doubt(state, following, reached - until(doubted))

    def _doubt(self, state: State, following: State, length: int) -> None:
        """So long it was one of the two, and nobody knows which. After unknown it may be anything."""
        if state is State.UP:
            self._up_doubted += length
        elif following in _MAY_BE_UP:
            self._up_missed += length
        if state is not State.DOWN:
            self._online_doubted += length if following in _MAY_BE_DOWN else 0
        elif following is not State.DOWN:
            self._online_missed += length

    def parts(self) -> Parts:
        seen = self._up + self._degraded + self._down
        return Parts(
            up=self._up,
            degraded=self._degraded,
            down_own=self._down - self._blamed,
            down_upstream=self._blamed,
            excluded=self._frame.excluded,
            unknown=self._frame.counted.total - self._frame.excluded - seen,
            up_doubted=self._up_doubted,
            up_missed=self._up_missed,
            online_doubted=self._online_doubted,
            online_missed=self._online_missed,
        )


_MAY_BE_UP: Final = (State.UP, State.UNKNOWN)
_MAY_BE_DOWN: Final = (State.DOWN, State.UNKNOWN)


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


_CORRECTED: Final = {
    State.UP: Cause.OK,
    State.DEGRADED: Cause.CORRECTED,
    State.DOWN: Cause.CORRECTED,
    State.UNKNOWN: Cause.NOT_ASKED,
}
