"""Stretches of time as half-open spans of whole milliseconds, and the arithmetic on them. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import pairwise
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

    __slots__ = ("_before", "_ends", "_starts", "spans")

    def __init__(self, spans: Iterable[Span]) -> None:
        self.spans = merged(spans)
        self._starts = [start for start, _ in self.spans]
        self._ends = [end for _, end in self.spans]
        self._before = [0]
        for start, end in self.spans:
            self._before.append(self._before[-1] + end - start)

    @property
    def total(self) -> int:
        return self._before[-1]

    def until(self, moment: int) -> int:
        """Milliseconds of the spans before ``moment``."""
        place = bisect_right(self._starts, moment)
        if not place:
            return 0
        end = self._ends[place - 1]
        return self._before[place] - (end - moment if moment < end else 0)

    def within(self, start: int, end: int) -> int:
        """Milliseconds of the spans in [start, end)."""
        return self.until(end) - self.until(start) if end > start else 0

    def parts(self, start: int, end: int) -> list[Span]:
        """What of the spans lies in [start, end), in order."""
        first = bisect_right(self._ends, start)
        last = bisect_left(self._starts, end)
        return [(max(start, begin), min(end, until)) for begin, until in self.spans[first:last]]
