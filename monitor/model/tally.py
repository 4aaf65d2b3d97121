"""Adds up the time of watches by what it was: for the whole window, and for the days that it is cut into.

Pure. A change ends one stretch and begins another at the same moment, so a sum over stretches is a sum over
changes: what is seen until a change counts for the state that ends there, and against the one that begins.
Changes are therefore only gathered by their kind (from which state to which) and by the day that they lie
in; what they come to is worked out once, for all watches that share a frame.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise, repeat
from operator import add, sub
from typing import Final

from monitor.model.observations import Cause, State
from monitor.model.spans import Measure, Span
from monitor.model.timeline import Frame, Parts, Step, doubts

_FIELDS: Final = (
    "up",
    "degraded",
    "down",
    "blamed",
    "up_doubted",
    "up_missed",
    "online_doubted",
    "online_missed",
)
_STATES: Final = (State.UNKNOWN, State.DOWN, State.DEGRADED, State.UP)
_FLAPS: Final = 4
"""A flapping watch has a state of its own here: degraded, and all of it doubt."""

_CODES: Final = {state: code for code, state in enumerate(_STATES)}
_KINDS: Final = len(_STATES) + 1
_BLAMED: Final = _KINDS * _KINDS
"""The kind of what is no change: being down by another's fault, from its beginning to its end."""

_OF_STATE: Final = tuple(
    tuple(map(_FIELDS.index, names))
    for names in ((), ("down",), ("degraded",), ("up",), ("degraded", *doubts(State.DEGRADED, State.UNKNOWN)))
)


def _of_doubt(kind: int) -> tuple[int, ...]:
    """The fields that grow by the doubt about a change of this kind."""
    former, following = divmod(kind, _KINDS)
    if kind == _BLAMED:
        return (_FIELDS.index("blamed"),)
    if _STATES[former % _FLAPS] is State.UNKNOWN:  # flapping is in doubt as a whole already
        return ()
    after = State.DEGRADED if following == _FLAPS else _STATES[following]
    return tuple(map(_FIELDS.index, doubts(_STATES[former], after)))


_OF_DOUBT: Final = tuple(map(_of_doubt, range(_BLAMED + 1)))


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
        self.watches = 0
        self._frame = frame
        self._cuts = cuts
        # The changes, and the last proofs before them: in between is doubt.
        self._ends = _Events(len(cuts) + 1)
        self._proofs = _Events(len(cuts) + 1)

    def add(self, steps: Sequence[Step], upstream: Sequence[Span] = ()) -> Parts:
        """Add one watch; the parts of its time within the whole window. See :func:`divide`."""
        self.watches += 1
        told, before = self._within(steps)
        ends = [step[0] for step in told]
        starts = [before.at, *ends]
        proofs = [
            start if proof is None or proof < start else min(proof, end)
            for start, (end, proof, _, _) in zip(starts, told, strict=False)
        ]
        codes = [_FLAPS if step[3] is Cause.FLAPPING else _CODES[step[2]] for step in (before, *told)]
        kinds = [_KINDS * former + following for former, following in pairwise(codes)]
        # Whatever it is at last, it is so until the window ends, without a doubt.
        end = max(starts[-1], self._frame.end)
        ends.append(end)
        proofs.append(end)
        kinds.append(_KINDS * codes[-1])
        if upstream:
            _blame(Measure(upstream), zip(codes, starts, ends, strict=True), (kinds, ends, proofs))
        return self._add(kinds, ends, proofs)

    def _within(self, steps: Sequence[Step]) -> tuple[Sequence[Step], Step]:
        """The steps in the window and the first behind it; and the one before them."""
        first = bisect_right(steps, self._frame.start, key=_moment)
        last = bisect_left(steps, self._frame.end, key=_moment)
        unheard = Step(self._frame.start, None, State.UNKNOWN, Cause.NOT_ASKED)
        return steps[first : last + 1], steps[first - 1] if first else unheard

    def _add(self, kinds: Sequence[int], ends: Sequence[int], proofs: Sequence[int]) -> Parts:
        until = self._frame.seen.untils
        seen, proven = until(ends), until(proofs)
        self._ends.add(kinds, map(bisect_right, repeat(self._cuts), ends), seen)
        self._proofs.add(kinds, map(bisect_right, repeat(self._cuts), proofs), proven)
        sums, sure = [0] * (_BLAMED + 1), [0] * (_BLAMED + 1)
        for kind, reached, proof in zip(kinds, seen, proven, strict=True):
            sums[kind] += reached
            sure[kind] += proof
        whole = {kind: [reached] for kind, reached in enumerate(sums) if reached}
        fields = _fields(whole, {kind: [sure[kind]] for kind in whole}, 1)
        return _parts(self._frame.counted.total, self._frame.stated.total, [field[0] for field in fields])

    def pieces(self) -> list[Parts]:
        """The parts of all watches added, for each piece of the window."""
        return together([self], len(self._cuts) + 1)

    def rows(self) -> Iterator[Iterable[int]]:
        """By piece: milliseconds counted, those stated, and then each field. For :func:`together`."""
        edges = [self._frame.start, *self._cuts, self._frame.end]
        for measure in (self._frame.counted, self._frame.stated):
            yield [self.watches * measure.within(*piece) for piece in pairwise(edges)]
        seen = self._frame.seen.untils(edges)
        yield from _fields(self._ends.shares(seen), self._proofs.shares(seen), len(edges) - 1)


