"""Adds up the time of watches by what it was: for the whole window, and for the days that it is cut into.

Pure. Watches that share a frame are added to one tally, so that a year of days costs them little: what covers
whole days is only counted, and multiplied by the length of the days at the end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice, pairwise, repeat
from operator import add
from typing import Final

from monitor.model.observations import State
from monitor.model.spans import Measure, Span
from monitor.model.timeline import Frame, Parts, Step, doubts, stretches

_UP, _DEGRADED, _DOWN, _BLAMED = range(4)
_PLACES: Final = {State.UP: _UP, State.DEGRADED: _DEGRADED, State.DOWN: _DOWN}

# Doubt is added up by what it lies between, and turned into the parts that it makes at the end.
_DOUBTS: Final = [
    (state, following, doubts(state, following))
    for state in _PLACES
    for following in State
    if doubts(state, following)
]
_DOUBTED: Final = {
    state: {following: 4 + place for place, (one, following, _) in enumerate(_DOUBTS) if one is state}
    for state in _PLACES
}
_FIELDS: Final = 4 + len(_DOUBTS)
_DOUBTFUL: Final = ("up_doubted", "up_missed", "online_doubted", "online_missed")


def divide(steps: Sequence[Step], frame: Frame, upstream: Sequence[Span] = ()) -> Parts:
    """The parts of one watch's time. ``steps`` in order; ``upstream``: when being down was another's fault.

    The time of a window equals that of its pieces added up, however it is cut.
    """
    return Tally(frame).add(steps, upstream)


class Tally:
    """``watches``: how many were added. ``cuts``: moments within the frame's window, in order, between which
    pieces of it are wanted.
    """

    def __init__(self, frame: Frame, cuts: Sequence[int] = ()) -> None:
        self._frame = frame
        self._cuts = cuts
        self.watches = 0
        self._edges = [frame.start, *cuts, frame.end]
        self._seen = [frame.seen.until(edge) for edge in self._edges]
        pieces = len(cuts) + 1
        # For every field: milliseconds in each piece, and how many watches more than in the piece before
        # have all of it.
        self._part = [[0] * pieces for _ in range(_FIELDS)]
        self._full = [[0] * (pieces + 1) for _ in range(_FIELDS)]

    def add(self, steps: Sequence[Step], upstream: Sequence[Span] = ()) -> Parts:
        """Add one watch; the parts of its time within the whole window. See :func:`divide`."""
        self.watches += 1
        frame = self._frame
        blamed = Measure(upstream) if upstream else None
        sums = [0] * _FIELDS
        found = list(stretches(steps, frame.start, frame.end))
        ends = [stretch[1] for stretch in found]
        seen = frame.seen.untils([found[0].start, *ends])
        proven = frame.seen.untils([stretch[4] for stretch in found])
        pieces = map(bisect_right, repeat(self._cuts), ends)
        columns = zip(found, seen, islice(seen, 1, None), proven, pieces, strict=False)
        for (start, end, state, _, doubted, following), before, reached, sure, piece in columns:
            if reached == before or state is State.UNKNOWN:
                continue  # nobody looked
            self._spread(sums, _PLACES[state], (start, before), (piece, reached))
            if sure < reached and following is not None and following is not state:
                self._spread(sums, _DOUBTED[state][following], (doubted, sure), (piece, reached))
            if blamed and state is State.DOWN:
                for first, last in blamed.parts(start, end):
                    until = (bisect_right(self._cuts, last), frame.seen.until(last))
                    self._spread(sums, _BLAMED, (first, frame.seen.until(first)), until)
        return _parts(frame.counted.total, frame.stated.total, sums)

    def _spread(self, sums: list[int], place: int, begin: tuple[int, int], until: tuple[int, int]) -> None:
        """Add a span to a field: from a moment to one in a piece, each with what the frame sees before it."""
        (start, before), (last, reached) = begin, until
        sums[place] += reached - before
        part = self._part[place]
        first = last if start >= self._edges[last] else bisect_right(self._cuts, start, 0, last)
        if first == last:
            part[last] += reached - before
            return
        part[first] += self._seen[first + 1] - before
        part[last] += reached - self._seen[last]
        if last - first > 1:
            full = self._full[place]
            full[first + 1] += 1
            full[last] -= 1

    def pieces(self) -> list[Parts]:
        """The parts of all watches added, for each piece of the window."""
        return together([self], len(self._cuts) + 1)

    def rows(self) -> Iterator[Iterable[int]]:
        """By piece: milliseconds counted, those stated, and then each field. For :func:`together`."""
        for measure in (self._frame.counted, self._frame.stated):
            yield [self.watches * measure.within(*piece) for piece in pairwise(self._edges)]
        lengths = [after - before for before, after in pairwise(self._seen)]
        for part, full in zip(self._part, self._full, strict=True):
            covered = zip(part, accumulate(full), lengths, strict=False)
            yield [alone + count * length for alone, count, length in covered]


def together(tallies: Iterable[Tally], pieces: int) -> list[Parts]:
    """The parts of all watches of several tallies that are cut alike, for each of the ``pieces``."""
    sums = [[0] * pieces for _ in range(_FIELDS + 2)]
    for tally in tallies:
        for row, more in zip(sums, tally.rows(), strict=True):
            row[:] = map(add, row, more)
    return [_parts(counted, stated, fields) for counted, stated, *fields in zip(*sums, strict=True)]


def _parts(counted: int, stated: int, sums: Iterable[int]) -> Parts:
    up, degraded, down, blamed, *doubted = sums
    doubtful = dict.fromkeys(_DOUBTFUL, 0)
    for (_, _, names), length in zip(_DOUBTS, doubted, strict=True):
        for name in names:
            doubtful[name] += length
    return Parts(
        up=up,
        degraded=degraded,
        down_own=down - blamed,
        down_upstream=blamed,
        excluded=counted - stated,
        unknown=stated - up - degraded - down,
        **doubtful,
    )
