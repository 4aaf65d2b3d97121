"""The online rate at inspection times: for each watch, and for each moment over all of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, repeat

from monitor.model.reading import DOWN, Reading
from monitor.model.spans import Measure
from monitor.model.timeline import Frame
from monitor.reports.document import Snapshots


class Inspector:
    """Looks at the watches of one frame. ``moments`` in order.

    What an exclusion leaves out at a moment is not expected then; what nobody saw is not known.
    """

    def __init__(self, frame: Frame, moments: Sequence[int]) -> None:
        self._frame = frame
        self._moments = moments
        self._stated = [_holds(frame.stated, moment) for moment in moments]
        self._seen = [_holds(frame.seen, moment) for moment in moments]
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
        known = self._seen_before[-1] - unknown
        return Snapshots(known - down, known, self._expected)

    def _not_online(self, reading: Reading) -> list[tuple[int, int, int]]:
        """Down or unknown, and from which to which of the moments it was so."""
        lasts = list(map(bisect_left, repeat(self._moments), reading.moments))
        runs = zip(reading.codes, [0, *lasts], [*lasts, len(self._moments)], strict=True)
        return [run for run in runs if run[0] <= DOWN and run[1] < run[2]]

    def found(self) -> list[Snapshots]:
        """At each moment, over all watches added."""
        found = []
        rows = zip(self._stated, self._seen, accumulate(self._unknown), accumulate(self._down), strict=False)
        for stated, seen, unknown, down in rows:
            known = (self._watches - unknown) * seen
            found.append(Snapshots(known - down * seen, known, self._watches * stated))
        return found


def _holds(measure: Measure, moment: int) -> bool:
    return measure.within(moment, moment + 1) == 1
