"""Faults of one watch: how many, how long, how long their repair took. Pure, like the timeline beside it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from monitor.model.observations import Cause, State
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
    if not frame.counted.spans:
        return []
    return _Finder(frame, Measure(stopped)).find(steps)


_ANSWERS: Final = (State.UP, State.DEGRADED)


class _Finder:
    """Walks the steps with one open fault at most."""

    def __init__(self, frame: Frame, stopped: Measure) -> None:
        self._frame = frame
        self._stopped = stopped
        self._over = frame.counted.spans[-1][1]
        self._found: list[Fault] = []

    def find(self, steps: Sequence[Step]) -> list[Fault]:
        first = _last_answer(steps, self._frame.start)
        before = steps[first - 1] if first else None
        begun: Step | None = None
        not_before = down = 0
        steps = steps[first : bisect_left(steps, self._over, key=_moment)]
        seen = self._frame.seen.untils([step[0] for step in steps])
        former = 0
        for step, reached in zip(steps, seen, strict=True):
            state = step[2]
            if begun is None:
                if state is State.DOWN:
                    begun, not_before, down = step, _proven(before, step), 0
            else:
                if before is not None and before[2] is State.DOWN:
                    down += reached - former
                if state in _ANSWERS:
                    self._add(begun, not_before, down, (step[0], _proven(before, step)))
                    begun = None
            before, former = step, reached
        if begun is not None:
            if before is not None and before.state is State.DOWN:
                down += self._frame.seen.total - former
            self._add(begun, not_before, down, (None, None))
        return self._found

    def _add(self, begun: Step, not_before: int, down: int, end: tuple[int | None, int | None]) -> None:
        start, _, _, cause = begun
        over = self._over if end[0] is None else end[0]
        if down or self._frame.stated.within(start, over):  # what was seen down is stated
            lasted = over - start
            stopped = self._stopped.within(start, over) if self._stopped.spans else 0
            self._found.append(Fault(start, not_before, *end, cause, lasted, down, lasted - stopped))


def _last_answer(steps: Sequence[Step], moment: int) -> int:
    """How many steps until this moment can be passed over: the last of them is one by which it answered."""
    place = bisect_right(steps, moment, key=_moment)
    while place and steps[place - 1].state not in _ANSWERS:
        place -= 1
    return place


def _moment(step: Step) -> int:
    return step.at


def _proven(before: Step | None, step: Step) -> int:
    """Until when the state before this step was proven; its own beginning, where nobody says."""
    at, not_before, _, _ = step
    if before is not None and (not_before is None or not_before < before.at):
        return before.at
    return at if not_before is None or not_before > at else not_before
