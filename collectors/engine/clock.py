"""One clock for a collector: it never runs backwards, and it says when the wall clock was moved."""

from __future__ import annotations

import time
from collections.abc import Callable

STEP = 1.0
"""Seconds by which wall and monotonic clock may part before that counts as a step."""


class Clock:
    """Wall time in milliseconds, derived from the monotonic clock.

    Within one footing all moments are in order. :meth:`stepped` is asked now and then; when somebody
    has set the wall clock it takes the new time over and answers True, so that the caller can end its
    sight at the old time and begin another at the new one.
    """

    __slots__ = ("_offset", "_wall", "monotonic")

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.monotonic = monotonic
        self._wall = wall
        self._offset = wall() - monotonic()

    def now(self) -> int:
        """Milliseconds since 1970, UTC."""
        return self.millis(self.monotonic())

    def millis(self, moment: float) -> int:
        """The wall time of a monotonic moment."""
        return int((moment + self._offset) * 1000)

    def stepped(self) -> bool:
        """Whether the wall clock was moved since the last call; slow drift is followed silently."""
        offset = self._wall() - self.monotonic()
        moved = abs(offset - self._offset) > STEP
        if moved or offset > self._offset:
            # Drift is only followed forwards: backwards it would put two moments out of order.
            self._offset = offset
        return moved