class _Events:
    """Events of several kinds, gathered by the piece that each lies in."""

    def __init__(self, pieces: int) -> None:
        self._counts: defaultdict[int, list[int]] = defaultdict(lambda: [0] * pieces)
        self._seen: defaultdict[int, list[int]] = defaultdict(lambda: [0] * pieces)

    def add(self, kinds: Iterable[int], pieces: Iterable[int], seen: Iterable[int]) -> None:
        counts, sums = self._counts, self._seen
        for kind, piece, reached in zip(kinds, pieces, seen, strict=True):
            counts[kind][piece] += 1
            sums[kind][piece] += reached

    def shares(self, seen: Sequence[int]) -> dict[int, list[int]]:
        """By kind, for each piece: what is seen of it until each event, added up.

        ``seen``: what is seen until the edges of the pieces. Until an event behind a piece that is all of it.
        """
        found = {}
        for kind, counts in self._counts.items():
            behind = [*accumulate(reversed(counts[1:]), initial=0)][::-1]
            rows = zip(counts, self._seen[kind], behind, pairwise(seen), strict=True)
            found[kind] = [
                reached - count * before + later * (after - before)
                for count, reached, later, (before, after) in rows
            ]
        return found


def _blame(
    upstream: Measure,
    stretches: Iterable[tuple[int, int, int]],
    events: tuple[list[int], list[int], list[int]],
) -> None:
    """Add to the events what of these stretches was down by another's fault."""
    kinds, ends, proofs = events
    for code, start, end in list(stretches):
        if code == _CODES[State.DOWN]:
            for first, last in upstream.parts(start, end):
                kinds.append(_BLAMED)
                proofs.append(first)
                ends.append(last)


def _fields(
    ends: Mapping[int, Sequence[int]], proofs: Mapping[int, Sequence[int]], pieces: int
) -> list[list[int]]:
    """The fields by piece, from what is seen until changes, and until the proofs before them, by kind."""
    fields = [[0] * pieces for _ in _FIELDS]
    for kind, row in ends.items():
        if kind != _BLAMED:
            former, following = divmod(kind, _KINDS)
            for place in _OF_STATE[former]:
                fields[place][:] = map(add, fields[place], row)
            for place in _OF_STATE[following]:
                fields[place][:] = map(sub, fields[place], row)
        for place in _OF_DOUBT[kind]:
            fields[place][:] = map(add, fields[place], map(sub, row, proofs[kind]))
    return fields


def together(tallies: Iterable[Tally], pieces: int) -> list[Parts]:
    """The parts of all watches of several tallies that are cut alike, for each of the ``pieces``."""
    sums = [[0] * pieces for _ in range(len(_FIELDS) + 2)]
    for tally in tallies:
        for row, more in zip(sums, tally.rows(), strict=True):
            row[:] = map(add, row, more)
    return [_parts(counted, stated, fields) for counted, stated, *fields in zip(*sums, strict=True)]


def _parts(counted: int, stated: int, fields: Iterable[int]) -> Parts:
    up, degraded, down, blamed, *doubted = fields
    return Parts(
        up=up,
        degraded=degraded,
        down_own=down - blamed,
        down_upstream=blamed,
        excluded=counted - stated,
        unknown=stated - up - degraded - down,
        **dict(zip(_FIELDS[4:], doubted, strict=True)),
    )


def _moment(step: Step) -> int:
    return step.at
