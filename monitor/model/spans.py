"""Stretches of time as half-open spans of whole milliseconds, and the arithmetic on them. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

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
    left: list[Span] = []
    gone = merged(taken)
    place = 0
    for start, end in merged(spans):
        cursor = start
        while place < len(gone) and gone[place][1] <= cursor:
            place += 1
        for first, last in gone[place:]:
            if first >= end:
                break
            if first > cursor:
                left.append((cursor, first))
            cursor = last
        if cursor < end:
            left.append((cursor, end))
    return left


def common(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """The time that is in both; merged."""
    mine, theirs = merged(spans), merged(others)
    return without(mine, without([(mine[0][0], mine[-1][1])], theirs)) if mine else []


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
