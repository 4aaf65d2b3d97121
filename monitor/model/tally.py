"""Adds up the time of watches by what it was: for the whole window, and for the days that it is cut into.

Pure. A change ends one stretch and begins another at the same moment, so a sum over stretches is a sum over
changes: what is seen until a change counts for the state that ends there, and against the one that begins.
Changes are therefore only gathered by their kind (from which state to which) and by the day that they lie
in; what they come to is worked out once, for all watches that share a frame.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise, repeat
from operator import add, sub
from typing import Final, NamedTuple

from monitor.model.observations import State
from monitor.model.reading import CODES, DOWN, FLAPS, UNKNOWN, Reading
from monitor.model.spans import Measure, Span
from monitor.model.timeline import Frame, Parts, Step, doubts

_FIELDS: Final = (
    "up",
    "degraded",
    "down",
    "up_doubted",
    "up_missed",
    "online_doubted",
    "online_missed",
)
_STATES: Final = (State.UNKNOWN, State.DOWN, State.DEGRADED, State.UP, State.UNKNOWN)
"""By their codes; of a flapping watch nobody knows which."""

_KINDS: Final = len(CODES) ** 2
"""The kind of a change is the code before it times their number, plus the code after it."""

_OF_STATE: Final = tuple(
    tuple(map(_FIELDS.index, names))
    for names in ((), ("down",), ("degraded",), ("up",), ("degraded", *doubts(State.DEGRADED, State.UNKNOWN)))
)


def _of_doubt(kind: int) -> tuple[int, ...]:
    """The fields that grow by the doubt about a change of this kind. Of flapping all is in doubt already."""
    former, following = divmod(kind, len(CODES))
    if former in (UNKNOWN, FLAPS):
        return ()
    return tuple(map(_FIELDS.index, doubts(_STATES[former], _STATES[following])))


_OF_DOUBT: Final = tuple(map(_of_doubt, range(_KINDS)))

SHARES: Final = tuple(
    tuple(
        (place in _OF_STATE[kind // len(CODES)]) - (place in _OF_STATE[kind % len(CODES)])
        for kind in range(_KINDS)
    )
    for place in range(len(_FIELDS))
)
"""For each field by the kind of a change: how often what is seen until the change counts in it."""

DOUBTS: Final = tuple(
    tuple(int(place in _OF_DOUBT[kind]) for kind in range(_KINDS)) for place in range(len(_FIELDS))
)
"""The same for the doubt about the change."""


class Changes(NamedTuple):
    """Changes of one kind in one piece: how many, what is seen until each added up, and the doubt in it."""

    kind: int
    piece: int
    number: int
    seen: int
    doubted: int


class Doubt(NamedTuple):
    """About one change in a piece, reaching back into pieces before: with what is seen until both moments."""

    kind: int
    piece: int
    proof: int
    sure: int
    seen: int


def divide(steps: Sequence[Step], frame: Frame, upstream: Sequence[Span] = ()) -> Parts:
    """The parts of one watch's time. ``steps`` in order; ``upstream``: when being down was another's fault.

    The time of a window equals that of its pieces added up, however it is cut.
    """
    return Tally(frame).add(Reading.of(steps, frame), upstream)


class _Gathered(NamedTuple):
    """Changes of one kind by the piece that they lie in: how many, what is seen until each, and the doubt."""

    counts: list[int]
    seen: list[int]
    doubted: list[int]


class Tally:
    """``watches``: how many were added. ``cuts``: moments within the frame's window, in order, between which
    pieces of it are wanted.
    """

    def __init__(self, frame: Frame, cuts: Sequence[int] = ()) -> None:
        self.watches = 0
        self._frame = frame
        self._cuts = cuts
        self._edges = [frame.start, *cuts, frame.end]
        self._seen = frame.seen.untils(self._edges)
        self._gathered: list[_Gathered | None] = [None] * _KINDS
        self._blamed = [0] * (len(cuts) + 1)

    def add(self, reading: Reading, upstream: Sequence[Span] = ()) -> Parts:
        """Add one watch, read in this frame; the parts of its time within the whole window.

        See :func:`divide`.
        """
        self.watches += 1
        # Whatever it is at last, it is so until the window ends, without a doubt.
        ends, seen = [*reading.moments, self._frame.end], [*reading.seen, self._frame.seen.total]
        proofs = [*reading.proofs, self._frame.end]
        kinds = [len(CODES) * former + following for former, following in pairwise(reading.codes)]
        kinds.append(len(CODES) * reading.codes[-1])
        fields = self._gather(kinds, ends, seen, proofs)
        blamed = self._blame(reading, Measure(upstream)) if upstream else 0
        return _parts(self._frame.counted.total, self._frame.stated.total, blamed, fields)

    def _gather(
        self, kinds: Iterable[int], ends: Sequence[int], seen: Iterable[int], proofs: Sequence[int]
    ) -> list[int]:
        """Gather changes: their kinds, when they happened, until when the state before was proven.

        The fields that they come to in the whole window.
        """
        sums, doubts = [0] * _KINDS, [0] * _KINDS
        gathered, edges = self._gathered, self._edges
        pieces = map(bisect_right, repeat(self._cuts), ends)
        proven = self._frame.seen.untils(proofs)
        for kind, piece, reached, proof, sure in zip(kinds, pieces, seen, proofs, proven, strict=True):
            counts, until, doubted = gathered[kind] or self._gathered_anew(kind)
            counts[piece] += 1
            until[piece] += reached
            sums[kind] += reached
            if sure < reached:
                doubts[kind] += reached - sure
                if proof >= edges[piece]:
                    doubted[piece] += reached - sure
                else:
                    self._share_out(doubted, (proof, sure), (piece, reached))
        used = [kind for kind, reached in enumerate(sums) if reached]
        return [row[0] for row in _fields([(kind, [sums[kind]], [doubts[kind]]) for kind in used], 1)]

    def _gathered_anew(self, kind: int) -> _Gathered:
        pieces = len(self._cuts) + 1
        found = self._gathered[kind] = _Gathered([0] * pieces, [0] * pieces, [0] * pieces)
        return found

    def _share_out(self, row: list[int], begin: tuple[int, int], end: tuple[int, int]) -> None:
        """Share out what is seen from a moment to one in a piece; both with what is seen before them."""
        (start, before), (last, reached) = begin, end
        for piece in range(bisect_right(self._cuts, start), last + 1):
            row[piece] += min(reached, self._seen[piece + 1]) - max(before, self._seen[piece])

    def _blame(self, reading: Reading, upstream: Measure) -> int:
        """Add what was down by another's fault; how much that is in the whole window."""
        until, blamed = self._frame.seen.until, 0
        stretches = pairwise([reading.before.at, *reading.moments, self._frame.end])
        for code, (start, end) in zip(reading.codes, stretches, strict=True):
            for first, last in upstream.parts(start, end) if code == DOWN else ():
                before, reached = until(first), until(last)
                self._share_out(self._blamed, (first, before), (bisect_right(self._cuts, last), reached))
                blamed += reached - before
        return blamed

    def add_many(self, watches: int, gathered: Iterable[Changes], stretched: Iterable[Doubt]) -> None:
        """Add watches whose changes were gathered elsewhere. See :class:`Changes` and :class:`Doubt`."""
        self.watches += watches
        for kind, piece, count, reached, doubt in gathered:
            counts, until, doubted = self._gathered[kind] or self._gathered_anew(kind)
            counts[piece] += count
            until[piece] += reached
            doubted[piece] += doubt
        for kind, piece, proof, sure, reached in stretched:
            doubted = (self._gathered[kind] or self._gathered_anew(kind)).doubted
            self._share_out(doubted, (proof, sure), (piece, reached))

    def parts(self, fields: Sequence[int]) -> Parts:
        """The parts of one watch by what :data:`SHARES` and :data:`DOUBTS` make of its changes."""
        return _parts(self._frame.counted.total, self._frame.stated.total, 0, fields)

    def pieces(self) -> list[Parts]:
        """The parts of all watches added, for each piece of the window."""
        return together([self], len(self._cuts) + 1)

    def rows(self) -> Iterator[Sequence[int]]:
        """By piece: milliseconds counted, stated, and blamed, and then each field. For :func:`together`."""
        for measure in (self._frame.counted, self._frame.stated):
            yield [self.watches * measure.within(*piece) for piece in pairwise(self._edges)]
        yield self._blamed
        shares = ((kind, self._shares(one), one.doubted) for kind, one in enumerate(self._gathered) if one)
        yield from _fields(shares, len(self._cuts) + 1)

    def _shares(self, gathered: _Gathered) -> list[int]:
        """For each piece: what is seen of it until each change, added up.

        Until a change behind the piece that is all of it.
        """
        behind = [*accumulate(reversed(gathered.counts[1:]), initial=0)][::-1]
        rows = zip(gathered.counts, gathered.seen, behind, pairwise(self._seen), strict=True)
        return [
            reached - count * before + later * (after - before)
            for count, reached, later, (before, after) in rows
        ]


