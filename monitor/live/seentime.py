"""Time that was looked at, growing at its end: how much of it lies before a moment. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from monitor.model.spans import Measure, Span, merged, without


class Seen:
    """Spans that only grow behind their end; for those that do not grow see ``model.spans.Measure``."""

    __slots__ = ("_edges", "_sums", "total")

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        self._edges: list[int] = []
        self._sums = [0]
        self.total = 0
        for span in merged(spans):
            self.add(*span)

    @property
    def end(self) -> int:
        """Where the last span ends; 0 if there is none."""
        return self._edges[-1] if self._edges else 0

    def add(self, start: int, end: int) -> None:
        """What of [start, end) lies behind the last span; what lies before it is left out."""
        start = max(start, self.end)
        if start >= end:
            return
        if self._edges and start == self._edges[-1]:
            self._edges[-1] = end
        else:
            self._edges += (start, end)
            self._sums += (self.total - start, self.total)
        self.total += end - start
        self._sums[-1] = self.total

    def until(self, moment: int) -> int:
        """Milliseconds of the spans before ``moment``."""
        place = bisect_right(self._edges, moment)
        return self._sums[place] + moment if place & 1 else self._sums[place]

    def has(self, start: int, end: int) -> bool:
        """Whether all of [start, end) is in the spans."""
        return end <= start or self.until(end) - self.until(start) == end - start


class Shape:
    """What counts of the time of some watches: while they were in service, not left out, and seen.

    ``seen`` of ``stated``: what was proven so far. The time of such a watch in a state is the growth of
    :meth:`seen_until` while it was in it.
    """

    __slots__ = ("_seen", "ends", "stated")

    def __init__(
        self, seen: Iterable[Span], life: Iterable[Span], out: Iterable[Span], right: Iterable[Span] = ()
    ) -> None:
        """``out``: what a rule leaves out. ``right``: what somebody put right, so it counts as seen."""
        spans = without(life, out)
        self.stated = Measure(spans)
        self.ends = spans[-1][1] if spans else 0
        self._seen = Seen()
        for start, end in merged([*seen, *right]):
            self.see(start, end)

    def see(self, start: int, end: int) -> None:
        """Somebody looked; what lies before the end of what was seen is known already."""
        for span in self.stated.parts(start, end):
            self._seen.add(*span)

    def seen_until(self, moment: int) -> int:
        """Milliseconds before ``moment`` that count and were seen."""
        return self._seen.until(moment)
