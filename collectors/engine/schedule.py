"""Who is asked when: probes spread evenly over their interval, at the same offset after a restart.

Time runs in ticks of 100 ms: one wake-up starts many probes, which costs half of what waking up for
each would (design §5).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from monitor.model.nodes import stable_hash

T = TypeVar("T")

TICK = 0.1
"""Seconds between two starts of probes."""

SLACK = 0.02
"""Seconds that a moment may lie behind a tick and count as on it. What is asked on a tick is asked a little
after it: without slack each timeout and each pause would last a whole tick longer than was written."""

LATE = 5
"""Ticks without a tick after which it was this process that stood still, and not the devices."""

RESPITE = 10
"""Ticks to read what came meanwhile, for those whose deadline passed while the process stood still."""


def ticks(seconds: float) -> int:
    """How many ticks a span lasts, at least one."""
    return max(1, round(seconds / TICK))


def tick_at(moment: float) -> int:
    """The tick on which a moment (monotonic seconds) counts as come: up to :data:`SLACK` before it."""
    return int((moment + (TICK - SLACK)) / TICK)


class Schedule(Generic[T]):
    """Rings of buckets, one ring per interval; and single turns for probes that are asked again early.

    An item is in one ring at most. Adding, removing and asking who is due never looks at other items.
    """

    def __init__(self) -> None:
        self._rings: dict[int, list[dict[T, None]]] = {}
        self._places: dict[T, dict[T, None]] = {}
        self._once: dict[int, dict[T, None]] = {}

    def __len__(self) -> int:
        return len(self._places)

    def add(self, item: T, every: float, key: str) -> None:
        """Plan ``item`` once per ``every`` seconds; ``key`` fixes its place within the interval."""
        self.remove(item)
        length = ticks(every)
        ring = self._rings.get(length)
        if ring is None:
            ring = self._rings[length] = [{} for _ in range(length)]
        bucket = ring[stable_hash(key) % length]
        bucket[item] = None
        self._places[item] = bucket

    def remove(self, item: T) -> None:
        """Plan ``item`` no more; its single turns end too. Unknown items are fine."""
        bucket = self._places.pop(item, None)
        if bucket is not None:
            del bucket[item]
        for turn in self._once.values():
            turn.pop(item, None)

    def once(self, item: T, tick: int) -> None:
        """One turn at ``tick`` beside the usual ones."""
        self._once.setdefault(tick, {})[item] = None

    def catch_up(self, tick: int) -> None:
        """Single turns that were due before ``tick`` are due at ``tick``; rings go on from there."""
        for missed in [one for one in self._once if one < tick]:
            self._once.setdefault(tick, {}).update(self._once.pop(missed))

    def due(self, tick: int) -> Iterator[T]:
        """Whose turn it is at this tick. Single turns are given once."""
        yield from self._once.pop(tick, ())
        for length, ring in self._rings.items():
            yield from ring[tick % length]