def _fields(changes: Iterable[tuple[int, Sequence[int], Sequence[int]]], pieces: int) -> list[list[int]]:
    """The fields by piece, from what is seen until the changes of each kind, and the doubt about them."""
    fields = [[0] * pieces for _ in _FIELDS]
    for kind, seen, doubted in changes:
        former, following = divmod(kind, len(CODES))
        for place in _OF_STATE[former]:
            fields[place][:] = map(add, fields[place], seen)
        for place in _OF_STATE[following]:
            fields[place][:] = map(sub, fields[place], seen)
        for place in _OF_DOUBT[kind]:
            fields[place][:] = map(add, fields[place], doubted)
    return fields


def together(tallies: Iterable[Tally], pieces: int) -> list[Parts]:
    """The parts of all watches of several tallies that are cut alike, for each of the ``pieces``."""
    sums = [[0] * pieces for _ in range(len(_FIELDS) + 3)]
    for tally in tallies:
        for row, more in zip(sums, tally.rows(), strict=True):
            row[:] = map(add, row, more)
    return [
        _parts(counted, stated, blamed, fields)
        for counted, stated, blamed, *fields in zip(*sums, strict=True)
    ]


def _parts(counted: int, stated: int, blamed: int, fields: Iterable[int]) -> Parts:
    up, degraded, down, *doubted = fields
    return Parts(
        up=up,
        degraded=degraded,
        down_own=down - blamed,
        down_upstream=blamed,
        excluded=counted - stated,
        unknown=stated - up - degraded - down,
        **dict(zip(_FIELDS[3:], doubted, strict=True)),
    )
