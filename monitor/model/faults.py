"""Faults of one watch: how many, how long, how long their repair took. Pure, like the timeline beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from monitor.model.observations import Cause, State
from monitor.model.spans import Measure, Span
from monitor.model.timeline import Frame, Step


class Fault(NamedTuple):
    """A time that the watch was down, until it answered again, whether or not anybody looked meanwhile.

    It began within [``not_before``, ``start``] and ended within [``end_not_before``, ``end``]; both None when
    it had not ended by the end of the window. ``down``: milliseconds of it that the window's frame saw.
    ``repair``: from ``start`` to its end, or that of the window, less the time for which the clock of
    repairs stands still. ``cause`` is that of its first word.
    """

    start: int
    not_before: int
    end: int | None
    end_not_before: int | None
    cause: Cause
    down: int
    repair: int


def faults(steps: Sequence[Step], frame: Frame, stopped: Iterable[Span] = ()) -> list[Fault]:
    """The faults that touch the frame's window, in order; one that began before it counts too.

    ``steps`` from the first on. ``stopped``: when the repair clock stands still, in the window or not.
    Unknown time does not end a fault: that nobody looked repairs nothing.
    """
    return list(_Finder(frame, Measure(stopped)).find(steps))


class _Finder:
    """Walks the steps with one open fault at most."""

    def __init__(self, frame: Frame, stopped: Measure) -> None:
        self._frame = frame
        self._stopped = stopped
        self._begun: tuple[int, int, Cause] | None = None
        self._down = 0

    def find(self, steps: Sequence[Step]) -> Iterable[Fault]:
        before: Step | None = None
        for step in steps:
            self._pass(before, step.at)
            if step.at >= self._frame.end:
                break
            proven = _proven(before, step)
            if step.state is State.DOWN:
                self._begun = self._begun or (step.at, proven, step.cause)
            elif step.state is not State.UNKNOWN and self._begun:
                yield from self._close(step.at, proven)
            before = step
        else:
            self._pass(before, self._frame.end)
        if self._begun:
            yield from self._close(None, None)

    def _pass(self, before: Step | None, until: int) -> None:
        if before is not None and before.state is State.DOWN:
            self._down += self._frame.seen.within(before.at, until)

    def _close(self, end: int | None, end_not_before: int | None) -> Iterable[Fault]:
        begun, down = self._begun, self._down
        self._begun, self._down = None, 0
        last = self._frame.end if end is None else end
        if begun is None or last <= self._frame.start:
            return
        start, not_before, cause = begun
        repair = max(0, last - start) - self._stopped.within(start, last)
        yield Fault(start, not_before, end, end_not_before, cause, down, repair)


def _proven(before: Step | None, step: Step) -> int:
    """Until when the state before this step was proven."""
    earliest = step.at if before is None else before.at
    known = earliest if step.not_before is None else step.not_before
    return min(known if before is None else max(known, earliest), step.at)
