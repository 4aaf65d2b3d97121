"""Faults of one watch: how many, how long, how long their repair took. Pure, like the timeline beside it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from monitor.model.observations import Cause, State
from monitor.model.reading import DOWN, Reading, proven
from monitor.model.spans import Measure, Span
from monitor.model.timeline import Frame, Step


class Fault(NamedTuple):
    """A time that the watch was down, until it answered again, whether or not anybody looked meanwhile.

    It began within [``not_before``, ``start``] and ended within [``end_not_before``, ``end``]; both None when
    it had not ended by the end of the window, or of the watch's service. ``lasted``: from ``start`` to its
    end, or to that of the window or service. ``down``: milliseconds of it that the window's frame saw.
    ``repair``: ``lasted`` less the time for which the clock of repairs stands still. ``cause`` is that of
    its first word.
    """

    start: int
    not_before: int
    end: int | None
    end_not_before: int | None
    cause: Cause
    lasted: int
    down: int
    repair: int


def faults(steps: Sequence[Step], frame: Frame, stopped: Iterable[Span] = ()) -> list[Fault]:
    """The faults with some time that the frame states, in order; one that began before it counts too.

    ``steps`` from the first on. ``stopped``: when the repair clock stands still, in the window or not. A
    fault that lies in excluded time as a whole is none. Unknown time does not end a fault: that nobody
    looked repairs nothing.
    """
    return faults_in(Reading.of(steps, frame), stopped)


def faults_in(reading: Reading, stopped: Iterable[Span] = ()) -> list[Fault]:
    """The same for steps that were read in their frame already."""
    service = reading.frame.counted.spans
    return _Finder(reading, service[-1][1], Measure(stopped)).find() if service else []


class _Finder:
    """Looks at the steps by which a watch went down, and from each for the one by which it answered."""

    def __init__(self, reading: Reading, over: int, stopped: Measure) -> None:
        self._reading = reading
        self._over = over
        self._last = bisect_left(reading.moments, over)
        self._stopped = stopped
        self._found: list[Fault] = []

    def find(self) -> list[Fault]:
        steps, codes, proofs = self._reading.steps, self._reading.codes, self._reading.proofs
        answered = 0
        if open_fault := _open_fault(self._reading.all, self._reading.past):
            answered = self._answered(0)
            self._add(*open_fault, -1, answered)
        for place in [place for place in range(self._last) if codes[place + 1] == DOWN]:
            if place >= answered:
                answered = self._answered(place + 1)
                self._add(steps[place], proofs[place], place, answered)
        return self._found

    def _answered(self, place: int) -> int:
        """The place of the first step from here on by which the watch answers; the end when none does."""
        codes = self._reading.codes
        while place < self._last and codes[place + 1] <= DOWN:
            place += 1
        return place

    def _add(self, begun: Step, not_before: int, first: int, answered: int) -> None:
        start, _, _, cause = begun
        over, end, proof = self._over, None, None
        if answered < self._last:
            over = end = self._reading.moments[answered]
            proof = self._reading.proofs[answered]
        down = self._seen_down(first, answered)
        if down or self._reading.frame.stated.within(start, over):  # what was seen down is stated
            lasted = over - start
            stopped = self._stopped.within(start, over) if self._stopped.spans else 0
            found = (start, not_before, end, proof, cause, lasted, down, lasted - stopped)
            self._found.append(tuple.__new__(Fault, found))

    def _seen_down(self, first: int, answered: int) -> int:
        """What the frame saw of being down between two steps; -1 is what was before the first of them."""
        seen, codes = self._reading.seen, self._reading.codes
        if first + 1 == answered < self._last and first >= 0:  # nearly always
            return seen[answered] - seen[first]
        total = 0
        for place in range(first, answered):
            if codes[place + 1] == DOWN:
                until = seen[place + 1] if place + 1 < self._last else self._reading.frame.seen.total
                total += until - (seen[place] if place >= 0 else 0)
        return total


def _open_fault(steps: Sequence[Step], past: int) -> tuple[Step, int] | None:
    """The step by which a fault began that was open after so many steps, and until when it was not yet."""
    place = past
    while place and steps[place - 1].state not in (State.UP, State.DEGRADED):
        place -= 1
    for number in range(place, past):
        if steps[number].state is State.DOWN:
            return steps[number], proven(steps[number], steps[number - 1].at if number else None)
    return None
