"""A watch's steps as a frame sees them: prepared once, for all that is asked of them. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from monitor.model.observations import Cause, State
from monitor.model.timeline import Frame, Step

UNKNOWN, DOWN, DEGRADED, UP, FLAPS = CODES = range(5)
"""States as numbers. A flapping watch has one of its own: it is degraded, and all of that is doubt."""

_CODES: Final = {
    State.UNKNOWN: UNKNOWN,
    State.DOWN: DOWN,
    State.DEGRADED: DEGRADED,
    State.UP: UP,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """``steps``: those in the frame's window and the first behind it; ``past``: how many there are before.

    ``moments`` are when they happened, ``proofs`` until when the state before each was proven (nowhere
    before it began), and ``seen`` is what the frame saw until each moment. ``codes``: what the watch was
    before the first of them, and from each of them on.
    """

    frame: Frame
    all: Sequence[Step]
    past: int
    steps: Sequence[Step]
    moments: Sequence[int]
    proofs: Sequence[int]
    seen: Sequence[int]
    codes: Sequence[int]

    @classmethod
    def of(cls, steps: Sequence[Step], frame: Frame) -> Reading:
        """``steps`` are all of a watch, in order."""
        past = bisect_right(steps, frame.start, key=_moment)
        within = steps[past : bisect_left(steps, frame.end, key=_moment) + 1]
        moments = [step[0] for step in within]
        codes = [UNKNOWN if not past else _code(steps[past - 1]), *_codes(within)]
        proofs = [proven(step, steps[past - 1].at if past else None) for step in within[:1]]
        proofs += [
            proof if proof is not None and former <= proof <= at else proven(step, former)
            for step, (at, proof, _, _), former in zip(within[1:], within[1:], moments, strict=False)
        ]
        return cls(frame, steps, past, within, moments, proofs, frame.seen.untils(moments), codes)

    @property
    def before(self) -> Step:
        """The last step before the window; where there is none, that nothing was known when it began."""
        if self.past:
            return self.all[self.past - 1]
        return Step(self.frame.start, None, State.UNKNOWN, Cause.NOT_ASKED)


def proven(step: Step, former: int | None) -> int:
    """Until when the state before a step was proven; ``former``: when that began, None if nobody knows.

    Where nobody says, a state is only sure to have begun; of the very first one not even that.
    """
    at, proof, _, _ = step
    if former is not None and (proof is None or proof < former):
        return former
    return at if proof is None or proof > at else proof


def _codes(steps: Sequence[Step]) -> list[int]:
    flapping = Cause.FLAPPING
    return [FLAPS if step[3] is flapping else _CODES[step[2]] for step in steps]


def _code(step: Step) -> int:
    return _codes([step])[0]


def _moment(step: Step) -> int:
    return step.at
