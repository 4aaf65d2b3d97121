"""The online rate at inspection times: for each watch, and for each moment over all of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate, repeat
from operator import sub

from monitor.model.reading import DOWN, FLAPS, Reading
from monitor.model.spans import Measure
from monitor.model.timeline import Frame
from monitor.reports.document import Snapshots


class Inspector:
    """Looks at the watches of one frame. ``moments`` in order.

    What an exclusion leaves out at a moment is not expected then; what nobody saw is not known, nor what was
    flapping: now up, now down.
    """

    def __init__(self, frame: Frame, moments: Sequence[int]) -> None:
        self._frame = frame
        self._moments = moments
        self._stated = _held(frame.stated, moments)
        self._seen = _held(frame.seen, moments)
        self._expected = sum(self._stated)
        self._seen_before = [0, *accumulate(self._seen)]
        self._watches = 0
        # By how many more watches are so at a moment than at the one before. All others are online.
        self._unknown = [0] * (len(moments) + 1)
        self._down = [0] * (len(moments) + 1)

    def add(self, reading: Reading) -> Snapshots:
        """Add one watch, read in this frame; what was found of it."""
        self._watches += 1
        unknown = down = 0
        for code, first, last in self._not_online(reading):
            count = self._seen_before[last] - self._seen_before[first]
            row = self._down if code == DOWN else self._unknown
            row[first] += 1
            row[last] -= 1
            down += count if code == DOWN else 0
            unknown += 0 if code == DOWN else count
        return self.found(unknown, down)

    def add_many(self, watches: int, runs: Iterable[tuple[int, int, int, int]]) -> None:
        """Add watches looked at elsewhere: so many (last) had this code from which to which moment."""
        self._watches += watches
        for code, first, last, count in runs:
            row = self._down if code == DOWN else self._unknown
            row[first] += count
            row[last] -= count

    @property
    def seen_before(self) -> Sequence[int]:
        """At how many of the moments before each, and before the end, somebody looked."""
        return self._seen_before

    def found(self, unknown: int, down: int) -> Snapshots:
        """Of a watch that was so at so many of the moments at which somebody looked."""
        known = self._seen_before[-1] - unknown
        return Snapshots(known - down, known, self._expected)

    def _not_online(self, reading: Reading) -> list[tuple[int, int, int]]:
        """Down, flapping or unknown, and from which to which of the moments it was so."""
        lasts = list(map(bisect_left, repeat(self._moments), reading.moments))
        runs = zip(reading.codes, [0, *lasts], [*lasts, len(self._moments)], strict=True)
        return [run for run in runs if (run[0] <= DOWN or run[0] == FLAPS) and run[1] < run[2]]

    def rows(self) -> tuple[list[int], list[int], list[int]]:
        """How many of all watches added were online, known and expected at each moment."""
        unknown, down = list(accumulate(self._unknown)), list(accumulate(self._down))
        known = [(self._watches - missed) * seen for missed, seen in zip(unknown, self._seen, strict=False)]
        online = [one - dead * seen for one, dead, seen in zip(known, down, self._seen, strict=False)]
        return online, known, [self._watches * stated for stated in self._stated]


def _held(measure: Measure, moments: Sequence[int]) -> list[int]:
    """For each moment 1 if it lies within the spans, else 0."""
    return list(map(sub, measure.untils([moment + 1 for moment in moments]), measure.untils(moments)))
