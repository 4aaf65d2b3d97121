"""The online rate at inspection times: for each watch, and for each moment over all of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, repeat

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
        self._known = [0] * (len(moments) + 1)
        self._online = [0] * (len(moments) + 1)

    def add(self, reading: Reading) -> Snapshots:
        """Add one watch, read in this frame; what was found of it."""
        self._watches += 1
        seen, known, online = self._seen_before, 0, 0
        lasts = list(map(bisect_left, repeat(self._moments), reading.moments))
        runs = zip(reading.codes, [0, *lasts], [*lasts, len(self._moments)], strict=True)
        for code, first, last in runs:
            if first == last or code == UNKNOWN:
                continue
            count = seen[last] - seen[first]
            known += count
            self._known[first] += 1
            self._known[last] -= 1
            if code != DOWN:
                online += count
                self._online[first] += 1
                self._online[last] -= 1
        return Snapshots(online, known, self._stated)

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
