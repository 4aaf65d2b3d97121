"""Stretches of time as half-open spans of whole milliseconds, and the arithmetic on them. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise, repeat
from typing import Final

Span = tuple[int, int]
"""[start, end) in milliseconds."""


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time as spans that are in order, apart from each other, and not empty."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def without(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """``spans`` less ``taken``; merged."""
    gone = merged(taken)
    if not gone:
        return merged(spans)
    between = [(end, start) for (_, end), (start, _) in pairwise(gone)]
    return common(spans, [(_NEVER, gone[0][0]), *between, (gone[-1][1], _FOREVER)])


def common(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """The time that is in both; merged."""
    mine, theirs = merged(spans), merged(others)
    found: list[Span] = []
    place = 0
    for start, end in mine:
        while place < len(theirs) and theirs[place][1] <= start:
            place += 1
        for here in range(place, len(theirs)):
            first, last = theirs[here]
            if first >= end:
                break
            found.append((max(start, first), min(end, last)))
            place = here
    return found


_NEVER: Final = -(2**63)
_FOREVER: Final = 2**63


class Measure:
    """How much of a stretch lies within a set of spans: two look-ups, however many spans there are."""

    __slots__ = ("_edges", "_sums", "spans", "total")

    def __init__(self, spans: Iterable[Span]) -> None:
        self.spans = merged(spans)
        self._edges = [edge for span in self.spans for edge in span]
        # Behind an even number of edges the sum so far; inside a span what makes it of the moment itself.
        self._sums = [0]
        self.total = 0
        for start, end in self.spans:
            self._sums.append(self.total - start)
            self.total += end - start
            self._sums.append(self.total)

    def until(self, moment: int) -> int:
        """Milliseconds of the spans before ``moment``."""
        place = bisect_right(self._edges, moment)
        return self._sums[place] + moment if place & 1 else self._sums[place]

    def untils(self, moments: Sequence[int]) -> list[int]:
        """The same for many moments, in a third of the time."""
        sums = self._sums
        places = map(bisect_right, repeat(self._edges), moments)
        return [
            sums[place] + moment if place & 1 else sums[place]
            for place, moment in zip(places, moments, strict=True)
        ]

    @property
    def steps(self) -> tuple[Sequence[int], Sequence[int]]:
        """For who looks up many moments by other means: the edges, and by how many of them are at or before
        a moment a sum, to which the moment itself is added where that number is odd.
        """
        return self._edges, self._sums

    def within(self, start: int, end: int) -> int:
        """Milliseconds of the spans in [start, end)."""
        return self.until(end) - self.until(start) if end > start else 0

    def parts(self, start: int, end: int) -> list[Span]:
        """What of the spans lies in [start, end), in order."""
        first, last = bisect_right(self._edges, start) // 2, (bisect_left(self._edges, end) + 1) // 2
        return [(max(start, begin), min(end, until)) for begin, until in self.spans[first:last]]
