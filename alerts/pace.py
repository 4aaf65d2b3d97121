"""How quickly a channel is used: its limit, its waits after failures, and how long delivery took. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

BUCKETS: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0)
"""Upper bounds in seconds of the histogram of latencies."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long delivery waits, in seconds.

    ``attempt``: for a receiver's answer. ``first`` and ``longest``: after the first failure of a channel in a
    row, and at most. ``aside``: at most between two tries of a message that alone fails. ``give_up``: a start
    older than this is tried no more after a failure; an end always is. ``obey``: at most when a receiver says
    how long to wait. ``grace``: for an attempt under way when the role is to end.
    """

    attempt: float = 30.0
    first: float = 1.0
    longest: float = 60.0
    aside: float = 300.0
    give_up: float = 86_400.0
    obey: float = 3600.0
    grace: float = 5.0

    def after(self, failures: int, longest: float, chance: float) -> float:
        """Twice as long after each failure; ``chance`` in [0, 1) spreads what failed together."""
        return min(longest, self.first * 2.0 ** min(failures - 1, 30)) * (0.5 + chance / 2)


class Pace:
    """So many within so many seconds, counted over any such stretch: by when they ended, for by then the
    receiver had counted them.
    """

    def __init__(self, limit: tuple[int, float] | None, past: Iterable[int] = ()) -> None:
        """``past``: moments in milliseconds, of what went out before."""
        self.limit = limit
        self._past = deque(past, maxlen=limit[0] if limit else 0)

    def note(self, now: int) -> None:
        self._past.append(now)

    def wait(self, now: int) -> float:
        """Seconds until another may go out."""
        if self.limit is None or len(self._past) < self.limit[0]:
            return 0.0
        span = round(1000 * self.limit[1])
        # A clock that was set back must not stop us for longer than the limit itself.
        return min(max(0, self._past[0] + span - now), span) / 1000


@dataclass(slots=True)
class Latency:
    """A histogram as Prometheus has it: seconds from knowing to delivered."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    total: float = 0.0

    def observe(self, seconds: float) -> None:
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.total += seconds

    def cumulative(self) -> list[tuple[float, int]]:
        """For each upper bound, how many took at most so long; the last bound is infinite."""
        found, sofar = [], 0
        for bound, count in zip((*BUCKETS, float("inf")), self.counts, strict=True):
            sofar += count
            found.append((bound, sofar))
        return found


Chance = Callable[[], float]
