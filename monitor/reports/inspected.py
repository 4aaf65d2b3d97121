"""The online rate at inspection times: for each watch, and for each moment over all of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, compress, repeat
from operator import lt

from monitor.model.reading import DOWN, UNKNOWN, Reading
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
        self._expected = [_holds(frame.stated, moment) for moment in moments]
        self._stated = sum(self._expected)
        self._seen = [_holds(frame.seen, moment) for moment in moments]
        self._seen_before = [0, *accumulate(self._seen)]
        self._watches = 0
        self._down = [0] * (len(moments) + 1)
        self._online = [0] * (len(moments) + 1)

    def add(self, reading: Reading) -> Snapshots:
        """Add one watch, read in this frame; what was found of it."""
        self._watches += 1
        seen, down, online = self._seen_before, 0, 0
        lasts = list(map(bisect_left, repeat(self._moments), reading.moments))
        firsts, lasts = [0, *lasts], [*lasts, len(self._moments)]
        runs = zip(reading.codes, firsts, lasts, strict=True)
        for code, first, last in compress(runs, map(lt, firsts, lasts)):
            if code == UNKNOWN:
                continue
            count = seen[last] - seen[first]
            if code == DOWN:
                down += count
                self._down[first] += 1
                self._down[last] -= 1
            else:
                online += count
                self._online[first] += 1
                self._online[last] -= 1
        return Snapshots(online, online + down, self._stated)

    def found(self) -> list[Snapshots]:
        """At each moment, over all watches added."""
        rows = zip(self._seen, self._expected, accumulate(self._down), accumulate(self._online), strict=False)
        return [
            Snapshots(online * seen, (online + down) * seen, self._watches * expected)
            for seen, expected, down, online in rows
        ]


def _holds(measure: Measure, moment: int) -> bool:
    return measure.within(moment, moment + 1) == 1
