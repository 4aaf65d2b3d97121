"""Adds up the time of watches by what it was: for the whole window, and for the days that it is cut into.

Pure. Watches that share a frame are added to one tally, so that a year of days costs them little: what covers
whole days is only counted, and multiplied by the length of the days at the end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from operator import add
from typing import Final

from monitor.model.observations import State
from monitor.model.spans import Measure, Span
from monitor.model.timeline import Frame, Parts, Step, doubts, stretches

_UP, _DEGRADED, _DOWN, _BLAMED = range(4)
_DOUBTS: Final = ("up_doubted", "up_missed", "online_doubted", "online_missed")
_FIELDS: Final = 4 + len(_DOUBTS)

_PLACES: Final = {State.UP: _UP, State.DEGRADED: _DEGRADED, State.DOWN: _DOWN}
_DOUBTED: Final = {
    (state, following): tuple(4 + _DOUBTS.index(name) for name in doubts(state, following))
    for state in _PLACES
    for following in State
}


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
        until = self._frame.seen.until
        blamed = Measure(upstream) if upstream else None
        sums = [0] * _FIELDS
        for start, end, state, _, doubted, following in stretches(steps, self._frame.start, self._frame.end):
            if state is State.UNKNOWN:
                continue
            reached = until(end)
            self._spread(sums, (_PLACES[state],), (start, end), until(start), reached)
            if doubted < end and following is not None:
                places = _DOUBTED[state, following]
                self._spread(sums, places, (doubted, end), until(doubted), reached)
            if blamed and state is State.DOWN:
                for first, last in blamed.parts(start, end):
                    self._spread(sums, (_BLAMED,), (first, last), until(first), until(last))
        return _parts(self._frame.counted.total, self._frame.stated.total, sums)

    def _spread(
        self, sums: list[int], places: tuple[int, ...], span: Span, before: int, reached: int
    ) -> None:
        """Add a span to fields; ``before`` and ``reached``: what the frame sees until its ends."""
        length = reached - before
        if not length:
            return
        first, last = bisect_right(self._cuts, span[0]), bisect_right(self._cuts, span[1])
        for place in places:
            sums[place] += length
            part = self._part[place]
            if first == last:
                part[first] += length
                continue
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
    return Parts(
        up=up,
        degraded=degraded,
        down_own=down - blamed,
        down_upstream=blamed,
        excluded=counted - stated,
        unknown=stated - up - degraded - down,
        **dict(zip(_DOUBTS, doubted, strict=True)),
    )
