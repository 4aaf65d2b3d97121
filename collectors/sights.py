"""What a collector may claim to have seen.

A claim begins with a full sweep: only when every planned probe has been answered once is anything
known about the whole shard, and then back to the sweep's beginning. It ends where looking ended: when
the process stood still, when the clock was moved, when the collector went blind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable

from monitor.model.events import Sight
from monitor.model.nodes import collector_name
from monitor.model.observations import Cause

EVERY = 10_000
"""Milliseconds between two sights."""


class SightKeeper:
    """Keeps the claim of one shard. Pure: moments come in from the caller, in milliseconds."""

    def __init__(self, network: str, shard: int, shards: int) -> None:
        self.network, self.shard, self.shards = network, shard, shards
        self.collector = collector_name(network, shard, shards)
        self.inventory = ""
        self.watches = 0
        self.tallies: defaultdict[str, defaultdict[Cause, int]] = defaultdict(_tally)
        self.blind = False
        self._pending: set[Hashable] = set()
        self._start: int | None = None  # of the part not yet claimed
        self._swept = False
        self._said = -EVERY

    @property
    def sweeping(self) -> bool:
        """Whether answers still have to be handed to :meth:`answered`."""
        return bool(self._pending)

    def begin(self, now: int, turns: Iterable[Hashable]) -> None:
        """Start a sweep over ``turns``: nothing is claimed until each was answered once."""
        self._pending = set(turns)
        self._start = now
        self._swept = not self._pending
        self.blind = False
        # A first sight follows the sweep at once, whenever that ends.
        self._said = -EVERY

    def answered(self, turn: Hashable) -> bool:
        """A turn was answered. True when this was the last one of the sweep."""
        if turn not in self._pending:
            return False
        self._pending.discard(turn)
        self._swept = not self._pending
        return self._swept

    def forget(self, turn: Hashable) -> None:
        """A turn left the plan: the sweep does not wait for it."""
        self.answered(turn)

    def due(self, now: int) -> bool:
        """Whether a sight should be said now."""
        return (self._swept or self.blind) and now - self._said >= EVERY

    def sight(self, now: int) -> Sight | None:
        """The claim from where the last one ended until ``now``; None while there is nothing to claim."""
        if self._start is None or not (self._swept or self.blind) or now < self._start:
            return None
        results = {
            probe: {cause.value: count for cause, count in tally.items()}
            for probe, tally in self.tallies.items()
            if tally
        }
        seen = Sight(
            self.collector,
            self.network,
            self.shard,
            self.shards,
            start=self._start,
            end=now,
            watches=self.watches,
            probes=sum(sum(tally.values()) for tally in self.tallies.values()),
            blind=self.blind,
            inventory=self.inventory,
            results=results,
        )
        for tally in self.tallies.values():
            tally.clear()
        self._start = now
        self._said = now
        return seen

    def go_blind(self, since: int) -> tuple[Sight | None, int]:
        """Looking ended at ``since``. The sight up to there, if unclaimed, and where blindness begins."""
        last = self.sight(since)
        begun = since if self._start is None else max(self._start, since)
        self._start = begun
        self._pending.clear()
        self._swept = False
        self.blind = True
        self._said = -EVERY
        return last, begun


def _tally() -> defaultdict[Cause, int]:
    return defaultdict(int)
