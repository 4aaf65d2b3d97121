"""The online rate at inspection times: for each watch, and for each moment over all of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, islice

from monitor.model.observations import State
from monitor.model.spans import Measure
from monitor.model.timeline import Frame, Step
from monitor.reports.document import Snapshots


class Inspector:
    """Looks at the watches of one frame. ``moments`` in order.

    What an exclusion leaves out at a moment is not expected then; what nobody saw is not known.
    """

    def __init__(self, frame: Frame, moments: Sequence[int]) -> None:
        self._frame = frame
        self._moments = moments
        self._expected = [_holds(frame.stated, moment) for moment in moments]
        self._seen = [_holds(frame.seen, moment) for moment in moments]
        self._seen_before = [0, *accumulate(self._seen)]
        self._watches = 0
        self._known = [0] * (len(moments) + 1)
        self._online = [0] * (len(moments) + 1)

    def add(self, steps: Sequence[Step]) -> Snapshots:
        """Add one watch; what was found of it."""
        self._watches += 1
        known = online = 0
        for first, last, state in self._runs(steps):
            count = self._seen_before[last] - self._seen_before[first]
            known += count
            self._known[first] += 1
            self._known[last] -= 1
            if state is not State.DOWN:
                online += count
                self._online[first] += 1
                self._online[last] -= 1
        return Snapshots(online, known, sum(self._expected))

    def _runs(self, steps: Sequence[Step]) -> Iterable[tuple[int, int, State]]:
        """From which moment to which the watch was in a known state."""
        moments = self._moments
        if not moments:
            return
        start = max(0, bisect_right(steps, moments[0], key=_moment) - 1)
        first, state = 0, State.UNKNOWN
        for at, _, following, _ in islice(steps, start, None):
            if at > moments[first]:
                last = bisect_left(moments, at)
                if state is not State.UNKNOWN:
                    yield first, last, state
                if last == len(moments):
                    return
                first = last
            state = following
        if state is not State.UNKNOWN:
            yield first, len(moments), state

    def found(self) -> list[Snapshots]:
        """At each moment, over all watches added."""
        known, online = accumulate(self._known), accumulate(self._online)
        rows = zip(self._seen, self._expected, known, online, strict=False)
        return [
            Snapshots(online_then * seen, known_then * seen, self._watches * expected)
            for seen, expected, known_then, online_then in rows
        ]


def _holds(measure: Measure, moment: int) -> bool:
    return measure.within(moment, moment + 1) == 1


def _moment(step: Step) -> int:
    return step.at
